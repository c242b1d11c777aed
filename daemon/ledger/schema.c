/* See schema.h. */
#include "ledger/schema.h"

#include "core/verdict.h"
#include "ledger/trouble.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const char version_1[] =
	/* A job is known by its name, to the rest by its number. What is known of rows that were
	   pruned is folded into it: no slot up to `floor` needs catching up, and so on. */
	"CREATE TABLE job ("
	" number INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" schedule TEXT,"                       /* NULL: not in the configuration any more ... */
	" gone INTEGER,"                        /* ... since then */
	" floor INTEGER NOT NULL,"
	" held INTEGER,"                        /* a slot that waits */
	" failures INTEGER NOT NULL DEFAULT 0," /* in a row */
	" told INTEGER NOT NULL DEFAULT 0,"     /* of these */
	" paused INTEGER NOT NULL DEFAULT 0,"
	" until INTEGER,"                       /* of the pause; NULL: until somebody resumes it */
	" pause_reason TEXT,"
	" last_run INTEGER,"                    /* of those pruned: that which ended last ... */
	" last_verdict TEXT,"
	" last_ended INTEGER,"
	" last_success INTEGER"                 /* ... and when one last succeeded */
	") STRICT;"
	"CREATE INDEX job_gone ON job(gone) WHERE gone IS NOT NULL;"

	/* An occurrence that became a run. Open ones have a state and no verdict. */
	"CREATE TABLE run ("
	" id INTEGER PRIMARY KEY,"
	" job INTEGER NOT NULL,"
	" slot INTEGER NOT NULL,"
	" due INTEGER NOT NULL,"
	" state TEXT,"      /* accepted, started, backoff; NULL: it has its verdict */
	" verdict TEXT,"
	" reason TEXT,"     /* see the table of that name */
	" attempts INTEGER NOT NULL,"
	" accepted INTEGER NOT NULL,"
	" queued INTEGER,"  /* this and what follows: of its last attempt */
	" started INTEGER," /* its process was made, or was about to be */
	" ended INTEGER,"
	" result TEXT,"     /* exited, signalled, spawn_failed, ... */
	" exit INTEGER,"
	" signal INTEGER,"
	" stage TEXT,"      /* at which it could not be started ... */
	" error INTEGER,"   /* ... and errno */
	" cpu INTEGER,"     /* microseconds */
	" memory INTEGER,"  /* peak resident, kilobytes */
	" printed INTEGER," /* bytes */
	" dropped INTEGER," /* of these */
	" leftovers INTEGER,"
	" pid INTEGER,"
	" start INTEGER,"   /* of the process: ticks since boot */
	" life INTEGER,"    /* of the daemon that made it */
	" next INTEGER,"    /* backoff: when the next attempt is due ... */
	" failed TEXT"      /* ... and what the verdict of the last would have been */
	") STRICT;"
	"CREATE INDEX run_job ON run(job, slot);"

	/* The head and the tail of what a run printed, if it printed anything. */
	"CREATE TABLE output ("
	" run INTEGER PRIMARY KEY,"
	" head BLOB,"
	" tail BLOB"
	") STRICT;"

	/* Occurrences that did not run, for the same reason, one after the other. */
	"CREATE TABLE streak ("
	" id INTEGER PRIMARY KEY,"
	" job INTEGER NOT NULL,"
	" verdict TEXT NOT NULL,"
	" reason TEXT,"
	" count INTEGER NOT NULL,"
	" first INTEGER NOT NULL," /* slots */
	" last INTEGER NOT NULL,"
	" at INTEGER NOT NULL"     /* when it grew last */
	") STRICT;"
	"CREATE INDEX streak_job ON streak(job, last);"

	"CREATE TABLE clock_step ("
	" at INTEGER PRIMARY KEY,"
	" by INTEGER NOT NULL"
	") STRICT;"

	/* From a start of the daemon to its stop; NULL: it died. */
	"CREATE TABLE life ("
	" id INTEGER PRIMARY KEY,"
	" started INTEGER NOT NULL,"
	" stopped INTEGER,"
	" pid INTEGER NOT NULL,"
	" version TEXT NOT NULL,"
	" boot TEXT NOT NULL"
	") STRICT;"

	/* The highest numbers that were given, apart from what rows tell. */
	"CREATE TABLE highest ("
	" kind TEXT PRIMARY KEY,"
	" number INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"INSERT INTO highest VALUES ('run', 0), ('streak', 0), ('job', 0);"

	"CREATE TABLE reason ("
	" reason TEXT PRIMARY KEY,"
	" text TEXT NOT NULL"
	") STRICT, WITHOUT ROWID;"

	/* For people. */
	"CREATE VIEW history AS"
	" SELECT j.name AS job, r.id AS run,"
	"  strftime('%Y-%m-%d %H:%M:%f', r.slot / 1e6, 'unixepoch') AS slot,"
	"  coalesce(r.verdict, r.state) AS verdict, w.text AS because, r.attempts,"
	"  1 AS occurrences,"
	"  strftime('%Y-%m-%d %H:%M:%f', r.started / 1e6, 'unixepoch') AS started,"
	"  (r.ended - r.started) / 1e6 AS seconds, r.exit, r.signal, r.cpu / 1e6 AS cpu, r.memory"
	" FROM run r LEFT JOIN job j ON j.number = r.job LEFT JOIN reason w USING (reason)"
	" UNION ALL"
	" SELECT j.name, NULL, strftime('%Y-%m-%d %H:%M:%f', s.last / 1e6, 'unixepoch'),"
	"  s.verdict, w.text, NULL, s.count, NULL, NULL, NULL, NULL, NULL, NULL"
	" FROM streak s LEFT JOIN job j ON j.number = s.job LEFT JOIN reason w USING (reason);"

	"CREATE VIEW jobs AS"
	" SELECT name AS job, schedule, failures,"
	"  strftime('%Y-%m-%d %H:%M:%f', nullif(max(coalesce(last_success, 0), coalesce("
	"   (SELECT max(ended) FROM run WHERE run.job = number AND verdict = 'ok'), 0)), 0)"
	"   / 1e6, 'unixepoch') AS last_success,"
	"  CASE WHEN paused THEN coalesce("
	"   strftime('%Y-%m-%d %H:%M:%f', until / 1e6, 'unixepoch'), 'resumed') END"
	"   AS paused_until,"
	"  pause_reason,"
	"  strftime('%Y-%m-%d %H:%M:%f', gone / 1e6, 'unixepoch') AS gone"
	" FROM job;";

