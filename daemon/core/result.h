/* What came of an attempt to run a job: filled by its worker, judged by the engine. */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum result_kind {
	RESULT_EXITED,       /* the main process exited; `code` is its status */
	RESULT_SIGNALLED,    /* it was killed by signal `code` */
	RESULT_SPAWN_FAILED, /* it never became the command: `stage` failed with errno `code` */
	RESULT_NOT_STARTED,  /* taken back from the queue before a worker had it */
	RESULT_NO_RESOURCES, /* the pool could not take it: errno `code` */
	RESULT_UNWANTED,     /* only_if said no, with exit status `code` */
	RESULT_UNSEEN, /* a process of a daemon before this one: it has ended, how is not known */
};

struct run_result {
	enum result_kind kind;
	int code;
	const char *stage;  /* of RESULT_SPAWN_FAILED: "exec", "chdir", ...; static text */
	bool timed_out;     /* the worker stopped it at its time-out */
	bool cancelled;     /* the worker stopped it because it was told to */
	bool out_of_memory; /* the kernel killed a process of it at its memory_max */
	usec_t queued;      /* elapsed time when it went to the pool */
	usec_t taken;       /* elapsed time when a worker began with it; 0: never */
	usec_t started;     /* elapsed time when its process was made; 0: never */
	usec_t spawned;     /* elapsed time when its program was in place; 0: never */
	usec_t ended;       /* elapsed time when the main process ended; 0: never started */
	int pid;            /* of that process; 0: there was none */
	usec_t cpu;         /* user and system time of the main process and what it waited for */
	long max_rss;       /* their peak resident memory, kilobytes */
	unsigned leftovers; /* processes it left behind */
	uint64_t printed;   /* bytes */
	uint64_t dropped;   /* of these, for want of room or by output_rate and output_max */
};
