/*
 * Children that are not runs: as PID 1 of a container, or as the subreaper it makes itself, the
 * daemon inherits orphans. For the loop's thread, which itself starts no process: __WNOTHREAD
 * (waitpid(2)) then reaps orphans and never the exit status of a run, which is its worker's child.
 */
#pragma once

#include "base/clock.h"

/* Makes the process the reaper of its descendants (prctl(2), PR_SET_CHILD_SUBREAPER).
   Returns 0 or -errno. */
int reaper_init(void);

/* Reaps every orphan that has ended. Returns how many. Never blocks. */
unsigned reaper_collect(void);

/* How long descendants have from SIGTERM to SIGKILL. Microseconds. */
#define REAPER_GRACE USEC_PER_SEC

/*
 * Stops and reaps every descendant that is left, by SIGTERM, at most REAPER_GRACE and SIGKILL; only
 * when no worker lives any more. Returns how many processes had to be stopped.
 */
unsigned reaper_kill_all(void);
