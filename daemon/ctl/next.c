/* everyctl next: when jobs are due. */
#include "ctl/next.h"
#include "ctl/commands.h"

#include "calendar/zone.h"
#include "core/model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COUNT_MAX 1000000

/* Of all jobs together, of each that is named. */
#define COUNT_ALL  20
#define COUNT_EACH 5

/* The clocks' being set is told if something is due that close to it. */
#define CHANGE_NEAR USEC_PER_DAY

enum {
	OPT_COUNT,
	OPT_FROM,
	OPT_ZONE,
	OPT_CRON,
};

const struct ctl_option next_options[] = {
	[OPT_COUNT] = {'n', "count", "N",
		       "so many, of each JOB if there are any (default 20, or 5)"},
	[OPT_FROM] = {0, "from", "TIME", "from then on (default now)"},
	[OPT_ZONE] = {0, "zone", "ZONE", "show times in that zone (default local time)"},
	[OPT_CRON] = {0, "cron", "EXPR",
		      "of this expression instead, read in that zone; repeatable"},
	{0},
};

static void next_done(struct next *next)
{
	upcoming_done(&next->upcoming);
	free(next->crons);
	free(next->others);
	free(next->slots);
	free(next->changes);
	when_done(&next->when);
}

/* --- which ------------------------------------------------------------------------------------ */

static int add_job(struct next *next, const struct job *job)
{
	const struct job **others;
	int r = -ENOENT;

	if (schedule_is_grid(&job->schedule))
		r = upcoming_add(&next->upcoming, job->name, &job->schedule, next->from,
				 next->count);
	if (r != -ENOENT)
		return r;
	if (!next->each && next->n_others == next->count) {
		next->n_more_others++;
		return 0;
	}
	others = reallocarray(next->others, next->n_others + 1, sizeof(*others));
	if (!others)
		return -ENOMEM;
	others[next->n_others++] = job;
	next->others = others;
	return 0;
}

static int add_cron(struct next *next, const char *text)
{
	struct schedule *schedule = &next->crons[next->n_crons];
	int r;

	*schedule = (struct schedule){.kind = SCHEDULE_CRON};
	r = when_cron(&next->when, text, "", &schedule->cron);
	if (r < 0)
		return r;
	next->n_crons++;
	r = upcoming_add(&next->upcoming, text, schedule, next->from, next->count);
	return r == -ENOENT ? 0 : r;
}

static int take_slots(struct next *next)
{
	size_t capacity = 0;
	struct upcoming_slot slot;

	while ((next->each || next->n_slots < next->count) &&
	       upcoming_take(&next->upcoming, &slot)) {
		if (next->n_slots == capacity) {
			struct upcoming_slot *slots;

			capacity = capacity ? 2 * capacity : 64;
			slots = reallocarray(next->slots, capacity, sizeof(*slots));
			if (!slots)
				return -ENOMEM;
			next->slots = slots;
		}
		next->slots[next->n_slots++] = slot;
	}
	return 0;
}

/* --- the clocks' being set -------------------------------------------------------------------- */

/* Is something due near that time? */
static bool is_near(const struct next *next, usec_t time)
{
	size_t low = 0;
	size_t high = next->n_slots;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (next->slots[middle].due < time)
			low = middle + 1;
		else
			high = middle;
	}
	return (low < next->n_slots && next->slots[low].due - time <= CHANGE_NEAR) ||
	       (low > 0 && time - next->slots[low - 1].due <= CHANGE_NEAR);
}

static int add_changes(struct next *next, const struct zone *zone)
{
	usec_t last = next->slots[next->n_slots - 1].due;
	struct next_change change = {.zone = zone, .change.time = next->from / USEC_PER_SEC};

	for (size_t i = 0; i < next->n_changes; i++) {
		if (strcmp(zone_name(next->changes[i].zone), zone_name(zone)) == 0)
			return 0;
	}
	while (dst_next_change(zone, change.change.time, &change.change) &&
	       change.change.time <= last / USEC_PER_SEC) {
		struct next_change *changes;

		if (!is_near(next, change.change.time * USEC_PER_SEC))
			continue;
		changes = reallocarray(next->changes, next->n_changes + 1, sizeof(*changes));
		if (!changes)
			return -ENOMEM;
		changes[next->n_changes++] = change;
		next->changes = changes;
	}
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct next_change *one = a;
	const struct next_change *other = b;

	return (one->change.time > other->change.time) - (one->change.time < other->change.time);
}

