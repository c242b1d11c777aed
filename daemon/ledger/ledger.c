/* See ledger.h. */
#include "ledger/ledger.h"

#include "base/threads.h"
#include "ledger/checkpoint.h"
#include "ledger/opening.h"
#include "ledger/tell.h"
#include "ledger/writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

/* Where numbers begin if those that were given are not known: nobody gives so many each second,
   and they fit into 48 bits until 2100. */
#define NUMBERS_EPOCH      (1767225600 * USEC_PER_SEC) /* 2026 */
#define NUMBERS_PER_SECOND 65536

/* --- opening and closing --- */

static char *path_in(const char *directory)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, LEDGER_NAME) < 0 ? NULL : path;
}

static int copy_texts(struct ledger *ledger, const char *directory, const struct ledger_life *life)
{
	ledger->life = *life;
	ledger->version = strdup(life->version);
	ledger->boot = strdup(life->boot);
	ledger->path = directory ? path_in(directory) : NULL;
	ledger->life.version = ledger->version;
	ledger->life.boot = ledger->boot;
	return ledger->version && ledger->boot && (ledger->path || !directory) ? 0 : -ENOMEM;
}

static void configure(struct ledger *ledger, const struct ledger_settings *settings)
{
	ledger->power = settings->durability == DURABILITY_POWER;
	ledger->keep = settings->history_keep;
	ledger->runs = settings->history_runs;
	ledger->configured = true;
}

/* All but the database and the thread. */
static int make(const char *directory, const struct ledger_settings *settings,
		const struct ledger_life *life, ledger_start_fn *start, struct ledger **ret_ledger)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	int r;

	if (!ledger)
		return -ENOMEM;
	ledger->start = start;
	prune_clear(&ledger->prune);
	configure(ledger, settings);
	ledger->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = ledger->fd < 0 ? -errno : 0;
	if (r < 0)
		goto no_fd;
	r = threads_attr_init(&ledger->attr);
	if (r < 0)
		goto no_attr;
	r = -pthread_mutex_init(&ledger->lock, NULL);
	if (r < 0)
		goto no_lock;
	r = threads_cond_init(&ledger->work);
	if (r < 0)
		goto no_work;
	r = threads_cond_init(&ledger->ended);
	if (r < 0)
		goto no_ended;
	r = copy_texts(ledger, directory, life);
	if (r < 0) {
		writer_release(ledger);
		return r;
	}
	*ret_ledger = ledger;
	return 0;

no_ended:
	(void)pthread_cond_destroy(&ledger->work);
no_work:
	(void)pthread_mutex_destroy(&ledger->lock);
no_lock:
	(void)pthread_attr_destroy(&ledger->attr);
no_attr:
	(void)close(ledger->fd);
no_fd:
	free(ledger);
	return r;
}

/* Numbers that nobody can have given before. */
static void number_anew(struct past *past)
{
	usec_t span = clock_wall() - NUMBERS_EPOCH;

	*past = (struct past){0};
	if (span > 0)
		past->last_run = (uint64_t)span / USEC_PER_SEC * NUMBERS_PER_SECOND;
	past->last_streak = past->last_run;
}

/* The database, if it is known where, and what it knows. */
static void read_past(struct ledger *ledger, const char *directory, struct past *ret_past)
{
	if (!directory) {
		ledger->unread = true;
		ledger->trouble = true;
	} else {
		ledger->begun = begun_open(directory, ledger->boot);
	}
	if (!directory || !opening_first(ledger, ret_past))
		number_anew(ret_past);
	else if (ledger->begun)
		begun_recall(ledger->begun, ledger->boot, ret_past);
}

int ledger_open(const char *directory, const struct ledger_settings *settings,
		const struct ledger_life *life, ledger_start_fn *start, struct ledger **ret_ledger,
		struct past *ret_past)
{
	struct ledger *ledger = NULL;
	struct past past;
	int r = make(directory, settings, life, start, &ledger);

	if (r < 0)
		return r;
	r = checkpointer_new(&ledger->attr, &ledger->checkpointer);
	if (r < 0)
		goto failed;
	read_past(ledger, directory, &past);
	r = -pthread_create(&ledger->thread, &ledger->attr, writer_main, ledger);
	if (r < 0) {
		past_done(&past);
		goto failed;
	}
	*ret_ledger = ledger;
	*ret_past = past;
	return 0;

failed:
	checkpointer_free(ledger->checkpointer);
	store_close(&ledger->store, false);
	writer_release(ledger);
	return r;
}

int ledger_place(struct ledger *ledger, const char *directory)
{
	char *path = path_in(directory);
	struct begun *begun;

	if (!path)
		return -ENOMEM;
	begun = begun_open(directory, ledger->boot);
	ledger_lock(ledger);
	ledger->begun = begun;
	ledger->path = path;
	writer_awaken(ledger);
	ledger_unlock(ledger);
	return 0;
}

