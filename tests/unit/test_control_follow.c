/* Holds: who follows events and logs is told what he asked for, in order, to the end; and who does
   not take it is cut off and holds up nobody. */
#include "control_fixture.h"

#include "base/log.h"
#include "base/log_tap.h"
#include "control/control_internal.h"

#include <event2/listener.h>
#include <netinet/in.h>

static const struct model_spec two_jobs = {.jobs = {{.name = "a"}, {.name = "b"}}};

/* --- clients --- */

struct reader {
	int fd;
	char *text; /* all that has come */
	size_t len;
	bool ended;
};

#define READER_SIZE ((size_t)4 * 1024 * 1024)

/* Reads what there is. */
static void read_on(struct control_rig *c, struct reader *reader)
{
	ssize_t n;

	/* The log is written by a thread of its own. */
	if (c->control->logs.is_open)
		(void)poll(&(struct pollfd){.fd = log_tap_fd(), .events = POLLIN}, 1, 1);
	go_round(c);
	/* As some milliseconds later. */
	exchange_send_gathered(c->control);
	go_round(c);
	n = recv(reader->fd, reader->text + reader->len, READER_SIZE - 1 - reader->len, 0);
	if (n > 0)
		reader->len += (size_t)n;
	else if (n == 0 || errno != EAGAIN)
		reader->ended = true;
	reader->text[reader->len] = '\0';
}

/* Reads until the text has come. */
static void expect_text(struct control_rig *c, struct reader *reader, const char *text)
{
	for (int round = 0; round < ROUNDS_MAX && !strstr(reader->text, text); round++)
		read_on(c, reader);
	if (!strstr(reader->text, text))
		fail_msg("no \"%s\" in: %s", text, reader->text);
}

static void expect_end(struct control_rig *c, struct reader *reader)
{
	for (int round = 0; round < ROUNDS_MAX && !reader->ended; round++)
		read_on(c, reader);
	assert_true(reader->ended);
}

/* A client that has begun to follow, by what it is connected by. */
static struct reader open_reader_at(struct control_rig *c, int fd, const char *target)
{
	struct reader reader = {.fd = fd, .text = calloc(1, READER_SIZE)};
	char request[500];

	assert_non_null(reader.text);
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
	send_text(reader.fd, request);
	expect_text(c, &reader, ": everyd");
	assert_non_null(strstr(reader.text, "HTTP/1.1 200 "));
	assert_non_null(strstr(reader.text, "Content-Type: text/event-stream\r\n"));
	return reader;
}

static struct reader open_reader(struct control_rig *c, const char *target)
{
	return open_reader_at(c, connect_client(c), target);
}

static void close_reader(struct reader *reader)
{
	close(reader->fd);
	free(reader->text);
}

/* How often the text has come. */
static unsigned count(const struct reader *reader, const char *text)
{
	unsigned n = 0;

	for (const char *at = reader->text; (at = strstr(at, text)); at++)
		n++;
	return n;
}

/* --- an engine that tells the server --- */

static void tell_server(void *ctx, const struct effect *effect)
{
	control_effect(((struct control_rig *)ctx)->control, effect);
}

static void take_event(struct control_rig *c, struct engine_event event)
{
	engine_step(c->rig.engine, &event, c->rig.now, (struct effect_sink){tell_server, c});
	control_event(c->control, &event);
}

static struct engine_run *run_job(struct control_rig *c, const char *name)
{
	struct engine_job *job = engine_find_job(c->rig.engine, name);
	struct engine_asked asked = {.force = true};

	take_event(c, (struct engine_event){.kind = ENGINE_RUN_NOW, .job = job, .asked = &asked});
	assert_non_null(asked.run);
	return asked.run;
}

static void end_run(struct control_rig *c, struct engine_run *run, int status)
{
	const struct run_result result = {
		.code = status, .queued = S(1), .started = S(2), .ended = S(3), .pid = 812};

	take_event(c, (struct engine_event){.kind = ENGINE_STARTED, .run = run});
	take_event(c,
		   (struct engine_event){.kind = ENGINE_FINISHED, .run = run, .result = &result});
}

/* --- events --- */

