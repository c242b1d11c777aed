/* How far something has come that takes its time: a bar on a terminal. */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* Nothing is shown before this. */
#define SIM_PROGRESS_PATIENCE USEC_PER_SEC

/* Of elapsed time. */
struct sim_progress {
	bool wanted;
	usec_t begun;
	usec_t shown; /* 0: it was not, yet */
};

/* Room for what sim_progress_format() writes. */
#define SIM_PROGRESS_SIZE 160

/* "[######....]  60 %  1.2 million slots, 3s to go" for a part from 0 to 1. Returns buf. */
const char *sim_progress_format(double part, uint64_t slots, usec_t elapsed, bool utf8,
				char buf[static SIM_PROGRESS_SIZE]);

/* Shows it on standard error, if it is time to. */
void sim_progress_show(struct sim_progress *progress, double part, uint64_t slots, bool utf8);

/* Removes it, if it was shown. */
void sim_progress_end(struct sim_progress *progress);
