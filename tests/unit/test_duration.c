/* Holds: which texts are durations, how they are written, and that both agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calendar/duration.h"

#include <errno.h>
#include <string.h>

static void test_texts_that_are_durations(void **state)
{
	static const struct {
		const char *text;
		usec_t span;
	} rows[] = {
		{"0", 0},
		{"0s", 0},
		{"1us", 1},
		{"1ms", 1000},
		{"1s", 1000000},
		{"1m", 60 * USEC_PER_SEC},
		{"1h", 3600 * USEC_PER_SEC},
		{"1d", 86400 * USEC_PER_SEC},
		{"1w", 604800 * USEC_PER_SEC},
		{"15m", 15 * USEC_PER_MIN},
		{"100ms", 100 * USEC_PER_MSEC},
		{"400d", 400 * USEC_PER_DAY},
		{"1h30m", 90 * USEC_PER_MIN},
		{"1h 30m", 90 * USEC_PER_MIN},
		{"1 h 30 m", 90 * USEC_PER_MIN},
		{"30m1h", 90 * USEC_PER_MIN},
		{"90m", 90 * USEC_PER_MIN},
		{"1m1ms", USEC_PER_MIN + 1000},
		{"007s", 7 * USEC_PER_SEC},
		{"1w2d3h4m5s6ms7us",
		 9 * USEC_PER_DAY + 3 * USEC_PER_HOUR + 4 * USEC_PER_MIN + 5 * USEC_PER_SEC + 6007},
		{"9223372036854775806us", INT64_MAX - 1},
		{"15250284w3d4h54s775ms806us", INT64_MAX - 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		usec_t span = -1;

		assert_int_equal(duration_parse(rows[i].text, &span), 0);
		assert_int_equal(span, rows[i].span);
	}
}

static void test_texts_that_are_not(void **state)
{
	static const struct {
		const char *text;
		int error;
	} rows[] = {
		{"", -EINVAL},
		{" ", -EINVAL},
		{"1", -EINVAL},
		{"00", -EINVAL},
		{"0 ", -EINVAL},
		{"s", -EINVAL},
		{"1x", -EINVAL},
		{"1sec", -EINVAL},
		{"1S", -EINVAL},
		{"1M", -EINVAL},
		{"1s ", -EINVAL},
		{" 1s", -EINVAL},
		{"-1s", -EINVAL},
		{"+1s", -EINVAL},
		{"1.5s", -EINVAL},
		{"1,5s", -EINVAL},
		{"1e3s", -EINVAL},
		{"0x10s", -EINVAL},
		{"1s-1ms", -EINVAL},
		{"1s,1ms", -EINVAL},
		{"1h30", -EINVAL},
		{"1hm", -EINVAL},
		{"1\xc2\xb5s", -EINVAL},
		{"forever", -EINVAL},
		{"99999999999999999999999x", -EINVAL},
		{"99999999999999999999999s 1", -EINVAL},
		{"9223372036854775807us", -ERANGE},
		{"9223372036854775808us", -ERANGE},
		{"18446744073709551617us", -ERANGE},
		{"15250285w", -ERANGE},
		{"15250284w3d4h54s775ms807us", -ERANGE},
		{"99999999999999999999999s", -ERANGE},
		{"99999999999999999999999s 1us", -ERANGE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		usec_t span = -1;

		assert_int_equal(duration_parse(rows[i].text, &span), rows[i].error);
		assert_int_equal(span, -1);
	}
}

static void test_how_spans_are_written(void **state)
{
	static const struct {
		usec_t span;
		const char *exact;
		const char *brief;
	} rows[] = {
		{0, "0", "0"},
		{1, "1us", "1us"},
		{999, "999us", "999us"},
		{1000, "1ms", "1ms"},
		{1234, "1ms234us", "1.23ms"},
		{12345, "12ms345us", "12.3ms"},
		{850000, "850ms", "850ms"},
		{850999, "850ms999us", "850ms"},
		{1005000, "1s5ms", "1s"},
		{1050000, "1s50ms", "1.05s"},
		{1240000, "1s240ms", "1.24s"},
		{1500000, "1s500ms", "1.5s"},
		{10050000, "10s50ms", "10s"},
		{59999999, "59s999ms999us", "59.9s"},
		{USEC_PER_MIN, "1m", "1m"},
		{90 * USEC_PER_SEC + 1, "1m30s1us", "1m30s"},
		{90 * USEC_PER_MIN, "1h30m", "1h30m"},
		{USEC_PER_HOUR + 5 * USEC_PER_SEC, "1h5s", "1h"},
		{76 * USEC_PER_HOUR + 59 * USEC_PER_SEC, "3d4h59s", "3d4h"},
		{14 * USEC_PER_DAY, "2w", "2w"},
		{400 * USEC_PER_DAY, "57w1d", "57w1d"},
		{-1, "-1us", "-1us"},
		{-90 * USEC_PER_MIN, "-1h30m", "-1h30m"},
		{USEC_INFINITY, "forever", "forever"},
		{INT64_MAX - 1, "15250284w3d4h54s775ms806us", "15250284w3d"},
		{INT64_MIN, "-15250284w3d4h54s775ms808us", "-15250284w3d"},
	};
	char buf[DURATION_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		assert_string_equal(duration_format(rows[i].span, buf), rows[i].exact);
		assert_string_equal(duration_format_short(rows[i].span, buf), rows[i].brief);
	}
}

/* Random spans of every magnitude. */
static usec_t draw_span(uint64_t *seed)
{
	unsigned shift;

	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	shift = 1 + (unsigned)(*seed >> 58) % 63;
	return (usec_t)((*seed ^ (*seed >> 29)) >> shift);
}

static void test_what_is_written_reads_back(void **state)
{
	uint64_t seed = 3;
	char buf[DURATION_TEXT_SIZE];
	char again[DURATION_TEXT_SIZE];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		usec_t span = draw_span(&seed);
		usec_t parsed = -1;

		if (span == USEC_INFINITY)
			continue;
		assert_int_equal(duration_parse(duration_format(span, buf), &parsed), 0);
		assert_int_equal(parsed, span);
		assert_string_equal(duration_format(parsed, again), buf);
	}
}

static void test_the_short_form_reads_back_as_no_more_than_the_span(void **state)
{
	uint64_t seed = 4;
	char buf[DURATION_TEXT_SIZE];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		usec_t span = draw_span(&seed);
		usec_t parsed = -1;

		duration_format_short(span, buf);
		if (strchr(buf, '.') || span == USEC_INFINITY)
			continue;
		assert_int_equal(duration_parse(buf, &parsed), 0);
		assert_true(parsed <= span);
		assert_true(span - parsed <= span / 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_that_are_durations),
		cmocka_unit_test(test_texts_that_are_not),
		cmocka_unit_test(test_how_spans_are_written),
		cmocka_unit_test(test_what_is_written_reads_back),
		cmocka_unit_test(test_the_short_form_reads_back_as_no_more_than_the_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
