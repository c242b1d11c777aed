/* Times as people write and read them: in a zone, around its changes. */
#include "base/arena.h"
#include "calendar/times.h"
#include "calendar/zone.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* 2026-03-28 23:30:00.25 UTC: by then it is half past midnight of the 29th in Berlin, a day of 23
   hours. */
#define NOW (INT64_C(1774740600) * USEC_PER_SEC + 250000)

static struct arena arena;
static const struct zone *berlin;

static int begin(void **state)
{
	(void)state;
	arena_init(&arena);
	return zone_parse_posix(&arena, "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", &berlin);
}

static int end(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static const struct {
	const char *text;
	int64_t seconds;
	unsigned fraction;
} good[] = {
	{"now", 1774740600, 250000},
	{"today", 1774738800, 0},
	{"tomorrow", 1774821600, 0},
	{"yesterday", 1774652400, 0},
	{"tomorrow 07:30", 1774848600, 0},
	{"+2h30m", 1774749600, 250000},
	{"+0", 1774740600, 250000},
	{"-1d", 1774654200, 250000},
	{"2026-03-29", 1774738800, 0},
	{"2026-07-01", 1782856800, 0},
	{"0001-01-01T00:00Z", -62135596800, 0},
	{"9999-12-31T23:59:59.999999Z", 253402300799, 999999},
	{"2024-02-29 12:00", 1709204400, 0},
	/* In the gap from 2 to 3: its end. */
	{"2026-03-29 02:00", 1774746000, 0},
	{"2026-03-29 02:30", 1774746000, 0},
	{"2026-03-29 03:00", 1774746000, 0},
	{"02:30", 1774746000, 0},
	{"01:59:59", 1774745999, 0},
	{"00:00", 1774738800, 0},
	/* What repeats: the first time, unless it is told apart. */
	{"2026-10-25 02:30", 1792888200, 0},
	{"2026-10-25 02:30 CEST", 1792888200, 0},
	{"2026-10-25 02:30 CET", 1792891800, 0},
	{"2026-10-25 02:30:00+02:00", 1792888200, 0},
	{"2026-10-25T02:30+01:00", 1792891800, 0},
	{"2026-10-25T02:30:00.5+0100", 1792891800, 500000},
	{"2026-10-25t02:30 +01", 1792891800, 0},
	{"2026-03-29T00:30Z", 1774744200, 0},
	{"2026-03-29 00:30 UTC", 1774744200, 0},
	{"2026-03-28T17:30-07:00", 1774744200, 0},
	{"2026-03-29T02:30:15.000001", 1774746000, 1},
	{"@1774746000", 1774746000, 0},
	{"@0", 0, 0},
	{"@1774746000.5", 1774746000, 500000},
};

static const char *const bad[] = {
	"",
	" ",
	"soon",
	"nowhere",
	"today!",
	"todayT",
	"tomorrow tomorrow",
	"2026",
	"2026-3-29",
	"2026-02-29",
	"2026-13-01",
	"2026-00-10",
	"2026-01-00",
	"0000-01-01",
	"2026-03-29 ",
	"2026-03-29  02:30",
	"2026-03-29 2:30",
	"2026-03-29 24:00",
	"2026-03-29 02:60",
	"2026-03-29 02:30:60",
	"2026-03-29 02:30:",
	"2026-03-29 02:30:15.",
	"2026-03-29 02:30:15.1234567",
	"2026-03-29 02:30 CE",
	"2026-03-29 12:00 CET", /* it was CEST */
	"2026-03-29 02:30 CEST",
	"2026-03-29 02:30+2",
	"2026-03-29 02:30+02:60",
	"2026-03-29 02:30+26:00",
	"2026-03-29 02:30+02:00x",
	"2026-03-29x02:30",
	"+",
	"+2x",
	"-9999999999999999d",
	"@",
	"@-1",
	"@1x",
	"@9223372036854775807",
	"@99999999999999999999",
};

static void reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
		usec_t time = 1;

		if (times_parse(good[i].text, berlin, NOW, &time) < 0 ||
		    time != good[i].seconds * USEC_PER_SEC + good[i].fraction)
			fail_msg("%s: %lld", good[i].text, (long long)time);
	}
}

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		usec_t time = 42;

		if (times_parse(bad[i], berlin, NOW, &time) != -EINVAL || time != 42)
			fail_msg("%s: %lld", bad[i], (long long)time);
	}
}

