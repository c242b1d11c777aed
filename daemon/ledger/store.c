/* See store.h. */
#include "ledger/store.h"

#include "ledger/schema.h"
#include "ledger/statements.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file of no more pages is checked as a whole when it is opened. */
#define CHECKED_PAGES 2048

/* --- statements --- */

sqlite3_stmt *store_stmt(struct store *store, enum store_verb verb)
{
	return store->stmts[verb];
}

int store_reset(sqlite3_stmt *stmt)
{
	return sqlite3_reset(stmt);
}

int store_run(sqlite3_stmt *stmt)
{
	(void)sqlite3_step(stmt);
	return sqlite3_reset(stmt);
}

static int execute(struct store *store, const char *sql)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL);
}

/* Judges the first column of its first row, which is NULL if there is none. */
static int query(struct store *store, const char *sql, int (*judge)(const char *text))
{
	sqlite3_stmt *stmt;
	int judged = SQLITE_OK;
	int rc = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		judged = judge((const char *)sqlite3_column_text(stmt, 0));
	rc = sqlite3_finalize(stmt);
	return rc == SQLITE_OK ? judged : rc;
}

/* --- opening --- */

/* It stays what it was where there can be no WAL file, as on some network file systems. */
static int judge_mode(const char *mode)
{
	if (!mode)
		return SQLITE_NOMEM;
	return strcmp(mode, "wal") == 0 ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int judge_pages(const char *pages)
{
	if (!pages)
		return SQLITE_NOMEM;
	return strtol(pages, NULL, 10) <= CHECKED_PAGES ? SQLITE_OK : SQLITE_DONE;
}

/* That it could not read says nothing about the structure. */
static int judge_structure(const char *finding)
{
	const char *code = finding ? strstr(finding, "error code=") : NULL;
	int rc = code ? (int)strtol(code + strlen("error code="), NULL, 10) : SQLITE_OK;

	if (!finding)
		return SQLITE_NOMEM;
	if (strcmp(finding, "ok") == 0)
		return SQLITE_OK;
	return rc > 0 ? rc : SQLITE_CORRUPT;
}

/* Makes an empty file that is the user's alone; SQLite would let others read it. Returns 0 or
   -errno. */
static int make_file(const char *path, bool *ret_made)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	*ret_made = fd >= 0;
	return fd < 0 && errno != EEXIST ? -errno : 0;
}

/* Makes the directory as well, if that is what is missing. */
static int make(const char *path, bool *ret_made)
{
	_cleanup_free_ char *directory = NULL;
	int r = make_file(path, ret_made);

	if (r != -ENOENT)
		return r;
	directory = strndup(path, (size_t)(strrchr(path, '/') - path));
	if (!directory)
		return -ENOMEM;
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return -errno;
	return make_file(path, ret_made);
}

/* A FIFO, a socket or a device: what comes of reading it would be taken for a failing disk. Of a
   directory the error says it. */
