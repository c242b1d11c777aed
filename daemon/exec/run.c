/*
 * See run.h.
 *
 * The write ends of the output pipes stay open here as long as the run lasts: a job that closes its
 * output, or ends, then wakes nobody by it. What tells that a run has ended is its pidfd alone, and
 * as poll(2) looks at the descriptors in order, and the pidfd comes first, the answer that says so
 * also says whether there is output left to read.
 */
#include "exec/run.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "exec/command.h"
#include "exec/output.h"
#include "exec/spawn.h"
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

#define NOTE_SIZE 512

/* Descriptors beyond the processes' that are polled: stdout, stderr, the wake descriptor. */
#define POLL_EXTRA 3

struct run_context {
	struct run_sink sink;
	struct command_base base;
	int null; /* /dev/null */
	int signals[SPAWN_SIGNALS];
	struct rlimit64 files; /* as it was */
	bool files_raised;
};

struct run_local {
	struct command command;
	void *stack; /* of the child, with a page in front that may not be touched */
	struct tree tree;
	struct pollfd polls[TREE_MEMBERS + POLL_EXTRA];
	struct output output[2];
	char read[READ_SIZE];
	char clean[TEXT_GROWTH * OUTPUT_LINE_MAX + 1];
};

/* How far a run has been stopped. */
enum stop {
	STOP_NOT,
	STOP_TERM,
	STOP_KILL,
};

struct watch {
	struct run *run;
	const struct run_context *context;
	struct run_local *local;
	const struct run_control *control;
	pid_t pid;
	bool reaped;
	int pipes[2]; /* what stdout and stderr are read from */
	int level;    /* what woken() last returned */
	enum stop stop;
	usec_t deadline; /* elapsed: when the next step of stopping is due */
};

static const char *const stream_names[] = {"stdout", "stderr"};

/* --- what all runs share, what a worker keeps --- */

/* Where the limit cannot be raised, it stays. */
static void raise_files(struct run_context *context)
{
	struct rlimit64 raised;

	if (getrlimit64(RLIMIT_NOFILE, &context->files) < 0 ||
	    context->files.rlim_cur >= context->files.rlim_max)
		return;
	raised = (struct rlimit64){context->files.rlim_max, context->files.rlim_max};
	context->files_raised = setrlimit64(RLIMIT_NOFILE, &raised) == 0;
}

int run_context_new(const struct run_sink *sink, const char *directory,
		    struct run_context **ret_context)
{
	struct run_context *context = calloc(1, sizeof(*context));
	int r;

	(void)directory;
	if (!context)
		return -ENOMEM;
	context->sink = *sink;
	spawn_find_ignored(context->signals);
	context->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	r = context->null < 0 ? -errno : command_base_init(&context->base);
	if (r < 0) {
		if (context->null >= 0)
			(void)close(context->null);
		free(context);
		return r;
	}
	raise_files(context);
	*ret_context = context;
	return 0;
}

void run_context_free(struct run_context *context)
{
	if (!context)
		return;
	if (context->files_raised)
		(void)setrlimit64(RLIMIT_NOFILE, &context->files);
	command_base_done(&context->base);
	(void)close(context->null);
	free(context);
}

struct run_local *run_local_new(void)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	struct run_local *local = malloc(sizeof(*local));
	char *stack;

	if (!local)
		return NULL;
	stack = mmap(NULL, guard + SPAWN_STACK_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED) {
		free(local);
		return NULL;
	}
	/* Without the guard it still works. */
	(void)mprotect(stack, guard, PROT_NONE);
	local->stack = stack + guard;
	command_init(&local->command);
	return local;
}

void run_local_free(struct run_local *local)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);

	if (!local)
		return;
	command_done(&local->command);
	(void)munmap((char *)local->stack - guard, guard + SPAWN_STACK_SIZE);
	free(local);
}

/* --- output and notes --- */

struct stream {
	struct watch *watch;
	int index;
};

static void hand_on(void *ctx, const char *bytes, size_t len)
{
	struct stream *stream = ctx;
	const struct run_sink *sink = &stream->watch->context->sink;
	char *clean = stream->watch->local->clean;

	len = text_sanitize(clean, bytes, len);
	sink->line(sink->ctx, &(struct log_line){
				      .level = LOG_LEVEL_INFO,
				      .job = stream->watch->run->job->name,
				      .run = stream->watch->run->id,
				      .stream = stream_names[stream->index],
				      .text = clean,
				      .len = len,
			      });
}

/* Forwards what one read brings. Returns whether there may be more. */
static bool forward(struct watch *watch, int index)
{
	struct stream stream = {watch, index};
	ssize_t n = read(watch->pipes[index], watch->local->read, READ_SIZE);

	if (n <= 0)
		return false;
	output_feed(&watch->local->output[index], watch->local->read, (size_t)n, hand_on, &stream);
	return (size_t)n == READ_SIZE;
}

