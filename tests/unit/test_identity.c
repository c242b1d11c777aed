/* Who a run runs as: looked up, remembered, and taken on by one thread. */
#include "exec/identity.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#define NOBODY   ((uid_t)65534)
#define A_GROUP  ((gid_t)54321)
#define NO_GROUP ((gid_t)54322)

static struct identities *identities;

static void users_and_groups_are_looked_up(void **state)
{
	static const struct {
		const char *user;
		const char *group;
		int r;
		const char *stage;
		uid_t uid;
		gid_t gid;
	} rows[] = {
		{"root", NULL, 0, NULL, 0, 0},
		{"0", NULL, 0, NULL, 0, 0},
		{"nobody", NULL, 0, NULL, NOBODY, 65534},
		{"65534", "daemon", 0, NULL, NOBODY, 1},
		{"daemon", "0", 0, NULL, 1, 0},
		{"no-such-user", NULL, -ENOENT, "user", 0, 0},
		{"4294967294", NULL, -ENOENT, "user", 0, 0},
		{"root", "no-such-group", -ENOENT, "group", 0, 0},
		{NULL, "no-such-group", -ENOENT, "group", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const struct identity *identity = NULL;
		const char *stage = NULL;
		bool own_group = false;

		assert_int_equal(
			identity_get(identities, rows[i].user, rows[i].group, &identity, &stage),
			rows[i].r);
		if (rows[i].r < 0) {
			assert_string_equal(stage, rows[i].stage);
			assert_null(identity);
			continue;
		}
		assert_int_equal(identity->uid, rows[i].uid);
		assert_int_equal(identity->gid, rows[i].gid);
		assert_int_equal(*identity->home, '/');
		for (size_t k = 0; k < identity->n_groups; k++)
			own_group |= identity->groups[k] == identity->gid;
		/* Who is not root has what he has. */
		if (geteuid() == 0 || identity->uid != geteuid())
			assert_true(own_group);
		if (identity->uid != geteuid() || identity->gid != getegid())
			assert_true(identity->change);
		identity_put(identity);
	}
}

static void the_daemons_own_is_no_change(void **state)
{
	const struct identity *identity;
	const char *stage;
	struct identity_before before;

	(void)state;
	assert_int_equal(identity_get(identities, NULL, NULL, &identity, &stage), 0);
	assert_int_equal(identity->uid, geteuid());
	assert_int_equal(identity->gid, getegid());
	assert_false(identity->change);
	assert_int_equal(identity_enter(identity, &before), 0);
	identity_leave(identity, &before);
	identity_put(identity);
	identity_put(NULL);
}

/* Calls fn in a child; no system call fails in it. */
static int in_child(int (*fn)(void *arg), void *arg)
{
	return fault_call(-1, 0, fn, arg);
}

/* In a child that is a user without an entry. */
static int is_nameless(void *arg)
{
	const struct identity *identity;
	const char *stage;
	struct identities *own;
	int bad = 0;

	(void)arg;
	if (syscall(SYS_setresgid, A_GROUP, A_GROUP, A_GROUP) < 0 ||
	    syscall(SYS_setresuid, 4294967294U, 4294967294U, 4294967294U) < 0 ||
	    identities_new(&own) < 0 || identity_get(own, NULL, NULL, &identity, &stage) < 0)
		return 1;
	bad |= identity->change || strcmp(identity->name, "4294967294") != 0 ||
	       strcmp(identity->home, "/") != 0 || identity->gid != A_GROUP;
	identity_put(identity);
	identities_free(own);
	return bad;
}

static void a_number_without_a_name_is_a_name(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(is_nameless, NULL), 0);
}

