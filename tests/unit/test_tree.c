/* The processes of a run: who belongs to it, and who does no longer. */
#include "exec/identity.h"

#include "tree_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

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

/* --- another's child ---------------------------------------------------------------------- */

/* A leader and a member of its session in a group of its own, when that is there; without marks. */
static pid_t make_pair(pid_t *ret_member)
{
	int tell[2];
	pid_t leader;

	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	leader = fork();
	if (leader == 0) {
		pid_t pid;

		(void)setsid();
		pid = fork();
		if (pid == 0) {
			(void)setpgid(0, 0);
			pid = getpid();
			(void)!write(tell[1], &pid, sizeof(pid));
		}
		stay();
	}
	assert_int_equal(read(tell[0], ret_member, sizeof(*ret_member)), sizeof(*ret_member));
	close(tell[0]);
	close(tell[1]);
	return leader;
}

/* The number of a leader that has ended may be another's, and so may be who has it as his
   session's: but not if he is older than the last sight of the leader. */
static void a_session_proves_nothing_without_its_leader(void **state)
{
	static const struct {
		bool ended;
		long seen; /* after the member's beginning */
		bool ours;
	} rows[] = {{false, 0, true}, {true, 1, true}, {true, 0, false}, {true, -1, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct process leader;
		struct process member;
		struct tree tree;
		pid_t pid;
		int fd = process_hold(make_pair(&pid), &leader);

		assert_true(fd >= 0);
		assert_int_equal(process_read(pid, &member), 0);
		begin(&tree, leader.pid);
		tree_adopt(&tree, fd, &leader);
		assert_int_equal(tree.heir, getpid());
		if (rows[i].ended)
			end(leader.pid);
		tree.seen = member.start + rows[i].seen;
		assert_false(tree_is_alone(&tree));
		tree_scan(&tree, rows[i].ended);
		if (tree.count != rows[i].ours)
			fail_msg("row %zu: %zu", i, tree.count);
		tree_signal(&tree, rows[i].ended, SIGKILL);
		if (rows[i].ours)
			await_members(&tree);
		assert_int_equal(kill(pid, 0), 0);
		assert_int_equal(process_read(pid, &member), 0);
		assert_int_equal(process_is_dead(&member), rows[i].ours);
		tree_done(&tree);
		close(fd);
		if (!rows[i].ended)
			end(leader.pid);
		end(pid);
	}
}

/* Nobody else's group is signalled by the number of a leader that has gone. */
static void a_group_is_not_signalled_by_its_number(void **state)
{
	struct process leader;
	struct tree tree;
	pid_t member;
	int fd = process_hold(make_pair(&member), &leader);

	(void)state;
	begin(&tree, leader.pid);
	tree_adopt(&tree, fd, &leader);
	end(leader.pid);
	tree.seen = 0;
	/* As if the number were his. */
	tree.leader = member;
	tree_scan(&tree, true);
	tree_signal(&tree, true, SIGKILL);
	tree_signal(&tree, false, SIGKILL);
	tree_done(&tree);
	close(fd);
	assert_int_equal(waitpid(member, NULL, WNOHANG), 0);
	end(member);
}

/* --- descriptors ------------------------------------------------------------------------ */

#define CROWD 20

/* A leader with a child of each kind: in its group, in one of its own, in a session of its own. */
static pid_t make_kinds(void)
{
	int ready[2];
	pid_t leader;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	leader = fork();
	if (leader == 0) {
		(void)setsid();
		for (int i = 0; i < CROWD; i++) {
			if (fork() > 0)
				continue;
			if (i % 3 == 1)
				(void)setpgid(0, 0);
			else if (i % 3 == 2)
				(void)setsid();
			(void)!write(ready[1], "", 1);
			stay();
		}
		stay();
	}
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(read(ready[0], &(char){0}, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return leader;
}

/* Where only so many descriptors are left. */
static int finds_with_few(void *arg)
{
	const int *left = arg;
	struct tree tree;
	struct rlimit limit;
	pid_t leader;
	size_t held = 0;
	int next;
	int status;

	/* All are ours when their parents have ended. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return 2;
	leader = make_kinds();
	begin(&tree, leader);
	next = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(next);
	limit = (struct rlimit){(rlim_t)(next + *left), (rlim_t)(next + *left)};
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 3;
	tree_scan(&tree, false);
	for (size_t i = 0; i < tree.n; i++)
		held += tree.members[i].pidfd >= 0;
	if (tree.count != CROWD || tree.trouble != EMFILE || held > (size_t)*left)
		return 4;
	tree_signal(&tree, false, SIGKILL);
	for (int i = 0; i <= CROWD; i++)
		if (waitpid(-1, &status, 0) < 0 || WTERMSIG(status) != SIGKILL)
			return 5;
	tree_scan(&tree, true);
	if (tree.count != 0)
		return 6;
	tree_done(&tree);
	return 0;
}

static void without_descriptors_they_are_found_all_the_same(void **state)
{
	static int rows[] = {0, 1, 2, 3, 7};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(fault_call(-1, 0, finds_with_few, &rows[i]), 0);
}

static int finds_blindly(void *arg)
{
	struct rlimit none = {0, 0};
	struct tree tree;

	(void)arg;
	begin(&tree, getpid());
	tree_done(&tree);
	if (setrlimit(RLIMIT_NOFILE, &none) < 0)
		return 2;
	tree_scan(&tree, false);
	return tree.count != 0 || tree.trouble != EMFILE;
}

static void who_finds_nobody_for_want_of_descriptors_says_so(void **state)
{
	(void)state;
	assert_int_equal(fault_call(-1, 0, finds_blindly, NULL), 0);
}

/* --- tracers ------------------------------------------------------------------------------ */

/* Of that process, with those users. -1: it cannot trace. */
static pid_t make_tracer(pid_t traced, uid_t uid)
{
	int tell[2];
	bool traces;
	pid_t pid;

	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)setsid();
		traces = ptrace(PTRACE_SEIZE, traced, 0, 0) == 0 &&
			 (uid == geteuid() || setresuid(uid, uid, uid) == 0);
		(void)!write(tell[1], &traces, sizeof(traces));
		stay();
	}
	assert_int_equal(read(tell[0], &traces, sizeof(traces)), sizeof(traces));
	close(tell[0]);
	close(tell[1]);
	if (!traces) {
		end(pid);
		return -1;
	}
	return pid;
}

static bool is_reapable(pid_t pid)
{
	siginfo_t info = {0};

	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG), 0);
	return info.si_pid == pid;
}

