/*
 * See watch.h.
 *
 * The write ends of the output pipes stay open here as long as the command is watched: one that
 * closes its output, or ends, then wakes nobody by it. What tells that it has ended is its pidfd
 * alone, and as poll(2) looks at the descriptors in order, and the pidfd comes first, the answer
 * that says so also says whether there is output left to read.
 *
 * A process that has ended is reaped when whoever traces it (ptrace(2)) has let go of it, and one
 * that was killed may not end before a file system of its user answers. None of this is waited for
 * without end: what does not end is given up, and reaped by this thread later, or by the daemon's
 * first one, which inherits it (reaper.h).
 */
#include "exec/watch.h"

#include "base/text.h"
#include "exec/pipe.h"
#include "exec/run.h"
#include "exec/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Read at once; what a pipe holds by default, so that a read that is not filled emptied it. */
#define READ_SIZE ((size_t)64 * 1024)

/* How often a tree that is not empty is scanned for somebody who can be found. */
#define SCANS_MAX 3

/* How long a killed process may take to vanish before it is given up. */
#define KILL_PATIENCE (5 * USEC_PER_SEC)

/* How long tracers have to see that who they trace has ended, before they are killed. */
#define TRACER_PATIENCE USEC_PER_SEC

/* How often it is looked for what nothing tells of: from the first time on twice as long each. */
#define LOOK_FIRST USEC_PER_MSEC
#define LOOK_LAST  (64 * USEC_PER_MSEC)

/* From birth to exec, for those who take on another user. */
#define SPAWN_PATIENCE (10 * USEC_PER_SEC)

#define NOTE_SIZE 1024

/* Descriptors beyond the processes' that are polled: stdout, stderr, the wake descriptor. */
#define POLL_EXTRA 3

struct watcher {
	void *stack;   /* of the child, with a page in front that may not be touched */
	bool given_up; /* a child of this thread was */
	struct tree tree;
	int awaited[TREE_MEMBERS]; /* whose end is waited for; negative: not any more */
	struct pollfd polls[TREE_MEMBERS + POLL_EXTRA];
	char read[READ_SIZE];
};

/* How far it has been stopped. */
enum stop {
	STOP_NOT,
	STOP_TERM,
	STOP_KILL,
	STOP_TRACERS, /* they were killed too */
};

