/* See origins.h. Each is a byte for the option, counted from 1, and the distance from the line of
   the one before it, in groups of seven bits, the lowest first; a zero ends them. */
#include "config/origins.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

_Static_assert(OPTION_COUNT < UINT8_MAX, "an option is a byte");

/* Distances go both ways: 0, -1, 1, -2, ... are 0, 1, 2, 3, ... */
static uint64_t fold(int64_t distance)
{
	return distance < 0 ? ~(uint64_t)distance << 1 | 1 : (uint64_t)distance << 1;
}

static int64_t unfold(uint64_t folded)
{
	return folded & 1 ? (int64_t) ~(folded >> 1) : (int64_t)(folded >> 1);
}

size_t origins_pack(unsigned line, const struct origin *origins, size_t count,
		    unsigned char packed[static ORIGINS_SIZE + 1])
{
	unsigned char *end = packed;

	assert(count <= OPTION_COUNT);
	for (size_t i = 0; i < count; i++) {
		uint64_t left = fold((int64_t)origins[i].line - line);

		line = origins[i].line;
		*end++ = (unsigned char)(origins[i].option + 1);
		for (; left > 0x7f; left >>= 7)
			*end++ = (unsigned char)(0x80 | (left & 0x7f));
		*end++ = (unsigned char)left;
	}
	*end = 0;
	return (size_t)(end - packed);
}

/* Is the option among those that were kept for a section at `line`? */
static bool find(const unsigned char *packed, unsigned line, enum option_id option,
		 unsigned *ret_line)
{
	while (packed && *packed) {
		bool found = *packed++ == option + 1;
		uint64_t folded = 0;
		unsigned shift = 0;

		for (; *packed & 0x80; shift += 7)
			folded |= (uint64_t)(*packed++ & 0x7f) << shift;
		folded |= (uint64_t)*packed++ << shift;
		line = (unsigned)(line + unfold(folded));
		if (found) {
			*ret_line = line;
			return true;
		}
	}
	return false;
}

bool origins_find(const struct model *model, const struct job *job, enum option_id option,
		  const char **ret_file, unsigned *ret_line)
{
	const size_t defaults[] = {job->file, 0};

	if (job->line > 0 && find((const unsigned char *)job->name + strlen(job->name) + 1,
				  job->line, option, ret_line)) {
		*ret_file = model->files[job->file].path;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(defaults) && model->n_files > 0; i++) {
		const struct model_file *file = &model->files[defaults[i]];

		if (find(file->defaults, 0, option, ret_line)) {
			*ret_file = file->path;
			return true;
		}
	}
	return false;
}
