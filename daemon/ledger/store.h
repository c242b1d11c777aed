/*
 * The open database: one connection, its settings, and a function for each kind of posting. Codes
 * are those of trouble.h. One thread at a time.
 */
#pragma once

#include "base/cleanup.h"
#include "ledger/ledger.h"
#include "ledger/posting.h"
#include "ledger/trouble.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* How long to wait for another process that has it locked. */
#define STORE_BUSY_MSEC 250

/* The WAL file is cut to this when it is begun anew. */
#define STORE_WAL_BYTES (16 * 1024 * 1024)

/* What is done to the database, apart from reading it. */
enum store_verb {
	STORE_BEGIN,
	STORE_COMMIT,
	STORE_ROLLBACK,
	STORE_JOB_FIND,
	STORE_JOB,
	STORE_JOB_GONE,
	STORE_JOB_STATE,
	STORE_HELD,
	STORE_ACCEPTED,
	STORE_INTENT,
	STORE_PROCESS,
	STORE_END,
	STORE_OUTPUT,
	STORE_FORGET,
	STORE_STREAK,
	STORE_CLOCK_STEPPED,
	STORE_LIFE_FIND,
	STORE_LIFE,
	STORE_LIFE_END,
	STORE_SWEEP_RUNS,
	STORE_SWEEP_STREAKS,
	STORE_FOLD_RUN,
	STORE_FOLD_STREAK,
	STORE_HIGHEST,
	STORE_HIGHEST_JOB,
	STORE_DROP_RUN,
	STORE_DROP_OUTPUT,
	STORE_DROP_STREAK,
	STORE_DROP_JOBS,
	STORE_DROP_STEPS,
	STORE_DROP_LIVES,
	STORE_VERBS,
};

struct store {
	sqlite3 *db; /* NULL: it is not open */
	sqlite3_stmt *stmts[STORE_VERBS];
	const char *path;
	int64_t life;  /* of the daemon, in it; 0: it is not on record yet */
	bool made;     /* the file was not there before */
	bool power;    /* each commit waits for the disk */
	int wal_pages; /* in the WAL file, as of the last commit */
	dev_t dev;     /* of the file */
	ino_t ino;
	ino_t wal_ino; /* 0: not known yet */
	/* Of a database whose jobs were not known when the daemon began to number its own: the
	   numbers that these have in it. NULL: the same. */
	uint32_t *numbers;
	uint32_t n_numbers;
	uint32_t last_number; /* in it */
};

/*
 * Opens the database at path (in what is all zero, or was closed), which must stay, or makes it,
 * and its directory, so that only the daemon's user can read it; brings it up to the present
 * schema. Returns 0, or what is wrong in *ret_trouble and its code.
 */
int store_open(struct store *store, const char *path, struct trouble *ret_trouble) _must_check_;

/* Closes it; all that was committed is in the one file then, unless `abrupt`: what is in the WAL
   file stays there. One that is not open is fine. */
void store_close(struct store *store, bool abrupt);

/* Is each commit to wait for the disk? Not within a transaction. Returns 0 or a code. */
int store_set_power(struct store *store, bool power) _must_check_;

/* Puts the daemon's life on record, once, and what its reasons mean. In a transaction. Returns 0 or
   a code. */
int store_begin_life(struct store *store, const struct ledger_life *life) _must_check_;

/* Is the file still where it was? 0, TROUBLE_GONE or TROUBLE_MOVED. */
int store_look(struct store *store) _must_check_;

/*
 * The jobs of this database are others than those that the daemon numbers: takes them by name from
 * now on. Runs that are open came from a life before this one and will be heard of no more: they
 * get their verdict, which of one that was only accepted depends on whether it was begun all the
 * same. Returns 0 or a code.
 */
int store_adopt_foreign(struct store *store, bool (*is_begun)(void *ctx, uint64_t run),
			void *ctx) _must_check_;

int store_begin(struct store *store) _must_check_;
int store_commit(struct store *store) _must_check_;
/* Whether or not there is a transaction. */
void store_rollback(struct store *store);

/* Writes one posting, which was opened. Returns 0 or a code. */
int store_apply(struct store *store, const struct posting *posting) _must_check_;

/* A process of a run that is still open. `start`: 0 if it is not known. Returns 0 or a code. */
int store_process(struct store *store, uint64_t run, pid_t pid, long start,
		  usec_t now) _must_check_;

/* Is it a fault of what was to be written, which would be the same the next time? */
bool store_is_refused(int code);

/* A statement, to be bound and stepped, which store_reset() ends. */
sqlite3_stmt *store_stmt(struct store *store, enum store_verb verb);

/* Ends a statement. Returns 0 or the code with which it failed. */
int store_reset(sqlite3_stmt *stmt);

/* Executes one that yields no rows. Returns 0 or a code. */
int store_run(sqlite3_stmt *stmt) _must_check_;

/* The number of a job of the daemon in the database. */
uint32_t store_job(struct store *store, uint32_t job);
