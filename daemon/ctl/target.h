/* What a command is to change: jobs by name, a group, or everything. One thread. */
#pragma once

#include "base/cleanup.h"
#include "ctl/online.h"

struct target {
	const char *group; /* NULL: none */
	bool all;
	char *const *jobs;
	size_t n_jobs;
};

/* Takes the jobs from what is left of the command line. Returns CTL_OK, or CTL_USAGE after it was
   said. */
int target_take_jobs(struct target *target, struct ctl_args *args) _must_check_;
/* The same; exactly one of the kinds must be there. */
int target_take(struct target *target, struct ctl_args *args) _must_check_;

/*
 * Sends `verb` ("pause") with that body (borrowed) to each. done() says what came of it, for `what`
 * ("backup", "group db"); with --json, the answers are written instead, as {"items": [...]}. Goes
 * on with the next when one is refused. Returns CTL_OK, or the first other exit status after it was
 * said.
 */
int target_send(const struct target *target, struct online *online, const char *verb, json_t *body,
		void (*done)(struct online *online, const struct target *target, const char *what,
			     const json_t *answer)) _must_check_;

/* Is it jobs by name, each of which is asked for by itself? */
static inline bool target_is_jobs(const struct target *target)
{
	return target->n_jobs > 0;
}
