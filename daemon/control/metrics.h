/*
 * What is counted for monitoring beside what the engine counts anyway, and pages of metrics, which
 * are snapshots of all that: made in the loop, printed elsewhere (metrics_page.h). Loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "control/host.h"
#include "control/metrics_page.h"

#include <stddef.h>

/* Part of struct control; all zero at first. */
struct metrics {
	struct metrics_totals totals;
	void *rows; /* tsearch(3) of struct row, by name */
	size_t n_rows;
	size_t rows_max; /* metrics_jobs of the configuration in force */
};

/* Frees what jobs have. */
void metrics_done(struct metrics *metrics);

/* Another model is in force: gives jobs rows of their own, by name, as far as there is room; who
   has one keeps it. What cannot be had for want of memory is counted with the others. */
void metrics_configure(struct metrics *metrics, const struct control_host *host);

/* Counts. Call it for each effect of the engine. */
void metrics_effect(struct metrics *metrics, const struct effect *effect);

/* A timer of a job fired so long after the instant that it was set for. */
void metrics_late(struct metrics *metrics, usec_t late);

/* What there is to tell now; to be given back by metrics_page_free(). NULL: out of memory. */
struct metrics_page *metrics_page_new(const struct metrics *metrics,
				      const struct control_host *host) _must_check_;