uint64_t ledger_close(struct ledger *ledger, bool clean, usec_t now, usec_t patience)
{
	static const struct posting_text none[POSTING_TEXTS];
	struct timespec until;
	uint64_t unwritten;
	bool over;

	if (!ledger)
		return 0;
	if (clean)
		group_add(&ledger->group, &(struct posting){.life_end = now}, POSTING_LIFE_END,
			  none);
	ledger_flush(ledger);
	ledger_lock(ledger);
	ledger->close_by = usec_add(clock_monotonic(), patience);
	ledger->closing = true;
	ledger->retry = 0;
	writer_awaken(ledger);
	until = threads_timespec(ledger->close_by);
	while (!ledger->over &&
	       pthread_cond_timedwait(&ledger->ended, &ledger->lock, &until) != ETIMEDOUT)
		;
	unwritten = ledger->queue.postings;
	over = ledger->over;
	ledger->left = !over;
	if (!over)
		(void)pthread_detach(ledger->thread);
	ledger_unlock(ledger);
	if (over) {
		(void)pthread_join(ledger->thread, NULL);
		writer_release(ledger);
	}
	return unwritten;
}

void ledger_configure(struct ledger *ledger, const struct ledger_settings *settings)
{
	ledger_lock(ledger);
	configure(ledger, settings);
	ledger_unlock(ledger);
}

/* --- how it is --- */

int ledger_fd(const struct ledger *ledger)
{
	return ledger->fd;
}

void ledger_news(struct ledger *ledger, struct ledger_news *ret_news)
{
	eventfd_t count;

	/* Lowered first: what happens from here on raises it again. */
	(void)eventfd_read(ledger->fd, &count);
	ledger_lock(ledger);
	*ret_news = ledger->news;
	ret_news->waiting = ledger->queue.postings;
	ret_news->dropped = ledger->queue.dropped;
	ret_news->outputs_dropped = ledger->queue.outputs_dropped;
	ledger->news.renewed = false;
	ledger->news.set_aside[0] = '\0';
	ledger_unlock(ledger);
}

void ledger_count(struct ledger *ledger, uint64_t *ret_waiting, uint64_t *ret_dropped)
{
	ledger_lock(ledger);
	*ret_waiting = ledger->queue.postings;
	*ret_dropped = ledger->queue.dropped;
	ledger_unlock(ledger);
}

/* --- what happened --- */

static void post(struct ledger *ledger, const struct posting *posting, enum posting_kind kind)
{
	static const struct posting_text none[POSTING_TEXTS];

	group_add(&ledger->group, posting, kind, none);
}

void ledger_job(struct ledger *ledger, const struct ledger_job *job)
{
	const struct posting_text texts[POSTING_TEXTS] = {
		{job->name, strlen(job->name) + 1},
		{job->schedule, strlen(job->schedule) + 1},
	};

	group_add(&ledger->group, &(struct posting){.job = *job}, POSTING_JOB, texts);
}

void ledger_job_gone(struct ledger *ledger, uint32_t job, usec_t at)
{
	post(ledger, &(struct posting){.when = {job, at}}, POSTING_JOB_GONE);
}

void ledger_job_state(struct ledger *ledger, const struct ledger_job_state *state)
{
	const struct posting_text texts[POSTING_TEXTS] = {
		{state->reason, state->paused ? strlen(state->reason) + 1 : 0},
	};

	group_add(&ledger->group, &(struct posting){.state = *state}, POSTING_JOB_STATE, texts);
}

void ledger_held(struct ledger *ledger, uint32_t job, usec_t slot)
{
	post(ledger, &(struct posting){.when = {job, slot}}, POSTING_HELD);
}

void ledger_accepted(struct ledger *ledger, const struct ledger_run *run)
{
	post(ledger, &(struct posting){.intent = {.run = *run}}, POSTING_ACCEPTED);
	if (run->id > ledger->gathered_run)
		ledger->gathered_run = run->id;
}

void ledger_begun(struct ledger *ledger, const struct ledger_run *run, usec_t now)
{
	post(ledger, &(struct posting){.intent = {*run, now}}, POSTING_INTENT);
}

static void post_attempt(struct ledger *ledger, const struct ledger_attempt *attempt,
			 enum posting_kind kind, const struct posting_text texts[POSTING_TEXTS])
{
	struct posting posting = {.end = {.attempt = *attempt}};

	if (attempt->result)
		posting.end.result = *attempt->result;
	posting.end.attempt.head_len = texts[0].len;
	posting.end.attempt.tail_len = texts[1].len;
	group_add(&ledger->group, &posting, kind, texts);
}

void ledger_retry(struct ledger *ledger, const struct ledger_attempt *attempt)
{
	static const struct posting_text none[POSTING_TEXTS];

	post_attempt(ledger, attempt, POSTING_RETRY, none);
}

