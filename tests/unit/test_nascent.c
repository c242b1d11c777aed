/* What a killed daemon was about to make is waited for; nobody else is. */
#include "exec/nascent.h"

#include "exec/process.h"

#include "fault.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Under ThreadSanitizer each process has a thread more. */
#ifdef __has_feature
#define HAS_OWN_THREADS_ONLY (!__has_feature(thread_sanitizer))
#else
#define HAS_OWN_THREADS_ONLY 1
#endif

/* Until something is given up that should come; and that should not. */
#define PATIENCE (30 * USEC_PER_SEC)
#define MOMENT   (20 * USEC_PER_MSEC)

/* How long one is about to become a program. */
#define SPAN_MS 50

enum fate {
	BECOMES, /* another program */
	ENDS,
	STAYS, /* as it is */
	STAYS_WITH_THREADS,
};

/* Ends with the test, at the latest. */
static void *stay(void *arg)
{
	const int *ends = arg;
	char byte;

	while (read(ends[0], &byte, 1) > 0)
		continue;
	return NULL;
}

static _Noreturn void meet(enum fate fate, int ends[2])
{
	static char cat[] = "cat";
	char *argv[] = {cat, NULL};
	pthread_t thread;

	(void)close(ends[1]);
	if (fate == STAYS_WITH_THREADS &&
	    (pthread_create(&thread, NULL, stay, ends) != 0 || pthread_detach(thread) != 0))
		_exit(1);
	if (fate == STAYS || fate == STAYS_WITH_THREADS)
		(void)stay(ends);
	else
		(void)poll(NULL, 0, SPAN_MS);
	if (fate == BECOMES && dup2(ends[0], STDIN_FILENO) == STDIN_FILENO)
		(void)execv("/bin/cat", argv);
	_exit(0);
}

/* One whose parent has died. Returns its number. */
static pid_t orphan(enum fate fate, int ends[2])
{
	pid_t pid = 0;
	pid_t parent;
	int told[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(pipe(told), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		pid = fork();
		if (pid == 0)
			meet(fate, ends);
		_exit(write(told[1], &pid, sizeof(pid)) < 0);
	}
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_int_equal(read(told[0], &pid, sizeof(pid)), sizeof(pid));
	(void)close(told[0]);
	(void)close(told[1]);
	return pid;
}

/* Closing the pipe ends it. */
static void let_go(const int ends[2])
{
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void it_is_waited_for(void **state)
{
	static const struct {
		enum fate fate;
		const char *name; /* afterwards; NULL: it is gone */
		usec_t patience;
		bool done;
	} cases[] = {
		{BECOMES, "cat", PATIENCE, true},
		{ENDS, NULL, PATIENCE, true},
		{STAYS, "test_nascent", MOMENT, false},
	};

	(void)state;
	if (!HAS_OWN_THREADS_ONLY)
		skip();
	assert_true(nascent_await(MOMENT));
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct process process;
		int ends[2];
		pid_t pid;
		int r;

		pid = orphan(cases[i].fate, ends);
		assert_int_equal(nascent_await(cases[i].patience), cases[i].done);
		r = process_read(pid, &process);
		if (cases[i].name)
			assert_string_equal(process.name, cases[i].name);
		else
			assert_true(r < 0 || process_is_dead(&process));
		let_go(ends);
		assert_true(nascent_await(PATIENCE));
	}
}

static void whom_a_living_daemon_makes_is_not(void **state)
{
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		meet(STAYS, ends);
	assert_true(nascent_await(PATIENCE));
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	let_go(ends);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static bool has_threads(pid_t pid)
{
	struct process process;

	return process_read(pid, &process) == 0 && process.threads > 1;
}

static void another_daemon_is_not(void **state)
{
	int ends[2];
	pid_t pid = orphan(STAYS_WITH_THREADS, ends);

	(void)state;
	while (!has_threads(pid))
		(void)poll(NULL, 0, 1);
	assert_true(nascent_await(PATIENCE));
	assert_true(has_threads(pid));
	let_go(ends);
	assert_true(nascent_await(PATIENCE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_waited_for),
		cmocka_unit_test(whom_a_living_daemon_makes_is_not),
		cmocka_unit_test(another_daemon_is_not),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("nascent", tests, NULL, NULL);
}
