/* See writer.h. */
#include "ledger/writer.h"

#include "ledger/checkpoint.h"
#include "ledger/opening.h"
#include "ledger/tell.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What goes into one transaction, about. */
#define BATCH_BYTES ((size_t)1024 * 1024)

/* From one commit to the next, if nobody waits: so that there is something to put together. */
#define PACE (2 * USEC_PER_MSEC)

/* The numbers of processes are put on record if their runs take longer. */
#define LAZY_SPAN (20 * USEC_PER_MSEC)

/* When these are looked for, after runs were committed that may have begun meanwhile. */
#define PEEK_SPAN (25 * USEC_PER_MSEC)

/* When nothing was written for so long, there is a checkpoint. */
#define IDLE_SPAN USEC_PER_SEC

/* From one attempt to write to the next while there is trouble. */
#define RETRY_MIN (250 * USEC_PER_MSEC)
#define RETRY_MAX (10 * USEC_PER_SEC)

/* From one look at the file to the next. */
#define LOOK_SPAN (50 * USEC_PER_MSEC)

/* How long a step of pruning may hold up a commit; from one to the next while there is something to
   write, which is no longer than a step takes if more comes in than goes. */
#define PRUNE_SPAN  (2 * USEC_PER_MSEC)
#define PRUNE_PAUSE (20 * USEC_PER_MSEC)

/* Runs whose records of one batch are known to follow one another. A power of 2. */
#define MERGED 512

void writer_awaken(struct ledger *ledger)
{
	ledger->sleep = WRITER_AWAKE;
	pthread_cond_signal(&ledger->work);
}

void writer_wake(struct ledger *ledger, enum writer_sleep lightest)
{
	if (ledger->sleep < lightest || ledger->sleep == WRITER_RETRYING)
		return;
	writer_awaken(ledger);
}

/* --- writing --- */

/* What earlier records of a batch say of a run need not be written where a later one says all of
   it. Those of a process are not waited for any more, either. */
static void merge(struct ledger *ledger)
{
	struct posting *last[MERGED];
	struct posting *p;

	memset(last, 0, sizeof(last));
	for (struct queue_chunk *chunk = ledger->batch; chunk; chunk = chunk->next) {
		for (p = queue_next(chunk, NULL); p; p = queue_next(chunk, p)) {
			uint64_t run;
			struct posting **at;

			posting_open(p);
			run = posting_run(p);
			if (run == 0)
				continue;
			at = &last[run & (MERGED - 1)];
			if (*at && posting_run(*at) == run &&
			    ((*at)->kind == POSTING_ACCEPTED || (*at)->kind == POSTING_INTENT ||
			     (*at)->kind == POSTING_RETRY) &&
			    p->kind != POSTING_ACCEPTED)
				(*at)->skip = true;
			*at = p;
			if (p->kind != POSTING_ACCEPTED && p->kind != POSTING_INTENT)
				lazies_forget(&ledger->lazies, run);
		}
	}
}

/* Writes one; what can never be written is left out, and counted. */
static int apply(struct ledger *ledger, const struct posting *posting, uint64_t *refused)
{
	int rc = store_apply(&ledger->store, posting);

	if (!store_is_refused(rc))
		return rc;
	(*refused)++;
	return SQLITE_OK;
}

static int apply_batch(struct ledger *ledger, uint64_t *refused)
{
	int rc = SQLITE_OK;

	for (struct queue_chunk *chunk = ledger->batch; chunk; chunk = chunk->next)
		for (struct posting *p = queue_next(chunk, NULL); p && rc == SQLITE_OK;
		     p = queue_next(chunk, p))
			if (!p->skip)
				rc = apply(ledger, p, refused);
	return rc;
}

/* The processes that have been there long enough, from the first on. Returns how many in
 *ret_written; they stay on the list until that is committed. */
static int apply_lazies(struct ledger *ledger, usec_t now, size_t *ret_written)
{
	const struct lazy *lazy;
	size_t n = 0;
	int rc = SQLITE_OK;

	(void)lazies_first(&ledger->lazies);
	while (rc == SQLITE_OK && (lazy = lazies_at(&ledger->lazies, n)) &&
	       lazy->made <= now - LAZY_SPAN) {
		if (lazy->run != 0)
			rc = store_process(&ledger->store, lazy->run, lazy->pid,
					   ledger->start(lazy->pid), lazy->now);
		n++;
	}
	*ret_written = n;
	return rc;
}

