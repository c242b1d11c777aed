/* The processes of a run: who belongs to it, and who does no longer. */
#include "exec/tree.h"

#include "fault.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

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
	tree_scan(&tree, getpid(), false);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_just_ended_is_no_member),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
