/* Scenarios that were written by hand. The books hold all of the time; what is asserted here is
   what a user would notice. */
#include "scripted.h"
#include "scenarios.h"

static void a_year_of_minutes(struct world *world)
{
	struct job_plan jobs[1] = {every(USEC_PER_MIN)};
	struct plan plan = plan_of(jobs, 1, 1, 0);

	world->behaviour = (struct behaviour){.shortest = 1, .longest = 50 * USEC_PER_SEC};
	world_load(world, &plan);
	world_run(world, world->wall + 365 * USEC_PER_DAY);
	EXPECT(world, world->started == 365 * 24 * 60);
	world_send(world, ENGINE_STOP);
	world_drain(world);
	EXPECT(world, world->verdicts[VERDICT_OK] == world->started);
}

static void a_thousand_at_once(struct world *world)
{
	struct job_plan jobs[1000];
	struct plan plan = plan_of(jobs, 1000, 2, 998);

	for (size_t i = 0; i < 1000; i++)
		jobs[i] = every(USEC_PER_HOUR);
	world->behaviour = (struct behaviour){.shortest = 1000, .longest = 2000};
	world_load(world, &plan);
	world_run(world, world->wall + USEC_PER_HOUR + USEC_PER_MIN);
	EXPECT(world, world->verdicts[VERDICT_OK] == 1000);
	EXPECT(world, world->bursts == 0);
	world_send(world, ENGINE_STOP);
	world_drain(world);
}

static void more_at_once_than_there_is_room_for(struct world *world)
{
	struct job_plan jobs[100];
	struct plan plan = plan_of(jobs, 100, 2, 8);

	for (size_t i = 0; i < 100; i++)
		jobs[i] = every(USEC_PER_HOUR);
	world->behaviour = (struct behaviour){.shortest = S(60), .longest = S(60)};
	world_load(world, &plan);
	world_run(world, world->wall + 10 * USEC_PER_HOUR);
	EXPECT(world, world->started == 10 * 10);
	EXPECT(world, world->verdicts[VERDICT_REFUSED] == 10 * 90);
	EXPECT(world, world->bursts == 10);
	world_send(world, ENGINE_STOP);
	world_drain(world);
}

static void a_night_of_sleep(struct world *world)
{
	struct job_plan jobs[3] = {every(S(1)), every(S(600)), every(S(3600))};
	struct plan plan = plan_of(jobs, 3, 4, 10);

	world->behaviour = (struct behaviour){.shortest = 1, .longest = 1};
	world_load(world, &plan);
	world_pass(world, 8 * USEC_PER_HOUR + S(1));
	world_send(world, ENGINE_CLOCK_STEPPED);
	world_run(world, world->wall);
	EXPECT(world, world->started == 3);
	EXPECT(world, world->verdicts[VERDICT_COALESCED] == 8 * 3600 + 8 * 6 + 8 - 2);
	world_send(world, ENGINE_STOP);
	world_drain(world);
}

static void the_clock_goes_back_by_an_hour(struct world *world)
{
	struct job_plan jobs[2] = {every(S(60)), every(S(86400))};
	struct plan plan = plan_of(jobs, 2, 4, 10);
	uint64_t before;

	world->behaviour = (struct behaviour){.shortest = 1, .longest = 1};
	world_load(world, &plan);
	world_run(world, world->wall + S(600));
	before = world->books[0].ran;
	EXPECT(world, before == 10);
	world_set_clock(world, world->wall - S(3600));
	world_send(world, ENGINE_CLOCK_STEPPED);
	world_run(world, world->wall + S(600));
	EXPECT(world, world->books[0].ran == before + 10); /* goes on at its pace */
	world_run(world, world->wall + S(86400));
	EXPECT(world, world->books[1].ran == 1); /* not twice */
	world_send(world, ENGINE_STOP);
	world_drain(world);
}

static void a_clock_that_jitters_runs_no_slot_twice(struct world *world)
{
	struct job_plan jobs[1] = {every(S(60))};
	struct plan plan = plan_of(jobs, 1, 1, 0);
	usec_t begin = world->wall;

	world->behaviour = (struct behaviour){.shortest = 1, .longest = 1};
	world_load(world, &plan);
	for (int k = 1; k <= 1000; k++) {
		world_run(world, begin + S(60) * k + S(1));
		world_set_clock(world, world->wall - S(3));
		world_send(world, ENGINE_CLOCK_STEPPED);
	}
	EXPECT(world, world->started == 1000);
	EXPECT(world, world->verdicts[VERDICT_OK] == 1000);
}

