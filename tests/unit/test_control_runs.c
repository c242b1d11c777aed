/* Holds: what is answered of runs, from the engine and from the ledger, and of what did not run. */
#include "control_fixture.h"

#include "control/control_internal.h"
#include "ledger/ledger.h"

#include <sqlite3.h>

/* Longer than anything here may take. */
#define WAIT_MS 60000

static const struct model_spec jobs = {
	.jobs = {{.name = "a"}, {.name = "b", .every = 1000}, {.name = "never", .on = 1}}};

static long no_start(pid_t pid)
{
	(void)pid;
	return 0;
}

static void execute(const struct control_rig *c, const char *sql)
{
	char path[100];
	sqlite3 *db = NULL;

	sprintf(path, "%s/" LEDGER_NAME, c->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Slots of "a" at 10 and 20 ran, those from 30 to 50 were skipped. The first run printed something.
 */
static const char rows[] =
	"INSERT INTO job (number, name, schedule, floor) VALUES (1, 'a', 'every 10s', 5000000),"
	" (2, 'old', 'every 1m', 0);"
	"UPDATE job SET gone = 90000000 WHERE number = 2;"
	"INSERT INTO run (id, job, slot, due, state, verdict, attempts, accepted, started, ended,"
	" result, exit, printed, dropped, pid) VALUES"
	" (101, 1, 10000000, 10000000, NULL, 'ok', 1, 10000001, 10000002, 11000000, 'exited', 0,"
	"  20, 3, 812),"
	" (102, 1, 20000000, 20000000, NULL, 'failed', 2, 20000001, 20000002, 55000000, 'exited',"
	"  3, NULL, NULL, 814),"
	" (103, 1, 60000000, 60000000, 'accepted', NULL, 0, 60000000, NULL, NULL, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (104, 2, 60000000, 60000000, NULL, 'ok', 1, 60000000, 60000000, 60500000, 'exited', 0,"
	"  NULL, NULL, 7);"
	"INSERT INTO output VALUES (101, CAST('first' || char(10) || 'second' AS BLOB),"
	" CAST('end' AS BLOB)), (102, x'61ff0a62', NULL);"
	"INSERT INTO streak VALUES"
	" (1, 1, 'skipped', 'overlap', 3, 30000000, 50000000, 50000001);";

static void begin_runs(struct control_rig *c, bool ledger)
{
	static const struct ledger_settings settings;
	const struct ledger_life life = {.started = S(5), .version = "0", .boot = "boot"};
	struct ledger *opened;
	struct past past;

	begin_control(c, 5, &jobs);
	c->facts.has_ledger = ledger;
	if (!ledger)
		return;
	c->facts.ledger_dir = c->dir;
	assert_int_equal(ledger_open(c->dir, &settings, &life, no_start, &opened, &past), 0);
	past_done(&past);
	assert_int_equal(ledger_close(opened, true, S(6), S(60)), 0);
	execute(c, rows);
}

static void end_runs(struct control_rig *c)
{
	char command[100];

	sprintf(command, "rm -f %s/ledger*", c->dir);
	control_free(c->control);
	assert_int_equal(system(command), 0);
	c->control = NULL;
	end_control(c);
}

/* As ask(), of what takes another thread its time. *ret_text is to be freed. */
static int get_text(struct control_rig *c, const char *target, char **ret_text)
{
	char request[512];
	size_t size = 1024 * 1024;
	char *text = malloc(size);
	size_t len = 0;
	ssize_t n = -1;
	int fd = connect_client(c);
	int status;

	assert_non_null(text);
	sprintf(request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target);
	send_text(fd, request);
	for (int i = 0; i < WAIT_MS && n != 0; i++) {
		go_round(c);
		while ((n = recv(fd, text + len, size - 1 - len, 0)) > 0)
			len += (size_t)n;
		if (n < 0)
			(void)poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 1);
	}
	close(fd);
	text[len] = '\0';
	status = status_of(text);
	*ret_text = strdup(body_of(text));
	free(text);
	return status;
}

static int get(struct control_rig *c, const char *target, json_t **ret_body)
{
	char *text;
	int status = get_text(c, target, &text);

	*ret_body = json_loads(text, 0, NULL);
	if (!*ret_body)
		fail_msg("%s: %d \"%s\"", target, status, text);
	free(text);
	return status;
}

static const char *text_of(const json_t *value, const char *name)
{
	const char *text = json_string_value(json_object_get(value, name));

	return text ? text : "";
}

static int number_of(const json_t *value, const char *name)
{
	return (int)json_integer_value(json_object_get(value, name));
}

/* "101 102": numbers of a page, those of streaks negative. */
static const char *list(const json_t *page)
{
	static char text[400];
	const json_t *item;
	size_t i;

	text[0] = '\0';
	json_array_foreach(json_object_get(page, "items"), i, item)
	{
		int run = number_of(item, "run");

		sprintf(text + strlen(text), "%s%d", i ? " " : "",
			run ? run : -number_of(item, "streak"));
	}
	return text;
}

/* --- lists --- */

static void lists_are_filtered(void **state)
{
	static const struct {
		const char *query;
		const char *rows;
	} cases[] = {
		{"", "104 103 -1 102 101"},
		{"?job=a", "103 -1 102 101"},
		{"?job=old", "104"},
		{"?job=b", ""},
		{"?verdict=ok", "104 101"},
		{"?verdict=skipped,failed", "-1 102"},
		{"?kind=run", "104 103 102 101"},
		{"?kind=streak", "-1"},
		{"?job=a&from=1970-01-01T00:00:20Z&to=1970-01-01T00:01:00Z", "-1 102"},
		{"?from=@20&to=@31", "-1 102"},
	};
	struct control_rig c;

	(void)state;
	begin_runs(&c, true);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char target[100];
		json_t *body;

		sprintf(target, "/v1/runs%s", cases[i].query);
		assert_int_equal(get(&c, target, &body), 200);
		assert_string_equal(list(body), cases[i].rows);
		assert_true(json_is_null(json_object_get(body, "next")));
		json_decref(body);
	}
	end_runs(&c);
}

