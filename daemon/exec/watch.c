/*
 * See watch.h.
 *
 * The write ends of the output pipes stay open here as long as the command is watched: one that
 * closes its output, or ends, then wakes nobody by it. What tells that it has ended is its pidfd
 * alone, which supervise_wait() looks at first.
 *
 * A process that has ended is reaped when whoever traces it (ptrace(2)) has let go of it, and one
 * that was killed may not end before a file system of its user answers. None of this is waited for
 * without end: what does not end is given up, and reaped by this thread later, or by the daemon's
 * first one, which inherits it (reaper.h).
 */
#include "exec/watch.h"

#include "exec/pipe.h"
#include "exec/run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* From birth to exec, for those who take on another user. */
#define SPAWN_PATIENCE (10 * USEC_PER_SEC)

struct watcher {
	void *stack;   /* of the child, with a page in front that may not be touched */
	bool given_up; /* a child of this thread was */
	struct supervisor supervisor;
};

/* --- what a worker keeps --- */

struct watcher *watcher_new(void)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	struct watcher *watcher = malloc(sizeof(*watcher));
	char *stack;

	if (!watcher)
		return NULL;
	stack = mmap(NULL, guard + SPAWN_STACK_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED) {
		free(watcher);
		return NULL;
	}
	/* Without the guard it still works. */
	(void)mprotect(stack, guard, PROT_NONE);
	watcher->stack = stack + guard;
	watcher->given_up = false;
	supervisor_init(&watcher->supervisor);
	return watcher;
}

void watcher_free(struct watcher *watcher)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);

	if (!watcher)
		return;
	supervisor_done(&watcher->supervisor);
	(void)munmap((char *)watcher->stack - guard, guard + SPAWN_STACK_SIZE);
	free(watcher);
}

struct supervisor *watcher_supervisor(struct watcher *watcher)
{
	return &watcher->supervisor;
}

static void fail(struct run_result *result, const char *stage, int code)
{
	result->kind = RESULT_SPAWN_FAILED;
	result->stage = stage;
	result->code = code;
}

/* --- reaping --- */

static usec_t from_timeval(struct timeval time)
{
	return (usec_t)time.tv_sec * USEC_PER_SEC + time.tv_usec;
}

/* waitid(2) of the kernel also gives the resource usage. Returns whether there is nothing more to
   wait for. */
static bool try_reap(struct supervision *supervision, int pidfd)
{
	struct run_result *result = supervision->result;
	siginfo_t info = {0};
	struct rusage usage;

	if (syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG, &usage) < 0) {
		fail(result, "wait", errno);
	} else if (info.si_pid == 0) {
		return false;
	} else {
		result->kind = info.si_code == CLD_EXITED ? RESULT_EXITED : RESULT_SIGNALLED;
		result->code = info.si_status;
		result->cpu = from_timeval(usage.ru_utime) + from_timeval(usage.ru_stime);
		result->max_rss = usage.ru_maxrss;
	}
	supervision->reaped = true;
	return true;
}

/* Of a main process that has ended. What was left behind goes on; only a tracer is in the way.
   Returns whether it was reaped, or else given up. */
static bool reap(struct supervision *supervision, int pidfd)
{
	usec_t deadline = supervision->deadline;
	usec_t look = SUPERVISE_LOOK_FIRST;
	bool killed = false;
	usec_t next;

	if (try_reap(supervision, pidfd))
		return true;
	next = clock_elapsed() + (supervision->stop < STOP_KILL ? SUPERVISE_TRACER_PATIENCE : 0);
	while (!try_reap(supervision, pidfd)) {
		bool hurried = !killed && supervision->level > 1;

		if (hurried || supervise_is_past(next)) {
			if (killed)
				break;
			supervise_kill_tracers(supervision);
			killed = true;
			next = clock_elapsed() + SUPERVISE_KILL_PATIENCE;
		}
		supervision->deadline = clock_elapsed() + look;
		(void)supervise_wait(supervision, 0);
		look *= look < SUPERVISE_LOOK_LAST ? 2 : 1;
	}
	supervision->deadline = deadline;
	if (!supervision->reaped)
		supervise_note_given_up(supervision,
					"has ended, but is traced and cannot be reaped");
	return supervision->reaped;
}

/* Reaps who was given up and has ended. This thread has no other children while it watches none. */
static void collect(struct watcher *watcher)
{
	while (watcher->given_up) {
		siginfo_t info = {0};

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WNOTHREAD) < 0)
			watcher->given_up = false;
		else if (info.si_pid == 0)
			return;
	}
}

/* --- from spawn to reap --- */

static void watch_process(struct supervision *supervision, struct watcher *watcher,
			  const struct watch_plan *plan, const struct watch_listener *listener,
			  int pidfd)
{
	struct run_result *result = supervision->result;

	atomic_store_explicit(plan->pid, supervision->pid, memory_order_relaxed);
	if (listener->started)
		listener->started(listener->heard.ctx);
	tree_begin(&watcher->supervisor.tree, supervision->pid, plan->cgroup, plan->marks,
		   plan->spawn.identity);
	if (!supervise_main(supervision, pidfd) || !reap(supervision, pidfd)) {
		fail(result, "wait", ETIMEDOUT);
		watcher->given_up = true;
	}
	supervision->over = true;
	atomic_store_explicit(plan->pid, 0, memory_order_relaxed);
	supervise_leftovers(supervision);
}

void watch(struct watcher *watcher, struct watch_plan *plan, const struct run_control *control,
	   const struct watch_listener *listener, struct run_result *result)
{
	_cleanup_close_ int out_read = -1;
	_cleanup_close_ int out_write = -1;
	_cleanup_close_ int err_read = -1;
	_cleanup_close_ int err_write = -1;
	_cleanup_close_ int pidfd = -1;
	struct supervision supervision = {
		.supervisor = &watcher->supervisor,
		.plan = &plan->supervise,
		.control = control,
		.listener = &listener->heard,
		.result = result,
	};
	struct spawn_error error;
	usec_t begun;
	int r;

	collect(watcher);
	if (!plan->direct) {
		r = pipe_make(plan->spawn.identity, &out_read, &out_write);
		if (r == 0)
			r = pipe_make(plan->spawn.identity, &err_read, &err_write);
		if (r < 0) {
			fail(result, "pipe", -r);
			return;
		}
		plan->spawn.stdio[1] = out_write;
		plan->spawn.stdio[2] = err_write;
	}
	plan->spawn.stack = watcher->stack;
	plan->spawn.patience = SPAWN_PATIENCE;
	if (listener->intend && !listener->intend(listener->heard.ctx)) {
		result->kind = RESULT_NOT_STARTED;
		result->cancelled = true;
		return;
	}
	/* Before the spawn: when this thread goes on, the program may have ended already. */
	begun = clock_elapsed();
	r = spawn(&plan->spawn, &supervision.pid, &pidfd, &error);
	if (r < 0) {
		fail(result, error.stage, error.code);
		watcher->given_up |= r == SPAWN_LEFT;
		return;
	}
	result->started = begun;
	result->spawned = clock_elapsed();
	result->pid = supervision.pid;
	supervision.pipes[0] = out_read;
	supervision.pipes[1] = err_read;
	supervise_begin(&supervision, begun);
	watch_process(&supervision, watcher, plan, listener, pidfd);
}
