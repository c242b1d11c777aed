/* What /proc says about processes, whatever they call themselves. */
#include "exec/process.h"

#include "fault.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
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
		{"12 (sh) S 1 12 13" REST, 0, {12, 1, 12, 13, 'S', 7, "sh"}},
		{"12 (a) R 9 (b) Z 1 2 3" REST, 0, {12, 1, 2, 3, 'Z', 7, "a) R 9 (b"}},
		{"12 () S 1 12 13" REST, 0, {12, 1, 12, 13, 'S', 7, ""}},
		{"12 (two\nlines) D 1 0 0" REST, 0, {12, 1, 0, 0, 'D', 7, "two\nlines"}},
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_lines_are_read),
		cmocka_unit_test(dead_is_what_has_no_thread_left),
		cmocka_unit_test(this_process_is_found),
		cmocka_unit_test(a_descriptor_signals_and_tells_the_end),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
