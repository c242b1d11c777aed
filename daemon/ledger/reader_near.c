/* See reader.h: READER_NEAR, which occurrence of a job a time means, and what else is to be known
   of it. */
#include "ledger/reader_internal.h"

#include "ledger/readonly.h"

/* Streaks may overlap a little: so many are looked at for one that holds a slot. */
#define STREAK_LOOKS 8

/* How far the occurrences of a row are from a time. */
static usec_t distance(const struct reader_row *row, usec_t at)
{
	usec_t span;

	if (at >= row->first && at <= row->slot)
		return 0;
	if (at < row->first ? __builtin_sub_overflow(row->first, at, &span)
			    : __builtin_sub_overflow(at, row->slot, &span))
		return USEC_INFINITY;
	return span;
}

/* The nearer one; `best` may be NULL, and so may `row`. */
static const struct reader_row *nearer(const struct reader_row *best, const struct reader_row *row,
				       usec_t at)
{
	if (!best || !row)
		return best ? best : row;
	return distance(row, at) < distance(best, at) ? row : best;
}

/* A statement of the job that begins at a time. */
static int begin(struct look *look, enum reader_statement which, int64_t job, usec_t at,
		 sqlite3_stmt **ret_stmt)
{
	*ret_stmt = look_begin(look, which);
	if (!*ret_stmt)
		return sqlite3_extended_errcode(look->db);
	(void)sqlite3_bind_int64(*ret_stmt, 1, job);
	(void)sqlite3_bind_int64(*ret_stmt, 2, at);
	return SQLITE_OK;
}

static int find(struct look *look, enum reader_statement which, int64_t job, usec_t at,
		const struct reader_row **ret_row)
{
	sqlite3_stmt *stmt;
	int rc = begin(look, which, job, at, &stmt);

	if (rc != SQLITE_OK)
		return rc;
	return look_first(look, stmt, which == READ_STREAK_FROM || which == READ_STREAK_UP_TO,
			  ret_row);
}

/* The streak that holds a slot, or else the next one. */
static int find_streak(struct look *look, int64_t job, usec_t at, const struct reader_row **ret_row)
{
	sqlite3_stmt *stmt;
	struct reader_row *best = NULL;
	int stepped = SQLITE_DONE;
	int rc = begin(look, READ_STREAK_FROM, job, at, &stmt);

	if (rc != SQLITE_OK)
		return rc;
	for (int i = 0; i < STREAK_LOOKS && !(best && best->first <= at); i++) {
		struct reader_row row;

		stepped = sqlite3_step(stmt);
		if (stepped != SQLITE_ROW)
			break;
		rc = look_row(look, stmt, true, &row);
		if (rc != SQLITE_OK)
			break;
		if (best && row.first > at)
			continue;
		if (!best)
			best = arena_alloc(&look->answer->arena, sizeof(*best));
		if (!best) {
			rc = SQLITE_NOMEM;
			break;
		}
		*best = row;
	}
	stepped = look_end(stmt, stepped);
	if (rc == SQLITE_OK)
		rc = stepped;
	if (rc == SQLITE_OK)
		*ret_row = best;
	return rc;
}

/* What is on record nearest to a time; among equals runs come first. */
static int find_nearest(struct look *look, int64_t job, usec_t at,
			const struct reader_row **ret_row)
{
	static const enum reader_statement others[] = {READ_RUN_FROM, READ_STREAK_UP_TO};
	const struct reader_row *best = NULL;
	const struct reader_row *row = NULL;
	int rc = find(look, READ_RUN_UP_TO, job, at, &best);

	for (size_t i = 0; rc == SQLITE_OK && i < ARRAY_LENGTH(others); i++) {
		rc = find(look, others[i], job, at, &row);
		if (rc == SQLITE_OK)
			best = nearer(best, row, at);
	}
	if (rc == SQLITE_OK)
		rc = find_streak(look, job, at, &row);
	if (rc == SQLITE_OK)
		*ret_row = nearer(best, row, at);
	return rc;
}

/* Which slot of a row a time means. */
static usec_t slot_in(const struct reader_row *row, usec_t at)
{
	return at <= row->first ? row->first : at >= row->slot ? row->slot : at;
}

