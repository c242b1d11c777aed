/* Holds: when slots are due, what happens to late ones, clock steps, and the end of it all. */
#include "engine_fixture.h"

static const struct model_spec every_10 = {.jobs = {{.name = "a"}}};

static void test_first_load_waits_for_the_first_slot_to_come(void **state)
{
	struct rig rig = {.now = S(25)};

	(void)state;
	assert_int_equal(engine_new(0, 0, &rig.engine), 0);
	load(&rig, &(struct model_spec){
			   .jobs = {{.name = "a"}, {.name = "b", .every = 60, .offset = 20}}});
	expect(&rig, "arm a 30; arm b 80; loaded +2 ~0 -0 =0");
	end(&rig);
}

static void test_a_slot_that_is_due_at_the_very_load_is_not_to_come(void **state)
{
	struct rig rig = {.now = S(30)};

	(void)state;
	assert_int_equal(engine_new(0, 0, &rig.engine), 0);
	load(&rig, &every_10);
	expect(&rig, "arm a 40; loaded +1 ~0 -0 =0");
	end(&rig);
}

static void test_a_due_slot_starts_and_the_next_is_armed(void **state)
{
	struct rig rig = begin(5, &every_10);

	(void)state;
	run_until(&rig, 10);
	expect(&rig, "arm a 20; start a@10");
	end(&rig);
}

static void test_a_timer_that_is_early_is_armed_again(void **state)
{
	struct rig rig = begin(5, &every_10);

	(void)state;
	rig.now = S(10) - 1;
	step(&rig, (struct engine_event){.kind = ENGINE_DUE, .job = find_job(&rig, "a")});
	expect(&rig, "arm a 10");
	end(&rig);
}

static void test_lateness_does_not_add_up(void **state)
{
	struct rig rig = begin(5, &every_10);

	(void)state;
	for (int k = 1; k <= 100; k++) {
		rig.now = S(10 * k) + S(9) + k;
		fire_due(&rig);
		forget(&rig);
		finish(&rig, "a", 10 * k);
		forget(&rig);
		assert_int_equal(find_job(&rig, "a")->next, S(10 * (k + 1)));
	}
	end(&rig);
}

static void test_slots_that_the_loop_slept_over_coalesce_into_the_last(void **state)
{
	struct rig rig = begin(5, &every_10);

	(void)state;
	stall_until(&rig, 44);
	expect(&rig, "a@10-30 coalesced late x3; arm a 50; start a@40");
	assert_int_equal(counted(&rig, VERDICT_COALESCED), 3);
	end(&rig);
}

static void test_coalescing_ends_the_streak_before(void **state)
{
	struct rig rig = begin(5, &every_10);

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	stall_until(&rig, 41);
	expect(&rig, "a@20-20 skipped overlap x1; a@30-30 coalesced late x1; arm a 50; "
		     "a@40 skipped overlap ...");
	end(&rig);
}

static void test_the_delay_moves_the_due_time_not_the_slot(void **state)
{
	struct rig rig = begin(12, &(struct model_spec){.jobs = {{.name = "a", .delay = 4}}});

	(void)state;
	assert_int_equal(engine_job_due(find_job(&rig, "a")), S(14));
	run_until(&rig, 14);
	expect(&rig, "arm a 24; start a@10");
	end(&rig);
}

static void test_a_delay_longer_than_the_interval_loses_no_slot(void **state)
{
	struct rig rig = begin(0, &(struct model_spec){.jobs = {{.name = "a",
								 .delay = 25,
								 .overlap = OVERLAP_ALLOW,
								 .max_running = 9}}});

	(void)state;
	run_until(&rig, 35);
	expect(&rig, "arm a 15; start a@-20; arm a 25; start a@-10; arm a 35; start a@0; "
		     "arm a 45; start a@10");
	end(&rig);
}

static void test_next_due_is_the_earliest_of_all(void **state)
{
	struct rig rig = begin(0, &(struct model_spec){.jobs = {{.name = "a", .every = 7},
								{.name = "b", .every = 5}}});
	struct engine_job *job;

	(void)state;
	assert_int_equal(engine_next_due(rig.engine, &job), S(5));
	assert_string_equal(job->def->name, "b");
	run_until(&rig, 5);
	assert_int_equal(engine_next_due(rig.engine, &job), S(7));
	assert_string_equal(job->def->name, "a");
	end(&rig);
}

