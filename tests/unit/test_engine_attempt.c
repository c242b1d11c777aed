/* Holds: when an attempt is followed by another, how long after, what a run between two attempts
   keeps and gives up, and what can end it there. */
#include "engine_fixture.h"

static const struct job_settings thrice = {.retries = 2, .retry_delay = S(3)};

static void test_a_run_that_fails_is_tried_again_and_gets_one_verdict(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){.jobs = {{.name = "a", .every = 100, .with = &thrice}}});

	(void)state;
	run_until(&rig, 100);
	started(&rig, "a", 100);
	forget(&rig);
	fail_run(&rig, "a", 100);
	expect(&rig, "retry a@100 in 3: failed");
	assert_int_equal(find_run(&rig, "a", 100)->state, RUN_BACKOFF);
	assert_int_equal(engine_submitted(rig.engine), 0);
	assert_int_equal(engine_waiting(rig.engine), 0);
	retry(&rig, "a", 100);
	expect(&rig, "start a@100 #2");
	started(&rig, "a", 100);
	fail_run(&rig, "a", 100);
	expect(&rig, "retry a@100 in 3: failed");
	retry(&rig, "a", 100);
	started(&rig, "a", 100);
	forget(&rig);
	fail_run(&rig, "a", 100);
	expect(&rig, "end a@100 failed");
	assert_int_equal(counted(&rig, VERDICT_FAILED), 1);
	assert_int_equal(engine_counters(rig.engine)->started, 1);
	assert_int_equal(engine_counters(rig.engine)->retries, 2);

	run_until(&rig, 200);
	forget(&rig);
	fail_run(&rig, "a", 200);
	retry(&rig, "a", 200);
	forget(&rig);
	finish(&rig, "a", 200);
	expect(&rig, "end a@200 ok");
	end(&rig);
}

static void test_what_is_tried_again(void **state)
{
	static const struct outcome_set any = {0};
	static const struct outcome_set exit_7 = {.exits = {1 << 7}};
	static const struct outcome_set exit_200 = {.exits = {[3] = UINT64_C(1) << 200 % 64}};
	static const struct outcome_set timeout = {.timeout = true};
	static const struct outcome_set signal = {.signal = true};
	static const struct outcome_set start = {.start = true};
	static const struct {
		const struct outcome_set *on;
		struct run_result result;
		const char *then;
	} rows[] = {
		{&any, {.kind = RESULT_EXITED}, "end a@10 ok"},
		{&any, {.kind = RESULT_EXITED, .code = 1}, "retry a@10 in 3: failed"},
		{&any, {.kind = RESULT_SIGNALLED, .code = 9}, "retry a@10 in 3: failed"},
		{&any, {.kind = RESULT_SPAWN_FAILED}, "retry a@10 in 3: failed"},
		{&any, {.kind = RESULT_EXITED, .timed_out = true}, "retry a@10 in 3: timeout"},
		{&any,
		 {.kind = RESULT_SIGNALLED, .code = 9, .out_of_memory = true},
		 "retry a@10 in 3: failed memory"},
		{&any, {.kind = RESULT_NO_RESOURCES}, "a@10 refused no_resources ..."},
		{&any, {.kind = RESULT_NOT_STARTED}, "end a@10 cancelled stopping"},
		{&any, {.kind = RESULT_UNWANTED, .code = 1}, "a@10 skipped condition ..."},
		{&exit_7, {.kind = RESULT_EXITED, .code = 7}, "retry a@10 in 3: failed"},
		{&exit_7, {.kind = RESULT_EXITED, .code = 8}, "end a@10 failed"},
		{&exit_7,
		 {.kind = RESULT_EXITED, .code = 7, .timed_out = true},
		 "end a@10 timeout"},
		{&exit_7, {.kind = RESULT_SIGNALLED, .code = 7}, "end a@10 failed"},
		{&exit_7, {.kind = RESULT_SPAWN_FAILED, .code = 7}, "end a@10 failed"},
		{&exit_200, {.kind = RESULT_EXITED, .code = 200}, "retry a@10 in 3: failed"},
		{&timeout,
		 {.kind = RESULT_SIGNALLED, .timed_out = true},
		 "retry a@10 in 3: timeout"},
		{&timeout, {.kind = RESULT_EXITED, .timed_out = true}, "retry a@10 in 3: timeout"},
		{&timeout, {.kind = RESULT_SIGNALLED, .code = 9}, "end a@10 failed"},
		{&signal, {.kind = RESULT_SIGNALLED, .code = 9}, "retry a@10 in 3: failed"},
		{&signal, {.kind = RESULT_SIGNALLED, .timed_out = true}, "end a@10 timeout"},
		{&signal,
		 {.kind = RESULT_EXITED, .code = 137, .out_of_memory = true},
		 "retry a@10 in 3: failed memory"},
		{&signal, {.kind = RESULT_EXITED, .code = 9}, "end a@10 failed"},
		{&start, {.kind = RESULT_SPAWN_FAILED}, "retry a@10 in 3: failed"},
		{&start, {.kind = RESULT_EXITED, .code = 1}, "end a@10 failed"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings with = {
			.retries = 1, .retry_delay = S(3), .retry_on = *rows[i].on};
		struct rig rig =
			begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &with}}});

		run_until(&rig, 10);
		forget(&rig);
		finish_as(&rig, "a", 10, rows[i].result);
		expect(&rig, rows[i].then);
		end(&rig);
	}
}

