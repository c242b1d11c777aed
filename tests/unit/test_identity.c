/* Who a run runs as: looked up, remembered, and taken on by one thread. */
#include "exec/identity.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
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

/* Calls fn in a child; no system call fails in it. */
static int in_child(int (*fn)(void *arg), void *arg)
{
	return fault_call(-1, 0, fn, arg);
}

static void a_number_without_a_name_is_a_name(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(is_nameless, NULL), 0);
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

/* Who may not become another stays who he is. */
static int stays_who_he_is(void *arg)
{
	static const struct identity identity = {.uid = 1, .gid = 1, .change = true};
	const bool *root = arg;
	struct identity_before before;

	if (!*root && (syscall(SYS_setgroups, 0, NULL) < 0 ||
		       syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) < 0 ||
		       syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) < 0))
		return 1;
	return identity_enter(&identity, &before) != -EPERM ||
	       syscall(SYS_setfsuid, -1) != geteuid() || syscall(SYS_setfsgid, -1) != getegid();
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
	static long numbers[] = {SYS_setfsuid, SYS_setfsgid, SYS_setgroups};

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
		cmocka_unit_test(what_was_found_is_remembered_until_forgotten),
		cmocka_unit_test(many_threads_share_it),
		cmocka_unit_test(a_thread_is_another_and_the_others_are_not),
		cmocka_unit_test(who_may_not_stays_who_he_is),
		cmocka_unit_test(who_cannot_go_back_dies),
	};

	return cmocka_run_group_tests_name("identity", tests, setup, teardown);
}
