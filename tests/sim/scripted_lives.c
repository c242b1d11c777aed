/* Scenarios of several lives of the daemon, written by hand. The books hold all of the time; what
   is asserted here is what a user would notice. */
#include "scenarios.h"
#include "scripted.h"

/* The daemon stops as it should; it dies; the machine does. */
static void stop(struct world *world)
{
	world_send(world, ENGINE_STOP);
	world_send(world, ENGINE_HURRY);
	world_send(world, ENGINE_HURRY);
	world_drain(world);
	world_crash(world, false);
}

static void be_off(struct world *world, usec_t span, const struct plan *plan)
{
	stop(world);
	world_pass(world, span);
	world_begin(world, plan);
}

static void a_night_off(struct world *world)
{
	struct job_plan jobs[4] = {every(S(3600)), every(S(3600)), every(S(3600)), every(S(3600))};
	struct plan plan = plan_of(jobs, 4, 2, 10);

	plan.catch_up_rate = 10;
	jobs[1].catch_up = CATCH_UP_ALL;
	jobs[2].catch_up = CATCH_UP_NONE;
	jobs[3].catch_up = CATCH_UP_ALL;
	jobs[3].catch_up_window = S(3 * 3600 + 1800);
	world->behaviour = (struct behaviour){.shortest = S(60), .longest = S(60)};
	world_load(world, &plan);
	world_run(world, world->wall + S(600));
	be_off(world, 8 * USEC_PER_HOUR, &plan);
	EXPECT(world, world->verdicts[VERDICT_COALESCED] == 7);
	EXPECT(world, world->verdicts[VERDICT_MISSED] == 8 + 4);
	world_run(world, world->wall + S(1200));
	EXPECT(world, world->books[0].ran == 1);
	EXPECT(world, world->books[1].ran == 8);
	EXPECT(world, world->books[2].ran == 0);
	EXPECT(world, world->books[3].ran == 4);
	EXPECT(world, world->verdicts[VERDICT_OK] == 1 + 8 + 4);
}

static void a_first_life_has_nothing_to_catch_up(struct world *world)
{
	struct job_plan jobs[1] = {every(S(60))};
	struct plan plan = plan_of(jobs, 1, 1, 0);

	jobs[0].catch_up = CATCH_UP_ALL;
	world->behaviour = (struct behaviour){.shortest = 1, .longest = 1};
	world_load(world, &plan);
	world_run(world, world->wall + S(30));
	EXPECT(world, world->started == 0);
}

static void a_job_that_changes_has_nothing_to_catch_up(struct world *world)
{
	struct job_plan jobs[4] = {every(S(60)), every(S(60)), every(S(60)), every(S(60))};
	struct plan plan = plan_of(jobs, 4, 4, 10);

	for (size_t i = 0; i < 4; i++)
		jobs[i].catch_up = CATCH_UP_ALL;
	jobs[0].present = false;
	world->behaviour = (struct behaviour){.shortest = 1, .longest = 1};
	world_load(world, &plan);
	world_run(world, world->wall + S(600));
	/* 0 is what 1 was, 2 is due more often, 3 goes and comes back. */
	jobs[0].present = true;
	jobs[1].present = false;
	jobs[2].schedule.interval = S(50);
	jobs[3].present = false;
	be_off(world, S(3600), &plan);
	jobs[3].present = true;
	world_load(world, &plan);
	EXPECT(world, world->started == 0);
	jobs[1].present = true;
	be_off(world, S(1000), &plan);
	world_run(world, world->wall);
	EXPECT(world, world->books[1].ran == 10); /* nothing of it since */
	EXPECT(world, world->books[2].ran > 10 && world->books[3].ran > 10);
}

static void a_reboot_is_no_stampede(struct world *world)
{
	struct job_plan jobs[200];
	struct plan plan = plan_of(jobs, 200, 100, 200);
	usec_t begin;

	for (size_t i = 0; i < 200; i++)
		jobs[i] = every(S(3600));
	plan.catch_up_rate = 10;
	world->behaviour = (struct behaviour){.shortest = 1, .longest = 1};
	world_load(world, &plan);
	be_off(world, 2 * USEC_PER_HOUR, &plan);
	begin = world->wall;
	world_run(world, begin + S(10) - 1);
	EXPECT(world, world->verdicts[VERDICT_OK] == 100);
	world_run(world, begin + S(20));
	EXPECT(world, world->verdicts[VERDICT_OK] == 200);
}

