/*
 * See pool.h.
 *
 * A worker is on `workers` from its making until it ends, then on `ended` until it is joined. One
 * that sleeps is also on `idle`, newest first, so that the same few warm threads do the work when
 * there is little. Whoever wakes a worker takes it off `idle` first: each submission wakes one
 * worker, and none is woken twice.
 */
#include "pool/pool.h"
#include "pool/items.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>

/* A worker's frames are small; sanitizers make them a few times larger. */
#define WORKER_STACK ((size_t)256 * 1024)

struct pool_worker {
	struct pool *pool;
	pthread_t thread;
	pthread_cond_t wake; /* sleeps on this while on `idle` */
	int wakefd;
	void *local;
	/* The rest is guarded by pool->lock. */
	struct pool_worker *next; /* in `workers` or `ended` */
	struct pool_worker *prev; /* in `workers` */
	struct pool_worker *idle_next;
	bool idle;
	struct pool_item *item; /* in hand */
	bool pinged;            /* and has not answered yet */
};

struct pool {
	struct pool_ops ops;
	int donefd;
	pthread_attr_t attr;
	pthread_mutex_t lock;
	/* The rest is guarded by lock. */
	struct pool_items items;
	size_t capacity;
	struct pool_worker *workers;
	struct pool_worker *ended;
	struct pool_worker *idle;
	unsigned n_workers;
	unsigned max_workers;
	unsigned busy;
	bool closed;
	bool joined; /* pool_join() has begun */
};

static void lock(struct pool *pool)
{
	int error = pthread_mutex_lock(&pool->lock);

	assert(error == 0);
	(void)error;
}

static void unlock(struct pool *pool)
{
	int error = pthread_mutex_unlock(&pool->lock);

	assert(error == 0);
	(void)error;
}

static void raise_fd(int fd)
{
	/* Fails only if the counter is full, and then it is readable. */
	(void)eventfd_write(fd, 1);
}

static void lower_fd(int fd)
{
	eventfd_t count;

	/* Fails only if it is zero already. */
	(void)eventfd_read(fd, &count);
}

/* --- those who sleep; all under the lock --- */

/* The worker to wake, or NULL if none sleeps. */
static struct pool_worker *idle_pop(struct pool *pool)
{
	struct pool_worker *worker = pool->idle;

	if (worker) {
		pool->idle = worker->idle_next;
		worker->idle = false;
	}
	return worker;
}

static void idle_push(struct pool *pool, struct pool_worker *worker)
{
	worker->idle = true;
	worker->idle_next = pool->idle;
	pool->idle = worker;
}

/* --- a worker's thread --- */

/* Puts the item in hand on the done-queue. Returns true when the owner has to be told. */
static bool finish_item(struct pool *pool, struct pool_worker *worker)
{
	struct pool_item *item = worker->item;

	if (!item)
		return false;
	worker->item = NULL;
	worker->pinged = false;
	pool->busy--;
	return items_finish(&pool->items, item);
}

/* Sleeps until there is an item and takes it; NULL: the worker is to end. Under the lock. */
static struct pool_item *take_item(struct pool *pool, struct pool_worker *worker)
{
	struct pool_item *item;

	while (pool->n_workers <= pool->max_workers && !pool->items.first && !pool->closed) {
		idle_push(pool, worker);
		do
			pthread_cond_wait(&worker->wake, &pool->lock);
		while (worker->idle);
	}
	if (pool->n_workers > pool->max_workers || !pool->items.first)
		return NULL;
	item = pool->items.first;
	items_unqueue(&pool->items, item);
	item->state = POOL_ITEM_WORKING;
	item->worker = worker;
	worker->item = item;
	pool->busy++;
	if (item->cancel > 0)
		raise_fd(worker->wakefd);
	return item;
}

/* Moves the worker to `ended`. A sleeper takes over the wake-up that this one may have been given;
   it is signalled under the lock, because it may be gone as soon as it is let go of. */
