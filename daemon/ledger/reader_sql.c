/* See reader_internal.h: what is asked of the database, and its rows. */
#include "ledger/reader_internal.h"

#include "ledger/readonly.h"
#include "ledger/terms.h"

#include <stdio.h>
#include <string.h>

/* How many runs are looked at for one that had not ended. */
#define LIVE_LOOKS "64"

/* clang-format off */
#define RUN                                                                                        \
	"SELECT r.id, r.slot, r.due, r.state, r.verdict, r.reason, r.attempts, r.accepted,"        \
	" r.started, r.ended, r.result, r.exit, r.signal, r.stage, r.error, r.cpu, r.memory,"      \
	" r.printed, r.dropped, r.leftovers, r.pid, r.next, r.failed, %s, j.name"                  \
	" FROM run r LEFT JOIN job j ON j.number = r.job "
#define STREAK                                                                                     \
	"SELECT s.id, s.verdict, s.reason, s.count, s.first, s.last, s.at, j.name"                 \
	" FROM streak s LEFT JOIN job j ON j.number = s.job "

/* Each by an index, or by the table's own key; life and clock_step are short. */
static const char *const texts[READ_STATEMENTS] = {
	[READ_JOB] =
		"SELECT number, floor, held, gone, paused, until, pause_reason,"
		" (SELECT min(slot) FROM run WHERE job = number),"
		" (SELECT first FROM streak WHERE job = number ORDER BY last LIMIT 1)"
		" FROM job WHERE name = ?1",
	[READ_RUN] = RUN "WHERE r.id = ?1",
	[READ_OUTPUT] = "SELECT head, tail FROM output WHERE run = ?1",
	[READ_RUNS] = RUN "WHERE r.id < ?3 ORDER BY r.id DESC",
	[READ_STREAKS] = STREAK "WHERE s.id < ?3 ORDER BY s.id DESC",
	[READ_JOB_RUNS] =
		RUN "WHERE r.job = ?1 AND (r.slot, r.id) < (?2, ?3) ORDER BY r.slot DESC, r.id DESC",
	[READ_JOB_STREAKS] =
		STREAK "WHERE s.job = ?1 AND (s.last, s.id) < (?2, ?3)"
		" ORDER BY s.last DESC, s.id DESC",
	[READ_RUN_FROM] = RUN "WHERE r.job = ?1 AND r.slot >= ?2 ORDER BY r.slot, r.id",
	[READ_RUN_UP_TO] = RUN "WHERE r.job = ?1 AND r.slot <= ?2 ORDER BY r.slot DESC, r.id DESC",
	[READ_STREAK_FROM] = STREAK "WHERE s.job = ?1 AND s.last >= ?2 ORDER BY s.last, s.id",
	[READ_STREAK_UP_TO] =
		STREAK "WHERE s.job = ?1 AND s.last < ?2 ORDER BY s.last DESC, s.id DESC",
	[READ_RUN_LIVE] =
		RUN "WHERE r.id = (SELECT id FROM (SELECT id, state, accepted, ended FROM run"
		"  WHERE job = ?1 AND slot <= ?2 ORDER BY slot DESC LIMIT " LIVE_LOOKS ")"
		" WHERE id <> ?4 AND accepted <= ?3"
		"  AND (state IS NOT NULL OR coalesce(ended, accepted) > ?3) LIMIT 1)",
	[READ_LIFE] = "SELECT started, stopped FROM life WHERE started <= ?1 ORDER BY id DESC",
	[READ_LIFE_AFTER] = "SELECT started FROM life WHERE started > ?1 ORDER BY id",
	[READ_STEP] = "SELECT at, by FROM clock_step WHERE at >= ?1 ORDER BY at",
};
/* clang-format on */

const char *reader_sql(enum reader_statement which, bool has_manual, char *buf, size_t size)
{
	const char *text = texts[which];
	const char *mark = strstr(text, "%s");

	if (mark)
		(void)snprintf(buf, size, "%.*s%s%s", (int)(mark - text), text,
			       has_manual ? "r.manual" : "0", mark + 2);
	else
		(void)snprintf(buf, size, "%s", text);
	return buf;
}