/*
 * Chooses the occurrence: the slot of the schedule, if that is on record or nothing on record is
 * nearer; else the slot of what is, as one that somebody asked for, or of another schedule.
 */
static int choose(struct look *look, int64_t job)
{
	const struct reader_question *question = look->question;
	struct reader_near *near = &look->answer->near;
	const struct reader_row *row = NULL;
	usec_t slot = question->slot;
	usec_t span = USEC_INFINITY;
	int rc = SQLITE_OK;

	if (slot != USEC_INFINITY) {
		rc = find_nearest(look, job, slot, &row);
		if (rc != SQLITE_OK)
			return rc;
		near->slot = slot;
		if (row && distance(row, slot) == 0) {
			near->row = row;
			/* Only what is not of the schedule may be nearer. */
			if (question->at == slot)
				return SQLITE_OK;
		}
		if (__builtin_sub_overflow(slot > question->at ? slot : question->at,
					   slot > question->at ? question->at : slot, &span))
			span = USEC_INFINITY;
	}
	rc = find_nearest(look, job, question->at, &row);
	if (rc != SQLITE_OK || !row || row == near->row)
		return rc;
	/* A streak is of the slots of its schedule: a time between two is not one of them. */
	if (near->row && near->row->is_streak && row->is_streak && near->row->id == row->id)
		return SQLITE_OK;
	if (distance(row, question->at) < span) {
		near->row = row;
		near->slot = slot_in(row, question->at);
	}
	return SQLITE_OK;
}

/* --- what was about it --- */

/* A run of the job that lived when the slot was looked at. */
static int find_live(struct look *look, int64_t job)
{
	struct reader_near *near = &look->answer->near;
	sqlite3_stmt *stmt;
	int rc = begin(look, READ_RUN_LIVE, job, near->slot, &stmt);

	if (rc != SQLITE_OK)
		return rc;
	(void)sqlite3_bind_int64(stmt, 3, usec_add(near->slot, look->question->delay));
	(void)sqlite3_bind_int64(stmt, 4,
				 near->row && !near->row->is_streak ? (int64_t)near->row->id : 0);
	return look_first(look, stmt, false, &near->live);
}

static int find_instants(struct look *look, enum reader_statement which, usec_t at, usec_t *ret_a,
			 usec_t *ret_b)
{
	sqlite3_stmt *stmt = look_begin(look, which);
	int stepped;

	if (!stmt)
		return sqlite3_extended_errcode(look->db);
	(void)sqlite3_bind_int64(stmt, 1, at);
	stepped = sqlite3_step(stmt);
	if (stepped == SQLITE_ROW) {
		*ret_a = sqlite3_column_int64(stmt, 0);
		if (ret_b)
			*ret_b = sqlite3_column_int64(stmt, 1);
	}
	return look_end(stmt, stepped);
}

static int find_surroundings(struct look *look, int64_t job)
{
	struct reader_near *near = &look->answer->near;
	const struct reader_row *row = near->row;
	usec_t last = row ? row->slot : near->slot;
	usec_t at = row && row->started > 0 ? row->started : near->slot;
	int rc = find_live(look, job);

	if (rc == SQLITE_OK && last < USEC_INFINITY)
		rc = find(look, READ_RUN_FROM, job, last + 1, &near->after);
	if (rc == SQLITE_OK)
		rc = find(look, READ_RUN_UP_TO, job, (row ? row->first : near->slot) - 1,
			  &near->before);
	if (rc == SQLITE_OK)
		rc = find_instants(look, READ_LIFE, at, &near->life.started, &near->life.stopped);
	if (rc == SQLITE_OK)
		rc = find_instants(look, READ_LIFE_AFTER, at, &near->life.again, NULL);
	if (rc == SQLITE_OK)
		rc = find_instants(look, READ_STEP, near->slot, &near->stepped, &near->step);
	return rc;
}

int look_near(struct look *look)
{
	int64_t job = 0;
	int rc = look_job(look, look->question->job, &job);

	if (rc == SQLITE_OK)
		rc = choose(look, job);
	if (rc == SQLITE_OK && look->answer->near.slot != USEC_INFINITY)
		rc = find_surroundings(look, job);
	return rc;
}
