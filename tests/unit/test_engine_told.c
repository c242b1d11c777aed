/* Holds: which failures count as told, so that those who can be told of one are, and of its end. */
#include "engine_fixture.h"

#define COMMAND                                                                                    \
	{                                                                                          \
		"x", 1, false                                                                      \
	}
#define MAIL                                                                                       \
	{                                                                                          \
		"root", 1                                                                          \
	}

static const struct job_settings on_success = {.hooks = {[HOOK_SUCCESS] = COMMAND}};
static const struct run_result ok = {.kind = RESULT_EXITED};
static const struct run_result bad = {.kind = RESULT_EXITED, .code = 1};

static struct rig begin_one(const struct job_settings *with)
{
	return begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = with}}});
}

static void load_one(struct rig *rig, const struct job_settings *with)
{
	load(rig, &(struct model_spec){.jobs = {{.name = "a", .with = with}}});
	forget(rig);
}

/* The run of the next slot ends so; the effects of that. */
static void end_next(struct rig *rig, struct run_result result)
{
	int slot = (int)(find_job(rig, "a")->next / USEC_PER_SEC);

	run_until(rig, slot);
	forget(rig);
	finish_as(rig, "a", slot, result);
}

static void overdue(struct rig *rig, const char *name)
{
	step(rig, (struct engine_event){.kind = ENGINE_OVERDUE, .job = find_job(rig, name)});
}

static void test_who_comes_while_it_fails_is_told_of_the_next_failure(void **state)
{
	static const struct {
		struct job_settings before;
		bool told;
	} rows[] = {
		{{.notify_after = 1}, false},
		{{.hooks = {[HOOK_SUCCESS] = COMMAND, [HOOK_MISSED] = COMMAND}}, false},
		{{.hooks = {[HOOK_FAILURE] = COMMAND}}, true},
		{{.hooks = {[HOOK_RECOVERY] = COMMAND}}, true},
		{{.mail_to = MAIL}, true},
	};
	struct job_settings after = {.hooks = {[HOOK_FAILURE] = COMMAND}, .mail_to = MAIL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct rig rig = begin_one(&rows[i].before);

		end_next(&rig, bad);
		if (find_job(&rig, "a")->telling)
			told(&rig, "a");
		load_one(&rig, &after);
		end_next(&rig, bad);
		expect(&rig, rows[i].told ? "end a@20 failed"
					  : "end a@20 failed; tell a@20: failure+mail failed x2");
		end(&rig);
	}
}

static void test_who_comes_when_it_is_overdue_is_told_of_the_next_failure(void **state)
{
	struct job_settings with = {.expect_within = S(60)};
	struct rig rig = begin_one(&with);

	(void)state;
	forget(&rig);
	overdue(&rig, "a");
	expect(&rig, "overdue a");
	with.hooks[HOOK_FAILURE] = (struct command_line)COMMAND;
	load_one(&rig, &with);
	end_next(&rig, bad);
	expect(&rig, "end a@10 failed; tell a@10: failure failed x1");
	end(&rig);
}

static void test_a_job_that_comes_back_is_not_overdue(void **state)
{
	struct job_settings with = {.expect_within = S(60)};
	struct rig rig = begin_one(&with);
	struct engine_job *job = find_job(&rig, "a");

	(void)state;
	run_until(&rig, 10);
	overdue(&rig, "a");
	assert_true(job->overdue);
	load(&rig, &(struct model_spec){.workers = 1});
	load_one(&rig, NULL);
	assert_ptr_equal(find_job(&rig, "a"), job);
	assert_false(job->overdue);
	end(&rig);
}

/* One place for notices, which that of a success of a has; b is to be told of. */
static struct rig begin_full(const struct job_settings *with)
{
	struct rig rig = begin(
		5, &(struct model_spec){
			   .workers = 1,
			   .jobs = {{.name = "a", .every = 1000, .offset = 10, .with = &on_success},
				    {.name = "b", .every = 1000, .offset = 20, .with = with}},
		   });

	run_until(&rig, 10);
	finish(&rig, "a", 10);
	forget(&rig);
	return rig;
}

