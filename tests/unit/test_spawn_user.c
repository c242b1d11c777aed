/* Becoming another program as another user, and what that one can hold up. */
#include "exec/process.h"

#include "spawn_fixture.h"

#include <linux/fuse.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>

static void it_is_the_user_for_good(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	with.identity = &other;
	assert_string_equal(shell("exec sed -En '/^(Uid|Gid|Groups|CapPrm|CapEff):/s/ *$//p' "
				  "/proc/self/status",
				  "/", NULL),
			    "Uid:\t65534\t65534\t65534\t65534\n"
			    "Gid:\t65533\t65533\t65533\t65533\n"
			    "Groups:\t1 54321\n"
			    "CapPrm:\t0000000000000000\n"
			    "CapEff:\t0000000000000000\n");
	with.identity = NULL;
	assert_int_equal(geteuid(), 0);
	assert_string_equal(shell("id -u", "/", NULL), "0\n");
}

static void one_that_is_no_other_is_not_taken_on(void **state)
{
	static const struct identity same = {.uid = 65534, .gid = 65534};
	char expected[32];

	(void)state;
	(void)snprintf(expected, sizeof(expected), "%u\n", geteuid());
	with.identity = &same;
	assert_string_equal(shell("id -u", "/", NULL), expected);
	with.identity = NULL;
}

/* As the user: he has to get there himself. */
static void the_directory_is_entered_as_the_user(void **state)
{
	char path[64] = "/tmp/test_spawn_dir.XXXXXX";
	const char *paths[] = {"/bin/true", NULL};
	const char *argv[] = {"true", NULL};
	struct child child;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(path));
	with.directory_required = true;
	assert_int_equal(run(paths, argv, path, NULL, &child), 0);
	with.identity = &other;
	assert_int_equal(run(paths, argv, path, NULL, &child), -1);
	assert_string_equal(child.error.stage, "chdir");
	assert_int_equal(child.error.code, EACCES);
	with.identity = NULL;
	with.directory_required = false;
	assert_int_equal(rmdir(path), 0);
}

/* A process whose rights do not go with root's number. */
static int can_go_back(void *arg)
{
	struct step *step = arg;

	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0)
		return 4;
	return fails_at(step);
}

static void a_way_back_is_found(void **state)
{
	struct step step = {-1, EPERM, "identity", 0, NULL, &other};

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(fault_call(-1, 0, can_go_back, &step), 0);
}

/* What the program finds as its session keyring: its number. */
static long keyring(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
}

static void another_user_has_a_keyring_of_his_own(void **state)
{
	char script[128];
	char own[32];

	(void)state;
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		skip();
	/* In /proc others may not have it. */
	(void)snprintf(script, sizeof(script), "cp /proc/$PPID/exe %s/self", directory);
	(void)shell(script, "/", NULL);
	(void)snprintf(script, sizeof(script), "exec %s/self keyring", directory);
	(void)snprintf(own, sizeof(own), "%ld\n", keyring());
	assert_string_equal(shell(script, "/", NULL), own);
	if (geteuid() != 0)
		skip();
	with.identity = &other;
	assert_string_not_equal(shell(script, "/", NULL), own);
	with.identity = NULL;
}

static int has_no_keyrings(void *arg)
{
	(void)arg;
	with.identity = &other;
	return strcmp(shell("id -u", "/", NULL), "65534\n") != 0;
}

static void without_keyrings_it_goes_on(void **state)
{
	static const int errors[] = {ENOSYS, EPERM, EACCES, EDQUOT};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++)
		assert_int_equal(fault_call(SYS_keyctl, errors[i], has_no_keyrings, NULL), 0);
}

/* --- what a user can hold up ------------------------------------------------------------- */

/* A program that cannot be executed as long as the descriptor is open; negative: not here. */
static int lease(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd > 2);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) == 0)
		return fd;
	close(fd);
	return -1;
}

static void a_program_that_is_held_up_is_given_up(void **state)
{
	static const struct job_settings rows[] = {{0}, {.oom_score_adj = {true, 500}}};
	const char *path = file("held", "#!/bin/sh\n", 0755);
	const char *paths[] = {path, NULL};
	const char *argv[] = {"held", NULL};
	struct child child;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int fd = lease(path);

		if (fd < 0)
			skip();
		with.identity = &other;
		with.settings = &rows[i];
		with.patience = 50 * USEC_PER_MSEC;
		assert_int_equal(run(paths, argv, "/", NULL, &child), -1);
		assert_string_equal(child.error.stage, "exec");
		assert_int_equal(child.error.code, ETIMEDOUT);
		/* Let go of in time. */
		close(fd);
		with.patience = 0;
		assert_int_equal(run(paths, argv, "/", NULL, &child), 0);
		assert_int_equal(child.status, 0);
		with.identity = NULL;
		with.settings = NULL;
	}
}