/* Those rows that have their verdict now count. */
static void count_rows(struct ledger *ledger, usec_t now)
{
	for (struct queue_chunk *chunk = ledger->batch; chunk; chunk = chunk->next) {
		for (struct posting *p = queue_next(chunk, NULL); p; p = queue_next(chunk, p)) {
			ledger->expecting |= !p->skip && (p->kind == POSTING_ACCEPTED ||
							  p->kind == POSTING_INTENT);
			if (p->kind == POSTING_ENDED)
				prune_count(&ledger->prune, PRUNE_RUNS,
					    store_job(&ledger->store, p->end.attempt.run.job), now);
			else if (p->kind == POSTING_STREAK)
				prune_count_streak(&ledger->prune, p->streak.id,
						   store_job(&ledger->store, p->streak.job), now);
		}
	}
}

static int write_batch(struct ledger *ledger, bool drained, uint64_t *refused)
{
	bool first = ledger->store.life == 0;
	size_t lazies = 0;
	int rc = store_begin(&ledger->store);

	if (rc == SQLITE_OK && first)
		rc = store_begin_life(&ledger->store, &ledger->life);
	if (rc == SQLITE_OK)
		rc = apply_batch(ledger, refused);
	/* Their intents may be in what waits still. */
	if (rc == SQLITE_OK && drained)
		rc = apply_lazies(ledger, clock_monotonic(), &lazies);
	if (rc == SQLITE_OK)
		rc = store_commit(&ledger->store);
	if (rc != SQLITE_OK) {
		ledger->store.life = first ? 0 : ledger->store.life;
		return rc;
	}
	while (lazies-- > 0)
		lazies_drop(&ledger->lazies);
	return 0;
}

/* Takes what waits, unless something was taken and is not written yet, and the settings. Returns
   whether nothing is left. */
static bool take(struct ledger *ledger)
{
	bool drained;

	ledger_lock(ledger);
	if (!ledger->batch)
		ledger->batch = queue_take(&ledger->queue, BATCH_BYTES);
	lazies_move(&ledger->lazies, &ledger->arrived);
	if (ledger->configured)
		prune_configure(&ledger->prune, ledger->keep, ledger->runs);
	ledger->configured = false;
	drained = !ledger->queue.first;
	ledger->to_power = ledger->power;
	ledger_unlock(ledger);
	return drained;
}

/* Those that are accepted may be begun; of those that have ended, or are none any more, it need not
   be known. Not under the lock, for which nobody is to wait while the disk is waited for. */
static uint64_t settle_marks(struct ledger *ledger)
{
	uint64_t accepted = ledger->accepted_run;

	for (struct queue_chunk *chunk = ledger->batch; chunk; chunk = chunk->next) {
		for (struct posting *p = queue_next(chunk, NULL); p; p = queue_next(chunk, p)) {
			uint64_t run = posting_run(p);

			if (run == 0 || p->kind == POSTING_INTENT)
				continue;
			if (p->kind == POSTING_FORGET)
				begun_unmark(ledger->begun, run);
			else if (p->kind == POSTING_RETRY)
				begun_release(ledger->begun, run, p->end.attempt.run.attempt);
			else if (p->kind != POSTING_ACCEPTED)
				begun_release(ledger->begun, run, UINT_MAX);
			else if (run > accepted)
				accepted = run;
		}
	}
	return accepted;
}

/* All that was taken is on record. */
static void committed(struct ledger *ledger, uint64_t refused)
{
	struct queue_chunk *last = ledger->batch;
	uint64_t accepted = 0;

	while (last && last->next)
		last = last->next;
	if (ledger->batch)
		count_rows(ledger, clock_wall());
	if (ledger->begun)
		accepted = settle_marks(ledger);
	ledger_lock(ledger);
	ledger->accepted_run = accepted;
	if (refused > 0)
		ledger->doubtful_run = ledger->posted_run;
	if (last)
		tell_waiters(ledger, last->last, false);
	queue_release(&ledger->queue, steal_ptr(ledger->batch));
	ledger->queue.dropped += refused;
	tell_recovery(ledger);
	if (ledger->renewing)
		tell_renewed(ledger);
	ledger->renewing = false;
	ledger_unlock(ledger);
}

/* Is the file where it should be? */
static int look(struct ledger *ledger)
{
	usec_t now = clock_monotonic();

	if (now - ledger->looked < LOOK_SPAN && ledger->store.wal_ino != 0)
		return 0;
	ledger->looked = now;
	return store_look(&ledger->store);
}

/* What of the connection has gone wrong may be in the way of the next attempt, too. */
static bool is_passing(int code)
{
	return code > 0 && ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_FULL);
}