struct watch {
	struct watcher *watcher;
	const struct watch_plan *plan;
	const struct run_control *control;
	const struct watch_listener *listener;
	struct run_result *result;
	pid_t pid;
	bool reaped;
	bool over;    /* the main process has been reaped or given up */
	bool told;    /* of trouble with the tree */
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
	watcher->given_up = false;
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

static void fail(struct run_result *result, const char *stage, int code)
{
	result->kind = RESULT_SPAWN_FAILED;
	result->stage = stage;
	result->code = code;
}

/* Hands on what one read brings: nothing, where a process of the daemon's user has opened the pipe
   in /proc and was there first. Returns whether there may be more. */
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

static void _printf_(3, 4) note(struct watch *watch, enum log_level level, const char *format, ...)
{
	char text[NOTE_SIZE];
	char clean[TEXT_GROWTH * NOTE_SIZE + 1];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	/* A process chooses its own name. */
	(void)text_sanitize(clean, text, strlen(text));
	watch->listener->note(watch->listener->ctx, level, clean);
}

static void note_processes(struct watch *watch, enum log_level level, const char *before,
			   const char *after)
{
	const struct tree *tree = &watch->watcher->tree;
	char names[NOTE_SIZE / 2];

	tree_describe(tree, names, sizeof(names));
	note(watch, level, "%s %zu process%s %s: %s", before, tree->count,
	     tree->count == 1 ? "" : "es", after, names);
}

/* Once in a run. */
static void note_trouble(struct watch *watch)
{
	int code = watch->watcher->tree.trouble;

	if (code == 0 || watch->told)
		return;
	watch->told = true;
	note(watch, LOG_LEVEL_WARNING, "not all of its processes could be found or held: %s",
	     strerrordesc_np(code));
}

/* --- stopping and waiting --- */

static void scan(struct watch *watch)
{
	tree_scan(&watch->watcher->tree, watch->reaped);
	note_trouble(watch);
}

static void kill_tracers(struct watch *watch)
{
	struct process tracer;

	scan(watch);
	if (tree_kill_tracers(&watch->watcher->tree, &tracer))
		note(watch, LOG_LEVEL_WARNING,
		     "killing what traces it and does not let go: %s (%d)", tracer.name,
		     tracer.pid);
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
	if (step == STOP_TRACERS)
		kill_tracers(watch);
	else if (!watch->over)
		scan(watch);
	tree_signal(tree, watch->reaped, step == STOP_TERM ? watch->plan->kill_signal : SIGKILL);
	if (step == STOP_TERM)
		watch->deadline = usec_add(now, watch->plan->kill_grace);
	else if (step == STOP_KILL && !watch->over)
		watch->deadline = now + TRACER_PATIENCE;
	else
		watch->deadline = now + KILL_PATIENCE;
}

/* How long ppoll(2) is to wait; NULL: without end. */
static const struct timespec *until(usec_t deadline, struct timespec *timeout)
{
	usec_t left = deadline - clock_elapsed();

	if (deadline == USEC_INFINITY)
		return NULL;
	*timeout = (struct timespec){0};
	if (left > 0) {
		timeout->tv_sec = left / USEC_PER_SEC;
		timeout->tv_nsec = left % USEC_PER_SEC * 1000;
	}
	return timeout;
}

/*
 * Waits until one of the processes awaited[0] to awaited[n - 1] ends, something else happens, or
 * the deadline or that of a warning comes; forwards output. The entry of one that ended is set to
 * -1. Returns how many ended.
 */
static unsigned wait_some(struct watch *watch, size_t n)
{
	static const struct timespec breather = {.tv_nsec = LOOK_LAST * 1000};
	struct pollfd *polls = watch->watcher->polls;
	int *awaited = watch->watcher->awaited;
	usec_t next = watch->warning < watch->deadline ? watch->warning : watch->deadline;
	struct pollfd *others = polls;
	const struct pollfd *entry = polls;
	struct timespec timeout;
	unsigned ended = 0;

	/* The kernel takes no more entries than a process may have descriptors. */
	for (size_t i = 0; i < n; i++)
		if (awaited[i] >= 0)
			*others++ = (struct pollfd){.fd = awaited[i], .events = POLLIN};
	for (int i = 0; i < 2; i++)
		others[i] = (struct pollfd){.fd = watch->pipes[i], .events = POLLIN};
	others[2] = (struct pollfd){.fd = watch->control->wakefd, .events = POLLIN};
	if (ppoll(polls, (nfds_t)(others - polls) + POLL_EXTRA, until(next, &timeout), NULL) < 0) {
		/* There is no memory for it: not to be asked for again and again. */
		if (errno != EINTR)
			(void)ppoll(NULL, 0, &breather, NULL);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (awaited[i] < 0 || !entry++->revents)
			continue;
		awaited[i] = -1;
		ended++;
	}
	for (int i = 0; i < 2; i++)
		if (others[i].revents & POLLIN && forward(watch, i) && ended)
			drain(watch, i);
	if (others[2].revents & POLLIN)
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

static void give_up(struct watch *watch, const char *why)
{
	struct process process = {.name = "?"};

	fail(watch->result, "wait", ETIMEDOUT);
	(void)!process_read(watch->pid, &process);
	note(watch, LOG_LEVEL_WARNING, "%s: %s (%d)", why, process.name, watch->pid);
	watch->watcher->given_up = true;
}

/* Until the main process has ended. Returns whether it has, or else was given up. */
static bool watch_main(struct watch *watch, int pidfd)
{
	struct run_result *result = watch->result;
	bool ended;

	watch->watcher->awaited[0] = pidfd;
	while (!(ended = wait_some(watch, 1) > 0)) {
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
		if (watch->stop == STOP_TRACERS)
			break;
		if (watch->stop == STOP_NOT)
			result->timed_out = true;
		stop(watch, watch->stop + 1);
	}
	result->ended = clock_elapsed();
	watch->warning = USEC_INFINITY;
	if (!ended)
		give_up(watch, "could not kill its main process");
	return ended;
}

static usec_t from_timeval(struct timeval time)
{
	return (usec_t)time.tv_sec * USEC_PER_SEC + time.tv_usec;
}

/* waitid(2) of the kernel also gives the resource usage. Returns whether there is nothing more to
   wait for. */
static bool try_reap(struct watch *watch, int pidfd)
{
	struct run_result *result = watch->result;
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
	watch->reaped = true;
	return true;
}

/* Of a main process that has ended. What was left behind goes on; only a tracer is in the way. */
static void reap(struct watch *watch, int pidfd)
{
	usec_t deadline = watch->deadline;
	usec_t next;
	bool killed = false;

	if (try_reap(watch, pidfd))
		return;
	next = clock_elapsed() + (watch->stop < STOP_KILL ? TRACER_PATIENCE : 0);
	for (usec_t look = LOOK_FIRST; !try_reap(watch, pidfd); look *= look < LOOK_LAST ? 2 : 1) {
		bool hurried = !killed && watch->level > 1;

		if (hurried || is_past(next)) {
			if (killed) {
				give_up(watch, "has ended, but is traced and cannot be reaped");
				break;
			}
			kill_tracers(watch);
			killed = true;
			next = clock_elapsed() + KILL_PATIENCE;
		}
		watch->deadline = clock_elapsed() + look;
		(void)wait_some(watch, 0);
	}
	watch->deadline = deadline;
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

/* Looks for what lives of the tree, to be waited for. Returns whether there is anything. */
static bool find_leftovers(struct watch *watch)
{
	struct tree *tree = &watch->watcher->tree;

	/* While it is scanned one may end whose child only then becomes an orphan to be found. */
	for (int left = SCANS_MAX; left > 0; left--) {
		scan(watch);
		if (tree->count > 0 || !watch->reaped || tree_is_alone(tree))
			break;
	}
	for (size_t i = 0; i < tree->n; i++)
		watch->watcher->awaited[i] = tree->members[i].pidfd;
	return tree->count > 0;
}

static bool is_hurried(const struct watch *watch)
{
	return watch->level > 1 && watch->stop < STOP_KILL;
}

/*
 * Waits for all that was found to end. Returns false when the deadline came first or the run is to
 * be killed; and after a while, if not all could be held: of the others nothing tells.
 */
static bool wait_leftovers(struct watch *watch)
{
	const int *awaited = watch->watcher->awaited;
	bool trouble = watch->watcher->tree.trouble != 0;
	size_t n = watch->watcher->tree.n;
	usec_t deadline = watch->deadline;
	usec_t look = trouble ? clock_elapsed() + LOOK_LAST : USEC_INFINITY;
	bool looked = false;
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		left += awaited[i] >= 0;
	while ((left > 0 || trouble) && !looked) {
		watch->deadline = look < deadline ? look : deadline;
		left -= wait_some(watch, n);
		watch->deadline = deadline;
		looked = is_past(look) || is_due(watch) || is_hurried(watch);
	}
	return left == 0 && !trouble;
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

	if (watch->stop >= STOP_KILL) {
		tree_signal(tree, watch->reaped, SIGKILL);
		watch->deadline = clock_elapsed() + KILL_PATIENCE;
	}
	stop(watch, STOP_TERM);
	for (;;) {
		bool all = wait_leftovers(watch);

		if (!find_leftovers(watch))
			return;
		if (watch->stop >= STOP_KILL) {
			if (is_due(watch))
				break;
			tree_signal(tree, watch->reaped, SIGKILL);
		} else if (all) {
			/* Born meanwhile. */
			tree_signal(tree, watch->reaped, watch->plan->kill_signal);
		} else if (is_due(watch) || is_hurried(watch)) {
			note_processes(watch, LOG_LEVEL_WARNING, "killing",
				       "that did not end when told to");
			if (!counted)
				watch->result->leftovers = (unsigned)tree->count;
			counted = true;
			stop(watch, STOP_KILL);
		}
	}
	note_processes(watch, LOG_LEVEL_WARNING, "could not kill", "that were left behind");
}

static void account_for_leftovers(struct watch *watch)
{
	struct tree *tree = &watch->watcher->tree;

	if (watch->stop == STOP_NOT && watch->reaped && tree_is_alone(tree))
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

static void watch_process(struct watch *watch, int pidfd, usec_t begun)
{
	const struct watch_listener *listener = watch->listener;
	const struct watch_plan *plan = watch->plan;

	watch->result->started = begun;
	watch->result->pid = watch->pid;
	watch->deadline = plan->timeout > 0 ? usec_add(begun, plan->timeout) : USEC_INFINITY;
	watch->warning = plan->max_runtime > 0 ? usec_add(begun, plan->max_runtime) : USEC_INFINITY;
	atomic_store_explicit(plan->pid, watch->pid, memory_order_relaxed);
	if (listener->started)
		listener->started(listener->ctx);
	tree_begin(&watch->watcher->tree, watch->pid, plan->cgroup, plan->marks,
		   plan->spawn.identity);
	if (watch_main(watch, pidfd))
		reap(watch, pidfd);
	watch->over = true;
	atomic_store_explicit(plan->pid, 0, memory_order_relaxed);
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
	int r;

	collect(watcher);
	r = pipe_make(plan->spawn.identity, &out_read, &out_write);
	if (r == 0)
		r = pipe_make(plan->spawn.identity, &err_read, &err_write);
	if (r < 0) {
		fail(result, "pipe", -r);
		return;
	}
	plan->spawn.stdio[1] = out_write;
	plan->spawn.stdio[2] = err_write;
	plan->spawn.stack = watcher->stack;
	plan->spawn.patience = SPAWN_PATIENCE;
	if (listener->intend && !listener->intend(listener->ctx)) {
		result->kind = RESULT_NOT_STARTED;
		result->cancelled = true;
		return;
	}
	/* Before the spawn: when this thread goes on, the program may have ended already. */
	begun = clock_elapsed();
	r = spawn(&plan->spawn, &watch.pid, &pidfd, &error);
	if (r < 0) {
		fail(result, error.stage, error.code);
		watcher->given_up |= r == SPAWN_LEFT;
		return;
	}
	watch.pipes[0] = out_read;
	watch.pipes[1] = err_read;
	watch_process(&watch, pidfd, begun);
}
