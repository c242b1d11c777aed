/*
 * POSIX TZ strings, "CET-1CEST,M3.5.0,M10.5.0/3": the standard time and the daylight saving time
 * that are to hold in every year (POSIX.1-2017, Base Definitions 8.3), with the extensions of
 * RFC 9636, 3.3.1: changes from -167 to 167 hours away from their day. Pure; any thread.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a name such as "CEST" and its NUL. POSIX promises no more than 6 letters. */
#define POSIX_TZ_NAME_SIZE 32

struct posix_tz_time {
	char name[POSIX_TZ_NAME_SIZE];
	int32_t offset; /* local seconds less UTC: east is positive; up to ZONE_OFFSET_MAX */
};

/* When a change comes, each year. */
struct posix_tz_rule {
	enum posix_tz_day {
		POSIX_TZ_MONTH_WEEK_DAY, /* "M3.5.0" */
		POSIX_TZ_JULIAN,         /* "J60": from 1, February 29 is not counted */
		POSIX_TZ_DAY,            /* "59": from 0, February 29 is counted */
	} kind;
	int month;    /* 1 to 12 */
	int week;     /* 1 to 5; 5 is the last */
	int day;      /* of the week, 0 (Sunday) to 6; or of the year */
	int32_t time; /* seconds after 00:00 of that day, by the clock in force before the change */
};

struct posix_tz {
	struct posix_tz_time standard;
	struct posix_tz_time daylight; /* only if has_daylight, as the rules are */
	bool has_daylight;
	struct posix_tz_rule begin; /* of daylight saving time */
	struct posix_tz_rule end;
};

/* A change to daylight saving time or back. */
struct posix_tz_change {
	int64_t time; /* seconds since the epoch, UTC: the first of what comes */
	bool daylight;
};

/* The most changes that 400 years have. */
#define POSIX_TZ_CHANGES_MAX 800

/*
 * Parses `len` bytes. Daylight saving time without rules is that of the United States, as
 * tzset(3) has it. Returns 0; -EINVAL if that is no such string or an offset is out of range.
 */
int posix_tz_parse(const char *text, size_t len, struct posix_tz *ret_tz) _must_check_;

/*
 * The changes of 400 years, from the first one after `time` on; they repeat from then on, as the
 * calendar does. Their number is returned: 0 if there are none. *ret_daylight: does `time` lie in
 * daylight saving time? `time` is within 2^60 seconds of the epoch.
 */
size_t posix_tz_changes(const struct posix_tz *tz, int64_t time, bool *ret_daylight,
			struct posix_tz_change ret_changes[static POSIX_TZ_CHANGES_MAX]);
