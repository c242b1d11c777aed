/* What everyctl's JSON has in common, on top of jansson: each returns a new value, NULL when memory
   is out, for json_pack() to notice. */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <jansson.h>

struct zone;

static inline void cleanup_json(json_t **value)
{
	json_decref(*value);
}

/* A string, cleaned if need be (text.h): JSON is UTF-8. null for NULL. */
json_t *json_text(const char *text) _must_check_;

/* The same of a printed one. */
json_t *json_textf(const char *format, ...) _must_check_ _printf_(1, 2);

/* RFC 3339, or null for USEC_INFINITY. */
json_t *json_time(usec_t time, const struct zone *zone) _must_check_;

/* A span in seconds, an integer if it is whole; null for USEC_INFINITY. */
json_t *json_span(usec_t span) _must_check_;

/* Prints it on standard output, indented, and gives the reference back. NULL is out of memory.
   Returns 0 or -errno. */
int json_print(json_t *value) _must_check_;
