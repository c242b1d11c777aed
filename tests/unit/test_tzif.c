/* Holds: TZif files of every version are read as they say; damaged ones are refused, and nothing
   beyond their bytes is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calendar/tzif.h"
#include "calendar/zone.h"
#include "tzif_fixture.h"

#include <errno.h>
#include <stdlib.h>

static const int64_t times[] = {-1000000000, 0, 1000000000};
static const uint8_t type_of[] = {1, 2, 1};
static const struct fixture_type types[] = {{3208, false, 0}, {3600, false, 4}, {7200, true, 8}};
static const char names[] = "LMT\0CET\0CEST";

static struct fixture sound(char version)
{
	return (struct fixture){
		.version = version,
		.n_times = ARRAY_LENGTH(times),
		.times = times,
		.type_of = type_of,
		.n_types = ARRAY_LENGTH(types),
		.types = types,
		.names_size = sizeof(names),
		.names = names,
		.footer = "CET-1",
		.n_indicators = ARRAY_LENGTH(types),
	};
}

static const char versions[] = {'\0', '2', '3', '4', '5'};

/* Opens a copy that ends where its memory does, so that a reader beyond it is caught. */
static int open_bytes(const uint8_t *bytes, size_t size, struct tzif *ret_tzif)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct tzif tzif = {.n_types = 77};
	const char *problem = NULL;
	int r;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	r = tzif_open(copy, size, &tzif, &problem);
	if (r == 0) {
		for (size_t i = 0; i < tzif.n_times; i++) {
			assert_in_range(tzif_type_of(&tzif, i), 0, tzif.n_types - 1);
			assert_true(i == 0 || tzif_time(&tzif, i) > tzif_time(&tzif, i - 1));
		}
		for (size_t i = 0; i < tzif.n_types; i++)
			assert_true(strlen(tzif_type(&tzif, i).abbreviation) < size);
		assert_null(problem);
	} else {
		assert_int_equal(r, -EINVAL);
		assert_non_null(problem);
		assert_int_equal(tzif.n_types, 77);
	}
	free(copy);
	if (ret_tzif)
		*ret_tzif = tzif;
	return r;
}

static int open_file(const struct fixture_file *file)
{
	return open_bytes(file->bytes, file->size, NULL);
}

static void test_what_a_file_says_is_read(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_LENGTH(versions); v++) {
		struct fixture fixture = sound(versions[v]);
		struct fixture_file file;
		const char *problem;
		struct tzif tzif;

		fixture_write(&fixture, &file);
		assert_int_equal(open_file(&file), 0);
		assert_int_equal(tzif_open(file.bytes, file.size, &tzif, &problem), 0);
		assert_int_equal(tzif.n_times, ARRAY_LENGTH(times));
		assert_int_equal(tzif.n_types, ARRAY_LENGTH(types));
		for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
			assert_int_equal(tzif_time(&tzif, i), times[i]);
			assert_int_equal(tzif_type_of(&tzif, i), type_of[i]);
		}
		for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
			struct tzif_type type = tzif_type(&tzif, i);

			assert_int_equal(type.offset, types[i].offset);
			assert_int_equal(type.dst, types[i].dst);
			assert_string_equal(type.abbreviation, names + types[i].name);
		}
		assert_int_equal(tzif.footer_len, versions[v] ? strlen("CET-1") : 0);
		if (versions[v])
			assert_memory_equal(tzif.footer, "CET-1", tzif.footer_len);
	}
}

static void test_a_file_may_have_no_changes_and_no_footer(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_LENGTH(versions); v++) {
		struct fixture fixture = sound(versions[v]);
		struct fixture_file file;
		struct tzif tzif;

		fixture.n_times = 0;
		fixture.n_indicators = 0;
		fixture.footer = "";
		fixture_write(&fixture, &file);
		assert_int_equal(open_bytes(file.bytes, file.size, &tzif), 0);
		assert_int_equal(tzif.n_times, 0);
		assert_int_equal(tzif.footer_len, 0);
	}
}

static void test_no_part_of_a_file_is_a_file(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_LENGTH(versions); v++) {
		struct fixture fixture = sound(versions[v]);
		struct fixture_file file;

		fixture_write(&fixture, &file);
		for (size_t size = 0; size < file.size; size++)
			assert_int_equal(open_bytes(file.bytes, size, NULL), -EINVAL);
	}
}

static void test_more_behind_a_file_does_not_matter(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_LENGTH(versions); v++) {
		struct fixture fixture = sound(versions[v]);
		struct fixture_file file;

		fixture_write(&fixture, &file);
		file.size += 10;
		assert_int_equal(open_file(&file), 0);
	}
}

static void test_counts_are_held_against_the_size(void **state)
{
	static const enum fixture_count counts[] = {
		FIXTURE_ISUTCNT, FIXTURE_ISSTDCNT, FIXTURE_LEAPCNT,
		FIXTURE_TIMECNT, FIXTURE_TYPECNT,  FIXTURE_CHARCNT,
	};
	static const uint32_t wrong[] = {1000,       0x10000000, 0x20000000, 0x2aaaaaab,
					 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff};

	(void)state;
	for (size_t v = 0; v < ARRAY_LENGTH(versions); v++) {
		for (size_t c = 0; c < ARRAY_LENGTH(counts); c++) {
			for (size_t w = 0; w < ARRAY_LENGTH(wrong); w++) {
				struct fixture fixture = sound(versions[v]);
				struct fixture_file file;

				fixture_write(&fixture, &file);
				fixture_put(file.bytes + file.block + counts[c], wrong[w], 4);
				assert_int_equal(open_file(&file), -EINVAL);
				/* In the block that is passed over. */
				fixture_write(&fixture, &file);
				fixture_put(file.bytes + counts[c], wrong[w], 4);
				assert_int_equal(open_file(&file), -EINVAL);
			}
		}
	}
}

