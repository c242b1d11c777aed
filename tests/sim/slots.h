/* A multiset of slots, as ranges: years of minutes take no more room than one. */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
	usec_t first;
	uint64_t count; /* 1 or more */
	usec_t interval;
};

static inline usec_t range_last(const struct range *range)
{
	return range->first + (usec_t)(range->count - 1) * range->interval;
}

/* All zero: empty. */
struct slots {
	struct range *ranges; /* owned; those that were added last come last */
	size_t n;
	size_t capacity;
};

void slots_done(struct slots *slots);
void slots_clear(struct slots *slots);

/* Of a range of no slots: nothing. */
void slots_add(struct slots *slots, struct range range);
void slots_add_all(struct slots *slots, const struct slots *more);

/* Takes as many of them as there are, each once; returns how many that were. */
uint64_t slots_take(struct slots *slots, struct range range);

/* Takes all slots before `end`, and adds them to `ret_taken` if that is not NULL. */
void slots_take_before(struct slots *slots, usec_t end, struct slots *ret_taken);

uint64_t slots_count(const struct slots *slots);
bool slots_has(const struct slots *slots, usec_t slot);

/* The first and the last; USEC_INFINITY: there is none. */
usec_t slots_first(const struct slots *slots);
usec_t slots_last(const struct slots *slots);
