/*
 * Who a run runs as, looked up by the worker that needs it and remembered until a reload. One
 * cache for all workers; its lock is not held while a name service is asked.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct identity {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* all of them, as initgroups(3) would set them */
	size_t n_groups;
	const char *name; /* for USER and LOGNAME; the number if it has no name */
	const char *home; /* "/" where it is not known */
	bool change;      /* another than the daemon's: it has to be taken on */
};

struct identities;

/* Looks up the daemon's own. Returns 0 or -errno. */
int identities_new(struct identities **ret_identities) _must_check_;
void identities_free(struct identities *identities);

/*
 * That of a user, or the daemon's own for NULL, with another group if that is not NULL; both by
 * name or number. Returns 0, then it is to be given back by identity_put(); or -errno with the step
 * that failed in *ret_stage, "user", "group" or "groups": -ENOENT when there is none. May block.
 * Any thread.
 */
int identity_get(struct identities *identities, const char *user, const char *group,
		 const struct identity **ret_identity, const char **ret_stage) _must_check_;

/* NULL is fine. Any thread. */
void identity_put(const struct identity *identity);

/* The next identity_get() looks up anew. Any thread. */
void identities_forget(struct identities *identities);

/* What a thread goes back to. */
struct identity_before {
	gid_t *groups;
	size_t n_groups;
};

/*
 * Takes on the identity for the calling thread's access to files and nothing else (setfsuid(2), and
 * raw setgroups(2)), until identity_leave(). Returns 0, or -errno with nothing changed: -EPERM,
 * -ENOMEM. Does nothing for one that is not another.
 */
int identity_enter(const struct identity *identity,
		   struct identity_before *ret_before) _must_check_;

/* Goes back to what was; a thread that could not would be a hole, so the process aborts. */
void identity_leave(const struct identity *identity, struct identity_before *before);
