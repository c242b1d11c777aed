/* Where the ledger is: found, made, trusted, and one daemon's at a time. */
#include "state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

/* Nobody's, as a daemon that is not root. */
#define OTHER 65534

static char base[64];

static int begin(void **state)
{
	(void)state;
	strcpy(base, "/tmp/everyd-test-XXXXXX");
	unsetenv("STATE_DIRECTORY");
	unsetenv("XDG_STATE_HOME");
	(void)umask(022);
	return mkdtemp(base) ? 0 : -1;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

/* The path of a name in the directory of the test. */
static const char *in_base(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % ARRAY_LENGTH(paths)];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", base, name);
	return path;
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

/* It can be had, with the lock. */
static struct state_dir *open_state(const char *configured)
{
	struct state_dir *dir = NULL;
	char error[STATE_DIR_TEXT_SIZE] = "?";
	int r = state_dir_open(configured, &dir, error, sizeof(error));

	if (r < 0 || error[0])
		fail_msg("%s (%s)", error, strerror(-r));
	assert_non_null(dir);
	return dir;
}

/* It cannot, and that is what is said; the test's directory stands for "BASE". */
static void refused(const char *configured, int expected, const char *format)
{
	struct state_dir *dir = NULL;
	char error[STATE_DIR_TEXT_SIZE] = "?";
	int r = state_dir_open(configured, &dir, error, sizeof(error));
	const char *at = strstr(error, base);
	char text[STATE_DIR_TEXT_SIZE];

	(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at ? at - error : 0), error,
		       at ? "BASE" : "", at ? at + strlen(base) : error);
	assert_int_equal(r, expected);
	assert_null(dir);
	assert_string_equal(text, format);
}

/* Does something in a process of its own, as somebody else if `other`; 77: that is not possible. */
static pid_t spawn(void (*body)(void), bool other)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	/* An assertion that fails is not to go on with the next test in here. */
	(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
	if (other && geteuid() == 0 &&
	    (setresgid(OTHER, OTHER, OTHER) < 0 || setresuid(OTHER, OTHER, OTHER) < 0))
		_exit(77);
	body();
	_exit(0);
}

static void await_good(pid_t pid)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void the_configured_one_is_made_and_goes_before_all_others(void **state)
{
	struct state_dir *dir;

	(void)state;
	setenv("STATE_DIRECTORY", in_base("systemd"), 1);
	dir = open_state(in_base("mine"));
	assert_string_equal(state_dir_path(dir), in_base("mine"));
	assert_int_equal(mode_of(in_base("mine")), 0700);
	assert_int_equal(mode_of(in_base("mine/" STATE_DIR_LOCK)), 0600);
	assert_int_equal(access(in_base("systemd"), F_OK), -1);
	state_dir_free(dir);
	state_dir_free(NULL);
	/* What is there stays as it is. */
	assert_int_equal(chmod(in_base("mine"), 0755), 0);
	state_dir_free(open_state(in_base("mine")));
	assert_int_equal(mode_of(in_base("mine")), 0755);
}

static void else_it_is_the_first_of_those_that_systemd_made(void **state)
{
	struct state_dir *dir;
	char list[256];

	(void)state;
	(void)snprintf(list, sizeof(list), "%s/one:%s/two", base, base);
	setenv("STATE_DIRECTORY", list, 1);
	dir = open_state(NULL);
	assert_string_equal(state_dir_path(dir), in_base("one"));
	state_dir_free(dir);
}

static void a_directory_that_a_link_names_is_fine(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_base("real"), 0755), 0);
	assert_int_equal(symlink("real", in_base("link")), 0);
	state_dir_free(open_state(in_base("link")));
	assert_int_equal(access(in_base("real/" STATE_DIR_LOCK), F_OK), 0);
}

static void find_own_places(void)
{
	struct state_dir *dir;

	setenv("HOME", in_base("home"), 1);
	setenv("XDG_STATE_HOME", in_base("a/b"), 1);
	dir = open_state(NULL);
	assert_string_equal(state_dir_path(dir), in_base("a/b/everyd"));
	assert_int_equal(mode_of(in_base("a")), 0700);
	assert_int_equal(mode_of(in_base("a/b")), 0700);
	assert_int_equal(mode_of(in_base("a/b/everyd")), 0700);
	state_dir_free(dir);

	setenv("XDG_STATE_HOME", "relative", 1);
	dir = open_state(NULL);
	assert_string_equal(state_dir_path(dir), in_base("home/.local/state/everyd"));
	assert_int_equal(mode_of(in_base("home/.local")), 0700);
	state_dir_free(dir);

	unsetenv("HOME");
	refused(NULL, -ENOENT, "there is no HOME in which the ledger could be: set state_dir");
}

