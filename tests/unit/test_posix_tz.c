/* Holds: which texts are POSIX TZ strings, and when local time changes by them: where the C library
   says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calendar/civil.h"
#include "calendar/posix_tz.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define HOUR 3600

static int64_t utc(int64_t year, int month, int day, int hour, int minute)
{
	struct civil civil = {
		.year = year, .month = month, .day = day, .hour = hour, .minute = minute};

	return civil_seconds(&civil);
}

static void test_texts_that_are_zones(void **state)
{
	static const struct {
		const char *text;
		const char *standard;
		int32_t offset;
		const char *daylight; /* NULL: has none */
		int32_t daylight_offset;
	} rows[] = {
		{"UTC0", "UTC", 0, NULL, 0},
		{"CET-1", "CET", HOUR, NULL, 0},
		{"EST+5", "EST", -5 * HOUR, NULL, 0},
		{"EST05:00:00", "EST", -5 * HOUR, NULL, 0},
		{"<+0545>-5:45", "+0545", 5 * HOUR + 45 * 60, NULL, 0},
		{"<-00>0", "-00", 0, NULL, 0},
		{"ABC-24:59:59", "ABC", 25 * HOUR - 1, NULL, 0},
		{"ABC24:59:59", "ABC", 1 - 25 * HOUR, NULL, 0},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "CET", HOUR, "CEST", 2 * HOUR},
		{"EST5EDT", "EST", -5 * HOUR, "EDT", -4 * HOUR},
		{"EST5EDT4:30", "EST", -5 * HOUR, "EDT", -4 * HOUR - 30 * 60},
		{"IST-1GMT0,M10.5.0,M3.5.0/1", "IST", HOUR, "GMT", 0},
		{"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "+1030", 10 * HOUR + 1800, "+11",
		 11 * HOUR},
		{"AAA0BBB,0,365", "AAA", 0, "BBB", HOUR},
		{"AAA0BBB,J1/-167,J365/167:59:59", "AAA", 0, "BBB", HOUR},
		{"AAA0BBB,M1.1.0/+2,M12.5.6/-2:30", "AAA", 0, "BBB", HOUR},
		{"AAA0BBB,007,J007", "AAA", 0, "BBB", HOUR},
		{"Abcdefghijklmnopqrstuvwxyzabcde0", "Abcdefghijklmnopqrstuvwxyzabcde", 0, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct posix_tz tz;

		assert_int_equal(posix_tz_parse(rows[i].text, strlen(rows[i].text), &tz), 0);
		assert_string_equal(tz.standard.name, rows[i].standard);
		assert_int_equal(tz.standard.offset, rows[i].offset);
		assert_int_equal(tz.has_daylight, rows[i].daylight != NULL);
		if (rows[i].daylight) {
			assert_string_equal(tz.daylight.name, rows[i].daylight);
			assert_int_equal(tz.daylight.offset, rows[i].daylight_offset);
		}
	}
}

static void test_texts_that_are_not(void **state)
{
	static const char *const rows[] = {
		"",
		"CET",
		"-1",
		"CE-1",
		"<CE>-1",
		"<CET-1",
		"<CE T>-1",
		"C1T-1",
		"Abcdefghijklmnopqrstuvwxyzabcdef0",
		"CET-25",
		"CET--1",
		"CET-1:60",
		"CET-1:00:60",
		"CET-1:",
		"CET-1:00:",
		"CET- 1",
		"CET-1 ",
		" CET-1",
		":Europe/Berlin",
		"CET-1,",
		"CET-1,M3.5.0,M10.5.0",
		"CET-1CE",
		"CET-1CEST,",
		"CET-1CEST,M3.5.0",
		"CET-1CEST,M3.5.0,",
		"CET-1CEST,M3.5.0,M10.5.0,",
		"CET-1CEST,M3.5.0,M10.5.0/3x",
		"CET-1CEST,M3.5.0,M10.5.0/",
		"CET-1CEST,M3.5.0,M10.5.0/168",
		"CET-1CEST,M3.5.0,M10.5.0/-168",
		"CET-1CEST,M0.5.0,M10.5.0",
		"CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M3.0.0,M10.5.0",
		"CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,M3.5,M10.5.0",
		"CET-1CEST,M3,5,0,M10.5.0",
		"CET-1CEST,J0,J365",
		"CET-1CEST,J1,J366",
		"CET-1CEST,0,366",
		"CET-1CEST,-1,365",
		"CET-1CEST,J,J365",
		"CET-1CEST25,J1,J365",
		"CET-99999999999999999999",
		"CET-1CEST,99999999999999999999,1",
		"AAA-24:30BBB,J1,J365", /* its summer time is further than 25 hours away */
		"\xc3\xa9\xc3\xa9\xc3\xa9-1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct posix_tz tz = {.has_daylight = true};

		assert_int_equal(posix_tz_parse(rows[i], strlen(rows[i]), &tz), -EINVAL);
		assert_string_equal(tz.standard.name, "");
	}
}