/* Neither do many hold up one that has much, nor it them. */
static void those_who_are_caught_up_take_turns(struct world *world)
{
	struct job_plan jobs[24];
	struct plan plan = plan_of(jobs, 24, 10, 200);

	for (size_t i = 0; i < 24; i++)
		jobs[i] = every(S(3600));
	for (size_t i = 0; i < 4; i++) {
		jobs[i].catch_up = CATCH_UP_ALL;
		jobs[i].schedule.interval = S(60);
	}
	plan.catch_up_rate = 10;
	world->behaviour = (struct behaviour){.shortest = 1, .longest = 1};
	world_load(world, &plan);
	be_off(world, USEC_PER_DAY, &plan);
	world_run(world, world->wall + S(2) - 1);
	for (size_t i = 0; i < 4; i++)
		EXPECT(world, world->books[i].ran >= 2);
	world_run(world, world->wall + S(2));
	for (size_t i = 0; i < 24; i++)
		EXPECT(world, world->books[i].ran == (i < 4 ? 5 : 1));
	world_run(world, world->wall + S(4));
	for (size_t i = 0; i < 4; i++)
		EXPECT(world, world->books[i].ran == 15);
}

static void a_process_that_lives_on_is_waited_for(struct world *world)
{
	struct job_plan jobs[1] = {every(S(60))};
	struct plan plan = plan_of(jobs, 1, 4, 4);

	world->behaviour =
		(struct behaviour){.shortest = S(3000), .longest = S(3000), .surviving = 100};
	world_load(world, &plan);
	world_run(world, world->wall + S(90));
	EXPECT(world, world->books[0].ran == 1);
	for (int i = 0; i < 20; i++) {
		world_crash(world, false);
		world_pass(world, S(30));
		world_begin(world, &plan);
		world_run(world, world->wall + S(90));
		EXPECT(world, world->books[0].ran == 1);
		EXPECT(world, world->n_pool == 1);
	}
	world_run(world, world->wall + S(600));
	EXPECT(world, world->verdicts[VERDICT_LOST] == 1);
	EXPECT(world, world->reasons[REASON_ADOPTED] == 1);
	EXPECT(world, world->books[0].ran == 2);
}

static void what_dies_with_the_machine_is_lost(struct world *world)
{
	struct job_plan jobs[1] = {every(S(3600))};
	struct plan plan = plan_of(jobs, 1, 4, 4);

	jobs[0].catch_up = CATCH_UP_ALL;
	jobs[0].hooks = 1U << HOOK_FAILURE;
	world->behaviour = (struct behaviour){.shortest = S(60), .longest = S(60)};
	world_load(world, &plan);
	world_run(world, world->wall + S(3600));
	world_crash(world, true);
	world_pass(world, S(3));
	world_begin(world, &plan);
	EXPECT(world, world->verdicts[VERDICT_LOST] == 1);
	EXPECT(world, world->reasons[REASON_CRASH] == 1);
	world_run(world, world->wall + S(3000));
	EXPECT(world, world->books[0].ran == 1);
	EXPECT(world, world->told[HOOK_FAILURE] == 1);
	/* Nobody is told of it again. */
	world_crash(world, true);
	world_begin(world, &plan);
	world_run(world, world->wall + S(100));
	EXPECT(world, world->verdicts[VERDICT_LOST] == 0 && world->told[HOOK_FAILURE] == 1);
}