static void test_events_come_as_they_happen(void **state)
{
	static const char *const order[] = {
		"event: accepted\ndata: {",
		"\"slot\": \"1970-01-01T00:00:05Z\", \"manual\": true}\n\n",
		"event: started\ndata: {",
		"\"attempt\": 1, \"pid\": 812}\n\n",
		"event: ended\ndata: {",
		"\"job\": \"a\", \"run\": 1, \"verdict\": \"failed\", ",
		"\"exit\": 3,",
		"\"took\": 1}\n\n",
	};
	struct control_rig c;
	struct reader reader;
	const char *at;

	(void)state;
	begin_control(&c, 5, &two_jobs);
	reader = open_reader(&c, "/v1/events");
	end_run(&c, run_job(&c, "a"), 3);
	expect_text(&c, &reader, "\"took\": 1}\n\n");
	at = reader.text;
	for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
		at = strstr(at, order[i]);
		if (!at)
			fail_msg("no %s in its place in: %s", order[i], reader.text);
		at += strlen(order[i]);
	}
	close_reader(&reader);
	end_control(&c);
}

static struct engine_pause *new_pause(void)
{
	struct engine_pause *pause = calloc(1, sizeof(*pause) + sizeof("the disk"));

	assert_non_null(pause);
	pause->until = S(60);
	strcpy(pause->reason, "the disk");
	return pause;
}

/* Each that is of no run. */
static void test_all_that_is_worth_knowing_is_told(void **state)
{
	struct control_rig c;
	struct reader reader;
	struct engine_job *job;
	struct engine_load *loaded = NULL;
	struct model *model = build_model(&(struct model_spec){.jobs = {{.name = "a"}}});

	(void)state;
	begin_control(&c, 5, &two_jobs);
	reader = open_reader(&c, "/v1/events");
	job = engine_find_job(c.rig.engine, "a");
	take_event(&c,
		   (struct engine_event){.kind = ENGINE_PAUSE, .job = job, .pause = new_pause()});
	expect_text(&c, &reader, "event: paused\n");
	expect_text(&c, &reader,
		    "\"until\": \"1970-01-01T00:01:00Z\", \"reason\": \"the disk\"}\n\n");
	take_event(&c, (struct engine_event){.kind = ENGINE_RESUME, .job = job});
	expect_text(&c, &reader, "event: resumed\n");
	/* A slot while a run lives. */
	(void)run_job(&c, "a");
	c.rig.now = S(10);
	take_event(&c, (struct engine_event){.kind = ENGINE_DUE, .job = job});
	expect_text(&c, &reader, "event: not-run\n");
	expect_text(&c, &reader, "\"verdict\": \"skipped\", \"reason\": \"overlap\"");
	end_run(&c, job->runs, 0);
	expect_text(&c, &reader, "event: not-run-end\n");
	take_event(&c, (struct engine_event){.kind = ENGINE_CLOCK_STEPPED});
	take_event(&c, (struct engine_event){.kind = ENGINE_CLOCK_STEPPED, .shift = S(-3)});
	expect_text(&c, &reader, "event: clock\n");
	expect_text(&c, &reader, "\"shift\": -3, \"suspended\": false}\n\n");
	assert_int_equal(count(&reader, "event: clock\n"), 1);
	assert_int_equal(engine_prepare(c.rig.engine, model, NULL, &loaded), 0);
	model_unref(model);
	take_event(&c, (struct engine_event){.kind = ENGINE_LOAD, .load = loaded});
	expect_text(&c, &reader, "event: loaded\n");
	expect_text(&c, &reader,
		    "\"added\": 0, \"changed\": 0, \"removed\": 1, \"unchanged\": 1}\n\n");
	control_reload_failed(c.control, 2, "everyd.conf:3: every: \"soon\" is no duration");
	expect_text(&c, &reader, "event: reload-failed\n");
	expect_text(&c, &reader,
		    "\"job\": null, \"run\": null, \"errors\": 2, \"error\": \"everyd.conf:3: "
		    "every: \\\"soon\\\" is no duration\"}\n\n");
	take_event(&c, (struct engine_event){.kind = ENGINE_STOP});
	expect_text(&c, &reader, "event: stopping\n");
	close_reader(&reader);
	end_control(&c);
}

