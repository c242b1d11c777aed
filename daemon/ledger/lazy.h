/*
 * Processes whose numbers are to be put on record unless their run is over within moments: in the
 * order of their making. One thread at a time.
 */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct lazy {
	uint64_t run; /* 0: it is not wanted any more */
	pid_t pid;
	usec_t now;  /* wall time at which it was made */
	usec_t made; /* monotonic */
};

/* A ring. */
struct lazies {
	struct lazy *items;
	size_t size; /* a power of 2, or 0 */
	size_t first;
	size_t n;
};

void lazies_done(struct lazies *lazies);

/* Adds one behind all others. Returns false without memory, or if there are too many. */
bool lazies_add(struct lazies *lazies, const struct lazy *lazy);

/* The first that is wanted, or NULL. */
struct lazy *lazies_first(struct lazies *lazies);

/* The i-th from the first, wanted or not; NULL: there are no more. */
const struct lazy *lazies_at(const struct lazies *lazies, size_t i);

/* Takes the first off. */
void lazies_drop(struct lazies *lazies);

/* Moves all of them. Those that find no memory are lost. */
void lazies_move(struct lazies *to, struct lazies *from);

/* That of a run is not wanted any more. */
void lazies_forget(struct lazies *lazies, uint64_t run);
