/*
 * What cron expressions match in local time, which has neither gaps nor repetitions here. A day is
 * looked up in the set of its month's days, a time of day by scanning the bits of hour, minute and
 * second.
 */
#include "calendar/civil.h"
#include "calendar/cron_internal.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#define YEAR_FIRST 1
#define YEAR_LAST  9999

/* 0001-01-01 00:00:00 and 9999-12-31 23:59:59. */
#define LOCAL_FIRST INT64_C(-62135596800)
#define LOCAL_LAST  INT64_C(253402300799)

/* Bit 0 of each of the seven weeks that a month may touch. */
#define EACH_WEEK UINT64_C(0x40810204081)

/* The counts of whole days that are remembered, for sets of expressions; a power of 2. */
#define DAYS_REMEMBERED 16

/* The days of a month whose first day is a `weekday` that have one of the weekdays of a set. */
static uint64_t days_with(unsigned weekdays, int weekday)
{
	return weekdays * EACH_WEEK >> weekday << 1;
}

/* The weekday, Monday to Friday, of the month that is nearest to a day of it. */
static int nearest_weekday(int day, int length, int weekday_of_first)
{
	switch ((weekday_of_first + day - 1) % 7) {
	case 0:
		return day == length ? day - 2 : day + 1;
	case 6:
		return day == 1 ? day + 2 : day - 1;
	default:
		return day;
	}
}

/* The days that the field of the day of the month matches. */
static uint64_t days_by_date(const struct cron_expr *expr, int length, int weekday)
{
	uint64_t days = expr->days;

	for (uint32_t left = expr->days_from_end; left != 0; left &= left - 1) {
		int back = __builtin_ctz(left);

		if (back < length)
			days |= UINT64_C(1) << (length - back);
	}
	for (uint32_t left = expr->days_nearest; left != 0; left &= left - 1) {
		int day = __builtin_ctz(left);

		if (day <= length)
			days |= UINT64_C(1) << nearest_weekday(day, length, weekday);
	}
	if (expr->nearest_last)
		days |= UINT64_C(1) << nearest_weekday(length, length, weekday);
	return days;
}

/* The days that the field of the weekday matches. */
static uint64_t days_by_weekday(const struct cron_expr *expr, int length, int weekday)
{
	uint64_t days = days_with(expr->weekdays, weekday);

	if (expr->weekdays_last) {
		uint64_t last_seven = UINT64_C(0x7f) << (length - 6);

		days |= days_with(expr->weekdays_last, weekday) & last_seven;
	}
	for (int nth = 0; expr->weekdays_nth >> (7 * nth) != 0; nth++) {
		unsigned wanted = expr->weekdays_nth >> (7 * nth) & 0x7f;
		uint64_t seven = UINT64_C(0x7f) << (1 + 7 * nth);

		days |= days_with(wanted, weekday) & seven;
	}
	return days;
}

uint32_t cron_month_days(const struct cron_expr *expr, int length, int weekday)
{
	uint64_t by_date = days_by_date(expr, length, weekday);
	uint64_t by_weekday = days_by_weekday(expr, length, weekday);
	uint64_t days =
		expr->any_day || expr->any_weekday ? by_date & by_weekday : by_date | by_weekday;

	return (uint32_t)(days & ((UINT64_C(2) << length) - 2));
}

/* The days of that month that match; none if the month does not. */
static uint64_t days_of(const struct cron_expr *expr, int64_t year, int month)
{
	assert(month > 0);
	if (!(expr->months >> month & 1))
		return 0;
	return cron_month_days(expr, civil_month_days(year, month),
			       civil_weekday(civil_day_number(year, month, 1)));
}

/* Most expressions have nothing to do with the date, which is then not worked out. */
static bool is_daily(const struct cron_expr *expr)
{
	return expr->days == 0xfffffffe && expr->weekdays == 0x7f && expr->months == 0x1ffe;
}

static int time_of(int hour, int minute, int second)
{
	return hour * 3600 + minute * 60 + second;
}

/* The first second of a day at or after `time` that matches; -1: none. */
static int next_time(const struct cron_expr *expr, int time)
{
	int hour = time / 3600;
	int minute = time / 60 % 60;
	int at;

	if (expr->hours >> hour & 1) {
		if (expr->minutes >> minute & 1) {
			at = cron_lowest(expr->seconds, time % 60);
			if (at >= 0)
				return time_of(hour, minute, at);
		}
		at = cron_lowest(expr->minutes, minute + 1);
		if (at >= 0)
			return time_of(hour, at, cron_lowest(expr->seconds, 0));
	}
	hour = cron_lowest(expr->hours, hour + 1);
	if (hour < 0)
		return -1;
	return time_of(hour, cron_lowest(expr->minutes, 0), cron_lowest(expr->seconds, 0));
}