static void a_reload_at_every_slot_loses_none(struct world *world)
{
	struct job_plan jobs[2] = {every(S(10)), every(S(7))};
	struct plan plan = plan_of(jobs, 2, 4, 10);

	world->behaviour = (struct behaviour){.shortest = 1, .longest = S(9)};
	world_load(world, &plan);
	for (int k = 1; k <= 700; k++) {
		world_pass(world, S(10));
		jobs[1].command++;
		world_load(world, &plan);
		world_run(world, world->wall);
	}
	EXPECT(world, world->books[0].ran + world->reasons[REASON_OVERLAP] >= 700);
	EXPECT(world, world->started + world->reasons[REASON_OVERLAP] +
				      world->verdicts[VERDICT_COALESCED] ==
			      700 + 1000);
}

static void the_latest_replaces_what_will_not_go(struct world *world)
{
	struct job_plan jobs[1] = {every(S(10))};
	struct plan plan = plan_of(jobs, 1, 1, 0);

	jobs[0].overlap = OVERLAP_REPLACE;
	world->behaviour =
		(struct behaviour){.shortest = S(3600), .longest = S(3600), .grace = S(60)};
	world_load(world, &plan);
	world_run(world, world->wall + S(3600));
	EXPECT(world, world->verdicts[VERDICT_KILLED] == world->started - 1);
	EXPECT(world, world->verdicts[VERDICT_SKIPPED] > 0);
	EXPECT(world, world->started + world->verdicts[VERDICT_SKIPPED] >= 359);
}

static void a_cancel_that_comes_too_late_changes_no_verdict(struct world *world)
{
	struct job_plan jobs[1] = {every(S(10))};
	struct plan plan = plan_of(jobs, 1, 1, 0);

	jobs[0].overlap = OVERLAP_REPLACE;
	world->behaviour = (struct behaviour){.shortest = S(11), .longest = S(11), .too_late = 100};
	world_load(world, &plan);
	world_run(world, world->wall + S(1000));
	EXPECT(world, world->verdicts[VERDICT_OK] == 99);
	EXPECT(world, world->verdicts[VERDICT_KILLED] == 0);
}

static void a_group_of_one_runs_all_its_jobs_in_turn(struct world *world)
{
	struct job_plan jobs[10];
	struct plan plan = plan_of(jobs, 10, 8, 10);

	plan.limits[0] = 1;
	for (size_t i = 0; i < 10; i++) {
		jobs[i] = every(S(100));
		jobs[i].group = 0;
	}
	world->behaviour = (struct behaviour){.shortest = S(5), .longest = S(9)};
	world_load(world, &plan);
	world_run(world, world->wall + S(1000) - 1);
	EXPECT(world, world->verdicts[VERDICT_OK] == 90);
	EXPECT(world, world->verdicts[VERDICT_REFUSED] == 0);
}

static void a_stop_with_a_full_house(struct world *world)
{
	struct job_plan jobs[20];
	struct plan plan = plan_of(jobs, 20, 2, 10);

	plan.limits[0] = 1;
	for (size_t i = 0; i < 20; i++) {
		jobs[i] = every(S(10));
		jobs[i].overlap = i % 2 ? OVERLAP_QUEUE : OVERLAP_REPLACE;
		jobs[i].group = i % 3 ? 0 : -1;
	}
	world->behaviour = (struct behaviour){
		.shortest = S(3600), .longest = S(3600), .grace = S(3600), .too_late = 30};
	world_load(world, &plan);
	world_run(world, world->wall + S(60));
	world_send(world, ENGINE_STOP);
	world_pass(world, S(30));
	world_send(world, ENGINE_HURRY);
	world_pass(world, S(10));
	world_send(world, ENGINE_HURRY);
	world_drain(world);
	EXPECT(world, world->reasons[REASON_STOPPING] > 0);
}

static void a_job_that_fails_for_a_day(struct world *world)
{
	struct job_plan jobs[1] = {every(S(60))};
	struct plan plan = plan_of(jobs, 1, 1, 1);

	jobs[0].hooks = 1U << HOOK_FAILURE | 1U << HOOK_RECOVERY;
	jobs[0].mail = true;
	jobs[0].notify_after = 3;
	jobs[0].expect_within = S(3600);
	world->behaviour = (struct behaviour){.shortest = 1, .longest = S(1), .failing = 100};
	world_load(world, &plan);
	world_run(world, world->wall + USEC_PER_DAY + S(30));
	EXPECT(world, world->books[0].failures == 24 * 60);
	EXPECT(world, world->notices == 1 && world->mails == 1);
	EXPECT(world, world->told[HOOK_FAILURE] == 1);
	world->behaviour.failing = 0;
	world_run(world, world->wall + USEC_PER_DAY);
	EXPECT(world, world->notices == 2 && world->mails == 1);
	EXPECT(world, world->told[HOOK_RECOVERY] == 1);
	EXPECT(world, world->dropped == 0);
	world_send(world, ENGINE_STOP);
	world_drain(world);
}

