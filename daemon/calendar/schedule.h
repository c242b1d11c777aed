/*
 * What yields slots: the nominal instants at which a job is due.
 *
 * `every` is the grid offset + k * interval on UTC, anchored at the Unix epoch: it needs no state,
 * survives restarts, and is the same on every machine. A slot is due `delay` after its nominal
 * instant. Pure: no clock is read. Any thread.
 */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* The shortest interval a schedule may have. */
#define SCHEDULE_MIN_INTERVAL (100 * USEC_PER_MSEC)

/* The longest: a hundred Julian years. Keeps every sum below far from overflow. */
#define SCHEDULE_MAX_INTERVAL (36525 * USEC_PER_DAY)

struct schedule {
	usec_t interval; /* SCHEDULE_MIN_INTERVAL to SCHEDULE_MAX_INTERVAL */
	usec_t offset;   /* 0 to interval - 1 */
	usec_t delay;    /* 0 or more; the same for every slot */
};

/* The first slot after t, always > t; USEC_INFINITY if that is later than any usec_t. */
usec_t schedule_next(const struct schedule *schedule, usec_t t);

/* The last slot at or before t, or USEC_INFINITY if that is earlier than any usec_t. */
usec_t schedule_last(const struct schedule *schedule, usec_t t);

/* How many slots lie in (after, until]; 0 if until <= after. */
uint64_t schedule_count(const struct schedule *schedule, usec_t after, usec_t until);

/* Room for what schedule_grid() writes. */
#define SCHEDULE_GRID_SIZE 160

/* Which slots it yields, in words that are equal only if the slots are: "every 15m offset 5m". The
   delay is none of it. Returns buf. */
const char *schedule_grid(const struct schedule *schedule, char buf[static SCHEDULE_GRID_SIZE]);

/* Do they yield the same slots, if perhaps due after another delay? */
bool schedule_same_grid(const struct schedule *a, const struct schedule *b);

bool schedule_equal(const struct schedule *a, const struct schedule *b);

/*
 * The delay that `splay` gives a job: a stable hash of host and job name, spread evenly over
 * [0, splay). 0 for splay 0.
 */
usec_t schedule_splay(usec_t splay, const char *host, const char *job);
