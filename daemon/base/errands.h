/*
 * A thread that does what would hold up the loop: reads, prints, writes to disks. Errands are done
 * one after the other; of those that are done the loop is told by a descriptor. Everything is for
 * the loop's thread but what the thread does itself.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct errands;

/* Part of what one of them is about: the first member of it. */
struct errand {
	/* In the loop, when it was done; NULL: forgotten. */
	void (*done)(struct errand *errand);
	const void *ctx; /* by which it may be forgotten */
	TAILQ_ENTRY(errand) link;
};

/* What the thread does. `ctx` is that of errands_new(). */
struct errands_ops {
	/* Does one. */
	void (*run)(void *ctx, struct errand *errand);
	/* There is nothing more to do for now; NULL: nothing to do about it. */
	void (*rest)(void *ctx);
	/* Frees one that was told of, or never will be. Any thread. */
	void (*free)(struct errand *errand);
	/* Frees ctx, when all is over. Any thread. NULL: nothing to do. */
	void (*end)(void *ctx);
};

/* Makes the thread. `max` errands may be under way; ctx is taken over, unless it fails. Returns 0
   or -errno. */
int errands_new(const struct errands_ops *ops, void *ctx, unsigned max,
		struct errands **ret_errands) _must_check_;

/* Ends the thread, after what it is at, and waits so long for it at most; nobody is told of
   anything any more. NULL is fine. */
void errands_free(struct errands *errands, usec_t patience);

/* Readable when there are some that were done: then errands_dispatch() is to be called. */
int errands_fd(const struct errands *errands);
void errands_dispatch(struct errands *errands);

/* Has one done, and takes it over, also if it fails. Returns 0, or -EAGAIN: too many are under way.
 */
int errands_send(struct errands *errands, struct errand *errand);

/* done() is not called any more for those with that ctx. */
void errands_forget(struct errands *errands, const void *ctx);
