/*
 * What clients have the daemon do, beyond the moment in which they ask: those who wait for the end
 * of a run, and what is done to many jobs, a few at a time. Loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "core/engine.h"

#include <stddef.h>
#include <sys/queue.h>

struct act_waiter;
struct act_sweep;
struct control;
struct exchange;

/* Part of struct control; all zero at first. */
struct acts {
	LIST_HEAD(act_waiters, act_waiter) waiters; /* for the end of runs */
	struct act_waiter *asking; /* whose run is about to be accepted; NULL: nobody's */
	LIST_HEAD(act_sweeps, act_sweep) sweeps;
};

/* Ends what goes on; when no client is left. */
void acts_done(struct acts *acts);

/* An effect of the engine: the end that somebody waits for, perhaps. */
void acts_effect(struct acts *acts, const struct effect *effect);

/* "everyd is stopping", if it is: then that was answered, and true is returned. */
bool act_is_stopping(struct exchange *exchange);

/* Lets go of the sweeps. */
void act_sweeps_done(struct acts *acts);
