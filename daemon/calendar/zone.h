/*
 * Local time of a zone: stretches of time with a constant offset from UTC, from a TZif file
 * (RFC 9636, versions 1 to 4, the footer included) or a POSIX TZ string. A zone is immutable, lives
 * in the arena that it was made in, and may be read by any thread. Pure: finding and reading files
 * is for others. Times are whole seconds since the epoch, UTC.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct zone;

/* The largest TZif file that is read; those of tzdata have a few thousand bytes. */
#define ZONE_FILE_MAX (1024 * 1024)

/* Offsets from UTC are within a day and an hour either way. */
#define ZONE_OFFSET_MAX (25 * 3600)

/* A stretch of constant offset. That of two neighbours may be the same (a change of name only). */
struct zone_segment {
	int64_t begin;            /* the first second; INT64_MIN: it has no beginning */
	int64_t end;              /* the first second after it; INT64_MAX: it has no end */
	int32_t offset;           /* local seconds (civil.h) less UTC */
	bool dst;                 /* daylight saving time, by tzdata's word */
	const char *abbreviation; /* "CEST"; the zone's */
};

/*
 * Makes a zone from the bytes of a TZif file. `name` is what it is called for people and in
 * ledgers; it is copied. Returns 0; -ENOMEM; or -EINVAL with *ret_problem, a static text that
 * follows "NAME: ", as in "is damaged" or "counts leap seconds, which Unix time does not".
 */
int zone_parse(struct arena *arena, const char *name, const void *bytes, size_t size,
	       const struct zone **ret_zone, const char **ret_problem) _must_check_;

/* The same from a POSIX TZ string (POSIX.1-2017, Base Definitions 8.3, with the extensions of
   RFC 9636), "CET-1CEST,M3.5.0,M10.5.0/3". Returns 0, -EINVAL or -ENOMEM. */
int zone_parse_posix(struct arena *arena, const char *name, const char *text,
		     const struct zone **ret_zone) _must_check_;

/* UTC, named "UTC". */
const struct zone *zone_utc(void);

const char *zone_name(const struct zone *zone);

/* The stretch that a time lies in. O(log n), also far in the future. */
struct zone_segment zone_segment(const struct zone *zone, int64_t time);

/* The first time at which local clocks show `local_seconds`; in a gap, which no clock ever shows,
   the first time after it. Saturates. */
int64_t zone_time(const struct zone *zone, int64_t local_seconds);

/* Do they agree on the local time of every instant? Names, abbreviations and what is called
   daylight saving time do not count. Two that do may be told apart, but not the other way. */
bool zone_equal(const struct zone *a, const struct zone *b);
