/* See diff.h. */
#include "core/diff.h"

#include <string.h>

bool diff_next(struct diff *diff, enum diff_fate *ret_fate, size_t *ret_before, size_t *ret_after)
{
	bool more_before = diff->before && diff->n_before < diff->before->n_jobs;
	bool more_after = diff->n_after < diff->after->n_jobs;
	const struct job *before = more_before ? &diff->before->jobs[diff->n_before] : NULL;
	const struct job *after = more_after ? &diff->after->jobs[diff->n_after] : NULL;
	int order;

	if (!before && !after)
		return false;

	order = !before ? 1 : !after ? -1 : strcmp(before->name, after->name);
	if (order < 0)
		*ret_fate = DIFF_REMOVED;
	else if (order > 0)
		*ret_fate = DIFF_ADDED;
	else
		*ret_fate = job_equal(before, after) ? DIFF_UNCHANGED : DIFF_CHANGED;
	*ret_before = order <= 0 ? diff->n_before++ : SIZE_MAX;
	*ret_after = order >= 0 ? diff->n_after++ : SIZE_MAX;
	return true;
}
