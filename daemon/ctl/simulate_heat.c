/* See simulate_heat.h. */
#include "ctl/simulate_heat.h"

#include "calendar/civil.h"
#include "calendar/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_SECONDS 3600

/* Up to this, hours are divided into minutes: a day, and the hour that it may have more. */
#define MINUTES_MOST (25 * USEC_PER_HOUR)

/* Where the average is less than this part of the peak, most would look the same. */
#define SKEWED 3

/* Monday to Sunday; 1970-01-01 was a Thursday. */
#define DAYS_BEFORE_MONDAY 3

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

enum sim_heat_kind sim_heat_choose(usec_t span, size_t most)
{
	/* A span may begin and end in the middle of a unit. */
	usec_t rows = (usec_t)most - 1;

	if (span <= MINUTES_MOST)
		return SIM_HEAT_MINUTES;
	if (span <= rows * USEC_PER_DAY)
		return SIM_HEAT_DAYS;
	if (span <= rows * USEC_PER_WEEK)
		return SIM_HEAT_WEEKS;
	if (span <= rows * 28 * USEC_PER_DAY)
		return SIM_HEAT_MONTHS;
	return SIM_HEAT_YEARS;
}

/* The number of the unit that a moment of local time is in. */
static int64_t coarse_of(enum sim_heat_kind kind, int64_t local)
{
	struct civil civil;

	switch (kind) {
	case SIM_HEAT_MINUTES:
		return floor_div(local, HOUR_SECONDS);
	case SIM_HEAT_DAYS:
		return floor_div(local, CIVIL_DAY_SECONDS);
	case SIM_HEAT_WEEKS:
		return floor_div(floor_div(local, CIVIL_DAY_SECONDS) + DAYS_BEFORE_MONDAY, 7);
	case SIM_HEAT_MONTHS:
		civil = civil_of(local);
		return civil.year * 12 + civil.month - 1;
	case SIM_HEAT_YEARS:
		break;
	}
	return civil_of(local).year;
}

/* The span of what is finer, which that is divided into. */
static int64_t fine_period(enum sim_heat_kind kind)
{
	return kind == SIM_HEAT_MINUTES ? HOUR_SECONDS : CIVIL_DAY_SECONDS;
}

static int64_t fine_width(enum sim_heat_kind kind, usec_t bin)
{
	int64_t width = kind == SIM_HEAT_MINUTES ? 60 : HOUR_SECONDS;
	int64_t period = fine_period(kind);

	if (bin / USEC_PER_SEC > width)
		width = bin / USEC_PER_SEC;
	return width < period ? width : period;
}

static int64_t local_of(const struct zone *zone, usec_t time)
{
	int64_t seconds = floor_div(time, USEC_PER_SEC);

	return seconds + zone_segment(zone, seconds).offset;
}

static void add(struct sim_heat *heat, const struct sim_book *book, size_t number)
{
	const struct sim_bin *bin = &book->bins[number];
	usec_t begin = book->bins_from + (usec_t)number * book->bin;
	usec_t end = begin + book->bin;
	int64_t local;
	int64_t into;
	int64_t coarse;
	struct sim_heat_cell *cell;

	begin = begin > book->from ? begin : book->from;
	end = end < book->to ? end : book->to;
	local = local_of(heat->zone, begin);
	into = local - floor_div(local, fine_period(heat->kind)) * fine_period(heat->kind);
	/* Clocks that are set back over midnight lead to the day before. */
	coarse = coarse_of(heat->kind, local) -
		 coarse_of(heat->kind, local_of(heat->zone, heat->first));
	if (coarse < 0 || (size_t)coarse >= heat->n_coarse)
		return;
	cell = &heat->cells[(size_t)coarse * heat->n_fine +
			    (size_t)(into / fine_width(heat->kind, book->bin))];
	cell->begun += bin->begun;
	cell->lost += bin->lost;
	cell->busy += bin->busy;
	cell->covered += end - begin;
}

int sim_heat_init(struct sim_heat *heat, const struct sim_book *book, const struct zone *zone,
		  enum sim_heat_kind kind)
{
	int64_t last = coarse_of(kind, local_of(zone, book->to - 1));
	int64_t first = coarse_of(kind, local_of(zone, book->from));

