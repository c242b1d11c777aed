/* Holds: an occurrence that somebody asks for runs now, beside the schedule, which does not change
   by it; it keeps to all that bounds runs, or is refused and leaves no trace. */
#include "engine_fixture.h"

/* Returns why it was refused. */
static enum reason run_now(struct rig *rig, const char *name, bool force)
{
	struct engine_asked asked = {.force = force};

	step(rig, (struct engine_event){
			  .kind = ENGINE_RUN_NOW, .job = find_job(rig, name), .asked = &asked});
	if (!asked.run)
		return asked.refused;
	assert_true(asked.run->manual);
	assert_int_equal(asked.run->slot, rig->now);
	assert_string_equal(asked.run->def->name, name);
	return REASON_NONE;
}

static void expect_run(struct rig *rig, const char *name, bool force, const char *effects)
{
	assert_int_equal(run_now(rig, name, force), REASON_NONE);
	expect(rig, effects);
}

static void expect_refused(struct rig *rig, const char *name, enum reason reason)
{
	assert_int_equal(run_now(rig, name, false), reason);
	expect(rig, "");
}

static void test_the_schedule_goes_on_as_if_nothing_had_been(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a", .delay = 3}}});
	usec_t accounted;

	(void)state;
	/* The slot of 10 is past, but not due yet. */
	run_until(&rig, 11);
	accounted = find_job(&rig, "a")->accounted;
	expect_run(&rig, "a", false, "start a@11");
	assert_int_equal(find_job(&rig, "a")->accounted, accounted);
	started(&rig, "a", 11);
	finish(&rig, "a", 11);
	expect(&rig, "end a@11 ok");
	run_until(&rig, 13);
	expect(&rig, "arm a 23; start a@10");
	assert_int_equal(counted(&rig, VERDICT_OK), 1);
	assert_int_equal(engine_counters(rig.engine)->started, 2);
	end(&rig);
}

static void test_the_span_of_a_job_that_follows_itself_begins_at_its_end(void **state)
{
	struct rig rig = begin(0, &(struct model_spec){.jobs = {{.name = "a", .after = 10}}});

	(void)state;
	run_until(&rig, 7);
	expect_run(&rig, "a", false, "start a@7; disarm a");
	rig.now = S(9);
	finish(&rig, "a", 7);
	expect(&rig, "end a@7 ok; arm a 19");
	end(&rig);
}

static void test_a_job_that_waits_for_an_event_goes_on_to_wait_for_it(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){.jobs = {{.name = "a", .on = SCHEDULE_ON_RELOAD}}});

	(void)state;
	expect_run(&rig, "a", false, "start a@5");
	assert_int_equal(find_job(&rig, "a")->next, USEC_INFINITY);
	end(&rig);
}

static void test_runs_of_the_job_keep_it_from_running_unless_forced(void **state)
{
	static const struct {
		struct job_spec job;
		enum reason reason;
	} cases[] = {
		{{.name = "a", .overlap = OVERLAP_SKIP}, REASON_OVERLAP},
		{{.name = "a", .overlap = OVERLAP_QUEUE}, REASON_OVERLAP},
		{{.name = "a", .overlap = OVERLAP_REPLACE}, REASON_OVERLAP},
		{{.name = "a", .overlap = OVERLAP_ALLOW, .max_running = 1}, REASON_MAX_RUNNING},
		{{.name = "a", .after = 10}, REASON_OVERLAP},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig = begin(5, &(struct model_spec){.jobs = {cases[i].job}});

		assert_int_equal(run_now(&rig, "a", false), REASON_NONE);
		forget(&rig);
		rig.now = S(6);
		expect_refused(&rig, "a", cases[i].reason);
		expect_run(&rig, "a", true, "start a@6");
		assert_int_equal(find_job(&rig, "a")->live, 2);
		end(&rig);
	}
}

static void test_there_may_be_several_where_the_job_allows_that(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){
			   .jobs = {{.name = "a", .overlap = OVERLAP_ALLOW, .max_running = 2}}});

	(void)state;
	expect_run(&rig, "a", false, "start a@5");
	expect_run(&rig, "a", false, "start a@5");
	expect_refused(&rig, "a", REASON_MAX_RUNNING);
	end(&rig);
}

static void test_a_slot_meets_it_as_any_run(void **state)
{
	static const struct {
		enum overlap_policy overlap;
		const char *effects; /* at 10 */
	} cases[] = {
		{OVERLAP_SKIP, "arm a 20; a@10 skipped overlap ..."},
		{OVERLAP_QUEUE, "arm a 20"},
		{OVERLAP_REPLACE, "arm a 20; term a@8"},
		{OVERLAP_ALLOW, "arm a 20; a@10 skipped max_running ..."},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig = begin(
			8,
			&(struct model_spec){.jobs = {{.name = "a", .overlap = cases[i].overlap}}});

		expect_run(&rig, "a", false, "start a@8");
		run_until(&rig, 10);
		expect(&rig, cases[i].effects);
		end(&rig);
	}
}

