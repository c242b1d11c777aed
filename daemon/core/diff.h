/* What differs between two models, job by job: a merge of their sorted jobs. Pure. */
#pragma once

#include "core/model.h"

#include <stdbool.h>
#include <stddef.h>

enum diff_fate {
	DIFF_ADDED,
	DIFF_CHANGED, /* job_equal() says no */
	DIFF_REMOVED,
	DIFF_UNCHANGED,
};

/* Where a merge is; begin with both counts at 0. */
struct diff {
	const struct model *before; /* NULL: none, every job is added */
	const struct model *after;
	size_t n_before; /* jobs that have been seen */
	size_t n_after;
};

/*
 * The fate of the next job by name. `ret_before` and `ret_after` get its index in each model's
 * jobs, SIZE_MAX where it is not. Returns false at the end. O(1), and O(n) for all.
 */
bool diff_next(struct diff *diff, enum diff_fate *ret_fate, size_t *ret_before, size_t *ret_after);
