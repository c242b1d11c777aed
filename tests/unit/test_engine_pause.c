/* Holds: a paused job starts nothing, and goes on where its policy says; a pause has an end, and
   outlives reloads. */
#include "engine_fixture.h"

static const struct job_settings last = {.catch_up = CATCH_UP_LAST};
static const struct job_settings all = {.catch_up = CATCH_UP_ALL};
static const struct job_settings none = {.catch_up = CATCH_UP_NONE};

static struct rig begin_one(int now, const struct job_settings *settings)
{
	return begin(now, &(struct model_spec){.jobs = {{.name = "a", .with = settings}}});
}

static void test_each_policy(void **state)
{
	static const struct {
		struct job_settings settings;
		const char *meanwhile; /* 10, 20, 30 and 40 are due */
		const char *resumed;   /* at 42 */
		int counted;           /* as paused */
	} cases[] = {
		{{.catch_up = CATCH_UP_LAST},
		 "arm a 20; a@10 paused paused ...; arm a 30; arm a 40; arm a 50",
		 "resumed a; start a@40",
		 3},
		{{.catch_up = CATCH_UP_ALL},
		 "arm a 20; arm a 30; arm a 40; arm a 50",
		 "resumed a; start a@10",
		 0},
		{{.catch_up = CATCH_UP_NONE},
		 "a@10 paused paused ...; arm a 20; arm a 30; arm a 40; arm a 50",
		 "resumed a",
		 4},
		{{.catch_up = CATCH_UP_LAST, .catch_up_window = S(1)},
		 "arm a 20; a@10 paused paused ...; arm a 30; arm a 40; arm a 50",
		 "resumed a",
		 4},
		/* One that is just within waits still. */
		{{.catch_up = CATCH_UP_ALL, .catch_up_window = S(10)},
		 "arm a 20; arm a 30; a@10 paused paused ...; arm a 40; arm a 50",
		 "resumed a; start a@40",
		 3},
		{{.catch_up = CATCH_UP_ALL, .catch_up_window = S(15)},
		 "arm a 20; arm a 30; a@10 paused paused ...; arm a 40; arm a 50",
		 "resumed a; start a@30",
		 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = begin_one(5, &cases[i].settings);

		pause_job(&rig, "a", 0);
		expect(&rig, "paused a");
		run_until(&rig, 42);
		expect(&rig, cases[i].meanwhile);
		resume_job(&rig, "a");
		expect(&rig, cases[i].resumed);
		assert_int_equal(counted(&rig, VERDICT_PAUSED), cases[i].counted);
		assert_null(find_job(&rig, "a")->pause);
		end(&rig);
	}
}

static void test_its_slots_are_one_streak_that_a_run_ends(void **state)
{
	struct rig rig = begin_one(5, &none);

	(void)state;
	rig.on_record = true;
	pause_job(&rig, "a", 0);
	expect(&rig, "paused a; [a: 0 failures, paused]");
	run_until(&rig, 30);
	expect(&rig, "[streak 1 a@10-10 paused paused x1]; a@10 paused paused ...; arm a 20; "
		     "[streak 1 a@10-20 paused paused x2]; arm a 30; "
		     "[streak 1 a@10-30 paused paused x3]; arm a 40");
	resume_job(&rig, "a");
	expect(&rig, "resumed a; [a: 0 failures]");
	run_until(&rig, 40);
	forget(&rig);
	started(&rig, "a", 40);
	expect(&rig, "a@10-30 paused paused x3");
	end(&rig);
}

static void test_a_step_forward_while_it_is_paused(void **state)
{
	static const struct {
		const struct job_settings *settings;
		const char *effects;
	} cases[] = {
		{&last, "a@10 paused paused ...; arm a 50"},
		{&all, "arm a 50"},
		{&none, "a@10 paused paused ...; arm a 50"},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct rig rig = begin_one(5, cases[i].settings);

		pause_job(&rig, "a", 0);
		forget(&rig);
		set_clock(&rig, 47);
		expect(&rig, cases[i].effects);
		end(&rig);
	}
}

static void test_a_pause_ends_by_itself(void **state)
{
	struct rig rig = begin_one(5, &last);
	struct engine_job *job;

	(void)state;
	pause_job(&rig, "a", 23);
	expect(&rig, "paused a");
	run_until(&rig, 20);
	expect(&rig, "arm a 20; a@10 paused paused ...; arm a 23");
	/* Whatever has a say in it, it is armed for the earlier of both. */
	assert_int_equal(engine_next_due(rig.engine, &job), S(23));
	assert_int_equal(engine_job_due(job), S(30));
	run_until(&rig, 23);
	expect(&rig, "resumed a; arm a 30; start a@20");
	end(&rig);
}

static void test_a_pause_that_ends_before_the_next_slot_is_armed_for_its_end(void **state)
{
	struct rig rig = begin_one(12, &last);

	(void)state;
	pause_job(&rig, "a", 15);
	expect(&rig, "paused a; arm a 15");
	resume_job(&rig, "a");
	expect(&rig, "resumed a; arm a 20");
	end(&rig);
}

static void test_a_slot_on_time_stands_for_the_one_that_waited(void **state)
{
	struct rig rig = begin_one(5, &last);

	(void)state;
	pause_job(&rig, "a", 20);
	run_until(&rig, 10);
	forget(&rig);
	run_until(&rig, 20);
	expect(&rig, "resumed a; a@10-10 coalesced paused x1; arm a 30; start a@20");
	end(&rig);
}

static void test_another_pause_takes_the_place_of_the_first(void **state)
{
	struct rig rig = begin_one(5, &last);

	(void)state;
	pause_job(&rig, "a", 7);
	expect(&rig, "paused a; arm a 7");
	pause_job(&rig, "a", 0);
	expect(&rig, "paused a; arm a 10");
	pause_job(&rig, "a", 8);
	expect(&rig, "paused a; arm a 8");
	run_until(&rig, 8);
	expect(&rig, "resumed a; arm a 10");
	end(&rig);
}

static void test_a_pause_that_is_over_already_is_none(void **state)
{
	struct rig rig = begin_one(5, &last);

	(void)state;
	pause_job(&rig, "a", 5);
	expect(&rig, "");
	pause_job(&rig, "a", 9);
	forget(&rig);
	pause_job(&rig, "a", 5);
	expect(&rig, "resumed a; arm a 10");
	resume_job(&rig, "a");
	expect(&rig, "");
	end(&rig);
}

static void test_its_runs_go_on(void **state)
{
	static const struct job_settings thrice = {.retries = 2, .retry_delay = S(3)};
	struct rig rig = begin_one(5, &thrice);

	(void)state;
	run_until(&rig, 10);
	pause_job(&rig, "a", 0);
	forget(&rig);
	fail_run(&rig, "a", 10);
	retry(&rig, "a", 10);
	finish(&rig, "a", 10);
	expect(&rig, "retry a@10 in 3: failed; start a@10 #2; end a@10 ok");
	end(&rig);
}

static void test_what_it_held_is_held_until_it_goes_on(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){.jobs = {{.name = "a", .overlap = OVERLAP_QUEUE}}});

	(void)state;
	run_until(&rig, 20);
	pause_job(&rig, "a", 0);
	forget(&rig);
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok");
	run_until(&rig, 30);
	forget(&rig);
	resume_job(&rig, "a");
	/* And what waited lines up behind it. */
	expect(&rig, "resumed a; start a@20");
	assert_int_equal(find_job(&rig, "a")->held, S(30));
	end(&rig);
}

