/* What /proc says about processes, whatever they call themselves. */
#include "exec/process.h"

#include "fault.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cmocka.h>

#define REST " 0 -1 4194560 100 0 0 0 1 2 3 4 20 0 7 0 12345 1000 200"

static void stat_lines_are_read(void **state)
{
	static const struct {
		const char *text;
		int r;
		struct process process;
	} rows[] = {
		{"12 (sh) S 1 12 13" REST, 0, {12, 1, 12, 13, 'S', 7, "sh", 12345}},
		{"12 (a) R 9 (b) Z 1 2 3" REST, 0, {12, 1, 2, 3, 'Z', 7, "a) R 9 (b", 12345}},
		{"12 () S 1 12 13" REST, 0, {12, 1, 12, 13, 'S', 7, "", 12345}},
		{"12 (two\nlines) D 1 0 0" REST, 0, {12, 1, 0, 0, 'D', 7, "two\nlines", 12345}},
		{"", -EINVAL, {0}},
		{"12 sh S 1 12 13" REST, -EINVAL, {0}},
		{"12 )sh( S 1 12 13" REST, -EINVAL, {0}},
		{"(sh) S 1 12 13" REST, -EINVAL, {0}},
		{"12 (sh) S 1 12 13", -EINVAL, {0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct process process = {0};

		assert_int_equal(process_parse(rows[i].text, &process), rows[i].r);
		assert_int_equal(process.pid, rows[i].process.pid);
		assert_int_equal(process.parent, rows[i].process.parent);
		assert_int_equal(process.group, rows[i].process.group);
		assert_int_equal(process.session, rows[i].process.session);
		assert_int_equal(process.state, rows[i].process.state);
		assert_int_equal(process.threads, rows[i].process.threads);
		assert_string_equal(process.name, rows[i].process.name);
		assert_int_equal(process.start, rows[i].process.start);
	}
}

static void dead_is_what_has_no_thread_left(void **state)
{
	static const struct {
		char state;
		long threads;
		bool dead;
	} rows[] = {
		{'S', 1, false}, {'R', 3, false}, {'Z', 1, true}, {'Z', 3, false}, {'X', 0, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct process process = {.state = rows[i].state, .threads = rows[i].threads};

		assert_int_equal(process_is_dead(&process), rows[i].dead);
	}
}

static bool is_other(void *ctx, const struct process *process)
{
	struct process *self = ctx;

	if (process->pid != getpid())
		return true;
	*self = *process;
	return false;
}

static void this_process_is_found(void **state)
{
	struct process read = {0};
	struct process found = {0};

	(void)state;
	assert_int_equal(process_read(getpid(), &read), 0);
	assert_int_equal(process_each(is_other, &found), 0);
	assert_int_equal(read.parent, getppid());
	assert_int_equal(found.pid, getpid());
	assert_int_equal(found.parent, getppid());
	assert_int_equal(found.session, getsid(0));
	assert_int_equal(found.group, getpgrp());
}

static void boots_are_told_apart(void **state)
{
	static const char form[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
	char id[PROCESS_BOOT_ID_SIZE] = "";
	char again[PROCESS_BOOT_ID_SIZE] = "";

	(void)state;
	assert_int_equal(process_boot_id(id), 0);
	assert_int_equal(process_boot_id(again), 0);
	assert_string_equal(id, again);
	assert_int_equal(strlen(id), sizeof(form) - 1);
	for (size_t i = 0; i < sizeof(form) - 1; i++)
		assert_true(form[i] == 'h' ? isxdigit((unsigned char)id[i]) : id[i] == form[i]);
}

static void a_descriptor_signals_and_tells_the_end(void **state)
{
	struct process process;
	struct pollfd pollfd = {.events = POLLIN};
	int status;
	pid_t pid;

	(void)state;
	if (!kernel_is_whole())
		skip();
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	pollfd.fd = process_hold(pid, &process);
	assert_true(pollfd.fd >= 0);
	assert_int_equal(process.pid, pid);
	assert_int_equal(process.parent, getpid());
	assert_int_equal(poll(&pollfd, 1, 0), 0);
	process_signal(pollfd.fd, SIGKILL);
	assert_int_equal(poll(&pollfd, 1, 30000), 1);
	assert_int_equal(process_read(pid, &process), 0);
	assert_true(process_is_dead(&process));
	assert_int_equal(process_hold(pid, &process), -ESRCH);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(process_read(pid, &process), -ENOENT);
	assert_int_equal(process_open(pid), -ESRCH);
	assert_int_equal(process_hold(pid, &process), -ESRCH);
	close(pollfd.fd);
}

/* A process with that environment; not for ever, should the test fail. */
static pid_t start_with(char *const *envp)
{
	static char name[] = "sleep";
	static char span[] = "60";
	static char *const argv[] = {name, span, NULL};
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		execve("/bin/sleep", argv, envp);
		_exit(127);
	}
	/* Ends when exec has closed it. */
	close(fds[1]);
	assert_int_equal(read(fds[0], &(char){0}, 1), 0);
	close(fds[0]);
	return pid;
}

static void end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void marks_are_all_there_and_the_first_of_their_name(void **state)
{
	static char job[] = "JOB=a";
	static char run[] = "RUN=12";
	static char other[] = "RUN=1";
	static char longer[] = "RUN=123";
	static char prefixed[] = "MYRUN=12";
	static char bare[] = "RUN";
	static char hook[] = "HOOK=x";
	static char empty_hook[] = "HOOK=";
	static char not_hook[] = "HOOKS=x";
	static char name[] = "HOOK";
	static char nothing[] = "";
	static char large[100 * 1024];
	static char *const marks[] = {job, run, name, NULL};
	static char *const none[] = {NULL};
	static const struct {
		char *envp[7];
		int marked;
	} rows[] = {
		{{job, run}, 1},
		{{run, job}, 1},
		{{nothing, large, job, nothing, run, not_hook}, 1},
		{{job, run, other}, 1},
		{{job, other, run}, 0},
		{{job, longer}, 0},
		{{job, prefixed}, 0},
		{{job, bare}, 0},
		{{job}, 0},
		{{run}, 0},
		{{NULL}, 0},
		{{job, run, hook}, 0},
		{{hook, job, run}, 0},
		{{job, run, large, empty_hook}, 0},
	};

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pid_t pid = start_with(rows[i].envp);
		int r = process_is_marked(pid, marks);

		if (r != rows[i].marked)
			fail_msg("row %zu: %d", i, r);
		assert_int_equal(process_is_marked(pid, none), 0);
		end(pid);
		assert_int_equal(process_is_marked(pid, marks), -ENOENT);
	}
}

static void users_are_told_apart(void **state)
{
	static const struct {
		uid_t real;
		uid_t effective;
	} rows[] = {{0, 0}, {65534, 65534}, {65534, 0}, {0, 65534}};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fds[2];
		uid_t uid = 1;
		pid_t pid;

		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		pid = fork();
		if (pid == 0) {
			if (setresuid(rows[i].real, rows[i].effective, 0) == 0)
				(void)!write(fds[1], "", 1);
			pause();
			_exit(0);
		}
		assert_int_equal(read(fds[0], &(char){0}, 1), 1);
		close(fds[0]);
		close(fds[1]);
		assert_int_equal(process_read_effective_user(pid, &uid), 0);
		assert_int_equal(uid, rows[i].effective);
		assert_int_equal(process_read_real_user(pid, &uid), 0);
		assert_int_equal(uid, rows[i].real);
		end(pid);
		assert_int_equal(process_read_effective_user(pid, &uid), -ENOENT);
		assert_int_equal(process_read_real_user(pid, &uid), -ENOENT);
	}
}

struct tracers {
	pid_t last;
	unsigned count;
};

static void see_tracer(void *ctx, pid_t tracer)
{
	struct tracers *tracers = ctx;

	tracers->last = tracer;
	tracers->count++;
}

static void tracers_are_found(void **state)
{
	struct tracers tracers = {0};
	char *envp[] = {NULL};
	pid_t traced = start_with(envp);
	pid_t tracer;
	int fds[2];
	char told;

	(void)state;
	assert_int_equal(process_each_tracer(traced, see_tracer, &tracers), 0);
	assert_int_equal(tracers.count, 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	tracer = fork();
	if (tracer == 0) {
		told = ptrace(PTRACE_SEIZE, traced, 0, 0) == 0;
		(void)!write(fds[1], &told, 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(fds[0], &told, 1), 1);
	close(fds[0]);
	close(fds[1]);
	if (told) {
		assert_int_equal(process_each_tracer(traced, see_tracer, &tracers), 0);
		assert_int_equal(tracers.count, 1);
		assert_int_equal(tracers.last, tracer);
	}
	end(tracer);
	end(traced);
	assert_int_equal(process_each_tracer(traced, see_tracer, &tracers), -ENOENT);
	if (!told)
		skip();
}

/* What is about to become another program has no environment for an instant. */
static void marks_are_seen_while_programs_change(void **state)
{
	static char mark[] = "EVERYD_TEST_MARK=1";
	char *const marks[] = {mark, NULL};
	char again[] = "again";
	char *argv[] = {program_invocation_name, again, NULL};
	pid_t pid;

	(void)state;
	/* Under valgrind a program is not itself that becomes another. */
	if (!kernel_is_whole())
		skip();
	pid = fork();
	if (pid == 0) {
		/* Kept by exec: it does not outlive a test that fails. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execve("/proc/self/exe", argv, marks);
		_exit(1);
	}
	/* It has the environment of this process until it is the first. */
	while (process_is_marked(pid, marks) == 0)
		;
	for (int i = 0; i < 3000; i++)
		assert_int_equal(process_is_marked(pid, marks), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(int argc, char *argv[])
{
	/* For the test above: a program that becomes itself without end. */
	if (argc == 2 && strcmp(argv[1], "again") == 0) {
		(void)execv("/proc/self/exe", argv);
		return 1;
	}

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_lines_are_read),
		cmocka_unit_test(dead_is_what_has_no_thread_left),
		cmocka_unit_test(this_process_is_found),
		cmocka_unit_test(boots_are_told_apart),
		cmocka_unit_test(a_descriptor_signals_and_tells_the_end),
		cmocka_unit_test(marks_are_all_there_and_the_first_of_their_name),
		cmocka_unit_test(marks_are_seen_while_programs_change),
		cmocka_unit_test(users_are_told_apart),
		cmocka_unit_test(tracers_are_found),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
