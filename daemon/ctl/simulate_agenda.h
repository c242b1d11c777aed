/*
 * What the simulator waits for, but for the slots, which the engine itself keeps in order: ends of
 * runs, next attempts and the like. A binary heap of timers, each of which knows its place. Timers
 * that are due at the same instant fire in the order they were set.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded in what waits. One of zeroes is not set. */
struct sim_timer {
	size_t place; /* in the heap, counting from 1; 0: it is not set */
	int kind;     /* the owner's */
};

struct sim_agenda_entry {
	usec_t at;
	uint64_t order;
	struct sim_timer *timer;
};

/* One of zeroes is empty. */
struct sim_agenda {
	struct sim_agenda_entry *entries; /* owned; [0] is the earliest */
	size_t count;
	size_t capacity;
	uint64_t order; /* of the timer that was set last */
};

void sim_agenda_done(struct sim_agenda *agenda);

/* Sets a timer, or sets one anew. Returns 0 or -ENOMEM. O(log n). */
int sim_agenda_set(struct sim_agenda *agenda, struct sim_timer *timer, usec_t at) _must_check_;

/* Nothing happens if it is not set. O(log n). */
void sim_agenda_unset(struct sim_agenda *agenda, struct sim_timer *timer);

/* When the first timer is due; USEC_INFINITY: none is set. */
static inline usec_t sim_agenda_next(const struct sim_agenda *agenda)
{
	return agenda->count > 0 ? agenda->entries[0].at : USEC_INFINITY;
}

/* Takes the first timer, which is not set any more then; there must be one. O(log n). */
struct sim_timer *sim_agenda_take(struct sim_agenda *agenda);
