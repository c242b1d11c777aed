/* See readonly.h. */
#include "ledger/readonly.h"

#include "ledger/schema.h"
#include "ledger/trouble.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MSEC 2000

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
static int open_path(const char *path, sqlite3 **ret_db)
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

static int write_path(const char *directory, char path[static PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/" LEDGER_NAME, directory) < PATH_MAX ? 0
										 : -ENAMETOOLONG;
}

int readonly_failed(sqlite3 *db, const char *directory, int code,
		    char error[static LEDGER_TEXT_SIZE])
{
	struct trouble trouble = trouble_of(db, code);
	char path[PATH_MAX];

	if (write_path(directory, path) < 0)
		return -ENAMETOOLONG;
	trouble_text(&trouble, path, error);
	return (code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM ? -ENOMEM : -EIO;
}

/* Was anything written to it? */
static int has_tables(sqlite3 *db, bool *ret_has)
{
	_cleanup_(cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(stmt);
	*ret_has = rc == SQLITE_ROW && sqlite3_column_int(stmt, 0) > 0;
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int readonly_open(const char *directory, sqlite3 **ret_db, char error[static LEDGER_TEXT_SIZE])
{
	_cleanup_(cleanup_db) sqlite3 *db = NULL;
	char path[PATH_MAX];
	bool has = false;
	int rc;
	int r;

	if (write_path(directory, path) < 0) {
		(void)snprintf(error, LEDGER_TEXT_SIZE, "the path of the ledger is too long");
		return -ENAMETOOLONG;
	}
	if (access(path, R_OK) < 0) {
		r = -errno;
		(void)snprintf(error, LEDGER_TEXT_SIZE, "cannot read %.300s: %s", path,
			       strerror(-r));
		return r == -ENOTDIR ? -ENOENT : r;
	}
	rc = open_path(path, &db);
	if (rc == SQLITE_OK)
		rc = has_tables(db, &has);
	if (rc != SQLITE_OK)
		return readonly_failed(db, directory, rc, error);
	if (!has) {
		(void)snprintf(error, LEDGER_TEXT_SIZE, "there is nothing in %.300s yet", path);
		return -ENOENT;
	}
	*ret_db = steal_ptr(db);
	return 0;
}
