/* What `everyctl next` has found, and how it is shown. One thread. */
#pragma once

#include "calendar/schedule.h"
#include "ctl/ctl.h"
#include "ctl/dst.h"
#include "ctl/upcoming.h"
#include "ctl/when.h"

/* The clocks of a zone are set. */
struct next_change {
	const struct zone *zone;
	struct dst_change change;
};

/* What was asked for, and what is to be shown of it. */
struct next {
	struct when when;
	usec_t from;
	uint64_t count;
	bool each; /* the count is of each job */

	struct upcoming upcoming;
	struct schedule *crons; /* the schedules of --cron */
	size_t n_crons;
	const struct job **others; /* whose slots do not follow from time, or that have none */
	size_t n_others;
	size_t n_more_others; /* beyond those */

	struct upcoming_slot *slots; /* by due time */
	size_t n_slots;
	struct next_change *changes; /* by time */
	size_t n_changes;
};

/* The zone that a schedule is reckoned in; NULL: none. */
const struct zone *next_zone(const struct schedule *schedule);

/* Prints it. Return 0 or -errno; -EIO is told at the end. */
int next_print_table(const struct next *next, const struct ctl *ctl) _must_check_;
int next_print_json(const struct next *next) _must_check_;
