/* See simulate_advice.h. */
#include "ctl/simulate_advice.h"

#include "base/text.h"
#include "calendar/duration.h"
#include "calendar/schedule.h"
#include "calendar/times.h"
#include "core/model.h"
#include "ctl/simulate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* From which share of the time on a busy pool is worth a word, in percent. */
#define SATURATION_NOTED 5

/* Longer waits for a worker are. */
#define WAIT_NOTED USEC_PER_MIN

static void say(struct sim_advice *advice, const char *format, ...) _printf_(2, 3);
static void say(struct sim_advice *advice, const char *format, ...)
{
	char text[SIM_ADVICE_SIZE / TEXT_GROWTH];
	va_list ap;

	if (advice->count == SIM_ADVICE_MAX) {
		advice->unlisted++;
		return;
	}
	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	(void)text_sanitize(advice->texts[advice->count++], text, strlen(text));
}

/* "half", "a third", "37 %". */
static const char *share_of(uint64_t part, uint64_t whole, char buf[static 32])
{
	static const struct {
		unsigned part;
		unsigned whole;
		const char *name;
	} names[] = {
		{1, 1, "all"},       {1, 2, "half"},
		{1, 3, "a third"},   {2, 3, "two thirds"},
		{1, 4, "a quarter"}, {3, 4, "three quarters"},
		{1, 10, "a tenth"},  {9, 10, "nine out of ten"},
	};
	double percent = 100 * (double)part / (double)whole;

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		double off = percent - 100.0 * names[i].part / names[i].whole;

		if (part == whole ? i == 0 : i > 0 && off > -1 && off < 1)
			return names[i].name;
	}
	if (percent < 1)
		(void)snprintf(buf, 32, "less than 1 %%");
	else
		(void)snprintf(buf, 32, "%.0f %%", percent);
	return buf;
}

/* "is due every 5m but takes 7m: half of its slots are skipped (6 of 12)". */
static void look_at_overlaps(const struct simulation *simulation, size_t i,
			     struct sim_advice *advice)
{
	const struct job *job = &simulation->model->jobs[i];
	const struct sim_job_book *book = &simulation->book->jobs[i];
	uint64_t skipped = book->verdicts[VERDICT_SKIPPED];
	char takes[DURATION_TEXT_SIZE];
	char every[DURATION_TEXT_SIZE];
	char share[32];

	if (skipped == 0)
		return;
	(void)duration_format_short(book->longest_run, takes);
	if (book->longest_run < job->schedule.interval || job->schedule.kind != SCHEDULE_EVERY)
		say(advice,
		    "%s is %s still there when its next slot comes (a run takes up to "
		    "%s, and waits up to %s): %s of its slots are skipped (%" PRIu64 " of %" PRIu64
		    ")",
		    job->name, 10 * skipped < book->slots ? "at times" : "often", takes,
		    duration_format_short(book->longest_wait, every),
		    share_of(skipped, book->slots, share), skipped, book->slots);
	else
		say(advice,
		    "%s is due every %s but takes %s: %s of its slots are skipped (%" PRIu64
		    " of %" PRIu64 ")",
		    job->name, duration_format_short(job->schedule.interval, every), takes,
		    share_of(skipped, book->slots, share), skipped, book->slots);
}

static void look_at_timeouts(const struct simulation *simulation, size_t i,
			     struct sim_advice *advice)
{
	const struct job *job = &simulation->model->jobs[i];
	const struct sim_job_book *book = &simulation->book->jobs[i];
	char timeout[DURATION_TEXT_SIZE];
	char share[32];

	if (book->verdicts[VERDICT_TIMEOUT] == 0)
		return;
	say(advice,
	    "%s takes longer than its timeout of %s: %s of its runs are stopped (%" PRIu64
	    " of %" PRIu64 ")",
	    job->name, duration_format_short(job->settings->timeout, timeout),
	    share_of(book->verdicts[VERDICT_TIMEOUT], book->begun, share),
	    book->verdicts[VERDICT_TIMEOUT], book->begun);
}

