/* The zone and the times that people give on the command line. What is wrong with them is said on
   standard error. One thread. */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "config/zones.h"

#include <stdbool.h>
#include <stdint.h>

struct cron;
struct zone;

struct when {
	struct arena arena; /* owns the zones, and what else is to live as long */
	struct zones zones;
	const struct zone *zone; /* that times are read and shown in */
	usec_t now;
};

/* `zone` is a name, or NULL for the system's local time. Returns 0, to be given back by
   when_done(); or -errno after it was said. */
int when_init(struct when *when, const char *zone) _must_check_;
void when_done(struct when *when);

/* A time as times_parse() takes it, in the years 1 to 9999. `option` is what it was given to.
   Returns 0, or -EINVAL after it was said. */
int when_time(const struct when *when, const char *option, const char *text,
	      usec_t *ret_time) _must_check_;

/* A whole number from 1 to `max`; as above. */
int when_count(const char *option, const char *text, uint64_t max,
	       uint64_t *ret_count) _must_check_;

/*
 * A schedule of that one cron expression in when's zone, in its arena; `seed` is for "~". Returns
 * 0; or -EINVAL or -ENOMEM after it was said, and where in the expression the mistake is.
 */
int when_cron(struct when *when, const char *text, const char *seed,
	      const struct cron **ret_cron) _must_check_;
