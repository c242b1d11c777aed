/*
 * See watch.h.
 *
 * The write ends of the output pipes stay open here as long as the command is watched: one that
 * closes its output, or ends, then wakes nobody by it. What tells that it has ended is its pidfd
 * alone, and as poll(2) looks at the descriptors in order, and the pidfd comes first, the answer
 * that says so also says whether there is output left to read.
 */
#include "exec/watch.h"

#include "base/text.h"
#include "exec/run.h"
#include "exec/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Read at once; what a pipe holds by default, so that a read that is not filled emptied it. */
#define READ_SIZE ((size_t)64 * 1024)

/* How long a killed process may take to vanish before it is given up. */
#define KILL_PATIENCE (5 * USEC_PER_SEC)

#define NOTE_SIZE 1024

/* Descriptors beyond the processes' that are polled: stdout, stderr, the wake descriptor. */
#define POLL_EXTRA 3

struct watcher {
	void *stack; /* of the child, with a page in front that may not be touched */
	struct tree tree;
	struct pollfd polls[TREE_MEMBERS + POLL_EXTRA];
	char read[READ_SIZE];
};

/* How far it has been stopped. */
enum stop {
	STOP_NOT,
	STOP_TERM,
	STOP_KILL,
};

struct watch {
	struct watcher *watcher;
	const struct watch_plan *plan;
	const struct run_control *control;
	const struct watch_listener *listener;
	struct run_result *result;
	pid_t pid;
	bool reaped;
	int pipes[2]; /* what stdout and stderr are read from */
	int level;    /* what woken() last returned */
	enum stop stop;
	usec_t deadline; /* elapsed: when the next step of stopping is due */
	usec_t warning;  /* elapsed: when it has to be said that it goes on */
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
	tree_init(&watcher->tree);
	return watcher;
}

void watcher_free(struct watcher *watcher)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);

	if (!watcher)
		return;
	tree_done(&watcher->tree);
	(void)munmap((char *)watcher->stack - guard, guard + SPAWN_STACK_SIZE);
	free(watcher);
}

/* --- output and notes --- */

/* Hands on what one read brings. Returns whether there may be more. */
static bool forward(struct watch *watch, int stream)
{
	const struct watch_listener *listener = watch->listener;
	char *buffer = watch->watcher->read;
	ssize_t n = read(watch->pipes[stream], buffer, READ_SIZE);

	if (n <= 0)
		return false;
	listener->output(listener->ctx, stream, buffer, (size_t)n);
	return (size_t)n == READ_SIZE;
}

/* Hands on what is in the pipe now, without waiting for more. */
static void drain(struct watch *watch, int stream)
{
	int waiting = 0;

	if (ioctl(watch->pipes[stream], FIONREAD, &waiting) < 0)
		return;
	for (ssize_t left = waiting; left > 0; left -= (ssize_t)READ_SIZE)
		if (!forward(watch, stream))
			return;
}

static void note_processes(struct watch *watch, enum log_level level, const char *before,
			   const char *after)
{
	const struct tree *tree = &watch->watcher->tree;
	char names[NOTE_SIZE / 2];
	char text[NOTE_SIZE];
	char clean[TEXT_GROWTH * NOTE_SIZE + 1];

	tree_describe(tree, names, sizeof(names));
	(void)snprintf(text, sizeof(text), "%s %zu process%s %s: %s", before, tree->count,
		       tree->count == 1 ? "" : "es", after, names);
	/* A process chooses its own name. */
	(void)text_sanitize(clean, text, strlen(text));
	watch->listener->note(watch->listener->ctx, level, clean);
}

/* --- stopping and waiting --- */

static usec_t later(usec_t now, usec_t span)
{
	return span < USEC_INFINITY - now ? now + span : USEC_INFINITY;
}

/* Signals the whole tree; where it goes on, the next step is due at watch->deadline. */
static void stop(struct watch *watch, enum stop step)
{
	struct tree *tree = &watch->watcher->tree;
	usec_t now = clock_elapsed();

	if (step == STOP_TERM && watch->plan->kill_grace == 0)
		step = STOP_KILL;
	if (watch->stop >= step)
		return;
	watch->stop = step;
	if (!watch->reaped)
		tree_scan(tree, false);
	tree_signal(tree, watch->reaped, step == STOP_TERM ? watch->plan->kill_signal : SIGKILL);
	if (step == STOP_TERM)
		watch->deadline = later(now, watch->plan->kill_grace);
	else
		watch->deadline = watch->reaped ? now + KILL_PATIENCE : USEC_INFINITY;
}

