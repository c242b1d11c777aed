/* The small things of base: times as text, diagnostics, arena, hash. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const struct {
	usec_t wall;
	int digits;
	const char *text;
} instants[] = {
	{0, 0, "1970-01-01T00:00:00Z"},
	{0, 6, "1970-01-01T00:00:00.000000Z"},
	{-1, 6, "1969-12-31T23:59:59.999999Z"},
	{1772341200 * USEC_PER_SEC + 123456, 3, "2026-03-01T05:00:00.123Z"},
	{1709164800 * USEC_PER_SEC, 0, "2024-02-29T00:00:00Z"},
	{253402300799 * USEC_PER_SEC, 0, "9999-12-31T23:59:59Z"},
	{253402300800 * USEC_PER_SEC, 0, "never"},
	{USEC_INFINITY, 6, "never"},
};

static void instants_are_rfc3339(void **state)
{
	char buf[CLOCK_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++)
		assert_string_equal(clock_format_utc(instants[i].wall, instants[i].digits, buf),
				    instants[i].text);
}

static void local_time_follows_the_zone(void **state)
{
	char buf[CLOCK_TEXT_SIZE];

	(void)state;
	assert_int_equal(setenv("TZ", "XXX-2", 1), 0);
	tzset();
	assert_string_equal(clock_format_local(0, 3, buf), "1970-01-01 02:00:00.000");
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}

static void elapsed_time_goes_forward(void **state)
{
	usec_t a = clock_elapsed();
	usec_t b = clock_elapsed();

	(void)state;
	assert_true(a > 0 && b >= a);
	assert_true(clock_wall() > 1700000000 * USEC_PER_SEC);
}

static void diags_keep_place_and_count(void **state)
{
	struct diags diags;
	char *text;

	(void)state;
	diags_init(&diags);
	diags_add(&diags, DIAG_ERROR, "b.conf", 9, "late");
	diags_add(&diags, DIAG_WARNING, "b.conf", 2, "early %d", 1);
	diags_add(&diags, DIAG_ERROR, "a.conf", 0, "whole");
	diags_add(&diags, DIAG_ERROR, NULL, 0, "nowhere");
	diags_sort(&diags);
	assert_int_equal(diags.errors, 3);
	assert_int_equal(diags.warnings, 1);

	static const char *const expected[] = {"b.conf:2: warning: early 1", "b.conf:9: late",
					       "a.conf: whole", "nowhere"};
	for (size_t i = 0; i < 4; i++) {
		text = diag_format(&diags.items[i]);
		assert_string_equal(text, expected[i]);
		free(text);
	}
	diags_done(&diags);
}

static void diags_steer_no_terminal(void **state)
{
	struct diags diags;
	char *text;

	(void)state;
	diags_init(&diags);
	diags_add(&diags, DIAG_ERROR, "a\x1b[31m", 1, "is \"%s\"", "\xff\n\r");
	text = diag_format(&diags.items[0]);
	assert_string_equal(text, "a\\x1b[31m:1: is \"\\xff\\x0a\\x0d\"");
	free(text);
	diags_done(&diags);
}

static void diags_are_bounded_but_count_on(void **state)
{
	struct diags diags;

	(void)state;
	diags_init(&diags);
	for (int i = 0; i < DIAGS_KEPT + 100; i++)
		diags_add(&diags, DIAG_ERROR, "f", 1, "%d", i);
	assert_int_equal(diags.count, DIAGS_KEPT);
	assert_int_equal(diags.errors, DIAGS_KEPT + 100);
	diags_done(&diags);
}

/* What diags_print() writes. To be freed. */
static char *printed(const struct diags *diags, bool warnings)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	diags_print(diags, warnings, file);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void diags_are_printed_with_warnings_or_without(void **state)
{
	struct diags diags;
	const char *last;
	char *text;

	(void)state;
	diags_init(&diags);
	diags_add(&diags, DIAG_WARNING, "f", 1, "odd");
	diags_add(&diags, DIAG_ERROR, "f", 2, "bad");
	text = printed(&diags, true);
	assert_string_equal(text, "f:1: warning: odd\nf:2: bad\n");
	free(text);
	text = printed(&diags, false);
	assert_string_equal(text, "f:2: bad\n");
	free(text);

	/* Those that were not kept are counted by what was asked for. */
	for (int i = 0; i < DIAGS_KEPT; i++)
		diags_add(&diags, i % 2 ? DIAG_ERROR : DIAG_WARNING, "f", 3, "more");
	text = printed(&diags, true);
	last = strrchr(text, 'a');
	assert_string_equal(last, "and 2 more\n");
	free(text);
	text = printed(&diags, false);
	last = strrchr(text, 'a');
	assert_string_equal(last, "and 1 more\n");
	free(text);
	diags_done(&diags);
}

