/* Holds: what is told of which run, to whom, in which order; what is dropped, and what is expected
   of a job. */
#include "engine_fixture.h"

#define COMMAND                                                                                    \
	{                                                                                          \
		"x", 1, false                                                                      \
	}
#define MAIL                                                                                       \
	{                                                                                          \
		"root", 1                                                                          \
	}

static const struct job_settings all_hooks = {
	.hooks = {COMMAND, COMMAND, COMMAND, COMMAND, COMMAND},
};
static const struct job_settings no_start = {
	.hooks = {[HOOK_SUCCESS] = COMMAND, [HOOK_FAILURE] = COMMAND, [HOOK_RECOVERY] = COMMAND},
};
static const struct job_settings on_failure = {.hooks = {[HOOK_FAILURE] = COMMAND}};
static const struct job_settings on_success = {.hooks = {[HOOK_SUCCESS] = COMMAND}};
static const struct job_settings on_missed = {.hooks = {[HOOK_MISSED] = COMMAND}};

static struct rig begin_one(const struct job_settings *with)
{
	return begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = with}}});
}

/* The run of the next slot ends so; then the effects of that, and the notice is carried out. */
static void end_next(struct rig *rig, struct run_result result)
{
	int slot = (int)(find_job(rig, "a")->next / USEC_PER_SEC);

	run_until(rig, slot);
	forget(rig);
	finish_as(rig, "a", slot, result);
	if (find_job(rig, "a")->telling)
		told(rig, "a");
}

static const struct run_result ok = {.kind = RESULT_EXITED};
static const struct run_result bad = {.kind = RESULT_EXITED, .code = 1};
static const struct run_result shot = {.kind = RESULT_SIGNALLED, .cancelled = true};

static void test_a_job_that_nobody_asks_about_makes_no_notice(void **state)
{
	struct rig rig = begin_one(NULL);

	(void)state;
	end_next(&rig, bad);
	expect(&rig, "end a@10 failed");
	assert_int_equal(find_job(&rig, "a")->failures, 1);
	end_next(&rig, ok);
	expect(&rig, "end a@20 ok");
	assert_int_equal(engine_counters(rig.engine)->notices, 0);
	end(&rig);
}

static void test_the_run_goes_on_as_the_notice_of_its_end(void **state)
{
	struct rig rig = begin_one(&on_failure);
	struct engine_run *run;

	(void)state;
	run_until(&rig, 10);
	run = find_run(&rig, "a", 10);
	forget(&rig);
	fail_run(&rig, "a", 10);
	expect(&rig, "end a@10 failed; tell a@10: failure failed x1");
	assert_ptr_equal(find_job(&rig, "a")->telling, run);
	assert_int_equal(run->id, 1);
	assert_int_equal(find_job(&rig, "a")->live, 0);
	assert_int_equal(engine_submitted(rig.engine), 1);
	run_until(&rig, 20); /* it keeps no run from starting */
	expect(&rig, "arm a 30; start a@20");
	told(&rig, "a");
	expect(&rig, "");
	assert_int_equal(engine_submitted(rig.engine), 1);
	assert_int_equal(engine_counters(rig.engine)->notices, 1);
	end(&rig);
}

static void test_failures_are_told_once_and_then_the_recovery(void **state)
{
	struct rig rig = begin_one(&no_start);

	(void)state;
	end_next(&rig, ok);
	expect(&rig, "end a@10 ok; tell a@10: success ok x0");
	end_next(&rig, bad);
	expect(&rig, "end a@20 failed; tell a@20: failure failed x1");
	end_next(&rig, (struct run_result){.kind = RESULT_SIGNALLED, .timed_out = true});
	expect(&rig, "end a@30 timeout");
	end_next(&rig, ok);
	expect(&rig, "end a@40 ok; tell a@40: success+recovery ok x2");
	end_next(&rig, ok);
	expect(&rig, "end a@50 ok; tell a@50: success ok x0");
	end_next(&rig, bad);
	expect(&rig, "end a@60 failed; tell a@60: failure failed x1");
	end(&rig);
}

