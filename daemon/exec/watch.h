/*
 * One command from spawn to reap: hand on what it prints, stop it when its time is over or when
 * told to, account for what it left behind. It knows of no job: that of a run, its condition, its
 * hooks and its mail are watched alike.
 */
#pragma once

#include "base/cleanup.h"
#include "core/result.h"
#include "exec/spawn.h"
#include "exec/supervise.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct cgroup;
struct run_control;

/* What a worker keeps from one command to the next: buffers, the child's stack. */
struct watcher;

/* NULL: out of memory. */
struct watcher *watcher_new(void) _must_check_;
/* NULL is fine. */
void watcher_free(struct watcher *watcher);

/* What of it is for a process that need not be spawned. */
struct supervisor *watcher_supervisor(struct watcher *watcher);

/* Who hears of it, on the thread that watches. */
struct watch_listener {
	/* The process is about to be made; nothing but that can fail any more. Returns whether it
	   is to be. NULL: it is, and nobody wants to know. */
	bool (*intend)(void *ctx);
	void (*started)(void *ctx);      /* the process is there; NULL: nobody wants to know */
	struct supervise_listener heard; /* its `ctx` is that of all of them */
};

struct watch_plan {
	struct spawn spawn; /* but for stdio[1], stdio[2], stack, patience, which are filled in */
	bool direct;        /* stdio is all there: nobody hears what it prints */
	struct cgroup *cgroup; /* as tree_begin() takes it, and the next */
	char *const *marks;
	struct supervise_plan supervise;
	_Atomic pid_t *pid; /* shows the process while there is one; 0 otherwise */
};

/*
 * Carries out the plan. Fills in *result what there is to say of the process: kind, code, stage,
 * timed_out, cancelled, started, ended, pid, cpu, max_rss, leftovers; the rest stays. Stages are
 * "pipe", "wait" and those of struct spawn_error; "wait" with ETIMEDOUT: it was killed and does not
 * end, or has ended and is held by who traces it, and is given up. One that was not to be made
 * after all is RESULT_NOT_STARTED and `cancelled`. Any thread that has all signals blocked; the
 * thread must not end meanwhile.
 */
void watch(struct watcher *watcher, struct watch_plan *plan, const struct run_control *control,
	   const struct watch_listener *listener, struct run_result *result);
