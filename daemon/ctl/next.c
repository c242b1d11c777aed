/* everyctl next: when jobs are due. */
#include "ctl/commands.h"

#include "calendar/cron.h"
#include "calendar/duration.h"
#include "calendar/schedule.h"
#include "calendar/zone.h"
#include "core/model.h"
#include "ctl/dst.h"
#include "ctl/json.h"
#include "ctl/table.h"
#include "ctl/times.h"
#include "ctl/upcoming.h"
#include "ctl/when.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COUNT_MAX 1000000

/* Of all jobs together, of each that is named. */
#define COUNT_ALL  20
#define COUNT_EACH 5

/* The clocks' being set is told if something is due that close to it. */
#define CHANGE_NEAR USEC_PER_DAY

#define NOTE_SIZE 400

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

/* The clocks of a zone are set. */
struct change {
	const struct zone *zone;
	struct dst_change change;
};

/* What was asked for, and what is to be shown of it. */
struct next {
	struct when when;
	usec_t from;
	uint64_t count;
	bool each; /* the count is of each job */

	struct upcoming upcoming;
	struct schedule *crons; /* the schedules of --cron */
	size_t n_crons;
	const struct job **others; /* whose slots do not follow from time, or that have none */
	size_t n_others;
	size_t n_more_others; /* beyond those */

	struct upcoming_slot *slots; /* by due time */
	size_t n_slots;
	struct change *changes; /* by time */
	size_t n_changes;
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
	struct change change = {.zone = zone, .change.time = next->from / USEC_PER_SEC};

	for (size_t i = 0; i < next->n_changes; i++) {
		if (strcmp(zone_name(next->changes[i].zone), zone_name(zone)) == 0)
			return 0;
	}
	while (dst_next_change(zone, change.change.time, &change.change) &&
	       change.change.time <= last / USEC_PER_SEC) {
		struct change *changes;

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
	const struct change *one = a;
	const struct change *other = b;

	return (one->change.time > other->change.time) - (one->change.time < other->change.time);
}

static const struct zone *zone_of(const struct schedule *schedule)
{
	return schedule->kind == SCHEDULE_CRON ? schedule->cron->zone : NULL;
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
		const struct zone *zone = zone_of(next->slots[i].schedule);

		if (!zone || zone == last)
			continue;
		r = add_changes(next, zone);
		last = zone;
	}
	if (next->n_changes > 1)
		qsort(next->changes, next->n_changes, sizeof(*next->changes), by_time);
	return r;
}

/* --- a table ---------------------------------------------------------------------------------- */

static const struct table_column columns[] = {
	{"DUE", TABLE_LEFT},
	{"IN", TABLE_LEFT},
	{"JOB", TABLE_LEFT},
	{"NOTE", TABLE_LEFT},
};

/* What does not fit is cut off. */
static void _printf_(2, 3) add_note(char note[static NOTE_SIZE], const char *format, ...)
{
	size_t used = strlen(note);
	va_list ap;

	if (used > 0)
		used += (size_t)snprintf(note + used, NOTE_SIZE - used, "; ");
	if (used >= NOTE_SIZE)
		return;
	va_start(ap, format);
	(void)vsnprintf(note + used, NOTE_SIZE - used, format, ap);
	va_end(ap);
}

/* Whether the clocks of that zone show something else than those of the times that are shown. */
static bool differs(const struct next *next, const struct zone *zone, usec_t time)
{
	return zone_segment(zone, time / USEC_PER_SEC).offset !=
	       zone_segment(next->when.zone, time / USEC_PER_SEC).offset;
}

static void add_slot(const struct next *next, struct table *table, const struct upcoming_slot *slot)
{
	const struct zone *zone = zone_of(slot->schedule);
	char note[NOTE_SIZE] = "";
	char text[TIMES_TEXT_SIZE];
	char dst_text[DST_TEXT_SIZE];
	char span[DURATION_TEXT_SIZE];
	bool marked = false;

	if (zone && differs(next, zone, slot->due))
		add_note(note, "in %s %s", zone_name(zone), times_format(slot->due, zone, text));
	if (zone) {
		struct dst_slot dst = dst_slot(slot->schedule->cron, slot->slot);

		marked = dst.mark != DST_PLAIN;
		if (marked)
			add_note(note, "%s", dst_describe_slot(&dst, dst_text));
	}
	if (slot->due != slot->slot)
		add_note(note, "%s of splay", duration_format_short(slot->due - slot->slot, span));
	table_cell(table, TABLE_PLAIN, times_format(slot->due, next->when.zone, text));
	table_cell(table, TABLE_FAINT, times_format_relative(slot->due, next->when.now, text));
	table_cell(table, TABLE_PLAIN, slot->name);
	table_cell(table, marked ? TABLE_WARN : TABLE_FAINT, note);
}

