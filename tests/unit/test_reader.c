/* Reading the ledger beside who writes it: pages, runs, outputs, and what is near to a time. */
#include "ledger_fixture.h"

#include "fault_vfs.h"
#include "ledger/reader_internal.h"

#include <unistd.h>

static void execute(const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Seconds since T0 are easier to read; 1774000000 is T0. */
#define AT(s) (T0 + (usec_t)(s)*USEC_PER_SEC)

static const char rows[] =
	"INSERT INTO job (number, name, schedule, floor) VALUES"
	" (1, 'a', 'every 10s', 1774000000000000), (2, 'b', 'every 10s', 0);"
	"UPDATE job SET held = 5, paused = 1, pause_reason = 'backup' WHERE number = 2;"
	"INSERT INTO run (id, job, slot, due, state, verdict, reason, attempts, accepted, started,"
	" ended, result, exit, cpu, memory, printed, dropped, pid) VALUES"
	" (1, 1, 1774000010000000, 1774000010000000, NULL, 'ok', NULL, 1, 1774000010000001,"
	"  1774000010000002, 1774000011000000, 'exited', 0, 1500, 2048, 20, 3, 812),"
	" (2, 2, 1774000010000000, 1774000010000000, NULL, 'failed', 'memory', 2,"
	"  1774000010000001, 1774000010000002, 1774000019000000, 'signalled', NULL, NULL, NULL,"
	"  NULL, NULL, 813),"
	" (3, 1, 1774000020000000, 1774000020000000, NULL, 'ok', NULL, 1, 1774000020000001,"
	"  1774000020000002, 1774000055000000, 'exited', 0, NULL, NULL, NULL, NULL, 814),"
	" (4, 1, 1774000060000000, 1774000060000000, 'backoff', NULL, NULL, 1, 1774000060000001,"
	"  1774000060000002, 1774000061000000, 'exited', 3, NULL, NULL, NULL, NULL, NULL),"
	" (5, 2, 1774000070000000, 1774000070000000, 'accepted', NULL, NULL, 0,"
	"  1774000070000001, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);"
	"UPDATE run SET signal = 9 WHERE id = 2;"
	"UPDATE run SET failed = 'timeout', next = 1774000090000000 WHERE id = 4;"
	"INSERT INTO output VALUES (1, CAST('head of it' AS BLOB), CAST('tail' AS BLOB));"
	"INSERT INTO streak VALUES"
	" (1, 1, 'skipped', 'overlap', 3, 1774000030000000, 1774000050000000, 1774000050000001),"
	" (2, 2, 'coalesced', 'down', 4, 1774000020000000, 1774000060000000, 1774000065000000);"
	"DELETE FROM life;"
	"INSERT INTO life VALUES (1, 1774000000000000, 1774000021000000, 1, 'v', 'boot'),"
	" (2, 1774000065000000, NULL, 2, 'v', 'boot');"
	"INSERT INTO clock_step VALUES (1774000045000000, 7000000);";

static void begin(void)
{
	open_ledger();
	assert_int_equal(close_ledger(), 0);
	execute(rows);
}

static struct reader_answer look(struct reader_question question)
{
	struct reader_answer answer;

	if (question.kind == READER_HISTORY && question.limit == 0)
		question.limit = 100;
	if (question.kind == READER_HISTORY && question.to == 0)
		question.to = USEC_INFINITY;
	if (question.after.run == 0)
		question.after = READER_CURSOR_FIRST;
	reader_look(directory, &question, &answer);
	return answer;
}

/* Rows as "a:run3 a:streak1 ...". */
static const char *list(const struct reader_answer *answer)
{
	static char text[1000];
	char *at = text;

	text[0] = '\0';
	for (size_t i = 0; i < answer->n_rows; i++)
		at += sprintf(at, "%s%s:%s%d", i ? " " : "", answer->rows[i].job,
			      answer->rows[i].is_streak ? "streak" : "run",
			      (int)answer->rows[i].id);
	return text;
}

/* --- pages --- */

static void a_page_has_what_it_is_asked_for(void **state)
{
	static const struct {
		const char *job;
		usec_t from;
		usec_t to;
		uint32_t verdicts;
		const char *rows;
	} cases[] = {
		{NULL, 0, 0, 0, "b:run5 a:run4 b:streak2 a:streak1 a:run3 b:run2 a:run1"},
		{"a", 0, 0, 0, "a:run4 a:streak1 a:run3 a:run1"},
		{"b", 0, 0, 0, "b:run5 b:streak2 b:run2"},
		{NULL, 0, 0, 1U << VERDICT_OK, "a:run3 a:run1"},
		{NULL, 0, 0, 1U << VERDICT_FAILED | 1U << VERDICT_SKIPPED, "a:streak1 b:run2"},
		{NULL, 0, 0, 1U << VERDICT_TIMEOUT, ""},
		/* What is not over has no verdict. */
		{"a", AT(20), AT(60), 0, "a:streak1 a:run3"},
		{"a", AT(20) + 1, AT(60) + 1, 0, "a:run4 a:streak1"},
		{"a", AT(40), AT(41), 0, "a:streak1"},
		{"a", AT(50), AT(51), 0, "a:streak1"},
		{"a", AT(51), AT(59), 0, ""},
		{"a", 0, AT(30), 0, "a:run3 a:run1"},
		{NULL, AT(20), AT(61), 0, "a:run4 b:streak2 a:streak1 a:run3"},
	};

	(void)state;
	begin();
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct reader_answer answer = look((struct reader_question){
			.kind = READER_HISTORY,
			.job = cases[i].job,
			.from = cases[i].from,
			.to = cases[i].to,
			.verdicts = cases[i].verdicts,
		});

		assert_int_equal(answer.r, 0);
		assert_false(answer.more);
		if (strcmp(list(&answer), cases[i].rows) != 0)
			fail_msg("case %zu: \"%s\" is not \"%s\"", i, list(&answer), cases[i].rows);
		reader_answer_done(&answer);
	}
}

