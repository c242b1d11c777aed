/* Holds: slots that nobody acted on at their time are caught up by the job's policy, in order and
   at the pace that is set; each slot has one verdict, whatever the clock does. */
#include "engine_fixture.h"

static const struct job_settings last = {.catch_up = CATCH_UP_LAST};
static const struct job_settings all = {.catch_up = CATCH_UP_ALL};
static const struct job_settings none = {.catch_up = CATCH_UP_NONE};

static struct model_spec one(const struct job_settings *settings)
{
	return (struct model_spec){.jobs = {{.name = "a", .with = settings}}};
}

static struct rig begin_one(int now, const struct job_settings *settings)
{
	struct model_spec spec = one(settings);

	return begin(now, &spec);
}

static void test_each_policy_after_a_step_forward(void **state)
{
	static const struct {
		struct job_settings settings;
		const char *effects;
	} cases[] = {
		{{.catch_up = CATCH_UP_LAST}, "a@10-30 coalesced stepped x3; arm a 50; start a@40"},
		{{.catch_up = CATCH_UP_ALL}, "arm a 50; start a@10"},
		{{.catch_up = CATCH_UP_NONE}, "a@10-40 missed stepped x4; arm a 50"},
		/* 30 is just within, 28 and 39 are no slots. */
		{{.catch_up = CATCH_UP_LAST, .catch_up_window = S(17)},
		 "a@10-20 missed window x2; a@30-30 coalesced stepped x1; arm a 50; start a@40"},
		{{.catch_up = CATCH_UP_LAST, .catch_up_window = S(19)},
		 "a@10-20 missed window x2; a@30-30 coalesced stepped x1; arm a 50; start a@40"},
		{{.catch_up = CATCH_UP_ALL, .catch_up_window = S(19)},
		 "a@10-20 missed window x2; arm a 50; start a@30"},
		{{.catch_up = CATCH_UP_NONE, .catch_up_window = S(19)},
		 "a@10-20 missed window x2; a@30-40 missed stepped x2; arm a 50"},
		{{.catch_up = CATCH_UP_LAST, .catch_up_window = S(7)},
		 "a@10-30 missed window x3; arm a 50; start a@40"},
		{{.catch_up = CATCH_UP_LAST, .catch_up_window = S(6)},
		 "a@10-40 missed window x4; arm a 50"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = begin_one(5, &cases[i].settings);

		set_clock(&rig, 47);
		expect(&rig, cases[i].effects);
		assert_int_equal(find_job(&rig, "a")->next, S(50));
		end(&rig);
	}
}

static void test_a_loop_that_was_held_up_says_that_it_is_late(void **state)
{
	struct rig rig = begin_one(5, &none);

	(void)state;
	stall_until(&rig, 26);
	expect(&rig, "a@10-20 missed late x2; arm a 30");
	end(&rig);
}

static void test_a_slot_that_is_hardly_late_runs_at_once(void **state)
{
	struct rig rig = begin_one(5, &none);

	(void)state;
	stall_until(&rig, 25);
	expect(&rig, "a@10-10 coalesced late x1; arm a 30; start a@20");
	end(&rig);
}

static void test_with_all_no_slot_is_dropped_when_the_loop_was_held_up(void **state)
{
	struct rig rig = begin_one(5, &all);

	(void)state;
	stall_until(&rig, 21);
	expect(&rig, "arm a 30; start a@10");
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok; start a@20");
	run_until(&rig, 30); /* as it would without: one slot on time */
	expect(&rig, "arm a 40; a@30 skipped overlap ...");
	end(&rig);
}

static void test_all_are_caught_up_one_after_the_other(void **state)
{
	struct rig rig = begin_one(5, &all);

	(void)state;
	set_clock(&rig, 37);
	expect(&rig, "arm a 40; start a@10");
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok; start a@20");
	/* What is due meanwhile keeps the order. */
	run_until(&rig, 40);
	expect(&rig, "arm a 50");
	finish(&rig, "a", 20);
	expect(&rig, "end a@20 ok; start a@30");
	finish(&rig, "a", 30);
	expect(&rig, "end a@30 ok; start a@40");
	finish(&rig, "a", 40);
	expect(&rig, "end a@40 ok");
	run_until(&rig, 50);
	expect(&rig, "arm a 60; start a@50");
	end(&rig);
}

static void test_all_are_caught_up_side_by_side_if_they_may(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a",
								 .overlap = OVERLAP_ALLOW,
								 .max_running = 2,
								 .with = &all}}});

	(void)state;
	set_clock(&rig, 37);
	expect(&rig, "arm a 40; start a@10; start a@20");
	finish(&rig, "a", 20);
	expect(&rig, "end a@20 ok; start a@30");
	end(&rig);
}