static void retry_later(struct ledger *ledger, usec_t pause)
{
	ledger->pause = pause > RETRY_MAX ? RETRY_MAX : pause;
	ledger->retry = clock_monotonic() + ledger->pause;
}

/* Mends what can be mended, says what cannot, and sets when it is to be tried again. */
static void failed(struct ledger *ledger, struct trouble *trouble)
{
	bool busy = trouble->code > 0 && (trouble->code & 0xff) == SQLITE_BUSY;

	if (trouble_is_broken(trouble)) {
		(void)opening_set_aside(ledger, trouble);
	} else if (!is_passing(trouble->code)) {
		checkpointer_stop(ledger->checkpointer);
		/* What a lost -wal file had goes into the database, as long as it is open. */
		store_close(&ledger->store, trouble->code != TROUBLE_MOVED);
	}
	ledger->failures++;
	if (ledger->failures == 1 && !busy)
		return;
	ledger_lock(ledger);
	retry_later(ledger, ledger->pause == 0 ? RETRY_MIN : ledger->pause * 2);
	if (ledger->closing)
		retry_later(ledger, RETRY_MIN);
	ledger->hopeless = ledger->closing && !busy;
	tell_trouble(ledger, trouble);
	ledger_unlock(ledger);
}

/* One attempt to write what waits. */
static int attempt(struct ledger *ledger, struct trouble *ret_trouble)
{
	uint64_t refused = 0;
	bool drained = false;
	int found = 0;
	int rc;

	if (!ledger->store.db && !opening_again(ledger, ret_trouble))
		return ret_trouble->code;
	rc = look(ledger);
	if (rc == SQLITE_OK) {
		drained = take(ledger);
		rc = store_set_power(&ledger->store, ledger->to_power);
	}
	if (rc == SQLITE_OK) {
		merge(ledger);
		checkpointer_enter(ledger->checkpointer);
		rc = write_batch(ledger, drained, &refused);
		found = checkpointer_leave(ledger->checkpointer, ledger->store.wal_pages);
	}
	if (rc != SQLITE_OK) {
		*ret_trouble = trouble_of(ledger->store.db, rc);
		store_rollback(&ledger->store);
		return rc;
	}
	if (!ledger->begun && (ledger->failures > 0 || ledger->renewing))
		opening_marks(ledger);
	ledger->pause = 0;
	ledger->failures = 0;
	ledger->unchecked = true;
	committed(ledger, refused);
	*ret_trouble = (struct trouble){.code = found};
	return found;
}

/* --- the thread --- */

/* Sleeps until then, or until it is woken for what it sleeps for. Under the lock. */
static void sleep_until(struct ledger *ledger, enum writer_sleep sleep, usec_t until)
{
	struct timespec ts = {.tv_sec = until / USEC_PER_SEC,
			      .tv_nsec = until % USEC_PER_SEC * 1000};

	ledger->sleep = sleep;
	if (until == USEC_INFINITY)
		(void)pthread_cond_wait(&ledger->work, &ledger->lock);
	else
		(void)pthread_cond_timedwait(&ledger->work, &ledger->lock, &ts);
	ledger->sleep = WRITER_AWAKE;
}

/* The same with nothing to do. Processes are looked for at that time; if it is far away, somebody
   has to say that there are any. */
static void sleep_idle(struct ledger *ledger, usec_t now, usec_t until)
{
	sleep_until(ledger, until - now > PEEK_SPAN ? WRITER_ASLEEP : WRITER_IDLE, until);
}

/* When there is something to write; USEC_INFINITY: not before somebody posts something. Under the
   lock. */
static usec_t next_write(struct ledger *ledger)
{
	const struct lazy *lazy;

	if (!ledger->path)
		return USEC_INFINITY;
	if (ledger->batch || !ledger->store.db || ledger->store.life == 0)
		return ledger->retry;
	if (ledger->queue.first)
		return ledger->waiters || ledger->closing ? ledger->retry : ledger->written + PACE;
	lazies_move(&ledger->lazies, &ledger->arrived);
	lazy = lazies_first(&ledger->lazies);
	return lazy ? lazy->made + LAZY_SPAN : USEC_INFINITY;
}

/* Is pruning due, and not so often that it would be in the way of those who wait? */
static bool prune_now(struct ledger *ledger, usec_t now)
{
	usec_t pause = 0;

	if (ledger->queue.first)
		pause = prune_is_behind(&ledger->prune) ? PRUNE_SPAN : PRUNE_PAUSE;
	return ledger->store.db && !ledger->trouble && !ledger->batch &&
	       now >= ledger->pruned + pause && prune_is_due(&ledger->prune, clock_wall());
}

