/* What a process hands on, read of it and taken on by another. */
#include "ctl/surroundings.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* NULL: it is not there. */
static const char *find(const struct surroundings *surroundings, const char *name)
{
	size_t len = strlen(name);

	for (char **item = surroundings->environment; *item; item++)
		if (strncmp(*item, name, len) == 0 && (*item)[len] == '=')
			return *item + len + 1;
	return NULL;
}

/* A process that waits for its standard input to end, whose end is *ret_fd. */
static pid_t start_other(int *ret_fd)
{
	static char name[] = "sh";
	static char option[] = "-c";
	static char script[] = "echo ready; exec 1>&-; read x";
	static char first[] = "FIRST=1";
	static char empty[] = "EMPTY=";
	char *const argv[] = {name, option, script, NULL};
	char *const envp[] = {first, empty, NULL};
	static const gid_t groups[] = {4, 65534};
	struct rlimit64 limit = {50, 60};
	int in[2];
	int out[2];
	char ready;
	pid_t pid;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* As far as one may. */
		(void)setgroups(ARRAY_LENGTH(groups), groups);
		(void)setrlimit64(RLIMIT_SIGPENDING, &limit);
		(void)setpriority(PRIO_PROCESS, 0, 7);
		(void)dup2(in[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)execve("/bin/sh", argv, envp);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	assert_int_equal(read(out[0], &ready, 1), 1);
	close(out[0]);
	*ret_fd = in[1];
	return pid;
}

static void end_other(pid_t pid, int fd)
{
	close(fd);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void what_another_has_is_read(void **state)
{
	struct surroundings other;
	int fd;
	pid_t pid = start_other(&fd);

	(void)state;
	assert_int_equal(surroundings_read(pid, &other), 0);
	assert_string_equal(find(&other, "FIRST"), "1");
	assert_string_equal(find(&other, "EMPTY"), "");
	assert_null(find(&other, "HOME"));
	assert_int_equal(other.limits[RLIMIT_SIGPENDING].rlim_cur, 50);
	assert_int_equal(other.limits[RLIMIT_SIGPENDING].rlim_max, 60);
	assert_int_equal(other.nice, 7);
	assert_false(other.no_new_privileges);
	if (geteuid() == 0) {
		assert_int_equal(other.n_groups, 2);
		assert_int_equal(other.groups[0], 4);
		assert_int_equal(other.groups[1], 65534);
	}
	assert_true(CPU_COUNT(&other.cpus) > 0);
	surroundings_done(&other);
	end_other(pid, fd);
	assert_int_equal(surroundings_read(pid, &other), -ENOENT);
}

/* As they are now, not as the process was started with them. */
static void ones_own_are_those_of_now(void **state)
{
	struct surroundings own;

	(void)state;
	assert_int_equal(setenv("SET_LATER", "yes", 1), 0);
	assert_int_equal(surroundings_read(getpid(), &own), 0);
	assert_string_equal(find(&own, "SET_LATER"), "yes");
	surroundings_done(&own);
}

/* In a process of its own, as there is no way back. Returns what is wrong; 0: nothing. */
static int check_taken(const struct surroundings *other, const struct surroundings *own)
{
	struct rlimit64 files;

	if (own->nice != 7)
		return 4;
	if (own->limits[RLIMIT_SIGPENDING].rlim_cur != 50 ||
	    own->limits[RLIMIT_SIGPENDING].rlim_max != 60)
		return 5;
	/* Of files the soft limit stays: the daemon has raised its own. */
	if (getrlimit64(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur != 20)
		return 6;
	if (!getenv("FIRST") || getenv("HOME"))
		return 7;
	if (own->n_groups != other->n_groups ||
	    memcmp(own->groups, other->groups, own->n_groups * sizeof(*own->groups)) != 0)
		return 8;
	return 0;
}

static int take(const struct surroundings *other)
{
	struct surroundings own;
	struct rlimit64 few = {20, other->limits[RLIMIT_NOFILE].rlim_max};
	const char *what = NULL;
	int wrong;

	if (setrlimit64(RLIMIT_NOFILE, &few) < 0)
		return 1;
	if (surroundings_take(other, &what) != 0)
		return 2;
	if (surroundings_read(getpid(), &own) < 0)
		return 3;
	wrong = check_taken(other, &own);
	surroundings_done(&own);
	return wrong;
}

static void they_are_taken_on(void **state)
{
	struct surroundings other;
	int status;
	int fd;
	pid_t other_pid = start_other(&fd);
	pid_t pid;

	(void)state;
	assert_int_equal(surroundings_read(other_pid, &other), 0);
	assert_int_equal(getrlimit64(RLIMIT_NOFILE, &other.limits[RLIMIT_NOFILE]), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fd);
		_exit(take(&other));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(WIFEXITED(status));
	surroundings_done(&other);
	end_other(other_pid, fd);
}

static void what_cannot_be_had_is_named_and_the_rest_taken(void **state)
{
	struct surroundings own;
	const char *what = NULL;
	struct rlimit64 core;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(surroundings_read(getpid(), &own), 0);
	own.limits[RLIMIT_CPU] = (struct rlimit64){2, 1};
	own.limits[RLIMIT_CORE].rlim_cur = 0;
	own.nice = getpriority(PRIO_PROCESS, 0) + 1;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (surroundings_take(&own, &what) != -EINVAL || strcmp(what, "limits") != 0)
			_exit(1);
		if (getrlimit64(RLIMIT_CORE, &core) < 0 || core.rlim_cur != 0)
			_exit(2);
		_exit(getpriority(PRIO_PROCESS, 0) == own.nice ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	surroundings_done(&own);
}

static void the_daemon_is_who_has_the_lock(void **state)
{
	char path[] = "/tmp/test_surroundings.XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);
	int ready[2];
	int done[2];
	char byte = 0;
	pid_t pid;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(surroundings_find_daemon(path), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(done, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

		close(done[1]);
		if (fcntl(fd, F_SETLK, &whole) < 0 || write(ready[1], &byte, 1) != 1)
			_exit(1);
		_exit(read(done[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(surroundings_find_daemon(path), pid);
	close(done[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(surroundings_find_daemon(path), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(surroundings_find_daemon(path), 0);
	close(fd);
	close(ready[0]);
	close(done[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_another_has_is_read),
		cmocka_unit_test(ones_own_are_those_of_now),
		cmocka_unit_test(they_are_taken_on),
		cmocka_unit_test(what_cannot_be_had_is_named_and_the_rest_taken),
		cmocka_unit_test(the_daemon_is_who_has_the_lock),
	};

	return cmocka_run_group_tests_name("surroundings", tests, NULL, NULL);
}
