/*
 * Configuration files -> model. Reads with libconfuse, whose scanner is global to the process:
 * one thread at a time, be it the loop's before it runs or a loader's. May block.
 */
#pragma once

#include "base/cleanup.h"
#include "base/diag.h"
#include "core/model.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * Reads `path` and all that it includes, checks everything, and builds a model with one reference.
 * `host` seeds the splay. Every problem is added to `diags`, warnings too. Returns 0; -EINVAL when
 * there were errors; -ENOMEM; or another -errno when a file could not be read and another try may
 * succeed. Relative paths in a file are relative to the file's directory.
 */
int config_load(const char *path, const char *host, struct diags *diags,
		struct model **ret_model) _must_check_;

/*
 * Says what came of it, `result`: prints the errors, or the warnings too, and, if it could not be
 * loaded, a last line that says so. Whether it could be written is for the caller to ask the
 * stream.
 */
void config_tell(const char *path, int result, const struct diags *diags, bool warnings,
		 FILE *file);
