/* Those of a run that nothing but their environment shows to be of it. */
#include "exec/identity.h"

#include "tree_fixture.h"

#include <linux/capability.h>
#include <pthread.h>

static char job_mark[] = "EVERYD_JOB=a";
static char run_mark[] = "EVERYD_RUN=12";
static char other_run_mark[] = "EVERYD_RUN=1";
static char *const marks[] = {job_mark, run_mark, NULL};

struct stray {
	char *const *envp;
	uid_t real; /* users, for root only */
	uid_t effective;
	pid_t leader;
	pid_t pid;
};

/* A grandchild of a leader, in a session of its own, whose parent has ended. The pipe closes when
   that is so and it is what it is to become. */
static void *make_stray(void *arg)
{
	struct stray *stray = arg;
	int tell[2];

	if (pipe2(tell, O_CLOEXEC) < 0)
		return NULL;
	stray->leader = fork();
	if (stray->leader == 0) {
		static char name[] = "sleep";
		static char span[] = "60";
		static char *const argv[] = {name, span, NULL};
		pid_t pid;

		(void)setsid();
		pid = fork();
		if (pid > 0) {
			(void)waitpid(pid, NULL, 0);
			close(tell[1]);
			stay();
		}
		(void)setsid();
		pid = fork();
		if (pid > 0)
			_exit(write(tell[1], &pid, sizeof(pid)) < 0);
		(void)setsid();
		if (geteuid() != 0 || setresuid(stray->real, stray->effective, 0) == 0)
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
		tree_begin(&tree, stray.leader, NULL, marks, NULL);
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
		tree_begin(&tree, strays[last].leader, NULL, marks, NULL);
		assert_false(tree_is_alone(&tree));
		end(strays[last].pid);
		assert_true(tree_is_alone(&tree));
		tree_begin(&tree, strays[0].leader, NULL, theirs, NULL);
		assert_false(tree_is_alone(&tree));
	} else {
		end(strays[last].pid);
	}
	for (size_t i = 0; i < last; i++)
		end(strays[i].pid);
	assert_true(tree_is_alone(&tree));
	tree_done(&tree);
}

/* Anybody can write the marks of another's run in an environment. */
static void strays_are_the_users_or_roots(void **state)
{
	static const struct identity user = {.uid = 65534, .gid = 65534, .change = true};
	static const struct {
		uid_t real;
		uid_t effective;
		const struct identity *identity;
		bool ours;
	} rows[] = {
		{0, 0, NULL, true},           {65534, 65534, NULL, false}, {65534, 0, NULL, false},
		{65534, 65534, &user, true},  {0, 0, &user, true},         {65534, 0, &user, true},
		{65533, 65533, &user, false}, {65533, 0, &user, false},
	};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct stray stray = {
			.envp = marks, .real = rows[i].real, .effective = rows[i].effective};
		struct tree tree;

		(void)make_stray(&stray);
		assert_true(stray.pid > 0);
		end(stray.leader);
		tree_init(&tree);
		tree_begin(&tree, stray.leader, NULL, marks, rows[i].identity);
		if (tree.orphans >= 0 && tree_is_alone(&tree) == rows[i].ours)
			fail_msg("row %zu", i);
		tree_scan(&tree, true);
		if (tree.count != rows[i].ours)
			fail_msg("row %zu: %zu", i, tree.count);
		tree_done(&tree);
		end(stray.pid);
	}
}

/* Root in a container: without the right to trace others (capabilities(7)). */
static int finds_with(void *arg)
{
	const struct identity *identity = arg;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	struct stray stray = {.envp = marks};
	struct tree tree;
	bool alone[2];
	pid_t pid;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || syscall(SYS_capget, &header, data) < 0)
		return 2;
	data[0].effective =
		1U << CAP_DAC_OVERRIDE | 1U << CAP_KILL | 1U << CAP_SETGID | 1U << CAP_SETUID;
	data[0].permitted = data[0].effective;
	data[1].effective = data[1].permitted = 0;
	if (syscall(SYS_capset, &header, data) < 0)
		return 3;
	/* As the user's: the maker's first process takes that on for its descendants. */
	pid = fork();
	if (pid == 0) {
		if (syscall(SYS_setgroups, 0, NULL) < 0 ||
		    syscall(SYS_setresgid, identity->gid, identity->gid, identity->gid) < 0 ||
		    syscall(SYS_setresuid, identity->uid, identity->uid, identity->uid) < 0)
			_exit(1);
		(void)make_stray(&stray);
		_exit(stray.pid < 0 || kill(stray.leader, SIGKILL) < 0);
	}
	if (waitpid(pid, NULL, 0) < 0)
		return 4;
	tree_init(&tree);
	for (int i = 0; i < 2; i++) {
		tree_begin(&tree, pid, NULL, marks, i == 0 ? NULL : identity);
		alone[i] = tree_is_alone(&tree);
		tree_scan(&tree, true);
		alone[i] &= tree.count == 0;
		tree_signal(&tree, true, SIGKILL);
		await_members(&tree);
		tree_close(&tree);
	}
	tree_done(&tree);
	return !alone[0] || alone[1];
}

static void strays_of_users_are_found_with_their_rights(void **state)
{
	static const struct identity nobody = {.uid = 65534, .gid = 65534, .change = true};
	union {
		const struct identity *in;
		void *out;
	} arg = {&nobody};

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(fault_call(-1, 0, finds_with, arg.out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strays_are_known_by_their_marks),
		cmocka_unit_test(the_last_strays_are_looked_at),
		cmocka_unit_test(strays_are_the_users_or_roots),
		cmocka_unit_test(strays_of_users_are_found_with_their_rights),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("tree_strays", tests, become_reaper, NULL);
}
