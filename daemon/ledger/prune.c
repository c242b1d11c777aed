/* See prune.h. */
#include "ledger/prune.h"

#include "ledger/terms.h"

#include <stdlib.h>
#include <string.h>

/* A sweep for the sake of `runs` begins with so many in excess, or that part of all rows. */
#define EXCESS_MIN  256
#define EXCESS_PART 16

/* Rows that are too old go so late at most. */
#define AGE_SLACK USEC_PER_HOUR

/* Jobs with a number beyond are pruned by age alone: so many numbers are never in use. */
#define COUNTS_MAX ((size_t)1 << 26)

/* Rows that are looked at between two looks at the clock. */
#define ROWS_EACH 32

/* How many starts of the daemon, and clock steps, are kept. */
#define LIVES_KEPT 1000

/* What differs from table to table. */
static const struct {
	enum store_verb sweep;
	enum store_verb drop;
	const char *kind;
} verbs[2] = {
	[PRUNE_RUNS] = {STORE_SWEEP_RUNS, STORE_DROP_RUN, "run"},
	[PRUNE_STREAKS] = {STORE_SWEEP_STREAKS, STORE_DROP_STREAK, "streak"},
};

void prune_done(struct prune *prune)
{
	for (size_t i = 0; i < ARRAY_LENGTH(prune->tables); i++)
		free(prune->tables[i].counts);
	*prune = (struct prune){0};
}

void prune_clear(struct prune *prune)
{
	for (size_t i = 0; i < ARRAY_LENGTH(prune->tables); i++) {
		free(prune->tables[i].counts);
		prune->tables[i] = (struct prune_table){.oldest = USEC_INFINITY};
	}
}

static uint64_t excess_of(const struct prune *prune, uint32_t count)
{
	return prune->runs > 0 && count > prune->runs ? count - prune->runs : 0;
}

void prune_configure(struct prune *prune, usec_t keep, unsigned runs)
{
	prune->keep = keep;
	prune->runs = runs;
	for (size_t i = 0; i < ARRAY_LENGTH(prune->tables); i++) {
		struct prune_table *table = &prune->tables[i];

		table->excess = 0;
		for (size_t job = 0; job < table->n_counts; job++)
			table->excess += excess_of(prune, table->counts[job]);
	}
}

static bool reserve(struct prune_table *table, uint32_t job)
{
	size_t n = (size_t)job + job / 2 + 64;
	uint32_t *counts;

	if (job < table->n_counts)
		return true;
	if (n > COUNTS_MAX)
		return false;
	counts = reallocarray(table->counts, n, sizeof(*counts));
	if (!counts)
		return false;
	memset(counts + table->n_counts, 0, (n - table->n_counts) * sizeof(*counts));
	table->counts = counts;
	table->n_counts = n;
	return true;
}

void prune_count(struct prune *prune, int which, uint32_t job, usec_t at)
{
	struct prune_table *table = &prune->tables[which];

	table->rows++;
	if (at < table->oldest)
		table->oldest = at;
	if (!reserve(table, job))
		return;
	table->counts[job]++;
	table->excess += excess_of(prune, table->counts[job]) > 0;
}

void prune_count_streak(struct prune *prune, uint64_t streak, uint32_t job, usec_t at)
{
	struct prune_table *table = &prune->tables[PRUNE_STREAKS];

	if (streak <= table->last)
		return;
	table->last = streak;
	prune_count(prune, PRUNE_STREAKS, job, at);
}

static bool is_old(const struct prune *prune, usec_t at, usec_t now)
{
	return prune->keep > 0 && at != USEC_INFINITY && at < now - prune->keep;
}

/* How much excess is worth a sweep. */
static uint64_t worth(const struct prune_table *table)
{
	return EXCESS_MIN + table->rows / EXCESS_PART;
}

