/* What scenarios that were written by hand share. */
#pragma once

#include "world.h"

#define S(seconds) ((usec_t)(seconds)*USEC_PER_SEC)
#define EXPECT(world, condition)                                                                   \
	do {                                                                                       \
		if (!(condition))                                                                  \
			world_fail(world, "%s:%d: %s", __FILE__, __LINE__, #condition);            \
	} while (0)

static inline struct plan plan_of(struct job_plan *jobs, size_t n_jobs, unsigned workers,
				  unsigned queue)
{
	return (struct plan){.workers = workers, .queue = queue, .n_jobs = n_jobs, .jobs = jobs};
}

static inline struct job_plan every(usec_t interval)
{
	return (struct job_plan){
		.present = true, .schedule.interval = interval, .max_running = 1, .group = -1};
}
