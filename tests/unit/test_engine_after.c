/* Holds: a job that is due a span after the end of its last run has one slot at a time, counted
   from there, and is never without one while nothing of it is under way. */
#include "engine_fixture.h"

static const struct job_settings all = {.catch_up = CATCH_UP_ALL};
static const struct job_settings none = {.catch_up = CATCH_UP_NONE};
static const struct job_settings retried = {.retries = 1, .retry_delay = S(3)};
static const struct job_settings windowed = {.catch_up_window = S(100)};

static struct rig begin_after(int now, int after, const struct job_settings *settings)
{
	return begin(now, &(struct model_spec){
				  .jobs = {{.name = "a", .after = after, .with = settings}}});
}

static void reload(struct rig *rig, struct job_spec job)
{
	load(rig, &(struct model_spec){.jobs = {job}});
}

static void test_the_span_is_counted_from_the_end(void **state)
{
	struct rig rig = begin_bare(77);

	(void)state;
	rig.on_record = true;
	load(&rig, &(struct model_spec){.jobs = {{.name = "a", .after = 10}}});
	expect(&rig, "[a from 77]; arm a 87; loaded +1 ~0 -0 =0");
	run_until(&rig, 90);
	expect(&rig, "disarm a; [run 1 a@87]; start a@87");
	run_until(&rig, 1000);
	expect(&rig, "");
	finish(&rig, "a", 87);
	expect(&rig, "end a@87 ok; arm a 1010");
	run_until(&rig, 1010);
	expect(&rig, "disarm a; [run 2 a@1010]; start a@1010");
	end(&rig);
}

static void test_a_splay_comes_on_top(void **state)
{
	struct rig rig =
		begin(0, &(struct model_spec){.jobs = {{.name = "a", .after = 10, .delay = 3}}});

	(void)state;
	run_until(&rig, 13);
	expect(&rig, "disarm a; start a@10");
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok; arm a 26");
	end(&rig);
}

static void test_a_run_ends_with_its_last_attempt(void **state)
{
	struct rig rig = begin_after(0, 10, &retried);

	(void)state;
	run_until(&rig, 11);
	fail_run(&rig, "a", 10);
	expect(&rig, "disarm a; start a@10; retry a@10 in 3: failed");
	rig.now = S(14);
	retry(&rig, "a", 10);
	rig.now = S(15);
	fail_run(&rig, "a", 10);
	expect(&rig, "start a@10 #2; end a@10 failed; arm a 25");
	end(&rig);
}

static void test_one_that_does_not_run_is_followed_by_the_next(void **state)
{
	struct rig rig = begin(0, &(struct model_spec){.workers = 1,
						       .jobs = {{.name = "a", .after = 10},
								{.name = "b", .after = 10}}});

	(void)state;
	run_until(&rig, 10);
	expect(&rig, "disarm a; start a@10; disarm b; full; b@10 refused queue_full ...; arm b 20");
	run_until(&rig, 22);
	expect(&rig, "disarm b; arm b 30");
	rig.now = S(23);
	finish_as(&rig, "a", 10, (struct run_result){.kind = RESULT_UNWANTED});
	expect(&rig, "a@10 skipped condition ...; arm a 33; room again, refused 2");
	end(&rig);
}

