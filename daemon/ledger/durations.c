/* See durations.h. */
#include "ledger/durations.h"

#include "ledger/schema.h"
#include "ledger/trouble.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MSEC 2000

static const char jobs_sql[] = "SELECT number, name FROM job WHERE gone IS NULL ORDER BY name";

/* By the index of jobs and slots. */
static const char spans_sql[] =
	"SELECT ended - started FROM run WHERE job = ?1 AND verdict IN ('ok', 'failed', 'timeout')"
	" AND started > 0 AND ended >= started ORDER BY slot DESC LIMIT ?2";

static void cleanup_db(sqlite3 **db)
{
	(void)sqlite3_close(*db);
}

static void cleanup_stmt(sqlite3_stmt **stmt)
{
	(void)sqlite3_finalize(*stmt);
}

/* A path in a URI (https://sqlite.org/uri.html). */
static int write_uri(const char *path, const char *query, char *uri, size_t size)
{
	size_t n = (size_t)snprintf(uri, size, "file:");

	for (; *path; path++) {
		if (n + 4 >= size)
			return -ENAMETOOLONG;
		if (strchr("%?#", *path))
			n += (size_t)sprintf(uri + n, "%%%02X", (unsigned char)*path);
		else
			uri[n++] = *path;
	}
	if ((size_t)snprintf(uri + n, size - n, "%s", query) >= size - n)
		return -ENAMETOOLONG;
	return 0;
}

/*
 * Without a WAL file nobody has it open, or nothing was written: then it is read as a file that
 * does not change, and no files are made beside it that the daemon would have to make.
 */
static int open_it(const char *path, sqlite3 **ret_db)
{
	char wal[PATH_MAX];
	char uri[3 * PATH_MAX];
	bool has_wal;
	int r;

	if ((size_t)snprintf(wal, sizeof(wal), "%s-wal", path) >= sizeof(wal))
		return SQLITE_CANTOPEN;
	has_wal = access(wal, F_OK) == 0;
	r = write_uri(path, has_wal ? "?mode=ro" : "?mode=ro&immutable=1", uri, sizeof(uri));
	if (r < 0)
		return SQLITE_CANTOPEN;
	r = sqlite3_open_v2(uri, ret_db,
			    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
				    SQLITE_OPEN_URI,
			    NULL);
	if (r != SQLITE_OK)
		return r;
	(void)sqlite3_busy_timeout(*ret_db, BUSY_MSEC);
	return schema_check(*ret_db);
}

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
	struct trouble trouble;
	char path[PATH_MAX];
	int rc;
	int r = 0;

	if ((size_t)snprintf(path, sizeof(path), "%s/" LEDGER_NAME, directory) >= sizeof(path)) {
		(void)snprintf(error, LEDGER_TEXT_SIZE, "the path of the ledger is too long");
		return -ENAMETOOLONG;
	}
	if (access(path, R_OK) < 0) {
		r = -errno;
		(void)snprintf(error, LEDGER_TEXT_SIZE, "cannot read %.300s: %s", path,
			       strerror(-r));
		return r == -ENOTDIR ? -ENOENT : r;
	}
	rc = open_it(path, &db);
	if (rc == SQLITE_OK)
		rc = read_all(db, most, fn, ctx, &r);
	if (rc == SQLITE_OK)
		return r;
	trouble = trouble_of(db, rc);
	trouble_text(&trouble, path, error);
	return -EIO;
}
