/*
 * The spans of elapsed time that the engine asked for: until the next attempt of a run, until a job
 * is overdue. They count suspend, which timers do not. For the loop's thread.
 */
#pragma once

#include "base/clock.h"

struct daemon;
struct engine_job;
struct engine_run;

/* ENGINE_RETRY_DUE after that span. */
void spans_retry(struct daemon *daemon, struct engine_run *er, usec_t span);
void spans_retry_off(struct engine_run *er);

/* Until then; of a run that waits for its next attempt. */
usec_t spans_left(const struct engine_run *er);

/* ENGINE_OVERDUE after that span, instead of any before; USEC_INFINITY: never. */
void spans_expect(struct daemon *daemon, struct engine_job *job, usec_t span);

/* ENGINE_CATCH_UP after that span. */
void spans_catch_up(struct daemon *daemon, usec_t span);

/* Sets every timer anew: time passed that they did not count, or one could not be set. */
void spans_rearm(struct daemon *daemon);

/* Frees what jobs have; no timer fires after that. */
void spans_done(struct daemon *daemon);
