/*
 * Jobs, runs and their ends as JSON, as all answers have them: each function returns a new value,
 * NULL when memory is out. Loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "control/host.h"

#include <jansson.h>

/* What a job is doing. */
struct job_doing {
	unsigned running; /* runs that have a process */
	unsigned waiting; /* runs that wait for something, and slots */
};

struct job_doing describe_doing(const struct control_host *host, const struct engine_job *job);

/* When it is due next, its pause considered; USEC_INFINITY: never, or nobody knows. */
usec_t describe_next(const struct engine_job *job);

/* As in lists; `open`: for anybody, without the user that it runs as. */
json_t *describe_job(const struct control_host *host, const struct engine_job *job,
		     bool open) _must_check_;

/* Where a run is that has not ended: "waiting", "queued", "running" or "retrying". */
const char *describe_run_state(const struct engine_run *run, const struct control_run_facts *facts);

/* Why a run could not be started, in words: what failed (NULL: nobody knows), and errno; 0: it
   could. */
json_t *describe_problem(const char *stage, int number) _must_check_;

/* Of EFFECT_ENDED, as describe_row() has the same: what came of the run. */
json_t *describe_end(const struct effect *effect) _must_check_;

/* What occurrences that did not run came to. */
json_t *describe_streak(const struct engine_streak *streak) _must_check_;