/* Has the end come: nothing waits any more, or cannot be written? */
static bool is_end(const struct ledger *ledger, usec_t now)
{
	if (!ledger->closing)
		return false;
	return (!ledger->batch && !ledger->queue.first && ledger->store.life != 0) ||
	       ledger->hopeless || !ledger->path || now >= ledger->close_by;
}

enum work {
	WORK_WRITE,
	WORK_PRUNE,
	WORK_CHECKPOINT,
	WORK_END,
};

/* When there is something to do that has time. Under the lock. */
static usec_t next_rest(const struct ledger *ledger)
{
	usec_t next = USEC_INFINITY;

	if (ledger->unchecked)
		next = ledger->written + IDLE_SPAN;
	if (ledger->expecting && ledger->written + PEEK_SPAN < next)
		next = ledger->written + PEEK_SPAN;
	return next;
}

/* Waits for something to do. Under the lock. */
static enum work await_work(struct ledger *ledger)
{
	for (;;) {
		usec_t now = clock_monotonic();
		usec_t next = next_write(ledger);
		usec_t rest = next_rest(ledger);

		if (is_end(ledger, now))
			return WORK_END;
		if (now < ledger->retry) {
			sleep_until(ledger, WRITER_RETRYING, ledger->retry);
			continue;
		}
		if (prune_now(ledger, now))
			return WORK_PRUNE;
		if (next <= now)
			return WORK_WRITE;
		if (ledger->unchecked && now >= ledger->written + IDLE_SPAN)
			return WORK_CHECKPOINT;
		if (rest <= now)
			ledger->expecting = false;
		else if (ledger->queue.first)
			sleep_until(ledger, WRITER_PACING, next);
		else
			sleep_idle(ledger, now, next < rest ? next : rest);
	}
}

static int prune(struct ledger *ledger, struct trouble *ret_trouble)
{
	int found;
	int rc;

	checkpointer_enter(ledger->checkpointer);
	rc = prune_step(&ledger->prune, &ledger->store, clock_wall(), PRUNE_SPAN);
	found = checkpointer_leave(ledger->checkpointer, ledger->store.wal_pages);
	ledger->pruned = clock_monotonic();
	ledger->unchecked = true;
	*ret_trouble = rc != SQLITE_OK ? trouble_of(ledger->store.db, rc)
				       : (struct trouble){.code = found};
	return ret_trouble->code;
}

/* Whoever closes the ledger waits for this, unless it has left. */
static void end(struct ledger *ledger)
{
	bool left;

	checkpointer_free(steal_ptr(ledger->checkpointer));
	store_close(&ledger->store, false);
	ledger_lock(ledger);
	ledger->over = true;
	tell_waiters(ledger, 0, true);
	left = ledger->left;
	pthread_cond_signal(&ledger->ended);
	ledger_unlock(ledger);
	if (left)
		writer_release(ledger);
}

void *writer_main(void *arg)
{
	struct ledger *ledger = arg;
	struct trouble trouble = {0};
	enum work work;

	for (;;) {
		int rc;

		ledger_lock(ledger);
		work = await_work(ledger);
		ledger_unlock(ledger);
		if (work == WORK_END)
			break;
		if (work == WORK_CHECKPOINT) {
			ledger->unchecked = false;
			checkpointer_ask(ledger->checkpointer);
			continue;
		}
		rc = work == WORK_PRUNE ? prune(ledger, &trouble) : attempt(ledger, &trouble);
		if (rc != SQLITE_OK)
			failed(ledger, &trouble);
		ledger->written = clock_monotonic();
	}
	end(ledger);
	return NULL;
}

void writer_release(struct ledger *ledger)
{
	begun_close(ledger->begun);
	group_done(&ledger->group);
	queue_release(&ledger->queue, steal_ptr(ledger->batch));
	queue_done(&ledger->queue);
	lazies_done(&ledger->arrived);
	lazies_done(&ledger->lazies);
	prune_done(&ledger->prune);
	free(ledger->store.numbers);
	(void)pthread_cond_destroy(&ledger->work);
	(void)pthread_cond_destroy(&ledger->ended);
	(void)pthread_mutex_destroy(&ledger->lock);
	(void)pthread_attr_destroy(&ledger->attr);
	(void)close(ledger->fd);
	free(ledger->path);
	free(ledger->version);
	free(ledger->boot);
	free(ledger);
}
