/*
 * Groups of postings on their way to the writer, in order, in bounded memory.
 *
 * A group is gathered by one thread without a lock, put on the queue as a whole, and taken off
 * together with what else is there. Groups count from 1; whoever waits for one compares numbers.
 */
#pragma once

#include "ledger/posting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory for all that waits, and for outputs in it. */
#define QUEUE_MAX         ((size_t)64 * 1024 * 1024)
#define QUEUE_OUTPUTS_MAX ((size_t)16 * 1024 * 1024)

/* A group that is being gathered. */
struct posting_group {
	char *bytes;
	size_t used;
	size_t size;
	unsigned postings;
	unsigned lost;  /* that found no memory */
	size_t outputs; /* bytes */
};

void group_done(struct posting_group *group);

/* Adds a record; its texts are copied. Without memory it is counted as lost. */
void group_add(struct posting_group *group, const struct posting *posting, enum posting_kind kind,
	       const struct posting_text texts[POSTING_TEXTS]);

/* Whole groups, one behind the other. */
struct queue_chunk {
	struct queue_chunk *next;
	size_t size;
	size_t used;
	size_t outputs;
	uint64_t postings;
	uint64_t last; /* the number of its last group */
	_Alignas(max_align_t) char bytes[];
};

struct queue {
	struct queue_chunk *first;
	struct queue_chunk *last;
	struct queue_chunk *spare;
	uint64_t numbered; /* the last number that was given */
	/* Of what is on the queue and what was taken and not released. */
	size_t bytes;
	size_t outputs;
	uint64_t postings;
	uint64_t dropped; /* postings, ever */
	uint64_t outputs_dropped;
};

void queue_done(struct queue *queue);

/* Puts a group, which may have any number of postings, on the queue and empties it. Returns its
   number; 0: there was no room, and it is dropped. One thread at a time, as all of this. */
uint64_t queue_put(struct queue *queue, struct posting_group *group);

/* The same of a single record without texts. */
uint64_t queue_put_one(struct queue *queue, const struct posting *posting, enum posting_kind kind);

/* Is there room for so many bytes of output? If not, they are counted as dropped. */
bool queue_admit_output(struct queue *queue, size_t bytes);

/* Takes the first chunks, about `max` bytes, and at least one if there is any. */
struct queue_chunk *queue_take(struct queue *queue, size_t max);

/* Those that were taken are done with, or given up. */
void queue_release(struct queue *queue, struct queue_chunk *chunks);

/* The records of a chunk, one after the other: NULL after the last. */
struct posting *queue_next(struct queue_chunk *chunk, struct posting *posting);
