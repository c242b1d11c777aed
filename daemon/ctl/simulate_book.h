/*
 * The book of a simulation: what is counted of what happens. Its size follows from the number of
 * jobs, whatever the span: time is looked at in a bounded number of bins, and what is listed is
 * bounded.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/verdict.h"
#include "ctl/simulate_driver.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most bins that the span is divided into, and the most things that are listed. */
#define SIM_BINS_MAX   16384
#define SIM_EVENTS_MAX 50000

/* Slots of a job that did not run, for one reason. */
struct sim_incident {
	struct sim_incident *next;
	enum verdict verdict;
	enum reason reason;
	uint64_t count;
	usec_t first; /* slots */
	usec_t last;
};

struct sim_job_book {
	uint64_t slots; /* that ran, wait to run, or have their verdict */
	uint64_t begun; /* runs that a worker has begun with */
	uint64_t tries; /* attempts that one has */
	uint64_t overdue;
	uint64_t verdicts[VERDICT_COUNT];
	usec_t busy; /* of workers with it, as far as these attempts have ended */
	usec_t longest_wait;
	usec_t longest_run;             /* of an attempt */
	struct sim_incident *incidents; /* in the order they were met */
};

struct sim_bin {
	uint32_t begun; /* attempts */
	uint32_t lost;  /* slots that were skipped or refused */
	uint32_t peak_running;
	uint32_t peak_queued;
	usec_t busy; /* of all workers */
};

/* An attempt, or slots that did not run. */
struct sim_event {
	usec_t begin;   /* when a worker began with it, or it came to nothing */
	usec_t end;     /* USEC_INFINITY: it has not ended; of slots that did not run: the begin */
	usec_t slot;    /* the last of several */
	uint64_t count; /* of slots that did not run; 0: it is an attempt */
	uint32_t job;
	uint32_t attempt;
	enum verdict verdict : 8; /* VERDICT_OK of one that has not ended */
	enum reason reason : 8;
	bool again : 1; /* the attempt failed, and another follows */
};

/* So many of something, and since when. */
struct sim_peak {
	size_t count;
	usec_t at;
};

struct sim_book {
	usec_t from;
	usec_t to;
	unsigned workers;
	size_t n_jobs;
	struct sim_job_book *jobs;
	struct sim_job_book total;
	struct sim_peak running;
	struct sim_peak queued;
	struct sim_peak minute; /* attempts begun in the busiest minute of the clock */
	struct sim_peak this_minute;
	usec_t saturated; /* how long every worker was busy */
	usec_t work;      /* of all workers, whether the runs have ended or not */
	usec_t bins_from; /* `from` or before: a full minute, hour, day, ... on local clocks then */
	usec_t bin;       /* the width of one */
	size_t n_bins;
	struct sim_bin *bins;
	struct sim_event *events; /* NULL: nobody wants to see them */
	size_t n_events;
	size_t events_size;
	uint64_t unlisted; /* beyond SIM_EVENTS_MAX, or for want of memory */
	bool out_of_memory;
};

/*
 * An empty book. `offset`: local time less UTC. Returns 0 or -ENOMEM. `list`: keep events as well.
 */
int sim_book_init(struct sim_book *book, size_t n_jobs, unsigned workers, usec_t from, usec_t to,
		  usec_t offset, bool list) _must_check_;
void sim_book_done(struct sim_book *book);

/* What fills it. */
struct sim_sink sim_book_sink(struct sim_book *book);

/* The bin that a time lies in; `time` is in [from, to). */
static inline size_t sim_book_bin(const struct sim_book *book, usec_t time)
{
	return (size_t)((time - book->bins_from) / book->bin);
}
