/* What workers do, on their threads: runs, and the words of runs. Made by the loop's thread. */
#pragma once

#include "base/cleanup.h"

struct daemon;
struct model;

/* Makes what all runs share, daemon->runs. Returns 0 or -errno. */
int work_new_context(struct daemon *daemon) _must_check_;

/* Makes the pool, which is there from the first configuration on, or fits it to another. Returns 0
   or -errno. */
int work_fit_pool(struct daemon *daemon, const struct model *model) _must_check_;