static void test_with_all_a_slot_out_of_the_window_is_missed_when_its_turn_comes(void **state)
{
	static const struct job_settings settings = {.catch_up = CATCH_UP_ALL,
						     .catch_up_window = S(30)};
	struct rig rig = begin_one(5, &settings);

	(void)state;
	set_clock(&rig, 37);
	expect(&rig, "arm a 40; start a@10");
	run_until(&rig, 51);
	forget(&rig);
	finish(&rig, "a", 10); /* 20 was 31 s ago */
	expect(&rig, "end a@10 ok; a@20-20 missed window x1; start a@30");
	run_until(&rig, 91);
	forget(&rig);
	finish(&rig, "a", 30);
	expect(&rig, "end a@30 ok; a@40-60 missed window x3; start a@70");
	end(&rig);
}

static void test_with_all_it_waits_for_room_instead_of_being_refused(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .workers = 1,
					  .jobs = {{.name = "a", .with = &all},
						   {.name = "b", .offset = 8, .every = 100}},
				  });

	(void)state;
	run_until(&rig, 8);
	forget(&rig);
	set_clock(&rig, 37);
	expect(&rig, "arm a 40; arm b 108");
	assert_true(find_job(&rig, "a")->in_line);
	finish(&rig, "b", 8);
	expect(&rig, "end b@8 ok; start a@10");
	assert_int_equal(counted(&rig, VERDICT_REFUSED), 0);
	end(&rig);
}

static void test_what_waits_for_room_is_in_nobodys_way(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){
				 .workers = 1,
				 .jobs = {{.name = "a", .with = &all},
					  {.name = "b", .offset = 8, .every = 100},
					  {.name = "c", .with = &last, .overlap = OVERLAP_QUEUE}},
			 });

	(void)state;
	run_until(&rig, 8);
	forget(&rig);
	set_clock(&rig, 37);
	expect(&rig, "arm a 40; arm b 108; c@10-20 coalesced stepped x2; arm c 40; full; "
		     "c@30 refused queue_full ...");
	end(&rig);
}

static void test_what_is_caught_up_is_paced(void **state)
{
	struct model_spec spec = {
		.catch_up_rate = 10,
		.jobs = {{.name = "a", .every = 100},
			 {.name = "b", .every = 100},
			 {.name = "c", .every = 100}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	set_clock(&rig, 137);
	expect(&rig, "arm a 200; arm b 200; arm c 200; start a@100; next in 0.1");
	/* Nobody comes before the time. */
	finish(&rig, "a", 100);
	expect(&rig, "end a@100 ok");
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "start b@100; next in 0.1");
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "start c@100; next in 0.1");
	happen(&rig, ENGINE_CATCH_UP);
	/* Nobody came in that time: the next one comes at once. */
	finish(&rig, "b", 100);
	forget(&rig);
	set_clock(&rig, 237);
	expect(&rig, "arm a 300; arm b 300; arm c 300; start a@200; next in 0.1");
	end(&rig);
}

