/* See durations.h. */
#include "ledger/durations.h"

#include "ledger/readonly.h"

static const char jobs_sql[] = "SELECT number, name FROM job WHERE gone IS NULL ORDER BY name";

/* By the index of jobs and slots. */
static const char spans_sql[] =
	"SELECT ended - started FROM run WHERE job = ?1 AND verdict IN ('ok', 'failed', 'timeout')"
	" AND started > 0 AND ended >= started ORDER BY slot DESC LIMIT ?2";

/* Those of one job. */
static int read_job(sqlite3_stmt *stmt, int64_t number, size_t most, usec_t *spans, size_t *ret_n)
{
	size_t n = 0;
	int rc;

	(void)sqlite3_bind_int64(stmt, 1, number);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)most);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && n < most)
		spans[n++] = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_reset(stmt);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		return rc;
	*ret_n = n;
	return SQLITE_OK;
}

/* Returns a code of SQLite; *ret_r is what fn() has returned. */
static int read_all(sqlite3 *db, size_t most, durations_fn *fn, void *ctx, int *ret_r)
{
	_cleanup_(cleanup_stmt) sqlite3_stmt *jobs = NULL;
	_cleanup_(cleanup_stmt) sqlite3_stmt *stmt = NULL;
	usec_t spans[DURATIONS_MAX];
	int rc = sqlite3_prepare_v2(db, jobs_sql, -1, &jobs, NULL);
	int r = 0;

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, spans_sql, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return sqlite3_extended_errcode(db);
	most = most < DURATIONS_MAX ? most : DURATIONS_MAX;
	while (r == 0 && (rc = sqlite3_step(jobs)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(jobs, 1);
		size_t n = 0;

		if (!name)
			return SQLITE_NOMEM;
		rc = read_job(stmt, sqlite3_column_int64(jobs, 0), most, spans, &n);
		if (rc != SQLITE_OK)
			return rc;
		if (n > 0)
			r = fn(ctx, name, spans, n);
	}
	*ret_r = r;
	return r < 0 || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int durations_read(const char *directory, size_t most, durations_fn *fn, void *ctx,
		   char error[static LEDGER_TEXT_SIZE])
{
	_cleanup_(cleanup_db) sqlite3 *db = NULL;
	int rc;
	int r = readonly_open(directory, &db, error);

	if (r < 0)
		return r;
	rc = read_all(db, most, fn, ctx, &r);
	return rc == SQLITE_OK ? r : readonly_failed(db, directory, rc, error);
}
