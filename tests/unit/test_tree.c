/* The processes of a run: who belongs to it, and who does no longer. */
#include "exec/tree.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Longer than it can take. */
#define PATIENCE_MS 60000

/* Of a session whose leader this process is and that has one more process: how many are found, and
   how many of them are held or at least named. */
static int find_one(void *arg)
{
	const size_t *expected = arg;
	struct tree tree;
	pid_t pid;
	bool right;

	if (setsid() < 0 || (pid = fork()) < 0)
		return 2;
	if (pid == 0) {
		pause();
		_exit(0);
	}
	tree_begin(&tree, getpid());
	tree_scan(&tree, false);
	right = tree.count == *expected && tree.n == *expected && tree.group == (*expected > 0);
	tree_close(&tree);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return right ? 0 : 1;
}

/* Opening its descriptor tells whether a process that was just seen is there still. */
static void who_has_just_ended_is_no_member(void **state)
{
	static struct {
		int error;
		size_t count;
	} rows[] = {{ESRCH, 0}, {EMFILE, 1}, {EPERM, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			fault_call(SYS_pidfd_open, rows[i].error, find_one, &rows[i].count), 0);
}

/* --- who left the session -------------------------------------------------------------- */

/* Until it is killed; not for ever, should the test fail. */
static _Noreturn void stay(void)
{
	alarm(2 * PATIENCE_MS / 1000);
	for (;;)
		pause();
}

/* A process and its child, each in a session of its own, that SIGTERM does not end. */
static void hide(int tell)
{
	signal(SIGTERM, SIG_IGN);
	(void)setsid();
	if (fork() == 0)
		(void)setsid();
	(void)!write(tell, "", 1);
	stay();
}

/* A leader with a child and a grandchild in sessions of their own, when all are there. */
static pid_t make_family(void)
{
	int tell[2];
	char c;
	pid_t leader;

	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	leader = fork();
	if (leader == 0) {
		(void)setsid();
		if (fork() == 0)
			hide(tell[1]);
		stay();
	}
	close(tell[1]);
	for (int i = 0; i < 2; i++)
		assert_int_equal(read(tell[0], &c, 1), 1);
	close(tell[0]);
	return leader;
}

static void end(pid_t leader)
{
	assert_int_equal(kill(leader, SIGKILL), 0);
	assert_int_equal(waitpid(leader, NULL, 0), leader);
}

static void await_members(const struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++) {
		struct pollfd pollfd = {.fd = tree->members[i].pidfd, .events = POLLIN};

		assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
	}
}

static void descendants_are_held_wherever_they_go(void **state)
{
	pid_t leader = make_family();
	struct tree tree;

	(void)state;
	tree_begin(&tree, leader);
	tree_scan(&tree, false);
	assert_int_equal(tree.count, 2);
	assert_int_equal(tree.n, 2);
	assert_false(tree.group);
	/* By parents they are not to be found any more. */
	end(leader);
	tree_signal(&tree, true, SIGTERM);
	tree_scan(&tree, true);
	assert_int_equal(tree.count, 2);
	tree_signal(&tree, true, SIGKILL);
	await_members(&tree);
	tree_scan(&tree, true);
	assert_int_equal(tree.count, 0);
	assert_int_equal(tree.n, 0);
	tree_close(&tree);
}

static void children_of_those_held_are_found(void **state)
{
	pid_t leader = make_family();
	struct tree tree;

	(void)state;
	tree_begin(&tree, leader);
	tree_scan(&tree, false);
	assert_int_equal(tree.n, 2);
	end(leader);
	/* As if it had come later. */
	for (size_t i = 0; i < tree.n; i++) {
		struct process process;

		assert_int_equal(process_read(tree.members[i].pid, &process), 0);
		if (process.parent != tree.members[1 - i].pid)
			continue;
		close(tree.members[i].pidfd);
		tree.members[i] = tree.members[1 - i];
		tree.n = 1;
	}
	assert_int_equal(tree.n, 1);
	tree_scan(&tree, true);
	assert_int_equal(tree.count, 2);
	tree_signal(&tree, true, SIGKILL);
	await_members(&tree);
	tree_close(&tree);
}

/* --- numbers that were given away ------------------------------------------------------ */

/* A process with that number, or -1: not permitted. It leads a session that has one more. */
static pid_t take_number(pid_t number)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&number,
		.set_tid_size = 1,
	};
	int tell[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0) {
		(void)setsid();
		if (fork() == 0)
			(void)!write(tell[1], "", 1);
		stay();
	}
	close(tell[1]);
	if (pid > 0)
		assert_int_equal(read(tell[0], &c, 1), 1);
	close(tell[0]);
	return pid;
}

static void who_took_the_number_is_none_of_ours(void **state)
{
	static struct tree ours;
	static struct tree seen_first;
	static struct tree control;
	pid_t leader = fork();

	(void)state;
	if (leader == 0)
		stay();
	tree_begin(&ours, leader);
	tree_begin(&seen_first, leader);
	end(leader);
	tree_scan(&ours, true);
	assert_int_equal(ours.count, 0);
	if (take_number(leader) < 0)
		skip();
	tree_scan(&seen_first, true);
	assert_int_equal(seen_first.count, 0);
	end(leader);
	/* Its session is still there, which alone tells nothing. */
	tree_begin(&control, leader);
	tree_scan(&control, true);
	assert_int_equal(control.count, 1);
	tree_scan(&ours, true);
	assert_int_equal(ours.count, 0);
	tree_scan(&seen_first, true);
	assert_int_equal(seen_first.count, 0);
	tree_signal(&control, true, SIGKILL);
	await_members(&control);
	tree_close(&control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_just_ended_is_no_member),
		cmocka_unit_test(descendants_are_held_wherever_they_go),
		cmocka_unit_test(children_of_those_held_are_found),
		cmocka_unit_test(who_took_the_number_is_none_of_ours),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
