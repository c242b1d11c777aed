/* Holds: how many runs are allocated, so that whoever may need one finds one. */
#include "engine_fixture.h"

#include "core/engine_internal.h"

#define COMMAND                                                                                    \
	{                                                                                          \
		"x", 1, false                                                                      \
	}

static const struct job_settings on_failure = {.hooks = {[HOOK_FAILURE] = COMMAND}};
static const struct job_settings on_success = {.hooks = {[HOOK_SUCCESS] = COMMAND}};
static const struct job_settings mails = {.mail_to = {"root", 1}};
static const struct job_settings again = {.retries = 1, .retry_delay = S(3)};

static void test_there_are_as_many_places_as_jobs_can_need_and_no_more_than_the_pool(void **state)
{
	static const struct {
		struct model_spec spec;
		size_t bounds[PLACE_COUNT];
	} rows[] = {
		{{.workers = 2, .queue = 1000, .jobs = {{.name = "a"}}}, {1004, 0, 0}},
		{{.workers = 2,
		  .queue = 1000,
		  .jobs = {{.name = "a", .with = &on_failure}, {.name = "b"}}},
		 {1004, 0, 3}},
		{{.workers = 2,
		  .queue = 1000,
		  .jobs = {{.name = "a", .with = &on_failure}, {.name = "b", .with = &mails}}},
		 {1004, 0, 5}},
		{{.workers = 2, .queue = 1000, .jobs = {{.name = "a", .with = &again}}},
		 {1004, 1, 0}},
		{{.workers = 2,
		  .queue = 1000,
		  .jobs = {{.name = "a",
			    .with = &again,
			    .overlap = OVERLAP_ALLOW,
			    .max_running = 7},
			   {.name = "b", .with = &again, .max_running = 7}}},
		 {1004, 8, 0}},
		{{.workers = 2,
		  .queue = 1,
		  .jobs = {{.name = "a",
			    .with = &again,
			    .overlap = OVERLAP_ALLOW,
			    .max_running = 7},
			   {.name = "b", .with = &on_failure},
			   {.name = "c", .with = &mails}}},
		 {5, 3, 4}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct rig rig = begin(5, &rows[i].spec);
		size_t sum = 0;

		for (int place = 0; place < PLACE_COUNT; place++) {
			assert_int_equal(rig.engine->bounds[place], rows[i].bounds[place]);
			sum += rows[i].bounds[place];
		}
		assert_int_equal(rig.engine->n_runs, sum);
		end(&rig);
	}
}

static void test_a_run_from_before_two_reloads_is_told_of(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a", .with = &on_failure}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 10);
	spec.jobs[0].with = NULL;
	load(&rig, &spec);
	load(&rig, &spec);
	forget(&rig);
	fail_run(&rig, "a", 10);
	expect(&rig, "end a@10 failed; tell a@10: failure failed x1");
	told(&rig, "a");
	load(&rig, &spec);
	assert_int_equal(rig.engine->bounds[PLACE_NOTICE], 0);
	end(&rig);
}

static void test_notices_from_before_are_in_nobodys_way(void **state)
{
	struct model_spec spec = {.jobs = {{.name = "a", .with = &on_success},
					   {.name = "b", .every = 20, .with = &on_success}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 10);
	finish(&rig, "a", 10);
	run_until(&rig, 20);
	finish(&rig, "a", 20); /* waits behind the other */
	spec.jobs[0].with = NULL;
	load(&rig, &spec);
	load(&rig, &spec);
	forget(&rig);
	finish(&rig, "b", 20);
	expect(&rig, "end b@20 ok; tell b@20: success ok x0");
	end(&rig);
}

static void test_who_had_more_runs_than_are_allowed_now_has_them_tried_again(void **state)
{
	struct model_spec spec = {
		.jobs = {
			{.name = "a", .with = &again, .overlap = OVERLAP_ALLOW, .max_running = 3}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 30);
	spec.jobs[0].max_running = 1;
	load(&rig, &spec);
	load(&rig, &spec);
	forget(&rig);
	fail_run(&rig, "a", 10);
	fail_run(&rig, "a", 20);
	expect(&rig, "retry a@10 in 3: failed; retry a@20 in 3: failed");
	retry(&rig, "a", 10);
	retry(&rig, "a", 20);
	load(&rig, &(struct model_spec){.workers = 100}); /* it goes, and comes back */
	load(&rig, &spec);
	forget(&rig);
	fail_run(&rig, "a", 30);
	expect(&rig, "retry a@30 in 3: failed");
	end(&rig);
}

static void test_those_in_their_last_attempt_take_no_place_from_others(void **state)
{
	struct model_spec spec = {
		.jobs = {{.name = "a", .with = &again}, {.name = "b", .with = &again}}};
	struct rig rig = begin(5, &spec);

	(void)state;
	run_until(&rig, 10);
	fail_run(&rig, "a", 10);
	retry(&rig, "a", 10);
	spec.jobs[0].with = NULL;
	load(&rig, &spec);
	load(&rig, &spec);
	forget(&rig);
	fail_run(&rig, "b", 10);
	expect(&rig, "retry b@10 in 3: failed");
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_there_are_as_many_places_as_jobs_can_need_and_no_more_than_the_pool),
		cmocka_unit_test(test_a_run_from_before_two_reloads_is_told_of),
		cmocka_unit_test(test_notices_from_before_are_in_nobodys_way),
		cmocka_unit_test(test_who_had_more_runs_than_are_allowed_now_has_them_tried_again),
		cmocka_unit_test(test_those_in_their_last_attempt_take_no_place_from_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