static void test_so_many_failures_in_a_row_before_any_is_told(void **state)
{
	struct job_settings with = no_start;
	struct rig rig;

	(void)state;
	with.notify_after = 3;
	rig = begin_one(&with);
	end_next(&rig, bad);
	end_next(&rig, bad);
	end_next(&rig, ok); /* nobody heard of those */
	expect(&rig, "end a@30 ok; tell a@30: success ok x2");
	end_next(&rig, bad);
	end_next(&rig, bad);
	expect(&rig, "end a@50 failed");
	end_next(&rig, bad);
	expect(&rig, "end a@60 failed; tell a@60: failure failed x3");
	end_next(&rig, bad);
	expect(&rig, "end a@70 failed");
	end_next(&rig, ok);
	expect(&rig, "end a@80 ok; tell a@80: success+recovery ok x4");
	end(&rig);
}

static void test_each_failure_is_told_if_asked_for(void **state)
{
	struct job_settings with = no_start;
	struct rig rig;

	(void)state;
	with.notify_when = NOTIFY_ALWAYS;
	with.notify_after = 2;
	rig = begin_one(&with);
	end_next(&rig, bad);
	expect(&rig, "end a@10 failed");
	end_next(&rig, bad);
	expect(&rig, "end a@20 failed; tell a@20: failure failed x2");
	end_next(&rig, bad);
	expect(&rig, "end a@30 failed; tell a@30: failure failed x3");
	end_next(&rig, ok);
	expect(&rig, "end a@40 ok; tell a@40: success+recovery ok x3");
	end(&rig);
}

static void test_what_did_not_fail_by_itself_changes_no_count(void **state)
{
	struct job_settings with = no_start;
	struct rig rig;

	(void)state;
	with.notify_after = 2;
	rig = begin_one(&with);
	end_next(&rig, bad);
	end_next(&rig, shot);
	end_next(&rig, (struct run_result){.kind = RESULT_NOT_STARTED});
	end_next(&rig, (struct run_result){.kind = RESULT_NO_RESOURCES});
	end_next(&rig, (struct run_result){.kind = RESULT_UNWANTED});
	assert_int_equal(find_job(&rig, "a")->failures, 1);
	end_next(&rig, bad);
	expect(&rig, "a@50-50 skipped condition x1; end a@60 failed; "
		     "tell a@60: failure failed x2");
	end(&rig);
}