static void test_a_pause_takes_it_out_of_the_line(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .catch_up_rate = 1,
					  .jobs = {{.name = "a"}, {.name = "b"}, {.name = "c"}},
				  });

	(void)state;
	set_clock(&rig, 16);
	forget(&rig);
	pause_job(&rig, "b", 0);
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "paused b; start c@10; next in 1");
	resume_job(&rig, "b");
	expect(&rig, "resumed b");
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "start b@10; next in 1");
	end(&rig);
}

static void test_it_outlives_reloads_but_not_the_job(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a"}, {.name = "b"}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	pause_job(&rig, "a", 23);
	forget(&rig);
	spec.jobs[0].command = "false";
	load(&rig, &spec);
	spec.jobs[0].every = 7;
	load(&rig, &spec);
	expect(&rig, "loaded +0 ~1 -0 =1; arm a 7; loaded +0 ~1 -0 =1");
	assert_int_equal(find_job(&rig, "a")->pause->until, S(23));
	assert_string_equal(find_job(&rig, "a")->pause->reason, "work on it");
	load(&rig, &(struct model_spec){.jobs = {{.name = "b"}}});
	load(&rig, &spec);
	assert_null(find_job(&rig, "a")->pause);
	end(&rig);
}

static void test_a_reload_sees_that_it_is_over(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a"}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	pause_job(&rig, "a", 8);
	forget(&rig);
	rig.now = S(9);
	spec.jobs[0].every = 7;
	load(&rig, &spec);
	expect(&rig, "resumed a; arm a 14; loaded +0 ~1 -0 =0");
	end(&rig);
}

