/*
 * One run of a job on a worker's thread: spawn it, forward its output, watch it, stop it when told
 * to, account for what it left behind.
 */
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "core/engine.h"
#include "core/model.h"
#include "core/result.h"
#include "exec/cgroup.h"
#include "exec/keep.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

struct run_context; /* what all runs share: base environment, signals to reset */
struct run_local;   /* what a worker keeps from run to run: buffers, the child's stack */

struct run {
	/* Set by the loop before the run is handed over. */
	const struct job *job; /* held alive by the loop, as is the next */
	const struct daemon_settings *daemon;
	uint64_t id;
	usec_t slot;
	usec_t queued; /* elapsed */
	unsigned attempt;
	/* NAME=VALUE, over what the job's settings and its files say; NULL: nothing. */
	const struct text_list *environment;
	struct engine_notice notice; /* for notice_execute() */
	/* For run_adopt() (adopt.h): of the process of a daemon before this one. */
	pid_t adopted;
	long adopted_start;   /* in clock ticks since boot (proc(5)) */
	usec_t adopted_since; /* elapsed time when it began */
	/* Read by the loop at any time, for status only. */
	_Atomic pid_t pid;    /* the main process while there is one; 0 otherwise */
	_Atomic usec_t begun; /* elapsed: when a worker took it; the loop makes it 0 before */
	/* Set by the worker, read by the loop when the run has come back, and by the worker that
	   carries out the notice of its end. */
	struct run_result result;
	struct kept_output *output; /* what it printed, if that is of interest; freed by free(3) */
};

/* Where runs say what they have to say. Called on workers' threads. */
struct run_sink {
	/* What the job's own command printed, as it is: stream 0 is its standard output, 1 its
	   standard error. NULL: it goes where the job's settings say. */
	void (*output)(void *ctx, int stream, const char *data, size_t len);
	/* A line that it printed, sanitized (text.h), with a NUL behind it. */
	void (*line)(void *ctx, const struct log_line *line);
	/* Something a user should know about it. */
	void (*note)(void *ctx, const struct run *run, enum log_level level, const char *text);
	void *ctx;
};

/* How the worker talks to whoever owns the run. */
struct run_control {
	int wakefd; /* readable: call woken(), and look at the clock again */
	/* Returns 0 to go on, 1 to stop the run (SIGTERM, kill_grace, SIGKILL), 2 to kill it. */
	int (*woken)(void *ctx);
	/* Its process, that of the command, is about to be made: waits until that is on record.
	   Nothing but the making can fail any more; but woken() is asked once more behind it. NULL:
	   nobody wants to know. */
	void (*intend)(void *ctx);
	/* The process is there. */
	void (*started)(void *ctx);
	void *ctx;
};

/*
 * Makes what all runs share, from the daemon's user (getpwuid_r(3)) and environment, and finds the
 * control groups that it was given; after every signal handler is in place, with descriptors 0 to 2
 * open and with no other thread there. `directory` is where files for hooks are put, and nobody
 * else's; it is made if it is not there. NULL: there will be no hooks. The process may then have as
 * many descriptors as it is allowed to (RLIMIT_NOFILE), as each run takes some; what it runs has
 * the limit that was in force before, and so has the process after run_context_free(). Returns 0 or
 * -errno. Read-only afterwards: any thread.
 */
int run_context_new(const struct run_sink *sink, const char *directory,
		    struct run_context **ret_context) _must_check_;
/* NULL is fine. After every run_local_free(). */
void run_context_free(struct run_context *context);

/* 0; or -errno of looking for control groups: runs go without, and somebody should be told. Any
   thread. */
int run_context_trouble(const struct run_context *context);

/* Users and groups are looked up anew from now on. Any thread. */
void run_context_forget_users(struct run_context *context);

/*
 * Kills what runs of a daemon before this one left behind in control groups, except where
 * run_find_process() found somebody (adopt.h). Call it before the first run; not while another
 * thread uses the context.
 */
void run_context_clear(const struct run_context *context);

/* Can runs be bounded by that controller here? */
bool run_context_can(const struct run_context *context, enum cgroup_controller controller);

/* What one worker keeps. NULL: out of memory. */
struct run_local *run_local_new(void) _must_check_;
/* NULL is fine. */
void run_local_free(struct run_local *local);

/*
 * Runs an attempt, from only_if to reap; fills run->result, and run->output, which frees that of an
 * attempt before. A step that fails before the command is there is RESULT_SPAWN_FAILED with a
 * stage: "memory", "pipe", "user", "group", "groups", "environment", "environment_file", "workdir",
 * "stdin", "cgroup", "only_if", or one of struct spawn_error. One that is told to stop before that
 * is RESULT_NOT_STARTED and `cancelled`. Any thread that has all signals blocked; the thread must
 * not end meanwhile.
 */
void run_execute(struct run *run, const struct run_context *context, struct run_local *local,
		 const struct run_control *control);
