/* Run times out of a ledger: read beside who writes it, and without a trace. */
#include "ledger/durations.h"

#include "ledger_fixture.h"

#include <unistd.h>

/* What was told, as text: "a: 3 1; ". */
struct told {
	char text[400];
	int result; /* of the callback */
};

static int take(void *ctx, const char *job, const usec_t *spans, size_t n)
{
	struct told *told = ctx;
	char *at = told->text + strlen(told->text);

	assert_true(strlen(told->text) < 300);
	at += sprintf(at, "%s:", job);
	for (size_t i = 0; i < n; i++)
		at += sprintf(at, " %d", (int)(spans[i] / USEC_PER_SEC));
	(void)strcpy(at, "; ");
	return told->result;
}

static void execute(const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static const char rows[] =
	"INSERT INTO job (number, name, schedule, floor, gone) VALUES"
	" (1, 'b', 'every 1s', 0, NULL), (2, 'a', 'every 1s', 0, NULL),"
	" (3, 'gone', 'every 1s', 0, 5), (4, 'new', 'every 1s', 0, NULL);"
	"INSERT INTO run (id, job, slot, due, verdict, attempts, accepted, started, ended) VALUES"
	" (1, 1, 10, 10, 'ok', 1, 10, 1000000, 3000000),"
	" (2, 2, 30, 30, 'ok', 1, 30, 1000000, 2000000),"
	" (3, 2, 20, 20, 'failed', 1, 20, 1000000, 4000000),"
	" (4, 2, 40, 40, 'timeout', 1, 40, 1000000, 10000000),"
	/* These tell nothing of how long it takes. */
	" (5, 2, 50, 50, 'killed', 1, 50, 1000000, 5000000),"
	" (6, 2, 60, 60, 'failed', 1, 60, NULL, NULL),"
	" (7, 2, 70, 70, 'ok', 1, 70, 5000000, 1000000),"
	" (8, 2, 80, 80, NULL, 1, 80, 1000000, NULL),"
	" (9, 3, 90, 90, 'ok', 1, 90, 1000000, 2000000);";

static void begin(void)
{
	open_ledger();
	assert_int_equal(close_ledger(), 0);
	execute(rows);
}

static void expect_told(size_t most, const char *text)
{
	char error[LEDGER_TEXT_SIZE] = "";
	struct told told = {0};

	assert_int_equal(durations_read(directory, most, take, &told, error), 0);
	assert_string_equal(told.text, text);
	assert_string_equal(error, "");
}

static void test_last_ones_first(void **state)
{
	(void)state;
	begin();
	expect_told(100, "a: 9 1 3; b: 2; ");
	expect_told(2, "a: 9 1; b: 2; ");
	expect_told(100000, "a: 9 1 3; b: 2; ");
}

/* While the daemon has it. */
static void test_beside_the_writer(void **state)
{
	char wal[120];

	(void)state;
	begin();
	open_ledger();
	(void)snprintf(wal, sizeof(wal), "%s-wal", file);
	assert_int_equal(access(wal, F_OK), 0);
	expect_told(100, "a: 9 1 3; b: 2; ");
	assert_int_equal(close_ledger(), 0);
}

/* Without it, no file is made that was not there. */
static void test_no_trace(void **state)
{
	static const char *const more[] = {"-wal", "-shm", "-journal"};
	char path[120];

	(void)state;
	begin();
	for (size_t i = 0; i < ARRAY_LENGTH(more); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", file, more[i]);
		(void)unlink(path);
	}
	expect_told(100, "a: 9 1 3; b: 2; ");
	for (size_t i = 0; i < ARRAY_LENGTH(more); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", file, more[i]);
		assert_int_not_equal(access(path, F_OK), 0);
	}
}

static void test_caller_gives_up(void **state)
{
	char error[LEDGER_TEXT_SIZE] = "";
	struct told told = {.result = -ENOMEM};

	(void)state;
	begin();
	assert_int_equal(durations_read(directory, 1, take, &told, error), -ENOMEM);
	assert_string_equal(told.text, "a: 9; ");
}

static void test_what_is_no_ledger(void **state)
{
	char error[LEDGER_TEXT_SIZE] = "";
	struct told told = {0};
	FILE *out;

	(void)state;
	assert_int_equal(durations_read(directory, 1, take, &told, error), -ENOENT);
	out = fopen(file, "w");
	assert_non_null(out);
	for (int i = 0; i < 1000; i++)
		assert_true(fputs("no database ", out) >= 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(durations_read(directory, 1, take, &told, error), -EIO);
	assert_non_null(strstr(error, file));
	assert_int_equal(unlink(file), 0);
	execute("CREATE TABLE other (x)");
	assert_int_equal(durations_read(directory, 1, take, &told, error), -EIO);
	assert_string_equal(told.text, "");
}

/* A directory whose name would mean something in a URI. */
static void test_odd_path(void **state)
{
	char odd[100];
	char made[120];
	char error[LEDGER_TEXT_SIZE] = "";
	struct told told = {0};

	(void)state;
	begin();
	(void)snprintf(odd, sizeof(odd), "%s/a?b#c%%41", directory);
	assert_int_equal(mkdir(odd, 0700), 0);
	(void)snprintf(made, sizeof(made), "%s/" LEDGER_NAME, odd);
	assert_int_equal(rename(file, made), 0);
	assert_int_equal(durations_read(odd, 1, take, &told, error), 0);
	assert_string_equal(told.text, "a: 9; b: 2; ");
}

#define test(f) cmocka_unit_test_setup_teardown(f, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_last_ones_first), test(test_beside_the_writer), test(test_no_trace),
		test(test_caller_gives_up), test(test_what_is_no_ledger), test(test_odd_path),
	};

	return cmocka_run_group_tests_name("durations", tests, NULL, NULL);
}