static void a_daemon_that_dies_all_the_time_forgets_nothing(struct world *world)
{
	struct job_plan jobs[3] = {every(S(60)), every(S(60)), every(S(60))};
	struct plan plan = plan_of(jobs, 3, 2, 4);
	usec_t begin = world->wall;

	plan.catch_up_rate = 10;
	jobs[1].catch_up = CATCH_UP_ALL;
	jobs[2].catch_up = CATCH_UP_NONE;
	jobs[2].overlap = OVERLAP_QUEUE;
	world->behaviour = (struct behaviour){
		.shortest = S(1), .longest = S(80), .slow_disk = 50, .surviving = 50};
	world_load(world, &plan);
	for (int i = 0; i < 3000; i++) {
		world_run(world, world->wall + (usec_t)rng_below(&world->rng, S(100)));
		world_crash(world, rng_chance(&world->rng, 50));
		world_pass(world, (usec_t)rng_below(&world->rng, S(200)));
		world_begin(world, &plan);
	}
	stop(world);
	for (size_t i = 0; i < 3; i++) {
		struct slots open = {0};

		record_unsettled(&world->record.jobs[i], world->wall, &open);
		EXPECT(world, world->record.jobs[i].settled + slots_count(&open) ==
				      (uint64_t)((world->wall - begin) / S(60)));
		slots_done(&open);
	}
}

static void a_pause_outlives_the_daemon(struct world *world)
{
	struct job_plan jobs[2] = {every(S(600)), every(S(600))};
	struct plan plan = plan_of(jobs, 2, 2, 4);

	jobs[1].catch_up = CATCH_UP_ALL;
	world->behaviour = (struct behaviour){.shortest = 1, .longest = 1};
	world_load(world, &plan);
	world_run(world, world->wall + S(1));
	world_pause(world, 0, world->wall + USEC_PER_DAY);
	world_pause(world, 1, USEC_INFINITY);
	for (int i = 0; i < 23; i++) {
		world_run(world, world->wall + S(1800));
		world_crash(world, true);
		world_pass(world, S(1800));
		world_begin(world, &plan);
		jobs[0].command++;
		world_load(world, &plan);
	}
	world_run(world, world->wall + S(3599));
	EXPECT(world, world->books[0].ran == 0);
	world_run(world, world->wall + S(2));
	EXPECT(world, world->books[0].ran == 1);
	world_run(world, world->wall + USEC_PER_DAY);
	EXPECT(world, world->books[0].ran == 1 + 24 * 6);
	EXPECT(world, world->books[1].ran == 0);
	world_resume(world, 1);
	world_run(world, world->wall + S(1));
	EXPECT(world, world->books[1].ran == 2 * 24 * 6);
}

static void attempts_go_on_in_the_next_life(struct world *world)
{
	struct job_plan jobs[1] = {every(USEC_PER_DAY)};
	struct plan plan = plan_of(jobs, 1, 2, 4);

	jobs[0].retries = 9;
	jobs[0].retry_delay = S(600);
	jobs[0].retry_backoff = 1000;
	world->behaviour = (struct behaviour){.shortest = 1, .longest = 1, .failing = 100};
	world_load(world, &plan);
	world_run(world, world->wall + USEC_PER_DAY + S(1));
	for (int i = 0; i < 9; i++) {
		if (i % 2)
			stop(world);
		else
			world_crash(world, true);
		world_pass(world, S(300));
		world_begin(world, &plan);
		EXPECT(world, world->backed_off == 1);
		world_run(world, world->wall + S(301));
		EXPECT(world, world->retries == 1 && world->started == 0);
	}
	EXPECT(world, world->verdicts[VERDICT_FAILED] == 1);
	EXPECT(world, world->books[0].ran == 1);
}

/* --- ten years --- */

static const usec_t decade[] = {
	USEC_PER_MIN,     7 * USEC_PER_MIN,  USEC_PER_HOUR,      USEC_PER_DAY,
	7 * USEC_PER_DAY, 30 * USEC_PER_DAY, 365 * USEC_PER_DAY,
};

#define DECADE_JOBS (2 * ARRAY_LENGTH(decade))

static struct plan decade_plan(struct job_plan *jobs)
{
	struct plan plan = plan_of(jobs, DECADE_JOBS, 4, 20);

	plan.catch_up_rate = 10;
	for (size_t i = 0; i < DECADE_JOBS; i++) {
		jobs[i] = every(decade[i / 2]);
		jobs[i].catch_up = i % 2 == 0       ? CATCH_UP_LAST
				   : i / 2 % 2 == 0 ? CATCH_UP_NONE
						    : CATCH_UP_ALL;
		jobs[i].catch_up_window = 200 * jobs[i].schedule.interval;
	}
	return plan;
}

