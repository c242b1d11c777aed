/* See simulate_book.h. */
#include "ctl/simulate_book.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static const usec_t widths[] = {
	USEC_PER_SEC,     5 * USEC_PER_SEC,  10 * USEC_PER_SEC,  30 * USEC_PER_SEC,    USEC_PER_MIN,
	5 * USEC_PER_MIN, 15 * USEC_PER_MIN, USEC_PER_HOUR,      6 * USEC_PER_HOUR,    USEC_PER_DAY,
	USEC_PER_WEEK,    4 * USEC_PER_WEEK, 52 * USEC_PER_WEEK, 1000 * USEC_PER_WEEK,
};

#define EVENTS_MIN 256

/* The fewest bins that show all there is to see: as narrow as they may be. */
static void divide(struct sim_book *book, usec_t offset)
{
	for (size_t i = 0; i < ARRAY_LENGTH(widths); i++) {
		usec_t local = book->from + offset;
		usec_t into = local % widths[i];

		if (into < 0)
			into += widths[i];
		book->bin = widths[i];
		book->bins_from = book->from - into;
		book->n_bins = (size_t)((book->to - book->bins_from + book->bin - 1) / book->bin);
		if (book->n_bins <= SIM_BINS_MAX)
			break;
	}
}

int sim_book_init(struct sim_book *book, size_t n_jobs, unsigned workers, usec_t from, usec_t to,
		  usec_t offset, bool list)
{
	*book = (struct sim_book){
		.from = from,
		.to = to,
		.workers = workers,
		.n_jobs = n_jobs,
	};
	assert(to > from);
	divide(book, offset);
	book->jobs = calloc(n_jobs > 0 ? n_jobs : 1, sizeof(*book->jobs));
	book->bins = calloc(book->n_bins, sizeof(*book->bins));
	if (list) {
		book->events = calloc(EVENTS_MIN, sizeof(*book->events));
		book->events_size = EVENTS_MIN;
	}
	if (!book->jobs || !book->bins || (list && !book->events)) {
		sim_book_done(book);
		return -ENOMEM;
	}
	return 0;
}

static void free_incidents(struct sim_job_book *job)
{
	while (job->incidents) {
		struct sim_incident *next = job->incidents->next;

		free(job->incidents);
		job->incidents = next;
	}
}

void sim_book_done(struct sim_book *book)
{
	for (size_t i = 0; book->jobs && i < book->n_jobs; i++)
		free_incidents(&book->jobs[i]);
	free_incidents(&book->total);
	free(book->jobs);
	free(book->bins);
	free(book->events);
	*book = (struct sim_book){0};
}

/* --- what is listed --- */

/* Room for one more; NULL: it is not listed. */
static struct sim_event *list(struct sim_book *book, const struct sim_note *note)
{
	struct sim_event *event;

	if (!book->events)
		return NULL;
	if (book->n_events == book->events_size && book->events_size < SIM_EVENTS_MAX) {
		size_t size = 2 * book->events_size < SIM_EVENTS_MAX ? 2 * book->events_size
								     : SIM_EVENTS_MAX;
		struct sim_event *events = reallocarray(book->events, size, sizeof(*events));

		if (events) {
			book->events = events;
			book->events_size = size;
		}
	}
	if (book->n_events == book->events_size) {
		book->unlisted++;
		return NULL;
	}
	event = &book->events[book->n_events++];
	*event = (struct sim_event){
		.begin = note->now,
		.slot = note->kind == SIM_NOT_RUN ? note->last : note->slot,
		.count = note->count,
		.job = (uint32_t)note->job,
		.attempt = note->attempt,
		.verdict = note->verdict,
		.reason = note->reason,
	};
	return event;
}

/* An attempt, which is listed if the mark of its run says so, has ended. */
static void list_end(struct sim_book *book, const struct sim_note *note)
{
	struct sim_event *event;

	if (*note->mark == 0)
		return;
	event = &book->events[*note->mark - 1];
	event->end = note->now;
	event->verdict = note->verdict;
	event->reason = note->reason;
	event->again = note->kind == SIM_RETRIED;
	*note->mark = 0;
}

