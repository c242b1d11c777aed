/* Holds: what the control server answers, and to what it does not. */
#include "control_fixture.h"

static const struct model_spec one_job = {.jobs = {{.name = "a"}}};

static void test_status_is_answered(void **state)
{
	struct control_rig c;
	json_t *body;

	(void)state;
	begin_control(&c, 5, &one_job);
	c.facts.busy = 3;
	assert_int_equal(ask(&c, "GET", "/v1/status", NULL, &body), 200);
	assert_int_equal(json_integer_value(json_object_get(body, "jobs")), 1);
	assert_int_equal(json_integer_value(json_object_get(body, "busy")), 3);
	assert_string_equal(json_string_value(json_object_get(body, "started")),
			    "1970-01-01T00:00:05Z");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(body, "next"), "job")), "a");
	json_decref(body);
	end_control(&c);
}

static void test_health_is_answered(void **state)
{
	struct control_rig c;

	(void)state;
	begin_control(&c, 5, &one_job);
	assert_int_equal(ask(&c, "GET", "/healthz", NULL, NULL), 200);
	c.facts.stopping = true;
	assert_int_equal(ask(&c, "GET", "/healthz", NULL, NULL), 503);
	end_control(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_is_answered),
		cmocka_unit_test(test_health_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
