/* A random life: jobs of all kinds, stalls, clock steps, reloads, and an end. */
#include "random.h"
#include "grids.h"
#include "scenarios.h"

static const usec_t intervals[] = {
	100 * USEC_PER_MSEC, 100 * USEC_PER_MSEC, 300 * USEC_PER_MSEC, USEC_PER_SEC,
	USEC_PER_SEC + 1,    7 * USEC_PER_SEC,    10 * USEC_PER_SEC,
};

static const unsigned rates[] = {0, 1, 2, 10, 10, 50, 100, 101, 1000};

unsigned random_draw(struct world *world, unsigned from, unsigned to)
{
	return from + (unsigned)rng_below(&world->rng, to - from + 1);
}

static void vary_retries(struct world *world, const struct leaning *leaning, struct job_plan *job)
{
	job->retries = rng_chance(&world->rng, leaning->retrying) ? random_draw(world, 1, 4) : 0;
	job->retry_delay = (usec_t)rng_below(&world->rng, 2 * USEC_PER_SEC);
	job->retry_backoff = random_draw(world, 10, 30) * 100;
	job->retry_max_delay = rng_chance(&world->rng, 80)
				       ? 1 + (usec_t)rng_below(&world->rng, 5 * USEC_PER_SEC)
				       : 0;
	job->retry_timeouts_only = rng_chance(&world->rng, 20);
}

static void vary_hooks(struct world *world, const struct leaning *leaning, struct job_plan *job)
{
	bool any = rng_chance(&world->rng, leaning->telling);

	job->hooks = any ? random_draw(world, 0, (1U << HOOK_COUNT) - 1) : 0;
	job->mail = any && rng_chance(&world->rng, 40);
	job->mail_when = (enum mail_when)rng_below(&world->rng, MAIL_ALWAYS + 1);
	job->notify_when = rng_chance(&world->rng, 30) ? NOTIFY_ALWAYS : NOTIFY_CHANGE;
	job->notify_after = random_draw(world, 0, 3);
	job->expect_within =
		rng_chance(&world->rng, 30) ? random_draw(world, 1, 20) * USEC_PER_SEC : 0;
}

static void vary_catch_up(struct world *world, struct job_plan *job)
{
	job->catch_up = (enum catch_up_policy)rng_below(&world->rng, CATCH_UP_NONE + 1);
	job->catch_up_window =
		rng_chance(&world->rng, 40)
			? (usec_t)rng_below(&world->rng, 30 * (uint64_t)grid_span(&job->schedule))
			: 0;
}

static struct schedule random_schedule(struct world *world, const struct leaning *leaning)
{
	struct schedule schedule = {
		.interval = intervals[rng_below(&world->rng, ARRAY_LENGTH(intervals))]};

	if (rng_chance(&world->rng, leaning->slow))
		schedule.interval *= 1000;
	if (rng_chance(&world->rng, leaning->cron))
		schedule = (struct schedule){
			.kind = SCHEDULE_CRON,
			.cron = grid_cron(rng_below(&world->rng, grid_n_crons)),
		};
	else if (rng_chance(&world->rng, 25))
		schedule.kind = SCHEDULE_AFTER;
	else if (rng_chance(&world->rng, 15))
		schedule = (struct schedule){
			.kind = SCHEDULE_ON,
			.on = (unsigned char)random_draw(world, 1, 7),
		};
	else if (rng_chance(&world->rng, 40))
		schedule.offset = (usec_t)rng_below(&world->rng, (uint64_t)schedule.interval);
	if (rng_chance(&world->rng, 30))
		schedule.delay = (usec_t)rng_below(&world->rng, 3 * (uint64_t)grid_span(&schedule));
	return schedule;
}

static struct job_plan random_job(struct world *world, const struct leaning *leaning,
				  const struct plan *plan)
{
	struct job_plan job = {.present = rng_chance(&world->rng, 70), .group = -1};

	job.schedule = random_schedule(world, leaning);
	job.overlap = (enum overlap_policy)rng_below(&world->rng, OVERLAP_ALLOW + 1);
	job.max_running = job.overlap == OVERLAP_ALLOW ? random_draw(world, 1, 4) : 1;
	if (rng_chance(&world->rng, 50))
		job.group = (int)rng_below(&world->rng, WORLD_GROUPS);
	if (job.group >= 0 && plan->limits[job.group] == 0)
		job.group = -1;
	vary_retries(world, leaning, &job);
	vary_hooks(world, leaning, &job);
	vary_catch_up(world, &job);
	return job;
}

static void vary_bounds(struct world *world, const struct leaning *leaning, struct plan *plan)
{
	bool scarce = rng_chance(&world->rng, leaning->scarce);

	plan->workers = random_draw(world, 1, scarce ? 2 : 4);
	plan->queue = random_draw(world, 0, scarce ? 1 : rng_chance(&world->rng, 80) ? 6 : 40);
	plan->catch_up_rate = rates[rng_below(&world->rng, ARRAY_LENGTH(rates))];
	for (int i = 0; i < WORLD_GROUPS; i++)
		plan->limits[i] = rng_chance(&world->rng, 75) ? random_draw(world, 1, 3) : 0;
}

