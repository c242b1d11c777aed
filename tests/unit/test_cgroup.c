/* Control groups: where the subtree is, and groups of runs in the real kernel. */
#include "exec/cgroup.h"
#include "exec/cgroup_dir.h"
#include "exec/cgroup_find.h"

#include "cgroup_fixture.h"
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <cmocka.h>

/* --- where it is ------------------------------------------------------------------------- */

#define V1    "12:pids:/a\n1:name=systemd:/a\n"
#define MOUNT "31 23 0:28 "
#define TAIL  " rw,relatime shared:9 - cgroup2 cgroup2 rw\n"
#define OTHER                                                                                      \
	"30 23 0:27 / /sys rw shared:1 - sysfs sysfs rw\n31 23 0:2 / /x rw - cgroup cgroup rw\n"

static void write_to(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void the_directory_is_found(void **state)
{
	static const struct {
		const char *cgroup;
		const char *mounts;
		int r;
		const char *directory;
		const char *path;
	} rows[] = {
		{"0::/a/b\n", MOUNT "/ /cg" TAIL, 0, "/cg/a/b", "/a/b"},
		{V1 "0::/a\n", OTHER MOUNT "/ /cg/unified" TAIL, 0, "/cg/unified/a", "/a"},
		{"0::/\n", MOUNT "/ /cg" TAIL, 0, "/cg", ""},
		/* A container that sees its own part of the host's hierarchy. */
		{"0::/d/1\n", MOUNT "/d/1 /cg" TAIL, 0, "/cg", "/d/1"},
		{"0::/d/1/x\n", MOUNT "/d/1 /cg" TAIL, 0, "/cg/x", "/d/1/x"},
		{"0::/d/12\n", MOUNT "/d/1 /cg" TAIL, -ENOENT, NULL, NULL},
		{"0::/d/1\n", MOUNT "/e /no" TAIL MOUNT "/d /cg" TAIL, 0, "/cg/1", "/d/1"},
		{"0::/../x\n", MOUNT "/ /cg" TAIL, -ENOENT, NULL, NULL},
		{"0::/..x\n", MOUNT "/ /cg" TAIL, 0, "/cg/..x", "/..x"},
		{"0::/a b\n", MOUNT "/ /c\\040g\\134" TAIL, 0, "/c g\\/a b", "/a b"},
		{V1, MOUNT "/ /cg" TAIL, -ENOENT, NULL, NULL},
		{"0::/a\n", OTHER, -ENOENT, NULL, NULL},
		{"0::/a\n", "junk - cgroup2 \n", -ENOENT, NULL, NULL},
		{"", "", -ENOENT, NULL, NULL},
	};
	char cgroup[] = "/tmp/test_cgroup.XXXXXX";
	char mounts[] = "/tmp/test_cgroup.XXXXXX";

	(void)state;
	close(mkostemp(cgroup, O_CLOEXEC));
	close(mkostemp(mounts, O_CLOEXEC));
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct cgroup_place place = {0};

		write_to(cgroup, rows[i].cgroup);
		write_to(mounts, rows[i].mounts);
		assert_int_equal(cgroup_find(cgroup, mounts, &place), rows[i].r);
		if (rows[i].r == 0) {
			assert_string_equal(place.directory, rows[i].directory);
			assert_string_equal(place.path, rows[i].path);
		} else {
			assert_null(place.directory);
		}
		cgroup_place_done(&place);
	}
	unlink(cgroup);
	unlink(mounts);
}