int reader_has_manual(sqlite3 *db, bool *ret_has)
{
	_cleanup_(cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db,
				    "SELECT 1 FROM pragma_table_info('run') WHERE name = 'manual'",
				    -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return sqlite3_extended_errcode(db);
	rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return rc;
	*ret_has = rc == SQLITE_ROW;
	return SQLITE_OK;
}

sqlite3_stmt *look_begin(struct look *look, enum reader_statement which)
{
	char sql[READER_SQL_SIZE];

	if (!look->stmts[which] &&
	    sqlite3_prepare_v2(look->db, reader_sql(which, look->has_manual, sql, sizeof(sql)), -1,
			       &look->stmts[which], NULL) != SQLITE_OK)
		return NULL;
	return look->stmts[which];
}

int look_end(sqlite3_stmt *stmt, int stepped)
{
	(void)sqlite3_reset(stmt);
	return stepped == SQLITE_ROW || stepped == SQLITE_DONE ? SQLITE_OK : stepped;
}

/* --- rows --- */

static const char *text_of(sqlite3_stmt *stmt, int i)
{
	return (const char *)sqlite3_column_text(stmt, i);
}

static int copy_name(struct look *look, sqlite3_stmt *stmt, int i, const char **ret_name)
{
	const char *name = text_of(stmt, i);

	if (!name && sqlite3_column_type(stmt, i) != SQLITE_NULL)
		return SQLITE_NOMEM;
	*ret_name = name ? arena_copy(&look->answer->arena, name, strlen(name)) : "";
	return *ret_name ? SQLITE_OK : SQLITE_NOMEM;
}

/* What a later version has words for has none here. */
static void read_verdict(sqlite3_stmt *stmt, int verdict, int reason, struct reader_row *row)
{
	(void)terms_find_verdict(text_of(stmt, verdict), &row->verdict);
	(void)terms_find_reason(text_of(stmt, reason), &row->reason);
}

static enum reader_state state_of(const char *word)
{
	static const enum reader_state states[] = {
		[PAST_ACCEPTED] = READER_ACCEPTED,
		[PAST_STARTED] = READER_STARTED,
		[PAST_BACKOFF] = READER_BACKOFF,
	};
	enum past_state state;

	return terms_find_state(word, &state) ? states[state] : READER_ENDED;
}

static int read_run(struct look *look, sqlite3_stmt *stmt, struct reader_row *row)
{
	row->id = (uint64_t)sqlite3_column_int64(stmt, 0);
	row->slot = row->first = sqlite3_column_int64(stmt, 1);
	row->due = sqlite3_column_int64(stmt, 2);
	row->count = 1;
	row->state = state_of(text_of(stmt, 3));
	read_verdict(stmt, row->state == READER_BACKOFF ? 22 : 4, 5, row);
	row->attempts = (unsigned)sqlite3_column_int64(stmt, 6);
	row->accepted = sqlite3_column_int64(stmt, 7);
	row->started = sqlite3_column_int64(stmt, 8);
	row->ended = sqlite3_column_int64(stmt, 9);
	row->has_result = terms_find_result(text_of(stmt, 10), &row->result);
	row->exit = (int)look_number(stmt, 11, -1);
	row->signal = sqlite3_column_int(stmt, 12);
	row->stage = sqlite3_column_type(stmt, 13) == SQLITE_NULL
			     ? NULL
			     : terms_find_stage(text_of(stmt, 13));
	row->error = sqlite3_column_int(stmt, 14);
	row->cpu = look_number(stmt, 15, -1);
	row->memory = (long)look_number(stmt, 16, -1);
	row->printed = (uint64_t)sqlite3_column_int64(stmt, 17);
	row->dropped = (uint64_t)sqlite3_column_int64(stmt, 18);
	row->leftovers = (uint64_t)sqlite3_column_int64(stmt, 19);
	row->pid = sqlite3_column_int(stmt, 20);
	row->next = sqlite3_column_int64(stmt, 21);
	row->manual = sqlite3_column_int(stmt, 23) != 0;
	return copy_name(look, stmt, 24, &row->job);
}

static int read_streak(struct look *look, sqlite3_stmt *stmt, struct reader_row *row)
{
	row->is_streak = true;
	row->id = (uint64_t)sqlite3_column_int64(stmt, 0);
	read_verdict(stmt, 1, 2, row);
	row->count = (uint64_t)sqlite3_column_int64(stmt, 3);
	row->first = sqlite3_column_int64(stmt, 4);
	row->slot = sqlite3_column_int64(stmt, 5);
	row->at = sqlite3_column_int64(stmt, 6);
	row->exit = -1;
	row->cpu = -1;
	row->memory = -1;
	return copy_name(look, stmt, 7, &row->job);
}

int look_row(struct look *look, sqlite3_stmt *stmt, bool is_streak, struct reader_row *ret_row)
{
	struct reader_row row = {.verdict = VERDICT_LOST}; /* if there is a word for none of them */
	int rc = is_streak ? read_streak(look, stmt, &row) : read_run(look, stmt, &row);

	if (rc == SQLITE_OK)
		*ret_row = row;
	return rc;
}

int look_first(struct look *look, sqlite3_stmt *stmt, bool is_streak,
	       const struct reader_row **ret_row)
{
	int stepped = sqlite3_step(stmt);
	struct reader_row *row = NULL;
	int rc = SQLITE_OK;

	if (stepped == SQLITE_ROW) {
		row = arena_alloc(&look->answer->arena, sizeof(*row));
		rc = row ? look_row(look, stmt, is_streak, row) : SQLITE_NOMEM;
	}
	stepped = look_end(stmt, stepped);
	if (rc == SQLITE_OK)
		rc = stepped;
	if (rc == SQLITE_OK)
		*ret_row = row;
	return rc;
}
