/* Becoming another program: every step that can fail, and what the program finds. */
#include "exec/spawn.h"

#include "core/model.h"
#include "exec/identity.h"
#include "exec/process.h"

#include "cgroup_fixture.h"
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

/* Longer than any test may take. */
#define LONG USEC_PER_HOUR

static _Alignas(16) char stack[SPAWN_STACK_SIZE];
static char directory[] = "/tmp/test_spawn.XXXXXX";

struct child {
	struct spawn_error error;
	int status; /* of wait(2) */
	char out[4096];
};

/* What else the next are started with. */
static struct {
	const struct rlimit64 *files;
	const struct job_settings *settings;
	const struct identity *identity;
	bool in_cgroup;
	int cgroup;
	bool directory_required;
	usec_t patience; /* 0: LONG */
	pid_t helper;    /* ends with it */
} with;

/* Runs it to its end; what it wrote to stdout is kept. Returns what spawn() did. */
static int run(const char *const *paths, const char *const *argv, const char *cwd,
	       const int *signals, struct child *child)
{
	static const int none[] = {0};
	static const char *const envp[] = {"A=1", NULL};
	union {
		const char *const *in;
		char *const *out;
	} args = {argv}, env = {envp};
	struct spawn spawn_plan = {
		.paths = paths,
		.argv = args.out,
		.envp = env.out,
		.directory = cwd,
		.directory_required = with.directory_required,
		.cgroup = with.in_cgroup ? with.cgroup : -1,
		.identity = with.identity,
		.settings = with.settings,
		.signals = signals ? signals : none,
		.files = with.files,
		.patience = with.patience ? with.patience : LONG,
		.stack = stack,
	};
	int fds[2];
	int pidfd = -1;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = 0;
	ssize_t n;
	size_t len = 0;
	int r;

	memset(child, 0, sizeof(*child));
	assert_true(null > 2);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	spawn_plan.stdio[0] = null;
	spawn_plan.stdio[1] = fds[1];
	spawn_plan.stdio[2] = null;
	r = spawn(&spawn_plan, &pid, &pidfd, &child->error);
	close(fds[1]);
	close(null);
	while (r == 0 && (n = read(fds[0], child->out + len, sizeof(child->out) - 1 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	if (r == 0) {
		assert_int_equal(waitpid(pid, &child->status, 0), pid);
		close(pidfd);
	}
	if (with.helper) {
		assert_int_equal(kill(with.helper, SIGKILL), 0);
		assert_int_equal(waitpid(with.helper, NULL, 0), with.helper);
	}
	if (r == SPAWN_LEFT)
		return r;
	/* Nothing is left behind. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return r;
}

static const char *shell(const char *script, const char *cwd, const int *signals)
{
	static struct child child;
	const char *paths[] = {"/bin/sh", NULL};
	const char *argv[] = {"sh", "-c", script, NULL};

	assert_int_equal(run(paths, argv, cwd, signals, &child), 0);
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), 0);
	return child.out;
}

static const char *file(const char *name, const char *text, mode_t mode)
{
	static char path[8][128];
	static unsigned n;
	char *p = path[n++ % 8];
	FILE *f;

	(void)snprintf(p, sizeof(path[0]), "%s/%s", directory, name);
	f = fopen(p, "we");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fchmod(fileno(f), mode), 0);
	fclose(f);
	return p;
}

static void what_cannot_be_executed_says_why(void **state)
{
	const char *plain = file("plain", "#!/bin/sh\n", 0644);
	const char *junk = file("junk", "\1\2\3", 0755);
	const char *bad = file("bad", "#!/no/such/interpreter\n", 0755);
	const char *good = file("good", "#!/bin/sh\nexit 3\n", 0755);
	const struct {
		const char *paths[4];
		int code; /* 0: it runs and exits with 3 */
	} rows[] = {
		{{"/no/such"}, ENOENT},
		{{plain}, EACCES},
		{{"/tmp"}, EACCES},
		{{junk}, ENOEXEC},
		{{bad}, ENOENT},
		{{"/etc/passwd/x"}, ENOTDIR},
		{{"/no/such", good}, 0},
		{{plain, good}, 0},
		{{"/etc/passwd/x", plain, good}, 0},
		{{plain, "/no/such"}, EACCES},
		{{"/no/such", "/etc/passwd/x"}, ENOTDIR},
		{{junk, good}, ENOEXEC},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *argv[] = {"x", NULL};
		struct child child;
		int r = run(rows[i].paths, argv, "/", NULL, &child);

		if (rows[i].code == 0) {
			assert_int_equal(r, 0);
			assert_int_equal(WEXITSTATUS(child.status), 3);
			continue;
		}
		assert_int_equal(r, -1);
		assert_string_equal(child.error.stage, "exec");
		assert_int_equal(child.error.code, rows[i].code);
	}
}

/* All that can be set, as it is for any process: each step is taken, and none changes anything that
   the next would miss. */
static const unsigned char all_cpus[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const struct job_rlimit core_limit = {RLIMIT_CORE, 0, 0};
static const struct job_settings everything = {
	.umask = {true, 022},
	.nice = {true, 5},
	.ioprio = {true, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)},
	.oom_score_adj = {true, 500},
	.cpus = {all_cpus, sizeof(all_cpus)},
	.rlimits = {&core_limit, 1},
	.no_new_privileges = true,
};
static const struct job_settings only_oom = {.oom_score_adj = {true, 500}};
static const struct job_settings only_rlimits = {.rlimits = {&core_limit, 1}};
static gid_t other_groups[] = {1, 54321};
static const struct identity other = {
	.uid = 65534, .gid = 65533, .groups = other_groups, .n_groups = 2, .change = true};

struct step {
	long number;
	int error; /* 0: the call seems to succeed */
	const char *stage;
	int code; /* 0: the error's */
	const struct job_settings *settings;
	const struct identity *identity;
};

static int fails_at(void *arg)
{
	const struct step *step = arg;
	const char *paths[] = {"/bin/true", NULL};
	const char *argv[] = {"true", NULL};
	static const int signals[] = {SIGHUP, 0};
	static const struct rlimit64 limit = {64, 64};
	struct child child;

	if (!step->settings)
		with.files = &limit;
	with.settings = step->settings;
	with.identity = step->identity;
	if (run(paths, argv, "/", signals, &child) != -1)
		return 1;
	if (strcmp(child.error.stage, step->stage) != 0)
		return 2;
	return child.error.code != (step->code ? step->code : step->error) ? 3 : 0;
}

static void each_step_that_fails_is_named(void **state)
{
	static struct step steps[] = {
		{SYS_clone, EAGAIN, "clone", 0, NULL, NULL},
		{SYS_clone, ENOMEM, "clone", 0, NULL, NULL},
		{SYS_setsid, EPERM, "setsid", 0, NULL, NULL},
		{SYS_rt_sigaction, EINVAL, "signals", 0, NULL, NULL},
		{SYS_dup3, EMFILE, "stdio", 0, NULL, NULL},
		{SYS_close_range, ENOSYS, "stdio", 0, NULL, NULL},
		{SYS_setpriority, EACCES, "nice", 0, &everything, NULL},
		{SYS_ioprio_set, EPERM, "ionice", 0, &everything, NULL},
		{SYS_write, EACCES, "oom_score_adj", 0, &only_oom, NULL},
		{SYS_sched_setaffinity, EINVAL, "cpu_affinity", 0, &everything, NULL},
		{SYS_prlimit64, EPERM, "limits", 0, NULL, NULL},
		{SYS_prlimit64, EPERM, "limits", 0, &only_rlimits, NULL},
		{SYS_prctl, EINVAL, "no_new_privileges", 0, &everything, NULL},
		{SYS_chdir, EACCES, "chdir", 0, NULL, NULL},
		{SYS_rt_sigprocmask, EINVAL, "signals", 0, NULL, NULL},
		{SYS_execve, ENOMEM, "exec", 0, NULL, NULL},
		/* For root only. */
		{SYS_clone, EAGAIN, "clone", 0, NULL, &other},
		{SYS_clone, EAGAIN, "clone", 0, &only_oom, &other},
		{SYS_write, EACCES, "oom_score_adj", 0, &only_oom, &other},
		{SYS_chdir, EACCES, "chdir", 0, &only_oom, &other},
		{SYS_execve, ENOMEM, "exec", 0, &only_oom, &other},
		{SYS_keyctl, ENOMEM, "keyring", 0, NULL, &other},
		{SYS_setgroups, EPERM, "identity", 0, NULL, &other},
		{SYS_setresgid, EPERM, "identity", 0, NULL, &other},
		{SYS_setresuid, EAGAIN, "identity", 0, NULL, &other},
		{SYS_getresgid, EFAULT, "identity", 0, NULL, &other},
		{SYS_getresuid, EFAULT, "identity", 0, NULL, &other},
		/* What was not done is not believed. */
		{SYS_setresgid, 0, "identity", EPERM, NULL, &other},
		{SYS_setresuid, 0, "identity", EPERM, NULL, &other},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!steps[i].identity || geteuid() == 0)
			assert_int_equal(
				fault_call(steps[i].number, steps[i].error, fails_at, &steps[i]),
				0);
}

static void a_missing_directory_becomes_the_root(void **state)
{
	(void)state;
	assert_string_equal(shell("pwd", "/usr", NULL), "/usr\n");
	assert_string_equal(shell("pwd", "/no/such", NULL), "/\n");
}

static void a_directory_that_is_required_is_there(void **state)
{
	const char *paths[] = {"/bin/true", NULL};
	const char *argv[] = {"true", NULL};
	struct child child;

	(void)state;
	with.directory_required = true;
	assert_string_equal(shell("pwd", "/usr", NULL), "/usr\n");
	assert_int_equal(run(paths, argv, "/no/such", NULL, &child), -1);
	assert_string_equal(child.error.stage, "chdir");
	assert_int_equal(child.error.code, ENOENT);
	with.directory_required = false;
}

static void only_standard_descriptors_are_open(void **state)
{
	int leak = open("/dev/null", O_RDONLY); /* not close-on-exec */

	(void)state;
	assert_true(leak > 2);
	/* 3 is the directory that ls reads. */
	assert_string_equal(shell("exec ls /proc/self/fd", "/", NULL), "0\n1\n2\n3\n");
	assert_string_equal(shell("readlink /proc/self/fd/0", "/", NULL), "/dev/null\n");
	close(leak);
}

static void the_limit_of_files_is_its_own(void **state)
{
	static const struct rlimit64 limit = {60, 70};
	struct rlimit64 before;
	struct rlimit64 after;

	(void)state;
	assert_int_equal(getrlimit64(RLIMIT_NOFILE, &before), 0);
	with.files = &limit;
	assert_string_equal(shell("ulimit -Sn; ulimit -Hn", "/", NULL), "60\n70\n");
	with.files = NULL;
	assert_int_equal(getrlimit64(RLIMIT_NOFILE, &after), 0);
	assert_memory_equal(&after, &before, sizeof(before));
}

/* Of this process, which is to keep what it has. */
static void read_own(const char *path, char buf[static 64])
{
	FILE *f = fopen(path, "re");

	buf[0] = '\0';
	if (!f)
		return;
	if (!fgets(buf, 64, f))
		buf[0] = '\0';
	fclose(f);
}

static void settings_are_the_programs_and_not_ours(void **state)
{
	static const unsigned char first_cpu[] = {1, 0, 0, 0, 0, 0, 0, 0};
	static const struct job_rlimit rlimits[] = {
		{RLIMIT_CORE, 1024 * 512, 1024 * 1024},
		{RLIMIT_NOFILE, 50, 55},
	};
	static const struct rlimit64 more_files = {60, 70};
	static const struct {
		struct job_settings settings;
		const char *script;
		const char *out;
	} rows[] = {
		{{.umask = {true, 027}}, "umask", "0027\n"},
		{{.umask = {true, 0}}, "umask", "0000\n"},
		{{.nice = {true, 7}}, "nice", "7\n"},
		{{.nice = {true, 7}},
		 "[ $(id -u) != 0 ] || [ ! -e /proc/self/autogroup ] || grep -o 'nice 7' "
		 "/proc/self/autogroup "
		 ">/dev/null",
		 ""},
		{{.ioprio = {true, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)}}, "ionice", "idle\n"},
		{{.ioprio = {true, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6)}},
		 "ionice",
		 "best-effort: prio 6\n"},
		{{.oom_score_adj = {true, 321}}, "cat /proc/self/oom_score_adj", "321\n"},
		{{.cpus = {first_cpu, sizeof(first_cpu)}},
		 "exec sed -n '/^Cpus_allowed_list/p' /proc/self/status",
		 "Cpus_allowed_list:\t0\n"},
		{{.rlimits = {rlimits, 2}},
		 "ulimit -Sc; ulimit -Hc; ulimit -Sn; ulimit -Hn",
		 "1024\n2048\n50\n55\n"},
		{{.no_new_privileges = true},
		 "exec sed -n '/^NoNewPrivs/p' /proc/self/status",
		 "NoNewPrivs:\t1\n"},
		{{.nice = {false, 7}, .umask = {false, 7}},
		 "exec sed -n '/^NoNewPrivs/p' /proc/self/status",
		 "NoNewPrivs:\t0\n"},
	};
	static const char *const own[] = {"/proc/self/oom_score_adj", "/proc/self/autogroup",
					  "/proc/self/limits"};
	char before[ARRAY_LENGTH(own)][64];
	mode_t mask = umask(022);
	int nice_value = getpriority(PRIO_PROCESS, 0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(own); i++)
		read_own(own[i], before[i]);
	with.files = &more_files;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		with.settings = &rows[i].settings;
		assert_string_equal(shell(rows[i].script, "/", NULL), rows[i].out);
		if (geteuid() != 0)
			continue;
		/* Which is another kind of child. */
		with.identity = &other;
		assert_string_equal(shell(rows[i].script, "/", NULL), rows[i].out);
		with.identity = NULL;
	}
	with.settings = NULL;
	with.files = NULL;
	for (size_t i = 0; i < ARRAY_LENGTH(own); i++) {
		char after[64];

		read_own(own[i], after);
		assert_string_equal(after, before[i]);
	}
	assert_int_equal(umask(mask), 022);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), nice_value);
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

