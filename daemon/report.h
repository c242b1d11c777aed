/* What the daemon says about jobs and runs, in words. For the loop's thread. */
#pragma once

#include "core/engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct daemon;

/* So many lines of occurrences that got the same verdict without a run are logged in one step. */
#define REPORT_STREAKS_MAX 100

/* Those that there were, in the step in progress. Zero: none. */
struct report_streaks {
	uint64_t lines[VERDICT_COUNT];
	bool full; /* of a verdict there were more than that */
};

/* One line for a run's verdict. */
void report_ended(const struct engine_run *run, enum verdict verdict, enum reason reason,
		  const struct run_result *result);

/* "attempt 1 of 4 failed: exit status 1 after 2s; the next in 10s" */
void report_retry(const struct engine_run *run, enum verdict verdict, enum reason reason,
		  const struct run_result *result, usec_t span);

/* "goes on after the restart: attempt 2 of 4 in 10s" */
void report_retry_restored(const struct engine_run *run, usec_t span);

/* "everyd stops: attempt 2 of 4 is made after its next start" */
void report_put_off(const struct engine_run *run);

/* A process of the daemon before this one still runs. */
void report_adopted(const struct engine_run *run, pid_t pid);

/* "paused until 2026-03-01 06:00:00: the disk is being replaced"; "resumed". */
void report_paused(const struct engine_job *job);
void report_resumed(const struct engine_job *job);

/* Hooks and mails that are not carried out: one line for the first of those in a row ... */
void report_notice_dropped(const struct engine_run *run, enum reason reason,
			   const struct run_result *result);

/* ... and one for the others: "3 more were not told". */
void report_drops_end(const struct engine_job *job);

/* A job has not succeeded for as long as expect_within says. */
void report_overdue(const struct engine_job *job);

/* One line for the first of a streak of occurrences that do not run; `result` as in
   EFFECT_STREAK_BEGIN ... */
void report_streak_begin(struct daemon *daemon, struct engine_job *job,
			 const struct engine_streak *streak, const struct run_result *result);

/* ... and one for the whole, if there is more to say than at its beginning. */
void report_streak_end(struct daemon *daemon, const struct engine_job *job,
		       const struct engine_streak *streak);

/* A step is done: one line for all those that were too many in it. */
void report_step_done(struct daemon *daemon);

/* "reload: 2 added, 1 changed, 1 removed, 97 unchanged"; the first time "everyd 0.1.0 started: 100
 * jobs".
 */
void report_loaded(const struct daemon *daemon, const struct engine_diff *diff);

/* What came of the whole life of the daemon, when it ends. */
void report_summary(const struct daemon *daemon);

/* All that is known, for SIGUSR1: the daemon, its runs, its jobs (a few hundred at most). */
void report_status(struct daemon *daemon);

/* Room for a headline. */
#define REPORT_HEADLINE_SIZE 2048

/* The line for STATUS=: "97 jobs, 3 running, next backup in 4m", and what is amiss. */
void report_headline(struct daemon *daemon, char *buf, size_t size);