/* Each page goes on where the one before ended, whatever the limit. */
static void pages_lose_nothing(void **state)
{
	static const char *const jobs[] = {NULL, "a", "b"};
	static const char *const all[] = {
		"b:run5 a:run4 b:streak2 a:streak1 a:run3 b:run2 a:run1 ",
		"a:run4 a:streak1 a:run3 a:run1 ",
		"b:run5 b:streak2 b:run2 ",
	};

	(void)state;
	begin();
	for (size_t i = 0; i < ARRAY_LENGTH(jobs); i++) {
		for (unsigned limit = 1; limit < 8; limit++) {
			struct reader_question question = {
				.kind = READER_HISTORY, .job = jobs[i], .limit = limit};
			char text[300] = "";
			bool more = true;

			while (more) {
				struct reader_answer answer = look(question);

				assert_int_equal(answer.r, 0);
				assert_true(answer.n_rows <= limit);
				if (answer.n_rows > 0)
					strcat(strcat(text, list(&answer)), " ");
				question.after = answer.cursor;
				more = answer.more;
				reader_answer_done(&answer);
			}
			assert_string_equal(text, all[i]);
		}
	}
}

static void runs_or_streaks_can_be_left_out(void **state)
{
	struct reader_answer answer;

	(void)state;
	begin();
	answer = look((struct reader_question){.kind = READER_HISTORY, .no_streaks = true});
	assert_string_equal(list(&answer), "b:run5 a:run4 a:run3 b:run2 a:run1");
	reader_answer_done(&answer);
	answer =
		look((struct reader_question){.kind = READER_HISTORY, .job = "a", .no_runs = true});
	assert_string_equal(list(&answer), "a:streak1");
	reader_answer_done(&answer);
}

/* A page ends where too much was looked at in vain; the next one goes on. */
static void a_page_looks_at_so_many_rows(void **state)
{
	struct reader_question question = {
		.kind = READER_HISTORY, .verdicts = 1U << VERDICT_OK, .limit = 10};
	struct reader_answer answer;

	(void)state;
	begin();
	execute("WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 70000)"
		"INSERT INTO run (id, job, slot, due, verdict, attempts, accepted)"
		" SELECT i, 1, 1774001000000000 + i, 0, 'lost', 1, 0 FROM n");
	answer = look(question);
	assert_int_equal(answer.r, 0);
	assert_int_equal(answer.n_rows, 0);
	assert_true(answer.more);
	question.after = answer.cursor;
	reader_answer_done(&answer);
	answer = look(question);
	assert_string_equal(list(&answer), "a:run3 a:run1");
	assert_false(answer.more);
	reader_answer_done(&answer);
}

