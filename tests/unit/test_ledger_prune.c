/* Pruning: what goes, what stays, and what is never forgotten. */
#include "ledger_fixture.h"

#include <unistd.h>

/* --- helpers --- */

/* Runs of a job that ended, with ids from `first` on, at that wall time. */
static void post_runs(uint64_t first, unsigned n, uint32_t job, enum verdict verdict, usec_t at)
{
	for (uint64_t id = first; id < first + n; id++) {
		struct ledger_attempt end = an_end(id, job, verdict);

		end.elapsed_offset = at - exited.ended;
		end.run.accepted = at;
		end.head = "output";
		end.head_len = 6;
		ledger_ended(ledger, &end);
		if (id % 100 == 0)
			ledger_flush(ledger);
	}
	ledger_flush(ledger);
}

static long number(const char *sql)
{
	return strtol(ask(sql), NULL, 10);
}

/* Waits until it is so many at most. */
static void await_at_most(const char *sql, long most)
{
	usec_t until = clock_monotonic() + LONG;

	while (number(sql) > most)
		if (clock_monotonic() > until)
			fail_msg("%s: %ld, not %ld at most", sql, number(sql), most);
}

/* --- by number --- */

static void each_job_keeps_so_many_runs(void **state)
{
	(void)state;
	settings.history_runs = 50;
	open_ledger();
	post_job(1, "fast");
	post_job(2, "slow");
	post_runs(1, 10, 2, VERDICT_OK, T0);
	post_runs(11, 5000, 1, VERDICT_OK, T0);
	settle();
	/* It need not be exact: 256 rows and a sixteenth more may be there. */
	await_at_most("SELECT count(*) FROM run WHERE job = 1", 50 + 256 + 30);
	assert_true(number("SELECT count(*) FROM run WHERE job = 1") >= 50);
	assert_int_equal(number("SELECT max(id) FROM run WHERE job = 1"), 5010);
	/* The last ones. */
	assert_int_equal(number("SELECT max(id) - min(id) + 1 - count(*) FROM run WHERE job = 1"),
			 0);
	assert_int_equal(number("SELECT count(*) FROM run WHERE job = 2"), 10);
	assert_int_equal(
		number("SELECT count(*) FROM output WHERE run NOT IN (SELECT id FROM run)"), 0);
	assert_int_equal(
		number("SELECT count(*) FROM run WHERE id NOT IN (SELECT run FROM output)"), 0);
}

static void open_runs_stay(void **state)
{
	(void)state;
	settings.history_runs = 10;
	open_ledger();
	post_job(1, "job");
	post_accepted(1, 1);
	ledger_flush(ledger);
	assert_true(intend(2, 1));
	post_runs(3, 2000, 1, VERDICT_OK, T0);
	settle();
	await_at_most("SELECT count(*) FROM run", 10 + 256 + 20 + 2);
	reopen();
	assert_int_equal(past_of("job")->n_runs, 2);
	assert_int_equal(past_of("job")->runs[0].id, 1);
	assert_int_equal(past_of("job")->runs[1].id, 2);
}

static void streaks_are_bounded_too(void **state)
{
	(void)state;
	settings.history_runs = 10;
	open_ledger();
	post_job(1, "job");
	for (uint64_t id = 1; id <= 2000; id++) {
		/* Each grows once: that makes no other row. */
		for (uint64_t n = 1; n <= 2; n++)
			ledger_streak(ledger, &(struct ledger_streak){
						      id, 1, VERDICT_SKIPPED, REASON_OVERLAP, n,
						      T0 + (usec_t)id * 10,
						      T0 + (usec_t)(id * 10 + n), T0, 0});
		ledger_flush(ledger);
	}
	settle();
	await_at_most("SELECT count(*) FROM streak", 10 + 256 + 20);
	assert_true(number("SELECT count(*) FROM streak") >= 10);
	assert_int_equal(number("SELECT max(id) FROM streak"), 2000);
	reopen();
	assert_int_equal(past_of("job")->accounted, T0 + 20002);
	assert_int_equal(past.last_streak, 2000);
}

/* --- by age --- */

static void old_rows_go_and_what_they_said_stays(void **state)
{
	usec_t now = clock_wall();
	usec_t long_ago = now - 40 * USEC_PER_DAY;
	const struct past_job *job;

	(void)state;
	open_ledger();
	post_job(1, "quiet");
	post_job(2, "failing");
	post_job(3, "young");
	post_runs(1, 300, 1, VERDICT_OK, long_ago);
	post_runs(301, 1, 2, VERDICT_OK, long_ago);
	post_runs(302, 10, 2, VERDICT_FAILED, long_ago + 1);
	ledger_streak(ledger, &(struct ledger_streak){7, 1, VERDICT_MISSED, REASON_DOWN, 5, T0,
						      T0 + USEC_PER_HOUR, long_ago, 0});
	post_runs(400, 5, 3, VERDICT_OK, now);
	ledger_flush(ledger);
	settings.history_keep = 30 * USEC_PER_DAY;
	reopen();
	await_at_most("SELECT count(*) FROM run", 5);
	await_at_most("SELECT count(*) FROM streak", 0);
	await_at_most("SELECT count(*) FROM output", 5);
	reopen();
	assert_int_equal(number("SELECT count(*) FROM run"), 5);
	job = past_of("quiet");
	assert_int_equal(job->accounted, T0 + USEC_PER_HOUR);
	assert_int_equal(job->last_id, 300);
	assert_int_equal(job->last_verdict, VERDICT_OK);
	assert_int_equal(job->last_success, long_ago);
	assert_int_equal(job->last_ended, long_ago);
	job = past_of("failing");
	assert_int_equal(job->accounted, T0 + 311 * USEC_PER_SEC);
	assert_int_equal(job->last_id, 311);
	assert_int_equal(job->last_verdict, VERDICT_FAILED);
	assert_int_equal(job->last_success, long_ago);
	assert_int_equal(job->last_ended, long_ago + 1);
	assert_int_equal(past_of("young")->last_id, 404);
	/* No number is given twice. */
	assert_int_equal(past.last_streak, 7);
	assert_int_equal(past.last_run, 404);
}

