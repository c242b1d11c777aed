/*
 * What a process hands on to those that it starts: environment, groups, limits, priorities. What a
 * job does not set it has from the daemon; who runs it without the daemon can take on the same.
 */
#pragma once

#include "base/cleanup.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

struct surroundings {
	char **environment; /* as environ(7) */
	char *text;         /* what it points into */
	gid_t *groups;      /* supplementary ones */
	size_t n_groups;
	struct rlimit64 limits[RLIM_NLIMITS];
	int nice;
	int ioprio; /* as ioprio_get(2) has it */
	int oom_score_adj;
	cpu_set_t cpus;
	bool no_new_privileges;
};

/* Those of a process: the caller's own are as they are now, the environment of another is that
   which it was started with. To be given to surroundings_done(). Returns 0 or -errno. */
int surroundings_read(pid_t pid, struct surroundings *ret_surroundings) _must_check_;
void surroundings_done(struct surroundings *surroundings);

/*
 * Takes on those of the daemon, which has raised its limit of files and so tells only what is the
 * most of them. The environment is pointed to: it must outlive what uses environ(7). Returns 0; or
 * -errno of the first that could not be had, which *ret_what names, with all the others taken.
 */
int surroundings_take(const struct surroundings *surroundings, const char **ret_what) _must_check_;

/* The daemon that has a lock on the file; 0: none has, or it is not to be known. */
pid_t surroundings_find_daemon(const char *lock);
