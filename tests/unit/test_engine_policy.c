/* Holds: the four overlap policies, streaks, and bursts of refusals. */
#include "engine_fixture.h"

static struct rig begin_with(enum overlap_policy overlap)
{
	return begin(5, &(struct model_spec){
				.jobs = {{.name = "a", .overlap = overlap, .max_running = 2}}});
}

static void test_skip_starts_nothing_while_a_run_has_not_ended(void **state)
{
	struct rig rig = begin_with(OVERLAP_SKIP);

	(void)state;
	run_until(&rig, 20);
	expect(&rig, "arm a 20; start a@10; arm a 30; a@20 skipped overlap ...");
	finish(&rig, "a", 10);
	expect(&rig, "a@20-20 skipped overlap x1; end a@10 ok");
	run_until(&rig, 30);
	expect(&rig, "arm a 40; start a@30");
	end(&rig);
}

static void test_allow_starts_up_to_max_running(void **state)
{
	struct rig rig = begin_with(OVERLAP_ALLOW);

	(void)state;
	run_until(&rig, 30);
	expect(&rig, "arm a 20; start a@10; arm a 30; start a@20; "
		     "arm a 40; a@30 skipped max_running ...");
	finish(&rig, "a", 20);
	expect(&rig, "a@30-30 skipped max_running x1; end a@20 ok");
	run_until(&rig, 40);
	expect(&rig, "arm a 50; start a@40");
	end(&rig);
}

static void test_queue_holds_the_first_and_skips_the_rest(void **state)
{
	struct rig rig = begin_with(OVERLAP_QUEUE);

	(void)state;
	run_until(&rig, 40);
	expect(&rig, "arm a 20; start a@10; arm a 30; arm a 40; a@30 skipped held ...; arm a 50");
	assert_int_equal(find_job(&rig, "a")->held, S(20));
	finish(&rig, "a", 10);
	expect(&rig, "a@30-40 skipped held x2; end a@10 ok; start a@20");
	assert_int_equal(find_job(&rig, "a")->held, USEC_INFINITY);
	end(&rig);
}

static void test_replace_stops_the_run_once_and_starts_the_latest(void **state)
{
	struct rig rig = begin_with(OVERLAP_REPLACE);

	(void)state;
	run_until(&rig, 40);
	expect(&rig, "arm a 20; start a@10; arm a 30; term a@10; "
		     "arm a 40; a@20 skipped replaced ...; arm a 50");
	finish_as(&rig, "a", 10, (struct run_result){.kind = RESULT_SIGNALLED, .cancelled = true});
	expect(&rig, "a@20-30 skipped replaced x2; end a@10 killed replaced; start a@40");
	end(&rig);
}

static void test_a_replaced_run_that_had_not_begun_was_skipped(void **state)
{
	struct rig rig = begin_with(OVERLAP_REPLACE);

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	finish_as(&rig, "a", 10, (struct run_result){.kind = RESULT_NOT_STARTED});
	expect(&rig, "a@10 skipped replaced ...; start a@20");
	end(&rig);
}

static void test_replacing_what_waits_for_its_group_needs_no_waiting(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){
				 .jobs = {{.name = "a", .every = 1000, .offset = 9, .group = "g"},
					  {.name = "b", .overlap = OVERLAP_REPLACE, .group = "g"}},
				 .groups = {{.name = "g", .limit = 1}},
			 });

	(void)state;
	run_until(&rig, 10);
	expect(&rig, "arm a 1009; start a@9; arm b 20");
	run_until(&rig, 20);
	expect(&rig, "arm b 30; b@10 skipped replaced ...");
	assert_int_equal(engine_waiting(rig.engine), 1);
	finish(&rig, "a", 9);
	expect(&rig, "end a@9 ok; start b@20");
	end(&rig);
}

static void test_a_streak_is_said_once_and_counted_to_its_end(void **state)
{
	struct rig rig = begin_with(OVERLAP_SKIP);

	(void)state;
	run_until(&rig, 10);
	forget(&rig);
	for (int slot = 20; slot <= 1000; slot += 10) {
		run_until(&rig, slot);
		assert_int_equal(counted(&rig, VERDICT_SKIPPED), slot / 10 - 1);
	}
	assert_non_null(strstr(rig.log, "a@20 skipped overlap ..."));
	assert_null(strstr(rig.log, "a@30"));
	forget(&rig);
	happen(&rig, ENGINE_STOP);
	expect(&rig, "disarm a; a@20-1000 skipped overlap x99");
	end(&rig);
}

static void test_another_reason_is_another_streak(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a"}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	spec.jobs[0].overlap = OVERLAP_ALLOW;
	spec.jobs[0].max_running = 1;
	load(&rig, &spec);
	forget(&rig);
	run_until(&rig, 30);
	expect(&rig, "arm a 40; a@20-20 skipped overlap x1; a@30 skipped max_running ...");
	end(&rig);
}

