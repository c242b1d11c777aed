/*
 * A page of metrics: what a daemon and its jobs were like at an instant, and how that is written
 * for Prometheus. It stands for itself: any thread may have it, one at a time.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* In which jobs without a row of their own are summed; not the name of any (core/names.h). */
#define METRICS_OTHERS "(others)"

/* Bounds of a histogram but the last, which is infinity. */
#define METRICS_BUCKETS 12

struct metrics_histogram {
	uint64_t counts[METRICS_BUCKETS + 1]; /* those beyond the bound before */
	usec_t sum;
};

/* Where a run can be late. */
enum metrics_part {
	PART_LOOP,  /* the timer of its job fired late */
	PART_QUEUE, /* it waited for a worker */
	PART_SPAWN, /* until its program was there, unless it has an only_if */
	PART_COUNT,
};

/* Of occurrences. */
struct metrics_tally {
	uint64_t verdicts[VERDICT_COUNT];
	uint64_t runs; /* of which it is known how long they took */
	usec_t took;
};

/* Over all jobs since the daemon started. */
struct metrics_totals {
	struct metrics_tally tally; /* but `verdicts`, which the engine counts */
	struct metrics_histogram took;
	struct metrics_histogram late[PART_COUNT];
	uint64_t loads;
};

/* Of a job that has a row. */
struct metrics_job {
	size_t name; /* where it begins in metrics_page.names */
	struct metrics_tally tally;
	uint32_t running;
	uint32_t failures; /* in a row */
	bool paused;
	usec_t next;         /* wall time; USEC_INFINITY: none */
	usec_t last_ended;   /* wall time; 0: never */
	usec_t last_took;    /* of that run */
	usec_t last_success; /* wall time; 0: never */
};

/* What the process has used. */
struct metrics_process {
	usec_t cpu;
	uint64_t resident; /* bytes */
	uint64_t fds;
	uint64_t fds_max;
};

struct metrics_page {
	struct metrics_totals totals;
	struct metrics_tally others; /* jobs without a row, and those that are gone */
	usec_t started;              /* wall time */
	usec_t loaded;               /* wall time of the configuration in force */
	usec_t next_due;             /* wall time; USEC_INFINITY: none */
	uint64_t jobs;
	uint64_t workers;
	uint64_t busy;
	uint64_t queued;
	uint64_t waiting;
	uint64_t queue;
	uint64_t started_runs;
	uint64_t retries;
	uint64_t notices;
	uint64_t notices_dropped;
	uint64_t ledger_waiting;
	uint64_t ledger_dropped;
	uint64_t log_dropped;
	bool has_ledger;
	bool ledger_ok;
	bool load_ok;
	bool stopping;
	char *names;
	size_t n_rows;
	struct metrics_job rows[]; /* by name */
};

/* NULL is fine. */
void metrics_page_free(struct metrics_page *page);

static inline void cleanup_metrics_page(struct metrics_page **page)
{
	metrics_page_free(*page);
}

/* Adds a span to a histogram of run times, or of lateness. */
void metrics_add_took(struct metrics_histogram *histogram, usec_t took);
void metrics_add_late(struct metrics_histogram *histogram, usec_t late);

/* Reads it of this process. What cannot be read is 0. Any thread. */
void metrics_process_read(struct metrics_process *ret_process);

enum metrics_format {
	METRICS_PROMETHEUS,  /* the text-based exposition format 0.0.4 */
	METRICS_OPENMETRICS, /* OpenMetrics 1.0.0 */
	METRICS_FORMAT_COUNT,
};

/* As Content-Type has it. */
extern const char *const metrics_types[METRICS_FORMAT_COUNT];

/* The format that a client wants, by its Accept header; NULL: it has none. */
enum metrics_format metrics_format_wanted(const char *accept);

/* Writes the page. What goes wrong there is the file's to tell (ferror(3)). */
void metrics_print(const struct metrics_page *page, const struct metrics_process *process,
		   enum metrics_format format, FILE *file);
