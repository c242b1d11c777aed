/* Holds: what waits of a job without being a run yet does not run when an operator says so; its
   slots have their verdict, once, and the schedule goes on. */
#include "engine_fixture.h"

static const struct job_settings last = {.catch_up = CATCH_UP_LAST};
static const struct job_settings all = {.catch_up = CATCH_UP_ALL};

static void withdraw(struct rig *rig, const char *name)
{
	step(rig, (struct engine_event){.kind = ENGINE_WITHDRAW, .job = find_job(rig, name)});
	assert_int_equal(engine_job_waiting(find_job(rig, name)), 0);
}

static void expect_waiting(struct rig *rig, const char *name, uint64_t count)
{
	assert_int_equal(engine_job_waiting(find_job(rig, name)), count);
	forget(rig);
}

static void test_a_slot_that_is_held_does_not_follow_the_run(void **state)
{
	static const enum overlap_policy policies[] = {OVERLAP_QUEUE, OVERLAP_REPLACE};

	(void)state;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct rig rig = begin(
			5, &(struct model_spec){.jobs = {{.name = "a", .overlap = policies[i]}}});

		rig.on_record = true;
		run_until(&rig, 25);
		expect_waiting(&rig, "a", 1);
		withdraw(&rig, "a");
		expect(&rig, "[a holds nothing]; [streak 1 a@20-20 cancelled operator x1]; "
			     "a@20 cancelled operator ...; a@20-20 cancelled operator x1");
		finish(&rig, "a", 10);
		expect(&rig, "end a@10 ok");
		run_until(&rig, 30);
		expect(&rig, "arm a 40; [run 2 a@30]; start a@30");
		assert_int_equal(counted(&rig, VERDICT_CANCELLED), 1);
		end(&rig);
	}
}

static void test_what_is_to_be_caught_up_is_not(void **state)
{
	static const struct {
		const struct job_settings *settings;
		int waiting;
		const char *effects;
	} cases[] = {
		{&last, 1, "b@40 cancelled operator ...; b@40-40 cancelled operator x1"},
		{&all, 4, "b@10 cancelled operator ...; b@10-40 cancelled operator x4"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* "a" has the first turn, and the other is a second away. */
		struct rig rig = begin(
			5,
			&(struct model_spec){.catch_up_rate = 1,
					     .jobs = {{.name = "a", .with = cases[i].settings},
						      {.name = "b", .with = cases[i].settings}}});

		set_clock(&rig, 47);
		expect_waiting(&rig, "b", (uint64_t)cases[i].waiting);
		withdraw(&rig, "b");
		expect(&rig, cases[i].effects);
		assert_int_equal(find_job(&rig, "b")->next, S(50));
		happen(&rig, ENGINE_CATCH_UP);
		run_until(&rig, 50);
		assert_non_null(find_run(&rig, "b", 50));
		assert_int_equal(find_job(&rig, "b")->live, 1);
		end(&rig);
	}
}

static void test_what_waits_for_the_end_of_a_pause_does_not_run_after_it(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = &last}}});

	(void)state;
	pause_job(&rig, "a", 0);
	run_until(&rig, 35);
	expect_waiting(&rig, "a", 1);
	withdraw(&rig, "a");
	expect(&rig, "a@10-20 paused paused x2; a@30 cancelled operator ...; "
		     "a@30-30 cancelled operator x1");
	resume_job(&rig, "a");
	expect(&rig, "resumed a");
	end(&rig);
}

/* It waits for nothing while a slot of it does. */
static void test_a_job_that_follows_itself_goes_on(void **state)
{
	struct rig rig =
		begin(0, &(struct model_spec){.jobs = {{.name = "a", .after = 10, .with = &last}}});

	(void)state;
	pause_job(&rig, "a", 0);
	run_until(&rig, 15);
	assert_int_equal(find_job(&rig, "a")->next, USEC_INFINITY);
	expect_waiting(&rig, "a", 1);
	withdraw(&rig, "a");
	expect(&rig, "a@10 cancelled operator ...; a@10-10 cancelled operator x1; arm a 25");
	end(&rig);
}

/* Not even the streak that is under way ends. */
static void test_nothing_happens_if_nothing_waits(void **state)
{
	struct rig rig = begin(5, &(struct model_spec){.jobs = {{.name = "a"}}});

	(void)state;
	run_until(&rig, 25);
	expect_waiting(&rig, "a", 0);
	withdraw(&rig, "a");
	expect(&rig, "");
	run_until(&rig, 30);
	finish(&rig, "a", 10);
	expect(&rig, "arm a 40; a@20-30 skipped overlap x2; end a@10 ok");
	end(&rig);
}

static void test_a_stop_has_withdrawn_it_already(void **state)
{
	struct rig rig =
		begin(5, &(struct model_spec){.jobs = {{.name = "a", .overlap = OVERLAP_QUEUE}}});

	(void)state;
	run_until(&rig, 25);
	happen(&rig, ENGINE_STOP);
	forget(&rig);
	withdraw(&rig, "a");
	expect(&rig, "");
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_slot_that_is_held_does_not_follow_the_run),
		cmocka_unit_test(test_what_is_to_be_caught_up_is_not),
		cmocka_unit_test(test_what_waits_for_the_end_of_a_pause_does_not_run_after_it),
		cmocka_unit_test(test_a_job_that_follows_itself_goes_on),
		cmocka_unit_test(test_nothing_happens_if_nothing_waits),
		cmocka_unit_test(test_a_stop_has_withdrawn_it_already),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