/* --- identity ---------------------------------------------------------------------------- */

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

/* --- control groups ---------------------------------------------------------------------- */

static void enter_group(struct cgroup_fixture *fixture, struct cgroup *cgroup)
{
	assert_int_equal(cgroups_new(&fixture->cgroups), 0);
	cgroup_init(cgroup);
	assert_int_equal(cgroup_prepare(cgroup, fixture->cgroups, &unlimited), 0);
	with.in_cgroup = true;
	with.cgroup = cgroup->fd;
}

static void assert_born_in(const struct cgroup *cgroup)
{
	char end[64];
	const char *out = shell("grep ^0:: /proc/self/cgroup", "/", NULL);

	(void)snprintf(end, sizeof(end), "/%s\n", cgroup->name);
	assert_true(strlen(out) > strlen(end));
	assert_string_equal(out + strlen(out) - strlen(end), end);
}

static void check_birth(struct cgroup_fixture *fixture)
{
	struct cgroup cgroup;

	enter_group(fixture, &cgroup);
	for (int i = 0; i < 20; i++)
		assert_born_in(&cgroup);
	/* Whoever it becomes. */
	with.identity = &other;
	assert_born_in(&cgroup);
	cgroup_done(&cgroup, fixture->cgroups);
	cgroups_free(fixture->cgroups);
}

