/* When the clocks of the zones that jobs go by are changed, during a simulation. Pure. */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "ctl/dst.h"

#include <stddef.h>

struct model;
struct zone;

/* The most that are listed. */
#define SIM_SHIFTS_MAX 64

struct sim_shift {
	const struct zone *zone;
	struct dst_change change;
	size_t n_jobs; /* that go by that zone */
};

struct sim_shifts {
	size_t count; /* of those in `items` */
	size_t unlisted;
	struct sim_shift items[SIM_SHIFTS_MAX]; /* in order of time */
};

/* Finds those in [from, to) of the zones of cron jobs. Returns 0 or -ENOMEM. */
int sim_shifts_find(const struct model *model, usec_t from, usec_t to,
		    struct sim_shifts *ret_shifts) _must_check_;
