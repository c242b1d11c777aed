/* See grids.h. */
#include "grids.h"

#include "base/arena.h"
#include "calendar/cron.h"
#include "calendar/zone.h"

#include <stdlib.h>

/* So few are found one by one. */
#define FEW 16

/* Within that, no two changes of local time make up for each other. */
#define SEASON (120 * USEC_PER_DAY)

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define MOVED  "CET-2CEST,M4.1.0,M9.5.0/3"

/* Those that are due often are so in equal steps, but for changes of local time: then a year of
   them takes little room. */
static const struct {
	const char *text;
	const char *zone; /* NULL: UTC */
	enum dst_gap gap;
	enum dst_overlap overlap;
} specs[] = {
	[GRID_NIGHTLY] = {"30 2 * * *", BERLIN, DST_GAP_SHIFT, DST_OVERLAP_FIRST},
	[GRID_HALF_HOURS] = {"0,30 1-3 * * *", BERLIN, DST_GAP_SKIP, DST_OVERLAP_BOTH},
	{"*/5 * * * * *", NULL, DST_GAP_SHIFT, DST_OVERLAP_FIRST},
	{"*/5 * * * * *", BERLIN, DST_GAP_SHIFT, DST_OVERLAP_FIRST},
	{"0-59/10 0-59 0-23 * * *", BERLIN, DST_GAP_SHIFT, DST_OVERLAP_FIRST},
	{"0-59/10 0-59 0-23 * * *", BERLIN, DST_GAP_SKIP, DST_OVERLAP_LAST},
	{"0-59/10 0-59 0-23 * * *", BERLIN, DST_GAP_SHIFT, DST_OVERLAP_BOTH},
	{"*/15 * * * *", BERLIN, DST_GAP_SHIFT, DST_OVERLAP_FIRST},
	{"15 2 * * sun", BERLIN, DST_GAP_SHIFT, DST_OVERLAP_LAST},
	{"0 4 L * *", NULL, DST_GAP_SHIFT, DST_OVERLAP_FIRST},
};

#define N_SPECS (sizeof(specs) / sizeof(specs[0]))
#define N_DATA  2

const size_t grid_n_crons = N_SPECS;

/* Of the two that there are. */
static const struct zone *berlin(size_t data)
{
	static const char *const texts[N_DATA] = {BERLIN, MOVED};
	static struct arena arena;
	static const struct zone *zones[N_DATA];

	if (!zones[data] &&
	    zone_parse_posix(&arena, "Europe/Berlin", texts[data], &zones[data]) < 0)
		abort();
	return zones[data];
}

static struct cron crons[N_DATA][N_SPECS];

static const struct cron *cron_by(size_t data, size_t i)
{
	static struct cron_expr exprs[N_SPECS];
	struct cron *cron = &crons[data][i];
	char problem[CRON_PROBLEM_SIZE];

	if (cron->n_exprs > 0)
		return cron;
	if (cron_expr_parse(specs[i].text, "sim", &exprs[i], problem) < 0)
		abort();
	*cron = (struct cron){
		.zone = specs[i].zone ? berlin(data) : zone_utc(),
		.gap = specs[i].gap,
		.overlap = specs[i].overlap,
		.n_exprs = 1,
		.exprs = &exprs[i],
	};
	return cron;
}

const struct cron *grid_cron(size_t i)
{
	return cron_by(0, i);
}

const struct cron *grid_by_other_data(const struct cron *cron)
{
	bool moved = cron >= crons[1] && cron < crons[1] + N_SPECS;

	return cron_by(!moved, (size_t)(cron - crons[moved]));
}

usec_t grid_change_after(usec_t t)
{
	return zone_segment(berlin(0), t / USEC_PER_SEC).end * USEC_PER_SEC;
}

