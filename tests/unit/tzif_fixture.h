/* Writes TZif files for tests, sound ones; what is to be wrong with them is then done to the bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FIXTURE_SIZE   4096
#define FIXTURE_HEADER 44

/* Where a header has its counts, from its begin on. */
enum fixture_count {
	FIXTURE_ISUTCNT = 20,
	FIXTURE_ISSTDCNT = 24,
	FIXTURE_LEAPCNT = 28,
	FIXTURE_TIMECNT = 32,
	FIXTURE_TYPECNT = 36,
	FIXTURE_CHARCNT = 40,
};

struct fixture_type {
	int32_t offset;
	bool dst;
	uint8_t name; /* an index into the names */
};

struct fixture {
	char version; /* '\0', '2', ... */
	size_t n_times;
	const int64_t *times;
	const uint8_t *type_of;
	size_t n_types;
	const struct fixture_type *types;
	size_t names_size; /* with every NUL */
	const char *names;
	const char *footer;  /* not in version 1 */
	size_t n_indicators; /* 0 or n_types, of each kind */
};

struct fixture_file {
	size_t size;
	size_t block; /* where the header begins that counts */
	uint8_t bytes[FIXTURE_SIZE];
};

static inline void fixture_put(uint8_t *at, uint64_t n, size_t size)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(n >> 8 * (size - 1 - i));
}

static inline void fixture_block(struct fixture_file *file, const struct fixture *f,
				 size_t time_size)
{
	uint8_t *header = file->bytes + file->size;
	uint8_t *at = header + FIXTURE_HEADER;

	memcpy(header, "TZif", 4);
	header[4] = (uint8_t)f->version;
	memset(header + 5, 0, 15);
	fixture_put(header + FIXTURE_ISUTCNT, f->n_indicators, 4);
	fixture_put(header + FIXTURE_ISSTDCNT, f->n_indicators, 4);
	fixture_put(header + FIXTURE_LEAPCNT, 0, 4);
	fixture_put(header + FIXTURE_TIMECNT, f->n_times, 4);
	fixture_put(header + FIXTURE_TYPECNT, f->n_types, 4);
	fixture_put(header + FIXTURE_CHARCNT, f->names_size, 4);
	for (size_t i = 0; i < f->n_times; i++, at += time_size)
		fixture_put(at, (uint64_t)f->times[i], time_size);
	for (size_t i = 0; i < f->n_times; i++)
		*at++ = f->type_of[i];
	for (size_t i = 0; i < f->n_types; i++, at += 6) {
		fixture_put(at, (uint64_t)f->types[i].offset, 4);
		at[4] = f->types[i].dst;
		at[5] = f->types[i].name;
	}
	memcpy(at, f->names, f->names_size);
	at += f->names_size;
	memset(at, 0, 2 * f->n_indicators);
	at += 2 * f->n_indicators;
	file->size = (size_t)(at - file->bytes);
}

static inline void fixture_write(const struct fixture *f, struct fixture_file *file)
{
	static const struct fixture_type none = {0};
	struct fixture empty = {
		.version = f->version, .n_types = 1, .types = &none, .names_size = 1, .names = ""};

	*file = (struct fixture_file){0};
	if (f->version) {
		fixture_block(file, &empty, 4);
		file->block = file->size;
	}
	fixture_block(file, f, f->version ? 8 : 4);
	if (f->version) {
		file->bytes[file->size++] = '\n';
		memcpy(file->bytes + file->size, f->footer, strlen(f->footer));
		file->size += strlen(f->footer);
		file->bytes[file->size++] = '\n';
	}
}