static void leave(struct pool *pool, struct pool_worker *worker)
{
	struct pool_worker *heir = pool->items.first ? idle_pop(pool) : NULL;

	*(worker->prev ? &worker->prev->next : &pool->workers) = worker->next;
	if (worker->next)
		worker->next->prev = worker->prev;
	worker->next = pool->ended;
	pool->ended = worker;
	pool->n_workers--;
	if (heir)
		pthread_cond_signal(&heir->wake);
}

/*
 * Finishing one item and taking the next is one visit to the lock, unless the owner has to be told:
 * that is done before this thread may fall asleep, and without the lock.
 */
static void *worker_main(void *arg)
{
	struct pool_worker *worker = arg;
	struct pool *pool = worker->pool;
	struct pool_item *item;

	lock(pool);
	for (;;) {
		bool tell = finish_item(pool, worker);

		if (tell && !pool->items.first) {
			unlock(pool);
			raise_fd(pool->donefd);
			lock(pool);
			tell = false;
		}
		item = take_item(pool, worker);
		if (!item) {
			leave(pool, worker);
			unlock(pool);
			if (tell)
				raise_fd(pool->donefd);
			break;
		}
		unlock(pool);
		if (tell)
			raise_fd(pool->donefd);
		pool->ops.work(pool->ops.ctx, item, worker);
		lock(pool);
	}
	pool->ops.worker_end(pool->ops.ctx, worker->local);
	return NULL;
}

/* --- the owner's side --- */

static void worker_free(struct pool_worker *worker)
{
	(void)close(worker->wakefd);
	pthread_cond_destroy(&worker->wake);
	free(worker);
}

/* Makes a worker and its thread, which begins by looking at the queue. Returns 0 or -errno. */
static int worker_new(struct pool *pool)
{
	struct pool_worker *worker = calloc(1, sizeof(*worker));
	int error;

	if (!worker)
		return -ENOMEM;
	worker->pool = pool;
	worker->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->wakefd < 0) {
		error = errno;
		goto no_fd;
	}
	error = ENOMEM;
	worker->local = pool->ops.worker_begin(pool->ops.ctx);
	if (!worker->local)
		goto no_local;
	pthread_cond_init(&worker->wake, NULL);

	/* On the list before it runs: it may end before pthread_create() returns. */
	lock(pool);
	worker->next = pool->workers;
	if (worker->next)
		worker->next->prev = worker;
	pool->workers = worker;
	pool->n_workers++;
	unlock(pool);

	error = pthread_create(&worker->thread, &pool->attr, worker_main, worker);
	if (error == 0)
		return 0;

	lock(pool);
	*(worker->prev ? &worker->prev->next : &pool->workers) = worker->next;
	if (worker->next)
		worker->next->prev = worker->prev;
	pool->n_workers--;
	unlock(pool);
	pool->ops.worker_end(pool->ops.ctx, worker->local);
	pthread_cond_destroy(&worker->wake);
no_local:
	(void)close(worker->wakefd);
no_fd:
	free(worker);
	return -error;
}

/* Joins and frees the workers of a list that was taken off the pool. */
static void join_list(struct pool_worker *worker)
{
	while (worker) {
		struct pool_worker *next = worker->next;

		(void)pthread_join(worker->thread, NULL);
		worker_free(worker);
		worker = next;
	}
}

int pool_new(const struct pool_ops *ops, unsigned workers, size_t capacity, struct pool **ret_pool)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	sigset_t all;
	int error;

	assert(workers > 0);
	if (!pool)
		return -ENOMEM;
	pool->ops = *ops;
	pool->max_workers = workers;
	pool->capacity = capacity;
	pool->donefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->donefd < 0) {
		error = errno;
		goto no_fd;
	}
	error = pthread_attr_init(&pool->attr);
	if (error != 0)
		goto no_attr;
	sigfillset(&all);
	error = pthread_attr_setstacksize(&pool->attr, WORKER_STACK);
	if (error == 0)
		error = pthread_attr_setsigmask_np(&pool->attr, &all);
	if (error == 0)
		error = pthread_mutex_init(&pool->lock, NULL);
	if (error != 0)
		goto no_lock;
	*ret_pool = pool;
	return 0;

