/*
 * The calendar: days and dates of the proleptic Gregorian calendar, and clock readings, as counts.
 * "Local seconds" are what a clock and a calendar on the wall show, counted as if they showed UTC:
 * seconds since 1970-01-01 00:00:00 on that wall. Pure; any thread.
 */
#pragma once

#include <stdint.h>

/* The calendar repeats after 400 years. */
#define CIVIL_CYCLE_YEARS   400
#define CIVIL_CYCLE_DAYS    146097
#define CIVIL_DAY_SECONDS   86400
#define CIVIL_CYCLE_SECONDS (INT64_C(146097) * CIVIL_DAY_SECONDS)

struct civil {
	int64_t year; /* astronomical: 0 is 1 BC */
	int month;    /* 1 to 12 */
	int day;      /* 1 to 31 */
	int hour;     /* 0 to 23 */
	int minute;   /* 0 to 59 */
	int second;   /* 0 to 59 */
	int weekday;  /* 0 (Sunday) to 6 */
};

/* The date's number: days since 1970-01-01. `day` may be beyond the month. */
int64_t civil_day_number(int64_t year, int month, int day);

/* 0 (Sunday) to 6. */
int civil_weekday(int64_t day_number);

/* 28 to 31. */
int civil_month_days(int64_t year, int month);

/* Date and clock reading, there and back. */
struct civil civil_of(int64_t local_seconds);
int64_t civil_seconds(const struct civil *civil); /* weekday does not count */
