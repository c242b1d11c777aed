/* Rows of the ledger as JSON. Loop's thread unless said otherwise. */
#pragma once

#include "base/cleanup.h"
#include "control/host.h"
#include "ledger/reader.h"

#include <jansson.h>
#include <stdbool.h>

/* The live run of that id; NULL: there is none. O(live runs). */
const struct engine_run *find_live(const struct control_host *host, uint64_t id);

/* What the engine has of a live run at some moment, and a row of the ledger has not. */
struct live_facts {
	const char *state; /* of describe_run_state() */
	bool manual;
	bool retrying; /* it waits for its next attempt */
	unsigned attempts;
	struct control_run_facts run;
};

void look_at_live(const struct control_host *host, const struct engine_run *live,
		  struct live_facts *ret_facts);

/* A row for a live run of which nothing is on record, but for what is in its facts. The texts are
   the run's. */
struct reader_row row_of_live(const struct engine_run *live);

/*
 * A run, or a streak of occurrences that did not run; `live`: what the engine has of the run, which
 * goes before what is on record, or NULL. Returns a new value, NULL when memory is out. Any thread.
 */
json_t *describe_row(const struct reader_row *row, const struct live_facts *live) _must_check_;

/* A live run of which nothing is on record, likewise. */
json_t *describe_live(const struct control_host *host, const struct engine_run *live) _must_check_;