static void test_delays_grow_up_to_their_bound(void **state)
{
	static const struct {
		usec_t delay;
		unsigned backoff;
		usec_t max;
		usec_t expected[6];
	} rows[] = {
		{S(3), 0, 0, {S(3), S(3), S(3), S(3), S(3), S(3)}},
		{S(3), 1000, S(60), {S(3), S(3), S(3), S(3), S(3), S(3)}},
		{S(3), 2000, S(60), {S(3), S(6), S(12), S(24), S(48), S(60)}},
		{S(2), 1500, S(60), {S(2), S(3), 4500000, 6750000, 10125000, 15187500}},
		{S(90), 2000, S(60), {S(60), S(60), S(60), S(60), S(60), S(60)}},
		{1, 1500, S(60), {1, 1, 1, 1, 1, 1}},
		{INT64_MAX / 3,
		 10000,
		 0,
		 {INT64_MAX / 3, INT64_MAX - 1, INT64_MAX - 1, INT64_MAX - 1, INT64_MAX - 1,
		  INT64_MAX - 1}},
		{0, 2000, S(60), {0, 0, 0, 0, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings with = {
			.retries = 6,
			.retry_delay = rows[i].delay,
			.retry_backoff = rows[i].backoff,
			.retry_max_delay = rows[i].max,
		};
		struct rig rig =
			begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &with}}});
		char expected[100];

		run_until(&rig, 10);
		for (int k = 0; k < 6; k++) {
			forget(&rig);
			fail_run(&rig, "a", 10);
			(void)snprintf(expected, sizeof(expected), "retry a@10 in %g: failed",
				       (double)rows[i].expected[k] / 1e6);
			expect(&rig, expected);
			retry(&rig, "a", 10);
		}
		end(&rig);
	}
}

static void test_a_thousand_attempts_do_not_overflow(void **state)
{
	struct job_settings with = {.retries = 1000,
				    .retry_delay = S(10),
				    .retry_backoff = 10000,
				    .retry_max_delay = USEC_PER_HOUR};
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &with}}});

	(void)state;
	run_until(&rig, 10);
	for (int attempt = 1; attempt <= 1000; attempt++) {
		forget(&rig);
		fail_run(&rig, "a", 10);
		expect(&rig, attempt == 1   ? "retry a@10 in 10: failed"
			     : attempt == 2 ? "retry a@10 in 100: failed"
			     : attempt == 3 ? "retry a@10 in 1000: failed"
					    : "retry a@10 in 3600: failed");
		retry(&rig, "a", 10);
	}
	forget(&rig);
	fail_run(&rig, "a", 10);
	expect(&rig, "end a@10 failed");
	end(&rig);
}

static void test_between_attempts_it_is_live_for_the_overlap_policy(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &thrice}}});

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "a", 10);
	forget(&rig);
	run_until(&rig, 20);
	expect(&rig, "arm a 30; a@20 skipped overlap ...");
	end(&rig);
}

static void test_between_attempts_it_gives_up_its_place_in_group_and_pool(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .workers = 1,
					  .queue = 1,
					  .jobs = {{.name = "a", .group = "g", .with = &thrice},
						   {.name = "b", .offset = 1, .group = "g"},
						   {.name = "c", .offset = 2, .group = "g"}},
					  .groups = {{.name = "g", .limit = 1}},
				  });

	(void)state;
	run_until(&rig, 11);
	forget(&rig);
	fail_run(&rig, "a", 10);
	expect(&rig, "retry a@10 in 3: failed; start b@11");
	run_until(&rig, 12);
	expect(&rig, "arm c 22");
	retry(&rig, "a", 10); /* behind those who wait */
	expect(&rig, "");
	assert_int_equal(find_run(&rig, "a", 10)->state, RUN_WAITING);
	assert_int_equal(engine_waiting(rig.engine), 2);
	finish(&rig, "b", 11);
	expect(&rig, "end b@11 ok; start c@12");
	finish(&rig, "c", 12);
	expect(&rig, "end c@12 ok; start a@10 #2");
	assert_int_equal(engine_group_running(rig.engine, "g"), 1);
	end(&rig);
}