static bool is_irregular(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* May the file be written? Returns 0 or -errno. */
static int probe(const char *path)
{
	return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0 ? -errno : 0;
}

static int connect(struct store *store)
{
	int rc = sqlite3_open_v2(
		store->path, &store->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	if (rc != SQLITE_OK)
		return rc;
	(void)sqlite3_busy_timeout(store->db, STORE_BUSY_MSEC);
	/* Until it is known to be ours. */
	(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/* SQLite would go on, and make a WAL file that cannot be written either, for good. */
	if (sqlite3_db_readonly(store->db, NULL) != 0)
		return SQLITE_READONLY;
	return schema_check(store->db);
}

static int set_up(struct store *store)
{
	char limit[64];
	int rc = query(store, "PRAGMA journal_mode = WAL", judge_mode);

	if (rc != SQLITE_OK)
		return rc;
	(void)snprintf(limit, sizeof(limit), "PRAGMA journal_size_limit = %d", STORE_WAL_BYTES);
	rc = execute(store, limit);
	/* Checkpoints are another thread's. What is deleted need not be overwritten: it was not
	   secret, and costs twice. */
	if (rc == SQLITE_OK)
		rc = execute(store, "PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = OFF;"
				    "PRAGMA cache_size = -16384; PRAGMA synchronous = NORMAL");
	return rc;
}

/* Looks at the structure of a small file as a whole; errors in a large one show when it is used. */
static int check(struct store *store)
{
	int rc = query(store, "PRAGMA page_count", judge_pages);

	if (rc != SQLITE_OK)
		return rc == SQLITE_DONE ? SQLITE_OK : rc;
	return query(store, "PRAGMA quick_check(1)", judge_structure);
}

/* A file whose tables are not as they were made is not ours any more. */
static int prepare(struct store *store)
{
	for (size_t i = 0; i < STORE_VERBS; i++) {
		int rc = sqlite3_prepare_v3(store->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
					    &store->stmts[i], NULL);

		if (rc != SQLITE_OK)
			return rc == SQLITE_ERROR ? TROUBLE_FOREIGN : rc;
	}
	return 0;
}

static int on_wal(void *ctx, sqlite3 *db, const char *name, int pages)
{
	struct store *store = ctx;

	(void)db;
	(void)name;
	store->wal_pages = pages;
	return SQLITE_OK;
}

static int identify(struct store *store)
{
	struct stat st;

	if (stat(store->path, &st) < 0)
		return TROUBLE_GONE;
	/* It is opened again, and not the one that it was. */
	if (store->ino != 0 && !store->made && (st.st_ino != store->ino || st.st_dev != store->dev))
		return TROUBLE_GONE;
	store->dev = st.st_dev;
	store->ino = st.st_ino;
	store->wal_ino = 0;
	return 0;
}

int store_open(struct store *store, const char *path, struct trouble *ret_trouble)
{
	int rc;
	int r;

	*store = (struct store){
		.path = path,
		.dev = store->dev,
		.ino = store->ino,
		.numbers = store->numbers,
		.n_numbers = store->n_numbers,
		.last_number = store->last_number,
	};
	r = make(path, &store->made);
	if (r < 0) {
		*ret_trouble = (struct trouble){TROUBLE_DIRECTORY, -r};
		return TROUBLE_DIRECTORY;
	}
	if (is_irregular(path)) {
		*ret_trouble = (struct trouble){TROUBLE_IRREGULAR, 0};
		return TROUBLE_IRREGULAR;
	}
	rc = connect(store);
	if (rc == SQLITE_OK)
		rc = set_up(store);
	if (rc == SQLITE_OK && !store->made)
		rc = check(store);
	if (rc == SQLITE_OK)
		rc = schema_prepare(store->db);
	if (rc == SQLITE_OK)
		rc = prepare(store);
	if (rc == SQLITE_OK)
		rc = identify(store);
	if (rc != SQLITE_OK) {
		*ret_trouble = trouble_of(store->db, rc);
		/* SQLite tries several ways; the last to fail need not be the cause. */
		r = probe(path);
		if (r < 0)
			ret_trouble->error = -r;
		store_close(store, true);
		return rc;
	}
	(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	(void)sqlite3_wal_hook(store->db, on_wal, store);
	return 0;
}

void store_close(struct store *store, bool abrupt)
{
	for (size_t i = 0; i < STORE_VERBS; i++) {
		(void)sqlite3_finalize(store->stmts[i]);
		store->stmts[i] = NULL;
	}
	if (store->db && abrupt)
		(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	(void)sqlite3_close(store->db);
	store->db = NULL;
}

int store_set_power(struct store *store, bool power)
{
	int rc;

	if (store->power == power)
		return 0;
	rc = execute(store, power ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
	if (rc == SQLITE_OK)
		store->power = power;
	return rc;
}

int store_begin_life(struct store *store, const struct ledger_life *life)
{
	static const enum store_verb verbs[] = {STORE_LIFE_FIND, STORE_LIFE};
	int rc = schema_write_reasons(store->db);

	/* It may be there already, if this is not the first time that the file is opened. */
	for (size_t i = 0; rc == SQLITE_OK && i < ARRAY_LENGTH(verbs); i++) {
		sqlite3_stmt *stmt = store_stmt(store, verbs[i]);

		(void)sqlite3_bind_int64(stmt, 1, life->started);
		(void)sqlite3_bind_int64(stmt, 2, life->pid);
		(void)sqlite3_bind_text(stmt, 3, life->boot, -1, SQLITE_STATIC);
		if (verbs[i] == STORE_LIFE)
			(void)sqlite3_bind_text(stmt, 4, life->version, -1, SQLITE_STATIC);
		if (sqlite3_step(stmt) == SQLITE_ROW) {
			store->life = sqlite3_column_int64(stmt, 0);
			return store_reset(stmt);
		}
		rc = store_reset(stmt);
	}
	if (rc == SQLITE_OK)
		store->life = sqlite3_last_insert_rowid(store->db);
	return rc;
}

int store_look(struct store *store)
{
	char wal[4096];
	struct stat st;

	if (stat(store->path, &st) < 0 || st.st_ino != store->ino || st.st_dev != store->dev)
		return TROUBLE_GONE;
	if ((size_t)snprintf(wal, sizeof(wal), "%s-wal", store->path) >= sizeof(wal))
		return 0;
	if (stat(wal, &st) < 0)
		return store->wal_ino != 0 ? TROUBLE_MOVED : 0;
	if (store->wal_ino == 0)
		store->wal_ino = st.st_ino;
	return st.st_ino != store->wal_ino ? TROUBLE_MOVED : 0;
}

/* --- transactions --- */

int store_begin(struct store *store)
{
	return store_run(store_stmt(store, STORE_BEGIN));
}

int store_commit(struct store *store)
{
	return store_run(store_stmt(store, STORE_COMMIT));
}

void store_rollback(struct store *store)
{
	sqlite3_stmt *stmt = store_stmt(store, STORE_ROLLBACK);

	if (store->db && !sqlite3_get_autocommit(store->db)) {
		(void)sqlite3_step(stmt);
		(void)sqlite3_reset(stmt);
	}
}

bool store_is_refused(int code)
{
	switch (code & 0xff) {
	case SQLITE_CONSTRAINT:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
		return code > 0;
	default:
		return false;
	}
}

/* --- a database that the daemon did not begin with --- */

static const char open_sql[] = "SELECT id FROM run WHERE verdict IS NULL AND state = 'accepted'";

static const char begin_sql[] = "UPDATE run SET state = 'started' WHERE id = ?1";

static const char close_sql[] =
	"UPDATE run SET verdict = iif(state = 'accepted', 'cancelled', 'lost'),"
	" reason = iif(state = 'accepted', 'rescheduled', 'crash'), state = NULL, next = NULL,"
	" failed = NULL WHERE verdict IS NULL;"
	"UPDATE job SET held = NULL WHERE held IS NOT NULL";

static const char last_sql[] = "SELECT max(coalesce((SELECT max(number) FROM job), 0),"
			       " (SELECT number FROM highest WHERE kind = 'job'))";

/* What is only accepted in the database, but was begun. */
static int begin_marked(struct store *store, bool (*is_begun)(void *ctx, uint64_t run), void *ctx)
{
	sqlite3_stmt *open = NULL;
	sqlite3_stmt *begin = NULL;
	int rc = sqlite3_prepare_v2(store->db, open_sql, -1, &open, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(store->db, begin_sql, -1, &begin, NULL);
	while (rc == SQLITE_OK && sqlite3_step(open) == SQLITE_ROW) {
		int64_t run = sqlite3_column_int64(open, 0);

		if (!is_begun(ctx, (uint64_t)run))
			continue;
		(void)sqlite3_bind_int64(begin, 1, run);
		rc = store_run(begin);
	}
	(void)sqlite3_finalize(begin);
	if (rc == SQLITE_OK)
		return sqlite3_finalize(open);
	(void)sqlite3_finalize(open);
	return rc;
}

int store_adopt_foreign(struct store *store, bool (*is_begun)(void *ctx, uint64_t run), void *ctx)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(store->db, last_sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	if (sqlite3_step(stmt) == SQLITE_ROW)
		store->last_number = (uint32_t)sqlite3_column_int64(stmt, 0);
	rc = sqlite3_finalize(stmt);
	if (rc == SQLITE_OK)
		rc = store_begin(store);
	if (rc == SQLITE_OK)
		rc = begin_marked(store, is_begun, ctx);
	if (rc == SQLITE_OK)
		rc = execute(store, close_sql);
	if (rc == SQLITE_OK)
		rc = store_commit(store);
	if (rc != SQLITE_OK)
		return rc;
	free(store->numbers);
	store->n_numbers = 64;
	store->numbers = calloc(store->n_numbers, sizeof(*store->numbers));
	return store->numbers ? 0 : SQLITE_NOMEM;
}