/* A change of mind that concerns all jobs. */
static void vary_all(struct world *world, const struct leaning *leaning, struct plan *plan)
{
	uint64_t what = rng_below(&world->rng, 4);

	/* An end to retries, and to the want of room. */
	if (what == 3)
		plan->queue += 40;
	for (size_t i = 0; i < plan->n_jobs; i++)
		if (what == 0 || what == 3)
			plan->jobs[i].retries = 0;
		else if (what == 1)
			plan->jobs[i].hooks = plan->jobs[i].mail = 0;
		else
			vary_hooks(world, leaning, &plan->jobs[i]);
}

/* There is another tzdata. */
static void vary_zone(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_jobs; i++) {
		struct schedule *schedule = &plan->jobs[i].schedule;

		if (schedule->kind == SCHEDULE_CRON)
			schedule->cron = grid_by_other_data(schedule->cron);
	}
}

/* Another plan, of which much is as it was. */
void random_vary(struct world *world, const struct leaning *leaning, struct plan *plan)
{
	if (rng_chance(&world->rng, 50))
		vary_bounds(world, leaning, plan);
	if (rng_chance(&world->rng, 15))
		vary_all(world, leaning, plan);
	if (rng_chance(&world->rng, 10))
		vary_zone(plan);
	for (size_t i = 0; i < plan->n_jobs; i++) {
		struct job_plan *job = &plan->jobs[i];

		switch (rng_below(&world->rng, 12)) {
		case 0:
			*job = random_job(world, leaning, plan);
			break;
		case 1:
			job->present = !job->present;
			break;
		case 2:
			job->command++;
			break;
		case 3:
			job->overlap = OVERLAP_ALLOW;
			job->max_running = random_draw(world, 1, 4);
			break;
		case 4:
			vary_retries(world, leaning, job);
			break;
		case 5:
			vary_hooks(world, leaning, job);
			break;
		case 6:
			vary_catch_up(world, job);
			break;
		case 7:
			job->schedule.delay =
				(usec_t)rng_below(&world->rng, (uint64_t)grid_span(&job->schedule));
			if (job->schedule.kind == SCHEDULE_AFTER)
				job->schedule.interval *= random_draw(world, 1, 3);
			if (job->schedule.kind == SCHEDULE_ON)
				job->schedule.on = (unsigned char)random_draw(world, 1, 7);
			break;
		default:
			break;
		}
		if (job->group >= 0 && plan->limits[job->group] == 0)
			job->group = -1;
	}
}

struct behaviour random_behaviour(struct world *world)
{
	struct behaviour how = {
		.failing = random_draw(world, 0, rng_chance(&world->rng, 30) ? 80 : 20),
		.unwanted = rng_chance(&world->rng, 40) ? random_draw(world, 0, 40) : 0,
		.timing_out = random_draw(world, 0, 10),
		.no_resources = rng_chance(&world->rng, 30) ? random_draw(world, 0, 20) : 0,
		.too_late = random_draw(world, 0, 50),
		.slow_notices = rng_chance(&world->rng, 30) ? random_draw(world, 0, 100) : 0,
		.grace = (usec_t)rng_below(&world->rng, 2 * USEC_PER_SEC),
		.slow_disk = rng_chance(&world->rng, 50) ? random_draw(world, 0, 95) : 0,
		.surviving = random_draw(world, 0, 100),
	};

	how.shortest = (usec_t)rng_below(&world->rng, 200 * USEC_PER_MSEC);
	how.longest = how.shortest + (usec_t)rng_below(&world->rng, 4 * USEC_PER_SEC);
	return how;
}

static usec_t random_span(struct world *world)
{
	static const usec_t spans[] = {USEC_PER_MSEC, 200 * USEC_PER_MSEC, 2 * USEC_PER_SEC,
				       20 * USEC_PER_SEC};

	return (usec_t)rng_below(&world->rng,
				 (uint64_t)spans[rng_below(&world->rng, ARRAY_LENGTH(spans))]);
}

/* By how much somebody sets the clock. */
static usec_t random_step(struct world *world)
{
	static const usec_t spans[] = {10 * USEC_PER_MIN, 2 * USEC_PER_HOUR, 3 * USEC_PER_DAY};

	if (rng_chance(&world->rng, 85))
		return random_span(world);
	return (usec_t)rng_below(&world->rng,
				 (uint64_t)spans[rng_below(&world->rng, ARRAY_LENGTH(spans))]);
}

static void pause_or_resume(struct world *world, size_t number)
{
	usec_t interval = grid_span(&world->plan.jobs[number].schedule);
	usec_t until = USEC_INFINITY;

	if (rng_chance(&world->rng, 35)) {
		world_resume(world, number);
		return;
	}
	if (rng_chance(&world->rng, 60))
		until = world->wall + (usec_t)rng_below(&world->rng, 12 * (uint64_t)interval) -
			interval;
	world_pause(world, number, until);
}