void ledger_ended(struct ledger *ledger, const struct ledger_attempt *attempt)
{
	struct posting_text texts[POSTING_TEXTS] = {
		{attempt->head, attempt->head_len},
		{attempt->tail, attempt->tail_len},
	};
	size_t output = attempt->head_len + attempt->tail_len;

	if (output > 0) {
		ledger_lock(ledger);
		if (!queue_admit_output(&ledger->queue, ledger->group.outputs + output))
			texts[0].len = texts[1].len = 0;
		ledger_unlock(ledger);
	}
	post_attempt(ledger, attempt, POSTING_ENDED, texts);
}

void ledger_forget(struct ledger *ledger, uint64_t run)
{
	post(ledger, &(struct posting){.forget = run}, POSTING_FORGET);
}

void ledger_streak(struct ledger *ledger, const struct ledger_streak *streak)
{
	post(ledger, &(struct posting){.streak = *streak}, POSTING_STREAK);
}

void ledger_clock_stepped(struct ledger *ledger, usec_t at, usec_t by)
{
	post(ledger, &(struct posting){.clock = {at, by}}, POSTING_CLOCK_STEPPED);
}

void ledger_flush(struct ledger *ledger)
{
	bool lost = ledger->group.lost > 0;

	if (ledger->group.postings == 0 && !lost)
		return;
	ledger_lock(ledger);
	if (queue_put(&ledger->queue, &ledger->group) == 0 || lost)
		ledger->doubtful_run = ledger->gathered_run;
	ledger->posted_run = ledger->gathered_run;
	writer_wake(ledger, WRITER_IDLE);
	ledger_unlock(ledger);
}

/* --- for workers --- */

/* Waits until it is over, and stops waiting then in any case. Under the lock. */
static void await(struct ledger *ledger, struct waiter *waiter, usec_t until)
{
	struct timespec ts = threads_timespec(until);

	waiter->next = ledger->waiters;
	ledger->waiters = waiter;
	writer_wake(ledger, WRITER_PACING);
	while (!waiter->over &&
	       pthread_cond_timedwait(&waiter->wake, &ledger->lock, &ts) != ETIMEDOUT)
		;
	/* That lets go of this one, too. */
	if (!waiter->over)
		tell_trouble(ledger, &(struct trouble){.code = TROUBLE_SILENT});
}

/* Waits for a group, unless there is trouble. Under the lock. */
static void await_group(struct ledger *ledger, struct waiter *waiter, uint64_t number, usec_t until)
{
	waiter->number = number;
	waiter->over = false;
	if (number != 0 && !ledger->trouble)
		await(ledger, waiter, until);
}

/* Where the machine lives on a mark will do, as soon as the run is on record as accepted, which was
   posted before; if it is, it does not matter whether more can be written now. Under the lock. */
static bool may_mark(struct ledger *ledger, const struct ledger_run *run, struct waiter *waiter,
		     usec_t until)
{
	if (!ledger->begun || ledger->power || run->attempt > 1)
		return false;
	if (run->id > ledger->accepted_run && ledger->queue.postings > 0)
		await_group(ledger, waiter, ledger->queue.numbered, until);
	return run->id <= ledger->accepted_run && run->id > ledger->doubtful_run;
}

/* Puts the intent itself on record. Under the lock. */
static bool intend(struct ledger *ledger, const struct posting *posting, struct waiter *waiter,
		   usec_t until)
{
	uint64_t number = queue_put_one(&ledger->queue, posting, POSTING_INTENT);

	waiter->recorded = false;
	await_group(ledger, waiter, number, until);
	return waiter->recorded;
}

bool ledger_intend(struct ledger *ledger, const struct ledger_run *run, usec_t now, usec_t patience)
{
	struct posting posting = {.intent = {*run, now}};
	struct waiter waiter = {0};
	usec_t until = usec_add(clock_monotonic(), patience);
	struct begun *begun;
	bool recorded;

	if (threads_cond_init(&waiter.wake) < 0)
		return false;
	ledger_lock(ledger);
	begun = may_mark(ledger, run, &waiter, until) ? ledger->begun : NULL;
	ledger_unlock(ledger);
	/* Nobody is to wait for the lock while this waits for the disk. */
	recorded = begun && begun_mark(begun, run->id, run->attempt);
	if (!recorded) {
		ledger_lock(ledger);
		recorded = intend(ledger, &posting, &waiter, until);
		begun = recorded || ledger->silent ? NULL : ledger->begun;
		ledger_unlock(ledger);
		/* What the database has of the run is not known here; if it has any of it, this
		   keeps the attempt from being made once more. */
		if (begun)
			(void)begun_mark(begun, run->id, run->attempt);
	}
	(void)pthread_cond_destroy(&waiter.wake);
	return recorded;
}

void ledger_process(struct ledger *ledger, uint64_t run, pid_t pid, usec_t now)
{
	struct lazy lazy = {.run = run, .pid = pid, .now = now, .made = clock_monotonic()};

	ledger_lock(ledger);
	if (!lazies_add(&ledger->arrived, &lazy))
		ledger->queue.dropped++;
	writer_wake(ledger, WRITER_ASLEEP);
	ledger_unlock(ledger);
}
