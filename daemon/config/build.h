/*
 * Makes a model of what the files say: converts, checks what one option means for another, finds
 * duplicates, shares equal settings. Linear but for sorts by name. One thread at a time.
 */
#pragma once

#include "base/cleanup.h"
#include "base/diag.h"
#include "config/options.h"
#include "core/model.h"

#include <stddef.h>

/* The most jobs that all files together may have. */
#define BUILD_JOBS_MAX 10000000

struct builder;

/* `host` seeds the splay; it and `diags` must outlive the builder. Returns 0 or -ENOMEM. */
int builder_new(const char *host, struct diags *diags, struct builder **ret_builder) _must_check_;
void builder_free(struct builder *builder);

/* A copy of a text that lives as long as the model. NULL: out of memory. */
const char *builder_keep(struct builder *builder, const char *text) _must_check_;

/*
 * A file begins, the main file first: what follows stands in it. `file` must live as long as the
 * model. Returns 0 or -ENOMEM.
 */
int builder_begin_file(struct builder *builder, const char *file) _must_check_;

/* An option of the top level, converted and kept; problems are reported. Returns 0, problems or
   not; or -ENOMEM. */
int builder_take_top(struct builder *builder, const struct option_given *given) _must_check_;

/*
 * A section of the file; `defaults` before the jobs. Of one that is not `whole` nothing is missed
 * that may stand in what could not be read; that has been reported. Returns 0, problems or not;
 * -ENOMEM; or -E2BIG when there are more than BUILD_JOBS_MAX jobs, which is reported.
 */
int builder_take_section(struct builder *builder, const struct option *option, const char *title,
			 unsigned line, bool whole, const struct option_given *given,
			 size_t n_given) _must_check_;

/* A model with one reference, if no errors have been reported. Returns 0, -EINVAL or -ENOMEM. */
int builder_finish(struct builder *builder, struct model **ret_model) _must_check_;
