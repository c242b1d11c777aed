/*
 * The configuration as the engine sees it: complete, valid, and immutable once built. Built by
 * config, swapped as a whole on reload, reference-counted because runs outlive reloads.
 * The loop's thread builds, references and frees; workers only read what a run in hand points to.
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "calendar/schedule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_WORKERS_MAX 4096
#define MODEL_QUEUE_MAX   1000000
#define MODEL_NAME_MAX    200 /* bytes in the name of a job or group */

enum overlap_policy {
	OVERLAP_SKIP,    /* start nothing while a run of the job has not ended */
	OVERLAP_QUEUE,   /* hold one occurrence, the first, until it has */
	OVERLAP_REPLACE, /* stop that run; start when it has ended */
	OVERLAP_ALLOW,   /* up to max_running at once */
};

enum leftover_policy {
	LEFTOVER_KILL,  /* stop what a run's main process left behind */
	LEFTOVER_LEAVE, /* leave it alone */
};

/* At most `limit` runs of the jobs of a group at once; the others wait in order. */
struct group {
	const char *name;
	unsigned limit; /* 1 or more */
	const char *file;
	unsigned line;
};

/* A job's policy apart from schedule and command. Jobs with equal settings share one. */
struct job_settings {
	usec_t timeout;    /* 0: none */
	usec_t kill_grace; /* from SIGTERM to SIGKILL */
	enum overlap_policy overlap;
	unsigned max_running; /* with OVERLAP_ALLOW; 1 otherwise */
	enum leftover_policy leftover;
	const struct group *group; /* NULL: none */
	const char *shell;         /* runs commands given as a string, as SHELL -c COMMAND */
};

struct job {
	const char *name;
	struct schedule schedule;
	const struct job_settings *settings;
	const char *command; /* n_args strings, one after the other, each with its NUL */
	uint32_t n_args;     /* 1 or more */
	bool use_shell;      /* the one string goes to settings->shell */
	unsigned line;       /* where the section begins ... */
	const char *file;    /* ... and in which file */
};

/* What the daemon itself needs to know. */
struct daemon_settings {
	unsigned workers;    /* 1 to MODEL_WORKERS_MAX runs at the same time */
	unsigned queue;      /* 0 to MODEL_QUEUE_MAX accepted occurrences that wait */
	usec_t stop_timeout; /* how long running jobs may go on after SIGTERM */
};

struct model {
	unsigned refs;
	struct arena arena; /* owns all that follows and every text in it */
	struct daemon_settings daemon;
	struct job *jobs; /* sorted by name (strcmp), names unique */
	size_t n_jobs;
	struct group *groups; /* sorted by name, names unique */
	size_t n_groups;
};

/* An empty model with one reference and no jobs. NULL: out of memory. */
struct model *model_new(void) _must_check_;

/* One more reference. Returns its argument. */
struct model *model_ref(struct model *model);

/* Gives a reference back; frees the model with the last. NULL is fine. */
void model_unref(struct model *model);
static inline void cleanup_model(struct model **model)
{
	model_unref(*model);
}

/* By name; NULL if there is none. O(log n). */
const struct job *model_find_job(const struct model *model, const char *name);
const struct group *model_find_group(const struct model *model, const char *name);

/* Same policy? Groups are compared by name. */
bool job_settings_equal(const struct job_settings *a, const struct job_settings *b);

/* Same schedule, command and policy (groups are compared by name)? Place in the file, and limits
   of the group, do not count. */
bool job_equal(const struct job *a, const struct job *b);