static void add_change(const struct next *next, struct table *table, const struct change *change)
{
	usec_t time = change->change.time * USEC_PER_SEC;
	char text[TIMES_TEXT_SIZE];
	char what[DST_TEXT_SIZE];

	table_cell(table, TABLE_WARN, times_format(time, next->when.zone, text));
	table_cell(table, TABLE_WARN, times_format_relative(time, next->when.now, text));
	table_cell(table, TABLE_PLAIN, NULL);
	table_cellf(table, TABLE_WARN, "%s: %s", zone_name(change->zone),
		    dst_describe_change(&change->change, what));
}

static int print_table(const struct next *next, const struct ctl *ctl)
{
	struct table *table = table_new(columns, ARRAY_LENGTH(columns));
	size_t change = 0;
	int r;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < next->n_slots; i++) {
		while (change < next->n_changes &&
		       next->changes[change].change.time <= next->slots[i].due / USEC_PER_SEC)
			add_change(next, table, &next->changes[change++]);
		add_slot(next, table, &next->slots[i]);
	}
	for (size_t i = 0; i < next->n_others; i++) {
		const struct job *job = next->others[i];
		char text[SCHEDULE_DESCRIBE_SIZE];

		table_cell(table, TABLE_FAINT, schedule_is_grid(&job->schedule) ? "never" : "-");
		table_cell(table, TABLE_FAINT, NULL);
		table_cell(table, TABLE_PLAIN, job->name);
		table_cell(table, TABLE_FAINT, schedule_describe(&job->schedule, text));
	}
	if (next->n_more_others > 0) {
		table_cell(table, TABLE_FAINT, "-");
		table_cell(table, TABLE_FAINT, NULL);
		table_cellf(table, TABLE_FAINT, "and %zu more", next->n_more_others);
		table_cell(table, TABLE_FAINT, "whose times follow from what happens");
	}
	r = table_print(table, ctl);
	table_free(table);
	return r;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *slot_json(const struct next *next, const struct upcoming_slot *slot)
{
	const struct zone *zone = zone_of(slot->schedule);
	struct dst_slot dst = {.mark = DST_PLAIN};

	if (zone)
		dst = dst_slot(slot->schedule->cron, slot->slot);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "job", json_text(slot->name), "due",
			 json_time(slot->due, next->when.zone), "slot",
			 json_time(slot->slot, zone ? zone : next->when.zone), "in",
			 json_span(slot->due - next->when.now), "splay",
			 json_span(slot->due - slot->slot), "zone",
			 json_text(zone ? zone_name(zone) : NULL), "dst",
			 json_text(dst_mark_name(dst.mark)));
}

static json_t *change_json(const struct change *change)
{
	char text[DST_TEXT_SIZE];

	return json_pack("{s:o, s:o, s:i, s:i, s:o}", "time",
			 json_time(change->change.time * USEC_PER_SEC, change->zone), "zone",
			 json_text(zone_name(change->zone)), "offset_before",
			 (int)change->change.before, "offset_after", (int)change->change.after,
			 "what", json_text(dst_describe_change(&change->change, text)));
}

static json_t *other_json(const struct job *job)
{
	char text[SCHEDULE_DESCRIBE_SIZE];

	return json_pack("{s:o, s:o}", "job", json_text(job->name), "schedule",
			 json_text(schedule_describe(&job->schedule, text)));
}

static int print_json(const struct next *next)
{
	_cleanup_(cleanup_json) json_t *slots = json_array();
	_cleanup_(cleanup_json) json_t *changes = json_array();
	_cleanup_(cleanup_json) json_t *others = json_array();
	int r = slots && changes && others ? 0 : -1;

	for (size_t i = 0; r == 0 && i < next->n_slots; i++)
		r = json_array_append_new(slots, slot_json(next, &next->slots[i]));
	for (size_t i = 0; r == 0 && i < next->n_changes; i++)
		r = json_array_append_new(changes, change_json(&next->changes[i]));
	for (size_t i = 0; r == 0 && i < next->n_others; i++)
		r = json_array_append_new(others, other_json(next->others[i]));
	if (r < 0)
		return -ENOMEM;
	return json_print(json_pack("{s:o, s:o, s:O, s:O, s:O}", "from",
				    json_time(next->from, next->when.zone), "zone",
				    json_text(zone_name(next->when.zone)), "slots", slots,
				    "clock_changes", changes, "without_times", others));
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
	int r = 0;

	for (int i = args->next; r == 0 && i < args->argc; i++) {
		const struct job *job = ctl_find_job(model, args->argv[i]);

		if (!job)
			return CTL_FAILED;
		r = add_job(next, job);
	}
	for (size_t i = 0; r == 0 && args->next == args->argc && i < model->n_jobs; i++)
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
		r = ctl->json ? print_json(next) : print_table(next, ctl);
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
