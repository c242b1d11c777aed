/* Patterns become paths; a hostile user's links, files and directories lead nowhere. */
#include "exec/outfile.h"

#include "exec/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* --- patterns --- */

/* 2026-03-01 05:00:00 UTC, a Sunday. */
#define WALL (1772341200 * USEC_PER_SEC)

static const struct outfile_names names = {.job = "back%Yup", .run = "17", .wall = WALL};

static void patterns_become_paths(void **state)
{
	static const struct {
		const char *pattern;
		const char *path;
	} rows[] = {
		{"/var/log/x.log", "/var/log/x.log"},
		{"/l/%j/%r.log", "/l/back%Yup/17.log"},
		{"/l/%Y-%m-%d/%H%M%S", "/l/2026-03-01/070000"},
		{"/l/%j-%a.%r", "/l/back%Yup-Sun.17"},
		{"/100%%/%%j/%%%j", "/100%/%j/%back%Yup"},
		{"/l/%-d/%Q/%!", "/l/1/%Q/%!"},
		{"/l/end%", "/l/end%"},
		{"~/log", "/home/%a/log"},
		{"~", "/home/%a"},
		{"/a~/~", "/a~/~"},
	};
	char path[256];

	(void)state;
	assert_int_equal(setenv("TZ", "XXX-2", 1), 0);
	tzset();
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		assert_int_equal(
			outfile_expand(rows[i].pattern, &names, "/home/%a", path, sizeof(path)), 0);
		assert_string_equal(path, rows[i].path);
	}
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}

static void too_long_a_path_is_refused(void **state)
{
	static char pattern[3 * PATH_MAX];
	char path[16];

	(void)state;
	assert_int_equal(outfile_expand("/456789012345", &names, "/", path, sizeof(path)), 0);
	assert_int_equal(outfile_expand("/456789/%Y/%d", &names, "/", path, sizeof(path)), 0);
	assert_int_equal(outfile_expand("/456789/%Y/%d/", &names, "/", path, sizeof(path)),
			 -ENAMETOOLONG);
	memset(pattern, '/', sizeof(pattern) - 1);
	assert_int_equal(outfile_expand(pattern, &names, "/", path, sizeof(path)), -ENAMETOOLONG);
}

/* --- files --- */

/* Users by number alone. */
#define OWNER 4242
#define OTHER 4243

static char base[] = "/tmp/everyd-outfile.XXXXXX";

static const char *in_base(const char *path)
{
	static char buf[4][PATH_MAX];
	static unsigned next;
	char *full = buf[next++ % 4];

	(void)snprintf(full, PATH_MAX, "%s/%s", base, path);
	return full;
}

static void make_dir(const char *path, uid_t uid, mode_t mode)
{
	assert_int_equal(mkdir(in_base(path), 0700), 0);
	assert_int_equal(chown(in_base(path), uid, uid), 0);
	assert_int_equal(chmod(in_base(path), mode), 0);
}