static void test_paces(void **state)
{
	static const struct {
		unsigned rate;
		const char *effects;
	} cases[] = {
		{1, "start a@100; next in 1"},
		{3, "start a@100; next in 0.333333"},
		{100, "start a@100; next in 0.01"},
		{101, "start a@100; start b@100; next in 0.01"},
		{300, "start a@100; start b@100; start c@100; next in 0.01"},
		{500, "start a@100; start b@100; start c@100; start d@100; next in 0.01"},
		{0, "start a@100; start b@100; start c@100; start d@100"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = begin(5, &(struct model_spec){
						  .catch_up_rate = cases[i].rate,
						  .jobs = {{.name = "a", .every = 100},
							   {.name = "b", .every = 100},
							   {.name = "c", .every = 100},
							   {.name = "d", .every = 100}},
					  });
		char effects[300] = "arm a 200; arm b 200; arm c 200; arm d 200; ";

		set_clock(&rig, 137);
		expect(&rig, strcat(effects, cases[i].effects));
		end(&rig);
	}
}

static void test_a_job_with_many_lines_up_again_behind_the_others(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .catch_up_rate = 10,
					  .jobs = {{.name = "a",
						    .overlap = OVERLAP_ALLOW,
						    .max_running = 9,
						    .with = &all},
						   {.name = "b",
						    .overlap = OVERLAP_ALLOW,
						    .max_running = 9,
						    .with = &all}},
				  });

	(void)state;
	set_clock(&rig, 27);
	expect(&rig, "arm a 30; arm b 30; start a@10; next in 0.1");
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "start b@10; next in 0.1");
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "start a@20; next in 0.1");
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "start b@20; next in 0.1");
	end(&rig);
}

/* It is in no line while it runs. */
static void test_a_job_alone_with_many_is_paced(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .catch_up_rate = 10,
					  .jobs = {{.name = "a", .with = &all}},
				  });

	(void)state;
	set_clock(&rig, 37);
	expect(&rig, "arm a 40; start a@10; next in 0.1");
	finish(&rig, "a", 10);
	expect(&rig, "end a@10 ok");
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "start a@20; next in 0.1");
	happen(&rig, ENGINE_CATCH_UP);
	finish(&rig, "a", 20);
	expect(&rig, "end a@20 ok; start a@30; next in 0.1");
	end(&rig);
}

static void test_those_who_can_wait_and_those_who_need_not_take_turns(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .catch_up_rate = 10,
					  .jobs = {{.name = "a", .with = &all},
						   {.name = "b", .with = &all},
						   {.name = "c", .with = &last},
						   {.name = "d", .with = &last}},
				  });

	(void)state;
	set_clock(&rig, 16);
	expect(&rig, "arm a 20; arm b 20; arm c 20; arm d 20; start c@10; next in 0.1");
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "start a@10; next in 0.1");
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "start d@10; next in 0.1");
	end(&rig);
}

/* Two jobs, so that the second waits for its turn. */
static struct rig begin_with_b_in_line(const struct job_settings *settings)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .catch_up_rate = 1,
					  .jobs = {{.name = "a", .every = 1000, .with = settings},
						   {.name = "b", .with = settings}},
				  });

	set_clock(&rig, 1006);
	forget(&rig);
	assert_true(find_job(&rig, "b")->in_line);
	return rig;
}

static void test_a_slot_on_time_stands_for_the_one_that_waits(void **state)
{
	struct rig rig = begin_with_b_in_line(&last);

	(void)state;
	run_until(&rig, 1010);
	expect(&rig, "b@1000-1000 coalesced stepped x1; arm b 1020; start b@1010");
	assert_false(find_job(&rig, "b")->in_line);
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "");
	end(&rig);
}

static void test_another_step_forward_takes_up_what_waits(void **state)
{
	struct rig rig = begin_with_b_in_line(&last);

	(void)state;
	set_clock(&rig, 1046);
	expect(&rig, "arm a 2000; b@1000-1000 coalesced stepped x1; b@1010-1030 coalesced stepped "
		     "x3; arm b 1050");
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "start b@1040; next in 1");
	end(&rig);
}

static void test_a_stop_takes_back_what_waits(void **state)
{
	static const struct {
		const struct job_settings *settings;
		const char *effects;
	} cases[] = {
		{&last, "disarm a; disarm b; b@1000 cancelled stopping ...; "
			"b@1000-1000 cancelled stopping x1"},
		{&all, "disarm a; disarm b; b@10 cancelled stopping ...; "
		       "b@10-1000 cancelled stopping x100"},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rig rig = begin_with_b_in_line(cases[i].settings);

		happen(&rig, ENGINE_STOP);
		expect(&rig, cases[i].effects);
		happen(&rig, ENGINE_CATCH_UP);
		expect(&rig, "");
		finish(&rig, "a", 1000);
		expect(&rig, "end a@1000 ok; drained");
		end(&rig);
	}
}

