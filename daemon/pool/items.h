/*
 * Where a pool has its items: in the queue, with a worker, on the done-queue; and among those noted
 * as started. All of it under the pool's lock.
 */
#pragma once

#include "pool/pool.h"

#include <stdbool.h>
#include <stddef.h>

/* All zero: none. */
struct pool_items {
	struct pool_item *first; /* the queue */
	struct pool_item *last;
	size_t queued;
	struct pool_item *done_first;
	struct pool_item *done_last;
	struct pool_item *noted;
};

void items_queue(struct pool_items *items, struct pool_item *item);
void items_unqueue(struct pool_items *items, struct pool_item *item);

/* Its work has begun in earnest. */
void items_note(struct pool_items *items, struct pool_item *item);

/* Puts it on the done-queue. Returns whether that was empty. */
bool items_finish(struct pool_items *items, struct pool_item *item);