/*
 * Waits until one of the processes, polls[0] to polls[n - 1], ends, something else happens, or the
 * deadline or that of a warning comes; forwards output. The entry of one that ended has its
 * descriptor set to -1. Returns how many ended.
 */
static unsigned wait_some(struct watch *watch, nfds_t n)
{
	struct pollfd *polls = watch->watcher->polls;
	struct timespec timeout = {0};
	usec_t until = watch->warning < watch->deadline ? watch->warning : watch->deadline;
	bool forever = until == USEC_INFINITY;
	unsigned ended = 0;

	for (int i = 0; i < 2; i++)
		polls[n + i] = (struct pollfd){.fd = watch->pipes[i], .events = POLLIN};
	polls[n + 2] = (struct pollfd){.fd = watch->control->wakefd, .events = POLLIN};
	if (!forever) {
		usec_t left = until - clock_elapsed();

		if (left > 0) {
			timeout.tv_sec = left / USEC_PER_SEC;
			timeout.tv_nsec = left % USEC_PER_SEC * 1000;
		}
	}
	if (ppoll(polls, n + POLL_EXTRA, forever ? NULL : &timeout, NULL) <= 0)
		return 0;
	for (nfds_t i = 0; i < n; i++) {
		if (polls[i].fd >= 0 && polls[i].revents) {
			polls[i].fd = -1;
			ended++;
		}
	}
	for (int i = 0; i < 2; i++)
		if (polls[n + i].revents & POLLIN && forward(watch, i) && ended)
			drain(watch, i);
	if (polls[n + 2].revents & POLLIN)
		watch->level = watch->control->woken(watch->control->ctx);
	return ended;
}

static bool is_past(usec_t elapsed)
{
	return elapsed != USEC_INFINITY && clock_elapsed() >= elapsed;
}

static bool is_due(const struct watch *watch)
{
	return is_past(watch->deadline);
}

/* Until the main process has ended. */
static void watch_main(struct watch *watch, int pidfd)
{
	struct run_result *result = watch->result;

	watch->watcher->polls[0] = (struct pollfd){.fd = pidfd, .events = POLLIN};
	while (wait_some(watch, 1) == 0) {
		if (watch->level > 0 && watch->stop == STOP_NOT)
			result->cancelled = true;
		if (watch->level > 0)
			stop(watch, watch->level == 1 ? STOP_TERM : STOP_KILL);
		if (is_past(watch->warning)) {
			watch->warning = USEC_INFINITY;
			watch->listener->note(watch->listener->ctx, LOG_LEVEL_WARNING,
					      "takes longer than max_runtime");
		}
		if (!is_due(watch))
			continue;
		if (watch->stop == STOP_NOT)
			result->timed_out = true;
		stop(watch, watch->stop == STOP_NOT ? STOP_TERM : STOP_KILL);
	}
	result->ended = clock_elapsed();
	watch->warning = USEC_INFINITY;
}

static usec_t from_timeval(struct timeval time)
{
	return (usec_t)time.tv_sec * USEC_PER_SEC + time.tv_usec;
}

/* waitid(2) of the kernel also gives the resource usage. */
static void reap(struct watch *watch, int pidfd)
{
	struct run_result *result = watch->result;
	siginfo_t info = {0};
	struct rusage usage;

	if (syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED, &usage) < 0) {
		result->kind = RESULT_SPAWN_FAILED;
		result->stage = "wait";
		result->code = errno;
	} else {
		result->kind = info.si_code == CLD_EXITED ? RESULT_EXITED : RESULT_SIGNALLED;
		result->code = info.si_status;
		result->cpu = from_timeval(usage.ru_utime) + from_timeval(usage.ru_stime);
		result->max_rss = usage.ru_maxrss;
	}
	atomic_store_explicit(watch->plan->pid, 0, memory_order_relaxed);
	watch->reaped = true;
}

/* Looks for what lives of the tree, to be waited for. Returns whether there is anything. */
static bool find_leftovers(struct watch *watch)
{
	struct tree *tree = &watch->watcher->tree;

	tree_scan(tree, true);
	for (size_t i = 0; i < tree->n; i++)
		watch->watcher->polls[i] =
			(struct pollfd){.fd = tree->members[i].pidfd, .events = POLLIN};
	return tree->count > 0;
}

/* Waits for all that was found to end. Returns false when the deadline came first or the run is
   to be killed. */
static bool wait_leftovers(struct watch *watch)
{
	size_t n = watch->watcher->tree.n;

	for (size_t left = n; left > 0;) {
		left -= wait_some(watch, n);
		if (left > 0 && (is_due(watch) || (watch->level > 1 && watch->stop < STOP_KILL)))
			return false;
	}
	return true;
}

