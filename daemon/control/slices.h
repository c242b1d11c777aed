/*
 * Answers that take long to make, and so are made a slice at a time, each in another round of the
 * loop, when all else has had its turn. Loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "control/route.h"

struct evbuffer;

struct slices_ops {
	/* Goes on for a fraction of a millisecond. Returns 1 when it is done, 0 when there is more
	   to do, or -ENOMEM. */
	int (*work)(void *work);
	/* When it is done: the answer, JSON. The work's; what is in it may be taken. */
	struct evbuffer *(*text)(void *work);
	void (*free)(void *work);
};

/* Answers the exchange, at once or later, and takes `work` over; NULL: out of memory. `ops` must
   stay. */
void slices_answer(struct exchange *exchange, const struct slices_ops *ops, void *work);
