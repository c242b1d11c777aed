/* Reading what is known of jobs out of a database; see core/past.h. */
#pragma once

#include "base/cleanup.h"
#include "core/past.h"
#include "ledger/prune.h"
#include "ledger/store.h"

/*
 * Reads all of it in one transaction, and counts the rows of each job for pruning. `now` is wall
 * time; `offset` is what makes wall time of elapsed time. Returns 0, then *ret_past is to be freed
 * by past_done(); or a code of trouble.h.
 */
int recall(struct store *store, usec_t now, usec_t offset, struct prune *prune,
	   struct past *ret_past) _must_check_;
