/*
 * Which job is due first: a binary heap of the engine's jobs by due time, each of which knows its
 * place. Part of the engine; allocates nothing after its storage has been given.
 */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine_job;

/* engine_job.agenda_index of a job that is not in the agenda. */
#define AGENDA_NONE UINT32_MAX

/* The due time stands here too, so that a walk through the heap touches no job it does not move. */
struct agenda_entry {
	usec_t due;
	struct engine_job *job;
};

struct agenda {
	struct agenda_entry *entries; /* owned; [0] is the earliest */
	size_t count;
	size_t capacity;
};

/* Frees the storage. An agenda of zeroes is empty. */
void agenda_done(struct agenda *agenda);

/* Moves to larger storage, from malloc(3), which it then owns. */
void agenda_grow(struct agenda *agenda, struct agenda_entry *entries, size_t capacity);

/* Adds a job that is not in it; there must be room. O(log n), as the next two. */
void agenda_add(struct agenda *agenda, struct engine_job *job, usec_t due);

/* Gives a job in it another due time. */
void agenda_move(struct agenda *agenda, struct engine_job *job, usec_t due);

/* Removes a job; nothing happens if it is not in it. */
void agenda_remove(struct agenda *agenda, struct engine_job *job);

/* The entry that is due first; NULL: the agenda is empty. O(1). */
const struct agenda_entry *agenda_first(const struct agenda *agenda);
