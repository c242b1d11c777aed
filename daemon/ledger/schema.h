/*
 * The schema of the database, its versions, and how an older one becomes the present one. All
 * times in it are wall time in microseconds since the epoch, UTC.
 */
#pragma once

#include "base/cleanup.h"

#include <sqlite3.h>

/* PRAGMA application_id: "evry". */
#define SCHEMA_APPLICATION 0x65767279
#define SCHEMA_VERSION     2

/* Says what the database is before anything is written to it. Returns 0; TROUBLE_NEWER or
   TROUBLE_FOREIGN; or a code of SQLite. */
int schema_check(sqlite3 *db) _must_check_;

/* Makes or migrates it, if it is not of the present version; each version in a transaction of its
 * own. Returns 0 or a code of SQLite. */
int schema_prepare(sqlite3 *db) _must_check_;

/* The reasons as this version of the program words them. Returns 0 or a code of SQLite. */
int schema_write_reasons(sqlite3 *db) _must_check_;
