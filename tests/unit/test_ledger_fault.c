/* The ledger on a disk and with a memory that fail, at each call in turn. */
#include "ledger_fixture.h"

#include "fault_vfs.h"

#include <unistd.h>

/* --- what is posted --- */

/* Everything once, and in the file before all of it is there. */
static void session(void)
{
	struct ledger_attempt attempt = an_end(4, 2, VERDICT_FAILED);

	post_job(1, "one");
	post_job(2, "two");
	ledger_flush(ledger);
	post_accepted(1, 1);
	ledger_flush(ledger);
	(void)intend(1, 1);
	post_accepted(2, 1);
	ledger_streak(ledger, &(struct ledger_streak){1, 2, VERDICT_SKIPPED, REASON_OVERLAP, 1,
						      T0 + 1, T0 + 1, T0 + 1, 0});
	ledger_flush(ledger);
	attempt.next = T0;
	(void)intend(4, 2);
	ledger_retry(ledger, &attempt);
	ledger_flush(ledger);
	(void)intend(3, 1);
	attempt = an_end(1, 1, VERDICT_OK);
	attempt.head = "some output";
	attempt.head_len = 11;
	ledger_ended(ledger, &attempt);
	ledger_streak(ledger, &(struct ledger_streak){1, 2, VERDICT_SKIPPED, REASON_OVERLAP, 2,
						      T0 + 1, T0 + 2, T0 + 2, 2});
	ledger_flush(ledger);
	(void)intend(5, 2);
	post_ended(5, 2, VERDICT_FAILED);
	ledger_job_state(ledger, &(struct ledger_job_state){2, 1, true, true, T0, "reason"});
	ledger_held(ledger, 1, T0 + 9);
	ledger_clock_stepped(ledger, T0, 5);
	ledger_flush(ledger);
}

static const char session_sql[] =
	"SELECT number, name, held - 1774000000000000, failures, paused FROM job ORDER BY number;"
	"SELECT id, job, coalesce(verdict, state) FROM run ORDER BY id;"
	"SELECT CAST(head AS TEXT) FROM output;"
	"SELECT verdict, count FROM streak; SELECT by FROM clock_step";

static const char session_rows[] = "1|one|9|0|0\n2|two|-|1|1\n"
				   "1|1|ok\n3|1|started\n4|2|backoff\n5|2|failed\n"
				   "some output\n"
				   "skipped|2\n5\n";

static void start_over(void)
{
	char command[192];

	past_done(&past);
	(void)snprintf(command, sizeof(command), "rm -rf %s/*", directory);
	assert_int_equal(system(command), 0);
	news = (struct ledger_news){0};
}

/* A first life without faults, so that there is something to read. */
static void first_life(void)
{
	start_over();
	fault_vfs_arm(0, false, 0);
	open_ledger();
	assert_int_equal(close_ledger(), 0);
	life.pid++;
}

/* One that passes: everything is on record in the end, once. */
static long pass_by(long n, int write_code, bool existing)
{
	if (existing)
		first_life();
	else
		start_over();
	fault_vfs_arm(n, false, write_code);
	open_ledger();
	session();
	if (ledger_close(steal_ptr(ledger), true, T0, LONG) != 0)
		fail_msg("call %ld: not all was written", n);
	if (fault_vfs.made < n)
		return 0;
	fault_vfs.at = 0;
	if (strcmp(ask(session_sql), session_rows) != 0)
		fail_msg("call %ld:\n%s", n, ask(session_sql));
	if (strcmp(ask("SELECT count(*) FROM life WHERE stopped NOT NULL"),
		   existing ? "2\n" : "1\n") != 0)
		fail_msg("call %ld:\n%s", n, ask("SELECT * FROM life"));
	assert_string_equal(ask("PRAGMA integrity_check"), "ok\n");
	return n;
}

static void what_passes_does_no_harm(int write_code, bool existing)
{
	long n = 1;

	while (pass_by(n, write_code, existing) == n)
		n++;
	/* There was something to fail. */
	assert_true(n > 100);
}

static void a_full_disk_that_passes_does_no_harm(void **state)
{
	(void)state;
	what_passes_does_no_harm(SQLITE_FULL, false);
}

static void a_write_that_fails_once_does_no_harm(void **state)
{
	(void)state;
	settings.durability = DURABILITY_POWER;
	what_passes_does_no_harm(SQLITE_IOERR_WRITE, true);
}

/* From some call on nothing works any more, until the next start. */
static void what_stays_leaves_a_database(void **state)
{
	long n = 1;

	(void)state;
	for (;; n++) {
		first_life();
		fault_vfs_arm(n, true, 0);
		open_ledger();
		session();
		(void)ledger_close(steal_ptr(ledger), true, T0, LONG);
		if (fault_vfs.made < n)
			break;
		fault_vfs_arm(0, false, 0);
		life.pid++;
		open_ledger();
		take_news();
		assert_false(news.trouble);
		assert_string_equal(news.set_aside, "");
		assert_string_equal(ask("PRAGMA integrity_check"), "ok\n");
		/* What there is may be gone on with. */
		session();
		assert_int_equal(close_ledger(), 0);
		if (strcmp(ask(session_sql), session_rows) != 0)
			fail_msg("call %ld:\n%s", n, ask(session_sql));
	}
	assert_true(n > 100);
}

/* --- durability --- */

