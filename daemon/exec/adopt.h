/*
 * Runs that a daemon before this one started, and whose processes have outlived it. They are
 * nobody's children here: how they end is not seen, nor what they print.
 */
#pragma once

#include "base/cleanup.h"
#include "core/model.h"
#include "core/past.h"
#include "exec/run.h"

#include <stdint.h>
#include <sys/types.h>

/*
 * Is the process of that run, of this boot, still there? With its `pid` and `start` on record it
 * is that one or none. Where `start` is 0 its environment has to tell that it is, and where `pid`
 * is 0 too it is looked for among all: the first process that leads a session, runs as the user of
 * these settings and has the run's number in its environment; NULL: they are not known, and so is
 * nobody. May ask a name service. Returns its number, with *ret_start, and keeps its control group
 * from run_context_clear(), before which this is to be called, from the same thread; or returns 0.
 */
pid_t run_find_process(const struct run_context *context, const struct past_run *run,
		       const char *job, const struct job_settings *settings,
		       long *ret_start) _must_check_;

/*
 * Watches over the process `adopted` of a run: until it ends, its time-out, which counts from
 * `adopted_since`, or the order to stop it; then over what it left behind. Fills run->result:
 * RESULT_UNSEEN, timed_out, cancelled, started, ended, pid, leftovers. If it cannot be held, or it
 * is killed and does not end, it is noted, and `ended` is when it was given up. Any thread that has
 * all signals blocked.
 */
void run_adopt(struct run *run, const struct run_context *context, struct run_local *local,
	       const struct run_control *control);
