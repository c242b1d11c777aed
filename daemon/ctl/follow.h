/* Following what happens, until it is over or nobody reads it any more. One thread. */
#pragma once

#include "base/cleanup.h"
#include "ctl/online.h"

/* Prints what comes from there as it comes, by record_print(); unless --json is given, only events
   of that name (NULL: all). Returns an exit status, after what is wrong was said; it does not
   return as long as everyd lives and, if it is `of_run`, the run has not ended. */
int follow(struct online *online, const struct url *url, const char *name,
	   bool of_run) _must_check_;
