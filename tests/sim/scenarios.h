/* What is played in the world. */
#pragma once

#include "world.h"

struct scenario {
	const char *name; /* the rule it holds */
	void (*play)(struct world *world);
	usec_t wall; /* where the clock stands at the beginning */
	size_t n_jobs;
};

/* Written by hand; ends with an empty one. */
extern const struct scenario scripted[];
extern const struct scenario scripted_lives[];
extern const struct scenario scripted_schedules[];

/* A random life of a daemon, from the world's own random numbers; and several. */
#define RANDOM_JOBS 8
void play_random(struct world *world);
void play_lives(struct world *world);