/* Weeks in which there is no daemon, or a machine that does not run, or another time. */
static void be_away(struct world *world, const struct plan *plan, bool clock_is_lost)
{
	usec_t span = (usec_t)rng_below(&world->rng, 30 * (uint64_t)USEC_PER_DAY);

	switch (rng_below(&world->rng, clock_is_lost ? 6 : 4)) {
	case 0: /* it is switched off */
		be_off(world, span, plan);
		break;
	case 1: /* it dies */
		world_crash(world, true);
		world_pass(world, span);
		world_begin(world, plan);
		break;
	case 2: /* it is suspended */
		world_pass(world, span);
		world_send(world, ENGINE_CLOCK_STEPPED);
		break;
	case 3: /* it is set forward */
		world_set_clock(world, world->wall + span);
		world_send(world, ENGINE_CLOCK_STEPPED);
		break;
	case 4: /* it is set back */
		world_set_clock(world, world->wall - span / 50);
		world_send(world, ENGINE_CLOCK_STEPPED);
		break;
	case 5: /* there is no battery: it begins in 1970, and is set when there is a network */
		stop(world);
		span += world->wall;
		world_set_clock(world, S(100));
		world_begin(world, plan);
		world_run(world, world->wall + USEC_PER_HOUR);
		world_set_clock(world, span);
		world_send(world, ENGINE_CLOCK_STEPPED);
		break;
	}
}

/* The grids are on UTC, where there is no daylight saving: no hour is missing, none comes twice. */
static void ten_years(struct world *world, bool clock_is_lost)
{
	struct job_plan jobs[DECADE_JOBS];
	struct plan plan = decade_plan(jobs);
	usec_t end = world->wall + 3653 * USEC_PER_DAY;

	world->behaviour = (struct behaviour){.shortest = 1, .longest = S(90), .slow_disk = 20};
	world_load(world, &plan);
	while (world->wall < end) {
		world_run(world, world->wall + (usec_t)rng_below(&world->rng, S(10000)));
		be_away(world, &plan, clock_is_lost);
	}
}

static void ten_years_account_for_every_slot(struct world *world)
{
	usec_t begin = world->wall;

	ten_years(world, false);
	world_run(world, world->wall + USEC_PER_DAY);
	stop(world);
	for (size_t i = 0; i < DECADE_JOBS; i++) {
		const struct record_job *job = &world->record.jobs[i];
		usec_t interval = decade[i / 2];
		struct slots open = {0};

		record_unsettled(job, world->wall, &open);
		EXPECT(world, job->verdicts == job->settled);
		EXPECT(world, job->settled + slots_count(&open) ==
				      (uint64_t)(world->wall / interval - begin / interval));
		slots_done(&open);
	}
}

static void ten_years_with_a_clock_that_is_lost(struct world *world)
{
	ten_years(world, true);
	stop(world);
}

const struct scenario scripted_lives[] = {
	{"after a night off each job catches up as it should", a_night_off, S(1000000800), 4},
	{"a first life has nothing to catch up", a_first_life_has_nothing_to_catch_up,
	 S(1000000800), 1},
	{"a job that changes has nothing to catch up", a_job_that_changes_has_nothing_to_catch_up,
	 S(1000000800), 4},
	{"a reboot is no stampede", a_reboot_is_no_stampede, S(1000000800), 200},
	{"those who are caught up take turns", those_who_are_caught_up_take_turns, S(1000000800),
	 24},
	{"a process that lives on is waited for", a_process_that_lives_on_is_waited_for, 0, 1},
	{"what dies with the machine is lost, once", what_dies_with_the_machine_is_lost, 0, 1},
	{"a daemon that dies all the time forgets nothing",
	 a_daemon_that_dies_all_the_time_forgets_nothing, 0, 3},
	{"a pause outlives the daemon", a_pause_outlives_the_daemon, 0, 2},
	{"attempts go on in the next life", attempts_go_on_in_the_next_life, 0, 1},
	{"ten years account for every slot", ten_years_account_for_every_slot, S(1600000000),
	 DECADE_JOBS},
	{"ten years with a clock that is lost now and then", ten_years_with_a_clock_that_is_lost,
	 S(1600000000), DECADE_JOBS},
	{0},
};
