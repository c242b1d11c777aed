/* See simulate_ticks.h. */
#include "ctl/simulate_ticks.h"

#include "calendar/civil.h"
#include "calendar/zone.h"

#include <inttypes.h>
#include <stdio.h>

#define HOUR INT64_C(3600)
#define DAY  INT64_C(86400)

/* Weeks begin on Mondays; 1970-01-01 was a Thursday. */
#define WEEK_ORIGIN (4 * DAY)

struct step {
	int64_t seconds; /* 0: so many months */
	int months;
};

/* clang-format off */
static const struct step steps[] = {
	{1, 0}, {5, 0}, {10, 0}, {15, 0}, {30, 0},
	{60, 0}, {5 * 60, 0}, {10 * 60, 0}, {15 * 60, 0}, {30 * 60, 0},
	{HOUR, 0}, {2 * HOUR, 0}, {3 * HOUR, 0}, {6 * HOUR, 0}, {12 * HOUR, 0},
	{DAY, 0}, {2 * DAY, 0}, {7 * DAY, 0},
	{0, 1}, {0, 2}, {0, 3}, {0, 6}, {0, 12}, {0, 24}, {0, 60}, {0, 120}, {0, 600}, {0, 1200},
};
/* clang-format on */

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The first mark at or after that local time. */
static int64_t first_mark(const struct step *step, int64_t local)
{
	int64_t origin = step->seconds == 7 * DAY ? WEEK_ORIGIN : 0;
	struct civil civil = civil_of(local);
	int64_t month = civil.year * 12 + civil.month - 1;

	if (step->months == 0)
		return origin - floor_div(origin - local, step->seconds) * step->seconds;
	for (month = floor_div(month, step->months) * step->months;; month += step->months) {
		int64_t year = floor_div(month, 12);
		int64_t mark = civil_day_number(year, (int)(month - year * 12) + 1, 1) * DAY;

		if (mark >= local)
			return mark;
	}
}

static int64_t length_of(const struct step *step)
{
	return step->months == 0 ? step->seconds : step->months * 365 * DAY / 12;
}

/* A date as is needed to know where one is: the first mark, and where a year begins, has it all. */
static void name_date(struct sim_tick *tick, const struct civil *civil, bool first)
{
	tick->major = civil->day <= 7 && civil->month == 1;
	if (first || tick->major)
		(void)snprintf(tick->label, sizeof(tick->label), "%d %s %" PRIi64, civil->day,
			       months[civil->month - 1], civil->year);
	else
		(void)snprintf(tick->label, sizeof(tick->label), "%d %s", civil->day,
			       months[civil->month - 1]);
}

static void name_time(struct sim_tick *tick, const struct civil *civil, bool seconds, bool first)
{
	if (civil->hour == 0 && civil->minute == 0 && civil->second == 0) {
		name_date(tick, civil, first);
		tick->major = true;
	} else {
		(void)snprintf(tick->label, sizeof(tick->label),
			       seconds ? "%02d:%02d:%02d" : "%02d:%02d", civil->hour, civil->minute,
			       civil->second);
	}
}

static void name_month(struct sim_tick *tick, const struct civil *civil, bool first)
{
	tick->major = civil->month == 1;
	(void)snprintf(tick->label, sizeof(tick->label),
		       first || tick->major ? "%s %" PRIi64 : "%s", months[civil->month - 1],
		       civil->year);
}

static void name(struct sim_tick *tick, const struct step *step, int64_t local, bool first)
{
	struct civil civil = civil_of(local);

	if (step->months >= 12) {
		tick->major = true;
		(void)snprintf(tick->label, sizeof(tick->label), "%" PRIi64, civil.year);
	} else if (step->months > 0) {
		name_month(tick, &civil, first);
	} else if (step->seconds >= DAY) {
		name_date(tick, &civil, first);
	} else {
		name_time(tick, &civil, step->seconds < 60, first);
	}
}

size_t sim_ticks_time(const struct zone *zone, usec_t from, usec_t to, size_t most,
		      struct sim_tick *ret_ticks)
{
	size_t last = sizeof(steps) / sizeof(steps[0]) - 1;
	int64_t begin = floor_div(from + USEC_PER_SEC - 1, USEC_PER_SEC);
	int64_t local = begin + zone_segment(zone, begin).offset;
	size_t which = 0;
	size_t n = 0;

	most = most < SIM_TICKS_MAX ? most : SIM_TICKS_MAX;
	while (which < last &&
	       (to - from - 1) / (length_of(&steps[which]) * USEC_PER_SEC) >= (usec_t)most)
		which++;
	while (n < most) {
		struct sim_tick tick = {0};
		int64_t mark = first_mark(&steps[which], local);
		int64_t time = zone_time(zone, mark);

		tick.at = time * USEC_PER_SEC;
		if (tick.at >= to)
			break;
		local = mark + 1;
		/* Clocks have been set back past it; or never show it, and go on there. */
		if (tick.at < from || (n > 0 && tick.at <= ret_ticks[n - 1].at))
			continue;
		name(&tick, &steps[which], time + zone_segment(zone, time).offset, n == 0);
		ret_ticks[n++] = tick;
	}
	return n;
}

double sim_ticks_step(double top, size_t most, bool whole)
{
	static const double factors[] = {1, 2, 5};
	double power = whole ? 1 : 1e-6;

	for (;;) {
		for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++)
			if (top / (factors[i] * power) <= (double)most)
				return factors[i] * power;
		power *= 10;
	}
}