no_lock:
	pthread_attr_destroy(&pool->attr);
no_attr:
	(void)close(pool->donefd);
no_fd:
	free(pool);
	return -error;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	assert(!pool->workers && !pool->ended && !pool->items.first && !pool->items.done_first);
	pthread_mutex_destroy(&pool->lock);
	pthread_attr_destroy(&pool->attr);
	(void)close(pool->donefd);
	free(pool);
}

/* Wakes every sleeper; each looks for itself whether it is still wanted. */
static void wake_all(struct pool *pool)
{
	struct pool_worker *worker;

	while ((worker = idle_pop(pool)))
		pthread_cond_signal(&worker->wake);
}

void pool_resize(struct pool *pool, unsigned workers, size_t capacity)
{
	size_t wanted;

	assert(workers > 0);
	lock(pool);
	pool->max_workers = workers;
	pool->capacity = capacity;
	wanted = workers > pool->n_workers ? workers - pool->n_workers : 0;
	if (wanted > pool->items.queued)
		wanted = pool->items.queued;
	if (pool->n_workers > workers)
		wake_all(pool);
	unlock(pool);

	/* Where one cannot be made, those that are there do its work. */
	while (wanted > 0 && worker_new(pool) == 0)
		wanted--;
}

/* Why an item cannot be taken now. Under the lock. Returns 0 or -errno. */
static int refuse(const struct pool *pool, bool follow_up)
{
	if (follow_up)
		return pool->joined ? -ESHUTDOWN : 0;
	if (pool->closed)
		return -ESHUTDOWN;
	/* An item that a free worker is about to take does not wait: it needs no room. */
	return pool->items.queued + pool->busy >= pool->capacity + pool->max_workers ? -ENOBUFS : 0;
}

static int submit(struct pool *pool, struct pool_item *item, bool follow_up)
{
	struct pool_worker *worker;
	bool make;
	int r;

	assert(item->state == POOL_ITEM_IDLE);
	lock(pool);
	r = refuse(pool, follow_up);
	if (r < 0) {
		unlock(pool);
		return r;
	}
	item->cancel = 0;
	item->noted = false;
	items_queue(&pool->items, item);
	worker = idle_pop(pool);
	make = !worker && pool->n_workers < pool->max_workers;
	unlock(pool);

	/* Only this thread joins workers, so a sleeper that was popped is still there. */
	if (worker)
		pthread_cond_signal(&worker->wake);
	if (!make)
		return 0;

	r = worker_new(pool);
	if (r == 0)
		return 0;
	/* Those that are there will come to it. Without any, it is in the queue still, or was taken
	   by the last of them. */
	lock(pool);
	if (pool->n_workers == 0 && item->state == POOL_ITEM_QUEUED)
		items_unqueue(&pool->items, item);
	else
		r = 0;
	unlock(pool);
	return r;
}

int pool_submit(struct pool *pool, struct pool_item *item)
{
	return submit(pool, item, false);
}

int pool_submit_follow_up(struct pool *pool, struct pool_item *item)
{
	return submit(pool, item, true);
}

/* Under the lock. */
static void raise_level(struct pool_item *item, int level)
{
	if (level <= item->cancel)
		return;
	item->cancel = level;
	if (item->state == POOL_ITEM_WORKING)
		raise_fd(item->worker->wakefd);
}

bool pool_cancel(struct pool *pool, struct pool_item *item, int level)
{
	bool taken = false;

	assert(level > 0);
	lock(pool);
	if (item->state == POOL_ITEM_QUEUED) {
		items_unqueue(&pool->items, item);
		taken = true;
	} else if (item->state == POOL_ITEM_WORKING) {
		raise_level(item, level);
	}
	unlock(pool);
	return taken;
}