	*heat = (struct sim_heat){
		.kind = kind,
		.zone = zone,
		.first = book->from,
		.n_coarse = last < first ? 1 : (size_t)(last - first + 1),
		.n_fine = (size_t)(fine_period(kind) / fine_width(kind, book->bin)),
	};
	heat->cells = calloc(heat->n_coarse * heat->n_fine, sizeof(*heat->cells));
	if (!heat->cells)
		return -ENOMEM;
	for (size_t i = 0; i < book->n_bins; i++)
		add(heat, book, i);
	return 0;
}

void sim_heat_done(struct sim_heat *heat)
{
	free(heat->cells);
	*heat = (struct sim_heat){0};
}

struct sim_scale sim_heat_scale(const struct sim_heat *heat, enum sim_measure measure)
{
	struct sim_scale scale = {0};
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < heat->n_coarse * heat->n_fine; i++) {
		double value = sim_heat_value(&heat->cells[i], measure);

		if (value <= 0)
			continue;
		scale.peak = value > scale.peak ? value : scale.peak;
		sum += value;
		n++;
	}
	scale.root = n > 0 && sum / (double)n < scale.peak / SKEWED;
	return scale;
}

double sim_heat_value(const struct sim_heat_cell *cell, enum sim_measure measure)
{
	if (cell->covered == 0)
		return -1;
	if (measure == SIM_MEASURE_STARTS)
		return (double)cell->begun;
	return (double)cell->busy / (double)cell->covered;
}

int64_t sim_heat_coarse_local(const struct sim_heat *heat, size_t coarse)
{
	int64_t number = coarse_of(heat->kind, local_of(heat->zone, heat->first)) + (int64_t)coarse;
	int64_t year;

	switch (heat->kind) {
	case SIM_HEAT_MINUTES:
		return number * HOUR_SECONDS;
	case SIM_HEAT_DAYS:
		return number * CIVIL_DAY_SECONDS;
	case SIM_HEAT_WEEKS:
		return (number * 7 - DAYS_BEFORE_MONDAY) * CIVIL_DAY_SECONDS;
	case SIM_HEAT_MONTHS:
		year = floor_div(number, 12);
		return civil_day_number(year, (int)(number - year * 12) + 1, 1) * CIVIL_DAY_SECONDS;
	case SIM_HEAT_YEARS:
		break;
	}
	return civil_day_number(number, 1, 1) * CIVIL_DAY_SECONDS;
}

const char *sim_heat_coarse_label(const struct sim_heat *heat, size_t coarse,
				  char buf[static SIM_HEAT_LABEL_SIZE])
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	struct civil civil = civil_of(sim_heat_coarse_local(heat, coarse));
	char date[SIM_HEAT_LABEL_SIZE - 6];

	(void)snprintf(date, sizeof(date), "%04d-%02d-%02d", (int)civil.year, civil.month,
		       civil.day);
	switch (heat->kind) {
	case SIM_HEAT_MINUTES:
		(void)snprintf(buf, SIM_HEAT_LABEL_SIZE, "%s %02dh", date, civil.hour);
		break;
	case SIM_HEAT_DAYS:
		(void)snprintf(buf, SIM_HEAT_LABEL_SIZE, "%s %s", days[civil.weekday], date);
		break;
	case SIM_HEAT_WEEKS:
		(void)snprintf(buf, SIM_HEAT_LABEL_SIZE, "from %s", date);
		break;
	case SIM_HEAT_MONTHS:
		(void)snprintf(buf, SIM_HEAT_LABEL_SIZE, "%.*s", (int)strlen("2026-03"), date);
		break;
	case SIM_HEAT_YEARS:
		(void)snprintf(buf, SIM_HEAT_LABEL_SIZE, "%.*s", (int)strlen("2026"), date);
		break;
	}
	return buf;
}

const char *sim_heat_fine_label(const struct sim_heat *heat, size_t fine,
				char buf[static SIM_HEAT_LABEL_SIZE])
{
	int unit = (int)(fine_period(heat->kind) / (int64_t)heat->n_fine);
	int seconds = (int)fine * unit;

	(void)snprintf(buf, SIM_HEAT_LABEL_SIZE, "%02d",
		       heat->kind == SIM_HEAT_MINUTES ? seconds / 60 : seconds / HOUR_SECONDS);
	return buf;
}