static void test_a_next_attempt_waits_for_room_in_the_pool(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .workers = 1,
					  .jobs = {{.name = "a", .with = &thrice},
						   {.name = "b", .offset = 1},
						   {.name = "c", .offset = 2}},
				  });

	(void)state;
	run_until(&rig, 10);
	forget(&rig);
	fail_run(&rig, "a", 10);
	run_until(&rig, 11);
	expect(&rig, "retry a@10 in 3: failed; arm b 21; start b@11");
	retry(&rig, "a", 10);
	expect(&rig, "");
	assert_int_equal(engine_submitted(rig.engine), 1);
	assert_int_equal(engine_waiting(rig.engine), 1);
	run_until(&rig, 12);
	expect(&rig, "arm c 22; full; c@12 refused queue_full ...");
	finish(&rig, "b", 11);
	expect(&rig, "end b@11 ok; start a@10 #2; room again, refused 1");
	end(&rig);
}

static void test_a_back_off_ends_a_burst(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){
			   .workers = 1,
			   .jobs = {{.name = "a", .with = &thrice}, {.name = "b", .offset = 1}},
		   });

	(void)state;
	run_until(&rig, 11);
	forget(&rig);
	fail_run(&rig, "a", 10);
	expect(&rig, "retry a@10 in 3: failed; room again, refused 1");
	end(&rig);
}

static void test_replacing_a_run_between_attempts_ends_it_with_its_last_verdict(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){
			   .jobs = {{.name = "a", .overlap = OVERLAP_REPLACE, .with = &thrice}}});

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "a", 10);
	forget(&rig);
	run_until(&rig, 20);
	expect(&rig, "arm a 30; no retry a@10; end a@10 failed replaced; start a@20");
	end(&rig);
}

static void test_a_run_that_is_cancelled_is_not_tried_again(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){
			   .jobs = {{.name = "a", .overlap = OVERLAP_REPLACE, .with = &thrice}}});

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	fail_run(&rig, "a", 10); /* before the cancel reached it */
	expect(&rig, "end a@10 failed replaced; start a@20");
	kill_run(&rig, find_run(&rig, "a", 20));
	forget(&rig);
	finish_as(&rig, "a", 20, (struct run_result){.kind = RESULT_SIGNALLED, .timed_out = true});
	expect(&rig, "end a@20 timeout operator");
	end(&rig);
}

static void test_a_run_without_retries_that_is_cancelled_has_failed_by_itself(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){.jobs = {{.name = "a", .overlap = OVERLAP_REPLACE}}});

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	fail_run(&rig, "a", 10);
	expect(&rig, "end a@10 failed; start a@20");
	end(&rig);
}

static bool remember_first(void *ctx, struct engine_run *run)
{
	*(struct engine_run **)ctx = run;
	return false;
}

static void test_between_attempts_it_stays_where_it_was_among_the_runs(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &thrice},
								{.name = "b", .offset = 1}}});
	struct engine_run *first = NULL;

	(void)state;
	run_until(&rig, 11);
	fail_run(&rig, "a", 10);
	engine_each_run(rig.engine, remember_first, &first);
	assert_ptr_equal(first, find_run(&rig, "a", 10));
	end(&rig);
}

static void test_a_stop_puts_off_what_is_between_attempts(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &thrice},
								{.name = "b", .with = &thrice}}});

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "a", 10);
	forget(&rig);
	happen(&rig, ENGINE_STOP);
	expect(&rig, "disarm a; disarm b; no retry a@10; put off a@10");
	fail_run(&rig, "b", 10); /* nor is it tried again after */
	expect(&rig, "end b@10 failed stopping; drained");
	assert_int_equal(counted(&rig, VERDICT_FAILED), 1);
	end(&rig);
}

static void test_a_stop_puts_off_a_further_attempt_that_waits_for_room(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){
			   .workers = 1,
			   .jobs = {{.name = "a", .with = &thrice}, {.name = "b", .offset = 2}},
		   });

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "a", 10);
	run_until(&rig, 12);
	retry(&rig, "a", 10);
	forget(&rig);
	happen(&rig, ENGINE_STOP);
	expect(&rig, "disarm a; disarm b; put off a@10");
	finish(&rig, "b", 12);
	expect(&rig, "end b@12 ok; drained");
	end(&rig);
}