/* --- one run --- */

static void a_run_has_its_facts(void **state)
{
	struct reader_answer answer;
	const struct reader_row *row;

	(void)state;
	begin();
	answer = look((struct reader_question){.kind = READER_RUN, .run = 1});
	assert_int_equal(answer.n_rows, 1);
	row = answer.rows;
	assert_string_equal(row->job, "a");
	assert_int_equal(row->state, READER_ENDED);
	assert_int_equal(row->verdict, VERDICT_OK);
	assert_int_equal(row->reason, REASON_NONE);
	assert_true(row->slot == AT(10) && row->started == AT(10) + 2 && row->ended == AT(11));
	assert_true(row->has_result && row->result == RESULT_EXITED);
	assert_int_equal(row->exit, 0);
	assert_int_equal(row->cpu, 1500);
	assert_int_equal(row->memory, 2048);
	assert_int_equal(row->printed, 20);
	assert_int_equal(row->dropped, 3);
	assert_int_equal(row->pid, 812);
	assert_false(row->manual);
	reader_answer_done(&answer);

	answer = look((struct reader_question){.kind = READER_RUN, .run = 2});
	row = answer.rows;
	assert_int_equal(row->verdict, VERDICT_FAILED);
	assert_int_equal(row->reason, REASON_MEMORY);
	assert_int_equal(row->result, RESULT_SIGNALLED);
	assert_int_equal(row->signal, 9);
	assert_int_equal(row->exit, -1);
	assert_int_equal(row->cpu, -1);
	assert_int_equal(row->attempts, 2);
	reader_answer_done(&answer);

	answer = look((struct reader_question){.kind = READER_RUN, .run = 4});
	row = answer.rows;
	assert_int_equal(row->state, READER_BACKOFF);
	assert_int_equal(row->verdict, VERDICT_TIMEOUT);
	assert_true(row->next == AT(90));
	reader_answer_done(&answer);

	answer = look((struct reader_question){.kind = READER_RUN, .run = 99});
	assert_int_equal(answer.r, -ENOENT);
	assert_string_equal(answer.text, "nothing is on record of run 99");
	reader_answer_done(&answer);
}

/* The column is there from some version on. */
static void a_run_by_hand_is_told(void **state)
{
	struct reader_answer answer;

	(void)state;
	begin();
	if (strstr(ask("SELECT sql FROM sqlite_schema WHERE name = 'run'"), "manual") == NULL)
		execute("ALTER TABLE run ADD COLUMN manual INTEGER");
	execute("UPDATE run SET manual = 1 WHERE id = 3");
	answer = look((struct reader_question){.kind = READER_HISTORY, .job = "a"});
	assert_int_equal(answer.n_rows, 4);
	assert_true(answer.rows[2].manual);
	assert_false(answer.rows[0].manual);
	reader_answer_done(&answer);
}

static void output_has_head_gap_and_tail(void **state)
{
	struct reader_answer answer;

	(void)state;
	begin();
	answer = look((struct reader_question){.kind = READER_OUTPUT, .run = 1});
	assert_int_equal(answer.r, 0);
	assert_int_equal(answer.head_len, 10);
	assert_memory_equal(answer.head, "head of it", 10);
	assert_int_equal(answer.tail_len, 4);
	assert_memory_equal(answer.tail, "tail", 4);
	assert_int_equal(answer.gap, 6);
	reader_answer_done(&answer);
	answer = look((struct reader_question){.kind = READER_OUTPUT, .run = 3});
	assert_int_equal(answer.r, 0);
	assert_int_equal(answer.head_len + answer.tail_len + answer.gap, 0);
	reader_answer_done(&answer);
	answer = look((struct reader_question){.kind = READER_OUTPUT, .run = 9});
	assert_int_equal(answer.r, -ENOENT);
	reader_answer_done(&answer);
}

