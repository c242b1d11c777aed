/*
 * A bounded queue and a bounded set of worker threads.
 *
 * The owner (the loop's thread) submits items, cancels them and takes back finished ones; a worker
 * takes an item from the queue, calls work() on it, and puts it on the done-queue. An item belongs
 * to the owner, then to the pool from a successful pool_submit() until pool_reap() hands it
 * back. Closing the queue begins the shutdown: workers drain what was accepted, then end.
 *
 * One mutex guards queue, done-queue and cancel requests; it is never held during work(), and no
 * other lock is ever taken under it. All functions are for the owner unless they say otherwise.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

struct pool;
struct pool_worker;

enum pool_item_state {
	POOL_ITEM_IDLE, /* the owner's */
	POOL_ITEM_QUEUED,
	POOL_ITEM_WORKING,
	POOL_ITEM_DONE, /* on the done-queue */
};

/* Embedded in what is to be done; zeroed before the first use. Only pool.c looks inside. */
struct pool_item {
	struct pool_item *next;       /* in the queue or the done-queue */
	struct pool_item *prev;       /* in the queue */
	struct pool_item *noted_next; /* among those noted as started and not yet reported */
	struct pool_item *noted_prev;
	struct pool_worker *worker; /* while WORKING */
	enum pool_item_state state;
	int cancel; /* highest level asked for; 0: none */
	bool noted; /* is on the list of noted ones, or was when it was done */
};

struct pool_ops {
	/* Does the work, on a worker's thread. May block; must return soon after
	   pool_wakefd() becomes readable and pool_woken() returns a higher level. */
	void (*work)(void *ctx, struct pool_item *item, struct pool_worker *worker);
	/* Makes what a worker keeps from item to item; on the owner's thread, before the worker's
	   is made. NULL: out of memory, no worker is made. */
	void *(*worker_begin)(void *ctx);
	/* Frees it, on the worker's thread, or on the owner's if the thread could not be made. */
	void (*worker_end)(void *ctx, void *local);
	void *ctx;
};

/* Makes a pool of at most `workers` (1 or more) threads, created when there is work for them, and
   a queue in which at most `capacity` items wait for a worker. Returns 0 or -errno. */
int pool_new(const struct pool_ops *ops, unsigned workers, size_t capacity,
	     struct pool **ret_pool) _must_check_;

/* Only after pool_join() and a pool_reap() behind it. NULL is fine. */
void pool_free(struct pool *pool);

/* Changes both bounds. Surplus workers end after the item in hand; queued items stay. */
void pool_resize(struct pool *pool, unsigned workers, size_t capacity);

/*
 * Queues an item. Returns 0; -ENOBUFS when the queue is full; -ESHUTDOWN when it is closed; or
 * -errno of what failed when there is no worker at all and none can be made. Never blocks.
 */
int pool_submit(struct pool *pool, struct pool_item *item) _must_check_;

/*
 * The same for what follows from an item that was accepted before: it is taken beyond the capacity,
 * so the owner is to bound it, and when the pool is closed too, until pool_join() has begun. For it
 * workers that have ended are made again. Returns 0; -ESHUTDOWN after pool_join(); or -errno as
 * above.
 */
int pool_submit_follow_up(struct pool *pool, struct pool_item *item) _must_check_;

/*
 * Asks for an item to be given up. A queued one is taken from the queue: returns true, and it is
 * the owner's again. One that a worker has gets its level raised to `level` (1 or more) and its
 * worker woken: returns false; it comes back through pool_reap(), as does one that is done.
 */
bool pool_cancel(struct pool *pool, struct pool_item *item, int level);

/* The same for an item that is to be worked on in any case: a queued one stays, and the worker who
   comes to it finds its level raised. */
void pool_urge(struct pool *pool, struct pool_item *item, int level);

/* No more submissions but of what follows; workers drain the queue and end. */
void pool_close(struct pool *pool);

/* Waits for every worker to end, after pool_close(). Items they finished are on the done-queue. */
void pool_join(struct pool *pool);

/* Readable when pool_reap() has finished items to hand out. */
int pool_donefd(const struct pool *pool);

/*
 * Takes all that has happened since the last call: calls started() for each item that was noted as
 * started and not yet reported, and done() for each finished one, which is the owner's again. Both
 * are called without the lock. An item is reported started at most once, and before it is done.
 * Returns whether items wait for a worker: more will be done soon.
 */
bool pool_reap(struct pool *pool, void (*started)(void *ctx, struct pool_item *item),
	       void (*done)(void *ctx, struct pool_item *item), void *ctx);

struct pool_stats {
	unsigned workers; /* threads alive */
	unsigned busy;    /* of them with an item in hand */
	size_t queued;
	unsigned silent; /* busy workers that have not answered the last pool_ping() */
};
void pool_stats(struct pool *pool, struct pool_stats *ret_stats);

/* Asks every busy worker to show that it lives: its wake descriptor becomes readable, and
   pool_woken(), or the end of the item, is the answer. */
void pool_ping(struct pool *pool);

/* For work(), on the worker's thread: */

/* What worker_begin() returned. */
void *pool_local(struct pool_worker *worker);
/* Becomes readable when the level rises or pool_ping() asks; at times for no reason. */
int pool_wakefd(const struct pool_worker *worker);
/* Reads the descriptor empty and answers pings. Returns the item's cancel level. */
int pool_woken(struct pool_worker *worker);
/* Notes that the work has begun in earnest; reported by the next pool_reap(). At most once for an
   item. `wake`: the owner is woken for it, which is dear. */
void pool_note_started(struct pool_worker *worker, bool wake);
