/* See simulate_ticks.h. */
#include "ctl/simulate_ticks.h"

#include "calendar/civil.h"
#include "calendar/zone.h"

#include <inttypes.h>
#include <stdio.h>

/* Seconds, or months if negative. */
static const int64_t steps[] = {
	1,         5,       10,        15,        30,       60,       5 * 60,
	10 * 60,   15 * 60, 30 * 60,   3600,      2 * 3600, 3 * 3600, 6 * 3600,
	12 * 3600, 86400,   2 * 86400, 7 * 86400, -1,       -2,       -3,
	-6,        -12,     -24,       -60,       -120,     -600,     -1200,
};

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Weeks begin on Mondays; 1970-01-01 was a Thursday. */
#define WEEK_ORIGIN (4 * INT64_C(86400))

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The first mark at or after that local time. */
static int64_t first_mark(int64_t step, int64_t local)
{
	int64_t origin = step == 7 * 86400 ? WEEK_ORIGIN : 0;
	struct civil civil;
	int64_t month;
	int64_t seconds;

	if (step > 0)
		return origin - floor_div(origin - local, step) * step;
	civil = civil_of(local);
	month = floor_div(civil.year * 12 + civil.month - 1, -step) * -step;
	for (;; month -= step) {
		int64_t year = floor_div(month, 12);

		seconds =
			civil_day_number(year, (int)(month - year * 12) + 1, 1) * CIVIL_DAY_SECONDS;
		if (seconds >= local)
			return seconds;
	}
}

static int64_t length_of(int64_t step)
{
	return step > 0 ? step : -step * 365 * CIVIL_DAY_SECONDS / 12;
}

static void name(struct sim_tick *tick, int64_t step, int64_t local, bool first)
{
	struct civil civil = civil_of(local);

	if (step > 0 && step < CIVIL_DAY_SECONDS)
		tick->major = local % CIVIL_DAY_SECONDS == 0;
	else if (step > 0)
		tick->major = civil.day <= 7 && civil.month == 1;
	else
		tick->major = civil.month == 1;
	if (step > 0 && step < CIVIL_DAY_SECONDS && !tick->major)
		(void)snprintf(tick->label, sizeof(tick->label),
			       step < 60 ? "%02d:%02d:%02d" : "%02d:%02d", civil.hour, civil.minute,
			       civil.second);
	else if (step > 0 && (first || (tick->major && step >= CIVIL_DAY_SECONDS)))
		(void)snprintf(tick->label, sizeof(tick->label), "%d %s %" PRIi64, civil.day,
			       months[civil.month - 1], civil.year);
	else if (step > 0)
		(void)snprintf(tick->label, sizeof(tick->label), "%d %s", civil.day,
			       months[civil.month - 1]);
	else if (step > -12 && !tick->major && !first)
		(void)snprintf(tick->label, sizeof(tick->label), "%s", months[civil.month - 1]);
	else if (step > -12)
		(void)snprintf(tick->label, sizeof(tick->label), "%s %" PRIi64,
			       months[civil.month - 1], civil.year);
	else
		(void)snprintf(tick->label, sizeof(tick->label), "%" PRIi64, civil.year);
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
	       (to - from - 1) / (length_of(steps[which]) * USEC_PER_SEC) >= (usec_t)most)
		which++;
	while (n < most) {
		struct sim_tick tick = {0};
		int64_t mark = first_mark(steps[which], local);
		int64_t time = zone_time(zone, mark);

		tick.at = time * USEC_PER_SEC;
		if (tick.at >= to)
			break;
		local = mark + 1;
		/* Clocks have been set back past it; or never show it, and go on there. */
		if (tick.at < from || (n > 0 && tick.at <= ret_ticks[n - 1].at))
			continue;
		name(&tick, steps[which], time + zone_segment(zone, time).offset, n == 0);
		ret_ticks[n++] = tick;
	}
	return n;
}

double sim_ticks_step(double top, size_t most, bool whole)
{
	static const double factors[] = {1, 2, 5};
	double power = whole ? 1 : 1e-6;

	for (;; power *= 10)
		for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++)
			if (top / (factors[i] * power) <= (double)most)
				return factors[i] * power;
}