static void numbers_have_keys(void **state)
{
	static const struct {
		const char *text;
		const char *key;
		int64_t number; /* negative: not there */
	} rows[] = {
		{"populated 1\nfrozen 0\n", "populated", 1},
		{"low 0\noom 2\noom_kill 3\n", "oom_kill", 3},
		{"oom_kill 3\noom 2\n", "oom", 2},
		{"some oom 2\n", "oom", -1},
		{"usage_usec 9000000000\n", "usage_usec", 9000000000},
		{"", "oom", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int64_t number = -1;

		assert_int_equal(cgroup_dir_number(rows[i].text, rows[i].key, &number),
				 rows[i].number >= 0);
		assert_int_equal(number, rows[i].number);
	}
}

static void without_a_subtree_there_are_no_groups(void **state)
{
	static const struct cgroup_limits limits = {.memory_max = 1 << 20};
	struct cgroup cgroup;

	(void)state;
	cgroup_init(&cgroup);
	assert_int_equal(cgroup_prepare(&cgroup, NULL, &limits), 0);
	assert_int_equal(cgroup.fd, -1);
	cgroup_release(&cgroup, NULL);
	cgroup_done(&cgroup, NULL);
	assert_false(cgroups_has(NULL, CGROUP_MEMORY));
	cgroups_free(NULL);
}

/* --- in the kernel ----------------------------------------------------------------------- */

static bool exists(const struct cgroup_fixture *fixture, const char *name)
{
	char path[8192];

	(void)snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
	return access(path, F_OK) == 0;
}

static unsigned count_groups(const struct cgroup_fixture *fixture)
{
	struct stat st;

	assert_int_equal(stat(fixture->directory, &st), 0);
	return (unsigned)st.st_nlink - 2;
}

static void check_daemon_leaf(struct cgroup_fixture *fixture)
{
	struct cgroup_place place = {0};

	assert_int_equal(cgroups_new(&fixture->cgroups), 0);
	assert_non_null(fixture->cgroups);
	assert_int_equal(cgroup_find("/proc/self/cgroup", "/proc/self/mountinfo", &place), 0);
	assert_int_equal(strncmp(place.directory, fixture->directory, strlen(fixture->directory)),
			 0);
	assert_string_equal(place.directory + strlen(fixture->directory), "/daemon");
	cgroup_place_done(&place);
	cgroups_free(fixture->cgroups);
	/* Again, from where it is by now. */
	assert_int_equal(cgroups_new(&fixture->cgroups), 0);
	assert_non_null(fixture->cgroups);
	assert_int_equal(count_groups(fixture), 1);
	cgroups_free(fixture->cgroups);
}

static void the_daemon_moves_to_a_leaf(void **state)
{
	(void)state;
	in_subtree(check_daemon_leaf);
}

static void check_not_delegated(struct cgroup_fixture *fixture)
{
	static const char *const values[] = {"0", "11", ""};

	for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
		assert_int_equal(setxattr(fixture->directory, "user.delegate", values[i],
					  strlen(values[i]), 0),
				 0);
		assert_int_equal(cgroups_new(&fixture->cgroups), 0);
		assert_null(fixture->cgroups);
	}
	assert_int_equal(count_groups(fixture), 0);
}

static void what_is_not_delegated_is_left_alone(void **state)
{
	(void)state;
	if (getpid() == 1)
		skip();
	in_subtree(check_not_delegated);
}

/* Process 1 of namespaces of its own, with the hierarchy mounted anew. Returns 0 as the exit status
   if it has groups or not, as it should. */
static int be_first(bool has_root)
{
	struct cgroups *cgroups = NULL;
	char mount_point[] = "/tmp/test_cgroup.XXXXXX";
	int r;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0 || !mkdtemp(mount_point))
		return 2;
	if (mount("cgroup2", mount_point, "cgroup2", 0, NULL) < 0)
		return 3;
	r = cgroups_new(&cgroups);
	r = r == 0 && (cgroups != NULL) == has_root ? 0 : 1;
	cgroups_free(cgroups);
	(void)umount2(mount_point, MNT_DETACH);
	(void)rmdir(mount_point);
	return r;
}

static void check_first(struct cgroup_fixture *fixture)
{
	static const bool rows[] = {false, true};

	assert_int_equal(removexattr(fixture->directory, "user.delegate"), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			int flags = CLONE_NEWPID | CLONE_NEWNS | (rows[i] ? CLONE_NEWCGROUP : 0);

			if (unshare(flags) < 0)
				_exit(4);
			pid = fork();
			if (pid == 0)
				_exit(be_first(rows[i]));
			assert_int_equal(waitpid(pid, &status, 0), pid);
			_exit(WEXITSTATUS(status));
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		assert_int_equal(exists(fixture, "daemon"), rows[i]);
	}
}

