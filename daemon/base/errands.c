/* See errands.h. */
#include "base/errands.h"

#include "base/threads.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

TAILQ_HEAD(errand_queue, errand);

struct errands {
	const struct errands_ops *ops;
	void *ctx;
	unsigned max;
	int fd; /* readable: some were done */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;  /* the thread sleeps on this */
	pthread_cond_t ended; /* signalled when the thread is about to end */
	/* Guarded by lock. */
	struct errand_queue waiting;
	struct errand_queue done;
	struct errand *current; /* that is being done; NULL: none is */
	unsigned n;             /* in either queue, or being done */
	bool closing;
	bool over; /* the thread is about to end */
	bool left; /* nobody waits for its end: all of this is the thread's */
};

static void lock(struct errands *errands)
{
	int error = pthread_mutex_lock(&errands->lock);

	assert(error == 0);
	(void)error;
}

static void unlock(struct errands *errands)
{
	int error = pthread_mutex_unlock(&errands->lock);

	assert(error == 0);
	(void)error;
}

static void drop_all(struct errands *errands, struct errand_queue *queue)
{
	struct errand *errand;

	while ((errand = TAILQ_FIRST(queue))) {
		TAILQ_REMOVE(queue, errand, link);
		errands->ops->free(errand);
	}
}

/* All but the thread, and its ctx. */
static void release(struct errands *errands)
{
	drop_all(errands, &errands->waiting);
	drop_all(errands, &errands->done);
	(void)pthread_cond_destroy(&errands->ended);
	(void)pthread_cond_destroy(&errands->work);
	(void)pthread_mutex_destroy(&errands->lock);
	(void)close(errands->fd);
	free(errands);
}

static void release_all(struct errands *errands)
{
	if (errands->ops->end)
		errands->ops->end(errands->ctx);
	release(errands);
}

/* --- the thread --- */

/* The next one; NULL: there is none, and with `wait` there will be no more. Under the lock. */
static struct errand *take(struct errands *errands, bool wait)
{
	struct errand *errand;

	while (wait && !errands->closing && TAILQ_EMPTY(&errands->waiting))
		(void)pthread_cond_wait(&errands->work, &errands->lock);
	errand = errands->closing ? NULL : TAILQ_FIRST(&errands->waiting);
	if (errand)
		TAILQ_REMOVE(&errands->waiting, errand, link);
	errands->current = errand;
	return errand;
}

/* Under the lock, which is given up meanwhile. */
static void run(struct errands *errands, struct errand *errand)
{
	unlock(errands);
	errands->ops->run(errands->ctx, errand);
	lock(errands);
	errands->current = NULL;
	TAILQ_INSERT_TAIL(&errands->done, errand, link);
	(void)eventfd_write(errands->fd, 1);
}

static void *thread_main(void *arg)
{
	struct errands *errands = arg;
	struct errand *errand;
	bool left;

	lock(errands);
	while ((errand = take(errands, true))) {
		do
			run(errands, errand);
		while ((errand = take(errands, false)));
		if (!errands->ops->rest)
			continue;
		unlock(errands);
		errands->ops->rest(errands->ctx);
		lock(errands);
	}
	errands->over = true;
	left = errands->left;
	pthread_cond_signal(&errands->ended);
	unlock(errands);
	if (left)
		release_all(errands);
	return NULL;
}

/* --- the loop --- */

/* All but the thread. */
static int make(const struct errands_ops *ops, void *ctx, unsigned max,
		struct errands **ret_errands)
{
	struct errands *errands = calloc(1, sizeof(*errands));
	int r;

	if (!errands)
		return -ENOMEM;
	*errands = (struct errands){.ops = ops, .ctx = ctx, .max = max};
	TAILQ_INIT(&errands->waiting);
	TAILQ_INIT(&errands->done);
	errands->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = errands->fd < 0 ? -errno : 0;
	if (r < 0)
		goto no_fd;
	r = -pthread_mutex_init(&errands->lock, NULL);
	if (r < 0)
		goto no_lock;
	r = threads_cond_init(&errands->work);
	if (r < 0)
		goto no_work;
	r = threads_cond_init(&errands->ended);
	if (r < 0)
		goto no_ended;
	*ret_errands = errands;
	return 0;

no_ended:
	(void)pthread_cond_destroy(&errands->work);
no_work:
	(void)pthread_mutex_destroy(&errands->lock);
no_lock:
	(void)close(errands->fd);
no_fd:
	free(errands);
	return r;
}

int errands_new(const struct errands_ops *ops, void *ctx, unsigned max,
		struct errands **ret_errands)
{
	struct errands *errands;
	pthread_attr_t attr;
	int r = make(ops, ctx, max, &errands);

	if (r < 0)
		return r;
	r = threads_attr_init(&attr);
	if (r == 0) {
		r = -pthread_create(&errands->thread, &attr, thread_main, errands);
		(void)pthread_attr_destroy(&attr);
	}
	if (r < 0) {
		release(errands);
		return r;
	}
	*ret_errands = errands;
	return 0;
}

void errands_free(struct errands *errands, usec_t patience)
{
	struct timespec until;
	bool over;

	if (!errands)
		return;
	until = threads_timespec(usec_add(clock_monotonic(), patience));
	lock(errands);
	errands->closing = true;
	pthread_cond_signal(&errands->work);
	while (!errands->over &&
	       pthread_cond_timedwait(&errands->ended, &errands->lock, &until) != ETIMEDOUT)
		;
	over = errands->over;
	errands->left = !over;
	if (!over)
		(void)pthread_detach(errands->thread);
	unlock(errands);
	if (over) {
		(void)pthread_join(errands->thread, NULL);
		release_all(errands);
	}
}

int errands_fd(const struct errands *errands)
{
	return errands->fd;
}

void errands_dispatch(struct errands *errands)
{
	struct errand *errand;
	eventfd_t count;

	/* Lowered first: what happens from here on raises it again. */
	(void)eventfd_read(errands->fd, &count);
	lock(errands);
	while ((errand = TAILQ_FIRST(&errands->done))) {
		TAILQ_REMOVE(&errands->done, errand, link);
		errands->n--;
		unlock(errands);
		if (errand->done)
			errand->done(errand);
		errands->ops->free(errand);
		lock(errands);
	}
	unlock(errands);
}

int errands_send(struct errands *errands, struct errand *errand)
{
	bool full;

	lock(errands);
	full = errands->n == errands->max;
	if (!full) {
		errands->n++;
		TAILQ_INSERT_TAIL(&errands->waiting, errand, link);
		pthread_cond_signal(&errands->work);
	}
	unlock(errands);
	if (full)
		errands->ops->free(errand);
	return full ? -EAGAIN : 0;
}

static void forget(struct errand *errand, const void *ctx)
{
	if (errand->ctx == ctx)
		errand->done = NULL;
}

static void forget_all(const struct errand_queue *queue, const void *ctx)
{
	for (struct errand *errand = TAILQ_FIRST(queue); errand; errand = TAILQ_NEXT(errand, link))
		forget(errand, ctx);
}

void errands_forget(struct errands *errands, const void *ctx)
{
	lock(errands);
	forget_all(&errands->waiting, ctx);
	forget_all(&errands->done, ctx);
	if (errands->current)
		forget(errands->current, ctx);
	unlock(errands);
}
