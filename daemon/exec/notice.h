/*
 * Telling somebody what became of a run: its hooks, one after the other, then a mail. Each is run
 * as the job would be, for at most hook_timeout; what goes wrong is said and harms nobody.
 */
#pragma once

#include "exec/run.h"

/*
 * Carries out run->notice; run->result and run->output are those of the run that it tells of.
 * Returns early when told to stop, leaving out what had not begun. Any thread that has all signals
 * blocked; the thread must not end meanwhile.
 */
void notice_execute(struct run *run, const struct run_context *context, struct run_local *local,
		    const struct run_control *control);