void pool_urge(struct pool *pool, struct pool_item *item, int level)
{
	assert(level > 0);
	lock(pool);
	if (item->state == POOL_ITEM_QUEUED || item->state == POOL_ITEM_WORKING)
		raise_level(item, level);
	unlock(pool);
}

void pool_close(struct pool *pool)
{
	lock(pool);
	pool->closed = true;
	wake_all(pool);
	unlock(pool);
}

void pool_join(struct pool *pool)
{
	struct pool_worker *worker;

	lock(pool);
	assert(pool->closed);
	pool->joined = true;
	/* Any of them will do: each ends in time, and has left `workers` when it is joined. */
	while ((worker = pool->workers)) {
		unlock(pool);
		(void)pthread_join(worker->thread, NULL);
		lock(pool);
		for (struct pool_worker **at = &pool->ended; *at; at = &(*at)->next) {
			if (*at == worker) {
				*at = worker->next;
				break;
			}
		}
		worker_free(worker);
	}
	worker = steal_ptr(pool->ended);
	unlock(pool);
	join_list(worker);
}

int pool_donefd(const struct pool *pool)
{
	return pool->donefd;
}

bool pool_reap(struct pool *pool, void (*started)(void *ctx, struct pool_item *item),
	       void (*done)(void *ctx, struct pool_item *item), void *ctx)
{
	struct pool_worker *ended;
	struct pool_item *noted;
	struct pool_item *item;
	struct pool_item *next;
	bool backlog;

	/* Lowered first: what is done from here on raises it again. */
	lower_fd(pool->donefd);
	lock(pool);
	ended = steal_ptr(pool->ended);
	noted = steal_ptr(pool->items.noted);
	for (item = noted; item; item = item->noted_next)
		item->noted = false;
	item = steal_ptr(pool->items.done_first);
	backlog = pool->items.first != NULL;
	unlock(pool);

	join_list(ended);
	/* Their workers leave `noted_next` alone, now that they are off the list. */
	for (; noted; noted = next) {
		next = noted->noted_next;
		started(ctx, noted);
	}
	for (; item; item = next) {
		next = item->next;
		item->state = POOL_ITEM_IDLE;
		if (item->noted)
			started(ctx, item);
		done(ctx, item);
	}
	return backlog;
}

void pool_stats(struct pool *pool, struct pool_stats *ret_stats)
{
	struct pool_stats stats = {0};

	lock(pool);
	stats.workers = pool->n_workers;
	stats.busy = pool->busy;
	stats.queued = pool->items.queued;
	for (struct pool_worker *worker = pool->workers; worker; worker = worker->next)
		stats.silent += worker->pinged;
	unlock(pool);
	*ret_stats = stats;
}

void pool_ping(struct pool *pool)
{
	lock(pool);
	for (struct pool_worker *worker = pool->workers; worker; worker = worker->next) {
		if (!worker->item)
			continue;
		worker->pinged = true;
		raise_fd(worker->wakefd);
	}
	unlock(pool);
}

/* --- for work() --- */

void *pool_local(struct pool_worker *worker)
{
	return worker->local;
}

int pool_wakefd(const struct pool_worker *worker)
{
	return worker->wakefd;
}

int pool_woken(struct pool_worker *worker)
{
	int level;

	/* Lowered first: what is asked from here on raises it again. */
	lower_fd(worker->wakefd);
	lock(worker->pool);
	level = worker->item->cancel;
	worker->pinged = false;
	unlock(worker->pool);
	return level;
}

void pool_note_started(struct pool_worker *worker, bool wake)
{
	struct pool *pool = worker->pool;

	lock(pool);
	items_note(&pool->items, worker->item);
	unlock(pool);
	if (wake)
		raise_fd(pool->donefd);
}
