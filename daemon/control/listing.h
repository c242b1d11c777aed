/*
 * A page of the jobs in force: those that pass a filter, in some order. Jobs are looked at a
 * bounded number at a time, so that it may take many of the loop's rounds among a million; what
 * happens meanwhile may or may not be seen. Loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "control/host.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evbuffer;

enum listing_state {
	LISTING_RUNNING, /* runs of it have a process */
	LISTING_PAUSED,
	LISTING_FAILING, /* its last run has failed */
	LISTING_WAITING, /* runs or slots of it wait */
	LISTING_OVERDUE, /* no success within its expect_within */
	LISTING_STATES,
};

enum listing_order {
	LISTING_BY_NAME,
	LISTING_BY_NEXT,     /* due first */
	LISTING_BY_LAST,     /* ended last */
	LISTING_BY_FAILURES, /* most in a row */
	LISTING_ORDERS,
};

/* By enum listing_state and enum listing_order. */
extern const char *const listing_states[LISTING_STATES];
extern const char *const listing_orders[LISTING_ORDERS];

/* NULL and 0 are all. Texts must outlive the listing. */
struct listing_filter {
	const char *name;  /* a pattern (glob.h) */
	const char *group; /* concurrency_group */
	const char *user;  /* as the configuration has it, or the daemon's own */
	unsigned states;   /* set of 1 << enum listing_state, one of which must hold */
	uint32_t verdicts; /* set of 1 << enum verdict: of the last run */
};

struct listing;

/*
 * Begins a page of up to `limit` jobs, behind those of `cursor`, which is NULL for the first page
 * or comes from the page before. `open` as in describe_job(). Returns 0; -EINVAL for a cursor that
 * is none; or -ENOMEM.
 */
int listing_new(const struct control_host *host, const struct listing_filter *filter,
		enum listing_order order, unsigned limit, const char *cursor, bool open,
		struct listing **ret_listing) _must_check_;
void listing_free(struct listing *listing);

/* Goes on for a fraction of a millisecond. Returns 1 when it is done; 0 when there is more to do;
   or -ENOMEM. */
int listing_work(struct listing *listing) _must_check_;

/* When it is done: {"items": [...], "next": cursor or null}. The listing's. */
struct evbuffer *listing_text(struct listing *listing);