static void it_is_born_in_its_group(void **state)
{
	(void)state;
	in_subtree(check_birth);
}

static int is_born_in(void *arg)
{
	assert_born_in(arg);
	return 0;
}

static void check_without_clone3(struct cgroup_fixture *fixture)
{
	static const int errors[] = {ENOSYS, EPERM, EINVAL, E2BIG, EOPNOTSUPP};
	static struct step steps[] = {
		{SYS_clone3, ENOMEM, "clone", 0, NULL, NULL},
		{SYS_clone3, EAGAIN, "clone", 0, NULL, NULL},
		{SYS_clone3, EBUSY, "clone", 0, NULL, NULL},
	};
	struct cgroup cgroup;

	enter_group(fixture, &cgroup);
	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++)
		assert_int_equal(fault_call(SYS_clone3, errors[i], is_born_in, &cgroup), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++)
		assert_int_equal(fault_call(steps[i].number, steps[i].error, fails_at, &steps[i]),
				 0);
	cgroup_done(&cgroup, fixture->cgroups);
	cgroups_free(fixture->cgroups);
}

static void an_older_kernel_will_do(void **state)
{
	(void)state;
	in_subtree(check_without_clone3);
}

static int cannot_enter(void *arg)
{
	fault_inject(SYS_clone3, ENOSYS);
	return fails_at(arg);
}