/* The last second of a day at or before `time` that matches; -1: none. */
static int last_time(const struct cron_expr *expr, int time)
{
	int hour = time / 3600;
	int minute = time / 60 % 60;
	int at;

	if (expr->hours >> hour & 1) {
		if (expr->minutes >> minute & 1) {
			at = cron_highest(expr->seconds, time % 60);
			if (at >= 0)
				return time_of(hour, minute, at);
		}
		at = cron_highest(expr->minutes, minute - 1);
		if (at >= 0)
			return time_of(hour, at, cron_highest(expr->seconds, 59));
	}
	hour = cron_highest(expr->hours, hour - 1);
	if (hour < 0)
		return -1;
	return time_of(hour, cron_highest(expr->minutes, 59), cron_highest(expr->seconds, 59));
}

/* The day number of a local time, and its second of the day. */
static int64_t split(int64_t local, int *ret_time)
{
	/* Counted from year 1, so that the division rounds down. */
	uint64_t since = (uint64_t)(local - LOCAL_FIRST);

	*ret_time = (int)(since % CIVIL_DAY_SECONDS);
	return (int64_t)(since / CIVIL_DAY_SECONDS) + LOCAL_FIRST / CIVIL_DAY_SECONDS;
}

int64_t cron_local_next(const struct cron_expr *expr, int64_t local)
{
	struct civil date;
	uint64_t days;
	int64_t number;
	int time;
	int day;

	if (local < LOCAL_FIRST)
		local = LOCAL_FIRST;
	if (local > LOCAL_LAST)
		return CRON_LOCAL_NEVER;

	number = split(local, &time);
	if (is_daily(expr)) {
		time = next_time(expr, time);
		if (time >= 0)
			return number * CIVIL_DAY_SECONDS + time;
		local = (number + 1) * CIVIL_DAY_SECONDS + next_time(expr, 0);
		return local > LOCAL_LAST ? CRON_LOCAL_NEVER : local;
	}

	date = civil_of(local);
	days = days_of(expr, date.year, date.month);
	if (days >> date.day & 1) {
		time = next_time(expr, time);
		if (time >= 0)
			return number * CIVIL_DAY_SECONDS + time;
	}
	day = cron_lowest(days, date.day + 1);
	while (day < 0) {
		date.month = cron_lowest(expr->months, date.month + 1);
		if (date.month < 0) {
			date.month = cron_lowest(expr->months, 0);
			if (++date.year > YEAR_LAST)
				return CRON_LOCAL_NEVER;
		}
		day = cron_lowest(days_of(expr, date.year, date.month), 0);
	}
	return civil_day_number(date.year, date.month, day) * CIVIL_DAY_SECONDS +
	       next_time(expr, 0);
}

int64_t cron_local_last(const struct cron_expr *expr, int64_t local)
{
	struct civil date;
	uint64_t days;
	int64_t number;
	int time;
	int day;

	if (local > LOCAL_LAST)
		local = LOCAL_LAST;
	if (local < LOCAL_FIRST)
		return CRON_LOCAL_BEFORE;

	number = split(local, &time);
	if (is_daily(expr)) {
		time = last_time(expr, time);
		if (time >= 0)
			return number * CIVIL_DAY_SECONDS + time;
		local = (number - 1) * CIVIL_DAY_SECONDS + last_time(expr, CIVIL_DAY_SECONDS - 1);
		return local < LOCAL_FIRST ? CRON_LOCAL_BEFORE : local;
	}

	date = civil_of(local);
	days = days_of(expr, date.year, date.month);
	if (days >> date.day & 1) {
		time = last_time(expr, time);
		if (time >= 0)
			return number * CIVIL_DAY_SECONDS + time;
	}
	day = cron_highest(days, date.day - 1);
	while (day < 0) {
		date.month = cron_highest(expr->months, date.month - 1);
		if (date.month < 0) {
			date.month = cron_highest(expr->months, 12);
			if (--date.year < YEAR_FIRST)
				return CRON_LOCAL_BEFORE;
		}
		day = cron_highest(days_of(expr, date.year, date.month), 31);
	}
	return civil_day_number(date.year, date.month, day) * CIVIL_DAY_SECONDS +
	       last_time(expr, CIVIL_DAY_SECONDS - 1);
}

static unsigned size_of(uint64_t set)
{
	return (unsigned)__builtin_popcountll(set);
}

/* How many seconds of a day before `time` an expression matches by their time of day. */
static unsigned count_before(const struct cron_expr *expr, int time)
{
	int hour = time / 3600;
	int minute = time / 60 % 60;
	int second = time % 60;
	unsigned count = size_of(expr->hours & ((UINT64_C(1) << hour) - 1)) *
			 size_of(expr->minutes) * size_of(expr->seconds);

	if (!(expr->hours >> hour & 1))
		return count;
	count += size_of(expr->minutes & ((UINT64_C(1) << minute) - 1)) * size_of(expr->seconds);
	if (!(expr->minutes >> minute & 1))
		return count;
	return count + size_of(expr->seconds & ((UINT64_C(1) << second) - 1));
}

