/*
 * What is known of jobs from lives of the daemon before this one: read from the ledger, put to the
 * engine with the first load. Plain data.
 */
#pragma once

#include "base/clock.h"
#include "core/result.h"
#include "core/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a boot id (random(4)), with its NUL. */
#define PAST_BOOT_ID_SIZE 37

enum past_state {
	PAST_ACCEPTED, /* it had not been started: its slot is as if nobody had acted on it, but
			  one that is `manual` is started now */
	PAST_STARTED,  /* an attempt had been, or was about to be */
	PAST_BACKOFF,  /* an attempt had failed; the next was waited for */
};

/* An occurrence that has no verdict. */
struct past_run {
	uint64_t id;
	usec_t slot;
	enum past_state state;
	unsigned attempt; /* the last one that was made, or was about to be; 0 if PAST_ACCEPTED */
	bool manual;      /* as in struct engine_run */
	/* It was asked for with an environment that is not known any more: the shell's to see to.
	 */
	bool own_environment;
	/* PAST_STARTED. */
	bool alive;     /* its process still runs, and is to be adopted; else it is lost */
	int pid;        /* a pid_t; 0: not recorded */
	long start;     /* of the process, in clock ticks since boot (proc(5)); 0: not recorded */
	usec_t started; /* wall time; 0: not recorded */
	char boot[PAST_BOOT_ID_SIZE]; /* in which boot that was; "": not recorded */
	/* PAST_BACKOFF: what came of the last attempt, and how long until the next. */
	enum verdict verdict;
	struct run_result result;
	usec_t wait;
};

struct past_job {
	const char *name;
	uint32_t number;      /* in the ledger; 1 or more */
	const char *schedule; /* schedule_grid() of that which yielded its slots; NULL: it was not
				 in the configuration any more */
	usec_t accounted;  /* the last slot that needs no catching up, but for `held` and `runs` */
	usec_t held;       /* a slot that waited; USEC_INFINITY: none */
	uint32_t failures; /* as in struct engine_job */
	bool told;
	uint64_t last_id;
	enum verdict last_verdict;
	usec_t last_success; /* wall time; 0: never */
	usec_t last_ended;   /* wall time at which a run of it ended last; 0: never */
	usec_t last_took;    /* how long that took, as far as that is on record */
	bool paused;
	usec_t until;          /* wall time; USEC_INFINITY: until somebody resumes it */
	const char *reason;    /* of the pause */
	struct past_run *runs; /* by id */
	size_t n_runs;
};

struct past {
	struct past_job *jobs; /* by name (strcmp) */
	size_t n_jobs;
	uint64_t last_run; /* the highest numbers that were given */
	uint64_t last_streak;
	uint32_t last_job;
};

/* By name; NULL if there is none. O(log n). Any thread. */
const struct past_job *past_find(const struct past *past, const char *name);
