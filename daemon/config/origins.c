/* See origins.h. Each is a byte for the option, counted from 1, and the distance from the line of
   the one before it, in groups of seven bits, the lowest first; a zero ends them. */
#include "config/origins.h"

#include <assert.h>
#include <stdint.h>

/* Of an option, and of a distance of 33 bits. */
#define ORIGIN_SIZE 6

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

const unsigned char *origins_keep(struct arena *arena, unsigned line, const struct origin *origins,
				  size_t count)
{
	unsigned char packed[OPTION_COUNT * ORIGIN_SIZE];
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
	return (const unsigned char *)arena_copy(arena, packed, (size_t)(end - packed));
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
	if (find(job->origins, job->line, option, ret_line)) {
		*ret_file = job->file;
		return true;
	}
	/* Those of its own file go before those of the main one, which is the first. */
	for (size_t i = model->n_files; i-- > 0;) {
		const struct model_file *file = &model->files[i];

		if ((i == 0 || file->path == job->file) &&
		    find(file->defaults, 0, option, ret_line)) {
			*ret_file = file->path;
			return true;
		}
	}
	return false;
}