/* Forwards what is in the pipe now, without waiting for more. */
static void drain(struct watch *watch, int index)
{
	int waiting = 0;

	if (ioctl(watch->pipes[index], FIONREAD, &waiting) < 0)
		return;
	for (ssize_t left = waiting; left > 0; left -= (ssize_t)READ_SIZE)
		if (!forward(watch, index))
			return;
}

static void note(struct watch *watch, enum log_level level, const char *before, const char *after)
{
	const struct run_sink *sink = &watch->context->sink;
	const struct tree *tree = &watch->local->tree;
	char names[NOTE_SIZE];
	char text[2 * NOTE_SIZE];

	tree_describe(tree, names, sizeof(names));
	(void)snprintf(text, sizeof(text), "%s %zu process%s %s: %s", before, tree->count,
		       tree->count == 1 ? "" : "es", after, names);
	/* A process chooses its own name. */
	(void)text_sanitize(watch->local->clean, text, strlen(text));
	sink->note(sink->ctx, watch->run, level, watch->local->clean);
}

/* --- stopping and waiting --- */

static usec_t later(usec_t now, usec_t span)
{
	return span < USEC_INFINITY - now ? now + span : USEC_INFINITY;
}

/* Signals the whole tree; where it goes on, the next step is due at watch->deadline. */
static void stop(struct watch *watch, enum stop step)
{
	const struct job_settings *settings = watch->run->job->settings;
	struct tree *tree = &watch->local->tree;
	usec_t now = clock_elapsed();

	if (step == STOP_TERM && settings->kill_grace == 0)
		step = STOP_KILL;
	if (watch->stop >= step)
		return;
	watch->stop = step;
	if (!watch->reaped)
		tree_scan(tree, false);
	tree_signal(tree, watch->reaped, step == STOP_TERM ? SIGTERM : SIGKILL);
	if (step == STOP_TERM)
		watch->deadline = later(now, settings->kill_grace);
	else
		watch->deadline = watch->reaped ? now + KILL_PATIENCE : USEC_INFINITY;
}

/*
 * Waits until one of the processes, polls[0] to polls[n - 1], ends, something else happens, or the
 * deadline comes; forwards output. The entry of one that ended has its descriptor set to -1.
 * Returns how many ended.
 */
static unsigned wait_some(struct watch *watch, nfds_t n)
{
	struct pollfd *polls = watch->local->polls;
	struct timespec timeout = {0};
	bool forever = watch->deadline == USEC_INFINITY;
	unsigned ended = 0;

	for (int i = 0; i < 2; i++)
		polls[n + i] = (struct pollfd){.fd = watch->pipes[i], .events = POLLIN};
	polls[n + 2] = (struct pollfd){.fd = watch->control->wakefd, .events = POLLIN};
	if (!forever) {
		usec_t left = watch->deadline - clock_elapsed();

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

static bool is_due(const struct watch *watch)
{
	return watch->deadline != USEC_INFINITY && clock_elapsed() >= watch->deadline;
}

/* Until the main process has ended. */
static void watch_main(struct watch *watch, int pidfd)
{
	struct run_result *result = &watch->run->result;

	watch->local->polls[0] = (struct pollfd){.fd = pidfd, .events = POLLIN};
	while (wait_some(watch, 1) == 0) {
		if (watch->level > 0 && watch->stop == STOP_NOT)
			result->cancelled = true;
		if (watch->level > 0)
			stop(watch, watch->level == 1 ? STOP_TERM : STOP_KILL);
		if (!is_due(watch))
			continue;
		if (watch->stop == STOP_NOT)
			result->timed_out = true;
		stop(watch, watch->stop == STOP_NOT ? STOP_TERM : STOP_KILL);
	}
	result->ended = clock_elapsed();
}

static usec_t from_timeval(struct timeval time)
{
	return (usec_t)time.tv_sec * USEC_PER_SEC + time.tv_usec;
}

/* waitid(2) of the kernel also gives the resource usage. */
static void reap(struct watch *watch, int pidfd)
{
	struct run_result *result = &watch->run->result;
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
	atomic_store_explicit(&watch->run->pid, 0, memory_order_relaxed);
	watch->reaped = true;
}

/* Looks for what lives of the tree, to be waited for. Returns whether there is anything. */
static bool find_leftovers(struct watch *watch)
{
	struct tree *tree = &watch->local->tree;

	tree_scan(tree, true);
	for (size_t i = 0; i < tree->n; i++)
		watch->local->polls[i] =
			(struct pollfd){.fd = tree->members[i].pidfd, .events = POLLIN};
	return tree->count > 0;
}

/* Waits for all that was found to end. Returns false when the deadline came first or the run is
   to be killed. */
static bool wait_leftovers(struct watch *watch)
{
	size_t n = watch->local->tree.n;

	for (size_t left = n; left > 0;) {
		left -= wait_some(watch, n);
		if (left > 0 && (is_due(watch) || (watch->level > 1 && watch->stop < STOP_KILL)))
			return false;
	}
	return true;
}

/*
 * What the main process left behind, if that is not to be left alone: a run that was not stopped
 * gets SIGTERM and kill_grace now; for one that was they are under way. Processes that die
 * meanwhile are no one's business; those that have to be killed are named.
 */
static void stop_leftovers(struct watch *watch)
{
	struct tree *tree = &watch->local->tree;
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
			tree_signal(tree, true, watch->stop == STOP_KILL ? SIGKILL : SIGTERM);
		} else if (watch->stop < STOP_KILL) {
			note(watch, LOG_LEVEL_WARNING, "killing", "that did not end when told to");
			if (!counted)
				watch->run->result.leftovers = (unsigned)tree->count;
			counted = true;
			stop(watch, STOP_KILL);
		}
		if (watch->stop == STOP_KILL && is_due(watch)) {
			note(watch, LOG_LEVEL_WARNING, "could not kill", "that were left behind");
			return;
		}
	}
}