static void test_a_job_that_is_gone_with_a_run_comes_back_without_its_pause(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a"}}};
	struct rig rig = begin(5, &spec);
	struct engine_job *job = find_job(&rig, "a");

	(void)state;
	run_until(&rig, 10);
	pause_job(&rig, "a", 0);
	load(&rig, &(struct model_spec){.workers = 1});
	forget(&rig);
	rig.on_record = true;
	load(&rig, &spec);
	expect(&rig, "[a from 10]; arm a 20; [a: 0 failures]; loaded +1 ~0 -0 =0");
	assert_ptr_equal(find_job(&rig, "a"), job);
	assert_null(job->pause);
	end(&rig);
}

static void test_what_waits_is_paused_if_a_reload_lets_nothing_wait(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a", .with = &all}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	pause_job(&rig, "a", 0);
	run_until(&rig, 30);
	forget(&rig);
	spec.jobs[0].with = &last;
	load(&rig, &spec);
	expect(&rig, "a@10 paused paused ...; loaded +0 ~1 -0 =0");
	spec.jobs[0].with = &none;
	load(&rig, &spec);
	expect(&rig, "loaded +0 ~1 -0 =0");
	assert_int_equal(counted(&rig, VERDICT_PAUSED), 3);
	end(&rig);
}

static void test_nobody_is_told_that_it_misses_its_slots(void **state)
{
	static const struct job_settings telling = {
		.catch_up = CATCH_UP_NONE,
		.hooks = {[HOOK_MISSED] = {"tell", 1, false}},
	};
	struct rig rig = begin_one(5, &telling);

	(void)state;
	pause_job(&rig, "a", 15);
	run_until(&rig, 15);
	expect(&rig, "paused a; a@10 paused paused ...; arm a 15; resumed a; arm a 20");
	end(&rig);
}

static void test_in_time_that_comes_again_nothing_waits(void **state)
{
	struct rig rig = begin_one(5, &last);

	(void)state;
	run_until(&rig, 100);
	finish(&rig, "a", 10);
	set_clock(&rig, 45);
	pause_job(&rig, "a", 0);
	forget(&rig);
	run_until(&rig, 60);
	resume_job(&rig, "a");
	expect(&rig, "arm a 60; arm a 70; resumed a");
	end(&rig);
}

static void test_a_stop_has_the_last_word(void **state)
{
	struct rig rig = begin_one(5, &last);

	(void)state;
	pause_job(&rig, "a", 0);
	run_until(&rig, 20);
	forget(&rig);
	happen(&rig, ENGINE_STOP);
	expect(&rig, "disarm a; a@10-10 paused paused x1; a@20 cancelled stopping ...; "
		     "a@20-20 cancelled stopping x1; drained");
	resume_job(&rig, "a");
	pause_job(&rig, "a", 0);
	expect(&rig, "");
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_policy),
		cmocka_unit_test(test_its_slots_are_one_streak_that_a_run_ends),
		cmocka_unit_test(test_a_step_forward_while_it_is_paused),
		cmocka_unit_test(test_a_pause_ends_by_itself),
		cmocka_unit_test(test_a_pause_that_ends_before_the_next_slot_is_armed_for_its_end),
		cmocka_unit_test(test_a_slot_on_time_stands_for_the_one_that_waited),
		cmocka_unit_test(test_another_pause_takes_the_place_of_the_first),
		cmocka_unit_test(test_a_pause_that_is_over_already_is_none),
		cmocka_unit_test(test_its_runs_go_on),
		cmocka_unit_test(test_what_it_held_is_held_until_it_goes_on),
		cmocka_unit_test(test_a_pause_takes_it_out_of_the_line),
		cmocka_unit_test(test_it_outlives_reloads_but_not_the_job),
		cmocka_unit_test(test_a_reload_sees_that_it_is_over),
		cmocka_unit_test(test_a_job_that_is_gone_with_a_run_comes_back_without_its_pause),
		cmocka_unit_test(test_what_waits_is_paused_if_a_reload_lets_nothing_wait),
		cmocka_unit_test(test_nobody_is_told_that_it_misses_its_slots),
		cmocka_unit_test(test_in_time_that_comes_again_nothing_waits),
		cmocka_unit_test(test_a_stop_has_the_last_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