static usec_t every_after(const struct schedule *schedule, usec_t t)
{
	int64_t k = (t - schedule->offset) / schedule->interval;

	while (schedule->offset + k * schedule->interval <= t)
		k++;
	while (schedule->offset + (k - 1) * schedule->interval > t)
		k--;
	return schedule->offset + k * schedule->interval;
}

usec_t grid_after(const struct schedule *schedule, usec_t t)
{
	switch (schedule->kind) {
	case SCHEDULE_EVERY:
		return every_after(schedule, t);
	case SCHEDULE_CRON:
		return cron_next(schedule->cron, t);
	case SCHEDULE_AFTER:
	case SCHEDULE_ON:
		break;
	}
	return USEC_INFINITY;
}

usec_t grid_before(const struct schedule *schedule, usec_t t)
{
	switch (schedule->kind) {
	case SCHEDULE_EVERY:
		return every_after(schedule, t - 1) - schedule->interval;
	case SCHEDULE_CRON:
		return cron_last(schedule->cron, t - 1);
	case SCHEDULE_AFTER:
	case SCHEDULE_ON:
		break;
	}
	return USEC_INFINITY;
}

/* In halves, until those of each are equally far apart, or few. */
static void add_cron(const struct cron *cron, usec_t after, usec_t until, struct slots *slots)
{
	uint64_t count = cron_count(cron, after, until);
	usec_t first = cron_next(cron, after);
	usec_t step;

	if (count == 0)
		return;
	step = count > 1 ? cron_next(cron, first) - first : 1;
	if (until - after < SEASON &&
	    cron_last(cron, until) - first == (usec_t)(count - 1) * step) {
		slots_add(slots, (struct range){first, count, step});
		return;
	}
	if (count <= FEW) {
		for (; first <= until; first = cron_next(cron, first))
			slots_add(slots, (struct range){first, 1, 1});
		return;
	}
	add_cron(cron, after, after + (until - after) / 2, slots);
	add_cron(cron, after + (until - after) / 2, until, slots);
}

void grid_add(const struct schedule *schedule, usec_t after, usec_t until, struct slots *slots)
{
	struct range range = {.interval = schedule->interval};

	if (until <= after)
		return;
	if (schedule->kind == SCHEDULE_CRON)
		add_cron(schedule->cron, after, until, slots);
	if (schedule->kind != SCHEDULE_EVERY)
		return;
	range.first = every_after(schedule, after);
	if (range.first > until)
		return;
	range.count = (uint64_t)((until - range.first) / range.interval) + 1;
	slots_add(slots, range);
}

static bool is_fixed(const struct cron *cron)
{
	for (uint32_t i = 0; i < cron->n_exprs; i++)
		if (cron->exprs[i].fixed_minute && cron->exprs[i].fixed_hour)
			return true;
	return false;
}

usec_t grid_patience(const struct schedule *schedule, usec_t slot)
{
	usec_t patience = 2 * (slot - grid_before(schedule, slot));

	if (schedule->kind == SCHEDULE_CRON && is_fixed(schedule->cron) &&
	    patience < 2 * USEC_PER_DAY)
		return 2 * USEC_PER_DAY;
	return patience;
}

bool grid_same(const struct schedule *a, const struct schedule *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case SCHEDULE_EVERY:
		return a->interval == b->interval && a->offset == b->offset;
	case SCHEDULE_CRON:
		return cron_same_rules(a->cron, b->cron);
	case SCHEDULE_AFTER:
		return a->interval == b->interval;
	case SCHEDULE_ON:
		return a->on == b->on;
	}
	return false;
}

bool grid_same_slots(const struct schedule *a, const struct schedule *b)
{
	return grid_same(a, b) && (a->kind != SCHEDULE_CRON || cron_equal(a->cron, b->cron));
}

usec_t grid_span(const struct schedule *schedule)
{
	return schedule->kind == SCHEDULE_EVERY || schedule->kind == SCHEDULE_AFTER
		       ? schedule->interval
		       : 10 * USEC_PER_SEC;
}
