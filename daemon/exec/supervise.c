/* See supervise.h. */
#include "exec/supervise.h"

#include "base/text.h"
#include "exec/run.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* How often a tree that is not empty is scanned for somebody who can be found. */
#define SCANS_MAX 3

#define NOTE_SIZE 1024

void supervisor_init(struct supervisor *supervisor)
{
	tree_init(&supervisor->tree);
}

void supervisor_done(struct supervisor *supervisor)
{
	tree_done(&supervisor->tree);
}

void supervise_begin(struct supervision *supervision, usec_t began)
{
	const struct supervise_plan *plan = supervision->plan;

	supervision->deadline = plan->timeout > 0 ? usec_add(began, plan->timeout) : USEC_INFINITY;
	supervision->warning =
		plan->max_runtime > 0 ? usec_add(began, plan->max_runtime) : USEC_INFINITY;
}

/* --- output and notes --- */

/* Hands on what one read brings: nothing, where a process of the daemon's user has opened the pipe
   in /proc and was there first. Returns whether there may be more. */
static bool forward(struct supervision *supervision, int stream)
{
	const struct supervise_listener *listener = supervision->listener;
	char *buffer = supervision->supervisor->read;
	ssize_t n = read(supervision->pipes[stream], buffer, SUPERVISE_READ_SIZE);

	if (n <= 0)
		return false;
	listener->output(listener->ctx, stream, buffer, (size_t)n);
	return (size_t)n == SUPERVISE_READ_SIZE;
}

/* Hands on what is in the pipe now, without waiting for more. */
static void drain(struct supervision *supervision, int stream)
{
	int waiting = 0;

	if (ioctl(supervision->pipes[stream], FIONREAD, &waiting) < 0)
		return;
	for (ssize_t left = waiting; left > 0; left -= (ssize_t)SUPERVISE_READ_SIZE)
		if (!forward(supervision, stream))
			return;
}

static void _printf_(3, 4)
	note(struct supervision *supervision, enum log_level level, const char *format, ...)
{
	char text[NOTE_SIZE];
	char clean[TEXT_GROWTH * NOTE_SIZE + 1];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	/* A process chooses its own name. */
	(void)text_sanitize(clean, text, strlen(text));
	supervision->listener->note(supervision->listener->ctx, level, clean);
}

static void note_processes(struct supervision *supervision, enum log_level level,
			   const char *before, const char *after)
{
	const struct tree *tree = &supervision->supervisor->tree;
	char names[NOTE_SIZE / 2];

	tree_describe(tree, names, sizeof(names));
	note(supervision, level, "%s %zu process%s %s: %s", before, tree->count,
	     tree->count == 1 ? "" : "es", after, names);
}

/* Once in a run. */
static void note_trouble(struct supervision *supervision)
{
	int code = supervision->supervisor->tree.trouble;

	if (code == 0 || supervision->told)
		return;
	supervision->told = true;
	note(supervision, LOG_LEVEL_WARNING, "not all of its processes could be found or held: %s",
	     strerrordesc_np(code));
}

/* --- stopping and waiting --- */

static void scan(struct supervision *supervision)
{
	tree_scan(&supervision->supervisor->tree, supervision->reaped);
	note_trouble(supervision);
}

void supervise_kill_tracers(struct supervision *supervision)
{
	struct process tracer;

	scan(supervision);
	if (tree_kill_tracers(&supervision->supervisor->tree, &tracer))
		note(supervision, LOG_LEVEL_WARNING,
		     "killing what traces it and does not let go: %s (%d)", tracer.name,
		     tracer.pid);
}

