/* Holds: what a reload keeps, changes, ends, and brings back. */
#include "engine_fixture.h"

static void test_an_unchanged_job_keeps_everything(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a", .overlap = OVERLAP_QUEUE}}};
	struct rig rig = begin(5, &spec);
	struct engine_job *job = find_job(&rig, "a");

	(void)state;
	run_until(&rig, 30);
	forget(&rig);
	load(&rig, &spec);
	expect(&rig, "loaded +0 ~0 -0 =1");
	assert_ptr_equal(find_job(&rig, "a"), job);
	assert_ptr_equal(job->def, &engine_model(rig.engine)->jobs[0]);
	assert_int_equal(job->next, S(40));
	assert_int_equal(job->held, S(20));
	assert_int_equal(job->streak.count, 1);
	finish(&rig, "a", 10);
	expect(&rig, "a@30-30 skipped held x1; end a@10 ok; start a@20");
	end(&rig);
}

static void test_a_changed_command_keeps_the_slot(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a"}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 10);
	forget(&rig);
	spec.jobs[0].command = "false";
	load(&rig, &spec);
	expect(&rig, "loaded +0 ~1 -0 =0");
	assert_string_equal(find_run(&rig, "a", 10)->def->command.args, "true");
	finish(&rig, "a", 10);
	forget(&rig);
	run_until(&rig, 20);
	expect(&rig, "arm a 30; start a@20");
	assert_string_equal(find_run(&rig, "a", 20)->def->command.args, "false");
	end(&rig);
}

static void test_a_changed_schedule_waits_for_its_next_slot_and_misses_nothing(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a"}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	rig.now = S(27); /* 10 and 20 are overdue */
	spec.jobs[0].every = 4;
	load(&rig, &spec);
	expect(&rig, "arm a 28; loaded +0 ~1 -0 =0");
	assert_int_equal(counted(&rig, VERDICT_COALESCED), 0);
	end(&rig);
}

static void test_a_changed_job_keeps_what_it_held(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a", .overlap = OVERLAP_QUEUE}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	spec.jobs[0].every = 100;
	load(&rig, &spec);
	expect(&rig, "arm a 100; loaded +0 ~1 -0 =0");
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok; start a@20");
	end(&rig);
}

static void test_a_wider_policy_lets_go_what_was_held(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a", .overlap = OVERLAP_QUEUE}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	spec.jobs[0].overlap = OVERLAP_ALLOW;
	spec.jobs[0].max_running = 2;
	load(&rig, &spec);
	expect(&rig, "start a@20; loaded +0 ~1 -0 =0");
	end(&rig);
}

static void test_a_removed_job_is_freed_at_once_when_nothing_runs(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){.jobs = {{.name = "a"}, {.name = "b"}, {.name = "c"}}});

	(void)state;
	load(&rig, &(struct model_spec){.jobs = {{.name = "b"}}});
	expect(&rig, "disarm a; free a; disarm c; free c; loaded +0 ~0 -2 =1");
	end(&rig);
}

static void test_a_removed_job_lets_its_runs_finish(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){
			   .jobs = {{.name = "a", .overlap = OVERLAP_ALLOW, .max_running = 2}}});

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	load(&rig, &(struct model_spec){.workers = 1});
	expect(&rig, "disarm a; loaded +0 ~0 -1 =0");
	finish(&rig, "a", 20);
	expect(&rig, "end a@20 ok");
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok; free a");
	end(&rig);
}

static void test_a_removed_job_gives_up_what_it_held_and_its_streak(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){.jobs = {{.name = "a", .overlap = OVERLAP_QUEUE}}});

	(void)state;
	run_until(&rig, 30);
	forget(&rig);
	load(&rig, &(struct model_spec){.workers = 1});
	expect(&rig, "disarm a; a@30-30 skipped held x1; a@20 cancelled removed ...; "
		     "a@20-20 cancelled removed x1; loaded +0 ~0 -1 =0");
	end(&rig);
}

static void test_a_job_that_comes_back_still_sees_its_old_run(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a"}}};
	struct rig rig = begin(5, &spec);
	struct engine_job *job = find_job(&rig, "a");

	(void)state;
	run_until(&rig, 10);
	load(&rig, &(struct model_spec){.workers = 1});
	forget(&rig);
	rig.now = S(35);
	load(&rig, &spec);
	expect(&rig, "arm a 40; loaded +1 ~0 -0 =0");
	assert_ptr_equal(find_job(&rig, "a"), job);
	run_until(&rig, 40);
	expect(&rig, "arm a 50; a@40 skipped overlap ...");
	finish(&rig, "a", 10);
	expect(&rig, "a@40-40 skipped overlap x1; end a@10 ok");
	run_until(&rig, 50);
	expect(&rig, "arm a 60; start a@50");
	end(&rig);
}

