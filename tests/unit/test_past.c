/* Holds: a job of the past is found by its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/past.h"

static void test_a_job_is_found_by_its_name_alone(void **state)
{
	struct past_job jobs[] = {{.name = "B"}, {.name = "a"}, {.name = "ab"}, {.name = "b"}};
	const struct past past = {.jobs = jobs, .n_jobs = 4};

	(void)state;
	for (size_t i = 0; i < past.n_jobs; i++)
		assert_ptr_equal(past_find(&past, jobs[i].name), &jobs[i]);
	assert_null(past_find(&past, ""));
	assert_null(past_find(&past, "A"));
	assert_null(past_find(&past, "aa"));
	assert_null(past_find(&past, "c"));
}

static void test_nothing_is_found_in_an_empty_past(void **state)
{
	const struct past past = {0};

	(void)state;
	assert_null(past_find(&past, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_job_is_found_by_its_name_alone),
		cmocka_unit_test(test_nothing_is_found_in_an_empty_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