static void a_job_that_never_runs_is_overdue_once(struct world *world)
{
	struct job_plan jobs[2] = {every(S(60)), every(S(60))};
	struct plan plan = plan_of(jobs, 2, 1, 0);

	jobs[1].expect_within = S(600);
	jobs[1].hooks = 1U << HOOK_FAILURE;
	world->behaviour = (struct behaviour){.shortest = USEC_PER_DAY, .longest = USEC_PER_DAY};
	jobs[0].schedule.interval = S(59);
	world_load(world, &plan);
	world_run(world, world->wall + S(3600));
	EXPECT(world, world->verdicts[VERDICT_REFUSED] == 60);
	EXPECT(world, world->notices == 0); /* the one worker has other things to do */
	world_run(world, world->wall + USEC_PER_DAY);
	EXPECT(world, world->told[HOOK_FAILURE] == 1);
}

static void those_that_wait_for_another_attempt_are_in_nobodys_way(struct world *world)
{
	struct job_plan jobs[20];
	struct plan plan = plan_of(jobs, 20, 2, 8);

	for (size_t i = 0; i < 20; i++) {
		jobs[i] = every(S(100));
		jobs[i].schedule.offset = S(2) * (usec_t)i;
		jobs[i].retries = 1;
		jobs[i].retry_backoff = 1000;
		jobs[i].retry_delay = S(50);
		jobs[i].retry_max_delay = S(50);
	}
	world->behaviour = (struct behaviour){.shortest = 1, .longest = S(1), .failing = 100};
	world_load(world, &plan);
	world_run(world, world->wall + S(10000) - 1);
	EXPECT(world, world->verdicts[VERDICT_REFUSED] == 0);
	EXPECT(world, world->verdicts[VERDICT_SKIPPED] == 0);
	/* There is room for ten between two attempts. The first job was not due at the beginning.
	 */
	EXPECT(world, world->retries == 10 * 100);
	EXPECT(world, world->reasons[REASON_NO_ROOM] == 10 * 100 - 1);
	world_send(world, ENGINE_STOP);
	world_drain(world);
}

static void a_condition_that_never_holds_is_one_streak(struct world *world)
{
	struct job_plan jobs[1] = {every(S(10))};
	struct plan plan = plan_of(jobs, 1, 1, 0);

	jobs[0].hooks = 1U << HOOK_MISSED;
	world->behaviour = (struct behaviour){.shortest = 1, .longest = S(1), .unwanted = 100};
	world_load(world, &plan);
	world_run(world, world->wall + S(10005));
	EXPECT(world, world->books[0].streak == 1000);
	EXPECT(world, world->notices == 0);
	world_send(world, ENGINE_STOP);
	world_drain(world);
}

const struct scenario scripted[] = {
	{"a year of minutes: each slot once, none early, none late", a_year_of_minutes, 0, 1},
	{"a thousand jobs due at one instant all run", a_thousand_at_once, 1, 1000},
	{"what the queue has no room for is refused, in one burst each time",
	 more_at_once_than_there_is_room_for, 1, 100},
	{"after a night of sleep each job runs once", a_night_of_sleep, 0, 3},
	{"the clock goes back by an hour: no job stalls", the_clock_goes_back_by_an_hour,
	 S(100000) + 1, 2},
	{"a clock that jitters runs no slot twice", a_clock_that_jitters_runs_no_slot_twice, 0, 1},
	{"a reload at every slot loses none", a_reload_at_every_slot_loses_none, 0, 2},
	{"the latest occurrence replaces what will not go", the_latest_replaces_what_will_not_go, 0,
	 1},
	{"a cancel that comes too late changes no verdict",
	 a_cancel_that_comes_too_late_changes_no_verdict, 0, 1},
	{"a group of one runs all its jobs in turn", a_group_of_one_runs_all_its_jobs_in_turn, 0,
	 10},
	{"a stop with a full house leaves nothing running", a_stop_with_a_full_house, 1, 20},
	{"a job that fails for a day is told of once, and its recovery", a_job_that_fails_for_a_day,
	 0, 1},
	{"a job that never runs is overdue once", a_job_that_never_runs_is_overdue_once, 0, 2},
	{"those that wait for another attempt are in nobody's way",
	 those_that_wait_for_another_attempt_are_in_nobodys_way, 0, 20},
	{"a condition that never holds is one streak", a_condition_that_never_holds_is_one_streak,
	 0, 1},
	{0},
};
