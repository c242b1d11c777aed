/* See checkpoint.h. */
#include "ledger/checkpoint.h"

#include "ledger/store.h"
#include "ledger/trouble.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A checkpoint is due with so many pages more in the WAL file than after the last: 4 MiB. */
#define PAGES_EACH 1000

/* With so many the writer is held up, so that it is begun anew. */
#define PAGES_MANY 4000

/* With so many it waits for any that is under way. */
#define PAGES_MAX 8000

struct checkpointer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;  /* the thread sleeps on this */
	pthread_cond_t quiet; /* the writer waits on this for the thread */
	/* The rest is guarded by lock. */
	sqlite3 *db;      /* the thread's while it is `busy` */
	const char *path; /* of the file; it may be opened if `file` */
	dev_t dev;        /* which that is */
	ino_t ino;
	bool file;
	bool asked;   /* a checkpoint is wanted */
	bool busy;    /* one is under way ... */
	bool holding; /* ... or about to be, for which no transaction is to begin */
	bool writing; /* there is a transaction */
	bool ending;
	int code;       /* what the last one found out about the file */
	int pages;      /* in the WAL file */
	int due;        /* with so many there is to be one */
	uint64_t begun; /* transactions */
	uint64_t ended; /* the last of these that has */
	uint64_t mark;  /* `begun` when the last checkpoint ended */
};

static void lock(struct checkpointer *checkpointer)
{
	int error = pthread_mutex_lock(&checkpointer->lock);

	assert(error == 0);
	(void)error;
}

static void unlock(struct checkpointer *checkpointer)
{
	int error = pthread_mutex_unlock(&checkpointer->lock);

	assert(error == 0);
	(void)error;
}

/* --- the thread --- */

