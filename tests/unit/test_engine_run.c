/* Holds: what verdict a result means, the bounds of acceptance, and the order within groups. */
#include "engine_fixture.h"

static void test_what_a_result_means(void **state)
{
	static const struct {
		struct run_result result;
		const char *verdict;
	} rows[] = {
		{{.kind = RESULT_EXITED, .code = 0}, "ok"},
		{{.kind = RESULT_EXITED, .code = 1}, "failed"},
		{{.kind = RESULT_EXITED, .code = 127}, "failed"},
		{{.kind = RESULT_SIGNALLED, .code = 11}, "failed"},
		{{.kind = RESULT_SPAWN_FAILED, .code = 2, .stage = "exec"}, "failed"},
		{{.kind = RESULT_EXITED, .code = 75}, "ok"}, /* success_exit */
		{{.kind = RESULT_EXITED, .code = 76}, "failed"},
		{{.kind = RESULT_EXITED, .code = 255}, "ok"},
		{{.kind = RESULT_SIGNALLED, .code = 75}, "failed"},
		{{.kind = RESULT_EXITED, .code = 75, .timed_out = true}, "timeout"},
		{{.kind = RESULT_SIGNALLED, .code = 15, .timed_out = true}, "timeout"},
		{{.kind = RESULT_EXITED, .code = 0, .timed_out = true}, "timeout"},
		{{.kind = RESULT_SIGNALLED, .code = 9, .out_of_memory = true}, "failed memory"},
		{{.kind = RESULT_EXITED, .code = 137, .out_of_memory = true}, "failed memory"},
		{{.kind = RESULT_EXITED, .code = 0, .out_of_memory = true}, "ok"},
		/* A condition that took too long: the time-out is not the command's. */
		{{.kind = RESULT_SPAWN_FAILED, .stage = "only_if", .timed_out = true}, "failed"},
		{{.kind = RESULT_NOT_STARTED}, "cancelled stopping"},
	};
	char expected[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings with = {
			.success.exits = {
				[75 / 64] = UINT64_C(1) << 75 % 64, [3] = UINT64_C(1) << 63}};
		struct rig rig =
			begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &with}}});

		run_until(&rig, 10);
		forget(&rig);
		finish_as(&rig, "a", 10, rows[i].result);
		(void)snprintf(expected, sizeof(expected), "end a@10 %s", rows[i].verdict);
		expect(&rig, expected);
		end(&rig);
	}
}

static void test_what_a_result_means_after_a_cancel(void **state)
{
	static const struct {
		struct run_result result;
		const char *verdict;
	} rows[] = {
		{{.kind = RESULT_SIGNALLED, .code = 15, .cancelled = true}, "killed replaced"},
		{{.kind = RESULT_EXITED, .code = 0, .cancelled = true}, "killed replaced"},
		{{.kind = RESULT_SPAWN_FAILED, .stage = "only_if", .cancelled = true},
		 "killed replaced"},
		/* The cancel came too late to matter. */
		{{.kind = RESULT_EXITED, .code = 0}, "ok"},
		{{.kind = RESULT_EXITED, .code = 3}, "failed"},
		{{.kind = RESULT_SPAWN_FAILED, .code = 2}, "failed"},
		{{.kind = RESULT_SIGNALLED, .timed_out = true}, "timeout"},
	};
	char expected[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct rig rig = begin(
			5,
			&(struct model_spec){.jobs = {{.name = "a", .overlap = OVERLAP_REPLACE}}});

		run_until(&rig, 20);
		forget(&rig);
		finish_as(&rig, "a", 10, rows[i].result);
		(void)snprintf(expected, sizeof(expected), "end a@10 %s; start a@20",
			       rows[i].verdict);
		expect(&rig, expected);
		end(&rig);
	}
}

static void test_an_operator_stops_what_runs_and_takes_back_what_waits(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .jobs = {{.name = "a", .group = "g"},
						   {.name = "b", .offset = 1, .group = "g"},
						   {.name = "c", .offset = 2}},
					  .groups = {{.name = "g", .limit = 1}},
				  });

	(void)state;
	run_until(&rig, 12);
	forget(&rig);
	kill_run(&rig, find_run(&rig, "b", 11));
	expect(&rig, "end b@11 cancelled operator");
	kill_run(&rig, find_run(&rig, "a", 10));
	expect(&rig, "term a@10");
	step(&rig, (struct engine_event){.kind = ENGINE_KILL,
					 .run = find_run(&rig, "a", 10),
					 .mode = CANCEL_KILL});
	expect(&rig, "kill a@10");
	finish_as(&rig, "a", 10, (struct run_result){.kind = RESULT_SIGNALLED, .cancelled = true});
	expect(&rig, "end a@10 killed operator");
	kill_run(&rig, find_run(&rig, "c", 12));
	forget(&rig);
	finish_as(&rig, "c", 12, (struct run_result){.kind = RESULT_NOT_STARTED});
	expect(&rig, "end c@12 cancelled operator");
	end(&rig);
}