static void test_when_a_mail_goes_out(void **state)
{
	/* Of: a success, one with output, a failure, another with output, a kill with output, a
	   recovery. */
	static const struct {
		enum mail_when when;
		const char *mails;
	} rows[] = {
		{MAIL_FAILURE, "..F..."},
		{MAIL_CHANGE, "..F..R"},
		{MAIL_OUTPUT, ".o.f.."},
		{MAIL_ALWAYS, "ooFf.R"},
	};
	static const struct run_result results[] = {
		{.kind = RESULT_EXITED},
		{.kind = RESULT_EXITED, .printed = 1},
		{.kind = RESULT_EXITED, .code = 1},
		{.kind = RESULT_EXITED, .code = 1, .printed = 1},
		{.kind = RESULT_SIGNALLED, .cancelled = true, .printed = 1},
		{.kind = RESULT_EXITED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings with = {.mail_to = MAIL, .mail_when = rows[i].when};
		struct rig rig = begin_one(&with);
		char mails[ARRAY_LENGTH(results) + 1] = "";

		for (size_t k = 0; k < ARRAY_LENGTH(results); k++) {
			end_next(&rig, results[k]);
			mails[k] = !strstr(rig.log, "mail")        ? '.'
				   : strstr(rig.log, "mail ok x2") ? 'R'
				   : strstr(rig.log, "mail ok")    ? 'o'
				   : strstr(rig.log, "x1")         ? 'F'
								   : 'f';
		}
		assert_string_equal(mails, rows[i].mails);
		end(&rig);
	}
}

static void test_a_mail_needs_an_address(void **state)
{
	struct job_settings with = {.mail_when = MAIL_ALWAYS};
	struct rig rig = begin_one(&with);

	(void)state;
	end_next(&rig, bad);
	expect(&rig, "end a@10 failed");
	end(&rig);
}

static void test_the_start_is_told_of_the_first_attempt(void **state)
{
	struct job_settings with = all_hooks;
	struct rig rig;

	(void)state;
	with.retries = 1;
	rig = begin_one(&with);
	run_until(&rig, 10);
	forget(&rig);
	started(&rig, "a", 10);
	expect(&rig, "tell a@10: start");
	assert_int_equal(find_job(&rig, "a")->telling->id, 1);
	assert_int_equal(find_job(&rig, "a")->telling->attempt, 1);
	fail_run(&rig, "a", 10);
	retry(&rig, "a", 10);
	forget(&rig);
	started(&rig, "a", 10);
	expect(&rig, "");
	finish(&rig, "a", 10); /* in order: that of the start first */
	expect(&rig, "end a@10 ok");
	told(&rig, "a");
	expect(&rig, "tell a@10: success ok x0");
	end(&rig);
}

static void test_one_waits_beside_one_under_way_and_the_latest_counts(void **state)
{
	struct rig rig = begin_one(&on_success);

	(void)state;
	for (int slot = 10; slot <= 40; slot += 10) {
		run_until(&rig, slot);
		forget(&rig);
		finish(&rig, "a", slot);
	}
	expect(&rig, "end a@40 ok; drop a@30 held");
	assert_int_equal(engine_counters(rig.engine)->notices_dropped, 2);
	told(&rig, "a");
	expect(&rig, "dropped a x2; tell a@40: success ok x0");
	told(&rig, "a");
	expect(&rig, "");
	end(&rig);
}

static void test_a_start_does_not_take_the_place_of_what_waits(void **state)
{
	struct rig rig = begin_one(&all_hooks);

	(void)state;
	run_until(&rig, 10);
	started(&rig, "a", 10);
	fail_run(&rig, "a", 10); /* waits behind the start */
	run_until(&rig, 20);
	forget(&rig);
	started(&rig, "a", 20);
	expect(&rig, "drop a@20 held");
	told(&rig, "a");
	expect(&rig, "tell a@10: failure failed x1");
	end(&rig);
}

static void test_an_alarm_goes_on_with_what_takes_its_place(void **state)
{
	struct job_settings with = {
		.hooks = {[HOOK_START] = COMMAND, [HOOK_FAILURE] = COMMAND},
		.mail_to = MAIL,
		.mail_when = MAIL_ALWAYS,
	};
	struct rig rig = begin_one(&with);

	(void)state;
	run_until(&rig, 10);
	started(&rig, "a", 10);
	fail_run(&rig, "a", 10);
	run_until(&rig, 20);
	forget(&rig);
	fail_run(&rig, "a", 20);
	expect(&rig, "end a@20 failed; drop a@10 held");
	told(&rig, "a");
	expect(&rig, "tell a@20: failure+mail failed x2");
	end(&rig);
}

/* Notices of a, b, c, d and e are made; the line takes one at a time. */
static struct rig begin_line(unsigned workers, unsigned queue)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .workers = workers,
					  .queue = queue,
					  .jobs = {{.name = "a", .offset = 1, .with = &on_failure},
						   {.name = "b", .offset = 2, .with = &on_failure},
						   {.name = "c", .offset = 3, .with = &on_failure},
						   {.name = "d", .offset = 4, .with = &on_failure},
						   {.name = "e", .offset = 5, .with = &on_failure}},
				  });

	for (int i = 0; i < 5; i++) {
		run_until(&rig, 11 + i);
		forget(&rig);
		fail_run(&rig, (const char *[]){"a", "b", "c", "d", "e"}[i], 11 + i);
	}
	return rig;
}

static void test_few_are_under_way_at_a_time(void **state)
{
	struct rig rig = begin_line(4, 4);

	(void)state;
	expect(&rig, "end e@15 failed");
	assert_int_equal(engine_submitted(rig.engine), 1);
	assert_int_equal(engine_waiting(rig.engine), 0);
	told(&rig, "a");
	expect(&rig, "tell b@12: failure failed x1");
	told(&rig, "b");
	expect(&rig, "tell c@13: failure failed x1");
	end(&rig);

	rig = begin_line(8, 0);
	expect(&rig, "end e@15 failed");
	assert_int_equal(engine_submitted(rig.engine), 2);
	end(&rig);
}