/* In a child that is a user who has taken another of his groups, as newgrp(1) does. */
static int has_another_group(void *arg)
{
	static const struct {
		const char *user;
		const char *group;
		gid_t gid;
		bool change;
	} rows[] = {
		{NULL, NULL, A_GROUP, false},    {"nobody", NULL, A_GROUP, false},
		{"65534", NULL, A_GROUP, false}, {"nobody", "65534", 65534, true},
		{NULL, "65534", 65534, true},    {"daemon", NULL, 1, true},
		{"root", NULL, 0, true},
	};
	struct identities *own;
	int bad = 0;

	(void)arg;
	if (syscall(SYS_setgroups, 1, (gid_t[]){NO_GROUP}) < 0 ||
	    syscall(SYS_setresgid, A_GROUP, A_GROUP, A_GROUP) < 0 ||
	    syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) < 0 || identities_new(&own) < 0)
		return 1;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const struct identity *identity;
		const char *stage;

		if (identity_get(own, rows[i].user, rows[i].group, &identity, &stage) < 0)
			return 2;
		bad |= identity->gid != rows[i].gid || identity->change != rows[i].change;
		if (!rows[i].change)
			bad |= identity->n_groups != 1 || identity->groups[0] != NO_GROUP;
		identity_put(identity);
	}
	identities_free(own);
	return bad;
}

static void who_is_not_root_has_the_group_he_has(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(has_another_group, NULL), 0);
}

static void what_was_found_is_remembered_until_forgotten(void **state)
{
	const struct identity *first;
	const struct identity *again;
	const struct identity *anew;
	const struct identity *other;
	const char *stage;

	(void)state;
	assert_int_equal(identity_get(identities, "nobody", NULL, &first, &stage), 0);
	assert_int_equal(identity_get(identities, "nobody", NULL, &again, &stage), 0);
	assert_ptr_equal(first, again);
	assert_int_equal(identity_get(identities, "nobody", "daemon", &other, &stage), 0);
	assert_ptr_not_equal(first, other);
	identities_forget(identities);
	assert_int_equal(identity_get(identities, "nobody", NULL, &anew, &stage), 0);
	assert_ptr_not_equal(first, anew);
	/* Who has it keeps it. */
	assert_string_equal(first->name, "nobody");
	assert_int_equal(first->uid, anew->uid);
	identity_put(first);
	identity_put(again);
	identity_put(anew);
	identity_put(other);
}

static void *get_and_put(void *arg)
{
	static const char *const users[] = {"root", "nobody", NULL, "daemon"};
	unsigned *bad = arg;

	for (int i = 0; i < 2000; i++) {
		const char *user = users[i % 4];
		const struct identity *identity;
		const char *stage;

		if (i % 100 == 99)
			identities_forget(identities);
		if (identity_get(identities, user, NULL, &identity, &stage) < 0) {
			(*bad)++;
			continue;
		}
		*bad += user && strcmp(identity->name, user) != 0;
		identity_put(identity);
	}
	return NULL;
}

static void many_threads_share_it(void **state)
{
	pthread_t threads[4];
	unsigned bad[4] = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_and_put, &bad[i]), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(bad[i], 0);
	}
}

/* --- a thread's access to files ---------------------------------------------------------- */

struct files {
	char directory[64];
	char roots[128];  /* 0600, root's */
	char groups[128]; /* 0040, of A_GROUP */
	char other[128];  /* 0040, of NO_GROUP */
	char made[128];   /* not there */
	_Atomic bool stop;
};

static bool can_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static void *read_all_the_time(void *arg)
{
	struct files *files = arg;
	uintptr_t failures = 0;

	do
		failures += !can_read(files->roots);
	while (!atomic_load(&files->stop));
	/* Whatever the other does. */
	return (void *)failures; /* NOLINT(performance-no-int-to-ptr) */
}