static void test_waiting_runs_of_changed_and_removed_jobs_still_run(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .jobs = {{.name = "a", .offset = 1, .group = "g"},
						   {.name = "b", .offset = 2, .group = "g"},
						   {.name = "c", .offset = 3, .group = "g"}},
					  .groups = {{.name = "g", .limit = 1}},
				  });

	(void)state;
	run_until(&rig, 13);
	load(&rig, &(struct model_spec){.jobs = {{.name = "b", .command = "false"}},
					.groups = {{.name = "g", .limit = 1}}});
	forget(&rig);
	finish(&rig, "a", 11);
	expect(&rig, "end a@11 ok; free a; start b@12");
	assert_string_equal(find_run(&rig, "b", 12)->def->command.args, "true");
	finish(&rig, "b", 12);
	expect(&rig, "end b@12 ok; start c@13");
	finish(&rig, "c", 13);
	expect(&rig, "end c@13 ok; free c");
	end(&rig);
}

static void test_a_raised_limit_starts_those_who_wait(void **state)
{
	struct model_spec spec = {
		.jobs = {{.name = "a", .offset = 1, .group = "g"},
			 {.name = "b", .offset = 2, .group = "g"},
			 {.name = "c", .offset = 3, .group = "g"},
			 {.name = "d", .offset = 4, .group = "g"}},
		.groups = {{.name = "g", .limit = 1}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 14);
	forget(&rig);
	spec.groups[0].limit = 3;
	load(&rig, &spec);
	expect(&rig, "start b@12; start c@13; loaded +0 ~0 -0 =4");
	end(&rig);
}

static void test_a_lowered_limit_counts_from_the_next_start(void **state)
{
	struct model_spec spec = {
		.jobs = {{.name = "a", .offset = 1, .group = "g"},
			 {.name = "b", .offset = 2, .group = "g"},
			 {.name = "c", .offset = 3, .group = "g"}},
		.groups = {{.name = "g", .limit = 2}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 13);
	spec.groups[0].limit = 1;
	load(&rig, &spec);
	forget(&rig);
	finish(&rig, "a", 11);
	expect(&rig, "end a@11 ok");
	finish(&rig, "b", 12);
	expect(&rig, "end b@12 ok; start c@13");
	end(&rig);
}

static void test_a_group_that_left_keeps_its_limit_for_those_in_it(void **state)
{
	struct model_spec spec = {
		.jobs = {{.name = "a", .offset = 1, .group = "g"},
			 {.name = "b", .offset = 2, .group = "g"}},
		.groups = {{.name = "g", .limit = 1}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 12);
	load(&rig, &(struct model_spec){
			   .jobs = {{.name = "a", .offset = 1}, {.name = "b", .offset = 2}}});
	assert_int_equal(engine_group_running(rig.engine, "g"), 0);
	assert_int_equal(engine_waiting(rig.engine), 1);
	forget(&rig);
	finish(&rig, "a", 11);
	expect(&rig, "end a@11 ok; start b@12");
	finish(&rig, "b", 12);
	expect(&rig, "end b@12 ok");
	end(&rig);
}

static void test_a_group_that_comes_back_counts_its_old_runs(void **state)
{
	struct model_spec spec = {
		.jobs = {{.name = "a", .offset = 1, .group = "g"},
			 {.name = "b", .offset = 2, .group = "g"}},
		.groups = {{.name = "g", .limit = 1}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 11);
	load(&rig, &(struct model_spec){.workers = 1});
	load(&rig, &spec);
	assert_int_equal(engine_group_running(rig.engine, "g"), 1);
	forget(&rig);
	run_until(&rig, 12);
	expect(&rig, "arm b 22");
	finish(&rig, "a", 11);
	expect(&rig, "end a@11 ok; start b@12");
	end(&rig);
}

static void test_the_diff_counts_each_job_once(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){
			   .jobs = {{.name = "a"}, {.name = "c"}, {.name = "e"}, {.name = "g"}}});

	(void)state;
	load(&rig, &(struct model_spec){.jobs = {{.name = "b"},
						 {.name = "c"},
						 {.name = "d"},
						 {.name = "e", .every = 60},
						 {.name = "h"}}});
	expect(&rig, "disarm a; free a; disarm g; free g; arm b 10; arm d 10; arm e 60; "
		     "arm h 10; loaded +3 ~1 -2 =1");
	end(&rig);
}

static void expect_names(const struct engine_named *named, enum diff_fate fate,
			 const char *expected)
{
	char names[100] = "";

	for (size_t i = 0; i < named->n[fate]; i++) {
		strcat(names, named->names[fate][i]);
		strcat(names, " ");
	}
	assert_string_equal(names, expected);
}

static void test_the_jobs_that_differ_are_named(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){
			   .jobs = {{.name = "a"}, {.name = "c"}, {.name = "e"}, {.name = "g"}}});
	struct model *model = build_model(&(struct model_spec){.jobs = {{.name = "b"},
									{.name = "c"},
									{.name = "d"},
									{.name = "e", .every = 60},
									{.name = "h"}}});
	struct model *before = engine_ref_model(rig.engine);
	struct engine_load *prepared = NULL;
	struct engine_named named;

	(void)state;
	assert_int_equal(engine_prepare(rig.engine, model, NULL, &prepared), 0);
	named = *engine_load_named(prepared);
	step(&rig, (struct engine_event){.kind = ENGINE_LOAD, .load = prepared});
	expect_names(&named, DIFF_ADDED, "b d h ");
	expect_names(&named, DIFF_CHANGED, "e ");
	expect_names(&named, DIFF_REMOVED, "a g ");
	model_unref(model);
	model_unref(before);
	end(&rig);
}

