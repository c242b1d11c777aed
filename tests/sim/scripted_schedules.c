/* Scenarios of schedules that are not even: by the calendar, after the last run, at events. */
#include "grids.h"
#include "scenarios.h"
#include "scripted.h"

/* 2025-01-01 00:00:00 in Berlin. */
#define NEW_YEAR S(1735686000)

static struct job_plan scheduled(struct schedule schedule)
{
	struct job_plan job = every(S(1));

	job.schedule = schedule;
	return job;
}

static struct job_plan after(usec_t interval)
{
	return scheduled((struct schedule){.kind = SCHEDULE_AFTER, .interval = interval});
}

static struct job_plan on(unsigned events)
{
	return scheduled((struct schedule){.kind = SCHEDULE_ON, .on = (unsigned char)events});
}

static struct job_plan by_cron(enum grid_cron_name name)
{
	return scheduled((struct schedule){.kind = SCHEDULE_CRON, .cron = grid_cron(name)});
}

static void end(struct world *world)
{
	world_send(world, ENGINE_STOP);
	world_drain(world);
}

/* 02:30 is left out on 30 March and comes twice on 26 October. */
static void a_year_of_nights(struct world *world)
{
	struct job_plan jobs[2] = {by_cron(GRID_NIGHTLY), by_cron(GRID_HALF_HOURS)};
	struct plan plan = plan_of(jobs, 2, 2, 0);

	world->behaviour = (struct behaviour){.shortest = 1, .longest = S(60)};
	world_load(world, &plan);
	world_run(world, NEW_YEAR + 365 * USEC_PER_DAY);
	EXPECT(world, world->books[0].ran == 365);
	/* Six each night; two are skipped, and four run again. */
	EXPECT(world, world->books[1].ran == 6 * 365 - 2 + 2);
	end(world);
	EXPECT(world, world->verdicts[VERDICT_OK] == world->started);
}

/* Within its patience, whatever the clock shows meanwhile. */
static void a_clock_that_is_mended_at_night(struct world *world)
{
	static const usec_t errors[] = {USEC_PER_MIN, USEC_PER_HOUR, 5 * USEC_PER_HOUR,
					USEC_PER_DAY};
	struct job_plan jobs[1] = {by_cron(GRID_NIGHTLY)};
	struct plan plan = plan_of(jobs, 1, 2, 0);

	world->behaviour = (struct behaviour){.shortest = 1, .longest = S(1)};
	world_load(world, &plan);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		/* To just after it has run; then back, and on as it was. */
		world_run(world,
			  NEW_YEAR + (usec_t)(i + 1) * 10 * USEC_PER_DAY + 3 * USEC_PER_HOUR);
		world_set_clock(world, world->wall - errors[i]);
		world_send(world, ENGINE_CLOCK_STEPPED);
		world_run(world, world->wall + errors[i] - USEC_PER_MIN);
		EXPECT(world, world->started == 10 * i + 11);
	}
	end(world);
}

/* As many runs as there is elapsed time for, whatever the clock shows. */
static void a_span_after_the_last_run(struct world *world)
{
	struct job_plan jobs[2] = {after(S(600)), after(S(1))};
	struct plan plan = plan_of(jobs, 2, 4, 0);
	usec_t begun = world->elapsed;

	jobs[1].retries = 1;
	jobs[1].retry_delay = S(1);
	world->behaviour = (struct behaviour){.shortest = S(30), .longest = S(30), .failing = 20};
	world_load(world, &plan);
	for (int i = 0; i < 2000; i++) {
		usec_t step = (usec_t)rng_below(&world->rng, (uint64_t)(2 * USEC_PER_DAY));

		world_run(world, world->wall + (usec_t)rng_below(&world->rng, (uint64_t)S(1200)));
		world_set_clock(world, rng_chance(&world->rng, 50) ? world->wall + step
								   : world->wall - step);
		world_send(world, ENGINE_CLOCK_STEPPED);
	}
	EXPECT(world, world->books[0].ran == (uint64_t)((world->elapsed - begun + S(29)) / S(630)));
	EXPECT(world, world->verdicts[VERDICT_COALESCED] + world->verdicts[VERDICT_SKIPPED] == 0);
	end(world);
}

static void once_for_each_event(struct world *world)
{
	struct job_plan jobs[4] = {on(SCHEDULE_ON_START), on(SCHEDULE_ON_RELOAD),
				   on(SCHEDULE_ON_RESUME),
				   on(SCHEDULE_ON_START | SCHEDULE_ON_RELOAD | SCHEDULE_ON_RESUME)};
	struct plan plan = plan_of(jobs, 4, 4, 4);

	world->behaviour = (struct behaviour){.shortest = 1, .longest = S(1)};
	plan.durability = DURABILITY_PROCESS;
	world_load(world, &plan);
	for (int i = 0; i < 100; i++) {
		world_run(world, world->wall + S(10));
		world_load(world, &plan);
		world_run(world, world->wall + S(10));
		world_send(world, ENGINE_CLOCK_STEPPED); /* which is no suspend */
		if (i % 2 == 0)
			world_sleep(world, USEC_PER_HOUR);
	}
	world_run(world, world->wall + S(10));
	end(world);
	world_crash(world, false);
	world_begin(world, &plan);
	world_run(world, world->wall + S(10));
	EXPECT(world, world->books[0].ran == 2);
	EXPECT(world, world->books[1].ran == 100);
	EXPECT(world, world->books[2].ran == 50);
	EXPECT(world, world->books[3].ran == 152);
	EXPECT(world, world->occurred == 2 + 100 + 50 + 152);
	end(world);
}

const struct scenario scripted_schedules[] = {
	{"a year of nights: clocks change, and no night is without its runs", a_year_of_nights,
	 NEW_YEAR, 2},
	{"a clock that is set back runs nothing twice that is due at a time of day",
	 a_clock_that_is_mended_at_night, NEW_YEAR, 1},
	{"a span after the last run is one of elapsed time", a_span_after_the_last_run, NEW_YEAR,
	 2},
	{"an event is one occurrence", once_for_each_event, NEW_YEAR, 4},
	{0},
};