static void test_no_jobs_nothing_due(void **state)
{
	struct rig rig = begin(0, &(struct model_spec){.workers = 1});
	struct engine_job *job;

	(void)state;
	assert_int_equal(engine_next_due(rig.engine, &job), USEC_INFINITY);
	assert_null(job);
	end(&rig);
}

static void test_a_step_forward_runs_once_for_what_was_jumped_over(void **state)
{
	struct rig rig = begin(5, &every_10);

	(void)state;
	rig.now = S(1003);
	happen(&rig, ENGINE_CLOCK_STEPPED);
	expect(&rig, "a@10-990 coalesced late x99; arm a 1010; start a@1000");
	end(&rig);
}

static void test_a_step_that_reaches_no_slot_only_arms_again(void **state)
{
	struct rig rig = begin(5, &every_10);

	(void)state;
	rig.now = S(8);
	happen(&rig, ENGINE_CLOCK_STEPPED);
	expect(&rig, "arm a 10");
	end(&rig);
}

static void test_a_small_step_back_runs_no_slot_twice(void **state)
{
	struct rig rig = begin(95, &every_10);

	(void)state;
	run_until(&rig, 101);
	finish(&rig, "a", 100);
	forget(&rig);
	rig.now = S(90); /* 110 is due in 20 s, two intervals */
	happen(&rig, ENGINE_CLOCK_STEPPED);
	expect(&rig, "arm a 110");
	run_until(&rig, 110);
	expect(&rig, "arm a 120; start a@110");
	end(&rig);
}

static void test_a_large_step_back_does_not_stall(void **state)
{
	struct rig rig = begin(95, &every_10);

	(void)state;
	run_until(&rig, 101);
	finish(&rig, "a", 100);
	forget(&rig);
	rig.now = S(90) - 1;
	happen(&rig, ENGINE_CLOCK_STEPPED);
	expect(&rig, "arm a 90");
	end(&rig);
}

static void test_stop_disarms_and_drains_at_once_when_nothing_runs(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a"}, {.name = "b"}}});
	struct engine_job *job;

	(void)state;
	happen(&rig, ENGINE_STOP);
	expect(&rig, "disarm a; disarm b; drained");
	assert_int_equal(engine_next_due(rig.engine, &job), USEC_INFINITY);
	happen(&rig, ENGINE_STOP);
	expect(&rig, "");
	end(&rig);
}

static void test_stop_before_the_first_load_drains(void **state)
{
	struct rig rig = {0};

	(void)state;
	assert_int_equal(engine_new(0, 0, &rig.engine), 0);
	happen(&rig, ENGINE_CLOCK_STEPPED);
	happen(&rig, ENGINE_STOP);
	expect(&rig, "drained");
	end(&rig);
}

static void test_stop_lets_what_was_handed_over_finish(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a"}, {.name = "b"}}});

	(void)state;
	run_until(&rig, 10);
	forget(&rig);
	happen(&rig, ENGINE_STOP);
	expect(&rig, "disarm a; disarm b");
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok");
	finish_as(&rig, "b", 10, (struct run_result){.kind = RESULT_NOT_STARTED});
	expect(&rig, "end b@10 cancelled stopping; drained");
	end(&rig);
}

static void test_stop_gives_up_what_is_held_or_waits_for_its_group(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){
				 .jobs = {{.name = "a", .overlap = OVERLAP_QUEUE, .group = "g"},
					  {.name = "b", .offset = 1, .group = "g"}},
				 .groups = {{.name = "g", .limit = 1}},
			 });

	(void)state;
	run_until(&rig, 31);
	forget(&rig);
	happen(&rig, ENGINE_STOP);
	expect(&rig, "disarm a; a@30-30 skipped held x1; a@20 cancelled stopping ...; "
		     "a@20-20 cancelled stopping x1; disarm b; b@21-31 skipped overlap x2; "
		     "end b@11 cancelled stopping");
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok; drained");
	end(&rig);
}

static void test_after_stop_nothing_is_due_and_no_load_counts(void **state)
{
	struct rig rig = begin(5, &every_10);
	struct engine_job *job = find_job(&rig, "a");

	(void)state;
	happen(&rig, ENGINE_STOP);
	forget(&rig);
	rig.now = S(10);
	step(&rig, (struct engine_event){.kind = ENGINE_DUE, .job = job});
	happen(&rig, ENGINE_CLOCK_STEPPED);
	load(&rig, &(struct model_spec){.jobs = {{.name = "b"}}});
	expect(&rig, "");
	assert_string_equal(engine_model(rig.engine)->jobs[0].name, "a");
	end(&rig);
}

