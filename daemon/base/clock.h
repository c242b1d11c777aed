/*
 * The one time type and the only place that reads clocks.
 *
 * Every time and every span in everyd is a signed count of microseconds. Wall time counts from
 * the Unix epoch, UTC, and decides slots. Elapsed time counts from boot, includes suspend, never
 * steps, and decides time-outs and durations.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef int64_t usec_t;

#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_PER_SEC  ((usec_t)1000000)
#define USEC_PER_MIN  (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MIN)
#define USEC_PER_DAY  (24 * USEC_PER_HOUR)
#define USEC_PER_WEEK (7 * USEC_PER_DAY)

/* "Never" as an instant, "without end" as a span. Later than every real one. */
#define USEC_INFINITY INT64_MAX

/* An instant and a span after it, neither negative; "never" where that is beyond every number. */
static inline usec_t usec_add(usec_t instant, usec_t span)
{
	usec_t sum;

	return __builtin_add_overflow(instant, span, &sum) ? USEC_INFINITY : sum;
}

/* Room for any text that clock_format_utc() or clock_format_local() writes. */
#define CLOCK_TEXT_SIZE 40

/* CLOCK_REALTIME. Any thread. */
usec_t clock_wall(void);

/* CLOCK_BOOTTIME: elapsed, counts suspend. Any thread. */
usec_t clock_elapsed(void);

/* CLOCK_MONOTONIC, for sd_notify(3)'s MONOTONIC_USEC. Any thread. */
usec_t clock_monotonic(void);

/*
 * Writes the wall time as RFC 3339 in UTC with `digits` (0 to 6) digits of the second's fraction,
 * "2026-03-01T05:00:00.000000Z", or "never" for USEC_INFINITY and for years beyond 9999.
 * Returns buf. Any thread.
 */
const char *clock_format_utc(usec_t wall, int digits, char buf[static CLOCK_TEXT_SIZE]);

/* Another zone may be local time by now, /etc/localtime another file: looks, for the next function.
   Does nothing about TZ, which tells for as long as the process lives. May block. Any thread. */
void clock_follow_localtime(void);

/*
 * The same instant for people: local time, "2026-03-01 06:00:00.000", with `digits` digits of the
 * second's fraction. Returns buf. Any thread.
 */
const char *clock_format_local(usec_t wall, int digits, char buf[static CLOCK_TEXT_SIZE]);