static void check_gone(struct cgroup_fixture *fixture)
{
	static struct step step = {SYS_write, EIO, "cgroup", 0, NULL, NULL};
	const char *paths[] = {"/bin/true", NULL};
	const char *argv[] = {"true", NULL};
	struct cgroup cgroup;
	struct child child;
	int kept;

	enter_group(fixture, &cgroup);
	assert_int_equal(fault_call(step.number, step.error, cannot_enter, &step), 0);
	kept = dup(cgroup.fd);
	cgroup_done(&cgroup, fixture->cgroups);
	with.cgroup = kept;
	assert_int_equal(run(paths, argv, "/", NULL, &child), -1);
	assert_string_equal(child.error.stage, "clone");
	assert_true(child.error.code == ENODEV || child.error.code == ENOENT);
	close(kept);
	cgroups_free(fixture->cgroups);
}

static void a_group_that_is_gone_is_told(void **state)
{
	(void)state;
	in_subtree(check_gone);
}

/* --- signals and sessions ---------------------------------------------------------------- */

static void handler(int sig)
{
	(void)sig;
}

static void signals_are_as_new(void **state)
{
	int signals[SPAWN_SIGNALS];

	(void)state;
	signal(SIGHUP, handler);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	spawn_find_ignored(signals);
	assert_string_equal(shell("exec sed -n '/^Sig[BIC]/p' /proc/self/status", "/", signals),
			    "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
			    "SigCgt:\t0000000000000000\n");
	signal(SIGHUP, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
}

static void it_leads_a_session_of_its_own(void **state)
{
	(void)state;
	assert_string_equal(shell("read pid name state parent group session rest </proc/self/stat;"
				  "[ $pid = $group ] && [ $pid = $session ] && echo $name $A",
				  "/", NULL),
			    "(sh) 1\n");
}

static int setup(void **state)
{
	sigset_t all;

	(void)state;
	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		return -1;
	/* Others are to get there too. */
	return mkdtemp(directory) && chmod(directory, 0755) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = {"plain", "junk", "bad", "good", "held", "self"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		(void)unlink(path);
	}
	return rmdir(directory);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_executed_says_why),
		cmocka_unit_test(each_step_that_fails_is_named),
		cmocka_unit_test(a_missing_directory_becomes_the_root),
		cmocka_unit_test(a_directory_that_is_required_is_there),
		cmocka_unit_test(only_standard_descriptors_are_open),
		cmocka_unit_test(the_limit_of_files_is_its_own),
		cmocka_unit_test(settings_are_the_programs_and_not_ours),
		cmocka_unit_test(it_is_the_user_for_good),
		cmocka_unit_test(one_that_is_no_other_is_not_taken_on),
		cmocka_unit_test(the_directory_is_entered_as_the_user),
		cmocka_unit_test(a_way_back_is_found),
		cmocka_unit_test(another_user_has_a_keyring_of_his_own),
		cmocka_unit_test(without_keyrings_it_goes_on),
		cmocka_unit_test(a_program_that_is_held_up_is_given_up),
		cmocka_unit_test(no_user_gets_at_what_is_not_the_program_yet),
		cmocka_unit_test(who_cannot_even_be_killed_is_given_up),
		cmocka_unit_test(it_is_born_in_its_group),
		cmocka_unit_test(an_older_kernel_will_do),
		cmocka_unit_test(a_group_that_is_gone_is_told),
		cmocka_unit_test(signals_are_as_new),
		cmocka_unit_test(it_leads_a_session_of_its_own),
	};

	if (argc > 1 && strcmp(argv[1], "keyring") == 0) {
		printf("%ld\n", keyring());
		return 0;
	}
	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("spawn", tests, setup, teardown);
}