static struct run_result unwanted = {.kind = RESULT_UNWANTED, .code = 1};

static void test_conditions_that_do_not_hold_are_a_streak(void **state)
{
	struct rig rig = begin_with(OVERLAP_SKIP);

	(void)state;
	run_until(&rig, 10);
	forget(&rig);
	finish_as(&rig, "a", 10, unwanted);
	expect(&rig, "a@10 skipped condition ...");
	assert_int_equal(engine_submitted(rig.engine), 0);
	run_until(&rig, 20);
	finish_as(&rig, "a", 20, unwanted);
	run_until(&rig, 30);
	expect(&rig, "arm a 30; start a@20; arm a 40; start a@30");
	started(&rig, "a", 30);
	expect(&rig, "a@10-20 skipped condition x2");
	finish(&rig, "a", 30);
	expect(&rig, "end a@30 ok");
	assert_int_equal(counted(&rig, VERDICT_SKIPPED), 2);
	end(&rig);
}

static void test_a_run_that_never_started_ends_the_streak_before_it(void **state)
{
	struct rig rig = begin_with(OVERLAP_SKIP);

	(void)state;
	run_until(&rig, 10);
	finish_as(&rig, "a", 10, unwanted);
	run_until(&rig, 20);
	forget(&rig);
	finish_as(&rig, "a", 20, (struct run_result){.kind = RESULT_SPAWN_FAILED});
	expect(&rig, "a@10-10 skipped condition x1; end a@20 failed");
	end(&rig);
}

static void test_a_condition_that_does_not_hold_lets_go_what_was_held(void **state)
{
	struct rig rig = begin_with(OVERLAP_QUEUE);

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	finish_as(&rig, "a", 10, unwanted);
	expect(&rig, "a@10 skipped condition ...; start a@20");
	end(&rig);
}

static void test_a_condition_is_told_of_at_once_when_nothing_will_follow(void **state)
{
	struct rig rig = begin_with(OVERLAP_SKIP);

	(void)state;
	run_until(&rig, 10);
	load(&rig, &(struct model_spec){.workers = 1});
	forget(&rig);
	finish_as(&rig, "a", 10, unwanted);
	expect(&rig, "a@10 skipped condition ...; a@10-10 skipped condition x1; free a");
	end(&rig);

	rig = begin_with(OVERLAP_SKIP);
	run_until(&rig, 10);
	happen(&rig, ENGINE_STOP);
	forget(&rig);
	finish_as(&rig, "a", 10, unwanted);
	expect(&rig, "a@10 skipped condition ...; a@10-10 skipped condition x1; drained");
	end(&rig);
}

static void test_what_finds_no_room_is_refused_and_a_burst_is_said_once(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .workers = 1,
					  .queue = 2,
					  .jobs = {{.name = "a"},
						   {.name = "b", .offset = 1},
						   {.name = "c", .offset = 2},
						   {.name = "d", .offset = 3},
						   {.name = "e", .offset = 4}},
				  });

	(void)state;
	run_until(&rig, 14);
	forget(&rig);
	assert_int_equal(engine_submitted(rig.engine), 3);
	assert_int_equal(counted(&rig, VERDICT_REFUSED), 2);
	run_until(&rig, 19);
	finish(&rig, "a", 10); /* 2 are left: workers + queue / 2 */
	expect(&rig, "end a@10 ok; room again, refused 2");
	run_until(&rig, 23);
	expect(&rig, "arm a 30; start a@20; arm b 31; b@21 skipped overlap ...; "
		     "arm c 32; c@22 skipped overlap ...; arm d 33; full");
	end(&rig);
}

static void test_refusals_are_a_streak_of_their_job(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){
				 .workers = 1,
				 .jobs = {{.name = "a", .every = 1000, .offset = 9}, {.name = "b"}},
			 });

	(void)state;
	run_until(&rig, 30);
	expect(&rig, "arm a 1009; start a@9; arm b 20; full; b@10 refused queue_full ...; "
		     "arm b 30; arm b 40");
	finish(&rig, "a", 9);
	expect(&rig, "end a@9 ok; room again, refused 3");
	run_until(&rig, 40);
	expect(&rig, "arm b 50; start b@40");
	started(&rig, "b", 40);
	expect(&rig, "b@10-30 refused queue_full x3");
	end(&rig);
}

static void test_a_burst_ends_with_the_daemon(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){
				 .workers = 1,
				 .jobs = {{.name = "a", .every = 1000, .offset = 9}, {.name = "b"}},
			 });

	(void)state;
	run_until(&rig, 10);
	forget(&rig);
	happen(&rig, ENGINE_STOP);
	expect(&rig, "disarm a; disarm b; b@10-10 refused queue_full x1; room again, refused 1");
	end(&rig);
}