static long syncs_of(enum durability durability)
{
	start_over();
	settings.durability = durability;
	fault_vfs_arm(0, false, 0);
	open_ledger();
	settle();
	assert_true(intend(1, 1));
	fault_vfs_arm(0, false, 0);
	for (uint64_t id = 2; id <= 51; id++)
		assert_true(intend(id, 1));
	return fault_vfs.wal_syncs;
}

static void power_waits_for_the_disk_and_process_does_not(void **state)
{
	(void)state;
	assert_true(syncs_of(DURABILITY_POWER) >= 50);
	assert_int_equal(close_ledger(), 0);
	/* There may be a checkpoint. */
	assert_true(syncs_of(DURABILITY_PROCESS) < 10);
	settings.durability = DURABILITY_POWER;
	ledger_configure(ledger, &settings);
	fault_vfs_arm(0, false, 0);
	assert_true(intend(100, 1));
	assert_true(intend(101, 1));
	assert_true(fault_vfs.wal_syncs >= 2);
}

static void a_disk_that_hangs_is_trouble_until_it_answers(void **state)
{
	struct ledger_run run = a_run(5, 1);

	(void)state;
	settings.durability = DURABILITY_POWER;
	fault_vfs_arm(0, false, 0);
	open_ledger();
	settle();
	fault_vfs_hold(true);
	assert_false(ledger_intend(ledger, &run, T0, USEC_PER_MSEC));
	await_trouble("the disk does not answer");
	/* The next do not wait at all. */
	run = a_run(6, 1);
	assert_false(ledger_intend(ledger, &run, T0, LONG));
	fault_vfs_hold(false);
	await_recovery();
	assert_true(intend(7, 1));
	assert_string_equal(ask("SELECT id FROM run ORDER BY id"), "5\n6\n7\n");
}

static void a_ledger_that_hangs_is_left_alone(void **state)
{
	(void)state;
	settings.durability = DURABILITY_POWER;
	fault_vfs_arm(0, false, 0);
	open_ledger();
	settle();
	fault_vfs_hold(true);
	post_job(1, "job");
	/* That and the end of its life. */
	assert_int_equal(ledger_close(steal_ptr(ledger), true, T0, USEC_PER_MSEC), 2);
	fault_vfs_hold(false);
	while (fault_vfs.open_files > 0)
		;
}

/* --- memory --- */

static sqlite3_mem_methods memory; /* as it is without faults */
static atomic_long memory_calls;
static atomic_long memory_at;
static atomic_bool memory_on;

static bool memory_hits(void)
{
	long n = ++memory_calls;
	long at = memory_at;

	return at > 0 && (n == at || (memory_on && n > at));
}

static void *failing_malloc(int size)
{
	return memory_hits() ? NULL : memory.xMalloc(size);
}

static void *failing_realloc(void *p, int size)
{
	return memory_hits() ? NULL : memory.xRealloc(p, size);
}

static void arm_memory(long n, bool on)
{
	memory_at = 0;
	memory_calls = 0;
	memory_on = on;
	memory_at = n;
}

/* Not each of thousands: further apart the later they come. */
static long next_call(long n)
{
	return n + 1 + n / 20;
}

static void want_of_memory_that_passes_does_no_harm(void **state)
{
	long n = 1;

	(void)state;
	for (;; n = next_call(n)) {
		bool reached;

		first_life();
		arm_memory(n, false);
		open_ledger();
		session();
		if (ledger_close(steal_ptr(ledger), true, T0, LONG) != 0)
			fail_msg("call %ld: not all was written", n);
		reached = memory_calls >= n;
		arm_memory(0, false);
		if (!reached)
			break;
		if (strcmp(ask(session_sql), session_rows) != 0)
			fail_msg("call %ld:\n%s", n, ask(session_sql));
		assert_string_equal(ask("PRAGMA integrity_check"), "ok\n");
	}
	assert_true(n > 500);
}

static void want_of_memory_that_stays_leaves_a_database(void **state)
{
	long n = 1;

	(void)state;
	for (;; n = next_call(n)) {
		bool reached;

		first_life();
		arm_memory(n, true);
		open_ledger();
		session();
		(void)ledger_close(steal_ptr(ledger), true, T0, LONG);
		reached = memory_calls >= n;
		arm_memory(0, false);
		if (!reached)
			break;
		life.pid++;
		open_ledger();
		take_news();
		assert_false(news.trouble);
		assert_string_equal(news.set_aside, "");
		session();
		assert_int_equal(close_ledger(), 0);
		if (strcmp(ask(session_sql), session_rows) != 0)
			fail_msg("call %ld:\n%s", n, ask(session_sql));
	}
	assert_true(n > 500);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		TEST(a_full_disk_that_passes_does_no_harm),
		TEST(a_write_that_fails_once_does_no_harm),
		TEST(what_stays_leaves_a_database),
		TEST(power_waits_for_the_disk_and_process_does_not),
		TEST(a_disk_that_hangs_is_trouble_until_it_answers),
		TEST(a_ledger_that_hangs_is_left_alone),
		TEST(want_of_memory_that_passes_does_no_harm),
		TEST(want_of_memory_that_stays_leaves_a_database),
	};
	sqlite3_mem_methods failing;

	(void)sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory);
	failing = memory;
	failing.xMalloc = failing_malloc;
	failing.xRealloc = failing_realloc;
	(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
	fault_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
