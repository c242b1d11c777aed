/* Holds: the first load takes up what lives of the daemon before this one have left: slots that
   nobody acted on, runs without a verdict, and what the jobs had come to. */
#include "engine_fixture.h"

static const struct job_settings last = {.catch_up = CATCH_UP_LAST};
static const struct job_settings all = {.catch_up = CATCH_UP_ALL};
static const struct job_settings none = {.catch_up = CATCH_UP_NONE};
static const struct job_settings thrice = {.retries = 2, .retry_delay = S(3)};

#define EVERY_10 "every 10s offset 0"

/* What is left of one that knows it: in seconds, 0 and NULL for what a test does not care about. */
struct past_spec {
	const char *name;     /* "a" */
	const char *schedule; /* EVERY_10; "": it was not configured any more */
	int accounted;
	int held;
	struct past_run runs[4];
};

struct past_fixture {
	struct past past;
	struct past_job job;
};

static void fill_past(struct past_fixture *fixture, struct past_spec *spec)
{
	struct past_job *job = &fixture->job;

	*job = (struct past_job){
		.name = spec->name ? spec->name : "a",
		.number = 1,
		.schedule = !spec->schedule   ? EVERY_10
			    : *spec->schedule ? spec->schedule
					      : NULL,
		.accounted = S(spec->accounted),
		.held = spec->held ? S(spec->held) : USEC_INFINITY,
		.runs = spec->runs,
	};
	while (job->n_runs < 4 && spec->runs[job->n_runs].id > 0)
		job->n_runs++;
	fixture->past = (struct past){.jobs = job, .n_jobs = 1, .last_run = 20, .last_streak = 30};
}

static struct rig begin_with_record(int now, const struct model_spec *model, struct past_spec *spec)
{
	struct rig rig = begin_bare(now);
	struct past_fixture fixture;

	fill_past(&fixture, spec);
	rig.on_record = true;
	load_with(&rig, model, &fixture.past);
	return rig;
}

