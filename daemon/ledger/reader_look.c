/* See reader.h: how questions are answered, one at a time. */
#include "ledger/reader_internal.h"

#include "ledger/readonly.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_wanted(const struct reader_question *question, const struct reader_row *row)
{
	if (row->slot < question->from || row->first >= question->to)
		return false;
	return question->verdicts == 0 ||
	       (row->state == READER_ENDED && (question->verdicts & UINT32_C(1) << row->verdict));
}

/* --- history --- */

/* Runs, or streaks, from where the page begins; one of them is looked at ahead. */
struct column {
	sqlite3_stmt *stmt;
	bool is_streak;
	bool has; /* `row` */
	struct reader_row row;
};

/* Goes on to the next row. Returns 0 or a code. */
static int advance(struct look *look, struct column *column)
{
	int stepped = sqlite3_step(column->stmt);

	column->has = stepped == SQLITE_ROW;
	if (stepped == SQLITE_ROW)
		return look_row(look, column->stmt, column->is_streak, &column->row);
	return stepped == SQLITE_DONE ? SQLITE_OK : stepped;
}

static int begin(struct look *look, struct column *column, enum reader_statement which, int64_t job,
		 usec_t slot, uint64_t id)
{
	column->stmt = look_begin(look, which);
	if (!column->stmt)
		return sqlite3_extended_errcode(look->db);
	if (look->question->job) {
		(void)sqlite3_bind_int64(column->stmt, 1, job);
		(void)sqlite3_bind_int64(column->stmt, 2, slot);
	}
	(void)sqlite3_bind_int64(column->stmt, 3, (int64_t)id);
	return advance(look, column);
}

/* Is nothing of the job that follows in the range? */
static bool is_behind(const struct reader_question *question, const struct column *column)
{
	return question->job && column->has && column->row.slot < question->from;
}

/* Which of the two comes first: the later slot. */
static struct column *choose(struct column columns[2])
{
	if (!columns[0].has || !columns[1].has)
		return columns[0].has ? &columns[0] : columns[1].has ? &columns[1] : NULL;
	return &columns[columns[1].row.slot > columns[0].row.slot];
}

static void pass(struct reader_cursor *cursor, const struct reader_row *row)
{
	if (row->is_streak) {
		cursor->last = row->slot;
		cursor->streak = row->id;
	} else {
		cursor->slot = row->slot;
		cursor->run = row->id;
	}
}

static int gather(struct look *look, struct column columns[2])
{
	const struct reader_question *question = look->question;
	struct reader_answer *answer = look->answer;
	struct column *column = choose(columns);

	for (unsigned looks = 0; column; column = choose(columns)) {
		int rc;

		answer->more = looks++ == READER_LOOKS_MAX || answer->n_rows == question->limit;
		if (answer->more)
			return SQLITE_OK;
		pass(&answer->cursor, &column->row);
		if (is_wanted(question, &column->row))
			answer->rows[answer->n_rows++] = column->row;
		rc = advance(look, column);
		if (rc != SQLITE_OK)
			return rc;
		if (is_behind(question, column))
			column->has = false;
	}
	return SQLITE_OK;
}

static int look_history(struct look *look)
{
	const struct reader_question *question = look->question;
	const struct reader_cursor *after = &question->after;
	/* Of one job, those at `to` and later need not be looked at. */
	bool ahead = question->job && question->to <= after->slot;
	struct column columns[2] = {{.is_streak = false}, {.is_streak = true}};
	int64_t job = 0;
	int rc = question->job ? look_job(look, question->job, &job) : SQLITE_OK;

	if (rc != SQLITE_OK)
		return rc;
	look->answer->cursor = *after;
	look->answer->rows =
		arena_alloc(&look->answer->arena, question->limit * sizeof(*look->answer->rows));
	if (!look->answer->rows)
		return SQLITE_NOMEM;
	if (!question->no_runs)
		rc = begin(look, &columns[0], question->job ? READ_JOB_RUNS : READ_RUNS, job,
			   ahead ? question->to : after->slot, ahead ? 0 : after->run);
	if (rc == SQLITE_OK && !question->no_streaks)
		rc = begin(look, &columns[1], question->job ? READ_JOB_STREAKS : READ_STREAKS, job,
			   after->last, after->streak);
	for (int i = 0; i < 2; i++)
		if (is_behind(question, &columns[i]))
			columns[i].has = false;
	if (rc == SQLITE_OK)
		rc = gather(look, columns);
	return rc;
}