static void test_what_a_reload_makes_of_what_waits(void **state)
{
	static const struct {
		const struct job_settings *before;
		struct job_spec after;
		const char *effects; /* of the load; then when its turn comes */
		const char *turn;
	} cases[] = {
		{&last,
		 {.name = "b", .with = &last},
		 "loaded +0 ~0 -0 =2",
		 "start b@1000; next in 1"},
		{&last,
		 {.name = "b", .with = &all},
		 "loaded +0 ~1 -0 =1",
		 "start b@1000; next in 1"},
		{&last,
		 {.name = "b", .with = &none},
		 "b@1000-1000 missed stepped x1; loaded +0 ~1 -0 =1",
		 ""},
		{&all,
		 {.name = "b", .with = &last},
		 "b@10-990 coalesced stepped x99; loaded +0 ~1 -0 =1",
		 "start b@1000; next in 1"},
		{&all,
		 {.name = "b", .with = &none},
		 "b@10-1000 missed stepped x100; loaded +0 ~1 -0 =1",
		 ""},
		{&all,
		 {.name = "b", .command = "false", .with = &all},
		 "loaded +0 ~1 -0 =1",
		 "start b@10; next in 1"},
		{&last,
		 {.name = "b", .every = 30, .with = &last},
		 "b@1000 cancelled rescheduled ...; arm b 1020; loaded +0 ~1 -0 =1",
		 ""},
		{&all,
		 {.name = "b", .offset = 1, .with = &all},
		 "b@10 cancelled rescheduled ...; arm b 1011; loaded +0 ~1 -0 =1",
		 ""},
		/* Those that are due later are the same slots. */
		{&last,
		 {.name = "b", .delay = 3, .with = &last},
		 "arm b 1013; loaded +0 ~1 -0 =1",
		 "start b@1000; next in 1"},
		{&all,
		 {.name = "c"},
		 "disarm b; b@10 cancelled removed ...; b@10-1000 cancelled removed x100; free b; "
		 "arm c 1010; loaded +1 ~0 -1 =1",
		 ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = begin_with_b_in_line(cases[i].before);
		struct model_spec spec = {
			.catch_up_rate = 1,
			.jobs = {{.name = "a", .every = 1000, .with = cases[i].before},
				 cases[i].after},
		};

		load(&rig, &spec);
		expect(&rig, cases[i].effects);
		happen(&rig, ENGINE_CATCH_UP);
		expect(&rig, cases[i].turn);
		end(&rig);
	}
}

static void test_another_delay_neither_doubles_a_slot_nor_loses_one(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a", .every = 100, .delay = 50}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 50);
	finish(&rig, "a", 0);
	run_until(&rig, 150);
	forget(&rig);
	spec.jobs[0].delay = 90;
	rig.now = S(160); /* 100 will be due at 190, but it has run */
	load(&rig, &spec);
	expect(&rig, "arm a 290; loaded +0 ~1 -0 =0");
	finish(&rig, "a", 100);
	forget(&rig);
	spec.jobs[0].delay = 10;
	rig.now = S(212); /* 200 was due 2 s ago */
	load(&rig, &spec);
	expect(&rig, "arm a 310; start a@200; loaded +0 ~1 -0 =0");
	end(&rig);
}

static void test_a_step_back_and_forward_runs_no_slot_twice(void **state)
{
	struct rig rig = begin_one(5, &last);

	(void)state;
	run_until(&rig, 100);
	forget(&rig);
	finish(&rig, "a", 10);
	forget(&rig);
	set_clock(&rig, 45);
	expect(&rig, "arm a 50");
	set_clock(&rig, 102);
	expect(&rig, "arm a 110");
	set_clock(&rig, 126);
	expect(&rig, "a@110-110 coalesced stepped x1; arm a 130; start a@120");
	end(&rig);
}

static void test_in_time_that_comes_again_a_job_goes_on(void **state)
{
	struct rig rig = begin_one(5, &last);

	(void)state;
	run_until(&rig, 100);
	finish(&rig, "a", 10);
	forget(&rig);
	set_clock(&rig, 45);
	run_until(&rig, 50);
	expect(&rig, "arm a 50; arm a 60; start a@50");
	finish(&rig, "a", 50);
	forget(&rig);
	/* It had its verdict before: nothing is made up for. */
	stall_until(&rig, 78);
	expect(&rig, "arm a 80");
	run_until(&rig, 80);
	expect(&rig, "arm a 90; start a@80");
	end(&rig);
}

static void test_what_will_be_due_again_does_not_wait(void **state)
{
	static const struct {
		const struct job_settings *settings;
		int back_to;
		const char *effects;
		const char *turn;
	} cases[] = {
		/* 1000 will be. */
		{&last, 905, "arm a 2000; arm b 910", ""},
		/* It will not, and is behind the next. */
		{&last, 1001, "arm a 2000; arm b 1010", "start b@1000; next in 1"},
		{&all, 905, "arm a 2000; arm b 910", "start b@10; next in 1"},
		{&all, 1, "arm a 2000; arm b 10", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = begin_with_b_in_line(cases[i].settings);

		set_clock(&rig, cases[i].back_to);
		expect(&rig, cases[i].effects);
		happen(&rig, ENGINE_CATCH_UP);
		expect(&rig, cases[i].turn);
		end(&rig);
	}
}

static void test_with_all_what_comes_again_waits_once(void **state)
{
	struct rig rig = begin_with_b_in_line(&all);

	(void)state;
	set_clock(&rig, 15); /* only 10 waits */
	forget(&rig);
	run_until(&rig, 30);
	forget(&rig);
	set_clock(&rig, 1006);
	happen(&rig, ENGINE_STOP);
	expect(&rig, "arm a 2000; arm b 1010; disarm a; disarm b; b@10 cancelled stopping ...; "
		     "b@10-1000 cancelled stopping x100");
	end(&rig);
}

static void test_the_record_of_streaks(void **state)
{
	struct rig rig = begin_one(5, &none);

	(void)state;
	rig.on_record = true;
	set_clock(&rig, 47);
	expect(&rig, "[streak 1 a@10-40 missed stepped x4]; a@10-40 missed stepped x4; arm a 50");
	run_until(&rig, 70);
	expect(&rig, "arm a 60; [run 1 a@50]; start a@50; arm a 70; "
		     "[streak 2 a@60-60 skipped overlap x1]; a@60 skipped overlap ...; arm a 80; "
		     "[streak 2 a@60-70 skipped overlap x2]");
	finish_as(&rig, "a", 50, (struct run_result){.kind = RESULT_UNWANTED, .code = 1});
	expect(&rig, "a@60-70 skipped overlap x2; "
		     "[streak 3 a@50-50 skipped condition x1 for run 1]; "
		     "a@50 skipped condition ...");
	run_until(&rig, 80);
	finish_as(&rig, "a", 80, (struct run_result){.kind = RESULT_UNWANTED, .code = 1});
	expect(&rig, "arm a 90; [run 2 a@80]; start a@80; "
		     "[streak 3 a@50-80 skipped condition x2 for run 2]");
	assert_int_equal(find_job(&rig, "a")->accounted, S(80));
	end(&rig);
}

static void test_the_record_of_what_is_held(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){.jobs = {{.name = "a", .overlap = OVERLAP_REPLACE}}});

	(void)state;
	rig.on_record = true;
	run_until(&rig, 30);
	expect(&rig, "arm a 20; [run 1 a@10]; start a@10; arm a 30; [a holds 20]; term a@10; "
		     "arm a 40; [streak 1 a@20-20 skipped replaced x1]; a@20 skipped replaced ...; "
		     "[a holds 30]");
	finish(&rig, "a", 10);
	expect(&rig, "a@20-20 skipped replaced x1; end a@10 ok; [a holds nothing]; [run 2 a@30]; "
		     "start a@30");
	run_until(&rig, 40);
	forget(&rig);
	happen(&rig, ENGINE_STOP); /* it is to be held still after the next start */
	expect(&rig, "disarm a; [streak 2 a@40-40 cancelled stopping x1]; "
		     "a@40 cancelled stopping ...; a@40-40 cancelled stopping x1");
	end(&rig);
}

