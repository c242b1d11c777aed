/* Opening the database to read it beside the daemon that writes it, without a trace. */
#pragma once

#include "base/cleanup.h"
#include "ledger/ledger.h"

#include <sqlite3.h>

/*
 * Opens the ledger in that directory, read-only; it may be of an earlier version. Returns 0, then
 * *ret_db is to be given back by sqlite3_close(); -ENOENT if there is no ledger, or one in which
 * nothing was written yet; or another -errno. `error` says then in a sentence without its full stop
 * why it cannot be read. Any thread; waits for the disk.
 */
int readonly_open(const char *directory, sqlite3 **ret_db,
		  char error[static LEDGER_TEXT_SIZE]) _must_check_;

/* Says what went wrong with it: `code` is of SQLite. Returns -errno. */
int readonly_failed(sqlite3 *db, const char *directory, int code,
		    char error[static LEDGER_TEXT_SIZE]);

static inline void cleanup_db(sqlite3 **db)
{
	(void)sqlite3_close(*db);
}

static inline void cleanup_stmt(sqlite3_stmt **stmt)
{
	(void)sqlite3_finalize(*stmt);
}