static void test_it_waits_for_its_group(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.queue = 10,
						       .jobs = {{.name = "a", .group = "g"},
								{.name = "b", .group = "g"}},
						       .groups = {{"g", 1}}});

	(void)state;
	expect_run(&rig, "a", false, "start a@5");
	expect_run(&rig, "b", false, "");
	/* Forced or not: that is for others. */
	expect_run(&rig, "b", true, "");
	finish(&rig, "a", 5);
	expect(&rig, "end a@5 ok; start b@5");
	end(&rig);
}

static void test_without_room_it_is_refused_and_no_burst_begins(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){
			   .workers = 1,
			   .queue = 1,
			   .jobs = {{.name = "a", .overlap = OVERLAP_ALLOW, .max_running = 9}}});
	struct engine_asked asked = {.force = true};

	(void)state;
	expect_run(&rig, "a", false, "start a@5");
	expect_run(&rig, "a", false, "start a@5");
	expect_refused(&rig, "a", REASON_QUEUE_FULL);
	step(&rig, (struct engine_event){
			   .kind = ENGINE_RUN_NOW, .job = find_job(&rig, "a"), .asked = &asked});
	assert_null(asked.run);
	assert_int_equal(asked.refused, REASON_QUEUE_FULL);
	assert_int_equal(counted(&rig, VERDICT_REFUSED), 0);
	end(&rig);
}

static void test_a_paused_job_runs(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a"}}});

	(void)state;
	pause_job(&rig, "a", 0);
	forget(&rig);
	expect_run(&rig, "a", false, "start a@5");
	finish(&rig, "a", 5);
	expect(&rig, "end a@5 ok");
	assert_non_null(find_job(&rig, "a")->pause);
	end(&rig);
}

/* Somebody waits for the verdict: it has one of its own, whatever it is. */
static void test_one_that_comes_to_nothing_is_in_no_streak(void **state)
{
	static const struct {
		struct run_result result;
		const char *effects;
	} cases[] = {
		{{.kind = RESULT_UNWANTED, .code = 1}, "end a@5 skipped condition"},
		{{.kind = RESULT_NO_RESOURCES, .code = 12}, "end a@5 refused no_resources"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a"}}});

		rig.on_record = true;
		expect_run(&rig, "a", false, "[run 1 a@5]; start a@5");
		finish_as(&rig, "a", 5, cases[i].result);
		expect(&rig, cases[i].effects);
		assert_int_equal(find_job(&rig, "a")->live, 0);
		end(&rig);
	}
}

static void test_killed_before_it_starts_it_is_cancelled(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.queue = 10,
						       .jobs = {{.name = "a", .group = "g"}},
						       .groups = {{"g", 1}}});
	struct engine_asked asked = {.force = true};

	(void)state;
	expect_run(&rig, "a", false, "start a@5");
	rig.now = S(6);
	step(&rig, (struct engine_event){
			   .kind = ENGINE_RUN_NOW, .job = find_job(&rig, "a"), .asked = &asked});
	kill_run(&rig, asked.run);
	expect(&rig, "end a@6 cancelled operator");
	end(&rig);
}

static void test_it_is_tried_again_as_any_run(void **state)
{
	static const struct job_settings twice = {.retries = 1, .retry_delay = S(3)};
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &twice}}});

	(void)state;
	expect_run(&rig, "a", false, "start a@5");
	fail_run(&rig, "a", 5);
	expect(&rig, "retry a@5 in 3: failed");
	retry(&rig, "a", 5);
	expect(&rig, "start a@5 #2");
	assert_true(find_run(&rig, "a", 5)->manual);
	end(&rig);
}

static void test_nothing_is_run_when_stopping(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a"}}});

	(void)state;
	happen(&rig, ENGINE_STOP);
	forget(&rig);
	expect_refused(&rig, "a", REASON_STOPPING);
	end(&rig);
}

static void test_a_job_that_is_gone_does_not_run(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a"}}});
	struct engine_job *job = find_job(&rig, "a");
	struct engine_asked asked = {.force = true};

	(void)state;
	expect_run(&rig, "a", false, "start a@5");
	load(&rig, &(struct model_spec){.jobs = {{.name = "b"}}});
	forget(&rig);
	step(&rig, (struct engine_event){.kind = ENGINE_RUN_NOW, .job = job, .asked = &asked});
	assert_null(asked.run);
	assert_int_equal(asked.refused, REASON_REMOVED);
	expect(&rig, "");
	end(&rig);
}

/* --- from a life before --- */