static void test_lowered_bounds_take_nothing_back(void **state)
{
	struct model_spec spec = {
		.workers = 2,
		.queue = 2,
		.jobs = {{.name = "a", .offset = 1},
			 {.name = "b", .offset = 2},
			 {.name = "c", .offset = 3}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 13);
	forget(&rig);
	spec.workers = 1;
	spec.queue = 0;
	load(&rig, &spec);
	expect(&rig, "loaded +0 ~0 -0 =3");
	finish(&rig, "a", 11);
	forget(&rig);
	run_until(&rig, 21);
	expect(&rig, "arm a 31; full; a@21 refused queue_full ...");
	finish(&rig, "b", 12);
	finish(&rig, "c", 13);
	expect(&rig, "end b@12 ok; room again, refused 1; end c@13 ok");
	run_until(&rig, 22);
	expect(&rig, "arm b 32; start b@22");
	end(&rig);
}

static void test_raised_bounds_count_at_once(void **state)
{
	struct model_spec spec = {
		.workers = 1,
		.jobs = {{.name = "a", .offset = 1},
			 {.name = "b", .offset = 2},
			 {.name = "c", .offset = 3}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 12);
	forget(&rig);
	spec.queue = 1;
	load(&rig, &spec);
	expect(&rig, "room again, refused 1; loaded +0 ~0 -0 =3");
	run_until(&rig, 13);
	expect(&rig, "arm c 23; start c@13");
	end(&rig);
}

static void test_a_load_that_is_dropped_changes_nothing(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a"}}});
	struct model *model = build_model(&(struct model_spec){
		.workers = 200, .jobs = {{.name = "b"}}, .groups = {{.name = "g", .limit = 1}}});
	struct engine_load *load = NULL;

	(void)state;
	assert_int_equal(engine_prepare(rig.engine, model, NULL, &load), 0);
	model_unref(model);
	engine_load_free(load);
	engine_load_free(NULL);
	expect(&rig, "");
	run_until(&rig, 10);
	expect(&rig, "arm a 20; start a@10");
	end(&rig);
}

static void test_models_live_as_long_as_their_runs(void **state)
{
	struct model_spec spec = {
		.jobs = {{.name = "a", .overlap = OVERLAP_ALLOW, .max_running = 3}}};
	struct rig rig = begin(5, &spec);
	const struct model *models[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		run_until(&rig, 10 * (i + 1));
		models[i] = engine_model(rig.engine);
		assert_int_equal(models[i]->refs, 2);
		load(&rig, &spec);
		assert_int_equal(models[i]->refs, 1);
	}
	for (int i = 0; i < 3; i++) {
		assert_ptr_equal(find_run(&rig, "a", 10 * (i + 1))->model, models[i]);
		finish(&rig, "a", 10 * (i + 1));
	}
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_unchanged_job_keeps_everything),
		cmocka_unit_test(test_a_changed_command_keeps_the_slot),
		cmocka_unit_test(
			test_a_changed_schedule_waits_for_its_next_slot_and_misses_nothing),
		cmocka_unit_test(test_a_changed_job_keeps_what_it_held),
		cmocka_unit_test(test_a_wider_policy_lets_go_what_was_held),
		cmocka_unit_test(test_a_removed_job_is_freed_at_once_when_nothing_runs),
		cmocka_unit_test(test_a_removed_job_lets_its_runs_finish),
		cmocka_unit_test(test_a_removed_job_gives_up_what_it_held_and_its_streak),
		cmocka_unit_test(test_a_job_that_comes_back_still_sees_its_old_run),
		cmocka_unit_test(test_waiting_runs_of_changed_and_removed_jobs_still_run),
		cmocka_unit_test(test_a_raised_limit_starts_those_who_wait),
		cmocka_unit_test(test_a_lowered_limit_counts_from_the_next_start),
		cmocka_unit_test(test_a_group_that_left_keeps_its_limit_for_those_in_it),
		cmocka_unit_test(test_a_group_that_comes_back_counts_its_old_runs),
		cmocka_unit_test(test_the_diff_counts_each_job_once),
		cmocka_unit_test(test_the_jobs_that_differ_are_named),
		cmocka_unit_test(test_lowered_bounds_take_nothing_back),
		cmocka_unit_test(test_raised_bounds_count_at_once),
		cmocka_unit_test(test_a_load_that_is_dropped_changes_nothing),
		cmocka_unit_test(test_models_live_as_long_as_their_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