static void test_what_was_due_while_it_was_down(void **state)
{
	static const struct {
		struct job_settings settings;
		int accounted;
		int now;
		const char *effects;
	} cases[] = {
		{{.catch_up = CATCH_UP_LAST},
		 40,
		 77,
		 "[streak 31 a@50-60 coalesced down x2]; a@50-60 coalesced down x2; arm a 80; "
		 "[run 21 a@70]; start a@70"},
		{{.catch_up = CATCH_UP_ALL}, 40, 77, "arm a 80; [run 21 a@50]; start a@50"},
		{{.catch_up = CATCH_UP_NONE},
		 40,
		 77,
		 "[streak 31 a@50-70 missed down x3]; a@50-70 missed down x3; arm a 80"},
		{{.catch_up = CATCH_UP_LAST, .catch_up_window = S(20)},
		 40,
		 77,
		 "[streak 31 a@50-50 missed window x1]; a@50-50 missed window x1; "
		 "[streak 32 a@60-60 coalesced down x1]; a@60-60 coalesced down x1; arm a 80; "
		 "[run 21 a@70]; start a@70"},
		/* Hardly late, but for the daemon. */
		{{.catch_up = CATCH_UP_NONE},
		 40,
		 51,
		 "[streak 31 a@50-50 missed down x1]; a@50-50 missed down x1; arm a 60"},
		{{.catch_up = CATCH_UP_LAST}, 40, 51, "arm a 60; [run 21 a@50]; start a@50"},
		{{.catch_up = CATCH_UP_LAST}, 40, 49, "arm a 50"},
		/* The clock was set back; it was lost. */
		{{.catch_up = CATCH_UP_LAST}, 40, 30, "arm a 50"},
		{{.catch_up = CATCH_UP_LAST}, 40, 29, "arm a 30"},
		{{.catch_up = CATCH_UP_ALL}, 1000000, 5, "arm a 10"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct past_spec past = {.accounted = cases[i].accounted};
		struct rig rig = begin_with_record(
			cases[i].now,
			&(struct model_spec){.jobs = {{.name = "a", .with = &cases[i].settings}}},
			&past);
		char effects[300];

		(void)snprintf(effects, sizeof(effects), "%s; loaded +1 ~0 -0 =0",
			       cases[i].effects);
		expect(&rig, effects);
		end(&rig);
	}
}

static void test_a_lost_clock_that_is_found_catches_up(void **state)
{
	struct past_spec past = {.accounted = 1000};
	struct rig rig = begin_with_record(
		5, &(struct model_spec){.jobs = {{.name = "a", .with = &none}}}, &past);

	(void)state;
	run_until(&rig, 20);
	expect(&rig, "arm a 10; loaded +1 ~0 -0 =0; arm a 20; [run 21 a@10]; start a@10; "
		     "arm a 30; [streak 31 a@20-20 skipped overlap x1]; "
		     "a@20 skipped overlap ...");
	set_clock(&rig, 1026);
	expect(&rig, "a@20-20 skipped overlap x1; [streak 32 a@1010-1020 missed stepped x2]; "
		     "a@1010-1020 missed stepped x2; arm a 1030");
	end(&rig);
}

static void test_a_job_that_is_not_what_it_was_has_nothing_to_catch_up(void **state)
{
	static const struct {
		struct past_spec past;
		struct job_spec job;
		const char *effects;
	} cases[] = {
		{{.name = "b", .accounted = 40}, {.name = "a"}, "[a from 77]; arm a 80"},
		{{.schedule = "every 20s offset 0", .accounted = 40},
		 {.name = "a"},
		 "[a from 77]; arm a 80"},
		/* What had been accepted or held of the old grid goes. */
		{{.schedule = "every 20s offset 0",
		  .accounted = 60,
		  .held = 60,
		  .runs = {{.id = 7, .slot = S(40)}}},
		 {.name = "a"},
		 "[a from 77]; arm a 80; [a holds nothing]; "
		 "[streak 31 a@40-40 cancelled rescheduled x1]; a@40 cancelled rescheduled ...; "
		 "[streak 31 a@40-60 cancelled rescheduled x2]"},
		{{.schedule = "", .accounted = 40},
		 {.name = "a"},
		 "[a from 77]; arm a 80; [a: 0 failures]"},
		/* Other slots begin behind those that have run, due as they are. */
		{{.schedule = "every 20s offset 0", .accounted = 60},
		 {.name = "a", .delay = 30},
		 "[a from 60]; arm a 100"},
		/* Another delay is no other grid. */
		{{.accounted = 60}, {.name = "a", .delay = 9}, "arm a 79"},
		{{.accounted = 60},
		 {.name = "a", .delay = 7},
		 "arm a 87; [run 21 a@70]; start a@70"},
		/* Slots that are due later than before have run. */
		{{.accounted = 70}, {.name = "a", .delay = 60}, "arm a 140"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct past_spec past = cases[i].past;
		struct model_spec model = {.jobs = {cases[i].job}};
		struct rig rig = begin_with_record(77, &model, &past);
		char effects[300];

		(void)snprintf(effects, sizeof(effects), "%s; loaded +1 ~0 -0 =0",
			       cases[i].effects);
		expect(&rig, effects);
		end(&rig);
	}
}

static void test_what_had_been_accepted_or_held_is_looked_at_anew(void **state)
{
	static const struct {
		struct job_settings settings;
		int held;
		int accepted;
		const char *effects;
	} cases[] = {
		/* 60 and 70 are due, too. */
		{{.catch_up = CATCH_UP_LAST},
		 .accepted = 30,
		 .effects = "[streak 31 a@30-60 coalesced down x2]; a@30-60 coalesced down x2; "
			    "arm a 80; [run 21 a@70]; start a@70"},
		{{.catch_up = CATCH_UP_LAST},
		 .held = 30,
		 .effects = "[a holds nothing]; [streak 31 a@30-60 coalesced down x2]; "
			    "a@30-60 coalesced down x2; arm a 80; [run 21 a@70]; start a@70"},
		{{.catch_up = CATCH_UP_NONE},
		 .held = 40,
		 .accepted = 20,
		 .effects = "[a holds nothing]; [streak 31 a@20-70 missed down x4]; "
			    "a@20-70 missed down x4; arm a 80"},
		{{.catch_up = CATCH_UP_ALL},
		 .held = 40,
		 .accepted = 20,
		 .effects = "[a holds nothing]; [run 21 a@20]; start a@20; [a holds 40]; arm a 80"},
		{{.catch_up = CATCH_UP_LAST, .catch_up_window = S(30)},
		 .held = 40,
		 .accepted = 20,
		 .effects = "[a holds nothing]; [streak 31 a@20-40 missed window x2]; "
			    "a@20-40 missed window x2; [streak 32 a@60-60 coalesced down x1]; "
			    "a@60-60 coalesced down x1; arm a 80; [run 21 a@70]; start a@70"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct past_spec past = {
			.accounted = 50,
			.held = cases[i].held,
			.runs = {{.id = cases[i].accepted ? 7 : 0, .slot = S(cases[i].accepted)}},
		};
		struct rig rig = begin_with_record(
			77,
			&(struct model_spec){.jobs = {{.name = "a",
						       .overlap = OVERLAP_QUEUE,
						       .with = &cases[i].settings}}},
			&past);
		char effects[400];

		(void)snprintf(effects, sizeof(effects), "%s; loaded +1 ~0 -0 =0",
			       cases[i].effects);
		expect(&rig, effects);
		end(&rig);
	}
}

static void test_a_slot_that_others_had_overtaken_is_on_record_while_it_waits(void **state)
{
	struct past_spec past = {.name = "b", .accounted = 50, .runs = {{.id = 7, .slot = S(20)}}};
	struct past_fixture fixture;
	struct rig rig = begin_bare(57);
	struct past_job jobs[2];

	(void)state;
	fill_past(&fixture, &past);
	jobs[1] = fixture.job;
	jobs[0] = (struct past_job){
		.name = "a", .schedule = EVERY_10, .accounted = S(40), .held = USEC_INFINITY};
	fixture.past.jobs = jobs;
	fixture.past.n_jobs = 2;
	rig.on_record = true;
	load_with(&rig,
		  &(struct model_spec){.catch_up_rate = 1, .jobs = {{.name = "a"}, {.name = "b"}}},
		  &fixture.past);
	expect(&rig, "arm a 60; [b holds 20]; arm b 60; [run 21 a@50]; start a@50; next in 1; "
		     "loaded +2 ~0 -0 =0");
	happen(&rig, ENGINE_CATCH_UP);
	expect(&rig, "[b holds nothing]; [run 22 b@20]; start b@20; next in 1");
	assert_int_equal(find_job(&rig, "b")->accounted, S(50));
	end(&rig);
}

static void test_slots_that_were_accepted_out_of_order_run_in_theirs(void **state)
{
	struct past_spec past = {
		.accounted = 70,
		.runs = {{.id = 5, .slot = S(60)},
			 {.id = 6, .slot = S(70)},
			 {.id = 7, .slot = S(50)}},
	};
	struct rig rig = begin_with_record(77,
					   &(struct model_spec){.jobs = {{.name = "a",
									  .overlap = OVERLAP_ALLOW,
									  .max_running = 5,
									  .with = &all}}},
					   &past);

	(void)state;
	expect(&rig, "[run 21 a@50]; start a@50; [run 22 a@60]; start a@60; [run 23 a@70]; "
		     "start a@70; arm a 80; loaded +1 ~0 -0 =0");
	end(&rig);
}

static void test_a_run_whose_process_is_gone_is_lost(void **state)
{
	static const struct job_settings telling = {
		.retries = 3,
		.mail_to = {"root", 1},
		.hooks = {[HOOK_FAILURE] = {"tell", 1, false}},
	};
	struct past_spec past = {
		.accounted = 70,
		.runs = {{.id = 5, .slot = S(50), .state = PAST_STARTED, .attempt = 2},
			 {.id = 9, .slot = S(70), .state = PAST_STARTED, .attempt = 1}},
	};
	struct rig rig = begin_with_record(
		77, &(struct model_spec){.jobs = {{.name = "a", .with = &telling}}}, &past);

	(void)state;
	expect(&rig, "end a@50 lost crash; [a: 1 failures, told]; tell a@50: failure+mail lost x1; "
		     "end a@70 lost crash; [a: 2 failures, told]; arm a 80; loaded +1 ~0 -0 =0");
	assert_int_equal(counted(&rig, VERDICT_LOST), 2);
	assert_int_equal(find_job(&rig, "a")->last_id, 9);
	assert_int_equal(find_job(&rig, "a")->last_verdict, VERDICT_LOST);
	assert_int_equal(engine_counters(rig.engine)->started, 0);
	end(&rig);
}

static struct rig adopt(const struct job_spec *job, unsigned attempt)
{
	struct past_spec past = {
		.accounted = 70,
		.runs = {{.id = 5,
			  .slot = S(70),
			  .state = PAST_STARTED,
			  .attempt = attempt,
			  .alive = true}},
	};
	struct rig rig = begin_with_record(77,
					   &(struct model_spec){
						   .jobs = {*job, {.name = "b", .group = "g"}},
						   .groups = {{.name = "g", .limit = 1}},
					   },
					   &past);

	rig.on_record = false;
	expect(&rig, "[b from 77]; arm b 80; adopt a@70; arm a 80; loaded +2 ~0 -0 =0");
	assert_int_equal(find_run(&rig, "a", 70)->id, 5);
	assert_int_equal(find_run(&rig, "a", 70)->attempt, attempt);
	return rig;
}

static void test_a_run_whose_process_lives_is_as_any_other(void **state)
{
	struct rig rig = adopt(&(struct job_spec){.name = "a", .group = "g"}, 1);

	(void)state;
	assert_int_equal(engine_submitted(rig.engine), 1);
	assert_int_equal(engine_group_running(rig.engine, "g"), 1);
	run_until(&rig, 80);
	expect(&rig, "arm b 90; arm a 90; a@80 skipped overlap ...");
	/* It is not told of its start: that was another life. */
	started(&rig, "a", 70);
	finish_as(&rig, "a", 70, (struct run_result){.kind = RESULT_UNSEEN});
	expect(&rig, "a@80-80 skipped overlap x1; end a@70 lost adopted; start b@80");
	end(&rig);
}

static void test_how_adopted_runs_end(void **state)
{
	static const struct {
		struct run_result result;
		const char *effects;
	} cases[] = {
		{{.kind = RESULT_UNSEEN}, "end a@70 lost adopted"},
		{{.kind = RESULT_UNSEEN, .timed_out = true}, "end a@70 timeout"},
		{{.kind = RESULT_UNSEEN, .cancelled = true}, "end a@70 killed operator"},
		/* Nobody watched it after all. */
		{{.kind = RESULT_NO_RESOURCES}, "end a@70 lost adopted"},
		{{.kind = RESULT_NOT_STARTED}, "end a@70 lost adopted"},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = adopt(
			&(struct job_spec){.name = "a", .every = 10, .with = &thrice}, 1 + i % 2);

		kill_run(&rig, find_run(&rig, "a", 70));
		expect(&rig, "term a@70");
		finish_as(&rig, "a", 70, cases[i / 2].result);
		expect(&rig, cases[i / 2].effects);
		end(&rig);
	}
}

static void test_adopted_runs_are_replaced_and_stopped(void **state)
{
	struct rig rig = adopt(&(struct job_spec){.name = "a", .overlap = OVERLAP_REPLACE}, 2);

	(void)state;
	run_until(&rig, 80);
	expect(&rig, "arm b 90; start b@80; arm a 90; term a@70");
	finish_as(&rig, "a", 70, (struct run_result){.kind = RESULT_UNSEEN, .cancelled = true});
	expect(&rig, "end a@70 killed replaced; start a@80");
	end(&rig);

	rig = adopt(&(struct job_spec){.name = "a"}, 1);
	happen(&rig, ENGINE_STOP);
	happen(&rig, ENGINE_HURRY);
	expect(&rig, "disarm a; disarm b; term a@70");
	/* The next life may watch it, as this one has not. */
	finish_as(&rig, "a", 70, (struct run_result){.kind = RESULT_NOT_STARTED});
	expect(&rig, "put off a@70; drained");
	end(&rig);
}

static void test_a_run_that_waited_for_its_next_attempt_does_so_still(void **state)
{
	struct past_spec past = {
		.accounted = 70,
		.runs = {{.id = 5,
			  .slot = S(70),
			  .state = PAST_BACKOFF,
			  .attempt = 2,
			  .verdict = VERDICT_TIMEOUT,
			  .result = {.kind = RESULT_EXITED, .code = 1, .timed_out = true},
			  .wait = S(2)}},
	};
	struct model_spec model = {.jobs = {{.name = "a", .with = &thrice}}};
	struct rig rig = begin_with_record(77, &model, &past);

	(void)state;
	expect(&rig, "retry a@70 in 2; arm a 80; loaded +1 ~0 -0 =0");
	retry(&rig, "a", 70);
	expect(&rig, "start a@70 #3");
	fail_run(&rig, "a", 70);
	expect(&rig, "end a@70 failed; [a: 1 failures]");
	end(&rig);

	/* Unless no further attempt is to be made any more. */
	model.jobs[0].with = &last;
	rig = begin_with_record(77, &model, &past);
	expect(&rig, "end a@70 timeout; [a: 1 failures]; arm a 80; loaded +1 ~0 -0 =0");
	end(&rig);
}

static bool list_id(void *ctx, struct engine_run *run)
{
	record(ctx, "%d", (int)run->id);
	return true;
}

static void test_runs_are_in_the_order_in_which_they_were_accepted(void **state)
{
	struct past_run runs[2][2] = {
		{{.id = 3, .slot = S(70)}, {.id = 7, .slot = S(80)}},
		{{.id = 2, .slot = S(70)}, {.id = 5, .slot = S(80)}},
	};
	struct past_job jobs[2];
	struct rig rig = begin_bare(85);

	(void)state;
	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < 2; k++) {
			runs[i][k].state = PAST_STARTED;
			runs[i][k].alive = true;
			runs[i][k].attempt = 1;
		}
		jobs[i] = (struct past_job){.name = i ? "b" : "a",
					    .schedule = EVERY_10,
					    .accounted = S(80),
					    .held = USEC_INFINITY,
					    .runs = runs[i],
					    .n_runs = 2};
	}
	load_with(&rig, &(struct model_spec){.jobs = {{.name = "a"}, {.name = "b"}}},
		  &(struct past){.jobs = jobs, .n_jobs = 2, .last_run = 7});
	forget(&rig);
	engine_each_run(rig.engine, list_id, &rig);
	expect(&rig, "2; 3; 5; 7");
	assert_int_equal(find_job(&rig, "a")->runs->id, 7);
	end(&rig);
}

static void test_there_is_room_for_whatever_is_left(void **state)
{
	struct past_run runs[40];
	struct past_job job = {.name = "a",
			       .schedule = EVERY_10,
			       .accounted = S(70),
			       .held = USEC_INFINITY,
			       .runs = runs,
			       .n_runs = 40};
	const struct past past = {.jobs = &job, .n_jobs = 1, .last_run = 40};
	struct rig rig = begin_bare(77);

	(void)state;
	for (int i = 0; i < 40; i++)
		runs[i] = (struct past_run){
			.id = (uint64_t)i + 1,
			.slot = i % 4 == 3 ? S(60) : S(70),
			.state = i % 4 == 3 ? PAST_BACKOFF : PAST_STARTED,
			.alive = i % 4 < 2,
			.attempt = i % 4 == 1 ? 2 : 1,
			.verdict = VERDICT_FAILED,
			.result = {.kind = RESULT_EXITED, .code = 1},
			.wait = S(1000),
		};
	load_with(&rig,
		  &(struct model_spec){.workers = 1,
				       .jobs = {{.name = "a", .with = &thrice}, {.name = "b"}}},
		  &past);
	forget(&rig);
	assert_int_equal(counted(&rig, VERDICT_LOST), 10);
	assert_int_equal(engine_submitted(rig.engine), 20);
	assert_int_equal(find_job(&rig, "a")->live, 30);
	run_until(&rig, 80);
	expect(&rig, "arm b 90; full; b@80 refused queue_full ...; arm a 90; "
		     "a@80 skipped overlap ...");
	for (int i = 0; i < 20; i++)
		finish_as(&rig, "a", 70, (struct run_result){.kind = RESULT_UNSEEN});
	forget(&rig);
	run_until(&rig, 90);
	expect(&rig, "arm a 100; a@90 skipped overlap ...; arm b 100; start b@90");
	end(&rig);
}

static void test_what_a_job_had_come_to(void **state)
{
	struct model_spec model = {.jobs = {{.name = "a"}}};
	struct past_job job = {.name = "a",
			       .schedule = EVERY_10,
			       .accounted = S(70),
			       .held = USEC_INFINITY,
			       .failures = 3,
			       .told = true,
			       .last_id = 9,
			       .last_verdict = VERDICT_TIMEOUT};
	const struct past past = {.jobs = &job, .n_jobs = 1, .last_run = 20};
	struct rig rig = begin_bare(77);
	const struct engine_job *engine_job;

	(void)state;
	load_with(&rig, &model, &past);
	engine_job = find_job(&rig, "a");
	assert_int_equal(engine_job->failures, 3);
	assert_true(engine_job->told);
	assert_int_equal(engine_job->last_id, 9);
	assert_int_equal(engine_job->last_verdict, VERDICT_TIMEOUT);
	assert_int_equal(engine_job->accounted, S(70));
	end(&rig);

	/* One that was not configured any more begins anew. */
	job.schedule = NULL;
	rig = begin_bare(77);
	load_with(&rig, &model, &past);
	engine_job = find_job(&rig, "a");
	assert_int_equal(engine_job->failures, 0);
	assert_false(engine_job->told);
	assert_int_equal(engine_job->last_id, 0);
	end(&rig);
}

static void test_a_success_is_expected_as_if_it_had_not_been_down(void **state)
{
	static const struct job_settings settings = {.expect_within = S(100)};
	static const struct {
		int last_success;
		const char *effects;
	} cases[] = {
		{0, "expect a in 100"},     {50, "expect a in 73"},       {77, "expect a in 100"},
		{-30, "expect a in 1e-06"}, {1000000, "expect a in 100"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct past_job job = {.name = "a",
				       .schedule = EVERY_10,
				       .accounted = S(70),
				       .held = USEC_INFINITY,
				       .last_success = S(cases[i].last_success)};
		struct rig rig = begin_bare(77);
		char effects[100];

		load_with(&rig, &(struct model_spec){.jobs = {{.name = "a", .with = &settings}}},
			  &(struct past){.jobs = &job, .n_jobs = 1});
		(void)snprintf(effects, sizeof(effects), "%s; arm a 80; loaded +1 ~0 -0 =0",
			       cases[i].effects);
		expect(&rig, effects);
		end(&rig);
	}
}

static void test_a_pause_goes_on(void **state)
{
	static const struct {
		struct job_settings settings;
		int until;
		const char *effects;
	} cases[] = {
		{{.catch_up = CATCH_UP_LAST},
		 0,
		 "[a holds nothing]; [streak 31 a@40-40 paused paused x1]; a@40 paused paused ...; "
		 "[streak 31 a@40-60 paused paused x2]; arm a 80"},
		{{.catch_up = CATCH_UP_NONE},
		 78,
		 "[a holds nothing]; [streak 31 a@40-40 paused paused x1]; a@40 paused paused ...; "
		 "[streak 31 a@40-70 paused paused x3]; arm a 78"},
		/* It holds what it held. */
		{{.catch_up = CATCH_UP_ALL}, 0, "arm a 80"},
		/* It was over before. */
		{{.catch_up = CATCH_UP_NONE},
		 77,
		 "[a holds nothing]; resumed a; [a: 0 failures]; "
		 "[streak 31 a@40-70 missed down x3]; a@40-70 missed down x3; arm a 80"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct past_job job = {.name = "a",
				       .schedule = EVERY_10,
				       .accounted = S(50),
				       .held = S(40),
				       .paused = true,
				       .until = cases[i].until ? S(cases[i].until) : USEC_INFINITY,
				       .reason = "work on it"};
		struct rig rig = begin_bare(77);
		char effects[300];

		rig.on_record = true;
		load_with(&rig,
			  &(struct model_spec){.jobs = {{.name = "a",
							 .overlap = OVERLAP_QUEUE,
							 .with = &cases[i].settings}}},
			  &(struct past){.jobs = &job, .n_jobs = 1, .last_streak = 30});
		(void)snprintf(effects, sizeof(effects), "%s; loaded +1 ~0 -0 =0",
			       cases[i].effects);
		expect(&rig, effects);
		if (i < 3)
			assert_string_equal(find_job(&rig, "a")->pause->reason, "work on it");
		if (i == 2) {
			resume_job(&rig, "a");
			expect(&rig, "resumed a; [a: 0 failures]; [a holds nothing]; [run 1 a@40]; "
				     "start a@40");
			assert_int_equal(find_job(&rig, "a")->backlog, S(60));
		}
		end(&rig);
	}
}

static void test_a_paused_job_goes_on_with_what_had_been_accepted(void **state)
{
	struct past_run run = {.id = 7, .slot = S(60)};
	struct past_job job = {.name = "a",
			       .schedule = EVERY_10,
			       .accounted = S(70),
			       .held = S(40),
			       .paused = true,
			       .until = USEC_INFINITY,
			       .runs = &run,
			       .n_runs = 1};
	struct rig rig = begin_bare(77);

	(void)state;
	load_with(&rig,
		  &(struct model_spec){
			  .jobs = {{.name = "a", .overlap = OVERLAP_QUEUE, .with = &all}}},
		  &(struct past){.jobs = &job, .n_jobs = 1, .last_run = 7});
	expect(&rig, "start a@60; arm a 80; loaded +1 ~0 -0 =0");
	assert_int_equal(find_job(&rig, "a")->held, S(40));
	end(&rig);
}

static void test_a_load_that_is_dropped_leaves_nothing(void **state)
{
	struct past_run run = {.id = 5, .slot = S(70), .state = PAST_STARTED, .attempt = 1};
	struct past_job job = {.name = "a",
			       .schedule = EVERY_10,
			       .held = S(60),
			       .paused = true,
			       .until = USEC_INFINITY,
			       .runs = &run,
			       .n_runs = 1};
	const struct past past = {.jobs = &job, .n_jobs = 1};
	struct rig rig = begin_bare(77);
	struct model *model = build_model(&(struct model_spec){.jobs = {{.name = "a"}}});
	struct engine_load *load = NULL;

	(void)state;
	assert_int_equal(engine_prepare(rig.engine, model, &past, &load), 0);
	model_unref(model);
	engine_load_free(load);
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_due_while_it_was_down),
		cmocka_unit_test(test_a_lost_clock_that_is_found_catches_up),
		cmocka_unit_test(test_a_job_that_is_not_what_it_was_has_nothing_to_catch_up),
		cmocka_unit_test(test_what_had_been_accepted_or_held_is_looked_at_anew),
		cmocka_unit_test(test_a_slot_that_others_had_overtaken_is_on_record_while_it_waits),
		cmocka_unit_test(test_slots_that_were_accepted_out_of_order_run_in_theirs),
		cmocka_unit_test(test_a_run_whose_process_is_gone_is_lost),
		cmocka_unit_test(test_a_run_whose_process_lives_is_as_any_other),
		cmocka_unit_test(test_how_adopted_runs_end),
		cmocka_unit_test(test_adopted_runs_are_replaced_and_stopped),
		cmocka_unit_test(test_a_run_that_waited_for_its_next_attempt_does_so_still),
		cmocka_unit_test(test_runs_are_in_the_order_in_which_they_were_accepted),
		cmocka_unit_test(test_there_is_room_for_whatever_is_left),
		cmocka_unit_test(test_what_a_job_had_come_to),
		cmocka_unit_test(test_a_success_is_expected_as_if_it_had_not_been_down),
		cmocka_unit_test(test_a_pause_goes_on),
		cmocka_unit_test(test_a_paused_job_goes_on_with_what_had_been_accepted),
		cmocka_unit_test(test_a_load_that_is_dropped_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