static void test_without_a_ledger_a_stop_ends_what_is_between_attempts(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){
			   .durability = DURABILITY_NONE,
			   .jobs = {{.name = "a", .with = &thrice}, {.name = "b", .with = &thrice}},
		   });

	(void)state;
	run_until(&rig, 10);
	finish_as(&rig, "a", 10, (struct run_result){.kind = RESULT_SIGNALLED, .timed_out = true});
	forget(&rig);
	happen(&rig, ENGINE_STOP);
	expect(&rig, "disarm a; disarm b; no retry a@10; end a@10 timeout stopping");
	fail_run(&rig, "b", 10); /* nor is it tried again after */
	expect(&rig, "end b@10 failed stopping; drained");
	end(&rig);
}

static void test_a_kill_ends_what_is_between_attempts(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &thrice}}});

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "a", 10);
	forget(&rig);
	kill_run(&rig, find_run(&rig, "a", 10));
	expect(&rig, "no retry a@10; end a@10 failed operator");
	end(&rig);
}

static void test_a_next_attempt_that_comes_to_nothing_leaves_the_last_verdict(void **state)
{
	static const struct {
		struct run_result result;
		const char *verdict;
	} rows[] = {
		{{.kind = RESULT_NOT_STARTED}, "failed operator"},
		{{.kind = RESULT_NO_RESOURCES}, "failed no_resources"},
		{{.kind = RESULT_UNWANTED, .code = 1}, "failed condition"},
		{{.kind = RESULT_SIGNALLED, .cancelled = true}, "killed operator"},
	};
	char expected[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct rig rig =
			begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &thrice}}});

		run_until(&rig, 10);
		fail_run(&rig, "a", 10);
		retry(&rig, "a", 10);
		kill_run(&rig, find_run(&rig, "a", 10));
		forget(&rig);
		finish_as(&rig, "a", 10, rows[i].result);
		(void)snprintf(expected, sizeof(expected), "end a@10 %s", rows[i].verdict);
		expect(&rig, expected);
		end(&rig);
	}
}

static void remember_result(void *ctx, const struct effect *effect)
{
	if (effect->kind == EFFECT_ENDED)
		*(struct run_result *)ctx = *effect->result;
}

static void test_the_result_is_that_of_the_last_attempt_that_ran(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &thrice}}});
	struct run_result seen = {0};

	(void)state;
	run_until(&rig, 10);
	finish_as(&rig, "a", 10, (struct run_result){.kind = RESULT_EXITED, .code = 42, .cpu = 7});
	engine_step(rig.engine,
		    &(struct engine_event){.kind = ENGINE_KILL, .run = find_run(&rig, "a", 10)},
		    rig.now, (struct effect_sink){remember_result, &seen});
	assert_int_equal(seen.code, 42);
	assert_int_equal(seen.cpu, 7);
	end(&rig);
}

static void test_a_job_that_is_removed_is_not_tried_again(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &thrice},
								{.name = "b", .with = &thrice}}});

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "a", 10);
	forget(&rig);
	load(&rig, &(struct model_spec){.workers = 1});
	expect(&rig, "disarm a; disarm b; no retry a@10; end a@10 failed removed; free a; "
		     "loaded +0 ~0 -2 =0");
	fail_run(&rig, "b", 10);
	expect(&rig, "end b@10 failed removed; free b");
	end(&rig);
}

static void test_the_next_attempt_is_made_under_the_new_definition(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a", .with = &thrice}},
				  .groups = {{.name = "g", .limit = 1}}};
	struct rig rig = begin(5, &spec);
	const struct model *old = engine_model(rig.engine);

	(void)state;
	run_until(&rig, 10);
	assert_int_equal(old->refs, 2);
	fail_run(&rig, "a", 10);
	spec.jobs[0].command = "false";
	spec.jobs[0].group = "g";
	load(&rig, &spec);
	assert_ptr_equal(find_run(&rig, "a", 10)->model, engine_model(rig.engine));
	forget(&rig);
	retry(&rig, "a", 10);
	expect(&rig, "start a@10 #2");
	assert_string_equal(find_run(&rig, "a", 10)->def->command.args, "false");
	assert_int_equal(engine_group_running(rig.engine, "g"), 1);

	/* Also if it was not between attempts then. */
	spec.jobs[0].command = "true";
	spec.jobs[0].group = NULL;
	load(&rig, &spec);
	assert_string_equal(find_run(&rig, "a", 10)->def->command.args, "false");
	fail_run(&rig, "a", 10);
	assert_int_equal(engine_group_running(rig.engine, "g"), 0);
	retry(&rig, "a", 10);
	assert_string_equal(find_run(&rig, "a", 10)->def->command.args, "true");
	end(&rig);
}

