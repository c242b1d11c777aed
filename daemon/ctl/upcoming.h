/* The slots of many schedules in the order in which they are due. One thread. */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct schedule;

struct upcoming_slot {
	const char *name;
	const struct schedule *schedule;
	usec_t slot;
	usec_t due;
};

struct upcoming_item;

/* All zero is none. */
struct upcoming {
	struct upcoming_item *items; /* a heap, the earliest on top */
	size_t n_items;
	size_t capacity;
	size_t n_added;
};

/*
 * Adds those of one schedule, a grid, that are due at `from` or later, at most `count` (1 or more)
 * of them. `name` and `schedule` must outlive it. Returns 0; -ENOENT: there are none; or -ENOMEM.
 */
int upcoming_add(struct upcoming *upcoming, const char *name, const struct schedule *schedule,
		 usec_t from, uint64_t count) _must_check_;

/* Takes the earliest; of those due at once that which was added first. False: there are no more. */
bool upcoming_take(struct upcoming *upcoming, struct upcoming_slot *ret_slot) _must_check_;

void upcoming_done(struct upcoming *upcoming);