/* --- one run --- */

static int look_run(struct look *look)
{
	sqlite3_stmt *stmt = look_begin(look, READ_RUN);
	const struct reader_row *row;
	int rc;

	if (!stmt)
		return sqlite3_extended_errcode(look->db);
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)look->question->run);
	rc = look_first(look, stmt, false, &row);
	if (rc != SQLITE_OK)
		return rc;
	if (!row)
		return SQLITE_NOTFOUND;
	look->answer->rows = arena_alloc(&look->answer->arena, sizeof(*row));
	if (!look->answer->rows)
		return SQLITE_NOMEM;
	look->answer->rows[look->answer->n_rows++] = *row;
	return SQLITE_OK;
}

static int copy_blob(struct look *look, sqlite3_stmt *stmt, int i, const char **ret_bytes,
		     size_t *ret_len)
{
	const void *bytes = sqlite3_column_blob(stmt, i);
	size_t len = (size_t)sqlite3_column_bytes(stmt, i);
	const char *copy = arena_copy(&look->answer->arena, bytes ? bytes : "", bytes ? len : 0);

	if (!copy || (!bytes && len > 0))
		return SQLITE_NOMEM;
	*ret_bytes = copy;
	*ret_len = bytes ? len : 0;
	return SQLITE_OK;
}

static int look_output(struct look *look)
{
	struct reader_answer *answer = look->answer;
	uint64_t kept;
	sqlite3_stmt *stmt;
	int stepped;
	int rc = look_run(look);

	if (rc != SQLITE_OK)
		return rc;
	stmt = look_begin(look, READ_OUTPUT);
	if (!stmt)
		return sqlite3_extended_errcode(look->db);
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)look->question->run);
	stepped = sqlite3_step(stmt);
	if (stepped == SQLITE_ROW) {
		rc = copy_blob(look, stmt, 0, &answer->head, &answer->head_len);
		if (rc == SQLITE_OK)
			rc = copy_blob(look, stmt, 1, &answer->tail, &answer->tail_len);
	}
	stepped = look_end(stmt, stepped);
	kept = answer->head_len + answer->tail_len;
	answer->gap = answer->rows[0].printed > kept ? answer->rows[0].printed - kept : 0;
	return rc == SQLITE_OK ? stepped : rc;
}

/* --- any --- */

int look_job(struct look *look, const char *name, int64_t *ret_number)
{
	struct reader_near *near = &look->answer->near;
	sqlite3_stmt *stmt = look_begin(look, READ_JOB);
	const char *reason;
	usec_t oldest;
	int stepped;

	if (!stmt)
		return sqlite3_extended_errcode(look->db);
	(void)sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	stepped = sqlite3_step(stmt);
	if (stepped != SQLITE_ROW) {
		stepped = look_end(stmt, stepped);
		return stepped == SQLITE_OK ? SQLITE_NOTFOUND : stepped;
	}
	*ret_number = sqlite3_column_int64(stmt, 0);
	near->floor = sqlite3_column_int64(stmt, 1);
	near->held = look_number(stmt, 2, USEC_INFINITY);
	near->gone = sqlite3_column_int64(stmt, 3);
	near->paused = sqlite3_column_int(stmt, 4) != 0;
	near->until = look_number(stmt, 5, USEC_INFINITY);
	reason = (const char *)sqlite3_column_text(stmt, 6);
	near->reason =
		arena_copy(&look->answer->arena, reason ? reason : "", reason ? strlen(reason) : 0);
	near->oldest = look_number(stmt, 7, USEC_INFINITY);
	oldest = look_number(stmt, 8, USEC_INFINITY);
	if (oldest < near->oldest)
		near->oldest = oldest;
	(void)sqlite3_reset(stmt);
	return near->reason ? SQLITE_OK : SQLITE_NOMEM;
}

