/* Holds: what the control server tells of jobs and groups, and what it does not by TCP. */
#include "control_fixture.h"

#include "base/values.h"
#include "calendar/cron.h"
#include "calendar/zone.h"
#include "control/control_internal.h"
#include "ledger/ledger.h"

#include <netinet/in.h>
#include <sys/stat.h>

static const struct job_settings secretive = {
	.user = "alice",
	.timeout = S(60),
	.workdir = "/home/alice",
	.environment = {"TOKEN=abc", 1},
	.catch_up_window = S(86400),
	.output_keep = 65536,
};

static const struct model_spec some_jobs = {
	.jobs =
		{
			{.name = "a",
			 .command = "secret-command",
			 .group = "db",
			 .with = &secretive},
			{.name = "b", .after = 20},
			{.name = "c", .on = SCHEDULE_ON_RELOAD},
		},
	.groups = {{.name = "db", .limit = 2},
		   {.name = "net", .limit = 1},
		   {.name = "x", .limit = 1}},
};

static const char *text_of(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static void test_a_list_has_the_jobs(void **state)
{
	struct control_rig c;
	json_t *body;
	json_t *items;

	(void)state;
	begin_control(&c, 5, &some_jobs);
	assert_int_equal(ask(&c, "GET", "/v1/jobs", NULL, &body), 200);
	items = json_object_get(body, "items");
	assert_int_equal(json_array_size(items), 3);
	assert_true(json_is_null(json_object_get(body, "next")));
	assert_string_equal(text_of(json_array_get(items, 0), "name"), "a");
	assert_string_equal(text_of(json_array_get(items, 0), "state"), "idle");
	assert_string_equal(text_of(json_array_get(items, 0), "schedule"), "every 10s");
	assert_string_equal(text_of(json_array_get(items, 0), "next"), "1970-01-01T00:00:10Z");
	assert_string_equal(text_of(json_array_get(items, 0), "group"), "db");
	assert_string_equal(text_of(json_array_get(items, 0), "user"), "alice");
	assert_true(json_is_null(json_object_get(json_array_get(items, 2), "next")));
	json_decref(body);

	assert_int_equal(ask(&c, "GET", "/v1/jobs?name=%5Babc%5D&limit=1", NULL, &body), 200);
	assert_int_equal(json_array_size(json_object_get(body, "items")), 0);
	json_decref(body);
	assert_int_equal(ask(&c, "GET", "/v1/jobs?limit=1&sort=next", NULL, &body), 200);
	assert_string_equal(text_of(body, "next"), "10000000:a");
	json_decref(body);
	assert_int_equal(
		ask(&c, "GET", "/v1/jobs?limit=1&sort=next&cursor=10000000%3Aa", NULL, &body), 200);
	assert_string_equal(text_of(json_array_get(json_object_get(body, "items"), 0), "name"),
			    "b");
	json_decref(body);
	end_control(&c);
}

static void test_what_makes_no_sense_is_said(void **state)
{
	static const struct {
		const char *target;
		int status;
		const char *message;
	} table[] = {
		{"/v1/jobs?state=x", 400,
		 "state is running, paused, failing, waiting or overdue, not \"x\""},
		{"/v1/jobs?sort=", 400, "sort is name, next, last or failures, not \"\""},
		{"/v1/jobs?limit=0", 400, "limit is a number from 1 to 1000, not \"0\""},
		{"/v1/jobs?limit=1001", 400, "limit is a number from 1 to 1000, not \"1001\""},
		{"/v1/jobs?limit=+1", 400, "limit is a number from 1 to 1000, not \" 1\""},
		{"/v1/jobs?limit=1x", 400, "limit is a number from 1 to 1000, not \"1x\""},
		{"/v1/jobs?limit=99999999999999999999", 400,
		 "limit is a number from 1 to 1000, not \"99999999999999999999\""},
		{"/v1/jobs?cursor=x", 400, "the cursor is none that a page before has given"},
		{"/v1/jobs?verdict=ok,bad", 400,
		 "there is no verdict \"bad\"; they are ok, failed, timeout, killed, lost, "
		 "skipped, "
		 "coalesced, missed, paused, refused and cancelled"},
		{"/v1/jobs?verdict=", 400,
		 "there is no verdict \"\"; they are ok, failed, timeout, killed, lost, skipped, "
		 "coalesced, missed, paused, refused and cancelled"},
		{"/v1/jobs?verdict=ok,failed", 200, NULL},
		{"/v1/jobs/aa", 404, "there is no job \"aa\"; did you mean \"a\"?"},
		{"/v1/groups?limit=x", 400, "limit is a number from 1 to 1000, not \"x\""},
		{"/v1/logs?run=x", 400, "run is a number of 1 or more, not \"x\""},
		{"/v1/logs?run=0", 400, "run is a number of 1 or more, not \"0\""},
		{"/v1/logs?run=7", 404, "run 7 has ended, or never was"},
		{"/v1/events?job=x", 404, "there is no job \"x\""},
		{"/v1/events?keepalive=0", 400, "keepalive is a number of 1 or more, not \"0\""},
	};
	struct control_rig c;

	(void)state;
	begin_control(&c, 5, &some_jobs);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		json_t *body;

		assert_int_equal(ask(&c, "GET", table[i].target, NULL, &body), table[i].status);
		if (table[i].message)
			assert_string_equal(text_of(json_object_get(body, "error"), "message"),
					    table[i].message);
		json_decref(body);
	}
	assert_true(LIST_EMPTY(&c.control->logs.followers));
	assert_false(c.control->logs.is_open);
	end_control(&c);
}

