/* Holds: what is marked as begun is known as that after the death of the daemon, and nothing else.
 */
#include "ledger/begun.h"

#include "core/result.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define BOOT  "01234567-89ab-cdef-0123-456789abcdef"
#define OTHER "fedcba98-7654-3210-fedc-ba9876543210"

static char directory[64];
static char file[96];

static int make(void **state)
{
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/everyd-begun-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(file, sizeof(file), "%s/%s", directory, BEGUN_NAME);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	(void)unlink(file);
	return rmdir(directory);
}

/* What a next life makes of three open runs, one of each state: the states, as letters. */
static void recall(const char *boot, uint64_t first, const char *expected)
{
	struct past_run runs[] = {
		{.id = first, .state = PAST_ACCEPTED},
		{.id = first + 1, .state = PAST_BACKOFF, .attempt = 2},
		{.id = first + 2, .state = PAST_STARTED, .attempt = 3},
	};
	struct past_job job = {.name = "a", .runs = runs, .n_runs = 3};
	struct past past = {.jobs = &job, .n_jobs = 1};
	struct begun *begun = begun_open(directory, boot);
	char got[4] = "";

	assert_non_null(begun);
	begun_recall(begun, boot, &past);
	begun_close(begun);
	for (int i = 0; i < 3; i++)
		got[i] = "ASB"[runs[i].state];
	assert_string_equal(got, expected);
	if (runs[0].state == PAST_STARTED) {
		assert_int_equal(runs[0].attempt, 1);
		assert_string_equal(runs[0].boot, boot);
	}
	assert_int_equal(runs[1].attempt, 2);
	assert_int_equal(runs[2].attempt, 3);
}

static void a_mark_outlives_its_daemon(void **state)
{
	struct begun *begun = begun_open(directory, BOOT);

	(void)state;
	assert_non_null(begun);
	for (uint64_t run = 7; run < 10; run++)
		assert_true(begun_mark(begun, run, 1));
	begun_close(begun);
	recall(BOOT, 7, "SBS");
	/* It is no less one in the life after the next. */
	recall(BOOT, 7, "SBS");
}

static void what_is_not_marked_was_not_begun(void **state)
{
	struct begun *begun = begun_open(directory, BOOT);

	(void)state;
	assert_true(begun_mark(begun, 7, 1));
	assert_true(begun_mark(begun, 8, 1));
	begun_unmark(begun, 7);
	begun_unmark(begun, 7);
	begun_close(begun);
	recall(BOOT, 7, "ABS");
}

static void marks_of_runs_with_a_verdict_go(void **state)
{
	struct begun *begun = begun_open(directory, BOOT);

	(void)state;
	assert_true(begun_mark(begun, 7, 1));
	begun_close(begun);
	recall(BOOT, 100, "ABS");
	/* It would be one again, had it stayed. */
	recall(BOOT, 7, "ABS");
}

static void another_boot_has_none(void **state)
{
	struct begun *begun = begun_open(directory, BOOT);

	(void)state;
	assert_true(begun_mark(begun, 7, 1));
	begun_close(begun);
	recall(OTHER, 7, "ABS");
	recall(BOOT, 7, "ABS");
}

static void a_file_that_was_removed_is_made_anew(void **state)
{
	struct begun *begun = begun_open(directory, BOOT);

	(void)state;
	assert_true(begun_mark(begun, 7, 1));
	assert_int_equal(unlink(file), 0);
	begun_renew(begun);
	begun_renew(begun);
	assert_true(begun_mark(begun, 8, 1));
	begun_close(begun);
	recall(BOOT, 7, "SBS");
	recall(BOOT, 8, "SBS");
}

/* Runs that share their places: when all are taken the next has to go on record otherwise. */
static void there_may_be_no_room(void **state)
{
	struct begun *begun = begun_open(directory, BOOT);
	uint64_t run = 3;
	unsigned n = 0;

	(void)state;
	for (; n < 100 && begun_mark(begun, run, 1); n++)
		run += 8192;
	assert_in_range(n, 1, 99);
	begun_release(begun, 3, 1);
	assert_true(begun_mark(begun, run, 1));
	begun_close(begun);
	recall(BOOT, run, "SBS");
}

/* Its place is for others then. On disk it stays until they come: the database knows better. */
static void a_mark_may_be_of_no_use_any_more(void **state)
{
	struct begun *begun = begun_open(directory, BOOT);

	(void)state;
	assert_true(begun_mark(begun, 7, 1));
	begun_release(begun, 7, 1);
	assert_true(begun_mark(begun, 7 + 8192, 1));
	begun_close(begun);
	recall(BOOT, 7, "ABS");
	begun = begun_open(directory, BOOT);
	assert_true(begun_mark(begun, 7, 1));
	begun_release(begun, 7, 1);
	begun_close(begun);
	recall(BOOT, 100, "ABS");
	recall(BOOT, 7, "ABS");
}