static void make_file(char *path, const char *directory, const char *name, mode_t mode, gid_t gid)
{
	int fd;

	(void)snprintf(path, 128, "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(fchown(fd, 0, gid), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void a_thread_is_another_and_the_others_are_not(void **state)
{
	gid_t groups[] = {1, A_GROUP};
	const struct identity identity = {
		.uid = NOBODY, .gid = 65534, .groups = groups, .n_groups = 2, .change = true};
	struct files files = {.directory = "/tmp/test_identity.XXXXXX"};
	struct identity_before before;
	pthread_t thread;
	void *failures;
	struct stat st;
	int fd;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(files.directory));
	assert_int_equal(chmod(files.directory, 01777), 0);
	make_file(files.roots, files.directory, "roots", 0600, 0);
	make_file(files.groups, files.directory, "groups", 0040, A_GROUP);
	make_file(files.other, files.directory, "other", 0040, NO_GROUP);
	(void)snprintf(files.made, sizeof(files.made), "%s/made", files.directory);
	assert_int_equal(pthread_create(&thread, NULL, read_all_the_time, &files), 0);
	for (int i = 0; i < 1000; i++) {
		assert_true(can_read(files.roots));
		assert_int_equal(identity_enter(&identity, &before), 0);
		assert_false(can_read(files.roots));
		assert_true(can_read(files.groups));
		assert_false(can_read(files.other));
		identity_leave(&identity, &before);
		assert_true(can_read(files.other));
	}
	assert_int_equal(identity_enter(&identity, &before), 0);
	fd = open(files.made, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	identity_leave(&identity, &before);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_uid, NOBODY);
	assert_int_equal(st.st_gid, 65534);
	close(fd);
	atomic_store(&files.stop, true);
	assert_int_equal(pthread_join(thread, &failures), 0);
	assert_null(failures);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			unlink((char *[]){files.roots, files.groups, files.other, files.made}[i]),
			0);
	assert_int_equal(rmdir(files.directory), 0);
}

/* --- nobody else's credentials, and no handle for the user --- */

/* The value of a line of the thread's status, as proc(5) has it. */
static void read_status(const char *name, char *ret_value, size_t size)
{
	char line[256];
	FILE *file = fopen("/proc/thread-self/status", "re");

	assert_non_null(file);
	*ret_value = '\0';
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			(void)snprintf(ret_value, size, "%s", line + strlen(name) + 2);
	assert_int_equal(fclose(file), 0);
	ret_value[strcspn(ret_value, "\n")] = '\0';
	assert_true(*ret_value != '\0');
}

static bool no_capability(const char *value)
{
	return strspn(value, "0") == strlen(value);
}

/* In a child that is the user: what he can do to a thread. Returns what he could. */
static int meddle(void *arg)
{
	const pid_t *ids = arg; /* of the process, of the thread */
	struct rlimit limit = {0, 0};
	cpu_set_t cpus;
	char path[64];
	int could = 0;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/oom_score_adj", (int)ids[0],
		       (int)ids[1]);
	if (syscall(SYS_setresgid, 65534, 65534, 65534) < 0 ||
	    syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) < 0)
		return 1;
	could |= (syscall(SYS_tgkill, ids[0], ids[1], 0) == 0) << 1;
	could |= (ptrace(PTRACE_SEIZE, ids[1], NULL, NULL) == 0) << 2;
	could |= (setpriority(PRIO_PROCESS, (id_t)ids[1], 19) == 0) << 3;
	could |= (sched_setaffinity(ids[1], sizeof(cpus), &cpus) == 0) << 4;
	could |= (sched_setscheduler(ids[1], SCHED_IDLE, &(struct sched_param){0}) == 0) << 5;
	could |= (prlimit(ids[1], RLIMIT_CORE, &limit, NULL) == 0) << 6;
	could |= (open(path, O_WRONLY | O_CLOEXEC) >= 0) << 7;
	return could;
}

static void another_has_no_rights_of_root(void **state)
{
	static const struct identity nobody = {.uid = NOBODY, .gid = 65534, .change = true};
	struct identity_before before;
	char caps[2][64];
	char uids[64];
	char gids[64];

	(void)state;
	if (geteuid() != 0)
		skip();
	read_status("CapEff", caps[0], sizeof(caps[0]));
	assert_false(no_capability(caps[0]));
	assert_int_equal(identity_enter(&nobody, &before), 0);
	read_status("CapEff", caps[1], sizeof(caps[1]));
	read_status("Uid", uids, sizeof(uids));
	read_status("Gid", gids, sizeof(gids));
	identity_leave(&nobody, &before);
	assert_true(no_capability(caps[1]));
	/* Real, effective, saved, of files. */
	assert_string_equal(uids, "0\t65534\t0\t65534");
	assert_string_equal(gids, "0\t65534\t0\t65534");
	read_status("CapEff", caps[1], sizeof(caps[1]));
	read_status("Uid", uids, sizeof(uids));
	read_status("Gid", gids, sizeof(gids));
	assert_string_equal(caps[0], caps[1]);
	assert_string_equal(uids, "0\t0\t0\t0");
	assert_string_equal(gids, "0\t0\t0\t0");
}