static void account_for_leftovers(struct watch *watch)
{
	const struct job_settings *settings = watch->run->job->settings;
	struct tree *tree = &watch->local->tree;

	/* Nearly always there is nobody in the group, which one call tells. */
	if (watch->stop == STOP_NOT && kill(-watch->pid, 0) < 0 && errno == ESRCH)
		return;
	if (!find_leftovers(watch))
		return;
	if (watch->stop == STOP_NOT) {
		bool leave = settings->leftover == LEFTOVER_LEAVE;

		watch->run->result.leftovers = (unsigned)tree->count;
		note(watch, leave ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "left",
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

/* --- a run --- */

static void fail(struct run *run, const char *stage, int code)
{
	run->result.kind = RESULT_SPAWN_FAILED;
	run->result.stage = stage;
	run->result.code = code;
}

static void watch_run(struct watch *watch, int pidfd, usec_t begun)
{
	const struct job_settings *settings = watch->run->job->settings;
	struct run *run = watch->run;

	run->result.started = begun;
	watch->deadline = settings->timeout > 0 ? later(begun, settings->timeout) : USEC_INFINITY;
	atomic_store_explicit(&run->pid, watch->pid, memory_order_relaxed);
	watch->control->started(watch->control->ctx);

	for (int i = 0; i < 2; i++)
		output_begin(&watch->local->output[i]);
	tree_begin(&watch->local->tree, watch->pid);
	watch_main(watch, pidfd);
	reap(watch, pidfd);
	account_for_leftovers(watch);
	for (int i = 0; i < 2; i++) {
		struct stream stream = {watch, i};

		output_end(&watch->local->output[i], hand_on, &stream);
	}
}

void run_execute(struct run *run, const struct run_context *context, struct run_local *local,
		 const struct run_control *control)
{
	_cleanup_close_ int out_read = -1;
	_cleanup_close_ int out_write = -1;
	_cleanup_close_ int err_read = -1;
	_cleanup_close_ int err_write = -1;
	_cleanup_close_ int pidfd = -1;
	struct watch watch = {
		.run = run,
		.context = context,
		.local = local,
		.control = control,
	};
	struct spawn_error error;
	struct spawn plan;
	usec_t begun;
	int fds[2];

	run->result = (struct run_result){.queued = run->queued};
	if (command_prepare(&local->command, &context->base, run->job, run->id, run->slot) < 0) {
		fail(run, "memory", ENOMEM);
		return;
	}
	if (pipe2(fds, O_CLOEXEC) < 0) {
		fail(run, "pipe", errno);
		return;
	}
	out_read = fds[0];
	out_write = fds[1];
	if (pipe2(fds, O_CLOEXEC) < 0) {
		fail(run, "pipe", errno);
		return;
	}
	err_read = fds[0];
	err_write = fds[1];

	plan = (struct spawn){
		.paths = local->command.paths,
		.argv = local->command.argv,
		.envp = local->command.envp,
		.directory = context->base.home,
		.stdio = {context->null, out_write, err_write},
		.cgroup = -1,
		.signals = context->signals,
		.files = context->files_raised ? &context->files : NULL,
		.stack = local->stack,
	};
	/* Before the spawn: when this thread goes on, the program may have ended already. */
	begun = clock_elapsed();
	if (spawn(&plan, &watch.pid, &pidfd, &error) < 0) {
		fail(run, error.stage, error.code);
		return;
	}
	watch.pipes[0] = out_read;
	watch.pipes[1] = err_read;
	watch_run(&watch, pidfd, begun);
}
