/* See trouble.h. */
#include "ledger/trouble.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct trouble trouble_of(sqlite3 *db, int code)
{
	struct trouble trouble = {.code = code};

	if (db && code > 0)
		trouble.error = sqlite3_system_errno(db);
	return trouble;
}

bool trouble_is_broken(const struct trouble *trouble)
{
	switch (trouble->code) {
	case TROUBLE_FOREIGN:
	case TROUBLE_GONE:
		return true;
	default:
		return trouble->code > 0 && ((trouble->code & 0xff) == SQLITE_CORRUPT ||
					     (trouble->code & 0xff) == SQLITE_NOTADB);
	}
}

/* What errno tells more than the code does. */
static const char *by_errno(int error)
{
	switch (error) {
	case ENOSPC:
		return "the disk is full; make room";
	case EDQUOT:
		return "the disk quota is used up; make room, or raise it";
	case EROFS:
		return "the file system is read-only; remount it, or set state_dir elsewhere";
	case EACCES:
	case EPERM:
		return "permission is denied; let the daemon's user write there";
	case ENOTDIR:
		return "a part of the path is no directory; remove what is in the way, or set "
		       "state_dir elsewhere";
	case ENOENT:
		return "the directory is missing; make it, or set state_dir elsewhere";
	case EISDIR:
		return "there is a directory in its place; remove it";
	case EMFILE:
	case ENFILE:
		return "there are too many open files; raise the limit";
	case EIO:
		return "the disk fails; look at the kernel's log";
	default:
		return NULL;
	}
}

/* By extended code, or by its first byte where that says enough. */
static const struct {
	int code;
	const char *text;
} texts[] = {
	{TROUBLE_NEWER, "it is of a later version of everyd; install that one, or set state_dir "
			"elsewhere"},
	{TROUBLE_FOREIGN, "it is a database of another program"},
	{TROUBLE_GONE, "the file was removed or replaced"},
	{TROUBLE_MOVED, "the file with -wal behind its name was removed or replaced"},
	{TROUBLE_SILENT, "the disk does not answer; look at the kernel's log"},
	{TROUBLE_IRREGULAR, "it is not a file, but a FIFO, a socket or a device; remove it, or set "
			    "state_dir elsewhere"},
	{SQLITE_IOERR_NOMEM, "out of memory"},
	{SQLITE_IOERR_FSYNC, "what was written cannot be made durable; the disk may fail: look at "
			     "the kernel's log"},
	{SQLITE_READONLY_DIRECTORY, "the directory cannot be written; let the daemon's user write "
				    "there"},
	{SQLITE_READONLY_DBMOVED, "the file was removed or replaced"},
	{SQLITE_FULL, "the disk is full; make room"},
	{SQLITE_READONLY, "it cannot be written; let the daemon's user write it, and see whether "
			  "the file system is read-only"},
	{SQLITE_PERM, "permission is denied; let the daemon's user write there"},
	{SQLITE_AUTH, "permission is denied; let the daemon's user write there"},
	{SQLITE_CANTOPEN, "it cannot be opened; see that it is a file which the daemon's user can "
			  "write, in a directory where it can make others"},
	{SQLITE_BUSY, "another process has locked it; end that process, or what it does with it"},
	{SQLITE_LOCKED, "another process has locked it; end that process, or what it does with it"},
	{SQLITE_PROTOCOL, "another process has locked it; end that process, or what it does with "
			  "it"},
	{SQLITE_NOMEM, "out of memory"},
	{SQLITE_CORRUPT, "the file is corrupt"},
	{SQLITE_NOTADB, "the file is corrupt: it is no database"},
	{SQLITE_NOLFS, "the file is larger than the file system allows"},
	{SQLITE_TOOBIG, "the file is larger than SQLite allows"},
	{SQLITE_IOERR, "reading or writing it fails; look at the kernel's log"},
};

static const char *by_code(int code)
{
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		if (texts[i].code == code)
			return texts[i].text;
	for (size_t i = 0; code > 0 && i < ARRAY_LENGTH(texts); i++)
		if (texts[i].code == (code & 0xff))
			return texts[i].text;
	return NULL;
}

void trouble_text(const struct trouble *trouble, const char *path, char buf[LEDGER_TEXT_SIZE])
{
	int code = trouble->code;
	const char *text = NULL;

	/* What the system said is nearer to the cause, where a call of it failed. */
	if (code == TROUBLE_DIRECTORY || (code & 0xff) == SQLITE_IOERR ||
	    (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_READONLY)
		text = by_errno(trouble->error);
	if (!text)
		text = by_code(code);
	if (text)
		(void)snprintf(buf, LEDGER_TEXT_SIZE, "the ledger %s: %s", path, text);
	else if (code > 0)
		(void)snprintf(buf, LEDGER_TEXT_SIZE, "the ledger %s: %s (%d)", path,
			       sqlite3_errstr(code), code);
	else
		(void)snprintf(buf, LEDGER_TEXT_SIZE, "the ledger %s: %s", path,
			       strerror(trouble->error));
}
