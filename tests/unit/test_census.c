/* Descendants of a process, among all that there are. */
#include "exec/census.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define JOINED_MAX 8

struct joined {
	pid_t pids[JOINED_MAX + 1];
	size_t n;
	pid_t refused;
};

static bool join(void *ctx, const struct census_entry *entry)
{
	struct joined *joined = ctx;

	if (entry->pid == joined->refused)
		return false;
	assert_true(joined->n < JOINED_MAX);
	joined->pids[joined->n++] = entry->pid;
	return true;
}

static void descendants_follow(void **state)
{
	static const struct census_entry families[] = {
		/* pid, parent, group, session, dead, in */
		{2, 9, 0, 0, false, false}, /* a child with a number lower than its parent's */
		{3, 2, 0, 0, false, false},  {4, 1, 0, 0, false, false},
		{5, 4, 0, 0, false, false},  {6, 9, 0, 0, true, false},
		{7, 6, 0, 0, false, false},  {9, 1, 0, 0, false, true},
		{10, 2, 0, 0, false, false}, {12, 0, 0, 0, false, false},
	};
	static const struct {
		pid_t root;
		pid_t refused;
		struct joined joined;
	} rows[] = {
		{-1, 0, {{2, 3, 10}, 3, 0}},   {-1, 2, {{0}, 0, 0}},
		{-1, 3, {{2, 10}, 2, 0}},      {1, 0, {{2, 3, 4, 5, 10}, 5, 0}},
		{4, 0, {{2, 3, 5, 10}, 4, 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct census_entry entries[ARRAY_LENGTH(families)];
		struct census census = {entries, ARRAY_LENGTH(families), ARRAY_LENGTH(families)};
		struct joined joined = {.refused = rows[i].refused};

		memcpy(entries, families, sizeof(families));
		census_follow(&census, rows[i].root, join, &joined);
		assert_int_equal(joined.n, rows[i].joined.n);
		for (size_t k = 0; k < joined.n; k++) {
			bool found = false;

			for (size_t j = 0; j < joined.n; j++)
				found |= rows[i].joined.pids[k] == joined.pids[j];
			assert_true(found);
		}
	}
}

static void all_processes_are_there(void **state)
{
	struct census census = {0};
	struct census_entry *entry;
	siginfo_t info;
	pid_t dead = fork();

	(void)state;
	if (dead == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)dead, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(census_take(&census), 0);
	for (size_t i = 1; i < census.n; i++)
		assert_true(census.entries[i - 1].pid < census.entries[i].pid);
	entry = census_find(&census, getpid());
	assert_non_null(entry);
	assert_int_equal(entry->parent, getppid());
	assert_int_equal(entry->group, getpgrp());
	assert_int_equal(entry->session, getsid(0));
	assert_false(entry->dead || entry->in);
	entry = census_find(&census, dead);
	assert_non_null(entry);
	assert_true(entry->dead);
	assert_null(census_find(&census, 0));
	census_done(&census);
	assert_null(census_find(&census, getpid()));
	assert_int_equal(waitpid(dead, NULL, 0), dead);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descendants_follow),
		cmocka_unit_test(all_processes_are_there),
	};

	return cmocka_run_group_tests_name("census", tests, NULL, NULL);
}
