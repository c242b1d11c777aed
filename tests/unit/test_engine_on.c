/* Holds: a job that waits for events has a slot when one happens, and otherwise none. */
#include "engine_fixture.h"

#define START  SCHEDULE_ON_START
#define RELOAD SCHEDULE_ON_RELOAD
#define RESUME SCHEDULE_ON_RESUME

static const struct job_settings all = {.catch_up = CATCH_UP_ALL};
static const struct job_settings none = {.catch_up = CATCH_UP_NONE};

static void load_all(struct rig *rig, const char *command)
{
	load(rig, &(struct model_spec){.jobs = {
					       {.name = "all", .on = START | RELOAD | RESUME},
					       {.name = "reload", .on = RELOAD},
					       {.name = "resume", .on = RESUME},
					       {.name = "start", .on = START, .command = command},
				       }});
}

static void end_all(struct rig *rig, int slot, const char *const *names)
{
	for (; *names; names++)
		finish(rig, *names, slot);
	forget(rig);
}

static void test_each_event_brings_the_slots_of_those_that_wait_for_it(void **state)
{
	struct rig rig = begin_bare(7);

	(void)state;
	rig.on_record = true;
	load_all(&rig, "true");
	expect(&rig, "[all from 7]; [reload from 7]; [resume from 7]; [start from 7]; "
		     "[run 1 all@7]; start all@7; [run 2 start@7]; start start@7; "
		     "loaded +4 ~0 -0 =0");
	end_all(&rig, 7, (const char *const[]){"all", "start", NULL});
	rig.now = S(20);
	load_all(&rig, "true");
	expect(&rig, "[run 3 all@20]; start all@20; [run 4 reload@20]; start reload@20; "
		     "loaded +0 ~0 -0 =4");
	end_all(&rig, 20, (const char *const[]){"all", "reload", NULL});
	/* Nor does it matter that a job has changed. */
	rig.now = S(30);
	load_all(&rig, "false");
	expect(&rig, "[run 5 all@30]; start all@30; [run 6 reload@30]; start reload@30; "
		     "loaded +0 ~1 -0 =3");
	end_all(&rig, 30, (const char *const[]){"all", "reload", NULL});
	sleep_until(&rig, 1000);
	expect(&rig, "[run 7 all@1000]; start all@1000; [run 8 resume@1000]; start resume@1000");
	end_all(&rig, 1000, (const char *const[]){"all", "resume", NULL});
	set_clock(&rig, 5000);
	set_clock(&rig, 500);
	expect(&rig, "");
	end(&rig);
}

static void test_a_job_that_a_reload_brings_is_due_with_it(void **state)
{
	struct rig rig = begin(0, &(struct model_spec){0});

	(void)state;
	load(&rig, &(struct model_spec){
			   .jobs = {{.name = "a", .on = RELOAD}, {.name = "b", .on = START}}});
	expect(&rig, "start a@0; loaded +2 ~0 -0 =0");
	end(&rig);
}

static void test_overlap_is_as_ever(void **state)
{
	struct rig rig = begin_bare(0);
	struct model_spec spec = {
		.jobs = {{.name = "a", .on = START | RELOAD},
			 {.name = "b", .on = START | RELOAD, .overlap = OVERLAP_QUEUE}}};

	(void)state;
	load(&rig, &spec);
	forget(&rig);
	rig.now = S(10);
	load(&rig, &spec);
	expect(&rig, "a@10 skipped overlap ...; loaded +0 ~0 -0 =2");
	finish(&rig, "b", 0);
	expect(&rig, "end b@0 ok; start b@10");
	end(&rig);
}

static void test_with_a_splay_it_waits_and_serves_all_that_comes(void **state)
{
	struct rig rig = begin_bare(0);
	struct model_spec spec = {.jobs = {{.name = "a", .on = START | RELOAD, .delay = 60}}};

	(void)state;
	load(&rig, &spec);
	expect(&rig, "arm a 60; loaded +1 ~0 -0 =0");
	rig.now = S(50);
	load(&rig, &spec);
	expect(&rig, "a@50 skipped held ...; loaded +0 ~0 -0 =1");
	run_until(&rig, 60);
	expect(&rig, "disarm a; start a@0");
	end(&rig);
}

static void test_the_clock_is_set_while_it_waits(void **state)
{
	struct rig rig = begin_bare(0);

	(void)state;
	load(&rig, &(struct model_spec){.jobs = {{.name = "a", .on = START, .delay = 60}}});
	forget(&rig);
	rig.now = S(20);
	set_clock(&rig, 100000);
	expect(&rig, "arm a 100040");
	set_clock(&rig, 1000);
	expect(&rig, "arm a 1040");
	run_until(&rig, 1040);
	expect(&rig, "disarm a; start a@980");
	end(&rig);
}

static void test_paused_the_last_one_waits(void **state)
{
	static const struct {
		const struct job_settings *settings;
		const char *resumed;
	} cases[] = {
		{NULL, "resumed a; start a@30"},
		{&all, "resumed a; start a@30"},
		{&none, "resumed a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct model_spec spec = {
			.jobs = {{.name = "a", .on = RELOAD, .with = cases[i].settings}}};
		struct rig rig = begin(0, &spec);

		pause_job(&rig, "a", 0);
		for (int now = 10; now <= 30; now += 10) {
			rig.now = S(now);
			load(&rig, &spec);
		}
		assert_int_equal(counted(&rig, VERDICT_PAUSED), cases[i].settings == &none ? 3 : 2);
		forget(&rig);
		resume_job(&rig, "a");
		expect(&rig, cases[i].resumed);
		end(&rig);
	}
}

/* Of the same job, what a life before this one left. */
static void test_what_waited_goes_on_or_makes_way(void **state)
{
	static const struct {
		unsigned on;
		const char *effects;
	} cases[] = {
		{RELOAD, "[a holds nothing]; [a holds 40]; [a holds nothing]; [run 1 a@40]; "
			 "start a@40; loaded +1 ~0 -0 =0"},
		{START, "[a holds nothing]; [a holds 40]; [a holds nothing]; "
			"[streak 1 a@40-40 coalesced down x1]; a@40-40 coalesced down x1; "
			"[run 1 a@77]; start a@77; loaded +1 ~0 -0 =0"},
	};
	char grid[SCHEDULE_GRID_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct schedule schedule = {.kind = SCHEDULE_ON, .on = (unsigned char)cases[i].on};
		struct past_job job = {.name = "a",
				       .number = 1,
				       .schedule = schedule_grid(&schedule, grid),
				       .accounted = S(50),
				       .held = S(40)};
		struct rig rig = begin_bare(77);

		rig.on_record = true;
		load_with(&rig, &(struct model_spec){.jobs = {{.name = "a", .on = cases[i].on}}},
			  &(struct past){.jobs = &job, .n_jobs = 1});
		expect(&rig, cases[i].effects);
		end(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_event_brings_the_slots_of_those_that_wait_for_it),
		cmocka_unit_test(test_a_job_that_a_reload_brings_is_due_with_it),
		cmocka_unit_test(test_overlap_is_as_ever),
		cmocka_unit_test(test_with_a_splay_it_waits_and_serves_all_that_comes),
		cmocka_unit_test(test_the_clock_is_set_while_it_waits),
		cmocka_unit_test(test_paused_the_last_one_waits),
		cmocka_unit_test(test_what_waited_goes_on_or_makes_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
