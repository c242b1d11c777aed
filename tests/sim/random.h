/* What random lives are made of. */
#pragma once

#include "world.h"

/* What most of the jobs of a life are like: percent. */
struct leaning {
	unsigned retrying;
	unsigned telling;
	unsigned scarce; /* how often there is next to no room */
	unsigned slow;   /* how many are due a thousand times less often */
	unsigned cron;   /* how many are due by the calendar */
};

/* A random number from `from` to `to`. */
unsigned random_draw(struct world *world, unsigned from, unsigned to);

/* A plan with RANDOM_JOBS jobs, for which there is room in `jobs`; and another one, of which much
   is as it was. */
struct plan random_plan(struct world *world, const struct leaning *leaning, struct job_plan *jobs);
void random_vary(struct world *world, const struct leaning *leaning, struct plan *plan);

struct behaviour random_behaviour(struct world *world);

/* Something that is not of the world's own making; so many moments of a life; its end. */
void random_event(struct world *world, const struct leaning *leaning, struct plan *plan);
void random_moments(struct world *world, const struct leaning *leaning, struct plan *plan,
		    unsigned n);
void random_end(struct world *world, const struct leaning *leaning, struct plan *plan);
