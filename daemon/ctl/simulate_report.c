/* A simulation in tables and sentences: see simulate.h. */
#include "calendar/duration.h"
#include "calendar/times.h"
#include "calendar/zone.h"
#include "core/model.h"
#include "ctl/simulate.h"
#include "ctl/simulate_advice.h"
#include "ctl/table.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* The most incidents that are listed. */
#define INCIDENTS_LISTED 40

static void cleanup_table(struct table **table)
{
	table_free(*table);
}

static void number_cell(struct table *table, enum table_color color, uint64_t number)
{
	if (number == 0)
		table_cell(table, TABLE_FAINT, "-");
	else
		table_cellf(table, color, "%" PRIu64, number);
}

static void span_cell(struct table *table, usec_t span)
{
	char buf[DURATION_TEXT_SIZE];

	if (span == 0)
		table_cell(table, TABLE_FAINT, "-");
	else
		table_cell(table, TABLE_PLAIN, duration_format_short(span, buf));
}

static uint64_t failed_of(const struct sim_job_book *book)
{
	return book->verdicts[VERDICT_FAILED] + book->verdicts[VERDICT_TIMEOUT] +
	       book->verdicts[VERDICT_KILLED];
}

static void job_row(struct table *table, const char *name, const struct sim_job_book *book,
		    const char *next)
{
	table_cell(table, TABLE_PLAIN, name);
	number_cell(table, TABLE_PLAIN, book->slots);
	number_cell(table, TABLE_PLAIN, book->begun);
	number_cell(table, TABLE_GOOD, book->verdicts[VERDICT_OK]);
	number_cell(table, TABLE_BAD, failed_of(book));
	number_cell(table, TABLE_WARN, book->verdicts[VERDICT_SKIPPED]);
	number_cell(table, TABLE_WARN, book->verdicts[VERDICT_COALESCED]);
	number_cell(table, TABLE_BAD, book->verdicts[VERDICT_REFUSED]);
	span_cell(table, book->longest_wait);
	span_cell(table, book->longest_run);
	table_cell(table, TABLE_FAINT, next);
}

static int print_jobs(const struct simulation *simulation, const struct ctl *ctl)
{
	static const struct table_column columns[] = {
		{"JOB", TABLE_LEFT},           {"SLOTS", TABLE_RIGHT},
		{"RUNS", TABLE_RIGHT},         {"OK", TABLE_RIGHT},
		{"FAILED", TABLE_RIGHT},       {"SKIPPED", TABLE_RIGHT},
		{"COALESCED", TABLE_RIGHT},    {"REFUSED", TABLE_RIGHT},
		{"LONGEST WAIT", TABLE_RIGHT}, {"LONGEST RUN", TABLE_RIGHT},
		{"NEXT", TABLE_LEFT},
	};
	_cleanup_(cleanup_table) struct table *table = table_new(columns, ARRAY_LENGTH(columns));
	char next[TIMES_TEXT_SIZE];
	size_t n = 0;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < simulation->model->n_jobs; i++) {
		const struct job *job = &simulation->model->jobs[i];

		if (!simulation->shown[i])
			continue;
		n++;
		job_row(table, job->name, &simulation->book->jobs[i],
			job->schedule.kind == SCHEDULE_AFTER ? "after its run"
			: job->schedule.kind == SCHEDULE_ON
				? "at an event"
				: times_format(simulation->next[i], simulation->zone, next));
	}
	if (n == simulation->model->n_jobs)
		job_row(table, "all jobs", &simulation->book->total, "");
	return table_print(table, ctl);
}

/* What is behind a heading in the list of figures. */
static void heading(const struct ctl *ctl, const char *text)
{
	if (ctl->color)
		printf("\033[1m%-16s\033[0m", text);
	else
		printf("%-16s", text);
}

