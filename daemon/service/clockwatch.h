/*
 * Tells when wall time jumps: the clock was set, or the machine was suspended and resumed.
 * A timerfd with TFD_TIMER_CANCEL_ON_SET (timerfd_create(2)) in the loop; no wakeups otherwise.
 * For the loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

struct clockwatch;
struct event_base;

/* What happened since the clocks were looked at last. */
struct clock_jump {
	usec_t step;      /* by how much wall time moved against elapsed time, negative for
			     backwards; about 0 after a mere suspend */
	usec_t suspended; /* for how long the machine was suspended; 0: it was not */
};

/* Calls jumped() from the loop after each jump. Returns 0 or -errno. */
int clockwatch_new(struct event_base *base, void (*jumped)(void *ctx, struct clock_jump jump),
		   void *ctx, struct clockwatch **ret_watch) _must_check_;

/*
 * Looks at the clocks now, so that what happens after a jump is not taken for what happened before
 * it, only because the loop came to it first. Calls jumped() if there was one of a second or more,
 * or a suspend; the loop will nevertheless call it for that again, with what is left: about 0.
 */
void clockwatch_look(struct clockwatch *watch);
void clockwatch_free(struct clockwatch *watch);
