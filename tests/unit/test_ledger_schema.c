/* The schema: what a released version has written is read by this one, and goes on. */
#include "ledger_fixture.h"

#include "ledger/schema.h"

#include <unistd.h>

/* Makes the file out of what sqlite3's .dump said of a version's. */
static void load_dump(int version)
{
	_cleanup_free_ char *text = NULL;
	char path[64];
	sqlite3 *db;
	size_t size = 0;
	FILE *dump;

	(void)snprintf(path, sizeof(path), "tests/ledger/schema-%d.sql", version);
	dump = fopen(path, "re");
	if (!dump)
		fail_msg("%s: %s; the tests are run from the top of the tree", path,
			 strerror(errno));
	assert_true(getdelim(&text, &size, '\0', dump) > 0);
	(void)fclose(dump);
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The schema as this version of the program makes it. */
static void schema_of(const char *path, char *ret_schema, size_t size)
{
	(void)snprintf(ret_schema, size, "%s",
		       ask_file(path, "SELECT type, name, length(sql) FROM sqlite_schema"
				      " ORDER BY type, name"));
}

static void each_version_is_read(void **state)
{
	(void)state;
	for (int version = 1; version <= SCHEMA_VERSION; version++) {
		const struct past_job *job;

		load_dump(version);
		open_ledger();
		take_news();
		assert_false(news.trouble);
		assert_string_equal(news.set_aside, "");
		assert_int_equal(past.n_jobs, 7);
		assert_int_equal(past.last_run, 5);
		assert_int_equal(past.last_streak, 1);
		assert_int_equal(past.last_job, 7);

		job = past_of("ran");
		assert_int_equal(job->number, 1);
		assert_string_equal(job->schedule, "every 1s");
		assert_int_equal(job->failures, 1);
		assert_true(job->told);
		assert_int_equal(job->last_id, 2);
		assert_int_equal(job->last_verdict, VERDICT_FAILED);
		assert_int_equal(job->last_success, T0 + USEC_PER_SEC + 5200);
		assert_int_equal(job->last_ended, T0 + 2 * USEC_PER_SEC + 5200);
		assert_int_equal(job->accounted, T0 + 2 * USEC_PER_SEC);
		assert_int_equal(job->n_runs, 0);

		job = past_of("started");
		assert_int_equal(job->n_runs, 1);
		assert_int_equal(job->runs[0].id, 3);
		assert_int_equal(job->runs[0].state, PAST_STARTED);
		assert_int_equal(job->runs[0].attempt, 1);
		assert_int_equal(job->runs[0].pid, 42);
		assert_int_equal(job->runs[0].start, 1042);
		assert_int_equal(job->runs[0].started, T0 + 3 * USEC_PER_SEC + 40);
		assert_string_equal(job->runs[0].boot, "the-boot");

		job = past_of("waits");
		assert_int_equal(job->n_runs, 1);
		assert_int_equal(job->runs[0].state, PAST_BACKOFF);
		assert_int_equal(job->runs[0].attempt, 2);
		assert_int_equal(job->runs[0].verdict, VERDICT_FAILED);
		assert_int_equal(job->runs[0].result.kind, RESULT_SPAWN_FAILED);
		assert_string_equal(job->runs[0].result.stage, "exec");
		assert_int_equal(job->runs[0].result.code, ENOENT);
		assert_int_equal(job->runs[0].wait, 0);

		job = past_of("paused");
		assert_true(job->paused);
		assert_int_equal(job->until, T0 + 99);
		assert_string_equal(job->reason, "maintenance");

		assert_null(past_of("gone")->schedule);
		assert_int_equal(past_of("holds")->held, T0 + 80);
		assert_int_equal(past_of("holds")->accounted, T0 + 3);
		assert_int_equal(past_of("accepted")->runs[0].state, PAST_ACCEPTED);
		/* Since version 2 a run may be none of the schedule's. */
		assert_int_equal(past_of("accepted")->runs[0].manual, version >= 2);
		assert_int_equal(past_of("accepted")->accounted,
				 T0 + (version >= 2 ? 0 : 5 * USEC_PER_SEC));
		assert_int_equal(past_of("waits")->runs[0].own_environment, version >= 2);

		assert_string_equal(ask("SELECT CAST(head AS TEXT), CAST(tail AS TEXT) FROM output"
					" WHERE run = 1"),
				    "head\n|tail\n\n");
		assert_string_equal(ask("SELECT by FROM clock_step"), "-3\n");
		assert_int_equal(close_ledger(), 0);
		(void)unlink(file);
	}
}

static void each_version_becomes_the_present_one(void **state)
{
	static char made[4096];
	static char migrated[4096];

	(void)state;
	open_ledger();
	assert_int_equal(close_ledger(), 0);
	schema_of(file, made, sizeof(made));
	for (int version = 1; version <= SCHEMA_VERSION; version++) {
		char want[32];

		(void)unlink(file);
		load_dump(version);
		open_ledger();
		assert_true(intend(100, 1));
		assert_int_equal(close_ledger(), 0);
		schema_of(file, migrated, sizeof(migrated));
		assert_string_equal(migrated, made);
		(void)snprintf(want, sizeof(want), "%d\n", SCHEMA_VERSION);
		assert_string_equal(ask("PRAGMA user_version"), want);
		assert_string_equal(ask("PRAGMA integrity_check"), "ok\n");
	}
}

/* What the program calls something is in the file in these words. */
static void reasons_are_in_words(void **state)
{
	char want[16];

	(void)state;
	open_ledger();
	assert_int_equal(close_ledger(), 0);
	(void)snprintf(want, sizeof(want), "%d\n", REASON_COUNT - 1);
	assert_string_equal(ask("SELECT count(*) FROM reason"), want);
	assert_string_equal(ask("SELECT text FROM reason WHERE reason = 'overlap'"),
			    "the previous run has not ended\n");
	/* Those of an older program become those of this one. */
	assert_string_equal(ask("UPDATE reason SET text = 'x'; DELETE FROM reason"
				" WHERE reason = 'down'"),
			    "");
	life.pid++;
	open_ledger();
	assert_int_equal(close_ledger(), 0);
	assert_string_equal(ask("SELECT text FROM reason WHERE reason IN ('overlap', 'down')"
				" ORDER BY reason"),
			    "the daemon was not running\nthe previous run has not ended\n");
}

static void the_file_says_what_it_is(void **state)
{
	(void)state;
	open_ledger();
	assert_int_equal(close_ledger(), 0);
	assert_string_equal(ask("PRAGMA application_id"), "1702261369\n");
	assert_string_equal(ask("PRAGMA journal_mode"), "wal\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		TEST(each_version_is_read),
		TEST(each_version_becomes_the_present_one),
		TEST(reasons_are_in_words),
		TEST(the_file_says_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
