/*
 * TZif, the format of the files in /usr/share/zoneinfo (RFC 9636), versions 1 to 4: a checked view
 * of a file's bytes, which come from anywhere. Pure; any thread.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* They are told apart by a byte. */
#define TZIF_TYPES_MAX 256

/* A kind of local time. */
struct tzif_type {
	int32_t offset; /* local seconds less UTC, up to ZONE_OFFSET_MAX */
	bool dst;
	const char *abbreviation; /* in the file's bytes */
};

/* What tzif_open() found; it points into the bytes it was given. Its members are tzif's own, but
   for the counts and the footer. */
struct tzif {
	size_t n_times; /* of changes; 0 or more */
	size_t n_types; /* 1 to TZIF_TYPES_MAX */
	const char *footer;
	size_t footer_len; /* 0: there is none */

	const uint8_t *times;
	size_t time_size; /* 8; in version 1 it is 4 */
	const uint8_t *type_of;
	const uint8_t *types;
	const char *names;
};

/* No change is further away from the epoch: 18 thousand million years, where zic puts the birth of
   the universe. */
#define TZIF_TIME_MAX (INT64_C(1) << 59)

/*
 * Checks everything but the text of the footer: what the functions below return is sound. Returns
 * 0; or -EINVAL with *ret_problem, a static text that follows the file's name.
 */
int tzif_open(const void *bytes, size_t size, struct tzif *ret_tzif,
	      const char **ret_problem) _must_check_;

/* The time of change i, in seconds since the epoch; each is later than the one before. */
int64_t tzif_time(const struct tzif *tzif, size_t i);

/* Which type change i is to: 0 to n_types - 1. */
unsigned tzif_type_of(const struct tzif *tzif, size_t i);

struct tzif_type tzif_type(const struct tzif *tzif, size_t type);