static int connect_tcp(struct control_rig *c)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(getsockname(evconnlistener_get_fd(c->control->tcp->listener),
				     (struct sockaddr *)&address, &size),
			 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* What is wrong names files, and may quote them. */
static void test_who_follows_by_tcp_is_not_told_what_is_wrong(void **state)
{
	struct control_rig c;
	struct reader local;
	struct reader remote;

	(void)state;
	begin_control(&c, 5, &two_jobs);
	control_listen(c.control, "127.0.0.1:0");
	assert_non_null(c.control->tcp);
	local = open_reader(&c, "/v1/events");
	remote = open_reader_at(&c, connect_tcp(&c), "/v1/events");
	control_reload_failed(c.control, 1, "secret");
	take_event(&c, (struct engine_event){.kind = ENGINE_STOP});
	expect_text(&c, &local, "event: stopping\n");
	expect_text(&c, &remote, "event: stopping\n");
	assert_int_equal(count(&local, "\"errors\": 1, \"error\": \"secret\"}\n\n"), 1);
	assert_int_equal(count(&remote, "event: reload-failed\n"), 1);
	assert_int_equal(count(&remote, "\"errors\": 1, \"error\": null}\n\n"), 1);
	close_reader(&local);
	close_reader(&remote);
	end_control(&c);
}

static void test_one_job_or_run_can_be_followed(void **state)
{
	struct control_rig c;
	struct reader of_job;
	struct reader of_pattern;
	struct reader of_run;
	struct engine_run *first;
	struct engine_run *second;

	(void)state;
	begin_control(&c, 5, &two_jobs);
	first = run_job(&c, "b");
	second = run_job(&c, "b");
	of_job = open_reader(&c, "/v1/events?job=a");
	of_pattern = open_reader(&c, "/v1/events?job=?");
	of_run = open_reader(&c, "/v1/events?run=2");
	end_run(&c, first, 0);
	end_run(&c, second, 0);
	end_run(&c, run_job(&c, "a"), 0);
	take_event(&c, (struct engine_event){.kind = ENGINE_STOP});
	/* It has no more to tell. */
	expect_end(&c, &of_run);
	assert_int_equal(count(&of_run, "event: "), 2);
	assert_int_equal(count(&of_run, "\"run\": 2,"), 2);
	expect_text(&c, &of_job, "event: ended");
	assert_int_equal(count(&of_job, "event: "), 3);
	assert_int_equal(count(&of_job, "\"job\": \"a\""), 3);
	expect_text(&c, &of_pattern, "\"run\": 3, \"verdict\"");
	assert_int_equal(count(&of_pattern, "event: "), 7);
	assert_int_equal(count(&of_pattern, "stopping"), 0);
	close_reader(&of_job);
	close_reader(&of_pattern);
	close_reader(&of_run);
	end_control(&c);
}

static unsigned count_followers(const struct followers *followers)
{
	const struct follower *follower;
	unsigned n = 0;

	LIST_FOREACH(follower, followers, link)
	n++;
	return n;
}

static void test_who_lags_is_cut_off(void **state)
{
	struct control_rig c;
	struct reader slow;
	struct reader quick;
	unsigned runs = 0;

	(void)state;
	begin_control(&c, 5, &two_jobs);
	slow = open_reader(&c, "/v1/events");
	quick = open_reader(&c, "/v1/events");
	assert_int_equal(count_followers(&c.control->events.followers), 2);
	while (count_followers(&c.control->events.followers) == 2 && runs < 20000) {
		end_run(&c, run_job(&c, "a"), 0);
		read_on(&c, &quick);
		runs++;
	}
	assert_int_equal(count_followers(&c.control->events.followers), 1);
	assert_true(c.followed);
	end_run(&c, run_job(&c, "b"), 0);
	expect_text(&c, &quick, "\"job\": \"b\"");
	assert_int_equal(count(&quick, "\"verdict\": \"ok\""), runs + 1);
	expect_end(&c, &slow);
	assert_non_null(strstr(slow.text, "event: lagged\n"));
	assert_true(count(&slow, "\"verdict\": \"ok\"") <= runs);
	close_reader(&slow);
	close_reader(&quick);
	end_control(&c);
}

/* The loop has other things to do: what happens meanwhile waits, up to a bound. */
static void test_a_flood_of_events_cuts_followers_off(void **state)
{
	struct control_rig c;
	struct reader reader;

	(void)state;
	begin_control(&c, 5, &two_jobs);
	reader = open_reader(&c, "/v1/events?job=a");
	for (int i = 0; i < EVENTS_MAX / 3; i++)
		end_run(&c, run_job(&c, "a"), 0);
	assert_int_equal(c.control->events.n_pending, EVENTS_MAX / 3 * 3);
	for (int i = 0; i < 3; i++)
		end_run(&c, run_job(&c, "a"), 0);
	assert_true(LIST_EMPTY(&c.control->events.followers));
	assert_int_equal(c.control->events.n_pending, 0);
	expect_end(&c, &reader);
	assert_non_null(strstr(reader.text, "event: lagged\n"));
	assert_null(strstr(reader.text, "event: ended\n"));
	close_reader(&reader);
	end_control(&c);
}

/* What has happened when the server ends is sent all the same. */
static void test_the_last_events_are_sent(void **state)
{
	struct control_rig c;
	struct reader reader;

	(void)state;
	begin_control(&c, 5, &two_jobs);
	reader = open_reader(&c, "/v1/events");
	take_event(&c, (struct engine_event){.kind = ENGINE_STOP});
	assert_int_equal(c.control->events.n_pending, 1);
	assert_null(strstr(reader.text, "event: stopping\n"));
	end_control(&c);
	reader.len = (size_t)recv(reader.fd, reader.text, READER_SIZE - 1, 0);
	assert_non_null(strstr(reader.text, "event: stopping\n"));
	close_reader(&reader);
}

/* Nobody is woken for it who has not asked. */
static void test_comments_keep_a_connection_if_wanted(void **state)
{
	struct control_rig c;
	struct reader plain;
	struct reader wanted;
	struct follower *follower;

	(void)state;
	begin_control(&c, 5, &two_jobs);
	plain = open_reader(&c, "/v1/events");
	follower = LIST_FIRST(&c.control->events.followers);
	assert_false(evtimer_pending(&follower->comment, NULL));
	wanted = open_reader(&c, "/v1/events?keepalive=30");
	follower = LIST_FIRST(&c.control->events.followers);
	assert_true(evtimer_pending(&follower->comment, NULL));
	event_active(&follower->comment, EV_TIMEOUT, 0);
	expect_text(&c, &wanted, "\n:\n\n");
	assert_true(evtimer_pending(&follower->comment, NULL));
	assert_null(strstr(plain.text, "\n:\n\n"));
	close_reader(&plain);
	close_reader(&wanted);
	end_control(&c);
}

static void test_who_goes_is_forgotten(void **state)
{
	struct control_rig c;
	struct reader reader;

	(void)state;
	begin_control(&c, 5, &two_jobs);
	assert_false(c.followed);
	reader = open_reader(&c, "/v1/events?keepalive=30");
	assert_true(c.followed);
	close_reader(&reader);
	for (int i = 0; i < ROUNDS_MAX && !LIST_EMPTY(&c.control->events.followers); i++)
		go_round(&c);
	assert_true(LIST_EMPTY(&c.control->events.followers));
	assert_false(c.followed);
	end_run(&c, run_job(&c, "a"), 0);
	/* And who has not gone when the server does. */
	reader = open_reader(&c, "/v1/events");
	end_control(&c);
	close_reader(&reader);
}

/* --- logs --- */

static void write_nothing(void *ctx, const struct log_record *records, size_t n)
{
	(void)ctx;
	(void)records;
	(void)n;
}

static int start_log(void **state)
{
	(void)state;
	log_init((struct log_sink){.write = write_nothing}, LOG_LEVEL_INFO);
	return log_start();
}

static int stop_log(void **state)
{
	(void)state;
	return log_stop();
}

static void print_line(const char *job, uint64_t run, const char *text)
{
	assert_true(log_output(&(struct log_line){.level = LOG_LEVEL_WARNING,
						  .job = job,
						  .run = run,
						  .stream = "stderr",
						  .text = text,
						  .len = strlen(text)}));
}

static void test_lines_come_as_they_are_logged(void **state)
{
	struct control_rig c;
	struct reader reader;

	(void)state;
	begin_control(&c, 5, &two_jobs);
	print_line("a", 1, "before");
	assert_false(c.control->logs.is_open);
	reader = open_reader(&c, "/v1/logs");
	assert_true(c.control->logs.is_open);
	print_line("a", 1, "say \"hi\"");
	log_job(LOG_LEVEL_INFO, "a", 1, "ok in 2s");
	log_msg(LOG_LEVEL_NOTICE, "stopping");
	expect_text(&c, &reader, "\"text\": \"stopping\"}\n\n");
	assert_non_null(strstr(reader.text,
			       "\"level\": \"warning\", \"job\": \"a\", \"run\": 1, \"stream\": "
			       "\"stderr\", \"text\": \"say \\\"hi\\\"\"}\n\n"));
	assert_non_null(strstr(reader.text,
			       "\"level\": \"info\", \"job\": \"a\", \"run\": 1, \"stream\": null, "
			       "\"text\": \"ok in 2s\"}\n\n"));
	assert_non_null(strstr(reader.text, "\"level\": \"notice\", \"job\": null, \"run\": null"));
	close_reader(&reader);
	/* With the last of them the tap is closed. */
	for (int i = 0; i < ROUNDS_MAX && c.control->logs.is_open; i++)
		go_round(&c);
	assert_false(c.control->logs.is_open);
	assert_int_equal(log_tap_fd(), -1);
	end_control(&c);
}

/* The end of a run is told behind its last line, and then there is no more of it. */
static void test_a_run_is_followed_to_its_end(void **state)
{
	struct control_rig c;
	struct reader of_run;
	struct reader of_job;
	struct engine_run *other;
	struct engine_run *run;
	const char *line;
	const char *end;

	(void)state;
	begin_control(&c, 5, &two_jobs);
	other = run_job(&c, "b");
	run = run_job(&c, "a");
	of_run = open_reader(&c, "/v1/logs?run=2");
	of_job = open_reader(&c, "/v1/logs?job=b");
	print_line("b", 1, "another's");
	print_line("a", 2, "the last");
	end_run(&c, run, 0);
	end_run(&c, other, 0);
	expect_end(&c, &of_run);
	line = strstr(of_run.text, "the last");
	end = strstr(of_run.text, "event: ended\ndata: {");
	assert_true(line && end && line < end);
	assert_non_null(strstr(end,
			       "\"event\": \"ended\", \"job\": \"a\", \"run\": 2, \"verdict\": "
			       "\"ok\""));
	assert_null(strstr(of_run.text, "another's"));
	expect_text(&c, &of_job, "event: ended");
	assert_int_equal(count(&of_job, "event: "), 2);
	close_reader(&of_run);
	close_reader(&of_job);
	end_control(&c);
}

/* Lines that come faster than the loop goes round: those who follow are told that it is not all. */
static void test_a_flood_cuts_followers_off(void **state)
{
	static char text[1000];
	struct control_rig c;
	struct reader all;
	struct reader of_other;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	begin_control(&c, 5, &two_jobs);
	all = open_reader(&c, "/v1/logs");
	of_other = open_reader(&c, "/v1/logs?job=b");
	for (size_t i = 0; i < 2 * LOG_TAP_SIZE / sizeof(text); i++)
		print_line("a", 1, text);
	assert_int_equal(log_stop(), 0);
	expect_end(&c, &of_other);
	expect_end(&c, &all);
	assert_non_null(strstr(of_other.text, "event: lagged\n"));
	assert_non_null(strstr(all.text, "event: lagged\n"));
	assert_false(c.control->logs.is_open);
	assert_int_equal(log_start(), 0);
	close_reader(&all);
	close_reader(&of_other);
	end_control(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_come_as_they_happen),
		cmocka_unit_test(test_all_that_is_worth_knowing_is_told),
		cmocka_unit_test(test_who_follows_by_tcp_is_not_told_what_is_wrong),
		cmocka_unit_test(test_one_job_or_run_can_be_followed),
		cmocka_unit_test(test_who_lags_is_cut_off),
		cmocka_unit_test(test_a_flood_of_events_cuts_followers_off),
		cmocka_unit_test(test_the_last_events_are_sent),
		cmocka_unit_test(test_comments_keep_a_connection_if_wanted),
		cmocka_unit_test(test_who_goes_is_forgotten),
		cmocka_unit_test_setup_teardown(test_lines_come_as_they_are_logged, start_log,
						stop_log),
		cmocka_unit_test_setup_teardown(test_a_run_is_followed_to_its_end, start_log,
						stop_log),
		cmocka_unit_test_setup_teardown(test_a_flood_cuts_followers_off, start_log,
						stop_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
