/* Where an axis has its marks, and what stands there. Pure. */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

struct zone;

#define SIM_TICKS_MAX       64
#define SIM_TICK_LABEL_SIZE 24

struct sim_tick {
	usec_t at;
	bool major; /* a larger unit begins, as a day on an axis of hours */
	char label[SIM_TICK_LABEL_SIZE];
};

/* Marks on [from, to) at full hours, days, months, ... of local clocks, at most `most` (up to
   SIM_TICKS_MAX) of them. Returns how many there are. */
size_t sim_ticks_time(const struct zone *zone, usec_t from, usec_t to, size_t most,
		      struct sim_tick *ret_ticks);

/* The distance of marks 0, d, 2d, ... up to `top`, at most `most` steps: 1, 2 or 5 times a power of
   ten; a whole number if `whole`. */
double sim_ticks_step(double top, size_t most, bool whole);
