/* See tzif.h. The names of the counts are those of RFC 9636, 3.1. */
#include "calendar/tzif.h"

#include "calendar/zone.h"

#include <errno.h>
#include <string.h>

#define HEADER_SIZE 44
#define TYPE_SIZE   6

static const char foreign[] = "is not a time zone file";
static const char damaged[] = "is damaged";
static const char leaps[] = "counts leap seconds, which Unix time does not";

/* What is left to read. */
struct input {
	const uint8_t *at;
	size_t left;
};

struct header {
	uint8_t version; /* 0, or the digit */
	uint32_t isutcnt;
	uint32_t isstdcnt;
	uint32_t leapcnt;
	uint32_t timecnt;
	uint32_t typecnt;
	uint32_t charcnt;
};

/* NULL: there are not so many bytes. */
static const uint8_t *take(struct input *in, uint64_t size)
{
	const uint8_t *at = in->at;

	if (size > in->left)
		return NULL;
	in->at += size;
	in->left -= size;
	return at;
}

static uint64_t big_endian(const uint8_t *at, size_t size)
{
	uint64_t n = 0;

	for (size_t i = 0; i < size; i++)
		n = n << 8 | at[i];
	return n;
}

static bool read_header(struct input *in, struct header *ret_header)
{
	const uint8_t *at = take(in, HEADER_SIZE);
	uint32_t counts[6];

	if (!at || memcmp(at, "TZif", 4) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(counts); i++)
		counts[i] = (uint32_t)big_endian(at + 20 + 4 * i, 4);
	*ret_header = (struct header){
		.version = at[4],
		.isutcnt = counts[0],
		.isstdcnt = counts[1],
		.leapcnt = counts[2],
		.timecnt = counts[3],
		.typecnt = counts[4],
		.charcnt = counts[5],
	};
	return true;
}

/* Bytes behind a header. No overflow: six numbers of 32 bits, times 12 at most. */
static uint64_t block_size(const struct header *header, size_t time_size)
{
	return (uint64_t)header->timecnt * (time_size + 1) + (uint64_t)header->typecnt * TYPE_SIZE +
	       header->charcnt + (uint64_t)header->leapcnt * (time_size + 4) + header->isstdcnt +
	       header->isutcnt;
}

int64_t tzif_time(const struct tzif *tzif, size_t i)
{
	uint64_t n = big_endian(tzif->times + i * tzif->time_size, tzif->time_size);

	return tzif->time_size == 4 ? (int32_t)(uint32_t)n : (int64_t)n;
}

unsigned tzif_type_of(const struct tzif *tzif, size_t i)
{
	return tzif->type_of[i];
}

struct tzif_type tzif_type(const struct tzif *tzif, size_t type)
{
	const uint8_t *at = tzif->types + type * TYPE_SIZE;

	return (struct tzif_type){
		.offset = (int32_t)(uint32_t)big_endian(at, 4),
		.dst = at[4],
		.abbreviation = tzif->names + at[5],
	};
}

/* Names are shown on terminals. */
static bool printable(const char *name)
{
	for (; *name; name++)
		if (*name < 0x20 || *name > 0x7e)
			return false;
	return true;
}

static bool sound_types(const struct tzif *tzif, uint32_t charcnt)
{
	/* Then every name that begins within them ends within them. */
	if (tzif->names[charcnt - 1] != '\0')
		return false;
	for (size_t i = 0; i < tzif->n_types; i++) {
		const uint8_t *at = tzif->types + i * TYPE_SIZE;
		int32_t offset = tzif_type(tzif, i).offset;

		if (offset < -ZONE_OFFSET_MAX || offset > ZONE_OFFSET_MAX || at[4] > 1 ||
		    at[5] >= charcnt || !printable(tzif->names + at[5]))
			return false;
	}
	return true;
}

static bool sound_times(const struct tzif *tzif)
{
	for (size_t i = 0; i < tzif->n_times; i++) {
		int64_t time = tzif_time(tzif, i);

		if (time < -TZIF_TIME_MAX || time > TZIF_TIME_MAX ||
		    (i > 0 && time <= tzif_time(tzif, i - 1)) ||
		    tzif_type_of(tzif, i) >= tzif->n_types)
			return false;
	}
	return true;
}

static bool read_block(struct input *in, const struct header *header, struct tzif *tzif)
{
	const uint8_t *at = take(in, block_size(header, tzif->time_size));

	if (!at || header->typecnt == 0 || header->typecnt > TZIF_TYPES_MAX || header->charcnt == 0)
		return false;
	tzif->n_times = header->timecnt;
	tzif->n_types = header->typecnt;
	tzif->times = at;
	tzif->type_of = tzif->times + tzif->n_times * tzif->time_size;
	tzif->types = tzif->type_of + tzif->n_times;
	tzif->names = (const char *)(tzif->types + tzif->n_types * TYPE_SIZE);
	return sound_types(tzif, header->charcnt) && sound_times(tzif);
}

/* A text between two line feeds. */
static bool read_footer(struct input *in, struct tzif *tzif)
{
	const uint8_t *begin = take(in, 1);
	const uint8_t *end;

	if (!begin || *begin != '\n')
		return false;
	end = memchr(in->at, '\n', in->left);
	if (!end)
		return false;
	tzif->footer = (const char *)begin + 1;
	tzif->footer_len = (size_t)(end - in->at);
	return true;
}

int tzif_open(const void *bytes, size_t size, struct tzif *ret_tzif, const char **ret_problem)
{
	struct input in = {bytes, size};
	struct tzif tzif = {.time_size = 4};
	const char *problem = damaged;
	struct header header;

	if (size < 4 || memcmp(bytes, "TZif", 4) != 0) {
		problem = foreign;
		goto fail;
	}
	if (!read_header(&in, &header) || (header.version != 0 && header.version < '2'))
		goto fail;
	if (header.version != 0) {
		uint8_t version = header.version;

		/* The first block is for readers of version 1. */
		if (!take(&in, block_size(&header, 4)) || !read_header(&in, &header) ||
		    header.version != version)
			goto fail;
		tzif.time_size = 8;
	}
	if (header.leapcnt > 0) {
		problem = leaps;
		goto fail;
	}
	if (!read_block(&in, &header, &tzif))
		goto fail;
	if (header.version != 0 && !read_footer(&in, &tzif))
		goto fail;
	*ret_tzif = tzif;
	return 0;
fail:
	*ret_problem = problem;
	return -EINVAL;
}