void random_event(struct world *world, const struct leaning *leaning, struct plan *plan)
{
	usec_t span = random_span(world);

	switch (rng_below(&world->rng, 17)) {
	case 0:
	case 1:
		random_vary(world, leaning, plan);
		world_load(world, plan);
		break;
	case 2: /* the loop is held up */
		world_pass(world, span);
		break;
	case 3:
	case 4:
		span = random_step(world);
		world_set_clock(world, world->wall + (rng_chance(&world->rng, 50) ? span : -span));
		/* Some timers may fire before anyone notices. */
		while (rng_chance(&world->rng, 30))
			(void)world_deliver(world);
		world_send(world, ENGINE_CLOCK_STEPPED);
		break;
	case 5:
		world_fire_early(world, rng_below(&world->rng, plan->n_jobs));
		break;
	case 6:
		world_send(world, ENGINE_CLOCK_STEPPED);
		break;
	case 7:
	case 8:
		world_kill(world, rng_chance(&world->rng, 50) ? CANCEL_TERM : CANCEL_KILL);
		break;
	case 9:
	case 10:
		pause_or_resume(world, rng_below(&world->rng, plan->n_jobs));
		break;
	case 11: /* the machine sleeps */
		world_sleep(world, 10 * span);
		break;
	case 12:
	case 13:
		world_run_now(world, rng_below(&world->rng, plan->n_jobs),
			      rng_chance(&world->rng, 40));
		break;
	case 14:
		world_withdraw(world, rng_below(&world->rng, plan->n_jobs));
		break;
	default:
		break;
	}
}

void random_moments(struct world *world, const struct leaning *leaning, struct plan *plan,
		    unsigned n)
{
	for (; n > 0; n--) {
		usec_t next = world_next(world);

		if (rng_chance(&world->rng, 15))
			random_event(world, leaning, plan);
		else if (!world_deliver(world))
			world_pass(world, next == USEC_INFINITY ? USEC_PER_SEC
					  : next > world->wall  ? next - world->wall
								: 0);
	}
}

void random_end(struct world *world, const struct leaning *leaning, struct plan *plan)
{
	world_send(world, ENGINE_STOP);
	for (unsigned i = random_draw(world, 0, 5); i > 0; i--) {
		switch (rng_below(&world->rng, 9)) {
		case 0:
			random_vary(world, leaning, plan);
			world_load(world, plan);
			break;
		case 1:
			world_send(world, ENGINE_CLOCK_STEPPED);
			break;
		case 2:
			world_send(world, ENGINE_STOP);
			break;
		case 3:
			world_fire_early(world, rng_below(&world->rng, plan->n_jobs));
			break;
		case 4:
			world_kill(world, CANCEL_TERM);
			break;
		case 5:
			pause_or_resume(world, rng_below(&world->rng, plan->n_jobs));
			break;
		case 6:
			world_run_now(world, rng_below(&world->rng, plan->n_jobs), true);
			break;
		default:
			(void)world_deliver(world);
			break;
		}
	}
	for (unsigned i = random_draw(world, 0, 3); i > 0; i--) {
		world_send(world, ENGINE_HURRY);
		while (rng_chance(&world->rng, 50))
			(void)world_deliver(world);
	}
	world_drain(world);
}

struct plan random_plan(struct world *world, const struct leaning *leaning, struct job_plan *jobs)
{
	struct plan plan = {.n_jobs = RANDOM_JOBS, .jobs = jobs};

	vary_bounds(world, leaning, &plan);
	for (size_t i = 0; i < plan.n_jobs; i++)
		jobs[i] = random_job(world, leaning, &plan);
	return plan;
}

void play_random(struct world *world)
{
	struct job_plan jobs[RANDOM_JOBS];
	struct plan plan;
	struct leaning leaning = {
		.retrying = rng_chance(&world->rng, 60) ? 50 : random_draw(world, 0, 100),
		.telling = rng_chance(&world->rng, 60) ? 60 : random_draw(world, 0, 100),
		.scarce = rng_chance(&world->rng, 60) ? 0 : random_draw(world, 50, 100),
		.cron = rng_chance(&world->rng, 50) ? random_draw(world, 0, 80) : 10,
	};

	world->behaviour = random_behaviour(world);
	if (leaning.scarce > 0) {
		leaning.telling = 100;
		world->behaviour.slow_notices = 100;
	}
	plan = random_plan(world, &leaning, jobs);
	plan.durability = rng_chance(&world->rng, 50) ? DURABILITY_NONE : DURABILITY_PROCESS;
	world_load(world, &plan);
	random_moments(world, &leaning, &plan, random_draw(world, 50, 400));
	/* Now and then it is torn down in the midst of it all. */
	if (rng_chance(&world->rng, 90))
		random_end(world, &leaning, &plan);
}
