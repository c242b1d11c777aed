/*
 * Cron expressions in English: when in the day, then on which days. What has a plain name is called
 * by it ("every 5 minutes from 09:00 to 16:55", "at 07:30"); anything else is spelled out, second
 * of minute of hour.
 */
#include "base/cleanup.h"
#include "calendar/cron_internal.h"

#include <stdarg.h>
#include <stdio.h>

/* The most times of day that are listed one by one. */
#define TIMES_MAX 8

/* Values in a row that are shown as "A to B". */
#define RUN_MIN 3

struct writer {
	char *buf;
	size_t used;
	const char *conjunction; /* of lists: " and " or " or " */
};

static void _printf_(2, 3) put(struct writer *w, const char *format, ...)
{
	size_t room = CRON_DESCRIBE_SIZE - w->used;
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(w->buf + w->used, room, format, ap);
	va_end(ap);
	w->used += (size_t)len < room ? (size_t)len : room - 1;
}

/* What goes before one of several things in a list. */
static void put_comma(struct writer *w, int index, int count)
{
	if (index > 0)
		put(w, "%s", index == count - 1 ? w->conjunction : ", ");
}

/* How one value of a set is written. */
typedef void value_writer(struct writer *w, int value);

static void put_number(struct writer *w, int value)
{
	put(w, "%d", value);
}

static void put_ordinal(struct writer *w, int value)
{
	static const char *const suffixes[] = {"th", "st", "nd", "rd"};
	int digit = value % 10;

	put(w, "%d%s", value, digit > 3 || value / 10 == 1 ? "th" : suffixes[digit]);
}

static void put_month(struct writer *w, int month)
{
	static const char *const names[] = {"January",   "February", "March",    "April",
					    "May",       "June",     "July",     "August",
					    "September", "October",  "November", "December"};

	put(w, "%s", names[month - 1]);
}

static void put_weekday(struct writer *w, int weekday)
{
	static const char *const names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
					    "Thursday", "Friday", "Saturday"};

	put(w, "%s", names[weekday % 7]);
}

/* Takes the lowest values of a set as long as they are in a row. */
static int take_run(uint64_t *set, int *ret_last)
{
	int first = cron_lowest(*set, 0);
	int last = first;

	while (*set >> last >> 1 & 1)
		last++;
	if (last - first + 1 < RUN_MIN)
		last = first;
	*set &= ~((UINT64_C(2) << last) - (UINT64_C(1) << first));
	*ret_last = last;
	return first;
}

/* "1, 3 and 7 to 9" */
static void put_list(struct writer *w, uint64_t set, value_writer *put_value)
{
	uint64_t left = set;
	int count = 0;
	int last;

	for (; left != 0; count++)
		(void)take_run(&left, &last);
	for (int i = 0; i < count; i++) {
		int first = take_run(&set, &last);

		put_comma(w, i, count);
		put_value(w, first);
		if (last != first) {
			put(w, " to ");
			put_value(w, last);
		}
	}
}

static int size_of(uint64_t set)
{
	return __builtin_popcountll(set);
}

static bool is_all(uint64_t set, enum cron_field field)
{
	return set == cron_field_all(field);
}

/* N, if the set has every Nth value from 0 on and the day or hour a whole number of them; 1 for all
   of them; else 0. */
static int period_of(uint64_t set, enum cron_field field)
{
	int size = cron_field_size(field);

	for (int period = 1; period < size; period++) {
		uint64_t wanted = 0;

		for (int value = 0; value < size; value += period)
			wanted |= UINT64_C(1) << value;
		if (size % period == 0 && set == wanted)
			return period;
	}
	return 0;
}

/* "every minute", "every 5 minutes" */
static void put_period(struct writer *w, int period, const char *unit)
{
	if (period == 1)
		put(w, "every %s", unit);
	else
		put(w, "every %d %ss", period, unit);
}

/* "of every minute", "of every 5th minute", "of minutes 1 and 2" */
static void put_of(struct writer *w, uint64_t set, int period, const char *unit)
{
	if (period == 1) {
		put(w, " of every %s", unit);
	} else if (period > 1) {
		put(w, " of every ");
		put_ordinal(w, period);
		put(w, " %s", unit);
	} else {
		put(w, " of %s%s ", unit, size_of(set) == 1 ? "" : "s");
		put_list(w, set, put_number);
	}
}

/* "at minutes 1 and 2" */
static void put_at(struct writer *w, uint64_t set, const char *unit)
{
	put(w, "at %s%s ", unit, size_of(set) == 1 ? "" : "s");
	put_list(w, set, put_number);
}