static void test_an_overdue_that_finds_no_room_is_told_when_there_is(void **state)
{
	struct job_settings with = {.hooks = {[HOOK_FAILURE] = COMMAND, [HOOK_RECOVERY] = COMMAND},
				    .expect_within = S(60)};
	struct rig rig = begin_full(&with);

	(void)state;
	overdue(&rig, "b");
	expect(&rig, "overdue b");
	assert_false(find_job(&rig, "b")->told);
	told(&rig, "a");
	expect(&rig, "tell b: failure overdue skipped run 0");
	assert_true(find_job(&rig, "b")->told);
	told(&rig, "b");
	run_until(&rig, 20);
	forget(&rig);
	finish(&rig, "b", 20);
	expect(&rig, "end b@20 ok; expect b in 60; tell b@20: recovery ok x0");
	end(&rig);
}

static void test_what_makes_an_overdue_moot_while_it_waits_for_room(void **state)
{
	static const struct job_settings still = {.hooks = {[HOOK_FAILURE] = COMMAND},
						  .expect_within = S(60)};
	static const struct job_settings nobody = {.expect_within = S(60)};
	static const struct job_settings later = {.hooks = {[HOOK_FAILURE] = COMMAND},
						  .expect_within = S(70)};
	static const struct {
		const struct job_settings *after; /* NULL: the job goes */
		bool told;
	} rows[] = {{&still, true}, {&nobody, false}, {&later, false}, {NULL, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct rig rig = begin_full(&still);
		struct model_spec spec = {
			.workers = 1,
			.jobs = {{.name = "a", .every = 1000, .offset = 10, .with = &on_success}},
		};

		if (rows[i].after)
			spec.jobs[1] = (struct job_spec){
				.name = "b", .every = 1000, .offset = 20, .with = rows[i].after};
		overdue(&rig, "b");
		load(&rig, &spec);
		assert_int_equal(engine_counters(rig.engine)->notices_dropped, !rows[i].told);
		forget(&rig);
		told(&rig, "a");
		expect(&rig, rows[i].told ? "tell b: failure overdue skipped run 0" : "");
		end(&rig);
	}
}

static void test_a_success_before_there_is_room_takes_the_overdue_with_it(void **state)
{
	struct job_settings with = {.hooks = {[HOOK_FAILURE] = COMMAND, [HOOK_RECOVERY] = COMMAND},
				    .expect_within = S(60)};
	struct model_spec spec = {
		.workers = 2,
		.jobs = {{.name = "a", .every = 1000, .offset = 10, .with = &on_success},
			 {.name = "b", .every = 1000, .offset = 11, .with = &on_success},
			 {.name = "c", .every = 1000, .offset = 12, .with = &with}},
	};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 11);
	finish(&rig, "a", 10);
	finish(&rig, "b", 11);
	run_until(&rig, 12);
	overdue(&rig, "c");
	forget(&rig);
	finish(&rig, "c", 12);
	expect(&rig, "end c@12 ok; expect c in 60");
	told(&rig, "a");
	told(&rig, "b");
	expect(&rig, "tell b@11: success ok x0");
	assert_int_equal(engine_counters(rig.engine)->notices_dropped, 1);
	end(&rig);
}