static const json_t *setting(const json_t *body, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(body, "settings"), i,
			   item) if (strcmp(text_of(item, "name"), name) == 0) return item;
	return NULL;
}

static void test_a_job_has_all_that_is_known(void **state)
{
	struct control_rig c;
	struct engine_asked asked = {.force = true};
	json_t *body;
	const json_t *run;

	(void)state;
	begin_control(&c, 5, &some_jobs);
	step(&c.rig, (struct engine_event){.kind = ENGINE_RUN_NOW,
					   .job = engine_find_job(c.rig.engine, "a"),
					   .asked = &asked});
	assert_int_equal(ask(&c, "GET", "/v1/jobs/a", NULL, &body), 200);
	assert_string_equal(text_of(body, "state"), "waiting");
	assert_string_equal(text_of(body, "file"), "test");
	assert_int_equal(json_array_size(json_object_get(body, "slots")), 5);
	assert_string_equal(text_of(json_array_get(json_object_get(body, "slots"), 4), "slot"),
			    "1970-01-01T00:00:50Z");
	assert_string_equal(text_of(setting(body, "command"), "value"), "{\"secret-command\"}");
	assert_string_equal(text_of(setting(body, "timeout"), "value"), "\"1m\"");
	assert_string_equal(text_of(setting(body, "environment"), "value"), "{\"TOKEN=abc\"}");
	assert_true(json_is_null(json_object_get(setting(body, "timeout"), "file")));
	assert_int_equal(json_array_size(json_object_get(body, "runs")), 1);
	run = json_array_get(json_object_get(body, "runs"), 0);
	assert_true(json_is_true(json_object_get(run, "manual")));
	assert_string_equal(text_of(run, "state"), "queued");
	json_decref(body);

	/* It follows the end of a run, or an event: of one slot, or of none, is known when. */
	assert_int_equal(ask(&c, "GET", "/v1/jobs/b", NULL, &body), 200);
	assert_int_equal(json_array_size(json_object_get(body, "slots")), 1);
	json_decref(body);
	assert_int_equal(ask(&c, "GET", "/v1/jobs/c", NULL, &body), 200);
	assert_int_equal(json_array_size(json_object_get(body, "slots")), 0);
	assert_true(json_is_null(json_object_get(body, "next")));
	json_decref(body);
	end_control(&c);
}

