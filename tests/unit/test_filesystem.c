/* The kernel's own files are told from others, and a user's server is not waited for. */
#include "exec/filesystem.h"

#include "exec/identity.h"
#include "exec/outfile.h"

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
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define OWNER 4242
#define OTHER 4243

/* No FUSE, or no right to mount. */
#define NOT_HERE 77

static void the_kernels_own_files_are_told_from_others(void **state)
{
	static const struct {
		const char *path;
		int result;
	} rows[] = {
		{"/proc/self/uid_map", -EPERM},
		{"/proc/self/maps", -EPERM},
		{"/proc/sys/kernel/ostype", -EPERM},
		{"/sys/kernel/mm/transparent_hugepage/enabled", -EPERM},
		{"/sys/fs/cgroup/cgroup.procs", -EPERM},
		{"/sys/fs/cgroup/cgroup.controllers", -EPERM},
		{"/sys/kernel/tracing/trace_options", -EPERM},
		{"/sys/kernel/debug/sleep_time", -EPERM},
		{"/sys/kernel/security/lsm", -EPERM},
		{"/dev/null", 0},
		{"/tmp", 0},
		{"/dev/shm", 0},
		{"/etc/passwd", 0},
	};
	int looked_at = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int fd = open(rows[i].path, O_RDONLY | O_CLOEXEC);

		/* Not all of them are mounted everywhere. */
		if (fd < 0)
			continue;
		if (filesystem_check_file(fd) != rows[i].result)
			fail_msg("%s", rows[i].path);
		assert_int_equal(close(fd), 0);
		looked_at++;
	}
	assert_true(looked_at >= 5);
	assert_int_equal(filesystem_check_file(-1), -EBADF);
}

static void what_needs_no_server_is_passed(void **state)
{
	static const char *const paths[] = {"/", "/tmp", "/proc", "/dev/shm", "/tmp", "/dev/null"};
	dev_t device = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
		int fd = open(paths[i], O_PATH | O_CLOEXEC);
		struct stat st;

		assert_int_equal(filesystem_check_server(fd, &device), 0);
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(device, st.st_dev);
		assert_int_equal(close(fd), 0);
	}
	assert_int_equal(filesystem_check_server(-1, &device), -EBADF);
}

/* --- a server that never answers --- */

static char base[] = "/tmp/everyd-filesystem.XXXXXX";

static const char *in_base(const char *name)
{
	static char paths[2][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 2];

	(void)snprintf(path, PATH_MAX, "%s/%s", base, name);
	return path;
}

static void make_file(const char *name)
{
	int fd = open(in_base(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	assert_true(fd >= 0);
	assert_int_equal(fchown(fd, OWNER, OWNER), 0);
	assert_int_equal(close(fd), 0);
}

/* The connection stands as long as the process. */
static bool serve(const char *name, uid_t user, unsigned mode)
{
	char options[200];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=%o,user_id=%u,group_id=%u,allow_other", fd, mode, user,
		       user);
	return fd >= 0 && mount("user_id=0", in_base(name), "fuse.user_id=0", 0, options) == 0;
}

static int check_server(const char *name, dev_t *device)
{
	int fd = open(in_base(name), O_PATH | O_CLOEXEC);
	int r = filesystem_check_server(fd, device);

	assert_int_equal(close(fd), 0);
	return r;
}

static const struct identity owner = {
	.uid = OWNER,
	.gid = OWNER,
	.name = "somebody",
	.home = "/",
	.change = true,
};

/* Where servers, and what root binds, are mounted. */
static void make_places(void)
{
	static const char *const dirs[] = {"owners", "others", "roots", "kept"};
	static const char *const files[] = {"kept/served", "kept/bound", "kept/log"};

	for (size_t i = 0; i < ARRAY_LENGTH(dirs); i++)
		assert_int_equal(mkdir(in_base(dirs[i]), 0755), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
		make_file(files[i]);
}

/* In a child with mounts of its own. What waits for a server is killed. */
static int meet_servers(void)
{
	static const char *const paths[] = {
		"owners/a.log",     "owners/../a.log", "others/a.log",
		"others/new/a.log", "kept/served",
	};
	dev_t device = 0;
	int fd;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return NOT_HERE;
	make_places();
	if (!serve("owners", OWNER, S_IFDIR | 0777) || !serve("others", OTHER, S_IFDIR | 0777) ||
	    !serve("roots", 0, S_IFDIR | 0777) || !serve("kept/served", OWNER, S_IFREG | 0666))
		return NOT_HERE;
	(void)alarm(20);
	assert_int_equal(check_server("owners", &device), -EPERM);
	assert_int_equal(check_server("others", &device), -EPERM);
	assert_int_equal(device, 0);
	assert_int_equal(check_server("roots", &device), 0);
	assert_int_not_equal(device, 0);
	assert_int_equal(check_server("owners", &device), -EPERM);
	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
		assert_int_equal(outfile_open(in_base(paths[i]), &owner), -EPERM);
		assert_int_equal(outfile_open_input(in_base(paths[i]), &owner, false), -EPERM);
		assert_int_equal(outfile_open_input(in_base(paths[i]), &owner, true), -EPERM);
	}

	/* What root mounts where a file was is a file. */
	assert_int_equal(mount(in_base("kept/log"), in_base("kept/bound"), "none", MS_BIND, NULL),
			 0);
	fd = outfile_open(in_base("kept/bound"), &owner);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & (O_APPEND | O_ACCMODE), O_APPEND | O_WRONLY);
	assert_int_equal(close(fd), 0);
	return 0;
}

static void a_users_server_is_not_waited_for(void **state)
{
	char command[100];
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(base));
	assert_int_equal(chmod(base, 0755), 0);
	pid = fork();
	if (pid == 0) {
		(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
		_exit(meet_servers());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)snprintf(command, sizeof(command), "rm -rf %s", base);
	assert_int_equal(system(command), 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernels_own_files_are_told_from_others),
		cmocka_unit_test(what_needs_no_server_is_passed),
		cmocka_unit_test(a_users_server_is_not_waited_for),
	};

	return cmocka_run_group_tests_name("filesystem", tests, NULL, NULL);
}