static void put_clock(struct writer *w, int hour, int minute, int second, bool seconds)
{
	put(w, seconds ? "%02d:%02d:%02d" : "%02d:%02d", hour, minute, second);
}

/* "at 07:30, 12:30 and 19:30" */
static void put_times(struct writer *w, const struct cron_expr *expr)
{
	int count = size_of(expr->hours) * size_of(expr->minutes) * size_of(expr->seconds);
	bool seconds = expr->seconds != 1;
	int i = 0;

	put(w, "at ");
	for (int hour = cron_lowest(expr->hours, 0); hour >= 0;
	     hour = cron_lowest(expr->hours, hour + 1)) {
		for (int minute = cron_lowest(expr->minutes, 0); minute >= 0;
		     minute = cron_lowest(expr->minutes, minute + 1)) {
			for (int second = cron_lowest(expr->seconds, 0); second >= 0;
			     second = cron_lowest(expr->seconds, second + 1)) {
				put_comma(w, i++, count);
				put_clock(w, hour, minute, second, seconds);
			}
		}
	}
}

/* " from 09:00 to 11:55 and from 14:00 to 16:55", from the first to the last slot of each stretch
   of hours. */
static void put_stretches(struct writer *w, const struct cron_expr *expr)
{
	int first_minute = cron_lowest(expr->minutes, 0);
	int last_minute = cron_highest(expr->minutes, 59);
	int first_second = cron_lowest(expr->seconds, 0);
	int last_second = cron_highest(expr->seconds, 59);
	bool seconds = expr->seconds != 1;
	uint64_t starts = expr->hours & ~(expr->hours << 1);
	int count = size_of(starts);

	for (int i = 0; i < count; i++, starts &= starts - 1) {
		int first = cron_lowest(starts, 0);
		int last = first;

		while (expr->hours >> last >> 1 & 1)
			last++;
		put_comma(w, i, count);
		put(w, i == 0 ? " from " : "from ");
		put_clock(w, first, first_minute, first_second, seconds);
		put(w, " to ");
		put_clock(w, last, last_minute, last_second, seconds);
	}
}

/* How often within the hour; tells whether it goes on evenly all the time. */
static bool put_within_hour(struct writer *w, const struct cron_expr *expr)
{
	int second_period = period_of(expr->seconds, CRON_SECOND);
	int minute_period = period_of(expr->minutes, CRON_MINUTE);

	if (expr->seconds == 1) {
		if (minute_period > 0)
			put_period(w, minute_period, "minute");
		else
			put_at(w, expr->minutes, "minute");
		return minute_period > 0;
	}
	if (second_period > 0)
		put_period(w, second_period, "second");
	else
		put_at(w, expr->seconds, "second");
	if (minute_period != 1 || second_period == 0)
		put_of(w, expr->minutes, minute_period, "minute");
	return minute_period > 0;
}

/* When in the day. Tells whether that is much the same at all hours, so that nobody asks for the
   days. */
static bool put_time_of_day(struct writer *w, const struct cron_expr *expr)
{
	int hour_period = period_of(expr->hours, CRON_HOUR);
	int hours = size_of(expr->hours);
	int minutes = size_of(expr->minutes);
	int seconds = size_of(expr->seconds);
	bool one_stretch = size_of(expr->hours & ~(expr->hours << 1)) == 1;
	bool even;

	if (hour_period > 0 && !expr->fixed_hour && expr->minutes == 1 && expr->seconds == 1) {
		put_period(w, hour_period, "hour");
		return true;
	}
	if (minutes * seconds == 1 && hours >= RUN_MIN && hours < 24 && one_stretch) {
		put(w, "every hour");
		put_stretches(w, expr);
		return false;
	}
	if (hours * minutes * seconds <= TIMES_MAX) {
		put_times(w, expr);
		return false;
	}
	even = put_within_hour(w, expr);
	if (hour_period == 1 && even)
		return true;
	if (hour_period == 0 && even) {
		put_stretches(w, expr);
		return false;
	}
	put_of(w, expr->hours, hour_period, "hour");
	return hour_period > 0;
}

/* Phrases that are put one behind the other, each with what goes before it. */
struct phrases {
	struct writer *w;
	const struct cron_expr *expr;
	bool of_months;     /* "of March" rather than "of the month" */
	const char *before; /* "on", "it is" */
	int count;
};

