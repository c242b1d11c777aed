/* Holds: which group may read, whatever its file is like, and what a client may do by who it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/credentials.h"

#include "base/cleanup.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of none that is used. */
#define GROUP 54321
#define USER  54322

/* --- the file --- */

static gid_t group_in(const char *text)
{
	char path[] = "/tmp/credentials-XXXXXX";
	int fd = mkstemp(path);
	gid_t group;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	group = credentials_group(path, "everyd");
	assert_int_equal(unlink(path), 0);
	return group;
}

static void test_the_group_is_found(void **state)
{
	static const struct {
		const char *text;
		gid_t group;
	} cases[] = {
		{"everyd:x:997:\n", 997},
		{"everyd:x:997:alice,bob\n", 997},
		{"everyd::997:", 997},
		{"root:x:0:\neveryd:x:997:\n", 997},
		{"everyd2:x:1:\neveryd:x:997:\nevery:x:2:\n", 997},
		{"everyd:x:4294967294:\n", 4294967294},
		{"everyd:x\neveryd:x:997:\n", 997},
		{"", CREDENTIALS_NO_GROUP},
		{"\n\n", CREDENTIALS_NO_GROUP},
		{"everyd", CREDENTIALS_NO_GROUP},
		{"everyd:", CREDENTIALS_NO_GROUP},
		{"everyd:x:", CREDENTIALS_NO_GROUP},
		{"everyd:x::\n", CREDENTIALS_NO_GROUP},
		{"everyd:x:997\n", CREDENTIALS_NO_GROUP},
		{"everyd:x:-1:\n", CREDENTIALS_NO_GROUP},
		{"everyd:x: 997:\n", CREDENTIALS_NO_GROUP},
		{"everyd:x:997z:\n", CREDENTIALS_NO_GROUP},
		{"everyd:x:4294967295:\n", CREDENTIALS_NO_GROUP},
		{"everyd:x:18446744073709551616:\n", CREDENTIALS_NO_GROUP},
		{"# everyd:x:997:\n", CREDENTIALS_NO_GROUP},
		{"Everyd:x:997:\n", CREDENTIALS_NO_GROUP},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		assert_int_equal(group_in(cases[i].text), cases[i].group);
	assert_int_equal(credentials_group("/nonexistent/group", "everyd"), CREDENTIALS_NO_GROUP);
}

/* A group of so many members that getgrent(3) has no usual room for them: also its own. */
static void test_groups_may_be_large(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_non_null(file);
	for (int group = 0; group < 2; group++) {
		(void)fprintf(file, "%s:x:%d:", group ? "everyd" : "users", 100 + group);
		for (int i = 0; i < 20000; i++)
			(void)fprintf(file, "user%d,", i);
		(void)fputs("last\n", file);
	}
	assert_int_equal(fclose(file), 0);
	assert_int_equal(group_in(text), 101);
}

/* --- who asks --- */

struct person {
	uid_t uid;
	gid_t gid;
	size_t n_groups;
	gid_t groups[3];
	enum privilege privilege;
};

static const char *become(const struct person *person)
{
	if (setgroups(person->n_groups, person->groups) < 0)
		return "setgroups";
	if (setresgid(person->gid, person->gid, person->gid) < 0)
		return "setresgid";
	return setresuid(person->uid, person->uid, person->uid) < 0 ? "setresuid" : NULL;
}

/* Connects as that person; stays until the other end is closed. */
static void connect_as(const struct person *person, const struct sockaddr_un *address,
		       socklen_t size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *failed = become(person);
	char c;

	if (failed || connect(fd, (const struct sockaddr *)address, size) < 0) {
		perror(failed ? failed : "connect");
		_exit(1);
	}
	_exit(read(fd, &c, 1) == 0 ? 0 : 1);
}

static struct credentials credentials_of(const struct person *person)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(sa_family_t); /* an address is made up */
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct credentials who = {.pid = 0};
	int status;
	pid_t pid;
	int fd;

	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	size = sizeof(address);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(listen(listener, 1), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		connect_as(person, &address, size);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(credentials_of_peer(fd, GROUP, &who), 0);
	assert_int_equal(who.pid, pid);
	close(fd);
	close(listener);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return who;
}

static void test_what_somebody_may_do(void **state)
{
	static const struct person persons[] = {
		{.uid = 0, .gid = 0, .privilege = PRIVILEGE_CHANGE},
		{.uid = 0, .gid = USER, .privilege = PRIVILEGE_CHANGE},
		{.uid = USER, .gid = USER, .privilege = PRIVILEGE_NONE},
		{.uid = USER, .gid = 0, .privilege = PRIVILEGE_NONE},
		{USER, USER, 2, {0, GROUP + 7}, PRIVILEGE_NONE},
		{.uid = USER, .gid = GROUP, .privilege = PRIVILEGE_READ},
		{USER, USER, 1, {GROUP}, PRIVILEGE_READ},
		{USER, USER, 3, {0, 1, GROUP}, PRIVILEGE_READ},
	};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LENGTH(persons); i++) {
		struct credentials who = credentials_of(&persons[i]);

		assert_int_equal(who.uid, persons[i].uid);
		assert_int_equal(who.privilege, persons[i].privilege);
	}
}

static void test_names(void **state)
{
	char buf[CREDENTIALS_NAME_SIZE];

	(void)state;
	assert_string_equal(credentials_name(&(struct credentials){.pid = 812}, buf),
			    "root (uid 0, pid 812)");
	assert_string_equal(
		credentials_name(&(struct credentials){.pid = 2147483647, .uid = UINT32_MAX - 1},
				 buf),
		"uid 4294967294, pid 2147483647");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_group_is_found),
		cmocka_unit_test(test_groups_may_be_large),
		cmocka_unit_test(test_what_somebody_may_do),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
