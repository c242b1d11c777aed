/* See civil.h. */
#include "calendar/civil.h"

#include <stdbool.h>

/* Years are counted from March here, so that the leap day is the last of its year. Of the year 0
   that is so many days before 1970-01-01. */
#define DAYS_TO_EPOCH 719468

/* Days before a month of a year that begins in March: 31, 30, 31, 30, 31 and again, so 153 in five
   months. */
static int days_before(int month_from_march)
{
	return (153 * month_from_march + 2) / 5;
}

static int64_t divide_down(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t civil_day_number(int64_t year, int month, int day)
{
	int from_march = month > 2 ? month - 3 : month + 9;
	int64_t march_year = year - (month <= 2);
	int64_t cycle = divide_down(march_year, CIVIL_CYCLE_YEARS);
	int64_t of_cycle = march_year - cycle * CIVIL_CYCLE_YEARS;

	return cycle * CIVIL_CYCLE_DAYS + of_cycle * 365 + of_cycle / 4 - of_cycle / 100 +
	       days_before(from_march) + day - 1 - DAYS_TO_EPOCH;
}

int civil_weekday(int64_t day_number)
{
	return (int)((day_number % 7 + 4 + 7) % 7); /* the day 0 was a Thursday */
}

int civil_month_days(int64_t year, int month)
{
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 ? 28 + leap : 30 + ((month + month / 8) & 1);
}

struct civil civil_of(int64_t local_seconds)
{
	int64_t day_number = divide_down(local_seconds, CIVIL_DAY_SECONDS);
	int of_day =
		(int)((local_seconds % CIVIL_DAY_SECONDS + CIVIL_DAY_SECONDS) % CIVIL_DAY_SECONDS);
	int64_t day = day_number + DAYS_TO_EPOCH;
	int64_t cycle = divide_down(day, CIVIL_CYCLE_DAYS);
	int of_cycle = (int)(day - cycle * CIVIL_CYCLE_DAYS);
	/* Without the leap days so far, of which there is one each 1461 days, but for the last of
	   36524, but for the last of 146097. */
	int year = (of_cycle - of_cycle / 1460 + of_cycle / 36524 - of_cycle / 146096) / 365;
	int of_year = of_cycle - (365 * year + year / 4 - year / 100);
	int from_march = (5 * of_year + 2) / 153;
	int month = from_march < 10 ? from_march + 3 : from_march - 9;

	return (struct civil){
		.year = cycle * CIVIL_CYCLE_YEARS + year + (month <= 2),
		.month = month,
		.day = of_year - days_before(from_march) + 1,
		.hour = of_day / 3600,
		.minute = of_day / 60 % 60,
		.second = of_day % 60,
		.weekday = civil_weekday(day_number),
	};
}

int64_t civil_seconds(const struct civil *civil)
{
	int64_t day = civil_day_number(civil->year, civil->month, civil->day);
	int of_day = civil->hour * 3600 + civil->minute * 60 + civil->second;

	/* Unsigned: the first day that has a number begins before the first second that has. */
	return (int64_t)((uint64_t)day * CIVIL_DAY_SECONDS + (uint64_t)of_day);
}