static int connect(struct checkpointer *checkpointer, sqlite3 **db)
{
	struct stat st;
	int rc;

	if (*db)
		return SQLITE_OK;
	rc = sqlite3_open_v2(checkpointer->path, db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			     NULL);
	/* Another file in its place would be taken with the same -shm file, which SQLite would
	   truncate under the writer, who has it mapped: a process has no locks against itself. */
	if (rc == SQLITE_OK && (stat(checkpointer->path, &st) < 0 ||
				st.st_ino != checkpointer->ino || st.st_dev != checkpointer->dev))
		return TROUBLE_GONE;
	/* It only knows that there is a WAL file when it has read something. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(*db,
				  "PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL;"
				  "SELECT 1 FROM sqlite_schema LIMIT 1",
				  NULL, NULL, NULL);
	(void)sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return rc;
}

/* One checkpoint. If it fails for another reason than the file itself, the pages stay where they
   are, and the next one takes them along. Under the lock, but not meanwhile. */
static void checkpoint(struct checkpointer *checkpointer)
{
	sqlite3 *db = checkpointer->db;
	int rc;

	unlock(checkpointer);
	rc = connect(checkpointer, &db);
	if (rc == SQLITE_OK)
		rc = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	else
		(void)sqlite3_close(steal_ptr(db));
	lock(checkpointer);
	checkpointer->db = db;
	checkpointer->mark = checkpointer->begun;
	if (trouble_is_broken(&(struct trouble){.code = rc}))
		checkpointer->code = rc;
}

/* The same with no transaction under way. */
static void checkpoint_alone(struct checkpointer *checkpointer)
{
	checkpointer->holding = true;
	while (checkpointer->writing)
		pthread_cond_wait(&checkpointer->work, &checkpointer->lock);
	checkpoint(checkpointer);
	checkpointer->holding = false;
	pthread_cond_signal(&checkpointer->quiet);
}

static bool is_wanted(const struct checkpointer *checkpointer)
{
	return checkpointer->file && checkpointer->asked;
}

static void *checkpointer_main(void *arg)
{
	struct checkpointer *checkpointer = arg;

	lock(checkpointer);
	while (!checkpointer->ending) {
		if (!is_wanted(checkpointer)) {
			pthread_cond_wait(&checkpointer->work, &checkpointer->lock);
			continue;
		}
		checkpointer->asked = false;
		checkpointer->busy = true;
		if (checkpointer->ended > checkpointer->mark)
			checkpoint(checkpointer);
		else
			checkpoint_alone(checkpointer);
		if (checkpointer->pages >= PAGES_MANY)
			checkpoint_alone(checkpointer);
		checkpointer->due = checkpointer->pages + PAGES_EACH;
		checkpointer->busy = false;
		pthread_cond_signal(&checkpointer->quiet);
	}
	unlock(checkpointer);
	return NULL;
}

/* --- the writer's side --- */

int checkpointer_new(const pthread_attr_t *attr, struct checkpointer **ret_checkpointer)
{
	struct checkpointer *checkpointer = calloc(1, sizeof(*checkpointer));
	int error;

	if (!checkpointer)
		return -ENOMEM;
	error = pthread_mutex_init(&checkpointer->lock, NULL);
	if (error != 0)
		goto no_lock;
	error = pthread_cond_init(&checkpointer->work, NULL);
	if (error != 0)
		goto no_work;
	error = pthread_cond_init(&checkpointer->quiet, NULL);
	if (error != 0)
		goto no_quiet;
	error = pthread_create(&checkpointer->thread, attr, checkpointer_main, checkpointer);
	if (error != 0)
		goto no_thread;
	*ret_checkpointer = checkpointer;
	return 0;

no_thread:
	(void)pthread_cond_destroy(&checkpointer->quiet);
no_quiet:
	(void)pthread_cond_destroy(&checkpointer->work);
no_work:
	(void)pthread_mutex_destroy(&checkpointer->lock);
no_lock:
	free(checkpointer);
	return -error;
}

void checkpointer_free(struct checkpointer *checkpointer)
{
	if (!checkpointer)
		return;
	lock(checkpointer);
	checkpointer->ending = true;
	pthread_cond_signal(&checkpointer->work);
	unlock(checkpointer);
	(void)pthread_join(checkpointer->thread, NULL);
	(void)sqlite3_close(checkpointer->db);
	(void)pthread_cond_destroy(&checkpointer->quiet);
	(void)pthread_cond_destroy(&checkpointer->work);
	(void)pthread_mutex_destroy(&checkpointer->lock);
	free(checkpointer);
}

void checkpointer_start(struct checkpointer *checkpointer, const struct store *store)
{
	lock(checkpointer);
	checkpointer->path = store->path;
	checkpointer->dev = store->dev;
	checkpointer->ino = store->ino;
	checkpointer->file = true;
	checkpointer->code = 0;
	checkpointer->pages = 0;
	checkpointer->due = PAGES_EACH;
	unlock(checkpointer);
}

void checkpointer_stop(struct checkpointer *checkpointer)
{
	lock(checkpointer);
	checkpointer->file = false;
	checkpointer->asked = false;
	while (checkpointer->busy)
		pthread_cond_wait(&checkpointer->quiet, &checkpointer->lock);
	(void)sqlite3_close(steal_ptr(checkpointer->db));
	unlock(checkpointer);
}

void checkpointer_enter(struct checkpointer *checkpointer)
{
	lock(checkpointer);
	while (checkpointer->holding || (checkpointer->busy && checkpointer->pages >= PAGES_MAX))
		pthread_cond_wait(&checkpointer->quiet, &checkpointer->lock);
	checkpointer->writing = true;
	checkpointer->begun++;
	unlock(checkpointer);
}

int checkpointer_leave(struct checkpointer *checkpointer, int pages)
{
	bool wake;
	int code;

	lock(checkpointer);
	checkpointer->writing = false;
	checkpointer->ended = checkpointer->begun;
	/* It was begun anew. */
	if (pages < checkpointer->pages)
		checkpointer->due = PAGES_EACH;
	checkpointer->pages = pages;
	wake = checkpointer->holding;
	if (pages >= checkpointer->due && !checkpointer->busy && !checkpointer->asked) {
		checkpointer->asked = true;
		wake = true;
	}
	code = checkpointer->code;
	if (wake)
		pthread_cond_signal(&checkpointer->work);
	unlock(checkpointer);
	return code;
}

void checkpointer_ask(struct checkpointer *checkpointer)
{
	lock(checkpointer);
	checkpointer->asked = true;
	pthread_cond_signal(&checkpointer->work);
	unlock(checkpointer);
}