static void test_what_takes_a_place_stands_in_line_where_that_stood(void **state)
{
	struct model_spec spec = {
		.workers = 4,
		.jobs = {{.name = "a", .offset = 1, .with = &on_success},
			 {.name = "b", .offset = 2, .with = &on_success},
			 {.name = "c", .offset = 3, .with = &on_success}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 13);
	finish(&rig, "a", 11);
	finish(&rig, "b", 12);
	finish(&rig, "c", 13);
	run_until(&rig, 22);
	forget(&rig);
	finish(&rig, "b", 22);
	expect(&rig, "end b@22 ok; drop b@12 held");
	told(&rig, "a");
	expect(&rig, "tell b@22: success ok x0");
	end(&rig);
}

static void test_more_workers_tell_more_at_a_time(void **state)
{
	struct model_spec spec = {
		.workers = 4,
		.jobs = {{.name = "a", .offset = 1, .with = &on_success},
			 {.name = "b", .offset = 2, .with = &on_success}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 12);
	finish(&rig, "a", 11);
	finish(&rig, "b", 12);
	forget(&rig);
	spec.workers = 8;
	load(&rig, &spec);
	expect(&rig, "tell b@12: success ok x0; loaded +0 ~0 -0 =2");
	end(&rig);
}

static void test_those_that_wait_refuse_nobody(void **state)
{
	struct rig rig = begin_line(2, 3);

	(void)state;
	forget(&rig);
	run_until(&rig, 24);
	expect(&rig, "arm a 31; start a@21; arm b 32; start b@22; arm c 33; start c@23; "
		     "arm d 34; start d@24");
	assert_int_equal(engine_submitted(rig.engine), 5);
	told(&rig, "a"); /* and there is no room for the next until the pool has some */
	expect(&rig, "tell b@12: failure failed x1");
	end(&rig);
}

static void test_they_too_wait_for_room_in_the_pool(void **state)
{
	struct rig rig = begin(
		5, &(struct model_spec){
			   .workers = 1,
			   .jobs = {{.name = "a", .with = &on_missed}, {.name = "b", .offset = 5}},
		   });

	(void)state;
	run_until(&rig, 20);
	forget(&rig);
	assert_int_equal(engine_submitted(rig.engine), 1);
	finish(&rig, "a", 10);
	expect(&rig, "a@20-20 skipped overlap x1; end a@10 ok; tell a: missed skipped overlap x1; "
		     "room again, refused 1");
	end(&rig);
}

static void test_what_finds_no_place_is_dropped_and_told_next_time(void **state)
{
	struct rig rig = begin_line(1, 1); /* two places */

	(void)state;
	expect(&rig, "end e@15 failed; drop e@15 no_room");
	assert_false(find_job(&rig, "e")->told);
	assert_true(find_job(&rig, "b")->told);
	told(&rig, "a");
	told(&rig, "b");
	for (int i = 0; i < 4; i++) {
		run_until(&rig, 21 + i);
		finish(&rig, (const char *[]){"a", "b", "c", "d"}[i], 21 + i);
	}
	run_until(&rig, 25);
	forget(&rig);
	fail_run(&rig, "e", 25);
	expect(&rig, "end e@25 failed; tell e@25: failure failed x2");
	end(&rig);
}

static void test_a_missed_streak_is_told_at_its_beginning(void **state)
{
	struct rig rig = begin_one(&on_missed);

	(void)state;
	run_until(&rig, 40);
	expect(&rig, "arm a 20; start a@10; arm a 30; a@20 skipped overlap ...; "
		     "tell a: missed skipped overlap x1; arm a 40; arm a 50");
	assert_int_equal(find_job(&rig, "a")->telling->id, 0);
	assert_int_equal(find_job(&rig, "a")->telling->slot, S(20));
	assert_int_equal(find_job(&rig, "a")->telling->attempt, 0);
	told(&rig, "a");
	finish(&rig, "a", 10);
	forget(&rig);
	stall_until(&rig, 75);
	expect(&rig, "a@50-60 coalesced late x2; tell a: missed coalesced late x2; arm a 80; "
		     "start a@70");
	end(&rig);
}

static void test_what_is_missed_while_it_waits_is_counted_in(void **state)
{
	struct job_settings with = {
		.hooks = {
			[HOOK_START] = COMMAND, [HOOK_MISSED] = COMMAND, [HOOK_FAILURE] = COMMAND}};
	struct rig rig = begin_one(&with);

	(void)state;
	run_until(&rig, 10);
	started(&rig, "a", 10);
	run_until(&rig, 40);
	forget(&rig);
	fail_run(&rig, "a", 10); /* takes its place; what was missed is told after it */
	expect(&rig, "a@20-40 skipped overlap x3; end a@10 failed");
	told(&rig, "a");
	expect(&rig, "tell a@10: failure failed x1");
	told(&rig, "a");
	expect(&rig, "tell a: missed skipped overlap x3");
	assert_int_equal(engine_counters(rig.engine)->notices_dropped, 0);
	end(&rig);
}

static void test_what_was_missed_is_owed_until_there_is_a_place(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .workers = 1,
					  .jobs = {{.name = "a", .offset = 1, .with = &on_missed},
						   {.name = "b", .offset = 2, .with = &on_missed},
						   {.name = "c", .offset = 3, .with = &on_missed}},
				  });

	(void)state;
	run_until(&rig, 33);
	/* One place, which b's has, and the pool is full. */
	assert_int_equal(find_job(&rig, "b")->notice->notice.missed, 3);
	assert_int_equal(find_job(&rig, "c")->owed.count, 3);
	assert_int_equal(find_job(&rig, "a")->owed.count, 2);
	forget(&rig);
	finish(&rig, "a", 11);
	expect(&rig, "a@21-31 skipped overlap x2; end a@11 ok; "
		     "tell b: missed refused queue_full x3; room again, refused 6");
	told(&rig, "b");
	expect(&rig, "tell c: missed refused queue_full x3");
	told(&rig, "c");
	expect(&rig, "tell a: missed skipped overlap x2");
	told(&rig, "a");
	expect(&rig, "");
	end(&rig);
}

