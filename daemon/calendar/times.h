/* Times as people write and read them. Pure but for reading the clock of `now`'s caller. */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

struct zone;

#define TIMES_TEXT_SIZE 64

/* What times_parse() takes, in words for an error. */
extern const char times_syntax[];

/*
 * Reads "now", "today", "tomorrow", "yesterday"; "+2h30m", "-1d" (from now); "2026-03-29",
 * "2026-03-29 02:30", "2026-03-29T02:30:15", "02:30" (today) in `zone`; with "Z" or "+02:00" behind
 * it in that; "@1774746000" (seconds since the epoch). A time in a gap is the end of the gap; one
 * that repeats is the first. Returns 0 or -EINVAL.
 */
int times_parse(const char *text, const struct zone *zone, usec_t now,
		usec_t *ret_time) _must_check_;

/* "2026-03-29 03:00:00 CEST", with microseconds where there are any. "never" for USEC_INFINITY.
   Returns buf. */
const char *times_format(usec_t time, const struct zone *zone, char buf[static TIMES_TEXT_SIZE]);

/* RFC 3339 with the zone's offset, "2026-03-29T03:00:00+02:00": for JSON. Returns buf. */
const char *times_format_rfc3339(usec_t time, const struct zone *zone,
				 char buf[static TIMES_TEXT_SIZE]);

/* How far from now: "in 3h20m", "2d4h ago", "now". Returns buf. */
const char *times_format_relative(usec_t time, usec_t now, char buf[static TIMES_TEXT_SIZE]);
