/*
 * The ledger: the durable account of every occurrence, an SQLite database in the state directory.
 *
 * A thread of its own has the handle, and commits in groups: all that waits goes into one
 * transaction. The loop posts what happened and never waits. What it posts between two calls of
 * ledger_flush() is one group, which is committed as a whole or not at all; groups keep their
 * order. A worker that is about to make a process waits until it is on record that it does.
 *
 * A disk that is full, slow, read-only or broken is trouble, not an error: what is posted is kept
 * in bounded memory and written when it can be, nobody waits for it any more, and the loop hears of
 * it.
 *
 * All of it is for the loop's thread unless it says otherwise. Times are wall time. A posting that
 * finds no memory is counted as dropped.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/model.h"
#include "core/past.h"
#include "core/result.h"
#include "core/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of the database; in the state directory. */
#define LEDGER_NAME "ledger.db"

struct ledger;

struct ledger_settings {
	enum durability durability; /* not DURABILITY_NONE */
	usec_t history_keep;        /* as in struct daemon_settings */
	unsigned history_runs;
};

/* What the daemon says of itself. */
struct ledger_life {
	usec_t started;
	pid_t pid;
	const char *version;
	const char *boot; /* boot id */
};

/* When a process began, in clock ticks since boot (proc(5)); 0: it cannot be told. In the ledger's
   thread. */
typedef long ledger_start_fn(pid_t pid);

/*
 * Opens or makes the database in that directory, brings an older one up to the present schema,
 * reads what it knows into *ret_past, and starts the thread. A database that is broken is set
 * aside. What cannot be had is trouble, as ledger_news() then tells; *ret_past knows no jobs then,
 * and its last numbers of runs and streaks are beyond any that may be in the file. The life is on
 * record as soon as anything can be. Without a directory all of that is put off until there is one
 * (ledger_place()); until then it is trouble of which there are no news. Returns 0 or -errno, which
 * has nothing to do with the database: -ENOMEM, -EAGAIN for want of a thread, ...
 */
int ledger_open(const char *directory, const struct ledger_settings *settings,
		const struct ledger_life *life, ledger_start_fn *start, struct ledger **ret_ledger,
		struct past *ret_past) _must_check_;

/* The directory, for one that was opened without: what was posted until now goes into the database
   there as soon as it can be had. Once. Returns 0 or -ENOMEM. */
int ledger_place(struct ledger *ledger, const char *directory) _must_check_;

/* Writes what was posted, if that is possible within `patience`, and closes it. `clean`: the daemon
   stopped as it should; with false its life has no end on record. Returns how many postings were
   never written. NULL is fine. */
uint64_t ledger_close(struct ledger *ledger, bool clean, usec_t now, usec_t patience);

/* Gives back what ledger_open() has read. An empty one is fine. */
void past_done(struct past *past);

/* Other settings from now on. */
void ledger_configure(struct ledger *ledger, const struct ledger_settings *settings);

/* --- how it is --- */

#define LEDGER_TEXT_SIZE 512

struct ledger_news {
	bool trouble; /* it cannot be written, or does not answer */
	/* What is wrong and what to do about it, in a sentence without its full stop; if there is
	   no trouble, what there was last, or "". */
	char text[LEDGER_TEXT_SIZE];
	uint64_t waiting;         /* postings in memory */
	uint64_t dropped;         /* that were given up for want of room, ever */
	uint64_t outputs_dropped; /* outputs of runs that were, likewise */
	/* A new file was begun, or one that could not be read could be written at last: it knows no
	   job. Post all that there are, and all live runs, then call ledger_flush(). */
	bool renewed;
	char set_aside[LEDGER_TEXT_SIZE]; /* what a broken file is named now; "": none was */
};

/* Readable when there are news. */
int ledger_fd(const struct ledger *ledger);

/* Takes them: `renewed` and `set_aside` are told once. Any time. */
void ledger_news(struct ledger *ledger, struct ledger_news *ret_news);

/* How many postings wait in memory, and how many were given up, as of now: there are no news only
   because these change. Any time. */
