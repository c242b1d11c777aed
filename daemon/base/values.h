/*
 * JSON values, on top of jansson: each returns a new one, NULL when memory is out, for
 * json_pack() to notice ("o" of NULL fails as a whole). Any thread.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <jansson.h>
#include <stddef.h>

/* Digits of a number that is no integer, for JSON_REAL_PRECISION(): a microsecond in thirty years.
 */
#define VALUE_DIGITS 15

static inline void cleanup_value(json_t **value)
{
	json_decref(*value);
}

/* A string; what is no UTF-8 and no text becomes \xNN (base/text.h). null for NULL. */
json_t *value_text(const char *text) _must_check_;
json_t *value_textn(const char *text, size_t len) _must_check_;
json_t *value_textf(const char *format, ...) _must_check_ _printf_(1, 2);

/* The year 10000: RFC 3339 has four digits for it. */
#define VALUE_TIME_END (INT64_C(253402300800) * USEC_PER_SEC)

/* Wall time as RFC 3339 in UTC, "2026-03-01T05:00:00Z", with a fraction unless it is whole; null
   from VALUE_TIME_END on. */
json_t *value_time(usec_t wall) _must_check_;

/* The same, with 0 for "never". */
json_t *value_past(usec_t wall) _must_check_;

/* A span in seconds, an integer if it is whole; null for USEC_INFINITY. */
json_t *value_span(usec_t span) _must_check_;

/* A string, or null for an empty one. */
json_t *value_filled(const char *text) _must_check_;