static void test_no_more_than_the_length_is_read(void **state)
{
	static const char text[] = "CET-1CEST,M3.5.0,M10.5.0/3";
	struct posix_tz tz;

	(void)state;
	assert_int_equal(posix_tz_parse(text, 5, &tz), 0);
	assert_false(tz.has_daylight);
	assert_int_equal(posix_tz_parse(text, 4, &tz), -EINVAL);
	assert_int_equal(posix_tz_parse(text, 9, &tz), 0);
	assert_int_equal(tz.begin.week, 2); /* the usual rules, not those that follow */
	assert_int_equal(posix_tz_parse(text, sizeof(text) - 2, &tz), -EINVAL);
	assert_int_equal(posix_tz_parse(text, sizeof(text), &tz), -EINVAL); /* a NUL */
}

static void test_changes_come_when_the_rules_say(void **state)
{
	static const struct {
		const char *text;
		struct {
			int month, day, hour, minute;
		} begin, end; /* UTC, in 2026 */
	} rows[] = {
		{"CET-1CEST,M3.5.0,M10.5.0/3", {3, 29, 1, 0}, {10, 25, 1, 0}},
		{"EST5EDT,M3.2.0,M11.1.0", {3, 8, 7, 0}, {11, 1, 6, 0}},
		{"EST5EDT", {3, 8, 7, 0}, {11, 1, 6, 0}},
		{"IST-1GMT0,M10.5.0,M3.5.0/1", {10, 25, 1, 0}, {3, 29, 1, 0}},
		{"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", {10, 3, 15, 30}, {4, 4, 15, 0}},
		{"<+00>0<+02>-2,M3.5.0/1,M10.5.0/3", {3, 29, 1, 0}, {10, 25, 1, 0}},
		{"EET-2EEST,M3.4.4/50,M10.4.4/50", {3, 28, 0, 0}, {10, 23, 23, 0}},
		{"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", {3, 29, 1, 0}, {10, 25, 1, 0}},
		{"IST-2IDT,M3.4.4/26,M10.5.0", {3, 27, 0, 0}, {10, 24, 23, 0}},
		{"AAA0BBB,J59/0,J60/0", {2, 28, 0, 0}, {2, 28, 23, 0}},
		{"AAA0BBB,58/0,59/0", {2, 28, 0, 0}, {2, 28, 23, 0}},
		{"AAA0BBB,M2.1.0/0,M2.4.0/0", {2, 1, 0, 0}, {2, 21, 23, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct posix_tz_change changes[POSIX_TZ_CHANGES_MAX];
		int64_t begin = utc(2026, rows[i].begin.month, rows[i].begin.day,
				    rows[i].begin.hour, rows[i].begin.minute);
		int64_t end = utc(2026, rows[i].end.month, rows[i].end.day, rows[i].end.hour,
				  rows[i].end.minute);
		bool southern = end < begin;
		bool dst;
		struct posix_tz tz;

		assert_int_equal(posix_tz_parse(rows[i].text, strlen(rows[i].text), &tz), 0);
		assert_int_equal(posix_tz_changes(&tz, utc(2026, 1, 1, 0, 0), &dst, changes), 800);
		assert_int_equal(dst, southern);
		assert_int_equal(changes[southern].time, begin);
		assert_true(changes[southern].daylight);
		assert_int_equal(changes[!southern].time, end);
		assert_false(changes[!southern].daylight);
		/* A time that is a change is not after itself. */
		assert_int_equal(posix_tz_changes(&tz, begin, &dst, changes), 800);
		assert_true(dst);
		assert_true(changes[0].time > begin);
	}
}

static void test_leap_days_are_counted_or_not(void **state)
{
	static const struct {
		const char *text;
		int64_t year;
		int month, day;
	} rows[] = {
		{"AAA0BBB,J60/0,J300/0", 2028, 3, 1},    {"AAA0BBB,J59/0,J300/0", 2028, 2, 28},
		{"AAA0BBB,J60/0,J300/0", 2027, 3, 1},    {"AAA0BBB,59/0,300/0", 2028, 2, 29},
		{"AAA0BBB,59/0,300/0", 2027, 3, 1},      {"AAA0BBB,M2.5.2/0,300/0", 2028, 2, 29},
		{"AAA0BBB,M2.5.2/0,300/0", 2027, 2, 23},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct posix_tz_change changes[POSIX_TZ_CHANGES_MAX];
		bool dst;
		struct posix_tz tz;

		assert_int_equal(posix_tz_parse(rows[i].text, strlen(rows[i].text), &tz), 0);
		posix_tz_changes(&tz, utc(rows[i].year, 1, 1, 0, 0), &dst, changes);
		assert_int_equal(changes[0].time,
				 utc(rows[i].year, rows[i].month, rows[i].day, 0, 0));
	}
}

static void test_daylight_saving_time_may_last_for_ever(void **state)
{
	static const struct {
		const char *text;
		bool dst;
	} rows[] = {
		{"AAA3", false},
		{"AAA3BBB,J1/0,J365/25", true},      /* an hour ahead: ends as it begins */
		{"XXX3EDT4,0/0,J365/23", true},      /* that of RFC 9636, 3.3.1 */
		{"AAA3BBB,J1/-167,J365/167", true},  /* begins before it ends */
		{"AAA3BBB,J60/0,J60/1", true},       /* begins as it ends */
		{"AAA3BBB,J365/160,J365/161", true}, /* the same, in the next year */
	};
	static const int days[] = {1, 3, 7, 8, 200, 364, 365};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		for (size_t d = 0; d < ARRAY_LENGTH(days); d++) {
			struct posix_tz_change changes[POSIX_TZ_CHANGES_MAX];
			int64_t time = utc(2026, 1, days[d], 0, 0);
			bool dst = !rows[i].dst;
			struct posix_tz tz;

			assert_int_equal(posix_tz_parse(rows[i].text, strlen(rows[i].text), &tz),
					 0);
			assert_int_equal(posix_tz_changes(&tz, time, &dst, changes), 0);
			assert_int_equal(dst, rows[i].dst);
		}
	}
}

/* Until January 6, or to the first Sunday if that is not later, when it begins anew. */
static void test_daylight_saving_time_may_last_for_years(void **state)
{
	static const char text[] = "AAA0BBB,M1.1.0/0,J365/167";
	struct posix_tz_change changes[POSIX_TZ_CHANGES_MAX];
	struct posix_tz tz;
	bool dst;

	(void)state;
	assert_int_equal(posix_tz_parse(text, strlen(text), &tz), 0);
	assert_in_range(posix_tz_changes(&tz, utc(2018, 2, 1, 0, 0), &dst, changes), 100, 130);
	assert_true(dst);
	assert_int_equal(changes[0].time, utc(2024, 1, 6, 22, 0));
	assert_false(changes[0].daylight);
	assert_int_equal(changes[1].time, utc(2024, 1, 7, 0, 0));
	assert_int_equal(changes[2].time, utc(2029, 1, 6, 22, 0));
}

/* 0 to n - 1. */
static unsigned draw(uint64_t *random, unsigned n)
{
	*random = *random * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (unsigned)(*random >> 33) % n;
}

static void draw_rule(uint64_t *random, int first_month, char *buf, size_t size)
{
	int hour = (int)draw(random, 200) - 80;
	int month = first_month + (int)draw(random, 3);

	switch (draw(random, 3)) {
	case 0:
		(void)snprintf(buf, size, "M%d.%u.%u/%d", month, 1 + draw(random, 5),
			       draw(random, 7), hour);
		break;
	case 1:
		(void)snprintf(buf, size, "J%u/%d", (unsigned)month * 30 + draw(random, 30), hour);
		break;
	default:
		(void)snprintf(buf, size, "%u/%d", (unsigned)month * 30 + draw(random, 30), hour);
		break;
	}
}

/* The C library's, of the time zone in force. */
static bool libc_daylight(int64_t time)
{
	time_t t = (time_t)time;
	struct tm tm;

	assert_non_null(localtime_r(&t, &tm));
	return tm.tm_isdst;
}

/* The whole list against localtime_r(3), for zones that are drawn: right before and at each change.
   Not before 1971, where the C library takes every year for 1970. */
static void test_changes_are_those_of_the_c_library(void **state)
{
	uint64_t random = 5;

	(void)state;
	for (int i = 0; i < 60; i++) {
		struct posix_tz_change changes[POSIX_TZ_CHANGES_MAX];
		bool north = draw(&random, 2);
		int64_t from = utc(1971 + draw(&random, 100), 1 + (int)draw(&random, 12), 1, 0, 0);
		char rules[2][40];
		char text[120];
		struct posix_tz tz;
		bool dst;
		size_t n;

		draw_rule(&random, 2, rules[!north], sizeof(rules[0]));
		draw_rule(&random, 8, rules[north], sizeof(rules[0]));
		(void)snprintf(text, sizeof(text), "AAA%dBBB,%s,%s", (int)draw(&random, 24) - 12,
			       rules[0], rules[1]);
		assert_int_equal(posix_tz_parse(text, strlen(text), &tz), 0);
		assert_int_equal(setenv("TZ", text, 1), 0);
		tzset();
		n = posix_tz_changes(&tz, from, &dst, changes);
		assert_int_equal(n, POSIX_TZ_CHANGES_MAX);
		assert_int_equal(libc_daylight(from), dst);
		for (size_t c = 0; c < n; c++) {
			assert_true(changes[c].time > (c > 0 ? changes[c - 1].time : from));
			assert_int_equal(changes[c].daylight,
					 c > 0 ? !changes[c - 1].daylight : !dst);
			assert_int_equal(libc_daylight(changes[c].time), changes[c].daylight);
			assert_int_equal(libc_daylight(changes[c].time - 1), !changes[c].daylight);
		}
		assert_true(changes[n - 1].time < changes[0].time + CIVIL_CYCLE_SECONDS);
	}
	assert_int_equal(unsetenv("TZ"), 0);
}

static void test_far_away_years_are_as_the_near_ones(void **state)
{
	static const char text[] = "CET-1CEST,M3.5.0,M10.5.0/3";
	static const int64_t cycles[] = {1, 100, -100, 50000000, -50000000};
	struct posix_tz_change near[POSIX_TZ_CHANGES_MAX];
	int64_t time = utc(2026, 7, 1, 0, 0);
	struct posix_tz tz;
	bool dst;

	(void)state;
	assert_int_equal(posix_tz_parse(text, strlen(text), &tz), 0);
	assert_int_equal(posix_tz_changes(&tz, time, &dst, near), POSIX_TZ_CHANGES_MAX);
	for (size_t i = 0; i < ARRAY_LENGTH(cycles); i++) {
		int64_t span = cycles[i] * CIVIL_CYCLE_SECONDS;
		struct posix_tz_change far[POSIX_TZ_CHANGES_MAX];

		assert_int_equal(posix_tz_changes(&tz, time + span, &dst, far),
				 POSIX_TZ_CHANGES_MAX);
		for (size_t c = 0; c < POSIX_TZ_CHANGES_MAX; c++) {
			assert_int_equal(far[c].time, near[c].time + span);
			assert_int_equal(far[c].daylight, near[c].daylight);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_that_are_zones),
		cmocka_unit_test(test_texts_that_are_not),
		cmocka_unit_test(test_no_more_than_the_length_is_read),
		cmocka_unit_test(test_changes_come_when_the_rules_say),
		cmocka_unit_test(test_leap_days_are_counted_or_not),
		cmocka_unit_test(test_daylight_saving_time_may_last_for_ever),
		cmocka_unit_test(test_daylight_saving_time_may_last_for_years),
		cmocka_unit_test(test_changes_are_those_of_the_c_library),
		cmocka_unit_test(test_far_away_years_are_as_the_near_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