static void without_root_it_is_in_ones_own_home(void **state)
{
	(void)state;
	assert_int_equal(chmod(base, 0777), 0);
	await_good(spawn(find_own_places, true));
}

static void lock_of_root(void)
{
	refused(in_base("d"), -EACCES,
		"cannot open BASE/d/" STATE_DIR_LOCK ": Permission denied: there is no ledger");
}

static void without_root_one_may_not_write_to_roots(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(base, 0755), 0);
	assert_int_equal(mkdir(in_base("d"), 0755), 0);
	await_good(spawn(lock_of_root, true));
	/* Nor to a lock that root left in it. */
	assert_int_equal(chown(in_base("d"), OTHER, OTHER), 0);
	assert_int_equal(close(creat(in_base("d/" STATE_DIR_LOCK), 0600)), 0);
	await_good(spawn(lock_of_root, true));
}

static void make_file(const char *path)
{
	assert_int_equal(close(creat(path, 0600)), 0);
}

static void what_is_no_directory_is_refused(void **state)
{
	char path[5000];

	(void)state;
	make_file(in_base("file"));
	assert_int_equal(symlink("nowhere", in_base("dangling")), 0);
	refused(in_base("file"), -ENOTDIR,
		"cannot open BASE/file: Not a directory: there is no ledger; mend it, or set "
		"state_dir");
	refused(in_base("dangling"), -ENOENT,
		"BASE/dangling is a link that leads nowhere: there is no ledger");
	refused(in_base("no/where"), -ENOENT,
		"cannot make BASE/no/where: No such file or directory: there is no ledger; make "
		"it, or set state_dir");
	refused(in_base("file/d"), -ENOTDIR,
		"cannot open BASE/file/d: Not a directory: there is no ledger; mend it, or set "
		"state_dir");
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	refused(path, -ENAMETOOLONG,
		"the path of the directory of the ledger is too long: set state_dir");
}

static void what_others_can_write_to_is_refused(void **state)
{
	static const mode_t modes[] = {0770, 0720, 0702, 01777};

	(void)state;
	assert_int_equal(mkdir(in_base("d"), 0700), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
		assert_int_equal(chmod(in_base("d"), modes[i]), 0);
		refused(in_base("d"), -EPERM,
			"BASE/d can be written by others: there is no ledger; chmod go-w it, or "
			"set state_dir");
	}
	assert_int_equal(access(in_base("d/" STATE_DIR_LOCK), F_OK), -1);
	assert_int_equal(chmod(in_base("d"), 0755), 0);
	state_dir_free(open_state(in_base("d")));
}

static void what_is_somebody_elses_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir(in_base("d"), 0700), 0);
	assert_int_equal(chown(in_base("d"), OTHER, OTHER), 0);
	refused(in_base("d"), -EPERM,
		"BASE/d belongs to the user 65534, who is neither root nor everyd's: there is no "
		"ledger; chown it to 0, or set state_dir");
}

/* It is opened without waiting for anybody, and nothing is done to what it leads to. */
static void a_lock_that_is_no_file_is_refused(void **state)
{
	static const char text[] =
		"BASE/d/" STATE_DIR_LOCK " is not a regular file: there is no ledger; remove it";
	const char *path;

	(void)state;
	assert_int_equal(mkdir(in_base("d"), 0700), 0);
	path = in_base("d/" STATE_DIR_LOCK);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(in_base("d"), -EINVAL, text);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("target", path), 0);
	refused(in_base("d"), -ELOOP, text);
	assert_int_equal(access(in_base("d/target"), F_OK), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	refused(in_base("d"), -EISDIR, text);
}

/* --- one at a time --- */

static int gate[2]; /* closed: go on */
static int told[2];

static void hold(void)
{
	struct state_dir *dir = open_state(in_base("d"));
	char byte = 0;

	(void)close(gate[1]);
	assert_int_equal(write(told[1], &byte, 1), 1);
	(void)!read(gate[0], &byte, 1);
	state_dir_free(dir);
}

