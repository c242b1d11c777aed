/*
 * From the options of a job to its schedule: time zones found, once for all jobs of a load, and
 * what yields the slots of cron jobs shared. One thread at a time.
 */
#pragma once

#include "base/cleanup.h"
#include "base/diag.h"
#include "calendar/schedule.h"
#include "config/crons.h"
#include "config/section.h"
#include "config/zones.h"

struct timing {
	struct arena *arena; /* that of the model */
	const char *host;    /* seeds the splay */
	struct diags *diags;
	struct zones zones;
	struct crons crons;
};

/* All must outlive it. */
void timing_init(struct timing *timing, struct arena *arena, const char *host, struct diags *diags);
void timing_done(struct timing *timing);

/*
 * Finds the zone that a section names, and local time for a job that needs one and has none of its
 * own or by defaults; sets section->values.zone. Problems are reported. Returns 0, problems or not;
 * or -ENOMEM.
 */
int timing_find_zone(struct timing *timing, struct section *section) _must_check_;

/* Makes the schedule of a job in whose section nothing was wrong. Returns 0 or -ENOMEM. */
int timing_schedule(struct timing *timing, const struct section *section, const char *job,
		    struct schedule *ret_schedule) _must_check_;
