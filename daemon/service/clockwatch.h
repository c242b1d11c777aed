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

/*
 * Calls stepped() from the loop after each jump. `step` is by how much wall time moved against
 * elapsed time, negative for backwards; about 0 after a mere suspend. Returns 0 or -errno.
 */
int clockwatch_new(struct event_base *base, void (*stepped)(void *ctx, usec_t step), void *ctx,
		   struct clockwatch **ret_watch) _must_check_;
void clockwatch_free(struct clockwatch *watch);
