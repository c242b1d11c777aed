/* What everyctl's JSON has in common, on top of jansson: each returns a new value, NULL when memory
   is out, for json_pack() to notice. */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/values.h"

#include <jansson.h>

struct zone;

/* RFC 3339, or null for USEC_INFINITY. */
json_t *json_time(usec_t time, const struct zone *zone) _must_check_;

/* Prints it on standard output, indented, and gives the reference back. NULL is out of memory.
   Returns 0 or -errno. */
int json_print(json_t *value) _must_check_;