static void the_first_of_a_container_has_its_root(void **state)
{
	(void)state;
	/* valgrind finds itself by /proc, which changes here. */
	if (!kernel_is_whole())
		skip();
	in_subtree(check_first);
}

static void check_other_daemon(struct cgroup_fixture *fixture)
{
	int dir = cgroup_dir_open(AT_FDCWD, fixture->directory);
	int leaf;
	int run;
	pid_t pids[2];

	assert_int_equal(mkdirat(dir, "daemon", 0755), 0);
	assert_int_equal(mkdirat(dir, "run-3", 0755), 0);
	leaf = cgroup_dir_open(dir, "daemon");
	run = cgroup_dir_open(dir, "run-3");
	pids[0] = settle(leaf);
	pids[1] = settle(run);
	assert_int_equal(cgroups_new(&fixture->cgroups), -EBUSY);
	assert_int_equal(waitpid(pids[1], NULL, WNOHANG), 0);
	for (int i = 0; i < 2; i++)
		end(pids[i]);
	close(leaf);
	close(run);
	close(dir);
}

static void another_daemon_is_left_alone(void **state)
{
	(void)state;
	in_subtree(check_other_daemon);
}

static void check_stale(struct cgroup_fixture *fixture)
{
	static const char *const names[] = {"run-7", "run-7/a", "run-7/a/b", "worker-1", "other"};
	static const bool kept[] = {false, false, false, false, true};
	int dir = cgroup_dir_open(AT_FDCWD, fixture->directory);
	int fds[ARRAY_LENGTH(names)];
	pid_t pids[ARRAY_LENGTH(names)];

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		assert_int_equal(mkdirat(dir, names[i], 0755), 0);
		fds[i] = cgroup_dir_open(dir, names[i]);
		pids[i] = settle(fds[i]);
		close(fds[i]);
	}
	/* One that could not start leaves it to the next. */
	assert_int_equal(cgroups_new(&fixture->cgroups), 0);
	assert_int_equal(cgroups_keep(fixture->cgroups, pids[0]), 0);
	cgroups_free(fixture->cgroups);
	assert_int_equal(cgroups_new(&fixture->cgroups), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		assert_true(exists(fixture, names[i]));
	cgroups_clear(fixture->cgroups);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		assert_int_equal(exists(fixture, names[i]), kept[i]);
		assert_int_equal(waitpid(pids[i], NULL, WNOHANG), kept[i] ? 0 : pids[i]);
		if (kept[i])
			end(pids[i]);
	}
	cgroups_free(fixture->cgroups);
	close(dir);
}

