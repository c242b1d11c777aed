/* The effective settings of a model, as a configuration file: read again, it gives an equal model.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct job;
struct model;

/*
 * Writes everything that is in force, files and defaults put together: the top level, groups, and
 * each job with all of its options, also those that it has by default; left out are those that mean
 * nothing for it. With `n_jobs` names only the sections of these jobs, in that order. Returns 0;
 * -ENOENT if one of them is not there, before anything is written; or -EIO if `out` has an error.
 * Any thread.
 */
int config_dump(const struct model *model, const char *const *jobs, size_t n_jobs,
		FILE *out) _must_check_;

/* An option that a job has, and from where. */
struct config_setting {
	const char *name;
	const char *value; /* as a file would have it: in quotes or braces if need be */
	const char *file;  /* where it stands, in the job or in defaults; NULL: it is built in */
	unsigned line;
	bool harmless; /* it tells nothing of commands, environment, files or people */
};

/*
 * Calls fn for the options that config_dump() would write for a job of the model, in that order,
 * until it returns false. Returns 0; -ECANCELED if it did; or -ENOMEM, before the first. Any
 * thread.
 */
int config_each_setting(const struct model *model, const struct job *job,
			bool (*fn)(void *ctx, const struct config_setting *setting),
			void *ctx) _must_check_;