static void test_an_alarm_that_did_not_get_out_is_not_told(void **state)
{
	static const struct run_result none = {.kind = RESULT_NO_RESOURCES, .code = 11};
	static const struct run_result back = {.kind = RESULT_NOT_STARTED};
	static const struct {
		const struct run_result *result;
		enum notify_when when;
		const char *effects;
		bool told;
	} rows[] = {
		{&ok, NOTIFY_CHANGE, "", true},
		{&bad, NOTIFY_CHANGE, "", true}, /* what became of it is the hook's business */
		{&none, NOTIFY_CHANGE, "drop a@10 no_resources", false},
		{&back, NOTIFY_CHANGE, "drop a@10 stopping", false},
		{&none, NOTIFY_ALWAYS, "drop a@10 no_resources", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings with = {.hooks = {[HOOK_FAILURE] = COMMAND},
					    .notify_when = rows[i].when};
		struct rig rig = begin_one(&with);

		end_next(&rig, bad);
		forget(&rig);
		told_as(&rig, find_job(&rig, "a"), *rows[i].result);
		expect(&rig, rows[i].effects);
		assert_int_equal(find_job(&rig, "a")->told, rows[i].told);
		assert_int_equal(engine_counters(rig.engine)->notices_dropped, !rows[i].told);
		if (!rows[i].told) {
			end_next(&rig, bad);
			expect(&rig, "end a@20 failed; tell a@20: failure failed x2");
		}
		end(&rig);
	}
}

static void test_one_of_many_alarms_that_did_not_get_out_leaves_the_others(void **state)
{
	struct job_settings with = {.hooks = {[HOOK_FAILURE] = COMMAND},
				    .notify_when = NOTIFY_ALWAYS};
	struct rig rig = begin_one(&with);

	(void)state;
	end_next(&rig, bad);
	told(&rig, "a");
	end_next(&rig, bad);
	forget(&rig);
	told_as(&rig, find_job(&rig, "a"), (struct run_result){.kind = RESULT_NOT_STARTED});
	expect(&rig, "drop a@20 stopping");
	assert_true(find_job(&rig, "a")->told);
	end(&rig);

	/* If another waits, that is the one to be heard. */
	rig = begin_one(&with);
	end_next(&rig, bad);
	end_next(&rig, bad);
	forget(&rig);
	told_as(&rig, find_job(&rig, "a"), (struct run_result){.kind = RESULT_NOT_STARTED});
	expect(&rig, "drop a@10 stopping; tell a@20: failure failed x2");
	assert_true(find_job(&rig, "a")->told);
	told_as(&rig, find_job(&rig, "a"), (struct run_result){.kind = RESULT_NOT_STARTED});
	assert_false(find_job(&rig, "a")->told);
	end(&rig);
}

static void test_an_overdue_that_did_not_get_out_is_one_again_later(void **state)
{
	struct job_settings with = {.hooks = {[HOOK_FAILURE] = COMMAND}, .expect_within = S(60)};
	struct rig rig = begin_one(&with);

	(void)state;
	overdue(&rig, "a");
	forget(&rig);
	rig.now = S(6);
	told_as(&rig, find_job(&rig, "a"), (struct run_result){.kind = RESULT_NO_RESOURCES});
	assert_false(find_job(&rig, "a")->told);
	assert_false(find_job(&rig, "a")->overdue);
	assert_non_null(strstr(rig.log, "no_resources; expect a in 60"));
	end(&rig);
}

/* A notice of a is under way; a failure comes, and then a success. */
static struct rig fail_and_recover(const struct job_settings *with)
{
	struct rig rig = begin_one(with);

	run_until(&rig, 10);
	started(&rig, "a", 10);
	fail_run(&rig, "a", 10);
	end_next(&rig, ok);
	return rig;
}

static void test_nobody_hears_that_it_recovers_who_has_not_heard_that_it_failed(void **state)
{
	struct job_settings with = {
		.hooks = {COMMAND, COMMAND, COMMAND, COMMAND},
	};
	struct rig rig = fail_and_recover(&with);

	(void)state;
	expect(&rig, "end a@20 ok; drop a@10 held");
	told(&rig, "a");
	expect(&rig, "tell a@20: success ok x1");
	end(&rig);
}

static void test_where_both_can_be_heard_they_come_in_order(void **state)
{
	static const struct job_settings hooks = {.hooks = {[HOOK_START] = COMMAND,
							    [HOOK_FAILURE] = COMMAND,
							    [HOOK_RECOVERY] = COMMAND}};
	static const struct job_settings mails = {
		.hooks = {[HOOK_START] = COMMAND}, .mail_to = MAIL, .mail_when = MAIL_CHANGE};
	static const struct job_settings one = {
		.hooks = {[HOOK_START] = COMMAND, [HOOK_FAILURE] = COMMAND}};
	static const struct {
		const struct job_settings *with;
		const char *alarm;
		const char *end;
	} rows[] = {
		{&hooks, "tell a@10: failure failed x1", "end a@30 ok; tell a@30: recovery ok x0"},
		{&mails, "tell a@10: mail failed x1", "end a@30 ok; tell a@30: mail ok x0"},
		{&one, "tell a@10: failure failed x1", "end a@30 ok"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct rig rig = fail_and_recover(rows[i].with);

		expect(&rig, "end a@20 ok");
		told(&rig, "a");
		expect(&rig, rows[i].alarm);
		told(&rig, "a");
		end_next(&rig, ok);
		expect(&rig, rows[i].end);
		end(&rig);
	}
}

static void test_drops_in_a_row_are_said_at_their_beginning_and_at_their_end(void **state)
{
	struct rig rig = begin_one(&on_success);
	struct engine_job *job = find_job(&rig, "a");

	(void)state;
	for (int i = 0; i < 5; i++)
		end_next(&rig, ok);
	assert_int_equal(job->drops, 3);
	told(&rig, "a");
	expect(&rig, "end a@50 ok; drop a@40 held; dropped a x3; tell a@50: success ok x0");
	assert_int_equal(job->drops, 0);
	end_next(&rig, ok);
	end_next(&rig, ok); /* one alone has been said */
	told(&rig, "a");
	expect(&rig, "end a@70 ok; drop a@60 held; tell a@70: success ok x0");

	end_next(&rig, ok);
	end_next(&rig, ok);
	end_next(&rig, ok);
	forget(&rig);
	kill_run(&rig, job->notice); /* for another reason */
	expect(&rig, "dropped a x2; drop a@100 operator");
	end(&rig);
}

static void test_drops_are_said_when_the_job_goes_or_the_daemon(void **state)
{
	struct rig rig = begin_one(&on_success);
	struct engine_job *job = find_job(&rig, "a");

	(void)state;
	for (int i = 0; i < 5; i++)
		end_next(&rig, ok);
	load(&rig, &(struct model_spec){.workers = 1});
	forget(&rig);
	told_as(&rig, job, (struct run_result){.kind = RESULT_NOT_STARTED});
	expect(&rig, "dropped a x3; drop a@10 stopping; tell a@50: success ok x0");
	told_as(&rig, job, (struct run_result){.kind = RESULT_NOT_STARTED});
	expect(&rig, "drop a@50 stopping; dropped a x2; free a");
	end(&rig);

	rig = begin_one(&on_success);
	end_next(&rig, ok);
	end_next(&rig, ok);
	happen(&rig, ENGINE_STOP);
	happen(&rig, ENGINE_HURRY);
	forget(&rig);
	told_as(&rig, find_job(&rig, "a"), (struct run_result){.kind = RESULT_NOT_STARTED});
	expect(&rig, "drop a@10 stopping; dropped a x2; drained");
	end(&rig);
}

static void test_a_notice_is_stopped_for_reasons_of_its_own(void **state)
{
	struct job_settings with = {.hooks = {[HOOK_FAILURE] = COMMAND}};
	struct rig rig = begin(
		5, &(struct model_spec){
			   .jobs = {{.name = "a", .overlap = OVERLAP_REPLACE, .with = &with}}});

	(void)state;
	run_until(&rig, 20);
	fail_run(&rig, "a", 10); /* before it could be replaced */
	kill_run(&rig, find_job(&rig, "a")->telling);
	forget(&rig);
	told_as(&rig, find_job(&rig, "a"), (struct run_result){.kind = RESULT_NOT_STARTED});
	expect(&rig, "drop a@10 operator");
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_comes_while_it_fails_is_told_of_the_next_failure),
		cmocka_unit_test(test_who_comes_when_it_is_overdue_is_told_of_the_next_failure),
		cmocka_unit_test(test_a_job_that_comes_back_is_not_overdue),
		cmocka_unit_test(test_an_overdue_that_finds_no_room_is_told_when_there_is),
		cmocka_unit_test(test_what_makes_an_overdue_moot_while_it_waits_for_room),
		cmocka_unit_test(test_a_success_before_there_is_room_takes_the_overdue_with_it),
		cmocka_unit_test(test_an_alarm_that_did_not_get_out_is_not_told),
		cmocka_unit_test(test_one_of_many_alarms_that_did_not_get_out_leaves_the_others),
		cmocka_unit_test(test_an_overdue_that_did_not_get_out_is_one_again_later),
		cmocka_unit_test(
			test_nobody_hears_that_it_recovers_who_has_not_heard_that_it_failed),
		cmocka_unit_test(test_where_both_can_be_heard_they_come_in_order),
		cmocka_unit_test(test_drops_in_a_row_are_said_at_their_beginning_and_at_their_end),
		cmocka_unit_test(test_drops_are_said_when_the_job_goes_or_the_daemon),
		cmocka_unit_test(test_a_notice_is_stopped_for_reasons_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