/* Slots while a job is paused are none of its next ones. */
static void pause_for_the_disk(struct control_rig *c, const char *name, usec_t until)
{
	struct engine_pause *pause = calloc(1, sizeof(*pause) + sizeof("the disk"));

	assert_non_null(pause);
	pause->until = until;
	strcpy(pause->reason, "the disk");
	step(&c->rig, (struct engine_event){.kind = ENGINE_PAUSE,
					    .job = engine_find_job(c->rig.engine, name),
					    .pause = pause});
}

/* There is no text for a time in the year 10000. */
static void test_what_is_due_too_late_is_never_due(void **state)
{
	struct control_rig c;
	json_t *body;

	(void)state;
	begin_control(&c, 5, &some_jobs);
	pause_for_the_disk(&c, "a", VALUE_TIME_END - 1);
	assert_int_equal(ask(&c, "GET", "/v1/jobs/a", NULL, &body), 200);
	assert_string_equal(text_of(json_object_get(body, "pause"), "until"),
			    "9999-12-31T23:59:59.999999Z");
	assert_true(json_is_null(json_object_get(body, "next")));
	assert_int_equal(json_array_size(json_object_get(body, "slots")), 0);
	json_decref(body);
	end_control(&c);
}

static void test_a_paused_job_is_due_after_that(void **state)
{
	struct control_rig c;
	json_t *body;
	json_t *told;

	(void)state;
	begin_control(&c, 5, &some_jobs);
	pause_for_the_disk(&c, "a", S(34));
	assert_int_equal(ask(&c, "GET", "/v1/jobs/a", NULL, &body), 200);
	assert_string_equal(text_of(body, "state"), "paused");
	assert_string_equal(text_of(body, "next"), "1970-01-01T00:00:40Z");
	assert_string_equal(text_of(json_array_get(json_object_get(body, "slots"), 0), "slot"),
			    "1970-01-01T00:00:40Z");
	told = json_incref(json_object_get(body, "pause"));
	assert_json(told, "{\"reason\":\"the disk\",\"until\":\"1970-01-01T00:00:34Z\"}");
	json_decref(body);
	end_control(&c);
}

/* In the job's zone, too, also where the clocks change. */
static void test_slots_are_in_local_time_too(void **state)
{
	static const struct {
		const char *slot;
		const char *local;
	} table[] = {
		{"1970-01-02T01:30:00Z", "1970-01-02T02:30:00+01:00"},
		{"1970-01-03T01:30:00Z", "1970-01-03T02:30:00+01:00"},
	};
	struct cron_expr expr;
	char problem[CRON_PROBLEM_SIZE];
	struct cron cron = {.n_exprs = 1, .exprs = &expr};
	struct arena arena;
	struct control_rig c;
	json_t *body;

	(void)state;
	arena_init(&arena);
	assert_int_equal(
		zone_parse_posix(&arena, "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", &cron.zone),
		0);
	assert_int_equal(cron_expr_parse("30 2 * * *", "a", &expr, problem), 0);
	begin_control(&c, 86400, &(struct model_spec){.jobs = {{.name = "a", .cron = &cron}}});
	assert_int_equal(ask(&c, "GET", "/v1/jobs/a", NULL, &body), 200);
	assert_string_equal(text_of(body, "zone"), "Europe/Berlin");
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		const json_t *slot = json_array_get(json_object_get(body, "slots"), i);

		assert_string_equal(text_of(slot, "slot"), table[i].slot);
		assert_string_equal(text_of(slot, "local"), table[i].local);
	}
	json_decref(body);
	end_control(&c);
	arena_done(&arena);
}

