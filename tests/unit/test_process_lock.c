/* Holds: one process has it, and who is it; and a child that outlives who was killed, with the
   descriptors of that for a moment, keeps nobody out. */
#include "process_lock.h"

#include "exec/process.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static char path[] = "/tmp/test_process_lock.XXXXXX";
static _Alignas(16) char stack[64 * 1024];
static int told[2]; /* that the lock is held */
static int go[2];   /* who holds it may go on */

static int open_file(void)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || close(fd) < 0 || pipe(told) < 0 || pipe(go) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void await_byte(int fd)
{
	if (read(fd, &(char){0}, 1) < 0)
		_exit(9);
}

/* Takes its time until the descriptors are no longer its parent's. */
static int newborn(void *arg)
{
	(void)arg;
	await_byte(go[0]);
	_exit(0);
}

/* A process that has locked it, and, if so wanted, a child that shares its descriptors. */
static pid_t start_holder(bool with_newborn)
{
	pid_t pid = fork();
	pid_t holder;

	assert_true(pid >= 0);
	if (pid > 0) {
		await_byte(told[0]);
		return pid;
	}
	if (process_lock(open_file(), &holder) < 0)
		_exit(1);
	if (with_newborn && clone(newborn, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL) < 0)
		_exit(2);
	if (write(told[1], "x", 1) != 1)
		_exit(3);
	for (;;)
		pause();
}

static void one_has_it_at_a_time(void **state)
{
	pid_t pid = start_holder(false);
	int fd = open_file();
	pid_t holder = -1;

	(void)state;
	assert_int_equal(process_lock(fd, &holder), -EBUSY);
	assert_int_equal(holder, pid);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(process_lock(fd, &holder), 0);
	close(fd);
}

static void what_cannot_be_locked_is_said(void **state)
{
	pid_t holder;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(process_lock(fd, &holder), -EBADF);
	close(fd);
}

/* Lets the newborn go on once the parent sleeps, which it does for nothing else. */
static int let_go_when_waited_for(void)
{
	struct process parent = {.state = 'R'};

	while (parent.state != 'S')
		if (process_read(getppid(), &parent) < 0)
			return 1;
	return write(go[1], "x", 1) != 1;
}

/* `reap`: who was killed is gone, or a zombie. */
static void wait_for_newborn(bool reap)
{
	pid_t pid = start_holder(true);
	int status = -1;
	pid_t helper;
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open_file();
	pid_t holder;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(
		waitid(P_PID, (id_t)pid, &(siginfo_t){0}, reap ? WEXITED : WEXITED | WNOWAIT), 0);
	/* It has it still. */
	assert_int_equal(fcntl(fd, F_GETLK, &whole), 0);
	assert_int_equal(whole.l_type, F_WRLCK);
	helper = fork();
	assert_true(helper >= 0);
	if (helper == 0)
		_exit(let_go_when_waited_for());
	assert_int_equal(process_lock(fd, &holder), 0);
	assert_int_equal(waitpid(helper, &status, 0), helper);
	assert_int_equal(status, 0);
	if (!reap)
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fd);
}

static void the_child_of_one_that_was_killed_is_waited_for(void **state)
{
	(void)state;
	wait_for_newborn(true);
	wait_for_newborn(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_has_it_at_a_time),
		cmocka_unit_test(what_cannot_be_locked_is_said),
		cmocka_unit_test(the_child_of_one_that_was_killed_is_waited_for),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("process_lock", tests, setup, teardown);
}
