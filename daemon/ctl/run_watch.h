/* Watching a run to its end: what it prints, as it comes, and what came of it. One thread. */
#pragma once

#include "base/cleanup.h"
#include "ctl/online.h"

#include <stdbool.h>
#include <stdint.h>

struct run_watch {
	struct online *online;
	struct client_stream *stream;
	const char *job;
	uint64_t run; /* 0: it has not begun yet */
	json_t *end;  /* what came of it; NULL: it has not ended */
	bool put_off; /* everyd has stopped, and the run was not to end with it */
	bool cut_off; /* what it prints came faster than it was taken */
};

/* Begins to listen to a job, whose name must stay. Returns CTL_OK, or another exit status after it
   was said; give it back by run_watch_done() in any case. */
int run_watch_begin(struct run_watch *watch, struct online *online, const char *job) _must_check_;
void run_watch_done(struct run_watch *watch);

/*
 * Prints what that run of the job prints (unless --json is given), standard output to standard
 * output and so on, until it has ended. Returns CTL_OK with *ret_run what came of it, as everyd
 * describes runs, to be given back; or another exit status after it was said.
 */
int run_watch_end(struct run_watch *watch, uint64_t run, json_t **ret_run) _must_check_;