static void test_groups_come_in_pages(void **state)
{
	struct control_rig c;
	json_t *body;

	(void)state;
	begin_control(&c, 5, &some_jobs);
	assert_int_equal(ask(&c, "GET", "/v1/groups?limit=2", NULL, &body), 200);
	assert_json(body, "{\"items\":[{\"file\":\"test\",\"limit\":2,\"line\":0,\"name\":\"db\","
			  "\"running\":0},{\"file\":\"test\",\"limit\":1,\"line\":0,"
			  "\"name\":\"net\",\"running\":0}],\"next\":\"net\"}");
	assert_int_equal(ask(&c, "GET", "/v1/groups?limit=2&cursor=net", NULL, &body), 200);
	assert_json(body, "{\"items\":[{\"file\":\"test\",\"limit\":1,\"line\":0,\"name\":\"x\","
			  "\"running\":0}],\"next\":null}");
	end_control(&c);
}

/* --- by TCP --- */

/* All of the answer to a GET there. To be freed. */
static char *get_by_tcp(struct control_rig *c, const char *target)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	char request[500];
	char *text;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int listener = -1;

	assert_true(fd >= 0);
	/* The one that the server has just made. */
	for (int other = 3; other < fd && listener < 0; other++) {
		struct sockaddr_storage found;
		socklen_t len = sizeof(found);

		if (getsockname(other, (struct sockaddr *)&found, &len) == 0 &&
		    found.ss_family == AF_INET)
			listener = other;
	}
	assert_true(listener >= 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	if (connect(fd, (struct sockaddr *)&address, size) < 0)
		assert_int_equal(errno, EINPROGRESS);
	(void)poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 10000);
	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", target);
	send_text(fd, request);
	text = receive(c, fd, SIZE_MAX);
	close(fd);
	return text;
}

static void test_tcp_tells_no_secrets(void **state)
{
	static const char *const secrets[] = {"secret-command", "TOKEN",   "abc", "alice",
					      "/home",          "/bin/sh", "test"};
	static const char *const targets[] = {"/v1/jobs", "/v1/jobs/a", "/v1/groups"};
	struct control_rig c;
	char ledger[100];
	int fd;

	(void)state;
	begin_control(&c, 5, &some_jobs);
	control_listen(c.control, "127.0.0.1:0");
	c.facts.ledger = "the ledger /home/ledger.db: disk I/O error";
	c.facts.ledger_dir = c.dir;
	sprintf(ledger, "%s/" LEDGER_NAME, c.dir);
	fd = open(ledger, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "no database", 11), 11);
	close(fd);
	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
		char *text = get_by_tcp(&c, targets[i]);

		assert_int_equal(status_of(text), 200);
		assert_non_null(strstr(text, "\"db\""));
		for (size_t j = 0; j < ARRAY_LENGTH(secrets); j++)
			if (strstr(text, secrets[j]))
				fail_msg("%s: %s: %s", targets[i], secrets[j], text);
		free(text);
	}
	for (int i = 0; i < 2; i++) {
		char *text = get_by_tcp(&c, i ? "/v1/status" : "/v1/runs");

		assert_int_equal(status_of(text), i ? 200 : 503);
		assert_non_null(strstr(text, i ? "it cannot be written" : "cannot be read"));
		assert_null(strstr(text, i ? "/home" : c.dir));
		free(text);
	}
	for (int i = 0; i < 2; i++) {
		char *text = get_by_tcp(&c, i ? "/v1/jobs?user=alice" : "/v1/jobs?user=bob");

		assert_int_equal(status_of(text), 400);
		free(text);
	}
	/* What runs print is for nobody there. */
	for (int i = 0; i < 2; i++) {
		char *text = get_by_tcp(&c, i ? "/v1/logs" : "/v1/logs?job=a");

		assert_int_equal(status_of(text), 404);
		free(text);
	}
	assert_int_equal(unlink(ledger), 0);
	end_control(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_list_has_the_jobs),
		cmocka_unit_test(test_what_makes_no_sense_is_said),
		cmocka_unit_test(test_a_job_has_all_that_is_known),
		cmocka_unit_test(test_a_paused_job_is_due_after_that),
		cmocka_unit_test(test_what_is_due_too_late_is_never_due),
		cmocka_unit_test(test_slots_are_in_local_time_too),
		cmocka_unit_test(test_groups_come_in_pages),
		cmocka_unit_test(test_tcp_tells_no_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