static void begin_phrase(struct phrases *p)
{
	put(p->w, "%s%s ", p->count++ == 0 ? " " : p->w->conjunction, p->before);
}

static void put_of_month(struct phrases *p)
{
	if (p->of_months) {
		put(p->w, " of ");
		put_list(p->w, p->expr->months, put_month);
	} else {
		put(p->w, " of the month");
	}
}

static void put_dates(struct phrases *p)
{
	const struct cron_expr *expr = p->expr;

	if (expr->days) {
		begin_phrase(p);
		put(p->w, size_of(expr->days) == 1 ? "day " : "days ");
		put_list(p->w, expr->days, put_number);
		put_of_month(p);
	}
	if (expr->days_nearest) {
		begin_phrase(p);
		put(p->w, "the day from Monday to Friday nearest to day ");
		for (uint32_t left = expr->days_nearest, i = 0; left; left &= left - 1, i++) {
			put_comma(p->w, (int)i, size_of(expr->days_nearest));
			put_number(p->w, __builtin_ctz(left));
		}
		put_of_month(p);
	}
	if (expr->days_from_end >> 1) {
		begin_phrase(p);
		put(p->w, "the ");
		/* The day before the last is the 2nd to last. */
		put_list(p->w, (uint64_t)(expr->days_from_end & ~UINT32_C(1)) << 1, put_ordinal);
		put(p->w, " to last day");
		put_of_month(p);
	}
	if (expr->nearest_last) {
		begin_phrase(p);
		put(p->w, "the last day from Monday to Friday");
		put_of_month(p);
	}
	if (expr->days_from_end & 1) {
		begin_phrase(p);
		put(p->w, "the last day");
		put_of_month(p);
	}
}

/* The week begins on Monday: Sunday is 7. */
static uint64_t from_monday(unsigned weekdays)
{
	return (weekdays & ~1U) | (weekdays & 1U) << 7;
}

static void put_weekdays(struct phrases *p)
{
	const struct cron_expr *expr = p->expr;

	if (expr->weekdays) {
		begin_phrase(p);
		put_list(p->w, from_monday(expr->weekdays), put_weekday);
	}
	for (int weekday = 1; weekday <= 7; weekday++) {
		uint64_t nths = 0;

		for (int nth = 1; nth <= 5; nth++)
			nths |= (expr->weekdays_nth >> (7 * (nth - 1) + weekday % 7) & 1) << nth;
		if (nths == 0)
			continue;
		begin_phrase(p);
		put(p->w, "the ");
		put_list(p->w, nths, put_ordinal);
		put(p->w, " ");
		put_weekday(p->w, weekday);
		put_of_month(p);
	}
	if (expr->weekdays_last) {
		begin_phrase(p);
		put(p->w, "the last ");
		put_list(p->w, from_monday(expr->weekdays_last), put_weekday);
		put_of_month(p);
	}
}

/* On which days: those of the dates, of the weekdays, of both or of either. */
static void put_days(struct writer *w, const struct cron_expr *expr, bool evenly)
{
	bool all_dates = is_all(expr->days, CRON_DAY);
	bool all_weekdays = is_all(expr->weekdays, CRON_WEEKDAY);
	bool both = expr->any_day || expr->any_weekday;
	bool every_day = both ? all_dates && all_weekdays : all_dates || all_weekdays;
	bool some_months = !is_all(expr->months, CRON_MONTH);
	struct phrases p = {.w = w, .expr = expr, .before = "on"};

	/* "in March" goes behind names of weekdays, which have no month, unless a date has it. */
	p.of_months = some_months && !every_day && ((both && !all_dates) || expr->weekdays == 0);
	if (every_day) {
		if (!evenly)
			put(w, " every day");
	} else if (!both) {
		put_dates(&p);
		put_weekdays(&p);
	} else {
		if (!all_dates)
			put_dates(&p);
		if (!all_dates && !all_weekdays) {
			put(w, " if");
			w->conjunction = " or ";
			p.before = "it is";
			p.count = 0;
		}
		if (!all_weekdays)
			put_weekdays(&p);
	}
	if (some_months && !p.of_months) {
		put(w, p.count > 1 ? ", in " : " in ");
		put_list(w, expr->months, put_month);
	}
}

const char *cron_expr_describe(const struct cron_expr *expr, char buf[static CRON_DESCRIBE_SIZE])
{
	struct writer w = {.buf = buf, .conjunction = " and "};

	put_days(&w, expr, put_time_of_day(&w, expr));
	return buf;
}
