/* The processes of a run that has a control group. */
#include "tree_fixture.h"

#include <errno.h>
#include <fcntl.h>

/* More than are held. */
#define MANY (3 * TREE_MEMBERS / 2)

static int told[2];

static void tell_of_signal(int sig)
{
	(void)!write(told[1], &(char){(char)sig}, 1);
}

/* A leader in the group with so many others there, each in a session of its own and orphaned. Each
   tells of a SIGTERM. */
static pid_t make_crowd(const struct cgroup *cgroup, int count)
{
	int ready[2];
	pid_t leader;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	leader = fork();
	if (leader == 0) {
		(void)!cgroup_dir_write(cgroup->fd, "cgroup.procs", "0");
		(void)setsid();
		signal(SIGTERM, tell_of_signal);
		for (int i = 0; i < count; i++) {
			pid_t parent = fork();

			if (parent == 0) {
				if (fork() > 0)
					_exit(0);
				(void)setsid();
				(void)!write(ready[1], "", 1);
				stay();
			}
			(void)waitpid(parent, NULL, 0);
		}
		(void)!write(ready[1], "", 1);
		stay();
	}
	for (int i = 0; i <= count; i++)
		assert_int_equal(read(ready[0], &(char){0}, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return leader;
}

static void reap_all(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void make_group(struct cgroup_fixture *fixture, struct cgroup *cgroup)
{
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(cgroups_new(&fixture->cgroups), 0);
	cgroup_init(cgroup);
	assert_int_equal(cgroup_prepare(cgroup, fixture->cgroups, &unlimited), 0);
}

static void check_crowd(struct cgroup_fixture *fixture)
{
	static const int counts[] = {0, 3, MANY};
	struct cgroup cgroup;
	struct tree tree;

	make_group(fixture, &cgroup);
	tree_init(&tree);
	for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
		size_t count = (size_t)counts[i];
		pid_t leader = make_crowd(&cgroup, counts[i]);

		tree_begin(&tree, leader, &cgroup, no_marks, NULL);
		tree_scan(&tree, false);
		assert_int_equal(tree.count, count);
		assert_int_equal(tree.n, count < TREE_MEMBERS ? count : TREE_MEMBERS);
		/* Each once, the leader too. */
		tree_signal(&tree, false, SIGTERM);
		for (size_t k = 0; k <= count; k++)
			assert_int_equal(read(told[0], &(char){0}, 1), 1);
		assert_int_equal(fcntl(told[0], F_SETFL, O_NONBLOCK), 0);
		assert_int_equal(read(told[0], &(char){0}, 1), -1);
		end(leader);
		assert_int_equal(tree_is_alone(&tree), count == 0);
		tree_scan(&tree, true);
		assert_int_equal(tree.count, count);
		tree_signal(&tree, true, SIGKILL);
		await_members(&tree);
		reap_all();
		assert_true(tree_is_alone(&tree));
		tree_scan(&tree, true);
		assert_int_equal(tree.count, 0);
		tree_close(&tree);
		close(told[0]);
		close(told[1]);
	}
	tree_done(&tree);
	cgroup_done(&cgroup, fixture->cgroups);
	cgroups_free(fixture->cgroups);
}

static void all_of_a_group_are_found_and_told_once(void **state)
{
	(void)state;
	in_subtree(check_crowd);
}

/* Without cgroup.kill, which is from Linux 5.14. */
static int kills_one_by_one(void *arg)
{
	struct tree *tree = arg;

	fault_inject(SYS_write, EINVAL);
	tree_signal(tree, false, SIGKILL);
	return 0;
}

static void check_old_kernel(struct cgroup_fixture *fixture)
{
	struct cgroup cgroup;
	struct tree tree;
	pid_t leader;
	int status;

	make_group(fixture, &cgroup);
	leader = make_crowd(&cgroup, MANY);
	tree_init(&tree);
	tree_begin(&tree, leader, &cgroup, no_marks, NULL);
	tree_scan(&tree, false);
	assert_int_equal(fault_call(-1, 0, kills_one_by_one, &tree), 0);
	assert_int_equal(waitpid(leader, &status, 0), leader);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	reap_all();
	assert_true(tree_is_alone(&tree));
	tree_done(&tree);
	cgroup_done(&cgroup, fixture->cgroups);
	cgroups_free(fixture->cgroups);
}

static void a_group_can_be_killed_one_by_one(void **state)
{
	(void)state;
	in_subtree(check_old_kernel);
}

/* As su(1) with a login manager: the child goes elsewhere. */
static void check_moved(struct cgroup_fixture *fixture)
{
	struct cgroup cgroup;
	struct cgroup other;
	struct tree tree;
	pid_t leader;
	int ready[2];

	make_group(fixture, &cgroup);
	cgroup_init(&other);
	assert_int_equal(cgroup_prepare(&other, fixture->cgroups, &unlimited), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	leader = fork();
	if (leader == 0) {
		(void)!cgroup_dir_write(cgroup.fd, "cgroup.procs", "0");
		(void)setsid();
		if (fork() == 0) {
			(void)!cgroup_dir_write(other.fd, "cgroup.procs", "0");
			(void)setsid();
			(void)!write(ready[1], "", 1);
		}
		stay();
	}
	assert_int_equal(read(ready[0], &(char){0}, 1), 1);
	tree_init(&tree);
	tree_begin(&tree, leader, &cgroup, no_marks, NULL);
	tree_scan(&tree, false);
	assert_int_equal(tree.count, 1);
	end(leader);
	tree_scan(&tree, true);
	assert_int_equal(tree.count, 1);
	tree_signal(&tree, true, SIGKILL);
	await_members(&tree);
	reap_all();
	assert_true(tree_is_alone(&tree));
	tree_done(&tree);
	close(ready[0]);
	close(ready[1]);
	cgroup_done(&other, fixture->cgroups);
	cgroup_done(&cgroup, fixture->cgroups);
	cgroups_free(fixture->cgroups);
}

static void who_went_to_another_group_is_found_by_the_parent(void **state)
{
	(void)state;
	in_subtree(check_moved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_a_group_are_found_and_told_once),
		cmocka_unit_test(a_group_can_be_killed_one_by_one),
		cmocka_unit_test(who_went_to_another_group_is_found_by_the_parent),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("tree_cgroup", tests, become_reaper, NULL);
}