/* Of the zone that times are shown in, and of those that they are reckoned in. */
static int find_changes(struct next *next)
{
	const struct zone *last = next->when.zone;
	int r;

	if (next->n_slots == 0)
		return 0;
	r = add_changes(next, last);
	for (size_t i = 0; r == 0 && i < next->n_slots; i++) {
		const struct zone *zone = next_zone(next->slots[i].schedule);

		if (!zone || zone == last)
			continue;
		r = add_changes(next, zone);
		last = zone;
	}
	if (next->n_changes > 1)
		qsort(next->changes, next->n_changes, sizeof(*next->changes), by_time);
	return r;
}

/* --- the command ------------------------------------------------------------------------------ */

/* What the command line says, as text. */
struct given {
	const char *count;
	const char *from;
	const char *zone;
	const char **crons;
	size_t n_crons;
};

/* Returns 0 or the exit status after a mistake was said. */
static int read_options(struct ctl_args *args, struct given *given)
{
	const char *value;
	int option;

	while ((option = ctl_option(args, &value)) >= 0) {
		switch (option) {
		case OPT_COUNT:
			given->count = value;
			break;
		case OPT_FROM:
			given->from = value;
			break;
		case OPT_ZONE:
			given->zone = value;
			break;
		default:
			given->crons[given->n_crons++] = value;
			break;
		}
	}
	if (option == -2)
		return CTL_USAGE;
	if (given->n_crons > 0 && args->next < args->argc)
		return ctl_usage(args, "either jobs or --cron");
	return 0;
}

/* What is due according to the configuration. Returns an exit status. */
static int add_jobs(struct next *next, const struct model *model, const struct ctl_args *args)
{
	_cleanup_free_ const struct job **jobs = NULL;
	size_t n;
	int r = 0;

	if (ctl_find_jobs(model, args, &jobs, &n) < 0)
		return CTL_FAILED;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_job(next, jobs[i]);
	for (size_t i = 0; r == 0 && n == 0 && i < model->n_jobs; i++)
		r = add_job(next, &model->jobs[i]);
	return r < 0 ? ctl_fail("%s", strerrordesc_np(-r)) : CTL_OK;
}

static int add_crons(struct next *next, const struct given *given)
{
	next->crons = calloc(given->n_crons, sizeof(*next->crons));
	if (!next->crons)
		return ctl_fail("%s", strerrordesc_np(ENOMEM));
	for (size_t i = 0; i < given->n_crons; i++) {
		if (add_cron(next, given->crons[i]) < 0)
			return CTL_FAILED;
	}
	return CTL_OK;
}

static int print(struct next *next, const struct ctl *ctl)
{
	int r = take_slots(next);

	if (r == 0)
		r = find_changes(next);
	if (r == 0)
		r = ctl->json ? next_print_json(next) : next_print_table(next, ctl);
	/* What could not be written is told at the end. */
	return r < 0 && r != -EIO ? ctl_fail("%s", strerrordesc_np(-r)) : CTL_OK;
}

static int show(struct ctl *ctl, struct ctl_args *args, const struct given *given,
		struct next *next)
{
	_cleanup_(cleanup_model) struct model *model = NULL;
	int status;

	next->each = args->next < args->argc || given->n_crons > 0;
	next->count = next->each ? COUNT_EACH : COUNT_ALL;
	next->from = next->when.now;
	if (given->count && when_count("--count", given->count, COUNT_MAX, &next->count) < 0)
		return CTL_USAGE;
	if (given->from && when_time(&next->when, "--from", given->from, &next->from) < 0)
		return CTL_USAGE;
	if (given->n_crons > 0) {
		status = add_crons(next, given);
	} else {
		if (ctl_load(ctl, false, &model) < 0)
			return CTL_FAILED;
		status = add_jobs(next, model, args);
	}
	return status == CTL_OK ? print(next, ctl) : status;
}

int next_run(struct ctl *ctl, struct ctl_args *args)
{
	_cleanup_free_ const char **crons = calloc((size_t)args->argc, sizeof(*crons));
	struct given given = {.crons = crons};
	struct next next = {0};
	int status;

	if (!crons)
		return ctl_fail("%s", strerrordesc_np(ENOMEM));
	status = read_options(args, &given);
	if (status != 0)
		return status;
	if (when_init(&next.when, given.zone) < 0)
		return given.zone ? CTL_USAGE : CTL_FAILED;
	status = show(ctl, args, &given, &next);
	next_done(&next);
	return status;
}
