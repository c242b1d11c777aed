/* What the files of the reader share: reader.c (the thread), reader_look.c (questions),
   reader_near.c, reader_sql.c (statements and their rows). */
#pragma once

#include "ledger/reader.h"

#include <sqlite3.h>

/* What is asked of the database. */
enum reader_statement {
	READ_JOB,          /* by name */
	READ_RUN,          /* by id */
	READ_OUTPUT,       /* by id */
	READ_RUNS,         /* ids below, the highest first */
	READ_STREAKS,      /* likewise */
	READ_JOB_RUNS,     /* of a job: (slot, id) below, the latest first */
	READ_JOB_STREAKS,  /* likewise, by (last, id) */
	READ_RUN_FROM,     /* of a job: slots from there on, the earliest first */
	READ_RUN_UP_TO,    /* of a job: slots up to there, the latest first */
	READ_STREAK_FROM,  /* of a job: those that end there or later, the earliest first */
	READ_STREAK_UP_TO, /* of a job: those that end before, the latest first */
	READ_RUN_LIVE,     /* of a job: slots below ?2, accepted up to ?3 and not ended by then */
	READ_LIFE,         /* the last that began up to there */
	READ_LIFE_AFTER,   /* the first that began later */
	READ_STEP,         /* the first clock step from there on */
	READ_STATEMENTS,
};

/* A connection, and a place for the answer. */
struct look {
	sqlite3 *db;
	sqlite3_stmt *stmts[READ_STATEMENTS]; /* NULL: not prepared yet */
	const struct reader_question *question;
	struct reader_answer *answer;
	bool has_manual; /* runs have that column */
};

/* The text of a statement. Any thread. */
const char *reader_sql(enum reader_statement which, bool has_manual, char *buf, size_t size);
#define READER_SQL_SIZE 1024

/* Has the run table a column for that? Returns 0 or a code of SQLite. */
int reader_has_manual(sqlite3 *db, bool *ret_has) _must_check_;

/* A statement, ready to be bound; NULL: sqlite3_extended_errcode() says why there is none. */
sqlite3_stmt *look_begin(struct look *look, enum reader_statement which);

/* The row that a statement of runs or of streaks is at. Returns 0 or a code of SQLite. */
int look_row(struct look *look, sqlite3_stmt *stmt, bool is_streak,
	     struct reader_row *ret_row) _must_check_;

/* The first row of a statement that was bound, in the answer's arena; NULL if it has none. Returns
   0 or a code. */
int look_first(struct look *look, sqlite3_stmt *stmt, bool is_streak,
	       const struct reader_row **ret_row) _must_check_;

/* Ends a statement after sqlite3_step() returned that. Returns 0 or a code. */
int look_end(sqlite3_stmt *stmt, int stepped) _must_check_;

/* A column that may be NULL, which is that. */
static inline int64_t look_number(sqlite3_stmt *stmt, int i, int64_t null)
{
	return sqlite3_column_type(stmt, i) == SQLITE_NULL ? null : sqlite3_column_int64(stmt, i);
}

/* READER_NEAR. Returns 0, SQLITE_NOTFOUND for no such job, or a code. */
int look_near(struct look *look) _must_check_;

/* The number of a job, and what the ledger knows of it. As above. */
int look_job(struct look *look, const char *name, int64_t *ret_number) _must_check_;

/* Answers a question; opens the database first, if it is not open. What was opened stays that until
   look_close(). */
void look_at(struct look *look, const char *directory, const struct reader_question *question,
	     struct reader_answer *ret_answer);
/* One that is not open is fine. */
void look_close(struct look *look);