static bool table_is_due(const struct prune *prune, const struct prune_table *table, usec_t now)
{
	return table->sweeping || table->excess > worth(table) ||
	       is_old(prune, table->oldest, now - AGE_SLACK);
}

bool prune_is_due(const struct prune *prune, usec_t now)
{
	for (size_t i = 0; i < ARRAY_LENGTH(prune->tables); i++)
		if (table_is_due(prune, &prune->tables[i], now))
			return true;
	return prune->jobs;
}

bool prune_is_behind(const struct prune *prune)
{
	for (size_t i = 0; i < ARRAY_LENGTH(prune->tables); i++)
		if (prune->tables[i].excess > 2 * worth(&prune->tables[i]))
			return true;
	return false;
}

/* --- dropping --- */

struct row {
	int64_t id;
	uint32_t job;
	usec_t slot;
	const char *verdict; /* NULL: it is open */
	usec_t at;
};

/* What goes with a row is kept in that of its job. */
static int fold(struct store *store, int which, const struct row *row)
{
	sqlite3_stmt *stmt =
		store_stmt(store, which == PRUNE_RUNS ? STORE_FOLD_RUN : STORE_FOLD_STREAK);
	enum verdict verdict = VERDICT_CANCELLED;

	(void)sqlite3_bind_int64(stmt, 1, row->job);
	(void)sqlite3_bind_int64(stmt, 2, row->slot);
	if (which == PRUNE_RUNS) {
		for (int i = 3; i <= 6; i++)
			(void)sqlite3_bind_null(stmt, i);
		(void)terms_find_verdict(row->verdict, &verdict);
		if (verdict <= VERDICT_LOST) {
			(void)sqlite3_bind_int64(stmt, 3, row->id);
			(void)sqlite3_bind_text(stmt, 4, row->verdict, -1, SQLITE_STATIC);
			(void)sqlite3_bind_int64(stmt, 5, row->at);
		}
		if (verdict == VERDICT_OK)
			(void)sqlite3_bind_int64(stmt, 6, row->at);
	}
	return store_run(stmt);
}

static int drop_by(struct store *store, enum store_verb verb, int64_t id)
{
	sqlite3_stmt *stmt = store_stmt(store, verb);

	(void)sqlite3_bind_int64(stmt, 1, id);
	return store_run(stmt);
}

static int drop(struct store *store, int which, const struct row *row)
{
	int rc = fold(store, which, row);

	if (rc == SQLITE_OK)
		rc = drop_by(store, verbs[which].drop, row->id);
	if (rc == SQLITE_OK && which == PRUNE_RUNS)
		rc = drop_by(store, STORE_DROP_OUTPUT, row->id);
	return rc;
}

static bool is_wanted(const struct prune *prune, const struct prune_table *table,
		      const struct row *row, usec_t now)
{
	if (!row->verdict)
		return true;
	if (is_old(prune, row->at, now))
		return false;
	return prune->runs == 0 || row->job >= table->n_counts ||
	       table->counts[row->job] <= prune->runs;
}

static void discount(struct prune *prune, struct prune_table *table, uint32_t job)
{
	prune->dropped[prune->n_dropped++] = job;
	table->rows -= table->rows > 0;
	if (job >= table->n_counts || table->counts[job] == 0)
		return;
	table->excess -= excess_of(prune, table->counts[job]) > 0 && table->excess > 0;
	table->counts[job]--;
}

/* The rows that a step has dropped are there again. */
static void recount(struct prune *prune, int which)
{
	while (prune->n_dropped > 0)
		prune_count(prune, which, prune->dropped[--prune->n_dropped], USEC_INFINITY);
	prune->tables[which].sweeping = false;
	prune->tables[which].oldest = 0;
}

/*
 * Goes on with the sweep of one table. It is over at the end of the table, or where nothing is in
 * excess any more and no row is old. Numbers tell the age, by and large: a row that is young is
 * followed by younger ones.
 */