/* Runs that somebody has asked for: `slot` is when that was, and none of the schedule's. */
static const char version_2[] =
	/* 1; 2: with an environment of its own, without which it is not to be run. */
	"ALTER TABLE run ADD COLUMN manual INTEGER NOT NULL DEFAULT 0;"

	"DROP VIEW history;"
	"CREATE VIEW history AS"
	" SELECT j.name AS job, r.id AS run,"
	"  strftime('%Y-%m-%d %H:%M:%f', r.slot / 1e6, 'unixepoch') AS slot,"
	"  coalesce(r.verdict, r.state) AS verdict, w.text AS because, r.attempts,"
	"  1 AS occurrences,"
	"  strftime('%Y-%m-%d %H:%M:%f', r.started / 1e6, 'unixepoch') AS started,"
	"  (r.ended - r.started) / 1e6 AS seconds, r.exit, r.signal, r.cpu / 1e6 AS cpu, r.memory,"
	"  CASE WHEN r.manual THEN 'by hand' END AS asked"
	" FROM run r LEFT JOIN job j ON j.number = r.job LEFT JOIN reason w USING (reason)"
	" UNION ALL"
	" SELECT j.name, NULL, strftime('%Y-%m-%d %H:%M:%f', s.last / 1e6, 'unixepoch'),"
	"  s.verdict, w.text, NULL, s.count, NULL, NULL, NULL, NULL, NULL, NULL, NULL"
	" FROM streak s LEFT JOIN job j ON j.number = s.job LEFT JOIN reason w USING (reason);";
/* clang-format on */

/* What makes version i + 1 of version i. */
static const char *const steps[SCHEMA_VERSION] = {version_1, version_2};

static int number_of(sqlite3 *db, const char *pragma, int *ret_number)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, pragma, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return sqlite3_extended_errcode(db);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*ret_number = sqlite3_column_int(stmt, 0);
		rc = SQLITE_OK;
	} else {
		rc = sqlite3_extended_errcode(db);
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}

int schema_check(sqlite3 *db)
{
	int application = 0;
	int version = 0;
	int tables = 0;
	int rc = number_of(db, "PRAGMA application_id", &application);

	if (rc == SQLITE_OK)
		rc = number_of(db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK)
		rc = number_of(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rc != SQLITE_OK)
		return rc;
	if (application != SCHEMA_APPLICATION && (application != 0 || version != 0 || tables != 0))
		return TROUBLE_FOREIGN;
	return version > SCHEMA_VERSION ? TROUBLE_NEWER : 0;
}

static int execute(sqlite3 *db, const char *sql)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sqlite3_extended_errcode(db);
}

/* One version further. */
static int step(sqlite3 *db, int version)
{
	char pragma[96];
	int rc = execute(db, steps[version]);

	if (rc != SQLITE_OK)
		return rc;
	(void)snprintf(pragma, sizeof(pragma),
		       "PRAGMA user_version = %d; PRAGMA application_id = %d", version + 1,
		       SCHEMA_APPLICATION);
	return execute(db, pragma);
}

int schema_prepare(sqlite3 *db)
{
	int version = 0;
	int rc = number_of(db, "PRAGMA user_version", &version);

	while (rc == SQLITE_OK && version < SCHEMA_VERSION) {
		rc = execute(db, "BEGIN IMMEDIATE");
		if (rc == SQLITE_OK)
			rc = step(db, version);
		if (rc == SQLITE_OK)
			rc = execute(db, "COMMIT");
		if (rc != SQLITE_OK)
			(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		version++;
	}
	return rc;
}

int schema_write_reasons(sqlite3 *db)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db,
				    "INSERT INTO reason VALUES (?1, ?2) ON CONFLICT DO UPDATE"
				    " SET text = excluded.text WHERE text <> excluded.text",
				    -1, &stmt, NULL);

	for (int i = 1; rc == SQLITE_OK && i < REASON_COUNT; i++) {
		(void)sqlite3_bind_text(stmt, 1, reason_word((enum reason)i), -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(stmt, 2, reason_text((enum reason)i), -1, SQLITE_STATIC);
		(void)sqlite3_step(stmt);
		rc = sqlite3_reset(stmt);
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}
