/* Users and groups by name and number. */
#include "base/account.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void users_are_found_by_name_and_number(void **state)
{
	static const char *const texts[] = {"root", "0", "000"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct account account;

		assert_int_equal(account_find(texts[i], &account), 0);
		assert_int_equal(account.uid, 0);
		assert_int_equal(account.gid, 0);
		assert_string_equal(account.name, "root");
		assert_string_equal(account.home, "/root");
		account_done(&account);
		assert_null(account.name);
	}
}

static void who_is_not_there_is_told(void **state)
{
	/* A number that nobody has; "keep as it is"; more than 32 and 64 bits; no numbers. */
	static const char *const texts[] = {
		"",           "no-such-user", "4294967294",
		"4294967295", "4294967296",   "18446744073709551616",
		"-1",         "+0",           " 0",
		"0x0",        "0 ",           "root:x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct account account = {.uid = 77};
		gid_t gid = 77;

		assert_int_equal(account_find(texts[i], &account), -ENOENT);
		assert_int_equal(account.uid, 77);
		assert_int_equal(account_find_group(texts[i], &gid), -ENOENT);
		assert_int_equal(gid, 77);
	}
}

static void numbers_have_names(void **state)
{
	struct account account;

	(void)state;
	assert_int_equal(account_find_uid(0, &account), 0);
	assert_string_equal(account.name, "root");
	account_done(&account);
	assert_int_equal(account_find_uid(4294967294U, &account), -ENOENT);
}

static void groups_are_found_by_name_and_number(void **state)
{
	static const struct {
		const char *text;
		gid_t gid;
	} rows[] = {{"root", 0}, {"0", 0}, {"daemon", 1}, {"1", 1}, {"tty", 5}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		gid_t gid = 77;

		assert_int_equal(account_find_group(rows[i].text, &gid), 0);
		assert_int_equal(gid, rows[i].gid);
	}
}

static void groups_have_names(void **state)
{
	char *name = NULL;

	(void)state;
	assert_int_equal(account_find_group_name(0, &name), 0);
	assert_string_equal(name, "root");
	free(name);
	name = NULL;
	assert_int_equal(account_find_group_name(3999999999U, &name), -ENOENT);
	assert_null(name);
}

static void the_own_group_is_among_the_groups(void **state)
{
	static const gid_t own[] = {0, 1, 54321};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(own); i++) {
		_cleanup_free_ gid_t *gids = NULL;
		size_t n = 0;
		bool found = false;

		assert_int_equal(account_find_groups("nobody", own[i], &gids, &n), 0);
		for (size_t k = 0; k < n; k++)
			found |= gids[k] == own[i];
		assert_true(found);
	}
}

/* What id(1) says of every user that has an entry is what is found here. */
static void groups_are_those_of_id(void **state)
{
	FILE *users = popen("getent passwd | cut -d: -f1", "re");
	char name[256];
	unsigned seen = 0;

	(void)state;
	assert_non_null(users);
	while (fgets(name, sizeof(name), users)) {
		_cleanup_free_ gid_t *gids = NULL;
		struct account account;
		char line[512];
		size_t n = 0;
		size_t listed = 0;
		unsigned long gid;
		FILE *id;

		name[strcspn(name, "\n")] = '\0';
		assert_int_equal(account_find(name, &account), 0);
		assert_string_equal(account.name, name);
		assert_int_equal(account_find_groups(name, account.gid, &gids, &n), 0);
		account_done(&account);
		(void)snprintf(line, sizeof(line), "id -G -- '%s'", name);
		id = popen(line, "re");
		assert_non_null(id);
		while (fscanf(id, "%lu", &gid) == 1) {
			bool found = false;

			for (size_t k = 0; k < n; k++)
				found |= gids[k] == gid;
			assert_true(found);
			listed++;
		}
		assert_int_equal(pclose(id), 0);
		assert_int_equal(listed, n);
		seen++;
	}
	assert_int_equal(pclose(users), 0);
	assert_true(seen > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_found_by_name_and_number),
		cmocka_unit_test(who_is_not_there_is_told),
		cmocka_unit_test(numbers_have_names),
		cmocka_unit_test(groups_are_found_by_name_and_number),
		cmocka_unit_test(groups_have_names),
		cmocka_unit_test(the_own_group_is_among_the_groups),
		cmocka_unit_test(groups_are_those_of_id),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