/* One thing is done to a sound file of version 2: `size` bytes are set at that place of the block
   that counts. */
#define TIMES_AT FIXTURE_HEADER
#define INDEX_AT (TIMES_AT + 8 * 3)
#define TYPES_AT (INDEX_AT + 3)
#define NAMES_AT (TYPES_AT + 6 * 3)

static void test_what_is_damaged_is_refused(void **state)
{
	static const struct {
		size_t at;
		size_t size;
		uint64_t value;
		int result;
	} rows[] = {
		{0, 1, 'T', 0}, /* as it was */
		{0, 1, 't', -EINVAL},
		{4, 1, '1', -EINVAL},
		{4, 1, 0, -EINVAL},
		{FIXTURE_TYPECNT, 4, 0, -EINVAL},
		{FIXTURE_CHARCNT, 4, 0, -EINVAL},
		{FIXTURE_CHARCNT, 4, sizeof(names) - 1, -EINVAL}, /* the last has no end */
		{TIMES_AT, 8, (uint64_t)-1000000001, 0},
		{TIMES_AT, 8, 0, -EINVAL}, /* as the next */
		{TIMES_AT, 8, 1, -EINVAL},
		{TIMES_AT, 8, (uint64_t)-TZIF_TIME_MAX, 0},
		{TIMES_AT, 8, (uint64_t)-TZIF_TIME_MAX - 1, -EINVAL},
		{TIMES_AT, 8, (uint64_t)1 << 63, -EINVAL},
		{TIMES_AT + 16, 8, TZIF_TIME_MAX, 0},
		{TIMES_AT + 16, 8, TZIF_TIME_MAX + 1, -EINVAL},
		{TIMES_AT + 16, 8, INT64_MAX, -EINVAL},
		{INDEX_AT, 1, 2, 0},
		{INDEX_AT, 1, 3, -EINVAL},
		{INDEX_AT + 2, 1, 255, -EINVAL},
		{TYPES_AT, 4, ZONE_OFFSET_MAX, 0},
		{TYPES_AT, 4, ZONE_OFFSET_MAX + 1, -EINVAL},
		{TYPES_AT, 4, (uint32_t)-ZONE_OFFSET_MAX, 0},
		{TYPES_AT, 4, (uint32_t)-ZONE_OFFSET_MAX - 1, -EINVAL},
		{TYPES_AT + 12, 4, 0x80000000, -EINVAL},
		{TYPES_AT + 4, 1, 1, 0},
		{TYPES_AT + 4, 1, 2, -EINVAL},
		{TYPES_AT + 5, 1, sizeof(names) - 1, 0}, /* an empty name */
		{TYPES_AT + 5, 1, sizeof(names), -EINVAL},
		{NAMES_AT, 1, '\033', -EINVAL},
		{NAMES_AT, 1, '\n', -EINVAL},
		{NAMES_AT, 1, 0xe9, -EINVAL},
		{NAMES_AT + sizeof(names) - 1, 1, 'x', -EINVAL},
		{NAMES_AT + sizeof(names) + 6, 1, ' ', -EINVAL}, /* where the footer begins */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct fixture fixture = sound('2');
		struct fixture_file file;

		fixture_write(&fixture, &file);
		fixture_put(file.bytes + file.block + rows[i].at, rows[i].value, rows[i].size);
		assert_int_equal(open_file(&file), rows[i].result);
	}
}

static void test_a_byte_tells_no_more_types_apart(void **state)
{
	struct fixture_type many[TZIF_TYPES_MAX + 1];
	struct fixture fixture = sound('2');
	struct fixture_file file;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(many); i++)
		many[i] = (struct fixture_type){(int32_t)i, true, 0};
	fixture.types = many;
	fixture.n_indicators = 0;
	fixture.n_types = TZIF_TYPES_MAX;
	fixture_write(&fixture, &file);
	assert_int_equal(open_file(&file), 0);
	fixture.n_types++;
	fixture_write(&fixture, &file);
	assert_int_equal(open_file(&file), -EINVAL);
}

static void test_problems_are_told_apart(void **state)
{
	struct fixture fixture = sound('2');
	struct fixture_file file;
	struct tzif tzif;
	const char *problem = NULL;

	(void)state;
	assert_int_equal(tzif_open("#!/bin/sh\n", 10, &tzif, &problem), -EINVAL);
	assert_string_equal(problem, "is not a time zone file");
	fixture_write(&fixture, &file);
	assert_int_equal(tzif_open(file.bytes, file.size - 1, &tzif, &problem), -EINVAL);
	assert_string_equal(problem, "is damaged");
	fixture_put(file.bytes + file.block + FIXTURE_LEAPCNT, 27, 4);
	assert_int_equal(tzif_open(file.bytes, file.size, &tzif, &problem), -EINVAL);
	assert_string_equal(problem, "counts leap seconds, which Unix time does not");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_file_says_is_read),
		cmocka_unit_test(test_a_file_may_have_no_changes_and_no_footer),
		cmocka_unit_test(test_no_part_of_a_file_is_a_file),
		cmocka_unit_test(test_more_behind_a_file_does_not_matter),
		cmocka_unit_test(test_counts_are_held_against_the_size),
		cmocka_unit_test(test_what_is_damaged_is_refused),
		cmocka_unit_test(test_a_byte_tells_no_more_types_apart),
		cmocka_unit_test(test_problems_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