/* Of several runs, two are kept: one by its main process, one by somebody below. */
static void check_kept(struct cgroup_fixture *fixture)
{
	static const char *const names[] = {"run-7", "run-9", "worker-3", "run-12", "run-12/a"};
	static const bool kept[] = {true, false, false, true, true};
	struct cgroup cgroup;
	pid_t pids[ARRAY_LENGTH(names)];
	int dir = cgroup_dir_open(AT_FDCWD, fixture->directory);

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		int fd;

		assert_int_equal(mkdirat(dir, names[i], 0755), 0);
		fd = cgroup_dir_open(dir, names[i]);
		pids[i] = settle(fd);
		close(fd);
	}
	assert_int_equal(cgroups_new(&fixture->cgroups), 0);
	assert_int_equal(cgroups_keep(fixture->cgroups, pids[0]), 0);
	assert_int_equal(cgroups_keep(fixture->cgroups, pids[4]), 0);
	/* Of this process there is none that could be. */
	assert_int_equal(cgroups_keep(fixture->cgroups, getpid()), 0);
	assert_int_equal(cgroups_keep(NULL, pids[1]), 0);
	cgroups_clear(fixture->cgroups);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		assert_int_equal(exists(fixture, names[i]), kept[i]);
		assert_int_equal(waitpid(pids[i], NULL, WNOHANG), kept[i] ? 0 : pids[i]);
	}
	/* Numbers are not given again. */
	cgroup_init(&cgroup);
	assert_int_equal(cgroup_prepare(&cgroup, fixture->cgroups, &unlimited), 0);
	assert_string_equal(cgroup.name, "worker-13");
	cgroup_done(&cgroup, fixture->cgroups);
	/* One is taken over, and goes with who is in it. */
	assert_int_equal(cgroup_open(&cgroup, fixture->cgroups, pids[0]), 0);
	assert_true(cgroup.fd >= 0);
	assert_true(cgroup_contains(&cgroup, pids[0]));
	assert_false(cgroup_contains(&cgroup, pids[3]));
	assert_int_equal(cgroup_kill(&cgroup), 0);
	end(pids[0]);
	cgroup_done(&cgroup, fixture->cgroups);
	assert_false(exists(fixture, "run-7"));
	assert_int_equal(cgroup_open(&cgroup, fixture->cgroups, getpid()), 0);
	assert_int_equal(cgroup.fd, -1);
	cgroups_free(fixture->cgroups);
	end(pids[3]);
	end(pids[4]);
	close(dir);
}

static void the_group_of_a_run_that_goes_on_is_kept(void **state)
{
	(void)state;
	in_subtree(check_kept);
}

static void what_a_killed_daemon_left_is_removed(void **state)
{
	(void)state;
	in_subtree(check_stale);
}

static void check_reuse(struct cgroup_fixture *fixture)
{
	struct cgroup cgroup;
	struct cgroup other;
	char name[CGROUP_NAME_SIZE];
	pid_t pid;

	assert_int_equal(cgroups_new(&fixture->cgroups), 0);
	cgroups_clear(fixture->cgroups);
	cgroup_init(&cgroup);
	cgroup_init(&other);
	assert_int_equal(cgroup_prepare(&cgroup, fixture->cgroups, &unlimited), 0);
	assert_int_equal(cgroup_prepare(&other, fixture->cgroups, &unlimited), 0);
	assert_true(exists(fixture, cgroup.name));
	assert_string_not_equal(cgroup.name, other.name);
	memcpy(name, cgroup.name, sizeof(name));
	for (int i = 0; i < 3; i++) {
		pid = settle(cgroup.fd);
		assert_true(cgroup_is_populated(&cgroup));
		end(pid);
		cgroup_release(&cgroup, fixture->cgroups);
		assert_int_equal(cgroup_prepare(&cgroup, fixture->cgroups, &unlimited), 0);
		assert_string_equal(cgroup.name, name);
	}
	/* Somebody is left: the next run gets another, and this goes when he has gone. */
	pid = settle(cgroup.fd);
	cgroup_release(&cgroup, fixture->cgroups);
	assert_true(cgroup.fd < 0);
	assert_int_equal(cgroup_prepare(&cgroup, fixture->cgroups, &unlimited), 0);
	assert_string_not_equal(cgroup.name, name);
	assert_true(exists(fixture, name));
	end(pid);
	cgroup_done(&cgroup, fixture->cgroups);
	while (exists(fixture, name)) {
		assert_int_equal(cgroup_prepare(&cgroup, fixture->cgroups, &unlimited), 0);
		cgroup_done(&cgroup, fixture->cgroups);
	}
	/* And if nobody asks for another, at the end. */
	pid = settle(other.fd);
	memcpy(name, other.name, sizeof(name));
	cgroup_done(&other, fixture->cgroups);
	assert_true(exists(fixture, name));
	cgroups_free(fixture->cgroups);
	assert_int_equal(count_groups(fixture), 1);
	end(pid);
}

static void a_group_serves_until_somebody_stays(void **state)
{
	(void)state;
	in_subtree(check_reuse);
}