static void pages_follow_each_other(void **state)
{
	struct control_rig c;
	char target[200] = "/v1/runs?limit=2";
	const char *pages[] = {"104 103", "-1 102", "101"};
	json_t *body;

	(void)state;
	begin_runs(&c, true);
	for (size_t i = 0; i < ARRAY_LENGTH(pages); i++) {
		assert_int_equal(get(&c, target, &body), 200);
		assert_string_equal(list(body), pages[i]);
		snprintf(target, sizeof(target), "/v1/runs?limit=2&cursor=%s",
			 text_of(body, "next"));
		json_decref(body);
	}
	assert_string_equal(target, "/v1/runs?limit=2&cursor=");
	end_runs(&c);
}

/* What is live is told as the engine has it, whether or not it is on record. */
static void live_runs_are_the_engines(void **state)
{
	struct control_rig c;
	struct engine_run *run;
	char target[100];
	char sql[100];
	json_t *body;
	const json_t *first;

	(void)state;
	begin_runs(&c, true);
	run_until(&c.rig, 10);
	run = find_run(&c.rig, "a", 10);
	started(&c.rig, "a", 10);

	assert_int_equal(get(&c, "/v1/runs?state=live", &body), 200);
	first = json_array_get(json_object_get(body, "items"), 0);
	assert_string_equal(text_of(first, "state"), "running");
	assert_string_equal(text_of(first, "slot"), "1970-01-01T00:00:10Z");
	assert_int_equal(number_of(first, "pid"), 812);
	assert_int_equal(number_of(first, "age"), 3);
	assert_true(json_is_null(json_object_get(first, "verdict")));
	json_decref(body);
	assert_int_equal(get(&c, "/v1/runs?state=live&job=b", &body), 200);
	assert_string_equal(list(body), "");
	json_decref(body);

	sprintf(target, "/v1/runs/%d", (int)run->id);
	assert_int_equal(get(&c, target, &body), 200);
	assert_string_equal(text_of(body, "state"), "running");
	json_decref(body);
	strcat(target, "/output");
	assert_int_equal(get(&c, target, &body), 409);
	assert_string_equal(text_of(json_object_get(body, "error"), "code"), "run-live");
	json_decref(body);

	/* On record it is accepted, as one that was started a moment ago. */
	sprintf(sql, "UPDATE run SET id = %d WHERE id = 103", (int)run->id);
	execute(&c, sql);
	assert_int_equal(get(&c, "/v1/runs?job=a&limit=1", &body), 200);
	first = json_array_get(json_object_get(body, "items"), 0);
	assert_string_equal(text_of(first, "state"), "running");
	json_decref(body);

	/* Also when its job has left the configuration. */
	load(&c.rig, &(struct model_spec){.jobs = {{.name = "b", .every = 1000}}});
	assert_int_equal(get(&c, "/v1/jobs/a/why?time=@60", &body), 200);
	assert_non_null(strstr(text_of(body, "sentence"), "is running (pid 812) for 3s"));
	json_decref(body);
	finish(&c.rig, "a", 10);
	assert_int_equal(get(&c, "/v1/runs?job=a&limit=1", &body), 200);
	first = json_array_get(json_object_get(body, "items"), 0);
	assert_string_equal(text_of(first, "state"), "queued");
	json_decref(body);
	end_runs(&c);
}

