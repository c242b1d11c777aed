/*
 * Who a run runs as, looked up by the worker that needs it and remembered until a reload, or a
 * change of /etc/passwd or /etc/group. One cache for all workers; its lock is not held while a name
 * service is asked.
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
 * name or number. The user of a daemon that is not root has the group and groups of the daemon.
 * Returns 0, then it is to be given back by identity_put(); or -errno with the step that failed in
 * *ret_stage, "user", "group" or "groups": -ENOENT when there is none. May block. Any thread.
 */
int identity_get(struct identities *identities, const char *user, const char *group,
		 const struct identity **ret_identity, const char **ret_stage) _must_check_;

/* NULL is fine. Any thread. */
void identity_put(const struct identity *identity);

/* The next identity_get() looks up anew. Any thread. */
void identities_forget(struct identities *identities);

/* What a thread goes back to. */
struct identity_before {
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t n_groups;
};

/*
 * Takes on the identity for what the calling thread does with files, until identity_leave(): its
 * effective user and group and its groups, by raw calls (those of glibc are for all threads), and
 * no capability; so that what it opens has nobody else's credentials. It still cannot be signalled
 * or traced by that user. Returns 0, or -errno with nothing changed: -EPERM, also where
 * capabilities would stay, -ENOMEM. Does nothing for one that is not another.
 */
int identity_enter(const struct identity *identity,
		   struct identity_before *ret_before) _must_check_;

/* Goes back to what was; a thread that could not would be a hole, so the process aborts. */
void identity_leave(const struct identity *identity, struct identity_before *before);