static void arena_pieces_are_apart_and_aligned(void **state)
{
	struct arena arena;
	char *big;
	unsigned char *last = NULL;

	(void)state;
	arena_init(&arena);
	for (size_t i = 1; i < 3000; i++) {
		char *text = arena_copy(&arena, "0123456789", i % 11);
		uint64_t *number = arena_alloc(&arena, sizeof(*number) * (i % 7 + 1));

		assert_non_null(text);
		assert_non_null(number);
		assert_int_equal(strlen(text), i % 11);
		assert_int_equal((uintptr_t)number % _Alignof(max_align_t), 0);
		assert_int_equal(number[i % 7], 0);
		memset(number, 0xff, sizeof(*number) * (i % 7 + 1));
		if (last)
			assert_int_equal(*last, 0xff);
		last = (unsigned char *)number;
	}
	big = arena_alloc(&arena, 10 * 1024 * 1024);
	assert_non_null(big);
	big[10 * 1024 * 1024 - 1] = 1;
	assert_null(arena_alloc(&arena, SIZE_MAX / 2));
	assert_null(arena_copy(&arena, "", SIZE_MAX));
	assert_non_null(arena_copy(&arena, "", 0));
	arena_done(&arena);
	arena_done(&arena);
}

/* FNV-1a's published value for "foobar"; jobs' splay depends on it for ever. */
static void hash_is_stable(void **state)
{
	(void)state;
	assert_true(hash_bytes(HASH_INIT, "foobar", 6) == UINT64_C(0x85944171f73967e8));
	assert_true(hash_bytes(hash_bytes(HASH_INIT, "foo", 3), "bar", 3) ==
		    hash_bytes(HASH_INIT, "foobar", 6));
	assert_true(hash_finish(0) == 0);
	assert_true(hash_finish(1) == UINT64_C(0x5692161d100b05e5));
}

static void a_cleared_arena_goes_on_in_the_same_memory(void **state)
{
	struct arena arena;
	char *first;
	uint64_t *number;

	(void)state;
	arena_init(&arena);
	arena_clear(&arena);
	first = arena_copy(&arena, "dirt to be seen", 15);
	assert_non_null(first);
	for (size_t i = 0; i < 1000; i++) {
		arena_clear(&arena);
		number = arena_alloc(&arena, sizeof(*number));
		assert_ptr_equal(number, first);
		assert_int_equal(*number, 0);
		*number = UINT64_MAX;
	}
	/* More chunks than one: the leak checkers see to the others. */
	assert_non_null(arena_alloc(&arena, 1024 * 1024));
	assert_non_null(arena_alloc(&arena, 2 * 1024 * 1024));
	arena_clear(&arena);
	assert_non_null(arena_alloc(&arena, 16));
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instants_are_rfc3339),
		cmocka_unit_test(local_time_follows_the_zone),
		cmocka_unit_test(elapsed_time_goes_forward),
		cmocka_unit_test(diags_keep_place_and_count),
		cmocka_unit_test(diags_steer_no_terminal),
		cmocka_unit_test(diags_are_bounded_but_count_on),
		cmocka_unit_test(diags_are_printed_with_warnings_or_without),
		cmocka_unit_test(arena_pieces_are_apart_and_aligned),
		cmocka_unit_test(a_cleared_arena_goes_on_in_the_same_memory),
		cmocka_unit_test(hash_is_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