/* It is tried by a process that was there before, while the thread is that user. */
static void its_user_has_no_hold_of_it(void **state)
{
	static const struct identity nobody = {.uid = NOBODY, .gid = 65534, .change = true};
	pid_t ids[] = {getpid(), gettid()};
	struct identity_before before;
	int go[2];
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		char byte;

		_exit(read(go[0], &byte, 1) == 1 ? meddle(ids) : 1);
	}
	assert_int_equal(identity_enter(&nobody, &before), 0);
	assert_int_equal(write(go[1], "g", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	identity_leave(&nobody, &before);
	assert_int_equal(status, 0);
	close(go[0]);
	close(go[1]);
}

/* Where capabilities stay whoever one becomes, nobody becomes another. */
static int keeps_capabilities(void *arg)
{
	static const struct identity nobody = {.uid = NOBODY, .gid = 65534, .change = true};
	struct identity_before before;

	(void)arg;
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) < 0)
		return 1;
	return identity_enter(&nobody, &before) != -EPERM || geteuid() != 0 || getegid() != 0;
}

static void capabilities_that_stay_are_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(keeps_capabilities, NULL), 0);
}

/* Who may not become another stays who he is. */
static int stays_who_he_is(void *arg)
{
	static const struct identity identity = {.uid = 1, .gid = 1, .change = true};
	const bool *root = arg;
	uid_t uid = *root ? 0 : NOBODY;
	struct identity_before before;

	if (!*root && (syscall(SYS_setgroups, 0, NULL) < 0 ||
		       syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) < 0 ||
		       syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) < 0))
		return 1;
	return identity_enter(&identity, &before) != -EPERM || geteuid() != uid ||
	       getegid() != uid || syscall(SYS_setfsuid, -1) != uid ||
	       syscall(SYS_setfsgid, -1) != uid;
}

static void who_may_not_stays_who_he_is(void **state)
{
	bool root = false;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(stays_who_he_is, &root), 0);
	root = true;
	assert_int_equal(fault_call(SYS_setgroups, EPERM, stays_who_he_is, &root), 0);
	assert_int_equal(fault_call(SYS_capget, EPERM, stays_who_he_is, &root), 0);
}

/* Not even root can while the calls fail. */
static int cannot_go_back(void *arg)
{
	static const struct identity identity = {.uid = 1, .gid = 1, .change = true};
	const long *number = arg;
	struct identity_before before;

	if (identity_enter(&identity, &before) < 0)
		return 1;
	fault_inject(*number, EPERM);
	identity_leave(&identity, &before);
	return 0;
}

static void who_cannot_go_back_dies(void **state)
{
	static long numbers[] = {SYS_setresuid, SYS_setresgid, SYS_setgroups};

	(void)state;
	if (geteuid() != 0 || setgroups(1, (gid_t[]){A_GROUP}) < 0)
		skip();
	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(cannot_go_back(&numbers[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
	}
	assert_int_equal(setgroups(0, NULL), 0);
}

static int setup(void **state)
{
	(void)state;
	return identities_new(&identities);
}

static int teardown(void **state)
{
	(void)state;
	identities_free(identities);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_and_groups_are_looked_up),
		cmocka_unit_test(the_daemons_own_is_no_change),
		cmocka_unit_test(a_number_without_a_name_is_a_name),
		cmocka_unit_test(who_is_not_root_has_the_group_he_has),
		cmocka_unit_test(what_was_found_is_remembered_until_forgotten),
		cmocka_unit_test(many_threads_share_it),
		cmocka_unit_test(a_thread_is_another_and_the_others_are_not),
		cmocka_unit_test(another_has_no_rights_of_root),
		cmocka_unit_test(its_user_has_no_hold_of_it),
		cmocka_unit_test(capabilities_that_stay_are_refused),
		cmocka_unit_test(who_may_not_stays_who_he_is),
		cmocka_unit_test(who_cannot_go_back_dies),
	};

	return cmocka_run_group_tests_name("identity", tests, setup, teardown);
}
