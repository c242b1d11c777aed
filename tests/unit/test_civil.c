/* Holds: dates, day numbers, weekdays and seconds agree with each other and with the C library's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "calendar/civil.h"

#include <time.h>

static void test_dates_have_their_numbers(void **state)
{
	static const struct {
		int64_t year;
		int month, day;
		int64_t number;
		int weekday;
	} rows[] = {
		{1970, 1, 1, 0, 4},
		{1969, 12, 31, -1, 3},
		{2000, 2, 29, 11016, 2},
		{2000, 3, 1, 11017, 3},
		{2026, 11, 21, 20778, 6},
		{1900, 2, 28, -25509, 3},
		{1900, 3, 1, -25508, 4},
		{2100, 2, 28, 47540, 0},
		{2100, 3, 1, 47541, 1},
		{1, 1, 1, -719162, 1},
		{0, 1, 1, -719528, 6},
		{-1, 12, 31, -719529, 5},
		{-400, 1, 1, -719528 - CIVIL_CYCLE_DAYS, 6},
		{9999, 12, 31, 2932896, 5},
		{2026, 1, 365 + 1, 20819, 5}, /* beyond the month: goes on in the next ones */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int64_t number = civil_day_number(rows[i].year, rows[i].month, rows[i].day);

		assert_int_equal(number, rows[i].number);
		assert_int_equal(civil_weekday(number), rows[i].weekday);
	}
}

static void test_months_have_their_lengths(void **state)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	(void)state;
	for (int month = 1; month <= 12; month++)
		assert_int_equal(civil_month_days(2026, month), days[month - 1]);
	assert_int_equal(civil_month_days(2000, 2), 29);
	assert_int_equal(civil_month_days(2024, 2), 29);
	assert_int_equal(civil_month_days(1900, 2), 28);
	assert_int_equal(civil_month_days(2100, 2), 28);
	assert_int_equal(civil_month_days(0, 2), 29);
	assert_int_equal(civil_month_days(-4, 2), 29);
	assert_int_equal(civil_month_days(-100, 2), 28);
}

/* Counts through eight hundred years, day by day. */
static void test_each_day_follows_the_one_before(void **state)
{
	int64_t number = civil_day_number(-400, 1, 1);
	int weekday = civil_weekday(number);

	(void)state;
	for (int64_t year = -400; year < 400; year++) {
		for (int month = 1; month <= 12; month++) {
			for (int day = 1; day <= civil_month_days(year, month); day++) {
				struct civil civil = civil_of(number * CIVIL_DAY_SECONDS);

				assert_int_equal(civil_day_number(year, month, day), number);
				assert_int_equal(civil.year, year);
				assert_int_equal(civil.month, month);
				assert_int_equal(civil.day, day);
				assert_int_equal(civil.weekday, weekday);
				number++;
				weekday = (weekday + 1) % 7;
			}
		}
	}
	assert_int_equal(number - civil_day_number(-400, 1, 1), 2 * CIVIL_CYCLE_DAYS);
}

static void check_against_libc(int64_t seconds)
{
	struct civil civil = civil_of(seconds);
	struct tm tm;
	time_t time = (time_t)seconds;

	assert_int_equal(civil_seconds(&civil), seconds);
	if (!gmtime_r(&time, &tm))
		return; /* its years are of 32 bits */
	assert_int_equal(civil.year, (int64_t)tm.tm_year + 1900);
	assert_int_equal(civil.month, tm.tm_mon + 1);
	assert_int_equal(civil.day, tm.tm_mday);
	assert_int_equal(civil.hour, tm.tm_hour);
	assert_int_equal(civil.minute, tm.tm_min);
	assert_int_equal(civil.second, tm.tm_sec);
	assert_int_equal(civil.weekday, tm.tm_wday);
}

static void test_seconds_are_read_as_the_c_library_reads_them(void **state)
{
	static const int64_t rows[] = {
		0,
		-1,
		1,
		-CIVIL_DAY_SECONDS,
		-CIVIL_DAY_SECONDS - 1,
		CIVIL_DAY_SECONDS - 1,
		CIVIL_CYCLE_SECONDS,
		-CIVIL_CYCLE_SECONDS - 1,
		INT32_MAX,
		INT32_MIN,
		INT64_MAX,
		INT64_MIN,
		INT64_MIN + CIVIL_DAY_SECONDS,
	};
	uint64_t random = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check_against_libc(rows[i]);
	for (int i = 0; i < 200000; i++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407U;
		check_against_libc((int64_t)random >> (i % 40));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates_have_their_numbers),
		cmocka_unit_test(test_months_have_their_lengths),
		cmocka_unit_test(test_each_day_follows_the_one_before),
		cmocka_unit_test(test_seconds_are_read_as_the_c_library_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