static void await_end(pid_t pid)
{
	struct pollfd pollfd = {.fd = process_open(pid), .events = POLLIN};

	assert_true(pollfd.fd >= 0);
	assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
	close(pollfd.fd);
}

static void tracers_of_the_user_let_go(void **state)
{
	static const struct identity user = {.uid = 65534, .gid = 65534, .change = true};
	static const struct identity same = {.uid = 0, .gid = 0, .change = false};
	static const struct {
		uid_t uid; /* for root only */
		const struct identity *identity;
		bool killed;
	} rows[] = {
		{65534, &user, true}, {65533, &user, false}, {0, &user, false},
		{0, NULL, false},     {0, &same, false},
	};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct process seen = {0};
		struct tree tree;
		pid_t leader = fork();
		pid_t tracer;

		if (leader == 0) {
			(void)setsid();
			stay();
		}
		tracer = make_tracer(leader, rows[i].uid);
		if (tracer < 0) {
			end(leader);
			skip();
		}
		begin(&tree, leader);
		tree_begin(&tree, leader, NULL, no_marks, rows[i].identity);
		assert_int_equal(kill(leader, SIGKILL), 0);
		await_end(leader);
		assert_false(is_reapable(leader));
		tree_scan(&tree, false);
		if (tree_kill_tracers(&tree, &seen) != rows[i].killed)
			fail_msg("row %zu", i);
		if (rows[i].killed)
			assert_int_equal(seen.pid, tracer);
		else
			assert_int_equal(kill(tracer, SIGKILL), 0);
		assert_int_equal(waitpid(tracer, NULL, 0), tracer);
		assert_true(is_reapable(leader));
		assert_false(tree_kill_tracers(&tree, &seen));
		tree_done(&tree);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_just_ended_is_no_member),
		cmocka_unit_test(descendants_are_held_wherever_they_go),
		cmocka_unit_test(children_of_those_held_are_found),
		cmocka_unit_test(a_session_proves_nothing_without_its_leader),
		cmocka_unit_test(a_group_is_not_signalled_by_its_number),
		cmocka_unit_test(without_descriptors_they_are_found_all_the_same),
		cmocka_unit_test(who_finds_nobody_for_want_of_descriptors_says_so),
		cmocka_unit_test(tracers_of_the_user_let_go),
		cmocka_unit_test(who_took_the_number_is_none_of_ours),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("tree", tests, become_reaper, NULL);
}