static void test_the_record_of_jobs(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a"}, {.name = "b", .delay = 7}}};
	struct rig rig = begin_bare(5);

	(void)state;
	rig.on_record = true;
	load(&rig, &spec);
	/* The slot 0 of b is due at 7. */
	expect(&rig, "[a from 5]; arm a 10; [b from -2]; arm b 7; loaded +2 ~0 -0 =0");
	run_until(&rig, 10);
	forget(&rig);
	spec.jobs[1].every = 20;
	load(&rig, &spec);
	expect(&rig, "[b from 3]; arm b 27; loaded +0 ~1 -0 =1");
	/* Of the new grid 0, which is due at 17, is behind a slot that has run. */
	spec.jobs[0].every = 30;
	spec.jobs[0].delay = 17;
	load(&rig, &spec);
	expect(&rig, "[a from 10]; arm a 47; loaded +0 ~1 -0 =1");
	/* Nobody waits for years for that. */
	rig.now = S(-100);
	spec.jobs[0].every = 40;
	load(&rig, &spec);
	expect(&rig, "[a from -117]; arm a -63; loaded +0 ~1 -0 =1");
	rig.now = S(10);
	spec.jobs[0].every = 10;
	spec.jobs[0].delay = 0;
	load(&rig, &spec);
	forget(&rig);
	load(&rig, &(struct model_spec){.jobs = {{.name = "b", .every = 20, .delay = 7}}});
	expect(&rig, "disarm a; [a gone]; loaded +0 ~0 -1 =1");
	spec.jobs[1].delay = 8;
	load(&rig, &spec);
	expect(&rig, "[a from 10]; arm a 20; [a: 0 failures]; arm b 28; loaded +1 ~1 -0 =0");
	fail_run(&rig, "a", 10);
	expect(&rig, "end a@10 failed; [a: 1 failures]");
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_policy_after_a_step_forward),
		cmocka_unit_test(test_a_loop_that_was_held_up_says_that_it_is_late),
		cmocka_unit_test(test_a_slot_that_is_hardly_late_runs_at_once),
		cmocka_unit_test(test_with_all_no_slot_is_dropped_when_the_loop_was_held_up),
		cmocka_unit_test(test_all_are_caught_up_one_after_the_other),
		cmocka_unit_test(test_all_are_caught_up_side_by_side_if_they_may),
		cmocka_unit_test(
			test_with_all_a_slot_out_of_the_window_is_missed_when_its_turn_comes),
		cmocka_unit_test(test_with_all_it_waits_for_room_instead_of_being_refused),
		cmocka_unit_test(test_what_waits_for_room_is_in_nobodys_way),
		cmocka_unit_test(test_what_is_caught_up_is_paced),
		cmocka_unit_test(test_paces),
		cmocka_unit_test(test_a_job_with_many_lines_up_again_behind_the_others),
		cmocka_unit_test(test_a_job_alone_with_many_is_paced),
		cmocka_unit_test(test_those_who_can_wait_and_those_who_need_not_take_turns),
		cmocka_unit_test(test_a_slot_on_time_stands_for_the_one_that_waits),
		cmocka_unit_test(test_another_step_forward_takes_up_what_waits),
		cmocka_unit_test(test_a_stop_takes_back_what_waits),
		cmocka_unit_test(test_what_a_reload_makes_of_what_waits),
		cmocka_unit_test(test_another_delay_neither_doubles_a_slot_nor_loses_one),
		cmocka_unit_test(test_a_step_back_and_forward_runs_no_slot_twice),
		cmocka_unit_test(test_in_time_that_comes_again_a_job_goes_on),
		cmocka_unit_test(test_what_will_be_due_again_does_not_wait),
		cmocka_unit_test(test_with_all_what_comes_again_waits_once),
		cmocka_unit_test(test_the_record_of_streaks),
		cmocka_unit_test(test_the_record_of_what_is_held),
		cmocka_unit_test(test_the_record_of_jobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