static void live_runs_come_in_pages(void **state)
{
	static const struct model_spec many = {
		.jobs = {{.name = "a", .overlap = OVERLAP_ALLOW, .max_running = 50}}};
	struct control_rig c;
	char target[200] = "/v1/runs?state=live&limit=3";
	char all[200] = "";
	json_t *body;

	(void)state;
	begin_control(&c, 5, &many);
	run_until(&c.rig, 70);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(get(&c, target, &body), 200);
		strcat(strcat(all, list(body)), i < 2 ? " | " : "");
		snprintf(target, sizeof(target), "/v1/runs?state=live&limit=3&cursor=%s",
			 text_of(body, "next"));
		json_decref(body);
	}
	assert_string_equal(all, "7 6 5 | 4 3 2 | 1");
	end_runs(&c);
}

/* More than are told in one go of the loop. */
/* Has the server begun with an answer that is not all there? */
static bool is_answering(const struct control_rig *c)
{
	const struct client *client;

	for (size_t i = 0; i < CONTROL_BUCKETS; i++)
		for (client = LIST_FIRST(&c->control->buckets[i]); client;
		     client = LIST_NEXT(client, all))
			if (client->exchange)
				return true;
	return false;
}

static void many_live_runs_are_told_together(void **state)
{
	enum { RUNS = 100 };
	static const struct model_spec many = {
		.jobs = {{.name = "a", .overlap = OVERLAP_ALLOW, .max_running = 2 * RUNS}}};
	struct control_rig c;
	json_t *body;
	json_t *items;
	int fd;

	(void)state;
	begin_control(&c, 5, &many);
	run_until(&c.rig, 10 * RUNS);
	assert_int_equal(get(&c, "/v1/runs?state=live&limit=1000", &body), 200);
	items = json_object_get(body, "items");
	assert_int_equal(json_array_size(items), RUNS);
	for (int i = 0; i < RUNS; i++)
		assert_int_equal(number_of(json_array_get(items, i), "run"), RUNS - i);
	assert_true(json_is_null(json_object_get(body, "next")));
	json_decref(body);
	assert_int_equal(get(&c, "/v1/runs?state=live&limit=45&cursor=0.78.0.0", &body), 200);
	items = json_object_get(body, "items");
	assert_int_equal(json_array_size(items), 45);
	assert_int_equal(number_of(json_array_get(items, 0), "run"), 77);
	assert_int_equal(number_of(json_array_get(items, 44), "run"), 33);
	json_decref(body);

	/* The runs may end, and the client go, before all are told. */
	fd = connect_client(&c);
	send_text(fd, "GET /v1/runs?state=live&limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
	for (int pass = 0; pass < ROUNDS_MAX && !is_answering(&c); pass++)
		assert_true(event_base_loop(c.base, EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
	assert_true(is_answering(&c));
	started(&c.rig, "a", 10);
	finish(&c.rig, "a", 10);
	assert_true(event_base_loop(c.base, EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
	assert_int_equal(recv(fd, &(char){0}, 1, 0), -1);
	close(fd);
	for (int round = 0; round < 20; round++)
		go_round(&c);
	end_runs(&c);
}

static void what_cannot_be_asked_is_refused(void **state)
{
	static const struct {
		const char *target;
		int status;
		const char *code;
	} cases[] = {
		{"/v1/runs?job=aa", 404, "no-such-job"},
		{"/v1/runs?verdict=good", 400, "bad-parameter"},
		{"/v1/runs?from=soon", 400, "bad-parameter"},
		{"/v1/runs?to=", 400, "bad-parameter"},
		{"/v1/runs?kind=both", 400, "bad-parameter"},
		{"/v1/runs?state=dead", 400, "bad-parameter"},
		{"/v1/runs?limit=0", 400, "bad-parameter"},
		{"/v1/runs?limit=1001", 400, "bad-parameter"},
		{"/v1/runs?cursor=1.2.3", 400, "bad-parameter"},
		{"/v1/runs?cursor=1.2.3.4x", 400, "bad-parameter"},
		{"/v1/runs?cursor=1.99999999999999999999.3.4", 400, "bad-parameter"},
		{"/v1/runs/x", 400, "bad-run"},
		{"/v1/runs/-1", 400, "bad-run"},
		{"/v1/runs/99999999999999999999", 400, "bad-run"},
		{"/v1/runs/999", 404, "no-such-run"},
		{"/v1/runs/999/output", 404, "no-such-run"},
		{"/v1/runs/101/output?format=xml", 400, "bad-parameter"},
		{"/v1/runs/103/output", 409, "run-live"},
		{"/v1/jobs/aa/why", 404, "no-such-job"},
		{"/v1/jobs/a/why?time=soon", 400, "bad-parameter"},
	};
	struct control_rig c;

	(void)state;
	begin_runs(&c, true);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		json_t *body;
		int status = get(&c, cases[i].target, &body);
		const char *code = text_of(json_object_get(body, "error"), "code");

		if (status != cases[i].status || strcmp(code, cases[i].code) != 0)
			fail_msg("%s: %d %s", cases[i].target, status, code);
		json_decref(body);
	}
	end_runs(&c);
}

/* --- one run --- */

static void a_run_is_told(void **state)
{
	struct control_rig c;
	json_t *body;

	(void)state;
	begin_runs(&c, true);
	assert_int_equal(get(&c, "/v1/runs/102", &body), 200);
	assert_json(body,
		    "{\"accepted\":\"1970-01-01T00:00:20.000001Z\",\"age\":null,\"attempts\":2,"
		    "\"because\":null,\"count\":1,\"cpu\":null,\"dropped\":0,"
		    "\"due\":\"1970-01-01T00:00:20Z\",\"ended\":\"1970-01-01T00:00:55Z\","
		    "\"errno\":null,\"exit\":3,\"first\":\"1970-01-01T00:00:20Z\",\"job\":\"a\","
		    "\"leftovers\":0,\"manual\":false,\"memory\":null,\"pid\":814,"
		    "\"printed\":0,\"problem\":null,\"reason\":null,\"retry_in\":null,"
		    "\"run\":102,\"signal\":null,\"slot\":\"1970-01-01T00:00:20Z\","
		    "\"stage\":null,\"started\":\"1970-01-01T00:00:20.000002Z\","
		    "\"state\":\"ended\",\"streak\":null,\"took\":34.999997999999998,"
		    "\"verdict\":\"failed\"}");
	end_runs(&c);
}

static void output_is_told(void **state)
{
	struct control_rig c;
	json_t *body;
	char *text;

	(void)state;
	begin_runs(&c, true);
	assert_int_equal(get_text(&c, "/v1/runs/101/output", &text), 200);
	assert_string_equal(text, "first\nsecond\n[... 5 bytes were not kept ...]\nend");
	free(text);
	assert_int_equal(get(&c, "/v1/runs/101/output?format=json", &body), 200);
	assert_json(body, "{\"dropped\":3,\"gap\":5,\"head\":\"first\\nsecond\",\"job\":\"a\","
			  "\"printed\":20,\"run\":101,\"tail\":\"end\"}");
	/* What is no UTF-8 is none as text either; as JSON it is, and lines stay lines. */
	assert_int_equal(get_text(&c, "/v1/runs/102/output", &text), 200);
	assert_string_equal(text, "a\xff\nb");
	free(text);
	assert_int_equal(get(&c, "/v1/runs/102/output?format=json", &body), 200);
	assert_string_equal(text_of(body, "head"), "a\\xff\nb");
	json_decref(body);
	/* It printed nothing. */
	assert_int_equal(get_text(&c, "/v1/runs/104/output", &text), 200);
	assert_string_equal(text, "");
	free(text);
	end_runs(&c);
}

/* --- why --- */

static void why_is_answered(void **state)
{
	static const struct {
		const char *target;
		const char *slot;
		const char *verdict;
		const char *sentence; /* a part of it */
	} cases[] = {
		{"/v1/jobs/a/why?time=@10", "1970-01-01T00:00:10Z", "ok",
		 "ran, and succeeded in 1s"},
		{"/v1/jobs/a/why?time=@23", "1970-01-01T00:00:20Z", "failed",
		 "failed: exit status 3 after 35s, at attempt 2"},
		{"/v1/jobs/a/why?time=1970-01-01T00:00:41Z", "1970-01-01T00:00:40Z", "skipped",
		 "was still running (pid 814, 20s); it ended"},
		/* It has left the configuration. */
		{"/v1/jobs/old/why?time=@60", "1970-01-01T00:01:00Z", "ok", "ran, and succeeded"},
		/* From before the job was known. */
		{"/v1/jobs/a/why?time=@-0", "", "", ""},
		{"/v1/jobs/never/why", "", "", "Nothing is on record of never"},
	};
	struct control_rig c;
	json_t *body;

	(void)state;
	begin_runs(&c, true);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		int status = get(&c, cases[i].target, &body);

		if (!*cases[i].sentence) {
			assert_int_equal(status, 400);
		} else {
			assert_int_equal(status, 200);
			assert_string_equal(text_of(body, "slot"), cases[i].slot);
			assert_string_equal(text_of(body, "verdict"), cases[i].verdict);
			if (!strstr(text_of(body, "sentence"), cases[i].sentence))
				fail_msg("%s", text_of(body, "sentence"));
		}
		json_decref(body);
	}
	assert_int_equal(get(&c, "/v1/jobs/a/why?time=@41", &body), 200);
	assert_int_equal(
		number_of(json_object_get(json_object_get(body, "facts"), "live_then"), "run"),
		102);
	assert_int_equal(
		number_of(json_object_get(json_object_get(body, "facts"), "occurrence"), "streak"),
		1);
	json_decref(body);
	end_runs(&c);
}

/* A job that waits for nothing on record: the future, and what is held. */
static void why_knows_the_engine(void **state)
{
	struct control_rig c;
	json_t *body;

	(void)state;
	begin_runs(&c, true);
	assert_int_equal(get(&c, "/v1/jobs/a/why?time=2100-01-01", &body), 200);
	assert_non_null(strstr(text_of(body, "sentence"), "is not due yet"));
	json_decref(body);
	pause_job(&c.rig, "a", 70);
	assert_int_equal(get(&c, "/v1/jobs/a/why?time=2100-01-01", &body), 200);
	assert_string_equal(
		text_of(json_object_get(json_object_get(body, "facts"), "pause"), "until"),
		"1970-01-01T00:01:10Z");
	json_decref(body);
	end_runs(&c);
}

/* --- no ledger --- */

static void without_a_ledger_that_is_said(void **state)
{
	struct control_rig c;
	json_t *body;

	(void)state;
	begin_runs(&c, false);
	assert_int_equal(get(&c, "/v1/runs", &body), 503);
	assert_string_equal(text_of(json_object_get(body, "error"), "code"), "no-ledger");
	json_decref(body);
	assert_int_equal(get(&c, "/v1/runs?state=live", &body), 200);
	json_decref(body);
	assert_int_equal(get(&c, "/v1/jobs/never/why", &body), 200);
	assert_non_null(strstr(text_of(body, "sentence"), "because there is no ledger"));
	json_decref(body);
	assert_int_equal(get(&c, "/v1/jobs/none/why", &body), 404);
	json_decref(body);
	end_runs(&c);
}

static void a_ledger_that_cannot_be_read_is_said(void **state)
{
	struct control_rig c;
	char path[100];
	json_t *body;
	FILE *out;

	(void)state;
	begin_runs(&c, true);
	sprintf(path, "%s/" LEDGER_NAME, c.dir);
	out = fopen(path, "w");
	assert_non_null(out);
	for (int i = 0; i < 1000; i++)
		assert_true(fputs("no database ", out) >= 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(get(&c, "/v1/runs", &body), 503);
	assert_string_equal(text_of(json_object_get(body, "error"), "code"), "ledger-unreadable");
	json_decref(body);
	/* Where there is no file yet there is nothing on record. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(get(&c, "/v1/runs", &body), 200);
	assert_string_equal(list(body), "");
	json_decref(body);
	assert_int_equal(get(&c, "/v1/jobs/never/why", &body), 200);
	json_decref(body);
	end_runs(&c);
}

/* Clients that go, and a server that ends, while the ledger is being read. */
static void who_goes_leaves_nothing_behind(void **state)
{
	struct control_rig c;

	(void)state;
	begin_runs(&c, true);
	for (int i = 0; i < 50; i++) {
		int fd = connect_client(&c);

		send_text(fd, "GET /v1/runs HTTP/1.1\r\nHost: x\r\n\r\n");
		for (int j = 0; j < i % 10; j++)
			go_round(&c);
		close(fd);
	}
	for (int i = 0; i < 20; i++) {
		int fd = connect_client(&c);

		send_text(fd, "GET /v1/jobs/a/why HTTP/1.1\r\nHost: x\r\n\r\n");
		for (int j = 0; j < 4; j++)
			go_round(&c);
		close(fd);
	}
	end_runs(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_filtered),
		cmocka_unit_test(pages_follow_each_other),
		cmocka_unit_test(live_runs_are_the_engines),
		cmocka_unit_test(live_runs_come_in_pages),
		cmocka_unit_test(many_live_runs_are_told_together),
		cmocka_unit_test(what_cannot_be_asked_is_refused),
		cmocka_unit_test(a_run_is_told),
		cmocka_unit_test(output_is_told),
		cmocka_unit_test(why_is_answered),
		cmocka_unit_test(why_knows_the_engine),
		cmocka_unit_test(without_a_ledger_that_is_said),
		cmocka_unit_test(a_ledger_that_cannot_be_read_is_said),
		cmocka_unit_test(who_goes_leaves_nothing_behind),
	};

	return cmocka_run_group_tests_name("control_runs", tests, NULL, NULL);
}
