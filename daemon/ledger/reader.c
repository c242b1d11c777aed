/* See reader.h: the thread. */
#include "ledger/reader_internal.h"

#include "ledger/threads.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>

/* A question on its way, and its answer on the way back. */
struct asked {
	struct reader_question question;
	struct reader_answer answer;
	void (*answered)(void *ctx, const struct reader_answer *answer); /* NULL: forgotten */
	void *ctx;
	char *job; /* of the question */
	TAILQ_ENTRY(asked) link;
};
TAILQ_HEAD(asked_queue, asked);

struct reader {
	char *directory;
	int fd; /* readable: there are answers */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;  /* the thread sleeps on this */
	pthread_cond_t ended; /* signalled when the thread is about to end */
	/* Guarded by lock. */
	struct asked_queue waiting;
	struct asked_queue done;
	unsigned n; /* in either queue, or being answered */
	bool closing;
	bool over;             /* the thread is about to end */
	bool left;             /* nobody waits for its end: all of this is the thread's */
	struct asked *current; /* that is being answered; NULL: none is */
};

static void lock(struct reader *reader)
{
	int error = pthread_mutex_lock(&reader->lock);

	assert(error == 0);
	(void)error;
}

static void unlock(struct reader *reader)
{
	int error = pthread_mutex_unlock(&reader->lock);

	assert(error == 0);
	(void)error;
}

static void asked_free(struct asked *asked)
{
	if (!asked)
		return;
	reader_answer_done(&asked->answer);
	free(asked->job);
	free(asked);
}

static void drop_all(struct asked_queue *queue)
{
	struct asked *asked;

	while ((asked = TAILQ_FIRST(queue))) {
		TAILQ_REMOVE(queue, asked, link);
		asked_free(asked);
	}
}

static void release(struct reader *reader)
{
	drop_all(&reader->waiting);
	drop_all(&reader->done);
	(void)pthread_cond_destroy(&reader->ended);
	(void)pthread_cond_destroy(&reader->work);
	(void)pthread_mutex_destroy(&reader->lock);
	(void)close(reader->fd);
	free(reader->directory);
	free(reader);
}

/* --- the thread --- */

/* The next question; NULL: there is none, and with `wait` there will be no more. Under the lock. */
static struct asked *take(struct reader *reader, bool wait)
{
	struct asked *asked;

	while (wait && !reader->closing && TAILQ_EMPTY(&reader->waiting))
		(void)pthread_cond_wait(&reader->work, &reader->lock);
	asked = reader->closing ? NULL : TAILQ_FIRST(&reader->waiting);
	if (asked)
		TAILQ_REMOVE(&reader->waiting, asked, link);
	reader->current = asked;
	return asked;
}

/* Under the lock, which is given up meanwhile. */
static void answer(struct reader *reader, struct look *look, struct asked *asked)
{
	unlock(reader);
	look_at(look, reader->directory, &asked->question, &asked->answer);
	lock(reader);
	reader->current = NULL;
	TAILQ_INSERT_TAIL(&reader->done, asked, link);
	(void)eventfd_write(reader->fd, 1);
}

static void *reader_main(void *arg)
{
	struct reader *reader = arg;
	struct asked *asked;
	bool left;

	lock(reader);
	while ((asked = take(reader, true))) {
		struct look look = {.db = NULL};

		/* What is asked in one go is read through one connection. */
		do
			answer(reader, &look, asked);
		while ((asked = take(reader, false)));
		unlock(reader);
		look_close(&look);
		lock(reader);
	}
	reader->over = true;
	left = reader->left;
	pthread_cond_signal(&reader->ended);
	unlock(reader);
	if (left)
		release(reader);
	return NULL;
}

/* --- the loop --- */

