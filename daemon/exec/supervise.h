/*
 * Supervision of one process and of all that it makes: waiting for its end, stopping it when its
 * time is over or when told to, accounting for what it left behind. Whose child it is, and how it
 * is reaped, is the caller's business. One thread at a time.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/model.h"
#include "core/result.h"
#include "exec/tree.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct run_control;

/* Read at once; what a pipe holds by default, so that a read that is not filled emptied it. */
#define SUPERVISE_READ_SIZE ((size_t)64 * 1024)

/* How long a killed process may take to vanish before it is given up. */
#define SUPERVISE_KILL_PATIENCE (5 * USEC_PER_SEC)

/* How long tracers have to see that who they trace has ended, before they are killed. */
#define SUPERVISE_TRACER_PATIENCE USEC_PER_SEC

/* How often it is looked for what nothing tells of: from the first time on twice as long each. */
#define SUPERVISE_LOOK_FIRST USEC_PER_MSEC
#define SUPERVISE_LOOK_LAST  (64 * USEC_PER_MSEC)

/* Descriptors beyond the processes' that are polled: stdout, stderr, the wake descriptor. */
#define SUPERVISE_POLL_EXTRA 3

/* What a worker keeps from one process to the next. */
struct supervisor {
	struct tree tree;
	int awaited[TREE_MEMBERS]; /* whose end is waited for; negative: not any more */
	struct pollfd polls[TREE_MEMBERS + SUPERVISE_POLL_EXTRA];
	char read[SUPERVISE_READ_SIZE];
};

void supervisor_init(struct supervisor *supervisor);
void supervisor_done(struct supervisor *supervisor);

struct supervise_plan {
	usec_t timeout;     /* 0: none */
	usec_t max_runtime; /* after which it is only said that it goes on; 0: never */
	int kill_signal;
	usec_t kill_grace; /* from that to SIGKILL */
	enum leftover_policy leftover;
};

struct supervise_listener {
	/* It printed something: stream 0 is its standard output, 1 its standard error. Not without
	   pipes. */
	void (*output)(void *ctx, int stream, const char *data, size_t len);
	/* Something a user should know; sanitized (text.h). */
	void (*note)(void *ctx, enum log_level level, const char *text);
	void *ctx;
};

/* How far it has been stopped. */
enum supervise_stop {
	STOP_NOT,
	STOP_TERM,
	STOP_KILL,
	STOP_TRACERS, /* they were killed too */
};

struct supervision {
	struct supervisor *supervisor; /* its tree is that of the process: tree_begin() */
	const struct supervise_plan *plan;
	const struct run_control *control;
	const struct supervise_listener *listener;
	struct run_result *result;
	pid_t pid;
	int pipes[2]; /* what stdout and stderr are read from; negative: nothing is */
	bool reaped;
	bool over;                /* the main process has been reaped or given up */
	bool told;                /* of trouble with the tree */
	int level;                /* what woken() last returned */
	enum supervise_stop stop; /* the last step */
	usec_t deadline;          /* elapsed: when the next step of stopping is due */
	usec_t warning;           /* elapsed: when it has to be said that it goes on */
};

/* The process began at that elapsed time: sets `deadline` and `warning`. */
void supervise_begin(struct supervision *supervision, usec_t began);

/*
 * Until the process of that pidfd has ended. Fills in result->timed_out, cancelled and ended.
 * Returns whether it has, or else was given up, which has been noted: it was killed, and so was who
 * traces it.
 */
bool supervise_main(struct supervision *supervision, int pidfd) _must_check_;

/*
 * Waits until one of the processes awaited[0] to awaited[n - 1] ends, something else happens, or
 * the deadline or that of a warning comes; forwards output. The entry of one that ended is set to
 * -1. Returns how many ended.
 */
unsigned supervise_wait(struct supervision *supervision, size_t n);

/* Of the main process. What is done is noted. */
void supervise_kill_tracers(struct supervision *supervision);
void supervise_note_given_up(struct supervision *supervision, const char *why);

/* Behind the end of the main process: stops what it left behind, or leaves it alone; both are
   noted. Fills in result->leftovers. */
void supervise_leftovers(struct supervision *supervision);

static inline bool supervise_is_past(usec_t elapsed)
{
	return elapsed != USEC_INFINITY && clock_elapsed() >= elapsed;
}
