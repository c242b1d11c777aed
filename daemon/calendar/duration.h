/* Spans of time as people write them: "15m", "1h30m", "100ms". */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#define DURATION_TEXT_SIZE 64

/*
 * Parses one or more numbers with a unit each, "1h30m": us ms s m h d w; a day is 24 hours, a week
 * 7 days. A lone "0" needs no unit. White space is allowed between the parts. No sign, no fraction.
 * Returns 0; -EINVAL for anything else; -ERANGE beyond 2^63 - 2 microseconds. Any thread.
 */
int duration_parse(const char *text, usec_t *ret_span) _must_check_;

/* The canonical form, exact: "1h30m", "0", or "forever" for USEC_INFINITY; what it writes of finite
   spans from 0 duration_parse() reads back. Negative ones have a "-" in front. Returns buf. Any
   thread. */
const char *duration_format(usec_t span, char buf[static DURATION_TEXT_SIZE]);

/* For people: the two leading units at most, "3d4h", "1.24s", "850ms". Returns buf. Any thread. */
const char *duration_format_short(usec_t span, char buf[static DURATION_TEXT_SIZE]);
