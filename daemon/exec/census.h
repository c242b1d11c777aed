/*
 * All processes at one time, as far as kinship goes: to find the descendants of one, wherever they
 * hide. Numbers go from process to process, so what a census says of a process counts only when it
 * is the same once the process is held (process_hold()). One thread at a time.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct census_entry {
	pid_t pid;
	pid_t parent;
	pid_t group;
	pid_t session;
	bool dead;
	bool in; /* belongs to those who are looked for */
};

/* Zeroed: empty. */
struct census {
	struct census_entry *entries; /* by number, ascending */
	size_t n;
	size_t size;
};

/* Reads all processes into an empty one. Returns 0 or -errno, then it is still empty. */
int census_take(struct census *census) _must_check_;
void census_done(struct census *census);

/* Returns NULL if there was none with this number. */
struct census_entry *census_find(const struct census *census, pid_t pid);

/*
 * Calls join() for each living process that is not `in` but whose parent is, or is `root` (-1:
 * nobody), until no more joins, which is what its result says. Parents come before their children.
 *
 * A process that, once held, still has the parent of the census has had no other meanwhile; and as
 * that one was held and joined in between, it is this one's parent and none that took its number.
 */
void census_follow(struct census *census, pid_t root,
		   bool (*join)(void *ctx, const struct census_entry *entry), void *ctx);
