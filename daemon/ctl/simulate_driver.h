/*
 * The simulator: the engine that the daemon has, under a clock that goes from one event to the
 * next, with a pool of workers that only pretend to work. What happens is told to a sink.
 *
 * Runs last as long as struct sim_guess says; of two things at the same instant, ends of runs come
 * before slots. A run that is stopped ends at once, one whose time-out is shorter than it lasts at
 * its time-out; what is told of runs, by hooks and mail, takes no time. Times that are told are
 * whole milliseconds.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;
struct sim;
struct sim_guess;

enum sim_note_kind {
	SIM_BEGUN,   /* .run, .slot, .attempt, .since: a worker begins with an attempt */
	SIM_RETRIED, /* .run, .slot, .attempt, .since, .verdict, .reason: it failed, and another
			follows */
	SIM_ENDED,   /* the same: that was the last one */
	SIM_NOT_RUN, /* .slot, .last, .count, .verdict, .reason, .unrun */
	SIM_OVERDUE, /* no success within expect_within */
};

struct sim_note {
	enum sim_note_kind kind;
	usec_t now;
	size_t job;       /* its number in the model */
	uint64_t run;     /* counts from 1 */
	usec_t slot;      /* or the first of several */
	usec_t last;      /* slot */
	uint64_t count;   /* of slots */
	usec_t since;     /* BEGUN: was due, or failed before; otherwise: was begun */
	unsigned attempt; /* counts from 1; 0: no worker had it since the last note */
	enum verdict verdict;
	enum reason reason;
	bool unrun; /* it had been accepted */
	/* BEGUN, RETRIED, ENDED: the sink's own, kept with the run from note to note; 0 at first.
	 */
	size_t *mark;
};

/* What workers and queue are like from one event to the next. */
struct sim_load {
	size_t running; /* workers that are busy */
	size_t queued;  /* accepted runs that wait: for a worker, their group, or room */
};

struct sim_sink {
	/* `note` happens. Must not call back. */
	void (*note)(void *ctx, const struct sim_note *note);
	/* Before the clock goes on: this is how it was from `since` until `until`. */
	void (*pass)(void *ctx, usec_t since, usec_t until, struct sim_load load);
	void *ctx;
};

/* A machine where everyd starts at `from`, which is not negative, with nothing on record: slots
   from then on count. `guess` is of that model and is to outlive it. Returns 0 or -ENOMEM. */
int sim_new(struct model *model, const struct sim_guess *guess, usec_t from, struct sim_sink sink,
	    struct sim **ret_sim) _must_check_;
void sim_free(struct sim *sim);

/*
 * Lets time go on up to, but not with, `until`, for `max_steps` events at most. Returns 1 if that
 * time has come, 0 if there is more to do, or -ENOMEM.
 */
int sim_run(struct sim *sim, usec_t until, size_t max_steps) _must_check_;

/* What time it is. */
usec_t sim_now(const struct sim *sim);

struct sim_load sim_load(const struct sim *sim);