/* Another process that has it. */
static pid_t holder(void)
{
	pid_t pid;
	char byte;

	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	pid = spawn(hold, false);
	assert_int_equal(close(gate[0]), 0);
	assert_int_equal(close(told[1]), 0);
	assert_int_equal(read(told[0], &byte, 1), 1);
	assert_int_equal(close(told[0]), 0);
	return pid;
}

static void a_second_daemon_is_refused_while_the_first_lives(void **state)
{
	char text[STATE_DIR_TEXT_SIZE];
	pid_t pid;

	(void)state;
	pid = holder();
	(void)snprintf(text, sizeof(text),
		       "another everyd (pid %d) uses BASE/d: stop it, or give this one a state_dir "
		       "of its own",
		       (int)pid);
	refused(in_base("d"), -EBUSY, text);
	/* By whatever name. */
	assert_int_equal(symlink("d", in_base("link")), 0);
	(void)snprintf(text, sizeof(text),
		       "another everyd (pid %d) uses BASE/link: stop it, or give this one a "
		       "state_dir of its own",
		       (int)pid);
	refused(in_base("link"), -EBUSY, text);
	assert_int_equal(close(gate[1]), 0);
	await_good(pid);
	state_dir_free(open_state(in_base("d")));
}

static void what_a_dead_one_left_is_no_hindrance(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	pid = holder();
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(close(gate[1]), 0);
	state_dir_free(open_state(in_base("d")));
}

static void hold_in_a_child(void)
{
	/* Where valgrind finds it at _exit(), and does not take it for a leak. */
	static struct state_dir *volatile held;
	char byte = 0;

	held = open_state(in_base("d"));
	assert_non_null(held);
	if (fork() == 0) {
		(void)close(gate[1]);
		assert_int_equal(write(told[1], &byte, 1), 1);
		(void)!read(gate[0], &byte, 1);
		_exit(0);
	}
	_exit(0);
}

/* One that has not become its program yet has all that the daemon had open. */
static void a_child_of_a_dead_one_is_no_hindrance(void **state)
{
	pid_t pid;
	char byte;

	(void)state;
	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	pid = spawn(hold_in_a_child, false);
	await_good(pid);
	assert_int_equal(read(told[0], &byte, 1), 1);
	state_dir_free(open_state(in_base("d")));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(close(gate[i]), 0);
		assert_int_equal(close(told[i]), 0);
	}
}

#define RACERS 8

static int release[2]; /* closed: all have tried */

static void race(void)
{
	struct state_dir *dir = NULL;
	char error[STATE_DIR_TEXT_SIZE];
	char byte = 0;
	int r;

	(void)close(gate[1]);
	(void)close(release[1]);
	(void)!read(gate[0], &byte, 1);
	r = state_dir_open(in_base("d"), &dir, error, sizeof(error));
	byte = r == 0 && !error[0] ? 'w' : r == -EBUSY ? 'l' : '?';
	assert_int_equal(write(told[1], &byte, 1), 1);
	(void)!read(release[0], &byte, 1);
	state_dir_free(dir);
}

/* The directory is not even there yet. */
static void of_several_at_the_same_instant_one_wins(void **state)
{
	pid_t pids[RACERS];
	char results[RACERS];
	unsigned won = 0;
	unsigned lost = 0;

	(void)state;
	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	assert_int_equal(pipe2(release, O_CLOEXEC), 0);
	for (size_t i = 0; i < RACERS; i++)
		pids[i] = spawn(race, false);
	assert_int_equal(close(gate[1]), 0);
	for (size_t i = 0; i < RACERS; i++) {
		assert_int_equal(read(told[0], &results[i], 1), 1);
		won += results[i] == 'w';
		lost += results[i] == 'l';
	}
	assert_int_equal(close(release[1]), 0);
	for (size_t i = 0; i < RACERS; i++)
		await_good(pids[i]);
	assert_int_equal(won, 1);
	assert_int_equal(lost, RACERS - 1);
	assert_int_equal(close(gate[0]), 0);
	assert_int_equal(close(told[0]), 0);
	assert_int_equal(close(told[1]), 0);
	assert_int_equal(close(release[0]), 0);
}