static void look_at_replaced(const struct simulation *simulation, size_t i,
			     struct sim_advice *advice)
{
	const struct job *job = &simulation->model->jobs[i];
	const struct sim_job_book *book = &simulation->book->jobs[i];
	char share[32];

	if (book->verdicts[VERDICT_KILLED] == 0)
		return;
	say(advice,
	    "%s is replaced by its next slot before it has ended: %s of its runs are "
	    "stopped (%" PRIu64 " of %" PRIu64 ")",
	    job->name, share_of(book->verdicts[VERDICT_KILLED], book->begun, share),
	    book->verdicts[VERDICT_KILLED], book->begun);
}

static void look_at_expectations(const struct simulation *simulation, size_t i,
				 struct sim_advice *advice)
{
	const struct job *job = &simulation->model->jobs[i];
	const struct sim_job_book *book = &simulation->book->jobs[i];
	char within[DURATION_TEXT_SIZE];

	if (book->overdue == 0)
		return;
	say(advice,
	    "%s is to succeed within %s of its last success, and does not: it is overdue "
	    "%" PRIu64 " time%s",
	    job->name, duration_format_short(job->settings->expect_within, within), book->overdue,
	    book->overdue == 1 ? "" : "s");
}

static void look_at_idle(const struct simulation *simulation, size_t i, struct sim_advice *advice)
{
	const struct job *job = &simulation->model->jobs[i];
	const struct sim_job_book *book = &simulation->book->jobs[i];
	char next[TIMES_TEXT_SIZE];

	if (book->slots > 0 || !schedule_is_grid(&job->schedule))
		return;
	if (simulation->next[i] == USEC_INFINITY)
		say(advice, "%s is never due", job->name);
	else
		say(advice, "%s is not due in this time: its next slot is %s", job->name,
		    times_format(simulation->next[i], simulation->zone, next));
}

static void look_at_refusals(const struct simulation *simulation, struct sim_advice *advice)
{
	const struct sim_incident *incident = simulation->book->total.incidents;
	char first[TIMES_TEXT_SIZE];

	for (; incident; incident = incident->next)
		if (incident->reason == REASON_QUEUE_FULL)
			say(advice,
			    "the queue is full at times, and %" PRIu64 " slot%s refused, first "
			    "that of %s: raise 'workers' (%u) or 'queue' (%u), or spread the jobs "
			    "with 'splay'",
			    incident->count, incident->count == 1 ? " is" : "s are",
			    times_format(incident->first, simulation->zone, first),
			    simulation->model->daemon.workers, simulation->model->daemon.queue);
}

static void look_at_pool(const struct simulation *simulation, struct sim_advice *advice)
{
	const struct sim_book *book = simulation->book;
	double percent = 100 * (double)book->saturated / (double)(book->to - book->from);
	char wait[DURATION_TEXT_SIZE];
	char at[TIMES_TEXT_SIZE];

	if (book->queued.count > 0 && book->total.longest_wait >= WAIT_NOTED)
		say(advice,
		    "runs begin up to %s after they are due, and up to %zu of them wait at once, "
		    "first at %s",
		    duration_format_short(book->total.longest_wait, wait), book->queued.count,
		    times_format(book->queued.at, simulation->zone, at));
	if (percent >= SATURATION_NOTED)
		say(advice,
		    "all workers (%u) are busy %.0f %% of the time: raise 'workers', or "
		    "spread the jobs",
		    book->workers, percent);
}

void sim_advice_find(const struct simulation *simulation, struct sim_advice *ret_advice)
{
	static void (*const looks[])(const struct simulation *simulation, size_t i,
				     struct sim_advice *advice) = {
		look_at_overlaps,     look_at_timeouts, look_at_replaced,
		look_at_expectations, look_at_idle,
	};

	ret_advice->count = 0;
	ret_advice->unlisted = 0;
	look_at_refusals(simulation, ret_advice);
	look_at_pool(simulation, ret_advice);
	for (size_t look = 0; look < ARRAY_LENGTH(looks); look++)
		for (size_t i = 0; i < simulation->model->n_jobs; i++)
			if (simulation->shown[i])
				looks[look](simulation, i, ret_advice);
}