static void print_head(const struct simulation *simulation, const struct ctl *ctl)
{
	static const char *const sources[] = {[SIM_ASSUMED] = "assumed",
					      [SIM_RECORDED] = "from the ledger",
					      [SIM_GIVEN] = "given"};
	const struct sim_guess *guess = simulation->guess;
	size_t counts[ARRAY_LENGTH(sources)] = {0};
	char from[TIMES_TEXT_SIZE];
	char to[TIMES_TEXT_SIZE];
	char span[DURATION_TEXT_SIZE];
	const char *comma = "";

	heading(ctl, "Simulated");
	printf("%s to %s (%s)\n", times_format(simulation->from, simulation->zone, from),
	       times_format(simulation->to, simulation->zone, to),
	       duration_format_short(simulation->to - simulation->from, span));
	heading(ctl, "With");
	printf("%zu job%s, %u worker%s, a queue of %u\n", simulation->model->n_jobs,
	       simulation->model->n_jobs == 1 ? "" : "s", simulation->model->daemon.workers,
	       simulation->model->daemon.workers == 1 ? "" : "s", simulation->model->daemon.queue);
	heading(ctl, "Run times");
	for (size_t i = 0; i < guess->n_jobs; i++)
		counts[guess->habits[i].source]++;
	for (size_t i = ARRAY_LENGTH(sources); i-- > 0;) {
		if (counts[i] == 0)
			continue;
		printf("%s%zu %s", comma, counts[i], sources[i]);
		comma = ", ";
	}
	printf("%s\n\n", *comma ? "" : "-");
}

static void print_peak(const struct simulation *simulation, const struct sim_peak *peak)
{
	char at[TIMES_TEXT_SIZE];

	if (peak->count > 0)
		printf(", first at %s", times_format(peak->at, simulation->zone, at));
	(void)putchar('\n');
}

static void print_totals(const struct simulation *simulation, const struct ctl *ctl)
{
	const struct sim_book *book = simulation->book;
	double span = (double)(book->to - book->from);
	char at[TIMES_TEXT_SIZE];

	(void)putchar('\n');
	heading(ctl, "Peak running");
	printf("%zu of %u workers", book->running.count, book->workers);
	print_peak(simulation, &book->running);
	heading(ctl, "Peak queue");
	printf("%zu of %u", book->queued.count, simulation->model->daemon.queue);
	print_peak(simulation, &book->queued);
	heading(ctl, "Load");
	printf("%.2g workers busy on average, all of them %.3g %% of the time\n",
	       (double)book->work / span, 100 * (double)book->saturated / span);
	heading(ctl, "Busiest minute");
	if (book->minute.count > 0)
		printf("%s: %zu start%s\n", times_format(book->minute.at, simulation->zone, at),
		       book->minute.count, book->minute.count == 1 ? "" : "s");
	else
		printf("none: nothing runs\n");
}

static void print_shifts(const struct simulation *simulation, const struct ctl *ctl)
{
	const struct sim_shifts *shifts = simulation->shifts;
	char what[DST_TEXT_SIZE];
	char at[TIMES_TEXT_SIZE];

	for (size_t i = 0; i < shifts->count; i++) {
		const struct sim_shift *shift = &shifts->items[i];

		heading(ctl, i == 0 ? "Clock changes" : "");
		printf("%s, %s: %s (%zu job%s)\n",
		       times_format(shift->change.time * USEC_PER_SEC, shift->zone, at),
		       zone_name(shift->zone), dst_describe_change(&shift->change, what),
		       shift->n_jobs, shift->n_jobs == 1 ? "" : "s");
	}
	if (shifts->unlisted > 0)
		printf("%-16sand %zu more\n", "", shifts->unlisted);
}