static int sweep(struct prune *prune, struct store *store, int which, usec_t now, usec_t until)
{
	struct prune_table *table = &prune->tables[which];
	sqlite3_stmt *stmt = store_stmt(store, verbs[which].sweep);
	int64_t last = 0;
	bool over = false;
	unsigned n = 0;
	int rc = SQLITE_OK;

	if (!table->sweeping) {
		table->sweeping = true;
		table->at = 0;
		table->oldest = USEC_INFINITY;
	}
	(void)sqlite3_bind_int64(stmt, 1, table->at);
	while (rc == SQLITE_OK && !over && prune->n_dropped < PRUNE_STEP_ROWS &&
	       (++n % ROWS_EACH != 0 || clock_monotonic() < until)) {
		struct row row;

		if (sqlite3_step(stmt) != SQLITE_ROW) {
			over = true;
			break;
		}
		row.id = sqlite3_column_int64(stmt, 0);
		row.job = (uint32_t)sqlite3_column_int64(stmt, 1);
		row.slot = sqlite3_column_int64(stmt, 2);
		row.verdict = (const char *)sqlite3_column_text(stmt, 3);
		row.at = sqlite3_column_int64(stmt, 4);
		table->at = row.id;
		if (is_wanted(prune, table, &row, now)) {
			if (row.verdict && row.at < table->oldest)
				table->oldest = row.at;
			over = row.verdict && table->excess == 0;
			continue;
		}
		rc = drop(store, which, &row);
		if (rc == SQLITE_OK) {
			discount(prune, table, row.job);
			last = row.id;
		}
	}
	if (rc == SQLITE_OK)
		rc = store_reset(stmt);
	else
		(void)store_reset(stmt);
	if (rc == SQLITE_OK && last > 0) {
		stmt = store_stmt(store, STORE_HIGHEST);
		(void)sqlite3_bind_text(stmt, 1, verbs[which].kind, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(stmt, 2, last);
		rc = store_run(stmt);
	}
	if (over) {
		table->sweeping = false;
		prune->jobs |= which == PRUNE_RUNS;
	}
	return rc;
}

/* Jobs that are gone and forgotten, starts and steps of long ago. */
static int drop_rest(struct prune *prune, struct store *store, usec_t now)
{
	int rc = SQLITE_OK;

	if (prune->keep > 0)
		rc = store_run(store_stmt(store, STORE_HIGHEST_JOB));
	if (rc == SQLITE_OK && prune->keep > 0)
		rc = drop_by(store, STORE_DROP_JOBS, now - prune->keep);
	prune->jobs = rc == SQLITE_OK && prune->keep > 0 && sqlite3_changes(store->db) > 0;
	if (rc == SQLITE_OK)
		rc = drop_by(store, STORE_DROP_STEPS, LIVES_KEPT);
	if (rc == SQLITE_OK)
		rc = drop_by(store, STORE_DROP_LIVES, LIVES_KEPT);
	return rc;
}

/* The table that is to be swept; if there is none, the rest is looked at. */
static int choose(const struct prune *prune, usec_t now)
{
	int which = 0;

	while (which < (int)ARRAY_LENGTH(prune->tables) &&
	       !table_is_due(prune, &prune->tables[which], now))
		which++;
	return which;
}

int prune_step(struct prune *prune, struct store *store, usec_t now, usec_t span)
{
	int which = choose(prune, now);
	bool rest = which == (int)ARRAY_LENGTH(prune->tables);
	usec_t until = clock_monotonic() + span;
	int rc = store_begin(store);

	prune->n_dropped = 0;
	if (rc == SQLITE_OK)
		rc = rest ? drop_rest(prune, store, now) : sweep(prune, store, which, now, until);
	if (rc == SQLITE_OK)
		rc = store_commit(store);
	if (rc != SQLITE_OK) {
		store_rollback(store);
		if (!rest)
			recount(prune, which);
	}
	return rc;
}