/* Has it any capability left, which keeps its user from tracing it? */
static bool is_guarded(pid_t pid)
{
	char path[64];
	char line[128];
	bool guarded = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, "CapPrm:", 7) == 0)
			guarded = strtoull(line + 7, NULL, 16) != 0;
	fclose(f);
	return guarded;
}

/* Tells it from others by its parent and its user. */
static bool signal_child(void *ctx, const struct process *process)
{
	int sig = *(int *)ctx;
	uid_t uid;

	if (process->parent == getppid() && process_read_real_user(process->pid, &uid) == 0 &&
	    uid == other.uid && is_guarded(process->pid))
		(void)kill(process->pid, sig);
	return true;
}

/* The memory is the daemon's: that would be dumped or looked into, if fs.suid_dumpable (proc(5))
   has it so, and before Linux 5.16 all who share it would be killed. */
static void no_user_gets_at_what_is_not_the_program_yet(void **state)
{
	static int signals[] = {SIGQUIT, SIGSEGV, SIGXCPU};
	const char *path = file("held", "#!/bin/sh\n", 0755);
	const char *paths[] = {path, NULL};
	const char *argv[] = {"held", NULL};
	struct child child;

	(void)state;
	if (geteuid() != 0)
		skip();
	with.identity = &other;
	for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
		int fd = lease(path);
		pid_t helper;

		if (fd < 0)
			skip();
		helper = fork();
		if (helper == 0)
			for (;;)
				if (process_each(signal_child, &signals[i]) < 0)
					_exit(1);
		with.helper = helper;
		with.patience = USEC_PER_MIN;
		assert_int_equal(run(paths, argv, "/", NULL, &child), 0);
		with.helper = 0;
		with.patience = 0;
		close(fd);
		assert_true(WIFSIGNALED(child.status));
		assert_int_equal(WTERMSIG(child.status), SIGKILL);
		assert_false(WCOREDUMP(child.status));
	}
	with.identity = NULL;
}

/* Reads from a file system that never answers, until somebody looks for a name in it. */
static void *serve(void *arg)
{
	static char request[FUSE_MIN_READ_BUFFER + 4096];
	const struct fuse_in_header *header = (void *)request;
	int fd = *(int *)arg;

	do {
		struct {
			struct fuse_out_header header;
			struct fuse_init_out init;
		} answer = {
			.header = {.len = sizeof(answer)},
			.init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096},
		};

		if (read(fd, request, sizeof(request)) < 0)
			break;
		answer.header.unique = header->unique;
		if (header->opcode == FUSE_INIT &&
		    write(fd, &answer, sizeof(answer)) != sizeof(answer))
			break;
	} while (header->opcode != FUSE_LOOKUP);
	return NULL;
}

/* 77: not here. */
static int hangs_in_a_directory(void *arg)
{
	const char *paths[] = {"/bin/true", NULL};
	const char *argv[] = {"true", NULL};
	char options[128];
	char path[160];
	struct child child;
	pthread_t thread;
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	int status;

	(void)arg;
	(void)snprintf(options, sizeof(options), "fd=%d,rootmode=40755,user_id=%u,group_id=%u", fd,
		       other.uid, other.gid);
	if (fd < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("test", directory, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		return 77;
	if (pthread_create(&thread, NULL, serve, &fd) != 0)
		return 1;
	with.identity = &other;
	with.patience = 50 * USEC_PER_MSEC;
	(void)snprintf(path, sizeof(path), "%s/x", directory);
	if (run(paths, argv, path, NULL, &child) != SPAWN_LEFT ||
	    strcmp(child.error.stage, "chdir") != 0 || child.error.code != ETIMEDOUT)
		return 2;
	if (waitpid(-1, &status, WNOHANG) != 0)
		return 3;
	/* With the server the wait goes. */
	(void)pthread_join(thread, NULL);
	close(fd);
	if (waitpid(-1, &status, 0) < 0)
		return 4;
	return !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;
}

static void who_cannot_even_be_killed_is_given_up(void **state)
{
	int r;

	(void)state;
	if (geteuid() != 0)
		skip();
	r = fault_call(-1, 0, hangs_in_a_directory, NULL);
	if (r == 77)
		skip();
	assert_int_equal(r, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_user_for_good),
		cmocka_unit_test(one_that_is_no_other_is_not_taken_on),
		cmocka_unit_test(the_directory_is_entered_as_the_user),
		cmocka_unit_test(a_way_back_is_found),
		cmocka_unit_test(another_user_has_a_keyring_of_his_own),
		cmocka_unit_test(without_keyrings_it_goes_on),
		cmocka_unit_test(a_program_that_is_held_up_is_given_up),
		cmocka_unit_test(no_user_gets_at_what_is_not_the_program_yet),
		cmocka_unit_test(who_cannot_even_be_killed_is_given_up),
	};

	if (argc > 1 && strcmp(argv[1], "keyring") == 0) {
		printf("%ld\n", keyring());
		return 0;
	}
	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("spawn_user", tests, setup, teardown);
}