static int print_incidents(const struct simulation *simulation, const struct ctl *ctl)
{
	static const struct table_column columns[] = {
		{"JOB", TABLE_LEFT},   {"DID NOT RUN", TABLE_LEFT}, {"SLOTS", TABLE_RIGHT},
		{"FIRST", TABLE_LEFT}, {"LAST", TABLE_LEFT},        {"BECAUSE", TABLE_LEFT},
	};
	_cleanup_(cleanup_table) struct table *table = table_new(columns, ARRAY_LENGTH(columns));
	char time[TIMES_TEXT_SIZE];
	size_t n = 0;
	int r;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < simulation->model->n_jobs; i++) {
		const struct sim_incident *incident = simulation->book->jobs[i].incidents;

		for (; simulation->shown[i] && incident; incident = incident->next) {
			if (n++ >= INCIDENTS_LISTED)
				continue;
			table_cell(table, TABLE_PLAIN, simulation->model->jobs[i].name);
			table_cell(table, TABLE_WARN, verdict_info(incident->verdict)->name);
			number_cell(table, TABLE_PLAIN, incident->count);
			table_cell(table, TABLE_PLAIN,
				   times_format(incident->first, simulation->zone, time));
			table_cell(table, TABLE_PLAIN,
				   times_format(incident->last, simulation->zone, time));
			table_cell(table, TABLE_FAINT, reason_text(incident->reason));
		}
	}
	if (n == 0)
		return 0;
	(void)putchar('\n');
	r = table_print(table, ctl);
	if (r == 0 && n > INCIDENTS_LISTED)
		printf("and %zu more\n", n - INCIDENTS_LISTED);
	return r;
}

static void print_advice(const struct simulation *simulation, const struct ctl *ctl)
{
	struct sim_advice advice;

	sim_advice_find(simulation, &advice);
	if (advice.count > 0)
		(void)putchar('\n');
	for (size_t i = 0; i < advice.count; i++)
		printf("%swarning:%s %s\n", ctl->color ? "\033[33m" : "",
		       ctl->color ? "\033[0m" : "", advice.texts[i]);
	if (advice.unlisted > 0)
		printf("and %zu more\n", advice.unlisted);
}

int sim_report(const struct simulation *simulation, const struct ctl *ctl)
{
	int r;

	print_head(simulation, ctl);
	r = print_jobs(simulation, ctl);
	if (r < 0)
		return r;
	print_totals(simulation, ctl);
	print_shifts(simulation, ctl);
	r = print_incidents(simulation, ctl);
	if (r == 0)
		print_advice(simulation, ctl);
	return r;
}

/* How an attempt ended, or why a slot did not run. */
static void outcome_cell(struct table *table, const struct sim_event *event)
{
	const char *reason = reason_word(event->reason);
	enum table_color color = event->count > 0               ? TABLE_WARN
				 : event->verdict == VERDICT_OK ? TABLE_GOOD
								: TABLE_BAD;

	if (event->end == USEC_INFINITY)
		table_cell(table, TABLE_FAINT, "still runs");
	else
		table_cellf(table, color, "%s%s%s%s", verdict_info(event->verdict)->name,
			    *reason ? ": " : "", reason, event->again ? ", tried again" : "");
}

int sim_report_timeline(const struct simulation *simulation, const struct ctl *ctl)
{
	static const struct table_column columns[] = {
		{"BEGIN", TABLE_LEFT}, {"END", TABLE_LEFT},     {"TOOK", TABLE_RIGHT},
		{"JOB", TABLE_LEFT},   {"OUTCOME", TABLE_LEFT}, {"SLOT", TABLE_LEFT},
	};
	_cleanup_(cleanup_table) struct table *table = table_new(columns, ARRAY_LENGTH(columns));
	const struct sim_book *book = simulation->book;
	char time[TIMES_TEXT_SIZE];
	char took[DURATION_TEXT_SIZE];
	int r;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < book->n_events; i++) {
		const struct sim_event *event = &book->events[i];
		bool over = event->count == 0 && event->end != USEC_INFINITY;

		if (!simulation->shown[event->job])
			continue;
		table_cell(table, TABLE_PLAIN, times_format(event->begin, simulation->zone, time));
		table_cell(table, TABLE_PLAIN,
			   over ? times_format(event->end, simulation->zone, time) : "");
		table_cell(table, TABLE_PLAIN,
			   over ? duration_format_short(event->end - event->begin, took) : "");
		table_cell(table, TABLE_PLAIN, simulation->model->jobs[event->job].name);
		outcome_cell(table, event);
		table_cell(table, TABLE_FAINT, times_format(event->slot, simulation->zone, time));
	}
	r = table_print(table, ctl);
	if (r == 0 && book->unlisted > 0)
		printf("and %" PRIu64 " more: only the first %d are listed\n", book->unlisted,
		       SIM_EVENTS_MAX);
	return r;
}
