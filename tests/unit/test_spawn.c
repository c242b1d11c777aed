/* Becoming another program: every step that can fail, and what the program finds. */
#include "cgroup_fixture.h"
#include "spawn_fixture.h"

#include <linux/ioprio.h>
#include <sched.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_executed_says_why),
		cmocka_unit_test(each_step_that_fails_is_named),
		cmocka_unit_test(a_missing_directory_becomes_the_root),
		cmocka_unit_test(a_directory_that_is_required_is_there),
		cmocka_unit_test(only_standard_descriptors_are_open),
		cmocka_unit_test(the_limit_of_files_is_its_own),
		cmocka_unit_test(settings_are_the_programs_and_not_ours),
		cmocka_unit_test(it_is_born_in_its_group),
		cmocka_unit_test(an_older_kernel_will_do),
		cmocka_unit_test(a_group_that_is_gone_is_told),
		cmocka_unit_test(signals_are_as_new),
		cmocka_unit_test(it_leads_a_session_of_its_own),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("spawn", tests, setup, teardown);
}