struct seen {
	pid_t pids[8];
	size_t n;
	size_t stop_at;
};

static bool see(void *ctx, pid_t pid)
{
	struct seen *seen = ctx;

	assert_true(seen->n < ARRAY_LENGTH(seen->pids));
	seen->pids[seen->n++] = pid;
	return seen->n != seen->stop_at;
}

static void check_members(struct cgroup_fixture *fixture)
{
	struct cgroup cgroup;
	struct seen seen = {0};
	pid_t pids[3];
	int below;

	assert_int_equal(cgroups_new(&fixture->cgroups), 0);
	cgroup_init(&cgroup);
	assert_int_equal(cgroup_prepare(&cgroup, fixture->cgroups, &unlimited), 0);
	assert_false(cgroup_is_populated(&cgroup));
	assert_int_equal(cgroup_each(&cgroup, see, &seen), 0);
	assert_int_equal(seen.n, 0);
	assert_int_equal(mkdirat(cgroup.fd, "below", 0755), 0);
	below = cgroup_dir_open(cgroup.fd, "below");
	for (int i = 0; i < 3; i++)
		pids[i] = settle(i < 2 ? cgroup.fd : below);
	close(below);
	assert_int_equal(cgroup_each(&cgroup, see, &seen), 0);
	assert_int_equal(seen.n, 3);
	for (int i = 0; i < 3; i++) {
		assert_true(pids[i] == seen.pids[0] || pids[i] == seen.pids[1] ||
			    pids[i] == seen.pids[2]);
		assert_true(cgroup_contains(&cgroup, pids[i]));
	}
	assert_false(cgroup_contains(&cgroup, getpid()));
	seen = (struct seen){.stop_at = 2};
	assert_int_equal(cgroup_each(&cgroup, see, &seen), 0);
	assert_int_equal(seen.n, 2);
	assert_int_equal(cgroup_kill(&cgroup), 0);
	for (int i = 0; i < 3; i++)
		end(pids[i]);
	assert_false(cgroup_ran_out_of_memory(&cgroup));
	/* Of no use any more. */
	cgroup_release(&cgroup, fixture->cgroups);
	assert_true(cgroup.fd < 0);
	assert_int_equal(count_groups(fixture), 1);
	cgroups_free(fixture->cgroups);
}

static void members_are_found_and_killed(void **state)
{
	(void)state;
	in_subtree(check_members);
}

/* A group whose name begins alike, and one of a namespace, are not it. */
static void check_names(struct cgroup_fixture *fixture)
{
	struct cgroup groups[10];

	assert_int_equal(cgroups_new(&fixture->cgroups), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
		cgroup_init(&groups[i]);
		assert_int_equal(cgroup_prepare(&groups[i], fixture->cgroups, &unlimited), 0);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
		pid_t pid = settle(groups[i].fd);

		for (size_t k = 0; k < ARRAY_LENGTH(groups); k++)
			assert_int_equal(cgroup_contains(&groups[k], pid), k == i);
		end(pid);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(groups); i++)
		cgroup_done(&groups[i], fixture->cgroups);
	cgroups_free(fixture->cgroups);
}

static void groups_are_told_apart(void **state)
{
	(void)state;
	in_subtree(check_names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_directory_is_found),
		cmocka_unit_test(numbers_have_keys),
		cmocka_unit_test(without_a_subtree_there_are_no_groups),
		cmocka_unit_test(the_daemon_moves_to_a_leaf),
		cmocka_unit_test(what_is_not_delegated_is_left_alone),
		cmocka_unit_test(the_first_of_a_container_has_its_root),
		cmocka_unit_test(another_daemon_is_left_alone),
		cmocka_unit_test(what_a_killed_daemon_left_is_removed),
		cmocka_unit_test(the_group_of_a_run_that_goes_on_is_kept),
		cmocka_unit_test(a_group_serves_until_somebody_stays),
		cmocka_unit_test(members_are_found_and_killed),
		cmocka_unit_test(groups_are_told_apart),
	};

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