/* Signals the whole tree; where it goes on, the next step is due at supervision->deadline. */
static void stop(struct supervision *supervision, enum supervise_stop step)
{
	struct tree *tree = &supervision->supervisor->tree;
	usec_t now = clock_elapsed();

	if (step == STOP_TERM && supervision->plan->kill_grace == 0)
		step = STOP_KILL;
	if (supervision->stop >= step)
		return;
	supervision->stop = step;
	if (step == STOP_TRACERS)
		supervise_kill_tracers(supervision);
	else if (!supervision->over)
		scan(supervision);
	tree_signal(tree, supervision->reaped,
		    step == STOP_TERM ? supervision->plan->kill_signal : SIGKILL);
	if (step == STOP_TERM)
		supervision->deadline = usec_add(now, supervision->plan->kill_grace);
	else if (step == STOP_KILL && !supervision->over)
		supervision->deadline = now + SUPERVISE_TRACER_PATIENCE;
	else
		supervision->deadline = now + SUPERVISE_KILL_PATIENCE;
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

/* As poll(2) looks at the descriptors in order, and those of processes come first, the answer that
   says that one has ended also says whether there is output left to read. */
unsigned supervise_wait(struct supervision *supervision, size_t n)
{
	static const struct timespec breather = {.tv_nsec = SUPERVISE_LOOK_LAST * 1000};
	struct pollfd *polls = supervision->supervisor->polls;
	int *awaited = supervision->supervisor->awaited;
	usec_t next = supervision->warning < supervision->deadline ? supervision->warning
								   : supervision->deadline;
	struct pollfd *others = polls;
	const struct pollfd *entry = polls;
	struct timespec timeout;
	unsigned ended = 0;

	/* The kernel takes no more entries than a process may have descriptors. */
	for (size_t i = 0; i < n; i++)
		if (awaited[i] >= 0)
			*others++ = (struct pollfd){.fd = awaited[i], .events = POLLIN};
	for (int i = 0; i < 2; i++)
		others[i] = (struct pollfd){.fd = supervision->pipes[i], .events = POLLIN};
	others[2] = (struct pollfd){.fd = supervision->control->wakefd, .events = POLLIN};
	if (ppoll(polls, (nfds_t)(others - polls) + SUPERVISE_POLL_EXTRA, until(next, &timeout),
		  NULL) < 0) {
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
		if (others[i].revents & POLLIN && forward(supervision, i) && ended)
			drain(supervision, i);
	if (others[2].revents & POLLIN)
		supervision->level = supervision->control->woken(supervision->control->ctx);
	return ended;
}

static bool is_due(const struct supervision *supervision)
{
	return supervise_is_past(supervision->deadline);
}

void supervise_note_given_up(struct supervision *supervision, const char *why)
{
	struct process process = {.name = "?"};

	(void)!process_read(supervision->pid, &process);
	note(supervision, LOG_LEVEL_WARNING, "%s: %s (%d)", why, process.name, supervision->pid);
}

bool supervise_main(struct supervision *supervision, int pidfd)
{
	struct run_result *result = supervision->result;
	bool ended;

	supervision->supervisor->awaited[0] = pidfd;
	while (!(ended = supervise_wait(supervision, 1) > 0)) {
		tree_see_leader(&supervision->supervisor->tree);
		if (supervision->level > 0 && supervision->stop == STOP_NOT)
			result->cancelled = true;
		if (supervision->level > 0)
			stop(supervision, supervision->level == 1 ? STOP_TERM : STOP_KILL);
		if (supervise_is_past(supervision->warning)) {
			supervision->warning = USEC_INFINITY;
			supervision->listener->note(supervision->listener->ctx, LOG_LEVEL_WARNING,
						    "takes longer than max_runtime");
		}
		if (!is_due(supervision))
			continue;
		if (supervision->stop == STOP_TRACERS)
			break;
		if (supervision->stop == STOP_NOT)
			result->timed_out = true;
		stop(supervision, supervision->stop + 1);
	}
	result->ended = clock_elapsed();
	supervision->warning = USEC_INFINITY;
	if (!ended)
		supervise_note_given_up(supervision, "could not kill its main process");
	return ended;
}

/* --- what is left behind --- */

/* Looks for what lives of the tree, to be waited for. Returns whether there is anything. */
static bool find_leftovers(struct supervision *supervision)
{
	struct tree *tree = &supervision->supervisor->tree;

	/* While it is scanned one may end whose child only then becomes an orphan to be found. */
	for (int left = SCANS_MAX; left > 0; left--) {
		scan(supervision);
		if (tree->count > 0 || !supervision->reaped || tree_is_alone(tree))
			break;
	}
	for (size_t i = 0; i < tree->n; i++)
		supervision->supervisor->awaited[i] = tree->members[i].pidfd;
	return tree->count > 0;
}

static bool is_hurried(const struct supervision *supervision)
{
	return supervision->level > 1 && supervision->stop < STOP_KILL;
}

/*
 * Waits for all that was found to end. Returns false when the deadline came first or the run is to
 * be killed; and after a while, if not all could be held: of the others nothing tells.
 */
static bool wait_leftovers(struct supervision *supervision)
{
	const int *awaited = supervision->supervisor->awaited;
	bool trouble = supervision->supervisor->tree.trouble != 0;
	size_t n = supervision->supervisor->tree.n;
	usec_t deadline = supervision->deadline;
	usec_t look = trouble ? clock_elapsed() + SUPERVISE_LOOK_LAST : USEC_INFINITY;
	bool looked = false;
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		left += awaited[i] >= 0;
	while ((left > 0 || trouble) && !looked) {
		supervision->deadline = look < deadline ? look : deadline;
		left -= supervise_wait(supervision, n);
		supervision->deadline = deadline;
		looked = supervise_is_past(look) || is_due(supervision) || is_hurried(supervision);
	}
	return left == 0 && !trouble;
}

/*
 * What the main process left behind, if that is not to be left alone: a run that was not stopped
 * gets kill_signal and kill_grace now; for one that was they are under way. Processes that die
 * meanwhile are no one's business; those that have to be killed are named.
 */
static void stop_leftovers(struct supervision *supervision)
{
	struct tree *tree = &supervision->supervisor->tree;
	bool counted = supervision->stop == STOP_NOT;

	if (supervision->stop >= STOP_KILL) {
		tree_signal(tree, supervision->reaped, SIGKILL);
		supervision->deadline = clock_elapsed() + SUPERVISE_KILL_PATIENCE;
	}
	stop(supervision, STOP_TERM);
	for (;;) {
		bool all = wait_leftovers(supervision);

		if (!find_leftovers(supervision))
			return;
		if (supervision->stop >= STOP_KILL) {
			if (is_due(supervision))
				break;
			tree_signal(tree, supervision->reaped, SIGKILL);
		} else if (all) {
			/* Born meanwhile. */
			tree_signal(tree, supervision->reaped, supervision->plan->kill_signal);
		} else if (is_due(supervision) || is_hurried(supervision)) {
			note_processes(supervision, LOG_LEVEL_WARNING, "killing",
				       "that did not end when told to");
			if (!counted)
				supervision->result->leftovers = (unsigned)tree->count;
			counted = true;
			stop(supervision, STOP_KILL);
		}
	}
	note_processes(supervision, LOG_LEVEL_WARNING, "could not kill", "that were left behind");
}

void supervise_leftovers(struct supervision *supervision)
{
	struct tree *tree = &supervision->supervisor->tree;

	if (supervision->stop == STOP_NOT && supervision->reaped && tree_is_alone(tree))
		return;
	if (!find_leftovers(supervision))
		return;
	if (supervision->stop == STOP_NOT) {
		bool leave = supervision->plan->leftover == LEFTOVER_LEAVE;

		supervision->result->leftovers = (unsigned)tree->count;
		note_processes(supervision, leave ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "left",
			       leave ? "running" : "running, which will be stopped");
		if (!leave) {
			supervision->deadline = USEC_INFINITY;
			stop_leftovers(supervision);
		}
	} else {
		stop_leftovers(supervision);
	}
	tree_close(tree);
	for (int i = 0; i < 2; i++)
		drain(supervision, i);
}