/* It says when it ended, and nothing of the schedule's slots. */
static void no_slot_is_accounted_for_by_a_run_that_was_asked_for(void **state)
{
	usec_t long_ago = clock_wall() - 40 * USEC_PER_DAY;
	struct ledger_attempt end = an_end(5, 1, VERDICT_OK);

	(void)state;
	open_ledger();
	post_job(1, "job");
	end.elapsed_offset = long_ago - exited.ended;
	end.run.asked = ASKED_BY_HAND;
	ledger_ended(ledger, &end);
	ledger_flush(ledger);
	settings.history_keep = 30 * USEC_PER_DAY;
	reopen();
	await_at_most("SELECT count(*) FROM run", 0);
	reopen();
	assert_int_equal(past_of("job")->accounted, T0);
	assert_int_equal(past_of("job")->last_success, long_ago);
}

static void numbers_are_never_given_twice(void **state)
{
	usec_t long_ago = clock_wall() - 40 * USEC_PER_DAY;

	(void)state;
	open_ledger();
	post_job(9, "gone");
	post_runs(1, 20, 9, VERDICT_OK, long_ago);
	ledger_job_gone(ledger, 9, long_ago);
	settings.history_keep = 30 * USEC_PER_DAY;
	reopen();
	await_at_most("SELECT count(*) FROM run", 0);
	await_at_most("SELECT count(*) FROM job", 0);
	reopen();
	assert_int_equal(past.n_jobs, 0);
	assert_int_equal(past.last_run, 20);
	assert_int_equal(past.last_job, 9);
}

static void a_job_that_went_stays_as_long_as_its_runs(void **state)
{
	usec_t now = clock_wall();

	(void)state;
	settings.history_keep = 30 * USEC_PER_DAY;
	open_ledger();
	post_job(1, "gone long ago");
	post_job(2, "gone just now");
	post_job(3, "there");
	ledger_job_gone(ledger, 1, now - 40 * USEC_PER_DAY);
	ledger_job_gone(ledger, 2, now);
	post_runs(1, 300, 3, VERDICT_OK, now - 40 * USEC_PER_DAY);
	post_runs(301, 1, 2, VERDICT_OK, now);
	reopen();
	await_at_most("SELECT count(*) FROM job", 2);
	reopen();
	assert_null(past_find(&past, "gone long ago"));
	assert_int_equal(past.n_jobs, 2);
}

/* --- bounds --- */

static void without_bounds_everything_stays(void **state)
{
	(void)state;
	open_ledger();
	post_job(1, "job");
	post_runs(1, 3000, 1, VERDICT_OK, T0 - 400 * USEC_PER_DAY);
	settle();
	reopen();
	settle();
	assert_int_equal(number("SELECT count(*) FROM run"), 3000);
}

static void other_bounds_count_from_now_on(void **state)
{
	(void)state;
	open_ledger();
	post_job(1, "job");
	post_runs(1, 3000, 1, VERDICT_OK, T0);
	settle();
	settings.history_runs = 20;
	ledger_configure(ledger, &settings);
	post_runs(3001, 1, 1, VERDICT_OK, T0);
	settle();
	await_at_most("SELECT count(*) FROM run", 20 + 256 + 20);
}

/* However many runs there are, the file and its WAL do not grow. */
static void the_file_stays_as_large_as_it_is(void **state)
{
	char wal[128];
	struct stat st;
	long pages = 0;

	(void)state;
	(void)snprintf(wal, sizeof(wal), "%s-wal", file);
	settings.history_runs = 100;
	open_ledger();
	for (uint32_t job = 1; job <= 10; job++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "job-%u", (unsigned)job);
		post_job(job, name);
	}
	for (uint64_t round = 0; round < 20; round++) {
		for (uint64_t id = round * 1000 + 1; id <= round * 1000 + 1000; id++) {
			post_runs(id, 1, 1 + (uint32_t)(id % 10), VERDICT_OK, T0);
			assert_true(id % 10 != 0 || intend(1000000, 1));
		}
		settle();
		if (round == 8)
			pages = number("PRAGMA page_count");
	}
	await_at_most("SELECT count(*) FROM run", 1000 + 256 + 100);
	/* As many may come in between two sweeps. */
	assert_true(number("PRAGMA page_count") < pages * 2);
	assert_int_equal(stat(wal, &st), 0);
	assert_true(st.st_size <= 64 * 1024 * 1024);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		TEST(each_job_keeps_so_many_runs),
		TEST(open_runs_stay),
		TEST(streaks_are_bounded_too),
		TEST(old_rows_go_and_what_they_said_stays),
		TEST(no_slot_is_accounted_for_by_a_run_that_was_asked_for),
		TEST(numbers_are_never_given_twice),
		TEST(a_job_that_went_stays_as_long_as_its_runs),
		TEST(without_bounds_everything_stays),
		TEST(other_bounds_count_from_now_on),
		TEST(the_file_stays_as_large_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
