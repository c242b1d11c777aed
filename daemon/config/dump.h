/* The effective settings of a model, as a configuration file: read again, it gives an equal model.
 */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>
#include <stdio.h>

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
