/* Random lives of a daemon, one after the other, that have a ledger in common. */
#include "random.h"
#include "scenarios.h"

/* How long there is no daemon. */
static usec_t downtime(struct world *world)
{
	static const usec_t spans[] = {
		USEC_PER_MSEC,     USEC_PER_SEC,       6 * USEC_PER_SEC,  USEC_PER_MIN,
		30 * USEC_PER_MIN, 12 * USEC_PER_HOUR, 20 * USEC_PER_DAY, 1000 * USEC_PER_DAY,
	};
	uint64_t n = rng_chance(&world->rng, 70) ? 4 : ARRAY_LENGTH(spans);

	return (usec_t)rng_below(&world->rng, (uint64_t)spans[rng_below(&world->rng, n)]);
}

/* While nobody looks the clock is set, or lost altogether and later found. */
static void lose_the_clock(struct world *world)
{
	usec_t span = downtime(world);

	switch (rng_below(&world->rng, 8)) {
	case 0:
		world_set_clock(world, world->wall - span);
		break;
	case 1:
		world_set_clock(world, world->wall + span);
		break;
	case 2:
		world_set_clock(world, span);
		break;
	default:
		break;
	}
}

static void end_life(struct world *world, const struct leaning *leaning, struct plan *plan)
{
	bool reboot = rng_chance(&world->rng, 40);

	if (rng_chance(&world->rng, 30))
		random_end(world, leaning, plan);
	else if (rng_chance(&world->rng, 20))
		world_send(world, ENGINE_STOP); /* and it does not come to an end in time */
	world_crash(world, reboot);
}

static void begin_life(struct world *world, const struct leaning *leaning, struct plan *plan)
{
	if (rng_chance(&world->rng, 80))
		world_pass(world, downtime(world));
	if (rng_chance(&world->rng, 25))
		lose_the_clock(world);
	if (rng_chance(&world->rng, 40))
		random_vary(world, leaning, plan);
	world_begin(world, plan);
}

void play_lives(struct world *world)
{
	struct job_plan jobs[RANDOM_JOBS];
	struct plan plan;
	struct leaning leaning = {
		.retrying = random_draw(world, 0, 60),
		.telling = random_draw(world, 0, 60),
		.scarce = rng_chance(&world->rng, 80) ? 0 : random_draw(world, 50, 100),
		.slow = rng_chance(&world->rng, 50) ? random_draw(world, 0, 100) : 0,
		.cron = rng_chance(&world->rng, 50) ? random_draw(world, 0, 80) : 10,
	};

	world->behaviour = random_behaviour(world);
	plan = random_plan(world, &leaning, jobs);
	plan.durability = DURABILITY_PROCESS;
	world_load(world, &plan);
	for (unsigned lives = random_draw(world, 2, 7); lives > 0; lives--) {
		random_moments(world, &leaning, &plan, random_draw(world, 0, 120));
		end_life(world, &leaning, &plan);
		begin_life(world, &leaning, &plan);
	}
	random_end(world, &leaning, &plan);
	world_crash(world, false);
}
