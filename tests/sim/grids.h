/*
 * Which slots a schedule has: of `every` by its definition, of cron as the calendar says, which has
 * tests of its own. Of the others none: see books.c.
 */
#pragma once

#include "calendar/schedule.h"
#include "slots.h"

#include <stdbool.h>
#include <stddef.h>

/* The first after t; the last before t. USEC_INFINITY: none. */
usec_t grid_after(const struct schedule *schedule, usec_t t);
usec_t grid_before(const struct schedule *schedule, usec_t t);

/* Adds those in (after, until]. */
void grid_add(const struct schedule *schedule, usec_t after, usec_t until, struct slots *slots);

/* How long one waits for a slot when the clock was set back. */
usec_t grid_patience(const struct schedule *schedule, usec_t slot);

/* The same rules, by which zones are the same if they are called so? And the same slots? */
bool grid_same_slots(const struct schedule *a, const struct schedule *b);
bool grid_same(const struct schedule *a, const struct schedule *b);

/* How far slots are apart, about. */
usec_t grid_span(const struct schedule *schedule);

/* Cron expressions of all sorts, in zones with and without daylight saving time; and some by name.
 */
enum grid_cron_name {
	GRID_NIGHTLY,    /* 02:30 in Berlin; at the end of a gap, and the first time */
	GRID_HALF_HOURS, /* from 01:00 to 03:30 in Berlin; not in a gap, and both times */
};
extern const size_t grid_n_crons;
const struct cron *grid_cron(size_t i);

/* The same of those by what another tzdata says, and back. */
const struct cron *grid_by_other_data(const struct cron *cron);

/* The first change of local time after t, in the zone that most of them are in. */
usec_t grid_change_after(usec_t t);