/* A retry that began while nothing could be written must not begin again. */
static void an_attempt_that_is_marked_is_one_more_than_is_known(void **state)
{
	static const struct {
		unsigned marked[2]; /* 0: none */
		enum past_state state;
		unsigned known;
		unsigned released; /* up to this, in this life */
		unsigned attempt;  /* as which it is known then; 0: as before */
	} rows[] = {
		{{2}, PAST_BACKOFF, 1, 0, 2},
		{{3}, PAST_BACKOFF, 1, 0, 3},
		{{1}, PAST_BACKOFF, 1, 0, 0},
		{{2}, PAST_BACKOFF, 2, 0, 0},
		{{1, 2}, PAST_BACKOFF, 1, 0, 2},
		{{2, 1}, PAST_BACKOFF, 1, 0, 2},
		{{1, 2}, PAST_ACCEPTED, 0, 0, 2},
		{{2}, PAST_STARTED, 1, 0, 2},
		{{2}, PAST_STARTED, 2, 0, 0},
		/* What was released is as good as none, but on disk until its place is wanted. */
		{{1, 2}, PAST_BACKOFF, 1, 1, 2},
		{{65536}, PAST_BACKOFF, 65535, 0, 65536},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct past_run run = {
			.id = 7,
			.slot = 70,
			.state = rows[i].state,
			.attempt = rows[i].known,
			.pid = 123,
			.wait = 5,
		};
		struct past_job job = {.name = "a", .runs = &run, .n_runs = 1};
		struct past past = {.jobs = &job, .n_jobs = 1};
		struct begun *begun = begun_open(directory, BOOT);

		assert_non_null(begun);
		for (int k = 0; k < 2 && rows[i].marked[k] > 0; k++)
			assert_true(begun_mark(begun, 7, rows[i].marked[k]));
		begun_release(begun, 7, rows[i].released);
		begun_close(begun);
		begun = begun_open(directory, BOOT);
		begun_recall(begun, BOOT, &past);
		if (rows[i].attempt == 0) {
			assert_int_equal(run.state, rows[i].state);
			assert_int_equal(run.attempt, rows[i].known);
			assert_int_equal(run.pid, 123);
		} else {
			assert_int_equal(run.state, PAST_STARTED);
			assert_int_equal(run.attempt, rows[i].attempt);
			assert_string_equal(run.boot, BOOT);
			assert_int_equal(run.slot, 70);
			/* Those of an attempt before. */
			assert_int_equal(run.pid, 0);
			assert_int_equal(run.wait, 0);
		}
		begun_close(begun);
		assert_int_equal(unlink(file), 0);
	}
}

static void attempts_are_released_up_to_one(void **state)
{
	struct begun *begun = begun_open(directory, BOOT);

	(void)state;
	for (unsigned attempt = 1; attempt <= 3; attempt++)
		assert_true(begun_mark(begun, 7, attempt));
	assert_int_equal(begun_attempt(begun, 7), 3);
	assert_int_equal(begun_attempt(begun, 8), 0);
	begun_release(begun, 7, 2);
	assert_int_equal(begun_attempt(begun, 7), 3);
	begun_release(begun, 7, 3);
	assert_int_equal(begun_attempt(begun, 7), 0);
	/* More than a mark can say. */
	assert_false(begun_mark(begun, 7, 65537));
	assert_false(begun_mark(begun, (uint64_t)1 << 48, 1));
	begun_close(begun);
}

/* Nor has its file room for another: that shows as a mark that cannot be made, not as a crash. */
static void a_full_disk_is_no_mark(void **state)
{
	struct rlimit before;
	struct rlimit none;
	struct begun *begun = begun_open(directory, BOOT);

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = (struct rlimit){0, before.rlim_max};
	assert_ptr_not_equal(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_false(begun_mark(begun, 7, 1));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(begun_mark(begun, 7, 1));
	begun_close(begun);
	recall(BOOT, 7, "SBS");
}

static void many_may_be_begun_at_once(void **state)
{
	struct begun *begun = begun_open(directory, BOOT);

	(void)state;
	for (uint64_t run = 1; run <= 8192; run++)
		assert_true(begun_mark(begun, run, 1));
	for (uint64_t run = 1; run <= 8192; run++)
		begun_unmark(begun, run);
	begun_close(begun);
	recall(BOOT, 8190, "ABS");
}

static void what_is_no_file_of_ours_is_not_used(void **state)
{
	struct begun *begun;

	(void)state;
	assert_int_equal(mkdir(file, 0700), 0);
	assert_null(begun_open(directory, BOOT));
	assert_int_equal(rmdir(file), 0);
	assert_int_equal(symlink("/dev/zero", file), 0);
	assert_null(begun_open(directory, BOOT));
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_null(begun_open(directory, BOOT));
	assert_int_equal(unlink(file), 0);
	/* One that was cut off is completed, and has no marks. */
	begun = begun_open(directory, BOOT);
	assert_true(begun_mark(begun, 7, 1));
	begun_close(begun);
	assert_int_equal(truncate(file, 100), 0);
	recall(BOOT, 7, "ABS");
	assert_null(begun_open("/nonexistent", BOOT));
	/* Nobody could tell afterwards whether there was another one. */
	assert_null(begun_open(directory, ""));
	begun_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_mark_outlives_its_daemon, make, clear),
		cmocka_unit_test_setup_teardown(what_is_not_marked_was_not_begun, make, clear),
		cmocka_unit_test_setup_teardown(marks_of_runs_with_a_verdict_go, make, clear),
		cmocka_unit_test_setup_teardown(another_boot_has_none, make, clear),
		cmocka_unit_test_setup_teardown(a_file_that_was_removed_is_made_anew, make, clear),
		cmocka_unit_test_setup_teardown(there_may_be_no_room, make, clear),
		cmocka_unit_test_setup_teardown(a_mark_may_be_of_no_use_any_more, make, clear),
		cmocka_unit_test_setup_teardown(an_attempt_that_is_marked_is_one_more_than_is_known,
						make, clear),
		cmocka_unit_test_setup_teardown(attempts_are_released_up_to_one, make, clear),
		cmocka_unit_test_setup_teardown(a_full_disk_is_no_mark, make, clear),
		cmocka_unit_test_setup_teardown(many_may_be_begun_at_once, make, clear),
		cmocka_unit_test_setup_teardown(what_is_no_file_of_ours_is_not_used, make, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
