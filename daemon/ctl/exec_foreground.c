/* See exec_foreground.h. */
#include "ctl/exec_foreground.h"

#include "calendar/duration.h"
#include "exec/facts.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Those that ask a program in the foreground to end, and how much of a hurry they are in. */
static const struct {
	int sig;
	int level; /* as run_control.woken() has it */
} requests[] = {{SIGINT, 1}, {SIGTERM, 1}, {SIGHUP, 1}, {SIGQUIT, 2}};

struct foreground {
	int signals; /* where they are read from */
	int level;   /* what has been asked for so far */
	int sig;     /* by which, at first; 0: nothing has */
	int lost[2]; /* errno that ended what is written there; 0: none yet */
	const struct exec *exec;
};

/* nohup(1) and a shell's "&" make them ignored: then they are nobody's wish. */
static bool is_ignored(int sig)
{
	struct sigaction action;

	return sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int foreground_new(struct foreground **ret_foreground)
{
	struct foreground *foreground = calloc(1, sizeof(*foreground));
	sigset_t set;

	if (!foreground)
		return -ENOMEM;
	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LENGTH(requests); i++)
		if (!is_ignored(requests[i].sig))
			(void)sigaddset(&set, requests[i].sig);
	foreground->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (foreground->signals < 0) {
		int r = -errno;

		free(foreground);
		return r;
	}
	*ret_foreground = foreground;
	return 0;
}

void foreground_free(struct foreground *foreground)
{
	if (!foreground)
		return;
	(void)close(foreground->signals);
	free(foreground);
}

int foreground_signals(const struct foreground *foreground)
{
	return foreground->signals;
}

/* --- what is printed --- */

/* Waits until something can be written. Returns false when the run is to be stopped meanwhile:
   whoever reads may then never go on. */
static bool await_room(const struct foreground *foreground, int fd)
{
	struct pollfd polls[] = {{.fd = fd, .events = POLLOUT},
				 {.fd = foreground->signals, .events = POLLIN}};

	while (poll(polls, ARRAY_LENGTH(polls), foreground->level > 0 ? 0 : -1) < 0)
		if (errno != EINTR)
			return false;
	return polls[0].revents != 0;
}

static void hear_output(void *ctx, int stream, const char *data, size_t len)
{
	struct foreground *foreground = ctx;
	int fd = stream == 0 ? STDOUT_FILENO : STDERR_FILENO;

	while (len > 0 && foreground->lost[stream] == 0 && await_room(foreground, fd)) {
		/* A pipe that can be written to takes so much without a wait. */
		ssize_t n = write(fd, data, len < PIPE_BUF ? len : PIPE_BUF);

		if (n >= 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno != EAGAIN && errno != EINTR) {
			foreground->lost[stream] = errno;
		}
	}
}

/* What only_if prints: what is on standard output is to be the job's own. */
static void hear_line(void *ctx, const struct log_line *line)
{
	(void)ctx;
	(void)fprintf(stderr, "only_if: %s\n", line->text);
}

static void hear_note(void *ctx, const struct run *run, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)fprintf(stderr, "everyctl: %s: %s\n", run->job->name, text);
}

struct run_sink foreground_sink(struct foreground *foreground)
{
	return (struct run_sink){hear_output, hear_line, hear_note, foreground};
}

/* --- the run --- */

static void tell_stop(const struct foreground *foreground)
{
	const struct job_settings *settings = foreground->exec->job->settings;
	const char *name = sigabbrev_np(settings->kill_signal);
	char grace[DURATION_TEXT_SIZE];

	if (foreground->level > 1 || settings->kill_grace == 0)
		exec_say(foreground->exec, "killing it");
	else
		exec_say(foreground->exec,
			 "stopping it by SIG%s; in %s, or when asked once more, it is killed",
			 name ? name : "?", duration_format(settings->kill_grace, grace));
}

static int woken(void *ctx)
{
	struct foreground *foreground = ctx;
	struct signalfd_siginfo info;
	int level = foreground->level;

	while (read(foreground->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		level++;
		for (size_t i = 0; i < ARRAY_LENGTH(requests); i++)
			if ((int)info.ssi_signo == requests[i].sig && level < requests[i].level)
				level = requests[i].level;
		if (foreground->sig == 0)
			foreground->sig = (int)info.ssi_signo;
	}
	if (level > 2)
		level = 2;
	if (level > foreground->level) {
		foreground->level = level;
		tell_stop(foreground);
	}
	return level;
}

static void hear_start(void *ctx)
{
	(void)ctx;
}

int foreground_status(const struct run_result *result, int sig)
{
	if (result->cancelled)
		return EXEC_SIGNALLED + sig;
	if (result->timed_out)
		return EXEC_TIMEOUT;
	switch (result->kind) {
	case RESULT_EXITED:
		return result->code;
	case RESULT_SIGNALLED:
		return EXEC_SIGNALLED + result->code;
	case RESULT_UNWANTED:
		return EXEC_UNWANTED;
	case RESULT_SPAWN_FAILED:
		if (strcmp(result->stage, "exec") != 0)
			return EXEC_FAILED;
		return result->code == ENOENT ? EXEC_NOT_FOUND : EXEC_NO_PROGRAM;
	case RESULT_NOT_STARTED:
	case RESULT_NO_RESOURCES:
	case RESULT_UNSEEN:
		break;
	}
	return EXEC_FAILED;
}

/* What its exit status alone does not tell. */
static void tell_end(const struct exec *exec, const struct run_result *result)
{
	const struct job_settings *settings = exec->job->settings;
	char end[FACTS_END_SIZE];
	char span[DURATION_TEXT_SIZE];

	if (result->out_of_memory)
		exec_say(exec, "it ran out of the memory that memory_max allows");
	if (result->cancelled)
		return;
	if (result->timed_out)
		exec_say(exec, "stopped after its timeout, %s",
			 duration_format(settings->timeout, span));
	else if (result->kind == RESULT_UNWANTED)
		exec_say(exec,
			 "skipped: only_if said no (exit status %d); --force runs it all the same",
			 result->code);
	else if (result->kind != RESULT_EXITED)
		exec_say(exec, "%s", facts_end(result, end));
}

static int tell_lost(const struct foreground *foreground, int status)
{
	for (int i = 0; i < 2; i++) {
		/* Who reads no more wants no more. */
		if (foreground->lost[i] == 0 || foreground->lost[i] == EPIPE)
			continue;
		exec_say(foreground->exec, "cannot write what it prints: %s",
			 strerrordesc_np(foreground->lost[i]));
		if (status == 0)
			status = EXEC_FAILED;
	}
	return status;
}

int foreground_run(struct foreground *foreground, const struct exec *exec)
{
	struct run_control control = {
		.wakefd = foreground->signals,
		.woken = woken,
		.started = hear_start,
		.ctx = foreground,
	};
	struct run run = exec_make_run(exec);

	foreground->exec = exec;
	run_execute(&run, exec->context, exec->local, &control);
	tell_end(exec, &run.result);
	free(run.output);
	return tell_lost(foreground, foreground_status(&run.result, foreground->sig));
}