static void test_what_is_owed_waits_behind_a_notice_that_a_reload_brings(void **state)
{
	struct job_settings with = {
		.hooks = {[HOOK_MISSED] = COMMAND, [HOOK_FAILURE] = COMMAND},
		.retries = 1,
		.retry_delay = S(1000),
	};
	struct model_spec spec = {
		.workers = 2,
		.jobs = {{.name = "a", .every = 1000, .offset = 10, .with = &on_success},
			 {.name = "b", .with = &with},
			 {.name = "c", .every = 1000, .offset = 15, .with = &on_success}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "b", 10);
	finish(&rig, "a", 10);
	run_until(&rig, 15);
	finish(&rig, "c", 15);
	run_until(&rig, 20);
	assert_true(find_job(&rig, "b")->owes);
	spec.queue = 100; /* now there is room; but the run of b ends, and that is told first */
	with.retries = 0;
	forget(&rig);
	load(&rig, &spec);
	expect(&rig, "no retry b@10; b@20-20 skipped overlap x1; end b@10 failed; "
		     "loaded +0 ~1 -0 =2");
	told(&rig, "a");
	told(&rig, "c");
	expect(&rig, "tell c@15: success ok x0; tell b@10: failure failed x1");
	told(&rig, "b");
	expect(&rig, "tell b: missed skipped overlap x1");
	end(&rig);
}

static void test_what_is_owed_goes_with_the_job_or_the_daemon(void **state)
{
	struct model_spec spec = {
		.workers = 1,
		.jobs = {{.name = "a", .offset = 1, .with = &on_missed},
			 {.name = "b", .offset = 2, .with = &on_missed},
			 {.name = "c", .offset = 3, .with = &on_missed}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 33);
	spec.jobs[2] = (struct job_spec){0};
	load(&rig, &spec);
	assert_int_equal(engine_counters(rig.engine)->notices_dropped, 1);
	happen(&rig, ENGINE_STOP);
	assert_int_equal(engine_counters(rig.engine)->notices_dropped, 2);
	forget(&rig);
	finish(&rig, "a", 11);
	expect(&rig, "end a@11 ok; tell b: missed refused queue_full x3");
	told(&rig, "b");
	expect(&rig, "drained");
	end(&rig);
}

static void test_runs_that_never_ran_were_missed_too(void **state)
{
	struct rig rig = begin_one(&on_missed);

	(void)state;
	end_next(&rig, (struct run_result){.kind = RESULT_NO_RESOURCES});
	expect(&rig, "a@10 refused no_resources ...; tell a: missed refused no_resources x1");
	end_next(&rig, (struct run_result){.kind = RESULT_NO_RESOURCES}); /* and so on */
	expect(&rig, "");
	end_next(&rig, (struct run_result){.kind = RESULT_UNWANTED});
	expect(&rig, "a@10-20 refused no_resources x2; a@30 skipped condition ...");
	end_next(&rig, (struct run_result){.kind = RESULT_NOT_STARTED});
	expect(&rig, "a@30-30 skipped condition x1; end a@40 cancelled stopping");
	end(&rig);
}

static void test_a_success_is_expected_anew_after_each(void **state)
{
	struct job_settings with = {.expect_within = S(60)};
	struct model_spec spec = {.jobs = {{.name = "a", .with = &with}}};
	struct rig rig = {.now = S(5)};

	(void)state;
	assert_int_equal(engine_new(0, 0, &rig.engine), 0);
	load(&rig, &spec);
	expect(&rig, "arm a 10; expect a in 60; loaded +1 ~0 -0 =0");
	end_next(&rig, ok);
	expect(&rig, "end a@10 ok; expect a in 60");
	end_next(&rig, bad);
	expect(&rig, "end a@20 failed");
	spec.jobs[0].command = "false";
	load(&rig, &spec);
	expect(&rig, "loaded +0 ~1 -0 =0");
	with.expect_within = S(70);
	load(&rig, &spec);
	expect(&rig, "expect a in 70; loaded +0 ~1 -0 =0");
	with.expect_within = 0;
	load(&rig, &spec);
	expect(&rig, "expect nothing of a; loaded +0 ~1 -0 =0");
	end_next(&rig, ok);
	expect(&rig, "end a@30 ok");
	with.expect_within = S(80);
	load(&rig, &spec);
	forget(&rig);
	load(&rig, &(struct model_spec){.workers = 1});
	expect(&rig, "disarm a; expect nothing of a; free a; loaded +0 ~0 -1 =0");
	load(&rig, &spec);
	expect(&rig, "arm a 40; expect a in 80; loaded +1 ~0 -0 =0");
	happen(&rig, ENGINE_STOP);
	expect(&rig, "disarm a; expect nothing of a; drained");
	end(&rig);
}

static void test_a_job_that_comes_back_is_expected_to_succeed_again(void **state)
{
	struct job_settings with = {.expect_within = S(60)};
	struct model_spec spec = {.jobs = {{.name = "a", .with = &with}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 10);
	load(&rig, &(struct model_spec){.workers = 1});
	forget(&rig);
	load(&rig, &spec);
	expect(&rig, "arm a 20; expect a in 60; loaded +1 ~0 -0 =0");
	load(&rig, &(struct model_spec){.workers = 1});
	forget(&rig);
	finish(&rig, "a", 10); /* of a job that is gone nothing is expected */
	expect(&rig, "end a@10 ok; free a");
	end(&rig);
}

static void overdue(struct rig *rig)
{
	step(rig, (struct engine_event){.kind = ENGINE_OVERDUE, .job = find_job(rig, "a")});
}

static void test_a_job_that_is_overdue_is_told_once_and_recovers(void **state)
{
	struct job_settings with = {
		.hooks = {[HOOK_FAILURE] = COMMAND, [HOOK_RECOVERY] = COMMAND},
		.mail_to = MAIL,
		.expect_within = S(60),
		.notify_after = 9,
	};
	struct rig rig = begin_one(&with);

	(void)state;
	overdue(&rig);
	expect(&rig, "overdue a; tell a: failure+mail overdue skipped run 0");
	assert_true(find_job(&rig, "a")->overdue);
	told(&rig, "a");
	overdue(&rig);
	expect(&rig, "overdue a");
	end_next(&rig, ok);
	expect(&rig, "end a@10 ok; expect a in 60; tell a@10: recovery ok x0");
	assert_false(find_job(&rig, "a")->overdue);
	end_next(&rig, bad);
	expect(&rig, "end a@20 failed");
	overdue(&rig);
	expect(&rig, "overdue a; tell a: failure+mail overdue failed run 2");
	end(&rig);
}

static void test_what_is_known_to_fail_need_not_be_told_when_overdue(void **state)
{
	struct job_settings with = on_failure;
	struct rig rig;

	(void)state;
	with.expect_within = S(60);
	rig = begin_one(&with);
	end_next(&rig, bad);
	forget(&rig);
	overdue(&rig);
	expect(&rig, "overdue a");
	end_next(&rig, bad);
	expect(&rig, "end a@20 failed");
	end(&rig);
}

static void test_an_overdue_that_comes_too_late_is_nothing(void **state)
{
	struct job_settings with = {.expect_within = S(60)};
	struct model_spec spec = {.jobs = {{.name = "a", .with = &with}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	with.expect_within = 0;
	load(&rig, &spec);
	forget(&rig);
	overdue(&rig);
	expect(&rig, "");
	with.expect_within = S(60);
	load(&rig, &spec);
	happen(&rig, ENGINE_STOP);
	forget(&rig);
	overdue(&rig);
	expect(&rig, "");
	end(&rig);
}

static void test_notices_keep_their_definition_and_their_job(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a", .with = &on_failure}}};
	struct rig rig = begin(5, &spec);
	struct engine_job *job = find_job(&rig, "a");
	const struct model *model = engine_model(rig.engine);

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "a", 10);
	forget(&rig);
	load(&rig, &(struct model_spec){.workers = 1});
	expect(&rig, "disarm a; loaded +0 ~0 -1 =0");
	assert_int_equal(model->refs, 1);
	assert_ptr_equal(job->telling->def, &model->jobs[0]);
	load(&rig, &spec); /* it comes back, and remembers */
	assert_ptr_equal(find_job(&rig, "a"), job);
	load(&rig, &(struct model_spec){.workers = 1});
	forget(&rig);
	told_as(&rig, job, ok);
	expect(&rig, "free a");
	end(&rig);
}

static void test_a_removed_job_tells_of_its_last_run(void **state)
{
	struct rig rig = begin_one(&on_failure);
	struct engine_job *job = find_job(&rig, "a");

	(void)state;
	run_until(&rig, 10);
	load(&rig, &(struct model_spec){.workers = 1}); /* in which nobody is told of anything */
	forget(&rig);
	fail_run(&rig, "a", 10);
	expect(&rig, "end a@10 failed; tell a@10: failure failed x1");
	told_as(&rig, job, ok);
	expect(&rig, "free a");
	end(&rig);
}

static void test_a_removed_job_whose_last_notice_is_dropped_goes(void **state)
{
	struct rig rig = begin_line(1, 1); /* b's waits */
	struct engine_run *run = find_job(&rig, "b")->notice;

	(void)state;
	load(&rig, &(struct model_spec){.workers = 1});
	forget(&rig);
	kill_run(&rig, run);
	expect(&rig, "drop b@12 operator; free b");
	end(&rig);
}

static void test_an_operator_stops_a_notice(void **state)
{
	struct rig rig = begin_one(&on_failure);

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "a", 10);
	forget(&rig);
	kill_run(&rig, find_job(&rig, "a")->telling);
	expect(&rig, "term a@10");
	end(&rig);
}

static void test_a_stop_waits_for_those_who_are_to_be_told(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .workers = 1,
					  .queue = 2,
					  .jobs = {{.name = "a", .with = &no_start},
						   {.name = "b", .with = &no_start}},
				  });

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "a", 10);
	forget(&rig);
	happen(&rig, ENGINE_STOP);
	expect(&rig, "disarm a; disarm b");
	fail_run(&rig, "b", 10);
	expect(&rig, "end b@10 failed");
	told(&rig, "a");
	expect(&rig, "tell b@10: failure failed x1");
	told(&rig, "b");
	expect(&rig, "drained");
	end(&rig);
}

