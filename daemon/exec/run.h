/*
 * One run of a job on a worker's thread: spawn it, forward its output, watch it, stop it when told
 * to, account for what it left behind.
 */
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "core/model.h"
#include "core/result.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

struct run_context; /* what all runs share: base environment, signals to reset */
struct run_local;   /* what a worker keeps from run to run: buffers, the child's stack */

struct run {
	/* Set by the loop before the run is handed over. */
	const struct job *job; /* held alive by the loop */
	uint64_t id;
	usec_t slot;
	usec_t queued; /* elapsed */
	/* Read by the loop at any time, for status only. */
	_Atomic pid_t pid; /* the main process while there is one; 0 otherwise */
	/* Set by the worker, read by the loop when the run has come back. */
	struct run_result result;
};

/* Where runs say what they have to say. Called on workers' threads. */
struct run_sink {
	/* A line that it printed, sanitized (text.h), with a NUL behind it; `stream` is "stdout" or
	   "stderr". */
	void (*line)(void *ctx, const struct run *run, const char *stream, const char *text,
		     size_t len);
	/* Something a user should know about it. */
	void (*note)(void *ctx, const struct run *run, enum log_level level, const char *text);
	void *ctx;
};

/* How the worker talks to whoever owns the run. */
struct run_control {
	int wakefd; /* readable: call woken(), and look at the clock again */
	/* Returns 0 to go on, 1 to stop the run (SIGTERM, kill_grace, SIGKILL), 2 to kill it. */
	int (*woken)(void *ctx);
	/* The process is there. */
	void (*started)(void *ctx);
	void *ctx;
};

/*
 * Makes what all runs share, from the daemon's user (getpwuid_r(3)) and environment; after every
 * signal handler is in place, and with descriptors 0 to 2 open. The process may then have as many
 * descriptors as it is allowed to (RLIMIT_NOFILE), as each run takes some; what it runs has the
 * limit that was in force before, and so has the process after run_context_free(). Returns 0 or
 * -errno. Read-only afterwards: any thread.
 */
int run_context_new(const struct run_sink *sink, struct run_context **ret_context) _must_check_;
void run_context_free(struct run_context *context);

/* What one worker keeps. NULL: out of memory. */
struct run_local *run_local_new(void) _must_check_;
void run_local_free(struct run_local *local);

/*
 * Runs it, from spawn to reap; fills run->result. A step that fails before the command is there is
 * RESULT_SPAWN_FAILED: stage "memory", "pipe", "clone", "setsid", "signals", "stdio", "limits",
 * "chdir" or "exec". Any thread that has all signals blocked; the thread must not end meanwhile.
 */
void run_execute(struct run *run, const struct run_context *context, struct run_local *local,
		 const struct run_control *control);
