/* The processes of a run: who belongs to it, and who does no longer. */
#include "exec/tree.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Longer than it can take. */
#define PATIENCE_MS 60000

/* Of a run whose strays are not looked for. */
static char *const no_marks[] = {NULL};

static void begin(struct tree *tree, pid_t leader)
{
	tree_init(tree);
	tree_begin(tree, leader, NULL, no_marks);
}

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
	begin(&tree, getpid());
	tree_scan(&tree, false);
	right = tree.count == *expected && tree.n == *expected && tree.group == (*expected > 0);
	tree_done(&tree);
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
	begin(&tree, leader);
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
	tree_done(&tree);
}

static void children_of_those_held_are_found(void **state)
{
	pid_t leader = make_family();
	struct tree tree;

	(void)state;
	begin(&tree, leader);
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
	tree_done(&tree);
}

/* --- strays ---------------------------------------------------------------------------- */

static char job_mark[] = "EVERYD_JOB=a";
static char run_mark[] = "EVERYD_RUN=12";
static char other_run_mark[] = "EVERYD_RUN=1";
static char *const marks[] = {job_mark, run_mark, NULL};

struct stray {
	char *const *envp;
	pid_t leader;
	pid_t pid;
};

/* A grandchild of a leader, in a session of its own, whose parent has ended. The end of the pipe
   that closes by itself says that it is what it is to become. */
static void *make_stray(void *arg)
{
	struct stray *stray = arg;
	int tell[2];

	if (pipe2(tell, O_CLOEXEC) < 0)
		return NULL;
	stray->leader = fork();
	if (stray->leader == 0) {
		static char name[] = "sleep";
		static char span[] = "600";
		static char *const argv[] = {name, span, NULL};
		pid_t pid;

		(void)setsid();
		if (fork() > 0) {
			close(tell[1]);
			stay();
		}
		(void)setsid();
		pid = fork();
		if (pid > 0)
			_exit(write(tell[1], &pid, sizeof(pid)) < 0);
		(void)setsid();
		(void)execve("/bin/sleep", argv, stray->envp);
		_exit(1);
	}
	close(tell[1]);
	if (read(tell[0], &stray->pid, sizeof(stray->pid)) != sizeof(stray->pid) ||
	    read(tell[0], &(char){0}, 1) != 0)
		stray->pid = -1;
	close(tell[0]);
	return NULL;
}

static void strays_are_known_by_their_marks(void **state)
{
	static char other[] = "PATH=/bin";
	static char longer[] = "EVERYD_RUN=123";
	static char *const rows[][5] = {
		{other, job_mark, run_mark}, {run_mark, other, job_mark},
		{job_mark, other_run_mark},  {job_mark, longer},
		{other, run_mark},           {NULL},
	};
	static const bool ours[] = {true, true, false, false, false, false};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct stray stray = {.envp = rows[i]};
		struct tree tree;
		pthread_t thread;

		/* By a worker, whose children are not those of the first thread. */
		assert_int_equal(pthread_create(&thread, NULL, make_stray, &stray), 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_true(stray.pid > 0);
		tree_init(&tree);
		tree_begin(&tree, stray.leader, NULL, marks);
		tree_scan(&tree, false);
		assert_int_equal(tree.n, ours[i]);
		tree_close(&tree);
		end(stray.leader);
		/* A kernel that does not list orphans finds them by a scan only. */
		if (tree.orphans >= 0)
			assert_int_equal(tree_is_alone(&tree), !ours[i]);
		tree_scan(&tree, true);
		assert_int_equal(tree.count, ours[i]);
		if (ours[i]) {
			assert_int_equal(tree.members[0].pid, stray.pid);
			assert_string_equal(tree.members[0].name, "sleep");
			tree_signal(&tree, true, SIGTERM);
			await_members(&tree);
		} else {
			assert_int_equal(kill(stray.pid, SIGKILL), 0);
		}
		/* Nor is one of ours alive that has not been reaped. */
		tree_scan(&tree, true);
		assert_int_equal(tree.count, 0);
		assert_int_equal(waitpid(stray.pid, NULL, 0), stray.pid);
		assert_true(tree_is_alone(&tree));
		tree_done(&tree);
	}
}

/* However many others left theirs. */
static void the_last_strays_are_looked_at(void **state)
{
	static char *const theirs[] = {job_mark, other_run_mark, NULL};
	struct stray strays[40];
	struct tree tree;
	size_t last = ARRAY_LENGTH(strays) - 1;

	(void)state;
	for (size_t i = 0; i <= last; i++) {
		strays[i] = (struct stray){.envp = i < last ? theirs : marks};
		(void)make_stray(&strays[i]);
		assert_true(strays[i].pid > 0);
		end(strays[i].leader);
	}
	tree_init(&tree);
	if (tree.orphans >= 0) {
		tree_begin(&tree, strays[last].leader, NULL, marks);
		assert_false(tree_is_alone(&tree));
		end(strays[last].pid);
		assert_true(tree_is_alone(&tree));
		tree_begin(&tree, strays[0].leader, NULL, theirs);
		assert_false(tree_is_alone(&tree));
	} else {
		end(strays[last].pid);
	}
	for (size_t i = 0; i < last; i++)
		end(strays[i].pid);
	assert_true(tree_is_alone(&tree));
	tree_done(&tree);
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
	begin(&ours, leader);
	begin(&seen_first, leader);
	end(leader);
	tree_scan(&ours, true);
	assert_int_equal(ours.count, 0);
	if (take_number(leader) < 0)
		skip();
	tree_scan(&seen_first, true);
	assert_int_equal(seen_first.count, 0);
	end(leader);
	/* Its session is still there, which alone tells nothing. */
	begin(&control, leader);
	tree_scan(&control, true);
	assert_int_equal(control.count, 1);
	tree_scan(&ours, true);
	assert_int_equal(ours.count, 0);
	tree_scan(&seen_first, true);
	assert_int_equal(seen_first.count, 0);
	tree_signal(&control, true, SIGKILL);
	await_members(&control);
	tree_done(&control);
}

static int become_reaper(void **state)
{
	(void)state;
	return prctl(PR_SET_CHILD_SUBREAPER, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_just_ended_is_no_member),
		cmocka_unit_test(descendants_are_held_wherever_they_go),
		cmocka_unit_test(children_of_those_held_are_found),
		cmocka_unit_test(strays_are_known_by_their_marks),
		cmocka_unit_test(the_last_strays_are_looked_at),
		cmocka_unit_test(who_took_the_number_is_none_of_ours),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("tree", tests, become_reaper, NULL);
}