static void test_found_late_it_is_caught_up_or_missed(void **state)
{
	static const struct {
		const struct job_settings *settings;
		const char *effects;
	} cases[] = {
		{NULL, "disarm a; [a holds 10]; [a holds nothing]; [run 1 a@10]; start a@10"},
		{&all, "disarm a; [a holds 10]; [a holds nothing]; [run 1 a@10]; start a@10"},
		{&none, "disarm a; [streak 1 a@10-10 missed late x1]; a@10-10 missed late x1; "
			"arm a 510"},
		{&windowed, "disarm a; [streak 1 a@10-10 missed window x1]; "
			    "a@10-10 missed window x1; arm a 510"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = begin_after(0, 10, cases[i].settings);

		rig.on_record = true;
		stall_until(&rig, 500);
		expect(&rig, cases[i].effects);
		end(&rig);
	}
}

static void test_the_clock_is_set(void **state)
{
	static const struct {
		int from;
		int to;
		const char *effects;
	} cases[] = {
		{4, 100000, "arm a 100006"},  {4, 5, "arm a 11"}, {50, 44, "arm a 54"},
		{50, -86400, "arm a -86390"}, {4, 4, "arm a 10"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = begin_after(cases[i].from == 4 ? 0 : 50, 10, NULL);

		rig.now = S(cases[i].from);
		set_clock(&rig, cases[i].to);
		expect(&rig, cases[i].effects);
		end(&rig);
	}
}

/* Of a run that ended between the step and the news of it. */
static void test_no_step_puts_it_off(void **state)
{
	struct rig rig = begin_after(0, 10, NULL);

	(void)state;
	run_until(&rig, 10);
	rig.now = S(86400);
	finish(&rig, "a", 10);
	forget(&rig);
	step(&rig, (struct engine_event){.kind = ENGINE_CLOCK_STEPPED, .shift = S(86390)});
	expect(&rig, "arm a 86410");
	end(&rig);
}

static void test_a_step_does_not_touch_what_is_under_way(void **state)
{
	struct rig rig = begin_after(0, 10, NULL);

	(void)state;
	run_until(&rig, 10);
	forget(&rig);
	set_clock(&rig, -5000);
	expect(&rig, "");
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok; arm a -4990");
	run_until(&rig, -4990);
	expect(&rig, "disarm a; start a@-4990");
	end(&rig);
}

static void test_due_while_the_machine_slept(void **state)
{
	struct rig rig = begin_after(0, 10, &none);

	(void)state;
	sleep_until(&rig, 3600);
	expect(&rig, "disarm a; a@10-10 missed stepped x1; arm a 3610");
	end(&rig);
}

static void test_paused_one_slot_waits(void **state)
{
	struct rig rig = begin_after(0, 10, &all);

	(void)state;
	pause_job(&rig, "a", 100);
	run_until(&rig, 99);
	expect(&rig, "paused a; arm a 100");
	assert_int_equal(find_job(&rig, "a")->backlog, S(10));
	run_until(&rig, 100);
	expect(&rig, "resumed a; disarm a; start a@10");
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok; arm a 110");
	end(&rig);
}

static void test_paused_none_waits(void **state)
{
	struct rig rig = begin_after(0, 10, &none);

	(void)state;
	pause_job(&rig, "a", 0);
	run_until(&rig, 30);
	expect(&rig, "paused a; disarm a; a@10 paused paused ...; arm a 20; disarm a; arm a 30; "
		     "disarm a; arm a 40");
	resume_job(&rig, "a");
	run_until(&rig, 40);
	expect(&rig, "resumed a; disarm a; start a@40");
	end(&rig);
}

static void test_another_span_is_counted_from_the_same_end(void **state)
{
	static const struct {
		int span;
		int now;
		const char *effects;
	} cases[] = {
		{30, 25, "[a from 20]; arm a 50; loaded +0 ~1 -0 =0"},
		{8, 25, "[a from 20]; arm a 28; loaded +0 ~1 -0 =0"},
		/* That would have been by now. */
		{2, 25, "[a from 20]; disarm a; [run 2 a@25]; start a@25; loaded +0 ~1 -0 =0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = begin_after(0, 10, &none);

		run_until(&rig, 20);
		finish(&rig, "a", 10);
		rig.now = S(cases[i].now);
		forget(&rig);
		rig.on_record = true;
		reload(&rig, (struct job_spec){.name = "a", .after = cases[i].span, .with = &none});
		expect(&rig, cases[i].effects);
		end(&rig);
	}
}

static void test_another_span_while_it_runs(void **state)
{
	struct rig rig = begin_after(0, 10, NULL);

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	rig.on_record = true;
	reload(&rig, (struct job_spec){.name = "a", .after = 50});
	expect(&rig, "[a from 20]; loaded +0 ~1 -0 =0");
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok; arm a 70");
	end(&rig);
}

static void test_another_kind(void **state)
{
	static const struct {
		struct job_spec before;
		struct job_spec after;
		const char *effects;
		const char *ended;
	} cases[] = {
		{{.name = "a", .every = 10},
		 {.name = "a", .after = 10},
		 "disarm a; loaded +0 ~1 -0 =0",
		 "end a@10 ok; arm a 27"},
		{{.name = "a", .after = 10},
		 {.name = "a", .every = 10},
		 "arm a 20; loaded +0 ~1 -0 =0",
		 "end a@10 ok"},
		{{.name = "a", .after = 10},
		 {.name = "a", .on = SCHEDULE_ON_START},
		 "loaded +0 ~1 -0 =0",
		 "end a@10 ok"},
		/* What is held runs first. */
		{{.name = "a", .every = 5, .offset = 0, .overlap = OVERLAP_QUEUE},
		 {.name = "a", .after = 10, .overlap = OVERLAP_QUEUE},
		 "disarm a; loaded +0 ~1 -0 =0",
		 "end a@10 ok; start a@15"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = begin(0, &(struct model_spec){.jobs = {cases[i].before}});

		run_until(&rig, cases[i].before.every == 5 ? 5 : 10);
		if (cases[i].before.every == 5) {
			finish(&rig, "a", 5);
			run_until(&rig, 15);
		}
		rig.now = S(17);
		forget(&rig);
		reload(&rig, cases[i].after);
		expect(&rig, cases[i].effects);
		finish(&rig, "a", 10);
		expect(&rig, cases[i].ended);
		end(&rig);
	}
}

static void test_it_leaves_and_comes_back_while_it_runs(void **state)
{
	struct rig rig = begin_after(0, 10, NULL);

	(void)state;
	run_until(&rig, 10);
	forget(&rig);
	load(&rig, &(struct model_spec){0});
	expect(&rig, "disarm a; loaded +0 ~0 -1 =0");
	rig.now = S(12);
	reload(&rig, (struct job_spec){.name = "a", .after = 10});
	expect(&rig, "loaded +1 ~0 -0 =0");
	rig.now = S(100);
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok; arm a 110");
	end(&rig);
}

static void test_a_policy_that_gives_up_what_waits(void **state)
{
	struct rig rig = begin_after(0, 10, NULL);

	(void)state;
	pause_job(&rig, "a", 0);
	run_until(&rig, 15);
	forget(&rig);
	reload(&rig, (struct job_spec){.name = "a", .after = 10, .with = &none});
	expect(&rig, "a@10 paused paused ...; arm a 25; loaded +0 ~1 -0 =0");
	end(&rig);
}

/* Of a life before this one. */
static void test_over_a_restart(void **state)
{
	static const struct {
		struct past_job past; /* but for what is the same in all */
		struct past_run runs[2];
		int now;
		const char *effects;
	} cases[] = {
		/* From the end of the last run; from the last slot that did not run. */
		{{.accounted = S(40), .last_ended = S(95)}, {{0}}, 100, "arm a 105"},
		{{.accounted = S(97), .last_ended = S(95)}, {{0}}, 100, "arm a 107"},
		{{.accounted = S(100)}, {{0}}, 100, "arm a 110"},
		/* Overdue, and caught up. */
		{{.accounted = S(40), .last_ended = S(45)},
		 {{0}},
		 100,
		 "[a holds 55]; [a holds nothing]; [run 21 a@55]; start a@55"},
		/* The clock was set back. */
		{{.accounted = S(5000), .last_ended = S(6000)}, {{0}}, 100, "arm a 110"},
		/* What waited. */
		{{.accounted = S(40), .held = S(40)},
		 {{0}},
		 100,
		 "[a holds nothing]; [a holds 40]; [a holds nothing]; [run 21 a@40]; start a@40"},
		{{.accounted = S(90)},
		 {{.id = 7, .slot = S(90), .state = PAST_ACCEPTED}},
		 100,
		 "[a holds 90]; [a holds nothing]; [run 21 a@90]; start a@90"},
		/* What still runs, and what does not. */
		{{.accounted = S(40)},
		 {{.id = 7, .slot = S(40), .state = PAST_STARTED, .attempt = 1, .alive = true}},
		 100,
		 "adopt a@40"},
		{{.accounted = S(40)},
		 {{.id = 7, .slot = S(40), .state = PAST_STARTED, .attempt = 1}},
		 100,
		 "end a@40 lost crash; [a: 1 failures]; arm a 110; arm a 110"},
		{{.accounted = S(40)},
		 {{.id = 7, .slot = S(40), .state = PAST_STARTED, .attempt = 1},
		  {.id = 8, .slot = S(30), .state = PAST_STARTED, .attempt = 1, .alive = true}},
		 100,
		 "end a@40 lost crash; [a: 1 failures]; arm a 110; adopt a@30; disarm a"},
	};
	const struct schedule schedule = {.kind = SCHEDULE_AFTER, .interval = S(10)};
	char grid[SCHEDULE_GRID_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = begin_bare(cases[i].now);
		struct past_run runs[2] = {cases[i].runs[0], cases[i].runs[1]};
		struct past_job job = cases[i].past;
		char effects[300];

		job.name = "a";
		job.number = 1;
		job.schedule = schedule_grid(&schedule, grid);
		job.held = job.held ? job.held : USEC_INFINITY;
		job.runs = runs;
		while (job.n_runs < 2 && runs[job.n_runs].id > 0)
			job.n_runs++;
		rig.on_record = true;
		load_with(&rig, &(struct model_spec){.jobs = {{.name = "a", .after = 10}}},
			  &(struct past){.jobs = &job, .n_jobs = 1, .last_run = 20});
		(void)snprintf(effects, sizeof(effects), "%s; loaded +1 ~0 -0 =0",
			       cases[i].effects);
		expect(&rig, effects);
		end(&rig);
	}
}

/* Its pause was over meanwhile. */
static void test_a_pause_over_a_restart(void **state)
{
	const struct schedule schedule = {.kind = SCHEDULE_AFTER, .interval = S(10)};
	char grid[SCHEDULE_GRID_SIZE];
	struct past_job job = {.name = "a",
			       .number = 1,
			       .schedule = schedule_grid(&schedule, grid),
			       .accounted = S(95),
			       .held = USEC_INFINITY,
			       .paused = true,
			       .until = S(99)};
	struct rig rig = begin_bare(100);

	(void)state;
	load_with(&rig, &(struct model_spec){.jobs = {{.name = "a", .after = 10}}},
		  &(struct past){.jobs = &job, .n_jobs = 1});
	run_until(&rig, 105);
	assert_int_equal(find_run(&rig, "a", 105)->slot, S(105));
	end(&rig);
}

static void test_nothing_follows_a_stop(void **state)
{
	struct rig rig = begin_after(0, 10, NULL);

	(void)state;
	run_until(&rig, 10);
	forget(&rig);
	happen(&rig, ENGINE_STOP);
	finish(&rig, "a", 10);
	expect(&rig, "disarm a; end a@10 ok; drained");
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_span_is_counted_from_the_end),
		cmocka_unit_test(test_a_splay_comes_on_top),
		cmocka_unit_test(test_a_run_ends_with_its_last_attempt),
		cmocka_unit_test(test_one_that_does_not_run_is_followed_by_the_next),
		cmocka_unit_test(test_found_late_it_is_caught_up_or_missed),
		cmocka_unit_test(test_the_clock_is_set),
		cmocka_unit_test(test_no_step_puts_it_off),
		cmocka_unit_test(test_a_step_does_not_touch_what_is_under_way),
		cmocka_unit_test(test_due_while_the_machine_slept),
		cmocka_unit_test(test_paused_one_slot_waits),
		cmocka_unit_test(test_paused_none_waits),
		cmocka_unit_test(test_another_span_is_counted_from_the_same_end),
		cmocka_unit_test(test_another_span_while_it_runs),
		cmocka_unit_test(test_another_kind),
		cmocka_unit_test(test_it_leaves_and_comes_back_while_it_runs),
		cmocka_unit_test(test_a_policy_that_gives_up_what_waits),
		cmocka_unit_test(test_over_a_restart),
		cmocka_unit_test(test_a_pause_over_a_restart),
		cmocka_unit_test(test_nothing_follows_a_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
