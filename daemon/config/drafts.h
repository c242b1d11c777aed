/*
 * Settings of jobs while their group is known by name only, equal ones shared: a million jobs have
 * a handful. One thread at a time.
 */
#pragma once

#include "base/arena.h"
#include "base/cleanup.h"
#include "core/model.h"

#include <stddef.h>

/* `settings` comes first: jobs point to it. */
struct draft {
	struct job_settings settings;
	const char *group_name; /* NULL: none */
};

/* A hash table; all zero is an empty one. */
struct drafts {
	struct draft **slots; /* NULL: free */
	size_t count;
	size_t size; /* a power of two, or 0 */
};

/* The one draft in `arena` that equals `draft`, whose texts are copied. NULL: out of memory. */
struct draft *drafts_share(struct drafts *drafts, struct arena *arena,
			   const struct draft *draft) _must_check_;

/* Gives every draft its group; one that the model has not leaves NULL. */
void drafts_resolve(struct drafts *drafts, const struct model *model);

/* Frees the table; the drafts are their arenas'. */
void drafts_done(struct drafts *drafts);