/* It may be read by others, who could lock the directory itself, or the file by flock(2). */
static void nobody_else_can_take_the_lock(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(mkdir(in_base("d"), 0755), 0);
	fd = open(in_base("d"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	state_dir_free(open_state(in_base("d")));
	assert_int_equal(close(fd), 0);
}

static void on_a_read_only_disk(void)
{
	struct state_dir *dir = NULL;
	char error[STATE_DIR_TEXT_SIZE];
	char expected[STATE_DIR_TEXT_SIZE];

	/* What the kernel ignores is not NULL: valgrind would complain. */
	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", "", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(in_base("d"), in_base("d"), "", MS_BIND, NULL) < 0 ||
	    mount("", in_base("d"), "", MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		_exit(77);
	assert_int_equal(state_dir_open(in_base("d"), &dir, error, sizeof(error)), 0);
	(void)snprintf(expected, sizeof(expected),
		       "cannot write to %s: Read-only file system; nothing keeps a second everyd "
		       "out",
		       in_base("d"));
	assert_string_equal(error, expected);
	assert_string_equal(state_dir_path(dir), in_base("d"));
	assert_false(state_dir_is_locked(dir));
	assert_int_equal(state_dir_lock(dir, error, sizeof(error)), 0);
	assert_string_equal(error, expected);
	assert_false(state_dir_is_locked(dir));
	assert_int_equal(mount("", in_base("d"), "", MS_REMOUNT | MS_BIND, NULL), 0);
	assert_int_equal(state_dir_lock(dir, error, sizeof(error)), 0);
	assert_string_equal(error, "");
	assert_true(state_dir_is_locked(dir));
	state_dir_free(dir);
}

/* Both were there before there could be a lock. */
static void of_two_on_a_read_only_disk_one_gets_the_lock(void)
{
	struct state_dir *dir = NULL;
	char error[STATE_DIR_TEXT_SIZE];
	int ready[2];
	pid_t pid;

	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", "", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(in_base("d"), in_base("d"), "", MS_BIND, NULL) < 0 ||
	    mount("", in_base("d"), "", MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		_exit(77);
	assert_int_equal(state_dir_open(in_base("d"), &dir, error, sizeof(error)), 0);
	assert_int_equal(mount("", in_base("d"), "", MS_REMOUNT | MS_BIND, NULL), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct state_dir *other = NULL;

		if (state_dir_open(in_base("d"), &other, error, sizeof(error)) < 0 ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		(void)pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], error, 1), 1);
	close(ready[0]);
	assert_int_equal(state_dir_lock(dir, error, sizeof(error)), -EBUSY);
	assert_non_null(strstr(error, "another everyd (pid "));
	assert_false(state_dir_is_locked(dir));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(state_dir_lock(dir, error, sizeof(error)), 0);
	assert_true(state_dir_is_locked(dir));
	state_dir_free(dir);
}

/* What is there may be read, and the rest may pass. */
static void a_read_only_one_is_had_without_a_lock(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_base("d"), 0700), 0);
	await_good(spawn(on_a_read_only_disk, false));
	await_good(spawn(of_two_on_a_read_only_disk_one_gets_the_lock, false));
}

int main(void)
{
#define IN_BASE(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		IN_BASE(the_configured_one_is_made_and_goes_before_all_others),
		IN_BASE(else_it_is_the_first_of_those_that_systemd_made),
		IN_BASE(a_directory_that_a_link_names_is_fine),
		IN_BASE(without_root_it_is_in_ones_own_home),
		IN_BASE(without_root_one_may_not_write_to_roots),
		IN_BASE(what_is_no_directory_is_refused),
		IN_BASE(what_others_can_write_to_is_refused),
		IN_BASE(what_is_somebody_elses_is_refused),
		IN_BASE(a_lock_that_is_no_file_is_refused),
		IN_BASE(a_second_daemon_is_refused_while_the_first_lives),
		IN_BASE(what_a_dead_one_left_is_no_hindrance),
		IN_BASE(a_child_of_a_dead_one_is_no_hindrance),
		IN_BASE(of_several_at_the_same_instant_one_wins),
		IN_BASE(nobody_else_can_take_the_lock),
		IN_BASE(a_read_only_one_is_had_without_a_lock),
	};

	return cmocka_run_group_tests_name("state_dir", tests, NULL, NULL);
}