static void test_a_hurry_stops_and_drops_them(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){
					  .workers = 1,
					  .queue = 2,
					  .jobs = {{.name = "a", .with = &no_start},
						   {.name = "b", .with = &no_start},
						   {.name = "c", .with = &no_start}},
				  });

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "a", 10);
	fail_run(&rig, "b", 10);
	happen(&rig, ENGINE_STOP);
	forget(&rig);
	happen(&rig, ENGINE_HURRY);
	expect(&rig, "term c@10; term a@10; drop b@10 stopping");
	fail_run(&rig, "c", 10);
	expect(&rig, "end c@10 failed; drop c@10 stopping");
	happen(&rig, ENGINE_HURRY);
	expect(&rig, "kill a@10");
	told(&rig, "a");
	expect(&rig, "drained");
	end(&rig);
}

static void test_free_with_notices_of_jobs_that_are_gone(void **state)
{
	struct rig rig = begin_line(1, 3);

	(void)state;
	load(&rig, &(struct model_spec){.jobs = {{.name = "a", .with = &on_failure}}});
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_job_that_nobody_asks_about_makes_no_notice),
		cmocka_unit_test(test_the_run_goes_on_as_the_notice_of_its_end),
		cmocka_unit_test(test_failures_are_told_once_and_then_the_recovery),
		cmocka_unit_test(test_so_many_failures_in_a_row_before_any_is_told),
		cmocka_unit_test(test_each_failure_is_told_if_asked_for),
		cmocka_unit_test(test_what_did_not_fail_by_itself_changes_no_count),
		cmocka_unit_test(test_when_a_mail_goes_out),
		cmocka_unit_test(test_a_mail_needs_an_address),
		cmocka_unit_test(test_the_start_is_told_of_the_first_attempt),
		cmocka_unit_test(test_one_waits_beside_one_under_way_and_the_latest_counts),
		cmocka_unit_test(test_a_start_does_not_take_the_place_of_what_waits),
		cmocka_unit_test(test_an_alarm_goes_on_with_what_takes_its_place),
		cmocka_unit_test(test_few_are_under_way_at_a_time),
		cmocka_unit_test(test_what_takes_a_place_stands_in_line_where_that_stood),
		cmocka_unit_test(test_more_workers_tell_more_at_a_time),
		cmocka_unit_test(test_those_that_wait_refuse_nobody),
		cmocka_unit_test(test_they_too_wait_for_room_in_the_pool),
		cmocka_unit_test(test_what_finds_no_place_is_dropped_and_told_next_time),
		cmocka_unit_test(test_a_missed_streak_is_told_at_its_beginning),
		cmocka_unit_test(test_what_is_missed_while_it_waits_is_counted_in),
		cmocka_unit_test(test_what_was_missed_is_owed_until_there_is_a_place),
		cmocka_unit_test(test_what_is_owed_waits_behind_a_notice_that_a_reload_brings),
		cmocka_unit_test(test_what_is_owed_goes_with_the_job_or_the_daemon),
		cmocka_unit_test(test_runs_that_never_ran_were_missed_too),
		cmocka_unit_test(test_a_success_is_expected_anew_after_each),
		cmocka_unit_test(test_a_job_that_comes_back_is_expected_to_succeed_again),
		cmocka_unit_test(test_a_job_that_is_overdue_is_told_once_and_recovers),
		cmocka_unit_test(test_what_is_known_to_fail_need_not_be_told_when_overdue),
		cmocka_unit_test(test_an_overdue_that_comes_too_late_is_nothing),
		cmocka_unit_test(test_notices_keep_their_definition_and_their_job),
		cmocka_unit_test(test_a_removed_job_tells_of_its_last_run),
		cmocka_unit_test(test_a_removed_job_whose_last_notice_is_dropped_goes),
		cmocka_unit_test(test_an_operator_stops_a_notice),
		cmocka_unit_test(test_a_stop_waits_for_those_who_are_to_be_told),
		cmocka_unit_test(test_a_hurry_stops_and_drops_them),
		cmocka_unit_test(test_free_with_notices_of_jobs_that_are_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