static void test_runs_are_numbered_and_counted(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a"}, {.name = "b"}}});

	(void)state;
	run_until(&rig, 10);
	assert_int_equal(find_run(&rig, "a", 10)->id, 1);
	assert_int_equal(find_run(&rig, "b", 10)->id, 2);
	assert_int_equal(find_run(&rig, "b", 10)->accepted, S(10));
	assert_int_equal(engine_counters(rig.engine)->started, 2);
	assert_int_equal(find_run(&rig, "a", 10)->state, RUN_SUBMITTED);
	started(&rig, "a", 10);
	assert_int_equal(find_run(&rig, "a", 10)->state, RUN_STARTED);
	finish(&rig, "a", 10);
	assert_int_equal(counted(&rig, VERDICT_OK), 1);
	assert_int_equal(engine_submitted(rig.engine), 1);
	end(&rig);
}

static void test_a_group_runs_its_limit_and_the_others_wait_in_order(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .jobs = {{.name = "a", .offset = 1, .group = "g"},
						   {.name = "b", .offset = 2, .group = "g"},
						   {.name = "c", .offset = 3, .group = "g"},
						   {.name = "d", .offset = 4, .group = "g"}},
					  .groups = {{.name = "g", .limit = 2}},
				  });

	(void)state;
	run_until(&rig, 19);
	forget(&rig);
	assert_int_equal(engine_group_running(rig.engine, "g"), 2);
	assert_int_equal(engine_group_running(rig.engine, "nobody"), 0);
	assert_int_equal(engine_waiting(rig.engine), 2);
	finish(&rig, "a", 11);
	expect(&rig, "end a@11 ok; start c@13");
	finish(&rig, "b", 12);
	expect(&rig, "end b@12 ok; start d@14");
	finish(&rig, "d", 14);
	expect(&rig, "end d@14 ok");
	end(&rig);
}

static void test_what_was_held_lines_up_behind_those_who_wait(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){
				 .jobs = {{.name = "a", .overlap = OVERLAP_QUEUE, .group = "g"},
					  {.name = "b", .offset = 5, .group = "g"}},
				 .groups = {{.name = "g", .limit = 1}},
			 });

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok; start b@15");
	finish(&rig, "b", 15);
	expect(&rig, "end b@15 ok; start a@20");
	end(&rig);
}

static void test_an_idle_worker_is_never_refused_for_those_who_wait_for_a_group(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .workers = 3,
					  .queue = 0,
					  .jobs = {{.name = "a", .group = "g"},
						   {.name = "b", .group = "g"},
						   {.name = "c", .group = "g"},
						   {.name = "d", .group = "g"},
						   {.name = "e"},
						   {.name = "f"},
						   {.name = "h"}},
					  .groups = {{.name = "g", .limit = 1}},
				  });

	(void)state;
	for (const char *name = "abcdefh"; *name; name++) {
		rig.now = S(10);
		step(&rig, (struct engine_event){
				   .kind = ENGINE_DUE,
				   .job = find_job(&rig, (char[]){*name, '\0'}),
			   });
	}
	expect(&rig, "arm a 20; start a@10; arm b 20; arm c 20; "
		     "arm d 20; full; d@10 refused queue_full ...; "
		     "arm e 20; start e@10; arm f 20; start f@10; "
		     "arm h 20; h@10 refused queue_full ...");
	assert_int_equal(engine_submitted(rig.engine), 3);
	assert_int_equal(engine_waiting(rig.engine), 2);
	end(&rig);
}

static void test_never_more_is_handed_over_than_the_pool_has_room_for(void **state)
{
	struct model_spec spec = {
		.workers = 1,
		.queue = 2,
		.jobs = {{.name = "a", .offset = 1, .group = "g"},
			 {.name = "b", .offset = 2, .group = "g"},
			 {.name = "c", .offset = 3, .group = "g"}},
		.groups = {{.name = "g", .limit = 1}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 13);
	assert_int_equal(engine_submitted(rig.engine), 1);
	assert_int_equal(engine_waiting(rig.engine), 2);
	spec.groups[0].limit = 9;
	spec.queue = 1;
	load(&rig, &spec);
	assert_int_equal(engine_submitted(rig.engine), 2);
	assert_int_equal(engine_waiting(rig.engine), 1);
	forget(&rig);
	finish(&rig, "a", 11);
	expect(&rig, "end a@11 ok; start c@13");
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_result_means),
		cmocka_unit_test(test_what_a_result_means_after_a_cancel),
		cmocka_unit_test(test_an_operator_stops_what_runs_and_takes_back_what_waits),
		cmocka_unit_test(test_runs_are_numbered_and_counted),
		cmocka_unit_test(test_a_group_runs_its_limit_and_the_others_wait_in_order),
		cmocka_unit_test(test_what_was_held_lines_up_behind_those_who_wait),
		cmocka_unit_test(
			test_an_idle_worker_is_never_refused_for_those_who_wait_for_a_group),
		cmocka_unit_test(test_never_more_is_handed_over_than_the_pool_has_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