static const struct job_settings keeps = {.catch_up = CATCH_UP_NONE};

/* With a run that was asked for at 25 and not started, and all slots up to 30 accounted for. */
static struct rig begin_after(const struct model_spec *model, const char *schedule)
{
	struct rig rig = begin_bare(33);
	struct past_run run = {.id = 7, .slot = S(25), .manual = true};
	struct past_job job = {.name = "a",
			       .schedule = schedule,
			       .accounted = S(30),
			       .held = USEC_INFINITY,
			       .runs = &run,
			       .n_runs = 1};

	rig.on_record = true;
	load_with(&rig, model, &(struct past){.jobs = &job, .n_jobs = 1, .last_run = 20});
	return rig;
}

static void test_one_that_was_not_started_is_started_by_the_next_life(void **state)
{
	struct rig rig = begin_after(&(struct model_spec){.jobs = {{.name = "a", .with = &keeps}}},
				     "every 10s offset 0");

	(void)state;
	expect(&rig, "[run 7 a@25]; start a@25; arm a 40; loaded +1 ~0 -0 =0");
	assert_true(find_run(&rig, "a", 25)->manual);
	assert_int_equal(find_run(&rig, "a", 25)->attempt, 1);
	finish(&rig, "a", 25);
	expect(&rig, "end a@25 ok");
	end(&rig);
}

static void test_it_is_no_matter_that_the_schedule_is_another_one(void **state)
{
	struct rig rig = begin_after(&(struct model_spec){.jobs = {{.name = "a", .with = &keeps}}},
				     "every 15s offset 0");

	(void)state;
	expect(&rig, "[a from 33]; arm a 40; [run 7 a@25]; start a@25; loaded +1 ~0 -0 =0");
	end(&rig);
}

static void test_a_job_that_follows_itself_waits_for_its_end(void **state)
{
	struct rig rig = begin_after(
		&(struct model_spec){.jobs = {{.name = "a", .after = 10, .with = &keeps}}},
		"after 10s");

	(void)state;
	expect(&rig, "[run 7 a@25]; start a@25; loaded +1 ~0 -0 =0");
	finish(&rig, "a", 25);
	expect(&rig, "end a@25 ok; arm a 43");
	end(&rig);
}

static void test_those_of_the_past_wait_for_room_in_the_pool(void **state)
{
	struct past_run runs[3];
	struct past_job job = {.name = "a",
			       .schedule = "every 10s offset 0",
			       .accounted = S(30),
			       .held = USEC_INFINITY,
			       .runs = runs,
			       .n_runs = ARRAY_LENGTH(runs)};
	struct rig rig = begin_bare(33);

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(runs); i++)
		runs[i] = (struct past_run){.id = i + 1, .slot = S(21 + (int)i), .manual = true};
	load_with(&rig, &(struct model_spec){.workers = 1, .jobs = {{.name = "a", .with = &keeps}}},
		  &(struct past){.jobs = &job, .n_jobs = 1, .last_run = 20});
	expect(&rig, "start a@21; arm a 40; loaded +1 ~0 -0 =0");
	assert_int_equal(engine_waiting(rig.engine), 2);
	finish(&rig, "a", 21);
	expect(&rig, "end a@21 ok; start a@22");
	finish(&rig, "a", 22);
	expect(&rig, "end a@22 ok; start a@23");
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_schedule_goes_on_as_if_nothing_had_been),
		cmocka_unit_test(test_the_span_of_a_job_that_follows_itself_begins_at_its_end),
		cmocka_unit_test(test_a_job_that_waits_for_an_event_goes_on_to_wait_for_it),
		cmocka_unit_test(test_runs_of_the_job_keep_it_from_running_unless_forced),
		cmocka_unit_test(test_there_may_be_several_where_the_job_allows_that),
		cmocka_unit_test(test_a_slot_meets_it_as_any_run),
		cmocka_unit_test(test_it_waits_for_its_group),
		cmocka_unit_test(test_without_room_it_is_refused_and_no_burst_begins),
		cmocka_unit_test(test_a_paused_job_runs),
		cmocka_unit_test(test_one_that_comes_to_nothing_is_in_no_streak),
		cmocka_unit_test(test_killed_before_it_starts_it_is_cancelled),
		cmocka_unit_test(test_it_is_tried_again_as_any_run),
		cmocka_unit_test(test_nothing_is_run_when_stopping),
		cmocka_unit_test(test_a_job_that_is_gone_does_not_run),
		cmocka_unit_test(test_one_that_was_not_started_is_started_by_the_next_life),
		cmocka_unit_test(test_it_is_no_matter_that_the_schedule_is_another_one),
		cmocka_unit_test(test_a_job_that_follows_itself_waits_for_its_end),
		cmocka_unit_test(test_those_of_the_past_wait_for_room_in_the_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
