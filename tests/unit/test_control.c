/* Holds: what the control server answers, and to what it does not. */
#include "control_fixture.h"

#include "control/control_internal.h"

#include <netinet/in.h>

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

/* A socket that has some port of this machine; *ret_address is "127.0.0.1:PORT". */
static int take_port(char ret_address[static 40])
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	sprintf(ret_address, "127.0.0.1:%d", ntohs(address.sin_port));
	return fd;
}

static void assert_listener(struct control_rig *c, const char *address, const char *error)
{
	json_t *body;
	json_t *listener;
	const char *text;

	assert_int_equal(ask(c, "GET", "/v1/status", NULL, &body), 200);
	listener = json_object_get(body, "status_listen");
	assert_string_equal(json_string_value(json_object_get(listener, "address")), address);
	text = json_string_value(json_object_get(listener, "error"));
	if (error)
		assert_string_equal(text, error);
	else
		assert_null(text);
	json_decref(body);
}

static void pass_rest(struct control_rig *c)
{
	assert_true(evtimer_pending(&c->control->tcp_retry, NULL));
	event_active(&c->control->tcp_retry, EV_TIMEOUT, 0);
	go_round(c);
}

static void test_a_status_listener_that_cannot_be_had_is_told_of_and_tried_again(void **state)
{
	static const int rests[] = {2, 4, 8, 16, 32, 60, 60}; /* seconds, after the first */
	struct control_rig c;
	json_t *body;
	char address[40];
	char error[100];
	int fd = take_port(address);

	(void)state;
	sprintf(error, "cannot listen on %s: Address already in use", address);
	begin_control(&c, 5, &one_job);
	assert_int_equal(ask(&c, "GET", "/v1/status", NULL, &body), 200);
	assert_true(json_is_null(json_object_get(body, "status_listen")));
	json_decref(body);
	control_listen(c.control, address);
	assert_listener(&c, address, error);
	assert_int_equal(c.control->tcp_rest, S(1));
	for (size_t i = 0; i < ARRAY_LENGTH(rests); i++) {
		pass_rest(&c);
		assert_int_equal(c.control->tcp_rest, S(rests[i]));
	}
	assert_listener(&c, address, error);
	close(fd);
	pass_rest(&c);
	assert_listener(&c, address, NULL);
	assert_non_null(c.control->tcp);
	assert_false(evtimer_pending(&c.control->tcp_retry, NULL));
	end_control(&c);
}

static void test_a_load_tries_at_once(void **state)
{
	struct control_rig c;
	char address[40];
	int fd = take_port(address);

	(void)state;
	begin_control(&c, 5, &one_job);
	control_listen(c.control, address);
	assert_null(c.control->tcp);
	close(fd);
	control_listen(c.control, address);
	assert_listener(&c, address, NULL);
	assert_false(evtimer_pending(&c.control->tcp_retry, NULL));
	end_control(&c);
}

static void test_what_is_not_wanted_any_more_is_not_tried_again(void **state)
{
	struct control_rig c;
	char address[40];
	int fd = take_port(address);

	(void)state;
	begin_control(&c, 5, &one_job);
	control_listen(c.control, address);
	control_listen(c.control, NULL);
	assert_false(evtimer_pending(&c.control->tcp_retry, NULL));
	close(fd);
	end_control(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_is_answered),
		cmocka_unit_test(test_health_is_answered),
		cmocka_unit_test(
			test_a_status_listener_that_cannot_be_had_is_told_of_and_tried_again),
		cmocka_unit_test(test_a_load_tries_at_once),
		cmocka_unit_test(test_what_is_not_wanted_any_more_is_not_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