void ledger_count(struct ledger *ledger, uint64_t *ret_waiting, uint64_t *ret_dropped);

/* --- what happened --- */

/* A job that is new, came back, or has other slots than before (see EFFECT_JOB_KNOWN). */
struct ledger_job {
	uint32_t number;
	const char *name;
	const char *schedule; /* schedule_grid() */
	usec_t since;         /* slots up to this one do not count */
};
void ledger_job(struct ledger *ledger, const struct ledger_job *job);
void ledger_job_gone(struct ledger *ledger, uint32_t job, usec_t at);

struct ledger_job_state {
	uint32_t job;
	uint32_t failures;
	bool told;
	bool paused;
	usec_t until;       /* USEC_INFINITY: until somebody resumes it */
	const char *reason; /* of the pause */
};
void ledger_job_state(struct ledger *ledger, const struct ledger_job_state *state);

/* A slot of the job that waits; USEC_INFINITY: none does (see EFFECT_HELD). */
void ledger_held(struct ledger *ledger, uint32_t job, usec_t slot);

/* Who wants a run; as it is in the database. */
enum ledger_asked {
	ASKED_BY_SCHEDULE,
	ASKED_BY_HAND,
	ASKED_WITH_ENVIRONMENT, /* by hand, with one of its own, which is not on record */
};

/* An occurrence that becomes a run. */
struct ledger_run {
	uint64_t id;
	uint32_t job;
	unsigned attempt; /* counts from 1 */
	enum ledger_asked asked;
	usec_t slot;
	usec_t due;      /* slot and delay */
	usec_t accepted; /* when it was found due, or its turn came */
};
void ledger_accepted(struct ledger *ledger, const struct ledger_run *run);

/* One of which a new file is to know, and whose process was made or is about to be. */
void ledger_begun(struct ledger *ledger, const struct ledger_run *run, usec_t now);

/* An attempt failed, and another one follows at `next`. */
struct ledger_attempt {
	struct ledger_run run;
	enum verdict verdict;
	enum reason reason;
	const struct run_result *result; /* NULL: it was never handed over */
	usec_t elapsed_offset; /* what makes wall time of the elapsed times in `result`, if added */
	usec_t next;           /* of ledger_retry() */
	pid_t pid;             /* of its process; 0: there was none */
	/* Of ledger_ended(): the head and the tail of what it printed; copied. */
	const char *head;
	size_t head_len;
	const char *tail;
	size_t tail_len;
};
void ledger_retry(struct ledger *ledger, const struct ledger_attempt *attempt);

/* The verdict of a run. */
void ledger_ended(struct ledger *ledger, const struct ledger_attempt *attempt);

/* A run of the past that is no longer one: its slot is looked at anew, or is accounted for in a
   streak. */
void ledger_forget(struct ledger *ledger, uint64_t run);

/* A streak has grown to what it is, or begun. */
struct ledger_streak {
	uint64_t id;
	uint32_t job;
	enum verdict verdict;
	enum reason reason;
	uint64_t count;
	usec_t first; /* slots */
	usec_t last;
	usec_t at;      /* now */
	uint64_t unrun; /* a run that came to nothing, whose row goes; 0: none */
};
void ledger_streak(struct ledger *ledger, const struct ledger_streak *streak);

/* The clock was set by that much. */
void ledger_clock_stepped(struct ledger *ledger, usec_t at, usec_t by);

/* What was posted since the last call is a group. */
void ledger_flush(struct ledger *ledger);

/* --- for workers --- */

/*
 * Puts on record that a process of the run is about to be made, and waits until that is as durable
 * as it is to be; not longer than `patience`, and not at all while there is trouble. `now` is wall
 * time. Returns whether it is on record. Any thread.
 */
bool ledger_intend(struct ledger *ledger, const struct ledger_run *run, usec_t now,
		   usec_t patience);

/* The process is there. Nobody waits for that to be on record, and of a run that is over within
   moments it is not written by itself. Any thread. */
void ledger_process(struct ledger *ledger, uint64_t run, pid_t pid, usec_t now);
