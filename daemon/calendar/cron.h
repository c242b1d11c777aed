/*
 * Cron expressions, and the slots they yield in a zone. Pure; any thread.
 *
 * An expression is matched against local time. What daylight saving time does to it:
 * - A pattern that is not for every hour has times of day that a gap in local time swallows: with
 *   DST_GAP_SHIFT there is one slot at the first instant after the gap instead of all of them, with
 *   DST_GAP_SKIP none. One for every hour goes on in elapsed time and nothing is lost.
 * - A pattern whose minute and hour are both fixed (their fields do not begin with "*" or "?") and
 *   that falls into local time that repeats has a slot the first time, the last time, or both, as
 *   enum dst_overlap says. Others go on in elapsed time: they have slots each time.
 * - What is left out by one change of the clocks and shown by another soon after or before is no
 *   gap.
 *
 * The slots of several expressions are their union.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct zone;

enum dst_gap {
	DST_GAP_SHIFT, /* what it swallows is due at its end */
	DST_GAP_SKIP,  /* or never */
};

enum dst_overlap {
	DST_OVERLAP_FIRST,
	DST_OVERLAP_LAST,
	DST_OVERLAP_BOTH,
};

/* The most expressions of one schedule. */
#define CRON_EXPRS_MAX 32

/* Room for what cron_expr_parse() says, and for all that cron_expr_format() and
   cron_expr_describe() may write. */
#define CRON_PROBLEM_SIZE  200
#define CRON_TEXT_SIZE     1024
#define CRON_DESCRIBE_SIZE 2048

/* The largest number behind "/". */
#define CRON_STEP_MAX 999

/* One expression: plain data. Its members are cron's own. */
struct cron_expr {
	uint64_t seconds; /* bit N: second N */
	uint64_t minutes;
	uint32_t hours;
	uint32_t days;          /* bit N: day N of the month, 1 to 31 */
	uint32_t days_from_end; /* bit N: N days before the last ("L", "L-3") */
	uint32_t days_nearest;  /* bit N: the weekday (Monday to Friday) nearest to day N ("15W") */
	uint16_t months;        /* bit N: month N, 1 to 12 */
	uint8_t weekdays;       /* bit N: 0 (Sunday) to 6 */
	uint8_t weekdays_last;  /* bit N: the last such of the month ("5L") */
	uint64_t weekdays_nth;  /* bit 7 * (n - 1) + N: the nth such, n from 1 to 5 ("5#2") */
	bool nearest_last : 1;  /* the last weekday (Monday to Friday) of the month ("LW") */
	bool any_day : 1;       /* the field of the day of the month is "*" or "?", or begins so */
	bool any_weekday : 1;   /* likewise; if neither, either day will do (crontab(5)) */
	bool fixed_minute : 1;
	bool fixed_hour : 1;
};

/* What yields the slots. Immutable. */
struct cron {
	const struct zone *zone;
	enum dst_gap gap;
	enum dst_overlap overlap;
	uint32_t n_exprs; /* 1 to CRON_EXPRS_MAX */
	const struct cron_expr *exprs;
};

/*
 * Parses five fields, six (seconds first), or @yearly @annually @monthly @weekly @daily @midnight
 * @hourly @every_minute. Names in any case, 7 is Sunday, ranges may wrap around ("fri-mon",
 * "22-2"), "~" and "a~b" are one value that is a stable hash of `seed`, usually the name of the
 * job, and of the field; "~" alone is a day of the month that every month has. Returns 0; or
 * -EINVAL with `problem`, which follows "EXPRESSION: " and says what to write instead: also for
 * what is never due, as "0 0 31 2 *".
 */
int cron_expr_parse(const char *text, const char *seed, struct cron_expr *ret_expr,
		    char problem[static CRON_PROBLEM_SIZE]) _must_check_;

/* Do they match the same local times, and are as fixed? Two that do may be told apart, as "L" and
   "28-31" in February, but not the other way. */
bool cron_expr_equal(const struct cron_expr *a, const struct cron_expr *b);

/* The canonical form: numbers, the shortest ranges and steps, no "~" or "@". cron_expr_parse()
   reads back an equal expression. Returns buf. */
const char *cron_expr_format(const struct cron_expr *expr, char buf[static CRON_TEXT_SIZE]);

/* An English phrase, "at 07:30 on Monday to Friday", without a zone. Returns buf. */
const char *cron_expr_describe(const struct cron_expr *expr, char buf[static CRON_DESCRIBE_SIZE]);

/*
 * What people often take it for and it is not. Calls warn() with a sentence for each:
 * "*\/59" does not mean every 59 minutes, either day will do, a month without a 31st, ...
 * `text` is what was written.
 */
void cron_expr_advise(const struct cron_expr *expr, const char *text,
		      void (*warn)(void *ctx, const char *sentence), void *ctx);

/*
 * Slots, in microseconds but always whole seconds. None takes longer for an expression that is
 * seldom due: days are looked at one by one at most within a month that matches, and segments of
 * constant offset one by one. USEC_INFINITY: there is none within the years 1 to 9999.
 */

/* The first after t, always > t. */
usec_t cron_next(const struct cron *cron, usec_t t);

/* The last at or before t. */
usec_t cron_last(const struct cron *cron, usec_t t);

/* How many lie in (after, until]. Takes no longer than the number of days in between, however many
   slots a day has. */
uint64_t cron_count(const struct cron *cron, usec_t after, usec_t until);

/* Is any of its expressions bound to times of day: minute and hour both fixed? */
bool cron_has_fixed_times(const struct cron *cron);

/* The same slots for ever: zone, policy and expressions in the same order? */
bool cron_equal(const struct cron *a, const struct cron *b);

/* The same but for what the zone's data say; zones are compared by name. */
bool cron_same_rules(const struct cron *a, const struct cron *b);