/* The seconds of a minute that any of the set matches. */
static uint64_t seconds_of(const struct cron_expr *exprs, uint32_t set, int hour, int minute)
{
	uint64_t seconds = 0;

	for (; set != 0; set &= set - 1) {
		const struct cron_expr *expr = &exprs[__builtin_ctz(set)];

		if (expr->hours >> hour & expr->minutes >> minute & 1)
			seconds |= expr->seconds;
	}
	return seconds;
}

/* How many seconds of a day from `first` to `last` the expressions of a set, which are all due on
   it, match by their time of day. What two of them match counts once: hence minute by minute. */
static unsigned count_times(const struct cron_expr *exprs, uint32_t set, int first, int last)
{
	unsigned count = 0;

	if ((set & (set - 1)) == 0)
		return count_before(&exprs[__builtin_ctz(set)], last + 1) -
		       count_before(&exprs[__builtin_ctz(set)], first);
	for (int minute = first / 60; minute <= last / 60; minute++) {
		uint64_t seconds = seconds_of(exprs, set, minute / 60, minute % 60);

		if (minute == first / 60)
			seconds &= ~((UINT64_C(1) << first % 60) - 1);
		if (minute == last / 60)
			seconds &= (UINT64_C(2) << last % 60) - 1;
		count += size_of(seconds);
	}
	return count;
}

/* What whole days of a set count, for the sets that were met before. */
struct day_counts {
	uint32_t set[DAYS_REMEMBERED]; /* 0: nothing */
	unsigned count[DAYS_REMEMBERED];
};

static unsigned count_day(const struct cron_expr *exprs, uint32_t set, struct day_counts *known)
{
	/* Multiplying spreads sets that differ in a few bits. */
	unsigned at = (set * UINT32_C(0x9e3779b1) >> 16) % DAYS_REMEMBERED;

	if (set == 0)
		return 0;
	if (known->set[at] != set) {
		known->set[at] = set;
		known->count[at] = count_times(exprs, set, 0, CIVIL_DAY_SECONDS - 1);
	}
	return known->count[at];
}

/* The expressions of the set that match a day of the month for which `days` was worked out. */
static uint32_t matching(const uint64_t days[static CRON_EXPRS_MAX], uint32_t set, int day)
{
	uint32_t found = 0;

	for (uint32_t left = set; left != 0; left &= left - 1) {
		int i = __builtin_ctz(left);

		found |= (uint32_t)(days[i] >> day & 1) << i;
	}
	return found;
}

/* Days that are counted together: [first, last] of a month, with times from first_time of the first
   to last_time of the last. */
struct stretch {
	int first;
	int last;
	int first_time;
	int last_time;
};

#define LAST_TIME (CIVIL_DAY_SECONDS - 1)

static uint64_t count_stretch(const struct cron_expr *exprs, uint32_t set,
			      const uint64_t days[static CRON_EXPRS_MAX], struct stretch stretch,
			      struct day_counts *known)
{
	bool whole = stretch.first_time == 0 && stretch.last_time == LAST_TIME;
	uint64_t count = 0;

	/* The days of one expression are all alike. */
	if (whole && (set & (set - 1)) == 0) {
		uint64_t within = (UINT64_C(2) << stretch.last) - (UINT64_C(1) << stretch.first);

		return (uint64_t)size_of(days[__builtin_ctz(set)] & within) *
		       count_day(exprs, set, known);
	}
	for (int day = stretch.first; day <= stretch.last; day++) {
		uint32_t today = matching(days, set, day);
		int first = day == stretch.first ? stretch.first_time : 0;
		int last = day == stretch.last ? stretch.last_time : LAST_TIME;

		if (today == 0)
			continue;
		count += first == 0 && last == LAST_TIME ? count_day(exprs, today, known)
							 : count_times(exprs, today, first, last);
	}
	return count;
}

uint64_t cron_local_count(const struct cron_expr *exprs, uint32_t set, int64_t first, int64_t last)
{
	struct day_counts known = {0};
	uint64_t days[CRON_EXPRS_MAX] = {0};
	struct stretch stretch;
	struct civil date;
	uint64_t count = 0;
	int64_t number;
	int64_t last_number;
	int last_time;

	if (first < LOCAL_FIRST)
		first = LOCAL_FIRST;
	if (last > LOCAL_LAST)
		last = LOCAL_LAST;
	if (first > last || set == 0)
		return 0;

	number = split(first, &stretch.first_time);
	last_number = split(last, &last_time);
	date = civil_of(first);
	while (number <= last_number) {
		int length = civil_month_days(date.year, date.month);
		int64_t left = last_number - number;

		stretch.first = date.day;
		stretch.last = length - date.day < left ? length : date.day + (int)left;
		stretch.last_time = stretch.last - date.day == left ? last_time : LAST_TIME;
		for (uint32_t each = set; each != 0; each &= each - 1) {
			int i = __builtin_ctz(each);

			days[i] = days_of(&exprs[i], date.year, date.month);
		}
		count += count_stretch(exprs, set, days, stretch, &known);
		number += stretch.last - stretch.first + 1;
		stretch.first_time = 0;
		date.day = 1;
		date.year += date.month == 12;
		date.month = date.month % 12 + 1;
	}
	return count;
}
