/*
 * What yields slots: the nominal instants at which a job is due.
 *
 * `every` and `cron` are grids: which instants are slots does not depend on anything but time.
 * `every` is offset + k * interval on UTC, anchored at the Unix epoch: it needs no state, survives
 * restarts, and is the same on every machine. The slots of `after` and `on` follow from what
 * happens, which is for the engine to know; here they have none.
 *
 * A slot is due `delay` after its nominal instant. Pure: no clock is read. Any thread.
 */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct cron;

/* The shortest interval a schedule may have. */
#define SCHEDULE_MIN_INTERVAL (100 * USEC_PER_MSEC)

/* The longest: a hundred Julian years. Keeps every sum below far from overflow. */
#define SCHEDULE_MAX_INTERVAL (36525 * USEC_PER_DAY)

enum schedule_kind {
	SCHEDULE_EVERY,
	SCHEDULE_CRON,
	SCHEDULE_AFTER, /* `interval` after the end of the run before */
	SCHEDULE_ON,    /* once for each event of `on` */
};

/* What a job may be due on: a set of these. */
enum schedule_event {
	SCHEDULE_ON_START = 1 << 0,  /* the daemon starts */
	SCHEDULE_ON_RELOAD = 1 << 1, /* a configuration was put in force by a reload */
	SCHEDULE_ON_RESUME = 1 << 2, /* the machine was suspended and goes on */
};

struct schedule {
	enum schedule_kind kind : 8;
	unsigned on : 8; /* SCHEDULE_ON: 1 or more events */
	usec_t interval; /* EVERY, AFTER: SCHEDULE_MIN_INTERVAL to SCHEDULE_MAX_INTERVAL */
	union {
		usec_t offset;           /* EVERY: 0 to interval - 1 */
		const struct cron *cron; /* CRON: the model's */
	};
	usec_t delay; /* 0 or more; the same for every slot */
};

/* Is it EVERY or CRON? */
static inline bool schedule_is_grid(const struct schedule *schedule)
{
	return schedule->kind == SCHEDULE_EVERY || schedule->kind == SCHEDULE_CRON;
}

/* The first slot after t, always > t; USEC_INFINITY if there is none, or only one later than any
   usec_t. */
usec_t schedule_next(const struct schedule *schedule, usec_t t);

/* The last slot at or before t, or USEC_INFINITY if there is none, or only one earlier than any
   usec_t. */
usec_t schedule_last(const struct schedule *schedule, usec_t t);

/* How many slots lie in (after, until]; 0 if until <= after. */
uint64_t schedule_count(const struct schedule *schedule, usec_t after, usec_t until);

/*
 * How long one may wait for `slot`, which is one of a grid, when the clock was set back: beyond
 * that, to wait until that time has come again would be a standstill. Two times the span from the
 * slot before; but two days at least for cron jobs at fixed times, which are not to run twice
 * because somebody mended the clock.
 */
usec_t schedule_patience(const struct schedule *schedule, usec_t slot);

/* Room for what schedule_grid() writes. */
#define SCHEDULE_GRID_SIZE 256

/* Which slots it yields, in words that are equal only if the slots are: "every 15m offset 5m";
   those that are too long end in a hash. The delay is none of it. Returns buf. */
const char *schedule_grid(const struct schedule *schedule, char buf[static SCHEDULE_GRID_SIZE]);

/* Do they yield the same slots, if perhaps due after another delay? Zones count by name: what a
   newer tzdata says of one does not make another grid. */
bool schedule_same_grid(const struct schedule *a, const struct schedule *b);

/* The same slots at the same instants, due after the same delay; zones count by what they say. */
bool schedule_equal(const struct schedule *a, const struct schedule *b);

/* Room for what schedule_describe() writes. */
#define SCHEDULE_DESCRIBE_SIZE 2400

/* An English phrase: "every 15m", "at 07:30 on Monday to Friday, Europe/Berlin", "10m after the end
   of the run before", "when everyd starts". Returns buf. */
const char *schedule_describe(const struct schedule *schedule,
			      char buf[static SCHEDULE_DESCRIBE_SIZE]);

/*
 * The delay that `splay` gives a job: a stable hash of host and job name, spread evenly over
 * [0, splay). 0 for splay 0.
 */
usec_t schedule_splay(usec_t splay, const char *host, const char *job);
