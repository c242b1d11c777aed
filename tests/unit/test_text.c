/* Foreign bytes become one line of clean UTF-8; typing errors are near. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
	const char *in;
	size_t len;
	const char *out;
} lines[] = {
	{BYTES(""), ""},
	{BYTES("plain text, with\ttab"), "plain text, with\ttab"},
	{BYTES("a\0b"), "a\\x00b"},
	{BYTES("dos\r"), "dos"},
	{BYTES("10%\r20%\r"), "10%\\x0d20%"},
	{BYTES("\033[31mred"), "\\x1b[31mred"},
	{BYTES("del\x7f"), "del\\x7f"},
	{BYTES("Gr\xc3\xbc\xc3\x9f"
	       "e \xe2\x82\xac \xf0\x9f\x98\x80"),
	 "Gr\xc3\xbc\xc3\x9f"
	 "e \xe2\x82\xac \xf0\x9f\x98\x80"},
	{BYTES("latin1 \xfc."), "latin1 \\xfc."},
	{BYTES("cut \xe2\x82"), "cut \\xe2\\x82"},
	{BYTES("overlong \xc0\xaf"), "overlong \\xc0\\xaf"},
	{BYTES("overlong \xe0\x80\xaf"), "overlong \\xe0\\x80\\xaf"},
	{BYTES("surrogate \xed\xa0\x80"), "surrogate \\xed\\xa0\\x80"},
	{BYTES("too high \xf4\x90\x80\x80"), "too high \\xf4\\x90\\x80\\x80"},
	{BYTES("C1 \xc2\x9b"
	       "31m"),
	 "C1 \\xc2\\x9b31m"},
};

static void sanitizes(void **state)
{
	char out[256];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t n = text_sanitize(out, lines[i].in, lines[i].len);

		assert_string_equal(out, lines[i].out);
		assert_int_equal(n, strlen(lines[i].out));
	}
}

/* Whatever comes in, what goes out is stable: nothing in it needs sanitizing again. */
static void sanitized_is_clean(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char in[24];
		char out[24 * TEXT_GROWTH + 1];
		char again[24 * TEXT_GROWTH * TEXT_GROWTH + 1];
		size_t len = (size_t)round % sizeof(in);
		size_t n;

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1664525 + 1013904223;
			/* Many bytes that begin or go on UTF-8 sequences. */
			in[i] = (char)(seed & 0x400000 ? 0x80 | (seed >> 24) : seed >> 24);
		}
		n = text_sanitize(out, in, len);
		assert_true(n <= len * TEXT_GROWTH);
		assert_int_equal(text_sanitize(again, out, n), n);
		assert_string_equal(again, out);
	}
}

static const struct {
	const char *a;
	const char *b;
	unsigned distance;
} names[] = {
	{"command", "command", 0},
	{"comand", "command", 1},
	{"commnad", "command", 1},
	{"", "abc", 3},
	{"abc", "", 3},
	{"every", "never", 2},
	{"overlap", "overflow", 3},
	{"a", "b", 1},
	{"", "", 0},
	{"ab", "ba", 1},
	{"backup-of-db", "abckup-of-bd", 2},
	{"backup", "pickup", 2},
	{"nightly", "daily", 5},
};

static void distances(void **state)
{
	char longest[100];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unsigned distance = names[i].distance;

		assert_int_equal(text_distance(names[i].a, names[i].b), distance);
		assert_int_equal(text_distance(names[i].b, names[i].a), distance);
		for (unsigned most = 0; most < 6; most++)
			assert_int_equal(text_distance_within(names[i].a, names[i].b, most),
					 distance <= most ? distance : most + 1);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_true(text_distance(longest, longest) > 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sanitizes),
		cmocka_unit_test(sanitized_is_clean),
		cmocka_unit_test(distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
