/* A subtree of control groups for a test. */
#pragma once

#include "exec/cgroup.h"
#include "exec/cgroup_dir.h"
#include "exec/cgroup_find.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <cmocka.h>

/* Seconds; longer than a test can take. */
#define CGROUP_PATIENCE 60

/* A subtree that is delegated to this process, and what it has made of it. */
struct cgroup_fixture {
	struct cgroup_place own;
	char directory[4096];
	struct cgroups *cgroups;
};

static const struct cgroup_limits unlimited;

/* Each test has a process and a group of its own. */
static inline void in_subtree(void (*test)(struct cgroup_fixture *fixture))
{
	struct cgroup_fixture fixture = {0};
	int status = -1;
	pid_t pid;

	if (cgroup_find("/proc/self/cgroup", "/proc/self/mountinfo", &fixture.own) < 0) {
		print_message("# needs cgroup v2\n");
		skip();
	}
	(void)snprintf(fixture.directory, sizeof(fixture.directory), "%s/test_cgroup.%d",
		       fixture.own.directory, getpid());
	if (mkdir(fixture.directory, 0755) < 0 ||
	    setxattr(fixture.directory, "user.delegate", "1", 1, 0) < 0) {
		print_message("# needs a cgroup that may be written\n");
		(void)rmdir(fixture.directory);
		cgroup_place_done(&fixture.own);
		skip();
	}
	pid = fork();
	if (pid == 0) {
		int dir = cgroup_dir_open(AT_FDCWD, fixture.directory);

		(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
		alarm(CGROUP_PATIENCE);
		assert_int_equal(cgroup_dir_write(dir, "cgroup.procs", "0"), 0);
		close(dir);
		test(&fixture);
		cgroup_place_done(&fixture.own);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	cgroup_dir_kill(AT_FDCWD, fixture.directory);
	assert_int_equal(access(fixture.directory, F_OK), -1);
	cgroup_place_done(&fixture.own);
	assert_int_equal(status, 0);
}

/* Somebody who stays in a group until killed. */
static inline pid_t settle(int dir)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (cgroup_dir_write(dir, "cgroup.procs", "0") < 0)
			_exit(1);
		(void)raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
	return pid;
}

static inline void end(pid_t pid)
{
	int status;

	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}