static void test_hurry_terminates_then_kills(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){.jobs = {{.name = "a"},
						       {.name = "b", .overlap = OVERLAP_REPLACE}}});

	(void)state;
	run_until(&rig, 20); /* b@10 is told to go already */
	happen(&rig, ENGINE_STOP);
	forget(&rig);
	happen(&rig, ENGINE_HURRY);
	expect(&rig, "term a@10; term b@10");
	happen(&rig, ENGINE_HURRY);
	expect(&rig, "kill a@10; kill b@10");
	finish_as(&rig, "a", 10, (struct run_result){.kind = RESULT_SIGNALLED, .cancelled = true});
	expect(&rig, "end a@10 killed stopping");
	finish_as(&rig, "b", 10, (struct run_result){.kind = RESULT_SIGNALLED, .cancelled = true});
	expect(&rig, "end b@10 killed replaced; drained");
	end(&rig);
}

static void test_tails_are_zeroed_and_found_again(void **state)
{
	struct rig rig = {.now = S(5)};
	struct engine_run *run;
	unsigned char *tail;

	(void)state;
	assert_int_equal(engine_new(24, 40, &rig.engine), 0);
	load(&rig, &(struct model_spec){.workers = 1, .jobs = {{.name = "a"}}});
	for (int slot = 10; slot <= 30; slot += 10) {
		run_until(&rig, slot);
		run = find_run(&rig, "a", slot);
		tail = engine_run_tail(run);
		assert_ptr_equal(engine_run_of_tail(tail), run);
		for (size_t i = 0; i < 40; i++)
			assert_int_equal(tail[i], 0);
		memset(tail, 0xff, 40);
		finish(&rig, "a", slot);
	}
	tail = engine_job_tail(find_job(&rig, "a"));
	for (size_t i = 0; i < 24; i++)
		assert_int_equal(tail[i], 0);
	end(&rig);
}

static void test_free_in_the_middle_of_everything(void **state)
{
	struct model_spec spec = {
		.jobs = {{.name = "a", .group = "g"}, {.name = "b", .group = "g"}, {.name = "c"}},
		.groups = {{.name = "g", .limit = 1}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 25);
	load(&rig, &(struct model_spec){.jobs = {{.name = "c", .every = 20}}});
	end(&rig);
	engine_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_load_waits_for_the_first_slot_to_come),
		cmocka_unit_test(test_a_slot_that_is_due_at_the_very_load_is_not_to_come),
		cmocka_unit_test(test_a_due_slot_starts_and_the_next_is_armed),
		cmocka_unit_test(test_a_timer_that_is_early_is_armed_again),
		cmocka_unit_test(test_lateness_does_not_add_up),
		cmocka_unit_test(test_slots_that_the_loop_slept_over_coalesce_into_the_last),
		cmocka_unit_test(test_coalescing_ends_the_streak_before),
		cmocka_unit_test(test_the_delay_moves_the_due_time_not_the_slot),
		cmocka_unit_test(test_a_delay_longer_than_the_interval_loses_no_slot),
		cmocka_unit_test(test_next_due_is_the_earliest_of_all),
		cmocka_unit_test(test_no_jobs_nothing_due),
		cmocka_unit_test(test_a_step_forward_runs_once_for_what_was_jumped_over),
		cmocka_unit_test(test_a_step_that_reaches_no_slot_only_arms_again),
		cmocka_unit_test(test_a_small_step_back_runs_no_slot_twice),
		cmocka_unit_test(test_a_large_step_back_does_not_stall),
		cmocka_unit_test(test_stop_disarms_and_drains_at_once_when_nothing_runs),
		cmocka_unit_test(test_stop_before_the_first_load_drains),
		cmocka_unit_test(test_stop_lets_what_was_handed_over_finish),
		cmocka_unit_test(test_stop_gives_up_what_is_held_or_waits_for_its_group),
		cmocka_unit_test(test_after_stop_nothing_is_due_and_no_load_counts),
		cmocka_unit_test(test_hurry_terminates_then_kills),
		cmocka_unit_test(test_tails_are_zeroed_and_found_again),
		cmocka_unit_test(test_free_in_the_middle_of_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