static void say_not_found(struct reader_answer *answer, const struct reader_question *question)
{
	if (question->job)
		(void)snprintf(answer->text, sizeof(answer->text),
			       "nothing is on record of job \"%.200s\"", question->job);
	else
		(void)snprintf(answer->text, sizeof(answer->text),
			       "nothing is on record of run %" PRIu64, question->run);
}

static void answer_question(struct look *look, const char *directory)
{
	static int (*const kinds[])(struct look * look) = {
		[READER_HISTORY] = look_history,
		[READER_RUN] = look_run,
		[READER_OUTPUT] = look_output,
		[READER_NEAR] = look_near,
	};
	struct reader_answer *answer = look->answer;
	/* One view of it for all that is asked. */
	int rc = sqlite3_exec(look->db, "BEGIN", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = kinds[look->question->kind](look);
	if (rc == SQLITE_NOTFOUND) {
		answer->r = -ENOENT;
		say_not_found(answer, look->question);
	} else if (rc != SQLITE_OK) {
		answer->r = readonly_failed(look->db, directory, rc, answer->text);
	}
	if (rc != SQLITE_OK) {
		answer->rows = NULL;
		answer->n_rows = 0;
		answer->more = false;
	}
	for (int i = 0; i < READ_STATEMENTS; i++)
		if (look->stmts[i])
			(void)sqlite3_reset(look->stmts[i]);
	(void)sqlite3_exec(look->db, "ROLLBACK", NULL, NULL, NULL);
}

void look_close(struct look *look)
{
	for (int i = 0; i < READ_STATEMENTS; i++)
		(void)sqlite3_finalize(look->stmts[i]);
	(void)sqlite3_close(look->db);
	*look = (struct look){.db = NULL};
}

static int open_it(struct look *look, const char *directory, char error[static LEDGER_TEXT_SIZE])
{
	int rc;
	int r = readonly_open(directory, &look->db, error);

	if (r < 0)
		return r;
	rc = reader_has_manual(look->db, &look->has_manual);
	if (rc == SQLITE_OK)
		return 0;
	r = readonly_failed(look->db, directory, rc, error);
	look_close(look);
	return r;
}

void look_at(struct look *look, const char *directory, const struct reader_question *question,
	     struct reader_answer *ret_answer)
{
	*ret_answer = (struct reader_answer){.near = {.slot = USEC_INFINITY}};
	arena_init(&ret_answer->arena);
	if (!look->db)
		ret_answer->r = open_it(look, directory, ret_answer->text);
	if (ret_answer->r < 0)
		return;
	look->question = question;
	look->answer = ret_answer;
	answer_question(look, directory);
	if (question->prepare)
		question->prepare(ret_answer);
}

void reader_look(const char *directory, const struct reader_question *question,
		 struct reader_answer *ret_answer)
{
	struct look look = {.db = NULL};

	look_at(&look, directory, question, ret_answer);
	look_close(&look);
}

void reader_answer_done(struct reader_answer *answer)
{
	if (answer->page)
		free(answer->page->text);
	arena_done(&answer->arena);
}

void reader_give_page(struct reader_answer *answer, char *text, size_t len)
{
	arena_done(&answer->arena);
	arena_init(&answer->arena);
	answer->rows = NULL;
	answer->n_rows = 0;
	answer->head = answer->tail = NULL;
	answer->head_len = answer->tail_len = 0;
	answer->page = text ? arena_alloc(&answer->arena, sizeof(*answer->page)) : NULL;
	if (answer->page)
		*answer->page = (struct reader_page){text, len};
	else
		free(text);
}
