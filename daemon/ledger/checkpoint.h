/*
 * Checkpoints: what is in the WAL file goes into the database, by a thread and a connection of
 * their own, so that commits go on while the disk is waited for.
 *
 * Two things have to be seen to. A checkpoint only comes to what was there when it began: with a
 * writer that never rests the WAL file would never be at its end, and so never be begun anew. If
 * it gets long, the writer is held up for the little that is left. And SQLite before 3.51.3 may
 * lose pages if a commit begins the WAL file anew while a checkpoint begins that finds nothing to
 * do (https://www.sqlite.org/wal.html, "The WAL-Reset Bug"). So none begins beside a commit unless
 * one was both begun and ended since the last: then there is something to do, and until that is
 * done nobody begins the file anew.
 */
#pragma once

#include "base/cleanup.h"

#include <pthread.h>
#include <stdbool.h>

struct store;

struct checkpointer;

/* The thread has those attributes. Returns 0 or -errno. */
int checkpointer_new(const pthread_attr_t *attr,
		     struct checkpointer **ret_checkpointer) _must_check_;

/* Ends it. NULL is fine. All of this is the writer's. */
void checkpointer_free(struct checkpointer *checkpointer);

/* It may open the database that the writer has open, whose path must stay. */
void checkpointer_start(struct checkpointer *checkpointer, const struct store *store);

/* When this returns it does not have it open. */
void checkpointer_stop(struct checkpointer *checkpointer);

/* Surround a transaction that writes. The first may wait for a checkpoint; the second is told how
   many pages the WAL file has, and returns 0, or SQLITE_CORRUPT or the like if a checkpoint has
   found that. */
void checkpointer_enter(struct checkpointer *checkpointer);
int checkpointer_leave(struct checkpointer *checkpointer, int pages) _must_check_;

/* Nothing was written for a while: a good time. */
void checkpointer_ask(struct checkpointer *checkpointer);
