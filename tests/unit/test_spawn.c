/* Becoming another program: every step that can fail, and what the program finds. */
#include "exec/spawn.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

static _Alignas(16) char stack[SPAWN_STACK_SIZE];
static char directory[] = "/tmp/test_spawn.XXXXXX";

struct child {
	struct spawn_error error;
	int status; /* of wait(2) */
	char out[4096];
};

/* What the next have as their limit of open files; NULL: this process's. */
static const struct rlimit64 *files;

/* Runs it to its end; what it wrote to stdout is kept. Returns what spawn() did. */
static int run(const char *const *paths, const char *const *argv, const char *cwd,
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
		.signals = signals ? signals : none,
		.files = files,
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
	while ((n = read(fds[0], child->out + len, sizeof(child->out) - 1 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	if (r == 0) {
		assert_int_equal(waitpid(pid, &child->status, 0), pid);
		close(pidfd);
	}
	/* Nothing is left behind. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return r;
}

static const char *shell(const char *script, const char *cwd, const int *signals)
{
	static struct child child;
	const char *paths[] = {"/bin/sh", NULL};
	const char *argv[] = {"sh", "-c", script, NULL};

	assert_int_equal(run(paths, argv, cwd, signals, &child), 0);
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), 0);
	return child.out;
}

static const char *file(const char *name, const char *text, mode_t mode)
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

static void what_cannot_be_executed_says_why(void **state)
{
	const char *plain = file("plain", "#!/bin/sh\n", 0644);
	const char *junk = file("junk", "\1\2\3", 0755);
	const char *bad = file("bad", "#!/no/such/interpreter\n", 0755);
	const char *good = file("good", "#!/bin/sh\nexit 3\n", 0755);
	const struct {
		const char *paths[4];
		int code; /* 0: it runs and exits with 3 */
	} rows[] = {
		{{"/no/such"}, ENOENT},
		{{plain}, EACCES},
		{{"/tmp"}, EACCES},
		{{junk}, ENOEXEC},
		{{bad}, ENOENT},
		{{"/etc/passwd/x"}, ENOTDIR},
		{{"/no/such", good}, 0},
		{{plain, good}, 0},
		{{"/etc/passwd/x", plain, good}, 0},
		{{plain, "/no/such"}, EACCES},
		{{"/no/such", "/etc/passwd/x"}, ENOTDIR},
		{{junk, good}, ENOEXEC},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *argv[] = {"x", NULL};
		struct child child;
		int r = run(rows[i].paths, argv, "/", NULL, &child);

		if (rows[i].code == 0) {
			assert_int_equal(r, 0);
			assert_int_equal(WEXITSTATUS(child.status), 3);
			continue;
		}
		assert_int_equal(r, -1);
		assert_string_equal(child.error.stage, "exec");
		assert_int_equal(child.error.code, rows[i].code);
	}
}

struct step {
	long number;
	int error;
	const char *stage;
};

static int fails_at(void *arg)
{
	const struct step *step = arg;
	const char *paths[] = {"/bin/true", NULL};
	const char *argv[] = {"true", NULL};
	static const int signals[] = {SIGHUP, 0};
	static const struct rlimit64 limit = {64, 64};
	struct child child;

	files = &limit;
	if (run(paths, argv, "/", signals, &child) != -1)
		return 1;
	return strcmp(child.error.stage, step->stage) != 0 || child.error.code != step->error;
}

static void each_step_that_fails_is_named(void **state)
{
	static struct step steps[] = {
		{SYS_clone, EAGAIN, "clone"},
		{SYS_clone, ENOMEM, "clone"},
		{SYS_setsid, EPERM, "setsid"},
		{SYS_rt_sigaction, EINVAL, "signals"},
		{SYS_dup3, EMFILE, "stdio"},
		{SYS_close_range, ENOSYS, "stdio"},
		{SYS_prlimit64, EPERM, "limits"},
		{SYS_chdir, EACCES, "chdir"},
		{SYS_rt_sigprocmask, EINVAL, "signals"},
		{SYS_execve, ENOMEM, "exec"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		assert_int_equal(fault_call(steps[i].number, steps[i].error, fails_at, &steps[i]),
				 0);
}

static void a_missing_directory_becomes_the_root(void **state)
{
	(void)state;
	assert_string_equal(shell("pwd", "/usr", NULL), "/usr\n");
	assert_string_equal(shell("pwd", "/no/such", NULL), "/\n");
}

static void only_standard_descriptors_are_open(void **state)
{
	int leak = open("/dev/null", O_RDONLY); /* not close-on-exec */

	(void)state;
	assert_true(leak > 2);
	/* 3 is the directory that ls reads. */
	assert_string_equal(shell("exec ls /proc/self/fd", "/", NULL), "0\n1\n2\n3\n");
	assert_string_equal(shell("readlink /proc/self/fd/0", "/", NULL), "/dev/null\n");
	close(leak);
}

static void the_limit_of_files_is_its_own(void **state)
{
	static const struct rlimit64 limit = {60, 70};
	struct rlimit64 before;
	struct rlimit64 after;

	(void)state;
	assert_int_equal(getrlimit64(RLIMIT_NOFILE, &before), 0);
	files = &limit;
	assert_string_equal(shell("ulimit -Sn; ulimit -Hn", "/", NULL), "60\n70\n");
	files = NULL;
	assert_int_equal(getrlimit64(RLIMIT_NOFILE, &after), 0);
	assert_memory_equal(&after, &before, sizeof(before));
}

static void handler(int sig)
{
	(void)sig;
}

static void signals_are_as_new(void **state)
{
	int signals[SPAWN_SIGNALS];

	(void)state;
	signal(SIGHUP, handler);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	spawn_find_ignored(signals);
	assert_string_equal(shell("exec sed -n '/^Sig[BIC]/p' /proc/self/status", "/", signals),
			    "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
			    "SigCgt:\t0000000000000000\n");
	signal(SIGHUP, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
}

static void it_leads_a_session_of_its_own(void **state)
{
	(void)state;
	assert_string_equal(shell("read pid name state parent group session rest </proc/self/stat;"
				  "[ $pid = $group ] && [ $pid = $session ] && echo $name $A",
				  "/", NULL),
			    "(sh) 1\n");
}

static int setup(void **state)
{
	sigset_t all;

	(void)state;
	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		return -1;
	return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = {"plain", "junk", "bad", "good"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		(void)unlink(path);
	}
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_executed_says_why),
		cmocka_unit_test(each_step_that_fails_is_named),
		cmocka_unit_test(a_missing_directory_becomes_the_root),
		cmocka_unit_test(only_standard_descriptors_are_open),
		cmocka_unit_test(the_limit_of_files_is_its_own),
		cmocka_unit_test(signals_are_as_new),
		cmocka_unit_test(it_leads_a_session_of_its_own),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("spawn", tests, setup, teardown);
}
