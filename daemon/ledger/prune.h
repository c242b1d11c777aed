/*
 * Pruning: which rows of the database are dropped, and when. In the writer's thread.
 *
 * Rows are looked at in the order of their numbers, which is that of their age but for those that
 * stay open long: the first that are met of a job with too many are its oldest. It is known of each
 * job how many it has, so nothing is searched for. A sweep begins when enough can be dropped to be
 * worth its while.
 */
#pragma once

#include "base/cleanup.h"
#include "ledger/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most rows that one step drops. */
#define PRUNE_STEP_ROWS 512

/* Of one table: runs or streaks. */
struct prune_table {
	uint32_t *counts; /* rows of each job that have their verdict, by its number */
	size_t n_counts;
	uint64_t rows;
	uint64_t excess; /* beyond `runs` of their job */
	usec_t oldest;   /* no row is older; USEC_INFINITY: not known */
	uint64_t last;   /* the highest number of a streak that was counted */
	int64_t at;      /* the number that the sweep has reached */
	bool sweeping;
};

struct prune {
	struct prune_table tables[2]; /* PRUNE_RUNS, PRUNE_STREAKS */
	usec_t keep;                  /* how long rows are kept; 0: no bound */
	unsigned runs;                /* how many of a job; 0: no bound */
	bool jobs;                    /* look for jobs that are gone, too */
	/* The jobs of the rows that the step under way has dropped, in case that it fails. */
	uint32_t dropped[PRUNE_STEP_ROWS];
	size_t n_dropped;
};

enum { PRUNE_RUNS, PRUNE_STREAKS };

void prune_done(struct prune *prune);

/* Forgets all rows: the database is another one. */
void prune_clear(struct prune *prune);

/* Other bounds from now on. */
void prune_configure(struct prune *prune, usec_t keep, unsigned runs);

/* There is one more row of that job with a verdict, which it got at that time. Without memory it is
   only pruned by age. */
void prune_count(struct prune *prune, int table, uint32_t job, usec_t at);

/* The same of a streak, which may have been counted before. */
void prune_count_streak(struct prune *prune, uint64_t streak, uint32_t job, usec_t at);

/* Is there something to be dropped? O(1). */
bool prune_is_due(const struct prune *prune, usec_t now);

/* Is there so much that more comes in than goes? O(1). */
bool prune_is_behind(const struct prune *prune);

/* Drops some, for about `span` at most, in a transaction of its own. Returns 0 or a code of
   trouble.h, then nothing was dropped. */
int prune_step(struct prune *prune, struct store *store, usec_t now, usec_t span) _must_check_;
