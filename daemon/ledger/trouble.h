/* What can be wrong with the database, and how it is told. */
#pragma once

#include "ledger/ledger.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* Beside the (extended) result codes of SQLite, which are positive; 0 is success. */
enum {
	TROUBLE_NEWER = -1,     /* it is of a later version */
	TROUBLE_FOREIGN = -2,   /* it is a database, but not a ledger */
	TROUBLE_GONE = -3,      /* the file was removed, or another one is in its place */
	TROUBLE_MOVED = -4,     /* its -wal was */
	TROUBLE_SILENT = -5,    /* the writer does not come back */
	TROUBLE_IRREGULAR = -7, /* there is something else than a file in its place */
	TROUBLE_DIRECTORY = -6, /* that of the state cannot be had; `error` says why */
};

struct trouble {
	int code;
	int error; /* errno of the system call behind it; 0: not known */
};

/* Of what went wrong with that connection last, or of opening it. */
struct trouble trouble_of(sqlite3 *db, int code);

/* Is the file to be set aside, and a new one begun? */
bool trouble_is_broken(const struct trouble *trouble);

/* Says in a sentence without full stop what is wrong with the file and what to do about it. */
void trouble_text(const struct trouble *trouble, const char *path, char buf[LEDGER_TEXT_SIZE]);
