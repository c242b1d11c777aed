/* See census.h. */
#include "exec/census.h"

#include "exec/process.h"

#include <errno.h>
#include <stdlib.h>

/* Entries to begin with. */
#define CENSUS_SIZE 512

struct taking {
	struct census census;
	bool failed;
};

static bool add(void *ctx, const struct process *process)
{
	struct taking *taking = ctx;
	struct census *census = &taking->census;

	if (census->n == census->size) {
		size_t size = census->size > 0 ? 2 * census->size : CENSUS_SIZE;
		struct census_entry *entries =
			reallocarray(census->entries, size, sizeof(*entries));

		if (!entries) {
			taking->failed = true;
			return false;
		}
		census->entries = entries;
		census->size = size;
	}
	census->entries[census->n++] = (struct census_entry){
		.pid = process->pid,
		.parent = process->parent,
		.group = process->group,
		.session = process->session,
		.dead = process_is_dead(process),
	};
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct census_entry *first = a;
	const struct census_entry *second = b;

	return (first->pid > second->pid) - (first->pid < second->pid);
}

int census_take(struct census *census)
{
	struct taking taking = {0};
	int r = process_each(add, &taking);

	if (r == 0 && taking.failed)
		r = -ENOMEM;
	if (r < 0) {
		census_done(&taking.census);
		return r;
	}
	if (taking.census.n > 0)
		qsort(taking.census.entries, taking.census.n, sizeof(*taking.census.entries),
		      compare);
	*census = taking.census;
	return 0;
}

void census_done(struct census *census)
{
	free(census->entries);
	*census = (struct census){0};
}

struct census_entry *census_find(const struct census *census, pid_t pid)
{
	const struct census_entry key = {.pid = pid};

	return census->n > 0 ? bsearch(&key, census->entries, census->n, sizeof(key), compare)
			     : NULL;
}

static bool is_in(const struct census *census, pid_t pid)
{
	const struct census_entry *entry = census_find(census, pid);

	return entry && entry->in;
}

void census_follow(struct census *census, pid_t root,
		   bool (*join)(void *ctx, const struct census_entry *entry), void *ctx)
{
	/* Numbers mostly ascend from parents to children: one round finds them, one ends it. */
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < census->n; i++) {
			struct census_entry *entry = &census->entries[i];

			if (entry->in || entry->dead ||
			    !(entry->parent == root || is_in(census, entry->parent)))
				continue;
			entry->in = join(ctx, entry);
			more |= entry->in;
		}
	}
}
