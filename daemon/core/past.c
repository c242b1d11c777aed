/* See past.h. */
#include "core/past.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *name, const void *job)
{
	return strcmp(name, ((const struct past_job *)job)->name);
}

const struct past_job *past_find(const struct past *past, const char *name)
{
	if (past->n_jobs == 0)
		return NULL;
	return bsearch(name, past->jobs, past->n_jobs, sizeof(*past->jobs), compare);
}