static const struct {
	usec_t time;
	const char *text;
	const char *rfc3339;
} written[] = {
	{1774745999 * USEC_PER_SEC, "2026-03-29 01:59:59 CET", "2026-03-29T01:59:59+01:00"},
	{1774746000 * USEC_PER_SEC, "2026-03-29 03:00:00 CEST", "2026-03-29T03:00:00+02:00"},
	{1792891800 * USEC_PER_SEC, "2026-10-25 02:30:00 CET", "2026-10-25T02:30:00+01:00"},
	{1774746000 * USEC_PER_SEC + 100000, "2026-03-29 03:00:00.100 CEST",
	 "2026-03-29T03:00:00.100+02:00"},
	{1774746000 * USEC_PER_SEC + 1, "2026-03-29 03:00:00.000001 CEST",
	 "2026-03-29T03:00:00.000001+02:00"},
	{-1, "1970-01-01 00:59:59.999999 CET", "1970-01-01T00:59:59.999999+01:00"},
	{USEC_INFINITY, "never", "never"},
};

static void writes(void **state)
{
	char buf[TIMES_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(written); i++) {
		assert_string_equal(times_format(written[i].time, berlin, buf), written[i].text);
		assert_string_equal(times_format_rfc3339(written[i].time, berlin, buf),
				    written[i].rfc3339);
	}
	assert_string_equal(times_format_rfc3339(0, zone_utc(), buf), "1970-01-01T00:00:00Z");
	assert_string_equal(times_format(0, zone_utc(), buf), "1970-01-01 00:00:00 UTC");
	/* However far away: no buffer overflows. */
	(void)times_format(INT64_MAX - 1, berlin, buf);
	assert_true(strlen(buf) < sizeof(buf));
	(void)times_format(INT64_MIN, berlin, buf);
	assert_true(strlen(buf) < sizeof(buf));
}

static void reads_what_it_writes(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 100000; round++) {
		char text[TIMES_TEXT_SIZE];
		usec_t time;
		usec_t again;

		/* The years 1970 to 2100, and the hours around the changes of 2026. */
		seed = seed * 6364136223846793005 + 1442695040888963407;
		time = (usec_t)(seed >> 16) % (INT64_C(4102444800) * USEC_PER_SEC);
		if (round % 4 == 0)
			time = time % (4 * USEC_PER_HOUR) + INT64_C(1774738800) * USEC_PER_SEC;
		else if (round % 4 == 1)
			time = time % (4 * USEC_PER_HOUR) + INT64_C(1792882800) * USEC_PER_SEC;
		if (round % 8 >= 4)
			time -= time % USEC_PER_SEC;
		assert_int_equal(times_parse(times_format(time, berlin, text), berlin, NOW, &again),
				 0);
		assert_int_equal(again, time);
		assert_int_equal(
			times_parse(times_format_rfc3339(time, berlin, text), berlin, NOW, &again),
			0);
		assert_int_equal(again, time);
	}
}

static const struct {
	usec_t span;
	const char *text;
} spans[] = {
	{0, "now"},
	{850 * USEC_PER_MSEC, "in 850ms"},
	{-12 * USEC_PER_SEC, "12s ago"},
	{3 * USEC_PER_HOUR + 20 * USEC_PER_MIN, "in 3h20m"},
	{2 * USEC_PER_HOUR - 3, "in 2h"},
	{-2 * USEC_PER_DAY - 4 * USEC_PER_HOUR - USEC_PER_MIN, "2d4h ago"},
};

static void relates(void **state)
{
	char buf[TIMES_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(spans); i++)
		assert_string_equal(times_format_relative(NOW + spans[i].span, NOW, buf),
				    spans[i].text);
	assert_string_equal(times_format_relative(USEC_INFINITY, NOW, buf), "never");
	(void)times_format_relative(INT64_MIN, NOW, buf);
	assert_true(strlen(buf) < sizeof(buf));
	(void)times_format_relative(USEC_INFINITY - 1, INT64_MIN, buf);
	assert_true(strlen(buf) < sizeof(buf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),   cmocka_unit_test(refuses),
		cmocka_unit_test(writes),  cmocka_unit_test(reads_what_it_writes),
		cmocka_unit_test(relates),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
