/*
 * Control groups (cgroup v2, cgroups(7)): where the daemon was given a subtree of its own, by
 * systemd's Delegate= or as process 1 of a container, each run has a group there, by which all its
 * processes are found, bounded and killed. Where there is none, runs go without.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum cgroup_controller {
	CGROUP_MEMORY,
	CGROUP_CPU,
	CGROUP_PIDS,
	CGROUP_CONTROLLERS,
};

/* Room for the name of a group. */
#define CGROUP_NAME_SIZE 32

struct cgroups;

/*
 * Finds the delegated subtree, moves the process into a leaf of it ("daemon"), so that the rest is
 * free for runs, and enables what controllers there are. Returns 0, with *ret_cgroups NULL where
 * nothing is delegated; or -errno, then runs go without too and somebody is to be told; -EBUSY:
 * another daemon has it. While the process has one thread.
 */
int cgroups_new(struct cgroups **ret_cgroups) _must_check_;
/* Kills what runs left behind and removes all groups; but not before cgroups_clear(), as all is a
   daemon's before this one then. NULL is fine. */
void cgroups_free(struct cgroups *cgroups);

/*
 * What runs of a daemon that was killed left behind in its groups: the group of that process is
 * kept by cgroups_clear(), which kills what is in the others and removes them. Before the first
 * run. NULL, and a process that is in none, are fine. The first returns 0 or -ENOMEM.
 */
int cgroups_keep(struct cgroups *cgroups, pid_t pid) _must_check_;
void cgroups_clear(struct cgroups *cgroups);

/* Can runs be bounded by this controller? NULL: no. Any thread. */
bool cgroups_has(const struct cgroups *cgroups, enum cgroup_controller controller);

/* 0: no bound. */
struct cgroup_limits {
	int64_t memory_max; /* bytes */
	int64_t cpu_max;    /* thousandths of a CPU */
	int64_t tasks_max;
	int64_t cpu_weight;
};

/* The group of a run; or of one run after the other of a worker, if they have no limits: to make
   and remove one each time takes nearly as long as the shortest run. One thread at a time. */
struct cgroup {
	int fd;     /* the directory; negative: no group */
	int events; /* cgroup.events */
	bool limited;
	bool killed; /* by cgroup.kill */
	const struct cgroups *in;
	char name[CGROUP_NAME_SIZE];
};

/* No group yet. */
void cgroup_init(struct cgroup *cgroup);

/*
 * Makes the group ready for the next run: one that was used before and is empty serves again, if
 * neither it nor the next run has limits. Limits whose controller is missing are passed over.
 * Returns 0, without a group if cgroups is NULL; or -errno, then there is none either. Any thread.
 */
int cgroup_prepare(struct cgroup *cgroup, struct cgroups *cgroups,
		   const struct cgroup_limits *limits) _must_check_;

/* Makes it the group of that process, which a daemon before this one had put there, to be given to
   cgroup_done(); none if it is in none, or cgroups is NULL. Returns 0 or -errno. */
int cgroup_open(struct cgroup *cgroup, struct cgroups *cgroups, pid_t pid) _must_check_;

/* The run is over: removes a group that had limits, or was killed; one whose processes go on is no
   longer used, and removed when they have ended. */
void cgroup_release(struct cgroup *cgroup, struct cgroups *cgroups);

/* Releases and removes it for good. */
void cgroup_done(struct cgroup *cgroup, struct cgroups *cgroups);

/* Does any process live in it, or below? One system call. */
bool cgroup_is_populated(const struct cgroup *cgroup);

/* Is the process in it, or below? Of a process that is held (process_hold()) it says so for sure,
   if that has not ended since. */
bool cgroup_contains(const struct cgroup *cgroup, pid_t pid);

/* Kills all that is in it, those too that are being forked (cgroup.kill, Linux 5.14). Returns 0, or
   -errno where the kernel cannot. Nobody is to be born in it any more. */
int cgroup_kill(struct cgroup *cgroup) _must_check_;

/* Calls fn for each process in it and below, until it returns false. Returns 0 or -errno. */
int cgroup_each(const struct cgroup *cgroup, bool (*fn)(void *ctx, pid_t pid),
		void *ctx) _must_check_;

/* Has the kernel killed a process of it for want of memory? Only of one with limits. */
bool cgroup_ran_out_of_memory(const struct cgroup *cgroup);

/* Peak memory (bytes) and processor time (microseconds) of all that ran in it; what is not known
   stays as it is. Only of one with limits. */
void cgroup_usage(const struct cgroup *cgroup, int64_t *memory, int64_t *cpu);
