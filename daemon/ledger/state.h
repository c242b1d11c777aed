/* What those who post, those who wait and the writer share. */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "ledger/begun.h"
#include "ledger/lazy.h"
#include "ledger/ledger.h"
#include "ledger/prune.h"
#include "ledger/queue.h"
#include "ledger/store.h"
#include "ledger/trouble.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct checkpointer;

/* A worker that waits until its group is committed; on its own stack. */
struct waiter {
	struct waiter *next;
	pthread_cond_t wake;
	uint64_t number; /* of the group */
	bool over;       /* it need not wait any more ... */
	bool recorded;   /* ... because it is on record */
};

/* What the writer waits for, so that nobody wakes it for nothing. */
enum writer_sleep {
	WRITER_AWAKE,
	WRITER_PACING,   /* for somebody who waits: what else there is has time until then */
	WRITER_IDLE,     /* for something to write; it looks for processes soon */
	WRITER_ASLEEP,   /* for whatever there is */
	WRITER_RETRYING, /* for nothing but the end */
};

struct ledger {
	char *path; /* set under the lock; NULL: it is not known yet where the file is to be */
	ledger_start_fn *start;
	struct ledger_life life;
	char *version; /* what `life` points to */
	char *boot;
	pthread_t thread;
	pthread_attr_t attr;
	int fd; /* readable: there are news */

	struct posting_group group; /* that is being gathered; the loop's, as is the next */
	uint64_t gathered_run;      /* the highest that was ever in it as accepted */

	pthread_mutex_t lock;
	pthread_cond_t work;  /* the writer sleeps on this; by CLOCK_MONOTONIC, as all of these */
	pthread_cond_t ended; /* signalled when the thread is about to end */
	/* The rest is guarded by lock, up to what is the writer's. */
	struct queue queue;
	struct lazies arrived; /* processes that the writer has not seen yet */
	struct waiter *waiters;
	enum writer_sleep sleep;
	bool power;
	usec_t keep;
	unsigned runs;
	bool configured; /* these three have changed */
	bool closing;
	usec_t close_by; /* monotonic */
	bool hopeless;   /* what is left cannot be written until then */
	usec_t retry;    /* monotonic: not to be tried again before */
	bool over;       /* the thread is about to end */
	bool left;       /* nobody waits for its end: all of this is the thread's */
	struct ledger_news news;
	bool trouble;          /* nobody is to wait */
	bool silent;           /* because the disk does not answer: not for the marks either */
	struct begun *begun;   /* NULL: there is none */
	uint64_t posted_run;   /* the highest that was posted as accepted */
	uint64_t accepted_run; /* the highest that is on record as that ... */
	uint64_t doubtful_run; /* ... as are those below, down to this one */

	/* The writer's thread alone; before it is there, that of ledger_open(). */
	struct store store;
	struct prune prune;
	struct lazies lazies;
	struct checkpointer *checkpointer; /* NULL: there could be none */
	struct queue_chunk *batch;         /* that has been taken and is not written yet */
	bool unread;                       /* what the database knows was never read */
	bool expecting;                    /* processes: some runs may have begun */
	bool unchecked;    /* something was written since a checkpoint was asked for */
	bool renewing;     /* a new file was begun, of which the news are yet to be told */
	bool to_power;     /* `power`, as it was when the batch was taken */
	unsigned failures; /* since a success; the first is not told: what passes is no trouble */
	usec_t pause;      /* after the last of these; 0: none */
	/* Monotonic. */
	usec_t looked;  /* when the file was last looked at */
	usec_t written; /* when the last commit ended */
	usec_t pruned;  /* when the last step of pruning did */
};

static inline void ledger_lock(struct ledger *ledger)
{
	int error = pthread_mutex_lock(&ledger->lock);

	assert(error == 0);
	(void)error;
}

static inline void ledger_unlock(struct ledger *ledger)
{
	int error = pthread_mutex_unlock(&ledger->lock);

	assert(error == 0);
	(void)error;
}
