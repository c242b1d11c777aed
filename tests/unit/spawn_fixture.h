/* Programs that are spawned on the test's own thread, and what comes of them. */
#pragma once

#include "exec/spawn.h"

#include "core/model.h"
#include "exec/identity.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

/* Longer than any test may take. */
#define LONG USEC_PER_HOUR

static _Alignas(16) char stack[SPAWN_STACK_SIZE];
static char directory[] = "/tmp/test_spawn.XXXXXX";

struct child {
	struct spawn_error error;
	int status; /* of wait(2) */
	char out[4096];
};

/* What else the next are started with. */
static struct {
	const struct rlimit64 *files;
	const struct job_settings *settings;
	const struct identity *identity;
	struct seats *seats;
	bool in_cgroup;
	int cgroup;
	bool directory_required;
	usec_t patience; /* 0: LONG */
	pid_t helper;    /* ends with it */
} with;

/* Runs it to its end; what it wrote to stdout is kept. Returns what spawn() did. */
static inline int run(const char *const *paths, const char *const *argv, const char *cwd,
		      const int *signals, struct child *child)
{
	static const int none[] = {0};
	static const char *const envp[] = {"A=1", NULL};
	union {
		const char *const *in;
		char *const *out;
	} args = {argv}, env = {envp};
	struct spawn spawn_plan = {
		.paths = paths,
		.argv = args.out,
		.envp = env.out,
		.directory = cwd,
		.directory_required = with.directory_required,
		.seats = with.seats,
		.cgroup = with.in_cgroup ? with.cgroup : -1,
		.identity = with.identity,
		.settings = with.settings,
		.signals = signals ? signals : none,
		.files = with.files,
		.patience = with.patience ? with.patience : LONG,
		.stack = stack,
	};
	int fds[2];
	int pidfd = -1;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = 0;
	ssize_t n;
	size_t len = 0;
	int r;

	memset(child, 0, sizeof(*child));
	assert_true(null > 2);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	spawn_plan.stdio[0] = null;
	spawn_plan.stdio[1] = fds[1];
	spawn_plan.stdio[2] = null;
	r = spawn(&spawn_plan, &pid, &pidfd, &child->error);
	close(fds[1]);
	close(null);
	while (r == 0 && (n = read(fds[0], child->out + len, sizeof(child->out) - 1 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	if (r == 0) {
		assert_int_equal(waitpid(pid, &child->status, 0), pid);
		close(pidfd);
	}
	if (with.helper) {
		assert_int_equal(kill(with.helper, SIGKILL), 0);
		assert_int_equal(waitpid(with.helper, NULL, 0), with.helper);
	}
	if (r == SPAWN_LEFT)
		return r;
	/* Nothing is left behind. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return r;
}

static inline const char *shell(const char *script, const char *cwd, const int *signals)
{
	static struct child child;
	const char *paths[] = {"/bin/sh", NULL};
	const char *argv[] = {"sh", "-c", script, NULL};

	assert_int_equal(run(paths, argv, cwd, signals, &child), 0);
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), 0);
	return child.out;
}

static inline const char *file(const char *name, const char *text, mode_t mode)
{
	static char path[8][128];
	static unsigned n;
	char *p = path[n++ % 8];
	FILE *f;

	(void)snprintf(p, sizeof(path[0]), "%s/%s", directory, name);
	f = fopen(p, "we");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fchmod(fileno(f), mode), 0);
	fclose(f);
	return p;
}

static gid_t other_groups[] = {1, 54321};
static const struct identity other = {
	.uid = 65534, .gid = 65533, .groups = other_groups, .n_groups = 2, .change = true};

struct step {
	long number;
	int error; /* 0: the call seems to succeed */
	const char *stage;
	int code; /* 0: the error's */
	const struct job_settings *settings;
	const struct identity *identity;
};

static inline int fails_at(void *arg)
{
	const struct step *step = arg;
	const char *paths[] = {"/bin/true", NULL};
	const char *argv[] = {"true", NULL};
	static const int signals[] = {SIGHUP, 0};
	static const struct rlimit64 limit = {64, 64};
	struct child child;

	if (!step->settings)
		with.files = &limit;
	with.settings = step->settings;
	with.identity = step->identity;
	if (run(paths, argv, "/", signals, &child) != -1)
		return 1;
	if (strcmp(child.error.stage, step->stage) != 0)
		return 2;
	return child.error.code != (step->code ? step->code : step->error) ? 3 : 0;
}

static inline int setup(void **state)
{
	sigset_t all;

	(void)state;
	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		return -1;
	/* Others are to get there too. */
	return mkdtemp(directory) && chmod(directory, 0755) == 0 ? 0 : -1;
}

static inline int teardown(void **state)
{
	static const char *const names[] = {"plain", "junk", "bad", "good", "held", "self"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		(void)unlink(path);
	}
	return rmdir(directory);
}
