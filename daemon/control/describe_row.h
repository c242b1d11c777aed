/* Rows of the ledger as JSON. Loop's thread. */
#pragma once

#include "base/cleanup.h"
#include "control/host.h"
#include "ledger/reader.h"

#include <jansson.h>

/* The live run of that id; NULL: there is none. O(live runs). */
const struct engine_run *find_live(const struct control_host *host, uint64_t id);

/*
 * A run, or a streak of occurrences that did not run; `live`: what the engine has of the run, which
 * goes before what is on record, or NULL. Returns a new value, NULL when memory is out.
 */
json_t *describe_row(const struct control_host *host, const struct reader_row *row,
		     const struct engine_run *live) _must_check_;

/* A live run of which nothing is on record, likewise. */
json_t *describe_live(const struct control_host *host, const struct engine_run *live) _must_check_;
