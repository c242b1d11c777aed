/* What all runs share, and what a worker keeps from run to run, for the files that run something.
 */
#pragma once

#include "exec/cgroup.h"
#include "exec/command.h"
#include "exec/run.h"
#include "exec/spawn.h"

#include <stdbool.h>
#include <sys/resource.h>

struct identities;
struct outlet;
struct seats;
struct watcher;

/* Room for the name of a host (gethostname(2)). */
#define CONTEXT_HOST_SIZE 65

struct run_context {
	struct run_sink sink;
	struct command_base base;
	struct identities *identities;
	struct cgroups *cgroups; /* NULL: none */
	int trouble;             /* -errno of looking for them */
	char *directory;         /* where files for hooks are put; NULL: there are none */
	char host[CONTEXT_HOST_SIZE];
	int null;            /* /dev/null */
	struct seats *seats; /* of what is spawned; NULL: none */
	int signals[SPAWN_SIGNALS];
	struct rlimit64 files; /* as it was */
	bool files_raised;
};

struct run_local {
	struct command command;
	struct watcher *watcher;
	struct outlet *outlet;
	struct cgroup cgroup;
	struct cgroups *cgroups; /* what that is in */
};

/* The beginning of the names of files for hooks. */
#define CONTEXT_FILE_PREFIX "output-"