static void test_a_new_definition_may_allow_no_more_attempts(void **state)
{
	struct job_settings with = thrice;
	struct model_spec spec = {.jobs = {{.name = "a", .with = &with}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "a", 10);
	retry(&rig, "a", 10);
	fail_run(&rig, "a", 10);
	with.retries = 3;
	load(&rig, &spec);
	forget(&rig);
	with.retries = 1;
	load(&rig, &spec);
	expect(&rig, "no retry a@10; end a@10 failed; loaded +0 ~1 -0 =0");

	run_until(&rig, 20);
	fail_run(&rig, "a", 20);
	forget(&rig);
	with.retry_on.timeout = true;
	load(&rig, &spec);
	expect(&rig, "no retry a@20; end a@20 failed; loaded +0 ~1 -0 =0");
	end(&rig);
}

static void test_too_many_that_wait_for_an_attempt_are_not_tried_again(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .workers = 1,
					  .queue = 1,
					  .jobs = {{.name = "a", .with = &thrice},
						   {.name = "b", .offset = 1, .with = &thrice},
						   {.name = "c", .offset = 2, .with = &thrice},
						   {.name = "d", .offset = 3}},
				  });

	(void)state;
	for (int i = 0; i < 3; i++) {
		run_until(&rig, 10 + i);
		forget(&rig);
		fail_run(&rig, (const char *[]){"a", "b", "c"}[i], 10 + i);
	}
	expect(&rig, "end c@12 failed no_room");
	run_until(&rig, 13); /* they keep nobody else from running */
	expect(&rig, "arm d 23; start d@13");
	retry(&rig, "a", 10);
	finish(&rig, "d", 13);
	finish(&rig, "a", 10);
	run_until(&rig, 22);
	forget(&rig);
	fail_run(&rig, "c", 22);
	expect(&rig, "retry c@22 in 3: failed");
	end(&rig);
}

static void test_a_group_that_left_goes_when_its_last_run_backs_off(void **state)
{
	struct model_spec spec = {
		.jobs = {{.name = "a", .group = "g", .with = &thrice}},
		.groups = {{.name = "g", .limit = 1}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 10);
	load(&rig, &(struct model_spec){.jobs = {{.name = "a", .with = &thrice}}});
	forget(&rig);
	fail_run(&rig, "a", 10); /* the sanitizer sees whether the group was freed */
	expect(&rig, "retry a@10 in 3: failed");
	assert_null(find_run(&rig, "a", 10)->group);
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_run_that_fails_is_tried_again_and_gets_one_verdict),
		cmocka_unit_test(test_what_is_tried_again),
		cmocka_unit_test(test_delays_grow_up_to_their_bound),
		cmocka_unit_test(test_a_thousand_attempts_do_not_overflow),
		cmocka_unit_test(test_between_attempts_it_is_live_for_the_overlap_policy),
		cmocka_unit_test(test_between_attempts_it_gives_up_its_place_in_group_and_pool),
		cmocka_unit_test(test_a_next_attempt_waits_for_room_in_the_pool),
		cmocka_unit_test(test_a_back_off_ends_a_burst),
		cmocka_unit_test(
			test_replacing_a_run_between_attempts_ends_it_with_its_last_verdict),
		cmocka_unit_test(test_a_run_that_is_cancelled_is_not_tried_again),
		cmocka_unit_test(test_a_run_without_retries_that_is_cancelled_has_failed_by_itself),
		cmocka_unit_test(test_between_attempts_it_stays_where_it_was_among_the_runs),
		cmocka_unit_test(test_a_stop_puts_off_what_is_between_attempts),
		cmocka_unit_test(test_a_stop_puts_off_a_further_attempt_that_waits_for_room),
		cmocka_unit_test(test_without_a_ledger_a_stop_ends_what_is_between_attempts),
		cmocka_unit_test(test_a_kill_ends_what_is_between_attempts),
		cmocka_unit_test(test_a_next_attempt_that_comes_to_nothing_leaves_the_last_verdict),
		cmocka_unit_test(test_the_result_is_that_of_the_last_attempt_that_ran),
		cmocka_unit_test(test_a_job_that_is_removed_is_not_tried_again),
		cmocka_unit_test(test_the_next_attempt_is_made_under_the_new_definition),
		cmocka_unit_test(test_a_new_definition_may_allow_no_more_attempts),
		cmocka_unit_test(test_too_many_that_wait_for_an_attempt_are_not_tried_again),
		cmocka_unit_test(test_a_group_that_left_goes_when_its_last_run_backs_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