static void test_a_run_ending_always_makes_room_for_what_its_job_held(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .workers = 1,
					  .jobs = {{.name = "a", .overlap = OVERLAP_QUEUE},
						   {.name = "b", .offset = 5}},
				  });

	(void)state;
	run_until(&rig, 25);
	forget(&rig);
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok; start a@20; room again, refused 2");
	end(&rig);
}

static void remember_code(void *ctx, const struct effect *effect)
{
	if (effect->kind == EFFECT_STREAK_BEGIN)
		*(int *)ctx = effect->result->code;
}

static void test_runs_that_come_to_nothing_are_one_streak(void **state)
{
	struct rig rig = begin_with(OVERLAP_SKIP);
	struct run_result none = {.kind = RESULT_NO_RESOURCES, .code = 11};
	int code = 0;

	(void)state;
	run_until(&rig, 10);
	engine_step(rig.engine,
		    &(struct engine_event){.kind = ENGINE_FINISHED,
					   .run = find_run(&rig, "a", 10),
					   .result = &none},
		    rig.now, (struct effect_sink){remember_code, &code});
	assert_int_equal(code, 11);
	for (int slot = 20; slot <= 40; slot += 10) {
		run_until(&rig, slot);
		forget(&rig);
		finish_as(&rig, "a", slot, none);
		expect(&rig, "");
	}
	assert_int_equal(counted(&rig, VERDICT_REFUSED), 4);
	run_until(&rig, 50);
	forget(&rig);
	finish(&rig, "a", 50);
	expect(&rig, "a@10-40 refused no_resources x4; end a@50 ok");
	end(&rig);
}

static void test_those_replaced_in_the_line_are_one_streak(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){
				 .jobs = {{.name = "a", .every = 1000, .offset = 9, .group = "g"},
					  {.name = "b", .overlap = OVERLAP_REPLACE, .group = "g"}},
				 .groups = {{.name = "g", .limit = 1}},
			 });

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	run_until(&rig, 50);
	expect(&rig, "arm b 40; arm b 50; arm b 60");
	assert_int_equal(find_job(&rig, "b")->streak.count, 4);
	finish(&rig, "a", 9);
	expect(&rig, "end a@9 ok; start b@50");
	finish(&rig, "b", 50);
	expect(&rig, "b@10-40 skipped replaced x4; end b@50 ok");
	end(&rig);
}

static void test_a_streak_spans_its_slots_in_whatever_order_they_come(void **state)
{
	struct rig rig = begin_with(OVERLAP_REPLACE);

	(void)state;
	run_until(&rig, 30); /* 20 is replaced before 10, which it was to replace, is back */
	forget(&rig);
	finish_as(&rig, "a", 10, (struct run_result){.kind = RESULT_NOT_STARTED});
	expect(&rig, "start a@30");
	started(&rig, "a", 30);
	expect(&rig, "a@10-20 skipped replaced x2");
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_skip_starts_nothing_while_a_run_has_not_ended),
		cmocka_unit_test(test_allow_starts_up_to_max_running),
		cmocka_unit_test(test_queue_holds_the_first_and_skips_the_rest),
		cmocka_unit_test(test_replace_stops_the_run_once_and_starts_the_latest),
		cmocka_unit_test(test_a_replaced_run_that_had_not_begun_was_skipped),
		cmocka_unit_test(test_replacing_what_waits_for_its_group_needs_no_waiting),
		cmocka_unit_test(test_a_streak_is_said_once_and_counted_to_its_end),
		cmocka_unit_test(test_another_reason_is_another_streak),
		cmocka_unit_test(test_conditions_that_do_not_hold_are_a_streak),
		cmocka_unit_test(test_a_run_that_never_started_ends_the_streak_before_it),
		cmocka_unit_test(test_a_condition_that_does_not_hold_lets_go_what_was_held),
		cmocka_unit_test(test_a_condition_is_told_of_at_once_when_nothing_will_follow),
		cmocka_unit_test(test_what_finds_no_room_is_refused_and_a_burst_is_said_once),
		cmocka_unit_test(test_refusals_are_a_streak_of_their_job),
		cmocka_unit_test(test_a_burst_ends_with_the_daemon),
		cmocka_unit_test(test_a_run_ending_always_makes_room_for_what_its_job_held),
		cmocka_unit_test(test_runs_that_come_to_nothing_are_one_streak),
		cmocka_unit_test(test_those_replaced_in_the_line_are_one_streak),
		cmocka_unit_test(test_a_streak_spans_its_slots_in_whatever_order_they_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
