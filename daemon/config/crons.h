/*
 * What yields the slots of cron jobs, equal ones shared: a hundred thousand jobs have a few
 * different ones. One thread at a time.
 */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>

struct arena;
struct cron;

/* A hash table; all zero is an empty one. */
struct crons {
	const struct cron **slots; /* NULL: free */
	size_t count;
	size_t size; /* a power of two, or 0 */
};

/* The one in `arena` that equals `cron`, which is copied with its expressions; it has the same
   zone, not just an equal one. NULL: out of memory. */
const struct cron *crons_share(struct crons *crons, struct arena *arena,
			       const struct cron *cron) _must_check_;

/* Frees the table; what it had is the arena's. */
void crons_done(struct crons *crons);
