/* Where the subtree of control groups is that this process was given. While it has one thread. */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>

/* The leaf of the subtree that the daemon itself moves to. */
#define CGROUP_DAEMON "daemon"

struct cgroup_place {
	char *directory;
	char *path;  /* as in /proc/PID/cgroup; empty for the root */
	bool marked; /* whoever gave it says so; or else it was taken as the first of a container */
	bool inside; /* this process is in its leaf already */
};

void cgroup_place_done(struct cgroup_place *place);

/*
 * Looks for the group that a process with that /proc/PID/cgroup is in, below the mounts of that
 * /proc/PID/mountinfo. Returns 0; -ENOENT: it is in none, or that is not mounted; or -errno.
 */
int cgroup_find(const char *cgroup, const char *mountinfo,
		struct cgroup_place *ret_place) _must_check_;

/*
 * That of this process, if it, or the one above it when that is its leaf, has been delegated: by
 * systemd or another manager, which then sets the extended attribute user.delegate or
 * trusted.delegate to "1" (https://systemd.io/CGROUP_DELEGATION); or as process 1 of a container,
 * if it is the root of what that sees. Returns 0; -ENOENT: it has not been; or -errno.
 */
int cgroup_find_own(struct cgroup_place *ret_place) _must_check_;