static void give_page(struct reader_answer *answer)
{
	char *text = strndup(answer->head, answer->head_len);

	assert_non_null(text);
	reader_give_page(answer, text, answer->head_len);
}

static void give_nothing(struct reader_answer *answer)
{
	reader_give_page(answer, NULL, 0);
}

/* Instead of all else, which need not be kept then. */
static void a_page_can_be_taken_over(void **state)
{
	struct reader_question question = {
		.kind = READER_OUTPUT,
		.run = 1,
		.prepare = give_page,
	};
	_cleanup_free_ char *text = NULL;
	struct reader_answer answer;

	(void)state;
	begin();
	answer = look(question);
	assert_int_equal(answer.r, 0);
	assert_int_equal(answer.n_rows, 0);
	assert_int_equal(answer.head_len + answer.tail_len, 0);
	assert_int_equal(answer.page->len, 10);
	text = steal_ptr(answer.page->text);
	assert_string_equal(text, "head of it");
	reader_answer_done(&answer);
	/* Or it is left. */
	answer = look(question);
	assert_non_null(answer.page);
	reader_answer_done(&answer);
	question.prepare = give_nothing;
	answer = look(question);
	assert_int_equal(answer.r, 0);
	assert_null(answer.page);
	reader_answer_done(&answer);
}

/* --- what is near --- */

#define NONE (-1)

static void the_nearest_occurrence_is_found(void **state)
{
	static const struct {
		const char *job;
		int at;
		int slot;     /* of the schedule */
		int expected; /* NONE: there is none */
		const char *row;
		const char *live;
		const char *after;
		const char *before;
	} cases[] = {
		{"a", 10, 10, 10, "run1", "", "run3", ""},
		{"a", 12, 10, 10, "run1", "", "run3", ""},
		{"a", 30, 30, 30, "streak1", "run3", "run4", "run3"},
		{"a", 44, 40, 40, "streak1", "run3", "run4", "run3"},
		{"a", 50, 50, 50, "streak1", "run3", "run4", "run3"},
		/* Still live: it waits for its next attempt. */
		{"a", 70, 70, 70, "", "run4", "", "run4"},
		/* Without a schedule. */
		{"a", 59, NONE, 60, "run4", "", "", "run3"},
		{"a", 5, NONE, 10, "run1", "", "run3", ""},
		{"a", 35, NONE, 35, "streak1", "run3", "run4", "run3"},
		/* What is on record is nearer than the slot of the schedule. */
		{"a", 62, 70, 60, "run4", "", "", "run3"},
		{"a", 68, 70, 70, "", "run4", "", "run4"},
		/* Before anything. */
		{"a", 0, 0, 0, "", "", "run1", ""},
		{"b", 70, 70, 70, "run5", "", "", "run2"},
		{"b", 40, 40, 40, "streak2", "", "run5", "run2"},
		{"b", 15, NONE, 10, "run2", "", "run5", ""},
		{"b", 16, NONE, 20, "streak2", "", "run5", "run2"},
	};

	(void)state;
	begin();
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct reader_answer answer = look((struct reader_question){
			.kind = READER_NEAR,
			.job = cases[i].job,
			.at = AT(cases[i].at),
			.slot = cases[i].slot == NONE ? USEC_INFINITY : AT(cases[i].slot),
		});
		const struct reader_row *found[] = {answer.near.row, answer.near.live,
						    answer.near.after, answer.near.before};
		const char *expected[] = {cases[i].row, cases[i].live, cases[i].after,
					  cases[i].before};

		assert_int_equal(answer.r, 0);
		if (answer.near.slot != AT(cases[i].expected))
			fail_msg("case %zu: slot %g", i,
				 (double)(answer.near.slot - T0) / USEC_PER_SEC);
		for (size_t j = 0; j < ARRAY_LENGTH(found); j++) {
			char text[40] = "";

			if (found[j])
				sprintf(text, "%s%d", found[j]->is_streak ? "streak" : "run",
					(int)found[j]->id);
			if (strcmp(text, expected[j]) != 0)
				fail_msg("case %zu: %zu is \"%s\", not \"%s\"", i, j, text,
					 expected[j]);
		}
		reader_answer_done(&answer);
	}
}

