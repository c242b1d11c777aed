/* Where files for hooks are put: one directory for each daemon. */
#include "directory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char base[64];

static int begin(void **state)
{
	(void)state;
	strcpy(base, "/tmp/everyd-test-XXXXXX");
	unsetenv("RUNTIME_DIRECTORY");
	unsetenv("XDG_RUNTIME_DIR");
	return mkdtemp(base) ? 0 : -1;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static struct directory *open_directory(void)
{
	struct directory *directory = NULL;

	assert_int_equal(directory_new(&directory), 0);
	assert_non_null(directory);
	return directory;
}

static void the_first_of_those_that_systemd_made_is_taken(void **state)
{
	struct directory *directory;
	char list[256];

	(void)state;
	(void)snprintf(list, sizeof(list), "%s/one:%s/two", base, base);
	setenv("RUNTIME_DIRECTORY", list, 1);
	directory = open_directory();
	assert_memory_equal(directory_path(directory), list, strlen(base) + 4);
	assert_int_equal(strlen(directory_path(directory)), strlen(base) + 4);
	directory_free(directory);
	/* It is systemd's to remove. */
	list[strlen(base) + 4] = '\0';
	assert_int_equal(access(list, F_OK), 0);
}

/* In a process of its own. */
static void be_second_daemon(void)
{
	struct directory *directory = open_directory();
	char path[64];
	struct stat st;
	bool taken;

	(void)snprintf(path, sizeof(path), "%s", directory_path(directory));
	assert_string_not_equal(path, base);
	assert_string_equal(directory_missed(directory, &taken), base);
	assert_true(taken);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
	directory_free(directory);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_second_daemon_has_its_own(void **state)
{
	struct directory *first;
	int status;
	bool taken;
	pid_t pid;

	(void)state;
	setenv("RUNTIME_DIRECTORY", base, 1);
	first = open_directory();
	assert_string_equal(directory_path(first), base);
	assert_null(directory_missed(first, &taken));
	assert_false(taken);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* Its own copy, which holds no lock. */
		directory_free(first);
		be_second_daemon();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	directory_free(first);

	/* It is free again. */
	first = open_directory();
	assert_string_equal(directory_path(first), base);
	directory_free(first);
	directory_free(NULL);
}

static void what_a_killed_daemon_has_begun_does_not_hold_it(void **state)
{
	struct directory *directory;
	int ends[2];
	pid_t pid;
	bool taken;

	(void)state;
	setenv("RUNTIME_DIRECTORY", base, 1);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		directory = open_directory();
		if (fork() == 0) {
			char byte;

			/* Has all its descriptors, until the pipe is closed. */
			(void)close(ends[1]);
			_exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
		}
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	directory = open_directory();
	assert_null(directory_missed(directory, &taken));
	assert_string_equal(directory_path(directory), base);
	directory_free(directory);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* Others may read the directory, and could lock that. */
static void nobody_else_can_take_the_lock(void **state)
{
	struct directory *directory;
	char path[96];
	struct stat st;
	int fd;

	(void)state;
	setenv("RUNTIME_DIRECTORY", base, 1);
	fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	directory = open_directory();
	assert_string_equal(directory_path(directory), base);
	(void)snprintf(path, sizeof(path), "%s/.lock", base);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	directory_free(directory);
	close(fd);
}

static void where_it_cannot_be_had_there_is_another(void **state)
{
	static const char *const bad[] = {"/proc/nowhere", "/dev/null", "relative", ""};

	(void)state;
	setenv("XDG_RUNTIME_DIR", base, 1);
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct directory *directory;

		setenv("RUNTIME_DIRECTORY", bad[i], 1);
		directory = open_directory();
		assert_string_not_equal(directory_path(directory), bad[i]);
		assert_int_equal(access(directory_path(directory), W_OK), 0);
		directory_free(directory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_of_those_that_systemd_made_is_taken,
						begin, end),
		cmocka_unit_test_setup_teardown(a_second_daemon_has_its_own, begin, end),
		cmocka_unit_test_setup_teardown(what_a_killed_daemon_has_begun_does_not_hold_it,
						begin, end),
		cmocka_unit_test_setup_teardown(nobody_else_can_take_the_lock, begin, end),
		cmocka_unit_test_setup_teardown(where_it_cannot_be_had_there_is_another, begin,
						end),
	};

	return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