static void add_incident(struct sim_book *book, struct sim_job_book *job,
			 const struct sim_note *note)
{
	struct sim_incident **link = &job->incidents;
	struct sim_incident *incident;

	while (*link && ((*link)->verdict != note->verdict || (*link)->reason != note->reason))
		link = &(*link)->next;
	incident = *link;
	if (!incident) {
		incident = calloc(1, sizeof(*incident));
		if (!incident) {
			book->out_of_memory = true;
			return;
		}
		incident->verdict = note->verdict;
		incident->reason = note->reason;
		/* A streak that goes on begins before what is new of it. */
		incident->first = note->slot;
		*link = incident;
	}
	incident->count += note->count;
	if (note->slot < incident->first)
		incident->first = note->slot;
	if (note->last > incident->last)
		incident->last = note->last;
}

/* --- what is counted --- */

static struct sim_bin *bin_of(struct sim_book *book, usec_t time)
{
	usec_t at = time < book->to ? time : book->to - 1;

	return &book->bins[sim_book_bin(book, at)];
}

static void count_minute(struct sim_book *book, usec_t now)
{
	struct sim_peak *minute = &book->this_minute;

	if (minute->count == 0 || now - minute->at >= USEC_PER_MIN)
		*minute = (struct sim_peak){0, now - now % USEC_PER_MIN};
	minute->count++;
	if (minute->count > book->minute.count)
		book->minute = *minute;
}

static void begun(struct sim_job_book *job, const struct sim_note *note)
{
	usec_t wait = note->now - note->since;

	job->tries++;
	if (note->attempt == 1) {
		job->begun++;
		job->slots++;
		if (wait > job->longest_wait)
			job->longest_wait = wait;
	}
}

static void ended(struct sim_job_book *job, const struct sim_note *note)
{
	usec_t span = note->now - note->since;

	if (note->kind == SIM_ENDED)
		job->verdicts[note->verdict]++;
	if (note->attempt == 0)
		return;
	job->busy += span;
	if (span > job->longest_run)
		job->longest_run = span;
}

static void not_run(struct sim_book *book, struct sim_job_book *job, const struct sim_note *note)
{
	job->slots += note->count;
	job->verdicts[note->verdict] += note->count;
	add_incident(book, job, note);
}

/* The same for the job and for all of them. */
static void count(struct sim_book *book, struct sim_job_book *job, const struct sim_note *note)
{
	switch (note->kind) {
	case SIM_BEGUN:
		begun(job, note);
		break;
	case SIM_RETRIED:
	case SIM_ENDED:
		ended(job, note);
		break;
	case SIM_NOT_RUN:
		not_run(book, job, note);
		break;
	case SIM_OVERDUE:
		job->overdue++;
		break;
	}
}

static void note(void *ctx, const struct sim_note *note)
{
	struct sim_book *book = ctx;
	struct sim_event *event;

	count(book, &book->jobs[note->job], note);
	count(book, &book->total, note);
	switch (note->kind) {
	case SIM_BEGUN:
		bin_of(book, note->now)->begun++;
		count_minute(book, note->now);
		event = list(book, note);
		*note->mark = event ? book->n_events : 0;
		if (event)
			event->end = USEC_INFINITY;
		break;
	case SIM_RETRIED:
	case SIM_ENDED:
		list_end(book, note);
		break;
	case SIM_NOT_RUN:
		if (note->verdict == VERDICT_SKIPPED || note->verdict == VERDICT_REFUSED)
			bin_of(book, note->now)->lost += (uint32_t)note->count;
		event = list(book, note);
		if (event)
			event->end = event->begin;
		break;
	case SIM_OVERDUE:
		break;
	}
}

static void see(struct sim_peak *peak, size_t count, usec_t at)
{
	if (count > peak->count)
		*peak = (struct sim_peak){count, at};
}

static void pass(void *ctx, usec_t since, usec_t until, struct sim_load load)
{
	struct sim_book *book = ctx;
	usec_t span = until - since;

	see(&book->running, load.running, since);
	see(&book->queued, load.queued, since);
	book->work += (usec_t)load.running * span;
	if (load.running >= book->workers)
		book->saturated += span;
	if (load.running == 0 && load.queued == 0)
		return;
	while (since < until) {
		size_t number = sim_book_bin(book, since);
		struct sim_bin *bin = &book->bins[number];
		usec_t end = book->bins_from + (usec_t)(number + 1) * book->bin;

		end = end < until ? end : until;
		bin->busy += (usec_t)load.running * (end - since);
		if (load.running > bin->peak_running)
			bin->peak_running = (uint32_t)load.running;
		if (load.queued > bin->peak_queued)
			bin->peak_queued = (uint32_t)load.queued;
		since = end;
	}
}

struct sim_sink sim_book_sink(struct sim_book *book)
{
	return (struct sim_sink){.note = note, .pass = pass, .ctx = book};
}