static void what_was_about_it_is_told(void **state)
{
	struct reader_answer answer;
	const struct reader_near *near = &answer.near;

	(void)state;
	begin();
	answer = look((struct reader_question){
		.kind = READER_NEAR, .job = "b", .at = AT(40), .slot = AT(40)});
	assert_true(near->life.started == AT(0) && near->life.stopped == AT(21) &&
		    near->life.again == AT(65));
	assert_true(near->stepped == AT(45) && near->step == 7 * USEC_PER_SEC);
	assert_int_equal(near->held, 5);
	assert_true(near->paused && near->until == USEC_INFINITY);
	assert_string_equal(near->reason, "backup");
	assert_true(near->oldest == AT(10));
	assert_int_equal(near->gone, 0);
	reader_answer_done(&answer);

	answer = look((struct reader_question){
		.kind = READER_NEAR, .job = "a", .at = AT(80), .slot = AT(80)});
	assert_true(near->life.started == AT(65) && near->life.stopped == 0 &&
		    near->life.again == 0);
	assert_int_equal(near->stepped, 0);
	assert_true(near->floor == AT(0));
	reader_answer_done(&answer);

	/* A job of which nothing happened. */
	execute("INSERT INTO job (number, name, floor, gone) VALUES (3, 'c', 5, 7)");
	answer = look((struct reader_question){
		.kind = READER_NEAR, .job = "c", .at = AT(1), .slot = USEC_INFINITY});
	assert_int_equal(answer.r, 0);
	assert_null(near->row);
	assert_true(near->slot == USEC_INFINITY && near->oldest == USEC_INFINITY);
	assert_int_equal(near->gone, 7);
	reader_answer_done(&answer);
	/* Of one that never ran the beginning of what it did not. */
	execute("INSERT INTO streak (id, job, verdict, reason, count, first, last, at)"
		" SELECT 9, 3, verdict, reason, 3, 2, 4, 4 FROM streak LIMIT 1");
	answer = look((struct reader_question){
		.kind = READER_NEAR, .job = "c", .at = 3, .slot = USEC_INFINITY});
	assert_int_equal(answer.r, 0);
	assert_true(near->oldest == 2);
	reader_answer_done(&answer);
	answer = look((struct reader_question){.kind = READER_NEAR, .job = "d"});
	assert_int_equal(answer.r, -ENOENT);
	assert_string_equal(answer.text, "nothing is on record of job \"d\"");
	reader_answer_done(&answer);
}

/* Streaks that overlap: that which holds the slot is found behind one that does not. */
static void a_streak_is_found_behind_another(void **state)
{
	struct reader_answer answer;

	(void)state;
	begin();
	execute("INSERT INTO streak VALUES"
		" (3, 1, 'refused', 'queue_full', 1, 1774000105000000, 1774000105000000, 0),"
		" (4, 1, 'skipped', 'condition', 5, 1774000100000000, 1774000140000000, 0)");
	answer = look((struct reader_question){
		.kind = READER_NEAR, .job = "a", .at = AT(102), .slot = AT(100)});
	assert_int_equal(answer.near.row->id, 4);
	assert_true(answer.near.slot == AT(100));
	reader_answer_done(&answer);
}

/* --- plans --- */

static int find_scan(void *ctx, int n, char **values, char **names)
{
	(void)names;
	/* There are few lives; a subquery has no more rows than its bound. */
	if (strncmp(values[n - 1], "SCAN ", 5) == 0 && !strstr(values[n - 1], "life") &&
	    !strstr(values[n - 1], "(subquery") && !strstr(values[n - 1], "CONSTANT ROW"))
		*(bool *)ctx = true;
	if (strstr(values[n - 1], "USE TEMP B-TREE"))
		*(bool *)ctx = true;
	return 0;
}