/* All but the thread. */
static int make(const char *directory, struct reader **ret_reader)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return -ENOMEM;
	TAILQ_INIT(&reader->waiting);
	TAILQ_INIT(&reader->done);
	reader->directory = strdup(directory);
	r = reader->directory ? 0 : -ENOMEM;
	if (r < 0)
		goto no_directory;
	reader->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = reader->fd < 0 ? -errno : 0;
	if (r < 0)
		goto no_fd;
	r = -pthread_mutex_init(&reader->lock, NULL);
	if (r < 0)
		goto no_lock;
	r = threads_cond_init(&reader->work);
	if (r < 0)
		goto no_work;
	r = threads_cond_init(&reader->ended);
	if (r < 0)
		goto no_ended;
	*ret_reader = reader;
	return 0;

no_ended:
	(void)pthread_cond_destroy(&reader->work);
no_work:
	(void)pthread_mutex_destroy(&reader->lock);
no_lock:
	(void)close(reader->fd);
no_fd:
	free(reader->directory);
no_directory:
	free(reader);
	return r;
}

int reader_new(const char *directory, struct reader **ret_reader)
{
	struct reader *reader;
	pthread_attr_t attr;
	int r = make(directory, &reader);

	if (r < 0)
		return r;
	r = threads_attr_init(&attr);
	if (r == 0) {
		r = -pthread_create(&reader->thread, &attr, reader_main, reader);
		(void)pthread_attr_destroy(&attr);
	}
	if (r < 0) {
		release(reader);
		return r;
	}
	*ret_reader = reader;
	return 0;
}

void reader_free(struct reader *reader, usec_t patience)
{
	struct timespec until;
	bool over;

	if (!reader)
		return;
	until = threads_timespec(usec_add(clock_monotonic(), patience));
	lock(reader);
	reader->closing = true;
	pthread_cond_signal(&reader->work);
	while (!reader->over &&
	       pthread_cond_timedwait(&reader->ended, &reader->lock, &until) != ETIMEDOUT)
		;
	over = reader->over;
	reader->left = !over;
	if (!over)
		(void)pthread_detach(reader->thread);
	unlock(reader);
	if (over) {
		(void)pthread_join(reader->thread, NULL);
		release(reader);
	}
}

int reader_fd(const struct reader *reader)
{
	return reader->fd;
}

void reader_dispatch(struct reader *reader)
{
	struct asked *asked;
	eventfd_t count;

	/* Lowered first: what happens from here on raises it again. */
	(void)eventfd_read(reader->fd, &count);
	lock(reader);
	while ((asked = TAILQ_FIRST(&reader->done))) {
		TAILQ_REMOVE(&reader->done, asked, link);
		reader->n--;
		unlock(reader);
		if (asked->answered)
			asked->answered(asked->ctx, &asked->answer);
		asked_free(asked);
		lock(reader);
	}
	unlock(reader);
}

int reader_ask(struct reader *reader, const struct reader_question *question,
	       void (*answered)(void *ctx, const struct reader_answer *answer), void *ctx)
{
	struct asked *asked = calloc(1, sizeof(*asked));
	bool full;

	if (!asked)
		return -ENOMEM;
	asked->question = *question;
	asked->answered = answered;
	asked->ctx = ctx;
	if (question->job) {
		asked->question.job = asked->job = strdup(question->job);
		if (!asked->job) {
			asked_free(asked);
			return -ENOMEM;
		}
	}
	lock(reader);
	full = reader->n == READER_QUEUE_MAX;
	if (!full) {
		reader->n++;
		TAILQ_INSERT_TAIL(&reader->waiting, asked, link);
		pthread_cond_signal(&reader->work);
	}
	unlock(reader);
	if (full)
		asked_free(asked);
	return full ? -EAGAIN : 0;
}

static void forget(struct asked *asked, const void *ctx)
{
	if (asked->ctx == ctx)
		asked->answered = NULL;
}

void reader_forget(struct reader *reader, const void *ctx)
{
	struct asked *asked;

	lock(reader);
	TAILQ_FOREACH(asked, &reader->waiting, link)
	forget(asked, ctx);
	TAILQ_FOREACH(asked, &reader->done, link)
	forget(asked, ctx);
	if (reader->current)
		forget(reader->current, ctx);
	unlock(reader);
}