static void make_file(const char *path, uid_t uid, mode_t mode)
{
	int fd = open(in_base(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "before\n", 7), 7);
	assert_int_equal(fchown(fd, uid, uid), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void make_link(const char *target, const char *path, uid_t uid)
{
	assert_int_equal(symlink(target, in_base(path)), 0);
	assert_int_equal(lchown(in_base(path), uid, uid), 0);
}

static int make_tree(void **state)
{
	char long_way[200];

	(void)state;
	(void)umask(022);
	(void)strcpy(strrchr(base, '.'), ".XXXXXX");
	if (!mkdtemp(base) || chmod(base, 0755) < 0)
		return -1;
	if (geteuid() != 0)
		return 0;
	make_dir("mine", OWNER, 0755);
	make_dir("theirs", OTHER, 0755);
	make_dir("closed", 0, 0700);
	make_dir("open", 0, 0777);
	make_dir("shared", 0, 01777);
	make_dir("mine/dir", OWNER, 0755);
	make_file("mine/x", OWNER, 0600);
	make_file("mine/linked", OWNER, 0644);
	make_file("theirs/x", OTHER, 0644);
	make_file("theirs/secret", OTHER, 0600);
	make_file("open/theirs", OTHER, 0666);
	make_file("closed/secret", 0, 0600);
	make_file("mine/roots", 0, 0666);
	assert_int_equal(link(in_base("mine/linked"), in_base("mine/second")), 0);
	assert_int_equal(mkfifo(in_base("mine/fifo"), 0666), 0);
	assert_int_equal(chown(in_base("mine/fifo"), OWNER, OWNER), 0);
	make_link("../mine", "shared/mine", OWNER);
	make_link("../mine/", "shared/roots", 0);
	make_link("../mine", "shared/theirs", OTHER);
	make_link("../mine/x", "shared/mine.log", OWNER);
	make_link("../mine/x", "shared/roots.log", 0);
	make_link("../mine/x", "shared/theirs.log", OTHER);
	make_link("mine.log", "shared/twice.log", OWNER);
	make_link("../mine/made/by/link", "shared/dangling", OWNER);
	make_link("loop", "shared/loop", OWNER);
	make_link("/", "shared/top", OWNER);
	(void)snprintf(long_way, sizeof(long_way), "%s/mine", base);
	make_link(long_way, "shared/absolute", OWNER);
	return 0;
}

static int remove_tree(void **state)
{
	char command[100];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

/* One that has to be taken on, for root; the process's own otherwise. */
static struct identity identity_of(uid_t uid)
{
	static gid_t group;

	group = uid;
	return (struct identity){
		.uid = uid,
		.gid = uid,
		.groups = &group,
		.n_groups = 1,
		.name = "somebody",
		.home = "/",
		.change = uid != geteuid(),
	};
}

static const struct {
	const char *path;
	int result;
	const char *where; /* NULL: at the path */
} outputs[] = {
	{"mine/a.log", 0, NULL},
	{"mine/x", 0, NULL},
	{"mine/new/and/deep/a.log", 0, NULL},
	{"mine//b.log", 0, NULL},
	{"mine/../mine/./dir/../c.log", 0, "mine/c.log"},
	{"shared/d.log", 0, NULL},
	{"shared/mine/d.log", 0, "mine/d.log"},
	{"shared/roots/e.log", 0, "mine/e.log"},
	{"shared/absolute/f.log", 0, "mine/f.log"},
	{"shared/mine.log", 0, "mine/x"},
	{"shared/roots.log", 0, "mine/x"},
	{"shared/twice.log", 0, "mine/x"},
	{"shared/dangling", 0, "mine/made/by/link"},
	{"shared/top/../..//etc/everyd-test/a.log", -EACCES, NULL},
	/* Another user's links. */
	{"shared/theirs/d.log", -ELOOP, NULL},
	{"shared/theirs.log", -ELOOP, NULL},
	{"shared/theirs/new/d.log", -ELOOP, NULL},
	{"shared/loop", -ELOOP, NULL},
	{"shared/loop/a.log", -ELOOP, NULL},
	/* Another user's file, or one that may be. */
	{"open/theirs", -EPERM, NULL},
	{"mine/roots", -EPERM, NULL},
	{"mine/second", -EMLINK, NULL},
	{"mine/linked", -EMLINK, NULL},
	/* What is no file. */
	{"mine/fifo", -EPERM, NULL},
	{"mine/dir", -EISDIR, NULL},
	{"mine/dir/", -EISDIR, NULL},
	{"mine/..", -EISDIR, NULL},
	{"mine/x/a.log", -ENOTDIR, NULL},
	/* Where the user may not write. */
	{"closed/a.log", -EACCES, NULL},
	{"closed/new/a.log", -EACCES, NULL},
	{"theirs/a.log", -EACCES, NULL},
	{"theirs/new/a.log", -EACCES, NULL},
	{"theirs/x", -EACCES, NULL},
};

/* Directories that were made on the way are the user's. */
static void check_made(uid_t uid)
{
	static const char *const made[] = {"mine/new", "mine/new/and/deep", "mine/made/by"};
	struct stat st;

	for (size_t i = 0; i < ARRAY_LENGTH(made); i++) {
		assert_int_equal(stat(in_base(made[i]), &st), 0);
		assert_int_equal(st.st_uid, uid);
		assert_int_equal(st.st_mode & 07777, 0755);
	}
}

static void try_outputs(uid_t uid)
{
	struct identity identity = identity_of(uid);

	for (size_t i = 0; i < ARRAY_LENGTH(outputs); i++) {
		const char *where = outputs[i].where ? outputs[i].where : outputs[i].path;
		int fd = outfile_open(in_base(outputs[i].path), &identity);
		struct stat opened;
		struct stat found;

		if ((fd < 0 ? fd : 0) != outputs[i].result)
			fail_msg("%s: %d", outputs[i].path, fd);
		if (fd < 0)
			continue;
		assert_int_equal(write(fd, "line\n", 5), 5);
		assert_int_equal(fcntl(fd, F_GETFL) & (O_APPEND | O_ACCMODE), O_APPEND | O_WRONLY);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_int_equal(fstat(fd, &opened), 0);
		assert_int_equal(stat(in_base(where), &found), 0);
		assert_int_equal(opened.st_ino, found.st_ino);
		assert_int_equal(opened.st_uid, uid);
		if (opened.st_size == 5)
			assert_int_equal(opened.st_mode & 07777, 0640);
		assert_int_equal(close(fd), 0);
	}
	check_made(uid);
}

static int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void output_goes_where_its_user_may_write(void **state)
{
	int before = count_fds();
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	try_outputs(OWNER);
	/* The thread is itself again, and nothing is left open. */
	assert_int_equal(mkdir(in_base("closed/probe"), 0700), 0);
	assert_int_equal(stat(in_base("closed/probe"), &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(count_fds(), before);
}

/* Calls fn in a process that is that user for good. */
static void as_user(uid_t uid, void (*fn)(uid_t uid))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
		if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
			_exit(1);
		fn(uid);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_daemon_that_is_not_root_keeps_to_the_same(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	as_user(OWNER, try_outputs);
}

static void root_is_not_led_astray(void **state)
{
	static const struct {
		const char *path;
		int result;
	} rows[] = {
		{"mine/by-root", 0},
		{"closed/new/a.log", 0},
		{"mine/roots", 0},
		{"shared/roots/by-root", 0},
		{"shared/mine/by-root", -ELOOP},
		{"shared/mine.log", -ELOOP},
		{"shared/dangling", -ELOOP},
		{"shared/theirs.log", -ELOOP},
		{"shared/roots.log", -EPERM},
		{"mine/x", -EPERM},
	};
	struct identity root = identity_of(0);
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int fd = outfile_open(in_base(rows[i].path), &root);

		if ((fd < 0 ? fd : 0) != rows[i].result)
			fail_msg("%s: %d", rows[i].path, fd);
		if (fd >= 0)
			assert_int_equal(close(fd), 0);
	}
	assert_int_equal(lstat(in_base("mine/made"), &st), -1);
}

static void a_users_own_files_need_no_root(void **state)
{
	struct identity self = identity_of(geteuid());
	struct stat st;
	int fd = outfile_open(in_base("new/a.log"), &self);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(close(fd), 0);
	assert_int_equal(stat(in_base("new"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	fd = outfile_open_input(in_base("new/a.log"), &self, false);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

/* What root's thread reads or writes there may be root's, whoever's the name is: proc(5). */
static void the_kernels_files_are_refused(void **state)
{
	static const char *const targets[] = {
		"/proc/self/uid_map",         "/proc/self/maps",
		"/proc/self/environ",         "/proc/kallsyms",
		"/proc/self/coredump_filter",
	};
	struct identity owner = identity_of(OWNER);
	struct identity root = identity_of(0);
	char proc[64];
	int status;
	int pipes[2];
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
		(void)unlink(in_base("mine/knob"));
		make_link(targets[i], "mine/knob", OWNER);
		assert_int_equal(outfile_open_input(in_base("mine/knob"), &owner, false), -EPERM);
		assert_int_equal(outfile_open_input(targets[i], &owner, true), -EPERM);
		assert_int_equal(outfile_open(in_base("mine/knob"), &owner), -EPERM);
		assert_int_equal(outfile_open(targets[i], &root), -EPERM);
	}
	assert_int_equal(outfile_open(in_base("mine/knob/x"), &owner), -ENOTDIR);

	/* A process of his, in a user namespace of his, whose files are his. */
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		/* What has become another user has files of root's there; but for this. */
		if (setresgid(OWNER, OWNER, OWNER) < 0 || setresuid(OWNER, OWNER, OWNER) < 0 ||
		    unshare(CLONE_NEWUSER) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0 ||
		    write(pipes[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(pipes[1]);
	if (read(pipes[0], proc, 1) == 1) {
		struct stat st;

		(void)snprintf(proc, sizeof(proc), "/proc/%d/uid_map", (int)pid);
		assert_int_equal(stat(proc, &st), 0);
		assert_int_equal(st.st_uid, OWNER);
		(void)unlink(in_base("mine/knob"));
		make_link(proc, "mine/knob", OWNER);
		assert_int_equal(outfile_open(in_base("mine/knob"), &owner), -EPERM);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(pipes[0]);
}

static void paths_are_absolute_and_bounded(void **state)
{
	struct identity self = identity_of(geteuid());
	char path[PATH_MAX + 10];

	(void)state;
	assert_int_equal(outfile_open("a.log", &self), -EINVAL);
	assert_int_equal(outfile_open("", &self), -EINVAL);
	assert_int_equal(outfile_open("/", &self), -EISDIR);
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[NAME_MAX + 2] = '\0';
	assert_int_equal(outfile_open(path, &self), -ENAMETOOLONG);
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(outfile_open(path, &self), -ENAMETOOLONG);
}

static const struct {
	const char *path;
	int as_user;
	int trusted;
} inputs[] = {
	{"mine/x", 0, 0},
	{"theirs/x", 0, -EPERM},
	{"theirs/secret", -EACCES, -EPERM},
	{"closed/secret", -EACCES, 0},
	{"shared/roots.log", 0, 0},
	{"shared/mine.log", 0, -ELOOP},
	{"shared/theirs.log", -ELOOP, -ELOOP},
	{"shared/mine/x", 0, -ELOOP},
	{"mine/missing", -ENOENT, -ENOENT},
	{"missing/x", -ENOENT, -ENOENT},
	{"mine/fifo", -EPERM, -EPERM},
	{"mine/dir", -EISDIR, -EISDIR},
	/* A second name does no harm to who reads, but for what he may not. */
	{"mine/second", 0, 0},
};

static void input_is_read_as_its_user_or_trusted(void **state)
{
	struct identity owner = identity_of(OWNER);
	int before = count_fds();
	int fd;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LENGTH(inputs); i++) {
		for (int trusted = 0; trusted < 2; trusted++) {
			char text[8] = "";

			fd = outfile_open_input(in_base(inputs[i].path), &owner, trusted);
			if ((fd < 0 ? fd : 0) != (trusted ? inputs[i].trusted : inputs[i].as_user))
				fail_msg("%s, %d: %d", inputs[i].path, trusted, fd);
			if (fd < 0)
				continue;
			assert_int_equal(read(fd, text, 7), 7);
			assert_string_equal(text, "before\n");
			assert_int_equal(close(fd), 0);
		}
	}
	fd = outfile_open_input("/dev/null", &owner, false);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(outfile_open_input("/dev/zero", &owner, false), -EPERM);
	assert_int_equal(count_fds(), before);
}

/* Who could take a name between the look at it and its use gains nothing: here a directory is
   exchanged for a link all the time. */
static void a_race_is_not_won(void **state)
{
	struct identity owner = identity_of(OWNER);
	struct stat st;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	make_dir("open/d", OTHER, 0777);
	make_link("../mine", "open/l", OTHER);
	pid = fork();
	if (pid == 0) {
		for (;;)
			(void)renameat2(AT_FDCWD, in_base("open/d"), AT_FDCWD, in_base("open/l"),
					RENAME_EXCHANGE);
	}
	for (int i = 0; i < 20000; i++) {
		int fd = outfile_open(in_base("open/d/raced"), &owner);

		assert_true(fd >= 0 || fd == -ELOOP);
		if (fd >= 0)
			assert_int_equal(close(fd), 0);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(stat(in_base("mine/raced"), &st), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_become_paths),
		cmocka_unit_test(too_long_a_path_is_refused),
		cmocka_unit_test_setup_teardown(output_goes_where_its_user_may_write, make_tree,
						remove_tree),
		cmocka_unit_test_setup_teardown(a_daemon_that_is_not_root_keeps_to_the_same,
						make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(root_is_not_led_astray, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(a_users_own_files_need_no_root, make_tree,
						remove_tree),
		cmocka_unit_test_setup_teardown(the_kernels_files_are_refused, make_tree,
						remove_tree),
		cmocka_unit_test(paths_are_absolute_and_bounded),
		cmocka_unit_test_setup_teardown(input_is_read_as_its_user_or_trusted, make_tree,
						remove_tree),
		cmocka_unit_test_setup_teardown(a_race_is_not_won, make_tree, remove_tree),
	};

	return cmocka_run_group_tests_name("outfile", tests, NULL, NULL);
}
