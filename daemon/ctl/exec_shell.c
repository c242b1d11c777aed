/* See exec_shell.h. */
#include "ctl/exec_shell.h"

#include "ctl/exec.h"
#include "ctl/exec_foreground.h"
#include "exec/facts.h"
#include "exec/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct shell {
	int signals;
	struct run run;
};

/* The terminal sends signals to who is in its foreground, and that is everyctl: they are handed on
   to the shell and what it started, and are its to heed. */
static int woken(void *ctx)
{
	const struct shell *shell = ctx;
	struct signalfd_siginfo info;
	pid_t pid = atomic_load(&shell->run.pid);

	while (read(shell->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (pid > 0)
			(void)kill(-pid, (int)info.ssi_signo);
	return 0;
}

/* Copies that are none of those which they are to become. Returns 0 or -errno. */
static int copy_descriptors(int fds[static 3])
{
	for (int i = 0; i < 3; i++) {
		fds[i] = fcntl(i, F_DUPFD_CLOEXEC, 3);
		if (fds[i] < 0)
			return -errno;
	}
	return 0;
}

/* Fills in *result. */
static void run_shell(const struct exec *exec, struct shell *shell, const int *fds,
		      struct run_result *result)
{
	const struct job_settings *settings = exec->job->settings;
	const struct command_line line = {settings->shell, 1, false};
	const struct job_settings output = launch_log_settings(settings);
	const struct run_control control = {.wakefd = shell->signals, .woken = woken, .ctx = shell};
	char directory[PATH_MAX];
	struct launch_order order;
	struct spawn_error error;
	struct launch launch;

	launch_init(&launch, &shell->run, exec->context, exec->local, &control);
	if (launch_prepare(&launch, directory, &order, &error) < 0) {
		result->stage = error.stage;
		result->code = error.code;
	} else {
		order.line = &line;
		order.output = &output;
		order.stdio = fds;
		launch_command(&launch, &order, result);
	}
	launch_done(&launch);
}

int exec_shell(const struct exec *exec, int signals)
{
	struct run_result result = {.kind = RESULT_SPAWN_FAILED, .stage = "stdio"};
	struct shell shell = {signals, exec_make_run(exec)};
	int fds[3] = {-1, -1, -1};
	char end[FACTS_END_SIZE];
	int r = copy_descriptors(fds);

	if (r < 0)
		result.code = -r;
	else
		run_shell(exec, &shell, fds, &result);
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	if (result.kind == RESULT_SPAWN_FAILED)
		exec_say(exec, "%s", facts_end(&result, end));
	return foreground_status(&result, 0);
}