/*
 * What the main process left behind, if that is not to be left alone: a run that was not stopped
 * gets kill_signal and kill_grace now; for one that was they are under way. Processes that die
 * meanwhile are no one's business; those that have to be killed are named.
 */
static void stop_leftovers(struct watch *watch)
{
	struct tree *tree = &watch->watcher->tree;
	bool counted = watch->stop == STOP_NOT;

	if (watch->stop == STOP_KILL) {
		tree_signal(tree, true, SIGKILL);
		watch->deadline = clock_elapsed() + KILL_PATIENCE;
	}
	stop(watch, STOP_TERM);
	for (;;) {
		bool all = wait_leftovers(watch);

		if (!find_leftovers(watch))
			return;
		if (all) {
			/* Born meanwhile. */
			tree_signal(tree, true,
				    watch->stop == STOP_KILL ? SIGKILL : watch->plan->kill_signal);
		} else if (watch->stop < STOP_KILL) {
			note_processes(watch, LOG_LEVEL_WARNING, "killing",
				       "that did not end when told to");
			if (!counted)
				watch->result->leftovers = (unsigned)tree->count;
			counted = true;
			stop(watch, STOP_KILL);
		}
		if (watch->stop == STOP_KILL && is_due(watch)) {
			note_processes(watch, LOG_LEVEL_WARNING, "could not kill",
				       "that were left behind");
			return;
		}
	}
}

static void account_for_leftovers(struct watch *watch)
{
	struct tree *tree = &watch->watcher->tree;

	if (watch->stop == STOP_NOT && tree_is_alone(tree))
		return;
	if (!find_leftovers(watch))
		return;
	if (watch->stop == STOP_NOT) {
		bool leave = watch->plan->leftover == LEFTOVER_LEAVE;

		watch->result->leftovers = (unsigned)tree->count;
		note_processes(watch, leave ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "left",
			       leave ? "running" : "running, which will be stopped");
		if (!leave) {
			watch->deadline = USEC_INFINITY;
			stop_leftovers(watch);
		}
	} else {
		stop_leftovers(watch);
	}
	tree_close(tree);
	for (int i = 0; i < 2; i++)
		drain(watch, i);
}

/* --- from spawn to reap --- */

static void fail(struct run_result *result, const char *stage, int code)
{
	result->kind = RESULT_SPAWN_FAILED;
	result->stage = stage;
	result->code = code;
}

static void watch_process(struct watch *watch, int pidfd, usec_t begun)
{
	const struct watch_listener *listener = watch->listener;
	const struct watch_plan *plan = watch->plan;

	watch->result->started = begun;
	watch->deadline = plan->timeout > 0 ? later(begun, plan->timeout) : USEC_INFINITY;
	watch->warning = plan->max_runtime > 0 ? later(begun, plan->max_runtime) : USEC_INFINITY;
	atomic_store_explicit(plan->pid, watch->pid, memory_order_relaxed);
	if (listener->started)
		listener->started(listener->ctx);
	tree_begin(&watch->watcher->tree, watch->pid, plan->cgroup, plan->marks,
		   plan->spawn.identity);
	watch_main(watch, pidfd);
	reap(watch, pidfd);
	account_for_leftovers(watch);
}

void watch(struct watcher *watcher, struct watch_plan *plan, const struct run_control *control,
	   const struct watch_listener *listener, struct run_result *result)
{
	_cleanup_close_ int out_read = -1;
	_cleanup_close_ int out_write = -1;
	_cleanup_close_ int err_read = -1;
	_cleanup_close_ int err_write = -1;
	_cleanup_close_ int pidfd = -1;
	struct watch watch = {
		.watcher = watcher,
		.plan = plan,
		.control = control,
		.listener = listener,
		.result = result,
	};
	struct spawn_error error;
	usec_t begun;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0) {
		fail(result, "pipe", errno);
		return;
	}
	out_read = fds[0];
	out_write = fds[1];
	if (pipe2(fds, O_CLOEXEC) < 0) {
		fail(result, "pipe", errno);
		return;
	}
	err_read = fds[0];
	err_write = fds[1];

	plan->spawn.stdio[1] = out_write;
	plan->spawn.stdio[2] = err_write;
	plan->spawn.stack = watcher->stack;
	/* Before the spawn: when this thread goes on, the program may have ended already. */
	begun = clock_elapsed();
	if (spawn(&plan->spawn, &watch.pid, &pidfd, &error) < 0) {
		fail(result, error.stage, error.code);
		return;
	}
	watch.pipes[0] = out_read;
	watch.pipes[1] = err_read;
	watch_process(&watch, pidfd, begun);
}
