/*
 * Time zones by name, from the system's tzdata: $TZDIR, or /usr/share/zoneinfo. Each is read once
 * and kept; who wants to see changed files begins anew, as every load of a configuration does.
 * Reads files: may block. One thread at a time.
 */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>

struct arena;
struct zone;
struct zones_entry;

/* All zeroes but for the arena: nothing was asked for yet. Everything in it is the arena's. */
struct zones {
	struct arena *arena; /* not owned, outlives the zones */
	struct zones_entry *buckets[64];
	struct zones_entry *local;
	const struct zone *local_zone; /* what zones_local() found; NULL: nothing yet */
	unsigned unknown;              /* names that were no zone */
};

/* Room for what a problem is said in. */
#define ZONES_PROBLEM_SIZE 300

void zones_init(struct zones *zones, struct arena *arena);

/*
 * The zone of that name, "Europe/Berlin". "UTC" is one without tzdata too. Returns 0; -ENOMEM; or
 * -EINVAL with `problem`, a sentence without the name: that there is none of that name and which
 * might be meant, that names are not absolute and have no dots, that tzdata is not installed, that
 * its file is damaged or counts leap seconds ("right/...").
 */
int zones_find(struct zones *zones, const char *name, const struct zone **ret_zone,
	       char problem[static ZONES_PROBLEM_SIZE]) _must_check_;

/*
 * The system's local time: the environment's TZ as tzset(3) takes it, else /etc/localtime, else
 * UTC. It is called by the name that TZ or the link gives, "Europe/Berlin", else "local time".
 * Returns as above.
 */
int zones_local(struct zones *zones, const struct zone **ret_zone,
		char problem[static ZONES_PROBLEM_SIZE]) _must_check_;