/* No question sorts, or goes through a table for a row. */
static void every_question_has_an_index(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < READ_STATEMENTS; i++) {
		char sql[READER_SQL_SIZE];
		char explain[READER_SQL_SIZE + 30];
		bool scans = false;
		sqlite3 *db = NULL;

		(void)reader_sql((enum reader_statement)i, false, sql, sizeof(sql));
		(void)snprintf(explain, sizeof(explain), "EXPLAIN QUERY PLAN %s", sql);
		assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
		if (sqlite3_exec(db, explain, find_scan, &scans, NULL) != SQLITE_OK)
			fail_msg("%s: %s", sql, sqlite3_errmsg(db));
		assert_int_equal(sqlite3_close(db), SQLITE_OK);
		if (scans)
			fail_msg("%s", sql);
	}
}

/* --- files that cannot be read --- */

static void what_is_no_ledger_is_an_answer(void **state)
{
	static const struct {
		const char *sql; /* that makes the file; NULL: none is made */
		int r;
		const char *text;
	} cases[] = {
		{NULL, -ENOENT, "cannot read"},
		{"PRAGMA user_version = 0", -ENOENT, "nothing in"},
		{"CREATE TABLE other (x)", -EIO, "another program"},
		{"PRAGMA application_id = 1702261369; PRAGMA user_version = 9999", -EIO,
		 "later version"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct reader_answer answer;

		(void)unlink(file);
		if (cases[i].sql)
			execute(cases[i].sql);
		answer = look((struct reader_question){.kind = READER_HISTORY});
		if (answer.r != cases[i].r || !strstr(answer.text, cases[i].text))
			fail_msg("case %zu: %d, \"%s\"", i, answer.r, answer.text);
		assert_int_equal(answer.n_rows, 0);
		reader_answer_done(&answer);
	}
}

static void a_corrupt_file_is_an_answer(void **state)
{
	struct reader_answer answer;
	FILE *out;
	long size;

	(void)state;
	begin();
	out = fopen(file, "r+");
	assert_non_null(out);
	assert_int_equal(fseek(out, 0, SEEK_END), 0);
	size = ftell(out);
	assert_int_equal(fseek(out, 4096, SEEK_SET), 0);
	for (long i = 4096; i < size; i++)
		assert_int_equal(fputc(0xa5, out), 0xa5);
	assert_int_equal(fclose(out), 0);
	for (int kind = READER_HISTORY; kind <= READER_NEAR; kind++) {
		answer = look((struct reader_question){.kind = (enum reader_kind)kind,
						       .job = kind == READER_NEAR ? "a" : NULL});
		assert_int_equal(answer.r, -EIO);
		assert_non_null(strstr(answer.text, "corrupt"));
		assert_int_equal(answer.n_rows, 0);
		reader_answer_done(&answer);
	}
}

/* --- a disk that fails --- */

static struct reader_question all_kinds[] = {
	{.kind = READER_HISTORY, .limit = 100, .to = USEC_INFINITY},
	{.kind = READER_HISTORY, .job = "a", .limit = 100, .to = USEC_INFINITY},
	{.kind = READER_OUTPUT, .run = 1},
	{.kind = READER_NEAR, .job = "a", .at = AT(40), .slot = AT(40)},
};

/* Each call in turn: the answer is an error with a text, or that of a disk that works. Beside a
   writer that has it open. */
static void a_failing_disk_is_an_answer(void **state)
{
	(void)state;
	begin();
	open_ledger();
	for (size_t i = 0; i < ARRAY_LENGTH(all_kinds); i++) {
		long n = 1;
		int errors = 0;

		for (;; n++) {
			struct reader_answer answer;

			settle();
			fault_vfs_arm(n, true, 0);
			answer = look(all_kinds[i]);
			fault_vfs.at = 0;
			if (answer.r < 0) {
				errors++;
				assert_true(answer.text[0]);
				assert_int_equal(answer.n_rows, 0);
			}
			reader_answer_done(&answer);
			if (fault_vfs.made < n)
				break;
		}
		assert_true(errors > 0);
	}
	/* Nothing of that has hurt who writes. */
	post_job(7, "later");
	settle();
	assert_false(news.trouble);
	assert_int_equal(close_ledger(), 0);
	assert_string_equal(ask("SELECT name FROM job WHERE number = 7"), "later\n");
}

/* --- the thread --- */

struct got {
	int n;
	int r;
	size_t rows;
};

static void on_answer(void *ctx, const struct reader_answer *answer)
{
	struct got *got = ctx;

	got->n++;
	got->r = answer->r;
	got->rows = answer->n_rows;
}

static void await_answers(struct reader *reader, const struct got *got, int n)
{
	while (got->n < n) {
		struct pollfd pollfd = {.fd = reader_fd(reader), .events = POLLIN};

		assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
		reader_dispatch(reader);
	}
}

static void the_thread_answers_in_order(void **state)
{
	struct reader *reader;
	struct got got = {0};
	struct got none = {0};
	char job[] = "a";
	struct reader_question question = {.kind = READER_HISTORY,
					   .job = job,
					   .to = USEC_INFINITY,
					   .limit = 10,
					   .after = READER_CURSOR_FIRST};

	(void)state;
	begin();
	open_ledger();
	assert_int_equal(reader_new(directory, &reader), 0);
	assert_int_equal(reader_ask(reader, &question, on_answer, &none), 0);
	assert_int_equal(reader_ask(reader, &question, on_answer, &got), 0);
	reader_forget(reader, &none);
	/* It is the reader's own by now. */
	job[0] = 'z';
	await_answers(reader, &got, 1);
	assert_int_equal(got.r, 0);
	assert_int_equal(got.rows, 4);
	assert_int_equal(reader_ask(reader, &question, on_answer, &got), 0);
	await_answers(reader, &got, 2);
	assert_int_equal(got.r, -ENOENT);
	assert_int_equal(none.n, 0);
	reader_free(reader, LONG);
	reader_free(NULL, 0);
}

/* Those that wait are bounded; and what nobody took is dropped with the reader. */
static void a_queue_that_is_full_says_so(void **state)
{
	struct reader *reader;
	struct got got = {0};
	struct reader_question question = {.kind = READER_RUN, .run = 1};

	(void)state;
	begin();
	assert_int_equal(reader_new(directory, &reader), 0);
	for (int i = 0; i < READER_QUEUE_MAX; i++)
		assert_int_equal(reader_ask(reader, &question, on_answer, &got), 0);
	assert_int_equal(reader_ask(reader, &question, on_answer, &got), -EAGAIN);
	await_answers(reader, &got, READER_QUEUE_MAX);
	assert_int_equal(reader_ask(reader, &question, on_answer, &got), 0);
	reader_free(reader, LONG);
	assert_int_equal(got.n, READER_QUEUE_MAX);
}

/* The connection is not held open: neither files nor locks stay behind. */
static void nothing_is_held_between_questions(void **state)
{
	struct reader *reader;
	struct got got = {0};
	struct reader_question question = {.kind = READER_RUN, .run = 1};
	int before;

	(void)state;
	begin();
	before = fault_vfs.open_files;
	assert_int_equal(reader_new(directory, &reader), 0);
	assert_int_equal(reader_ask(reader, &question, on_answer, &got), 0);
	await_answers(reader, &got, 1);
	assert_int_equal(got.r, 0);
	reader_free(reader, LONG);
	assert_int_equal(fault_vfs.open_files, before);
}

#define test(f) cmocka_unit_test_setup_teardown(f, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_page_has_what_it_is_asked_for),
		test(pages_lose_nothing),
		test(runs_or_streaks_can_be_left_out),
		test(a_page_looks_at_so_many_rows),
		test(a_run_has_its_facts),
		test(a_run_by_hand_is_told),
		test(output_has_head_gap_and_tail),
		test(a_page_can_be_taken_over),
		test(the_nearest_occurrence_is_found),
		test(what_was_about_it_is_told),
		test(a_streak_is_found_behind_another),
		test(every_question_has_an_index),
		test(what_is_no_ledger_is_an_answer),
		test(a_corrupt_file_is_an_answer),
		test(a_failing_disk_is_an_answer),
		test(the_thread_answers_in_order),
		test(a_queue_that_is_full_says_so),
		test(nothing_is_held_between_questions),
	};

	fault_vfs_install();
	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
