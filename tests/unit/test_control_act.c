/* Holds: what is asked for is done, once, and answered when it is; what cannot be is refused and
   leaves no trace; who waits is told the end, and who goes away before is forgotten. */
#include "control_fixture.h"

#include "control/control_internal.h"

#include <sys/stat.h>

/* Of <grp.h>, whose struct group is not a model's. */
int setgroups(size_t size, const gid_t *list);

/* A rig whose host does all of it, by its engine. */
struct act_rig {
	struct control_rig c; /* the first: it is what the host is given */
	int refusal;          /* of run_now and reload; 0: none */
	bool at_once;         /* a run ends before run_now returns */
	unsigned runs;
	char environment[200]; /* of the last: "A=1 B=2" */
	bool forced;
	void (*done)(void *ctx, const struct control_reloaded *what);
	void *waiter;
	unsigned forgotten;
	bool quiet;  /* effects are not noted */
	bool breaks; /* the loop, as soon as a job is paused */
};

static void take_effect(void *ctx, const struct effect *effect)
{
	struct act_rig *rig = ctx;

	if (!rig->quiet)
		record_effect(&rig->c.rig, effect);
	control_effect(rig->c.control, effect);
	if (rig->breaks && effect->kind == EFFECT_PAUSED)
		assert_int_equal(event_base_loopbreak(rig->c.base), 0);
}

static void act_step(void *daemon, const struct engine_event *event)
{
	struct act_rig *rig = daemon;

	engine_step(rig->c.rig.engine, event, rig->c.rig.now,
		    (struct effect_sink){take_effect, rig});
}

static void take(struct act_rig *rig, struct engine_event event)
{
	act_step(rig, &event);
}

static void end_run_as(struct act_rig *rig, struct engine_run *run, struct run_result result)
{
	take(rig, (struct engine_event){.kind = ENGINE_FINISHED, .run = run, .result = &result});
}

static void end_run(struct act_rig *rig, struct engine_run *run, int status)
{
	end_run_as(rig, run,
		   (struct run_result){
			   .code = status, .queued = S(1), .started = S(2), .ended = S(3)});
}

static int act_run_now(void *daemon, struct engine_job *job, const struct text_list *environment,
		       bool force, uint64_t *ret_run)
{
	struct act_rig *rig = daemon;
	struct engine_asked asked = {.force = force};
	const char *text = environment->texts;

	rig->environment[0] = '\0';
	for (uint32_t i = 0; i < environment->n && i < 3; i++, text += strlen(text) + 1)
		sprintf(rig->environment + strlen(rig->environment), "%s%.50s", i > 0 ? " " : "",
			text);
	rig->forced = force;
	if (rig->refusal)
		return rig->refusal;
	take(rig, (struct engine_event){.kind = ENGINE_RUN_NOW, .job = job, .asked = &asked});
	if (!asked.run)
		return -EBUSY;
	rig->runs++;
	*ret_run = asked.run->id;
	if (rig->at_once)
		end_run(rig, asked.run, 0);
	return 0;
}

static int act_reload(void *daemon, void (*done)(void *, const struct control_reloaded *),
		      void *ctx)
{
	struct act_rig *rig = daemon;

	if (rig->refusal)
		return rig->refusal;
	rig->c.reloads++;
	rig->done = done;
	rig->waiter = ctx;
	return 0;
}

static void act_forget(void *daemon, void *ctx)
{
	struct act_rig *rig = daemon;

	assert_ptr_equal(ctx, rig->waiter);
	rig->waiter = NULL;
	rig->forgotten++;
}

static const struct control_host_ops act_ops = {
	.facts = host_facts,
	.job_facts = host_job_facts,
	.run_facts = host_run_facts,
	.step = act_step,
	.run_now = act_run_now,
	.reload = act_reload,
	.forget = act_forget,
	.stop = host_stop,
};

static const struct job_settings retries = {.retries = 1, .retry_delay = S(1)};
static const struct job_settings tells = {.hooks = {[HOOK_FAILURE] = {"tell", 1, false}}};

/* "a" can run twice at once, "g" waits for its group while another of it runs, "q" holds a slot. */
static const struct model_spec jobs = {
	.jobs = {{.name = "a", .overlap = OVERLAP_ALLOW, .max_running = 2},
		 {.name = "g", .overlap = OVERLAP_ALLOW, .max_running = 9, .group = "one"},
		 {.name = "q", .overlap = OVERLAP_QUEUE},
		 {.name = "r", .with = &retries},
		 {.name = "t", .with = &tells}},
	.groups = {{"one", 1}},
};

static void begin_acts_of(struct act_rig *rig, const struct model_spec *spec)
{
	*rig = (struct act_rig){.refusal = 0};
	begin_control(&rig->c, 5, spec);
	rig->c.control->host.ops = &act_ops;
}

static void begin_acts(struct act_rig *rig)
{
	begin_acts_of(rig, &jobs);
}

static void end_acts(struct act_rig *rig)
{
	end_control(&rig->c);
}

static struct engine_run *run_of(struct act_rig *rig, uint64_t id)
{
	const struct engine_job *job;

	for (size_t i = 0; i < engine_model(rig->c.rig.engine)->n_jobs; i++) {
		job = engine_nth_job(rig->c.rig.engine, i);
		for (struct engine_run *run = job->runs; run; run = run->job_next)
			if (run->id == id)
				return run;
	}
	fail_msg("there is no run %d", (int)id);
	return NULL;
}

/* Asks for what is answered with that, and nothing else. */
static void expect_answer(struct act_rig *rig, const char *target, const char *body, int status,
			  const char *answer)
{
	json_t *got;

	assert_int_equal(ask(&rig->c, "POST", target, body, &got), status);
	assert_json(got, answer);
}

/* The code of the error that it is answered with. */
static void expect_refused(struct act_rig *rig, const char *target, const char *body, int status,
			   const char *code)
{
	json_t *got;
	int is = ask(&rig->c, "POST", target, body, &got);
	const char *is_code =
		json_string_value(json_object_get(json_object_get(got, "error"), "code"));

	if (is != status || !is_code || strcmp(is_code, code) != 0)
		fail_msg("%s %s: %d %s", target, body ? body : "", is, is_code ? is_code : "");
	json_decref(got);
}

/* --- who waits --- */

/* A client that has asked, and has no answer yet. */
static int ask_and_wait(struct act_rig *rig, const char *target, const char *body)
{
	char request[500];
	char byte;
	int fd = connect_client(&rig->c);

	sprintf(request,
		"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
		target, strlen(body), body);
	send_text(fd, request);
	for (int i = 0; i < 20; i++)
		go_round(&rig->c);
	assert_int_equal(recv(fd, &byte, 1, MSG_PEEK), -1);
	return fd;
}

static void expect_reply(struct act_rig *rig, int fd, int status, const char *text)
{
	char *response = receive(&rig->c, fd, SIZE_MAX);

	close(fd);
	if (status_of(response) != status || !strstr(response, text))
		fail_msg("no %d with %s, but: %s", status, text, response);
	free(response);
}

static void test_who_waits_is_told_the_end_of_his_run(void **state)
{
	struct act_rig rig;
	int first;
	int second;

	(void)state;
	begin_acts(&rig);
	first = ask_and_wait(&rig, "/v1/jobs/a/run", "{\"wait\": true}");
	second = ask_and_wait(&rig, "/v1/jobs/a/run", "{\"wait\": true}");
	/* One that nobody waits for. */
	expect_answer(&rig, "/v1/jobs/q/run", NULL, 202, "{\"job\":\"q\",\"run\":3}");
	end_run(&rig, run_of(&rig, 3), 0);
	end_run(&rig, run_of(&rig, 2), 7);
	expect_reply(&rig, second, 200,
		     "{\"run\": 2, \"job\": \"a\", \"verdict\": \"failed\", \"reason\": null, "
		     "\"because\": null, \"exit\": 7, ");
	assert_false(LIST_EMPTY(&rig.c.control->acts.waiters));
	end_run_as(&rig, run_of(&rig, 1), (struct run_result){.kind = RESULT_SIGNALLED, .code = 9});
	expect_reply(&rig, first, 200, "\"run\": 1, \"job\": \"a\", \"verdict\": \"failed\"");
	assert_true(LIST_EMPTY(&rig.c.control->acts.waiters));
	end_acts(&rig);
}

static void test_who_goes_away_is_forgotten_and_the_run_goes_on(void **state)
{
	struct act_rig rig;
	int stays;
	int goes;

	(void)state;
	begin_acts(&rig);
	goes = ask_and_wait(&rig, "/v1/jobs/a/run", "{\"wait\": true}");
	stays = ask_and_wait(&rig, "/v1/jobs/a/run", "{\"wait\": true}");
	close(goes);
	for (int i = 0; i < 20; i++)
		go_round(&rig.c);
	end_run(&rig, run_of(&rig, 1), 0);
	assert_false(LIST_EMPTY(&rig.c.control->acts.waiters));
	end_run(&rig, run_of(&rig, 2), 0);
	expect_reply(&rig, stays, 200, "\"run\": 2");
	assert_true(LIST_EMPTY(&rig.c.control->acts.waiters));
	end_acts(&rig);
}

static void test_a_run_may_end_before_it_is_told_that_it_began(void **state)
{
	struct act_rig rig;
	json_t *body;

	(void)state;
	begin_acts(&rig);
	rig.at_once = true;
	assert_int_equal(ask(&rig.c, "POST", "/v1/jobs/a/run", "{\"wait\": true}", &body), 200);
	assert_string_equal(json_string_value(json_object_get(body, "verdict")), "ok");
	json_decref(body);
	expect_answer(&rig, "/v1/jobs/a/run", "{\"wait\": false}", 202,
		      "{\"job\":\"a\",\"run\":2}");
	assert_true(LIST_EMPTY(&rig.c.control->acts.waiters));
	end_acts(&rig);
}

/* It has no end in this life: it has not begun, or is put off to the next. */
static void test_a_stop_leaves_nobody_waiting(void **state)
{
	struct act_rig rig;
	int waits;
	int retried;
	int runs;

	(void)state;
	begin_acts_of(&rig, &(struct model_spec){.durability = DURABILITY_PROCESS,
						 .jobs = {{.name = "g", .group = "one"},
							  {.name = "h", .group = "one"},
							  {.name = "r", .with = &retries}},
						 .groups = {{"one", 1}}});
	runs = ask_and_wait(&rig, "/v1/jobs/g/run", "{\"wait\": true}");
	waits = ask_and_wait(&rig, "/v1/jobs/h/run", "{\"wait\": true}");
	retried = ask_and_wait(&rig, "/v1/jobs/r/run", "{\"wait\": true}");
	end_run(&rig, run_of(&rig, 3), 1);
	take(&rig, (struct engine_event){.kind = ENGINE_STOP});
	expect_reply(&rig, waits, 503, "\"code\": \"stopping\"");
	expect_reply(&rig, retried, 503, "\"code\": \"stopping\"");
	end_run(&rig, run_of(&rig, 1), 0);
	expect_reply(&rig, runs, 200, "\"verdict\": \"ok\"");
	end_acts(&rig);
}

static void test_who_waits_when_the_server_ends_is_let_go(void **state)
{
	struct act_rig rig;
	int fds[3];

	(void)state;
	begin_acts(&rig);
	fds[0] = ask_and_wait(&rig, "/v1/jobs/a/run", "{\"wait\": true}");
	fds[1] = ask_and_wait(&rig, "/v1/jobs/g/run", "{\"wait\": true}");
	fds[2] = ask_and_wait(&rig, "/v1/reload", "");
	end_acts(&rig);
	assert_int_equal(rig.forgotten, 1);
	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
		close(fds[i]);
}

/* --- run --- */

static void test_a_run_is_what_was_asked_for(void **state)
{
	struct act_rig rig;

	(void)state;
	begin_acts(&rig);
	expect_answer(&rig, "/v1/jobs/q/run", "{\"environment\": [\"A=1\", \"B=\", \"_C=x=y z\"]}",
		      202, "{\"job\":\"q\",\"run\":1}");
	assert_string_equal(rig.environment, "A=1 B= _C=x=y z");
	assert_false(rig.forced);
	expect_refused(&rig, "/v1/jobs/q/run", NULL, 409, "busy");
	expect_answer(&rig, "/v1/jobs/q/run",
		      "{\"force\": true, \"environment\": null, \"wait\": null}", 202,
		      "{\"job\":\"q\",\"run\":2}");
	assert_true(rig.forced);
	assert_string_equal(rig.environment, "");
	end_acts(&rig);
}

static void test_why_it_is_not_run_is_told(void **state)
{
	static const struct {
		int refusal;
		int status;
		const char *code;
	} cases[] = {
		{-EBUSY, 409, "busy"},
		{-EAGAIN, 503, "queue-full"},
		{-ESHUTDOWN, 503, "stopping"},
		{-ENOMEM, 503, "no-memory"},
	};
	struct act_rig rig;

	(void)state;
	begin_acts(&rig);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		rig.refusal = cases[i].refusal;
		expect_refused(&rig, "/v1/jobs/a/run", NULL, cases[i].status, cases[i].code);
		expect_refused(&rig, "/v1/jobs/a/run", "{\"wait\": true}", cases[i].status,
			       cases[i].code);
		assert_true(LIST_EMPTY(&rig.c.control->acts.waiters));
		assert_null(rig.c.control->acts.asking);
	}
	/* Nobody is taken for who was refused. */
	rig.refusal = 0;
	expect_answer(&rig, "/v1/jobs/a/run", NULL, 202, "{\"job\":\"a\",\"run\":1}");
	end_run(&rig, run_of(&rig, 1), 0);
	end_acts(&rig);
}

static void test_too_many_variables_are_refused(void **state)
{
	struct act_rig rig;
	char body[4000] = "{\"environment\": [\"A=\"";

	(void)state;
	for (int i = 0; i < 499; i++)
		strcat(body, ",\"A=\"");
	begin_acts(&rig);
	sprintf(body + strlen(body), "]}");
	expect_answer(&rig, "/v1/jobs/a/run", body, 202, "{\"job\":\"a\",\"run\":1}");
	sprintf(body + strlen(body) - 2, ",\"A=\"]}");
	expect_refused(&rig, "/v1/jobs/a/run", body, 400, "bad-environment");
	assert_int_equal(rig.runs, 1);
	end_acts(&rig);
}

/* --- mistakes --- */

static const struct {
	const char *target;
	const char *body;
	int status;
	const char *code;
} mistakes[] = {
	{"/v1/jobs/x/run", NULL, 404, "no-such-job"},
	{"/v1/jobs/a/run", "[]", 400, "bad-body"},
	{"/v1/jobs/a/run", "{", 400, "bad-body"},
	{"/v1/jobs/a/run", "{\"wait\": true, \"wait\": true}", 400, "bad-body"},
	{"/v1/jobs/a/run", "{\"wait\": 1}", 400, "bad-body"},
	{"/v1/jobs/a/run", "{\"force\": \"yes\"}", 400, "bad-body"},
	{"/v1/jobs/a/run", "{\"wiat\": true}", 400, "bad-body"},
	{"/v1/jobs/a/run", "{\"environment\": {\"A\": \"b\"}}", 400, "bad-body"},
	{"/v1/jobs/a/run", "{\"environment\": [1]}", 400, "bad-body"},
	{"/v1/jobs/a/run", "{\"environment\": [\"A\"]}", 400, "bad-environment"},
	{"/v1/jobs/a/run", "{\"environment\": [\"=b\"]}", 400, "bad-environment"},
	{"/v1/jobs/a/run", "{\"environment\": [\"\"]}", 400, "bad-environment"},
	{"/v1/jobs/a/run", "{\"environment\": [\"OK=1\", \"A B=c\"]}", 400, "bad-environment"},
	{"/v1/jobs/x/kill", NULL, 404, "no-such-job"},
	{"/v1/jobs/a/kill", "{\"signal\": 9}", 400, "bad-body"},
	{"/v1/jobs/a/kill", "{\"signal\": \"hup\"}", 400, "bad-signal"},
	{"/v1/jobs/a/kill", "{\"signal\": \"\"}", 400, "bad-signal"},
	{"/v1/jobs/a/kill", "{\"wait\": true}", 400, "bad-body"},
	{"/v1/runs/1/kill", NULL, 404, "no-such-run"},
	{"/v1/runs/0/kill", NULL, 404, "no-such-run"},
	{"/v1/runs/-1/kill", NULL, 404, "no-such-run"},
	{"/v1/runs/+1/kill", NULL, 404, "no-such-run"},
	{"/v1/runs/1x/kill", NULL, 404, "no-such-run"},
	{"/v1/runs/18446744073709551617/kill", NULL, 404, "no-such-run"},
	{"/v1/runs/1/kill", "{\"signal\": \"TERM\"}", 400, "bad-signal"},
	{"/v1/jobs/x/pause", NULL, 404, "no-such-job"},
	{"/v1/groups/x/pause", NULL, 404, "no-such-group"},
	{"/v1/jobs/a/pause", "{\"for\": 7200}", 400, "bad-body"},
	{"/v1/jobs/a/pause", "{\"for\": \"\"}", 400, "bad-time"},
	{"/v1/jobs/a/pause", "{\"for\": \"0\"}", 400, "bad-time"},
	{"/v1/jobs/a/pause", "{\"for\": \"-1h\"}", 400, "bad-time"},
	{"/v1/jobs/a/pause", "{\"until\": \"2000-01-01T00:00:00Z\"}", 400, "bad-time"},
	{"/v1/jobs/a/pause", "{\"until\": \"tomorrow\"}", 400, "bad-time"},
	{"/v1/jobs/a/pause", "{\"until\": \"2100-02-30T00:00:00Z\"}", 400, "bad-time"},
	{"/v1/jobs/a/pause", "{\"until\": \"2100-01-01T00:00:00Z\", \"for\": \"1h\"}", 400,
	 "bad-time"},
	{"/v1/groups/one/pause", "{\"until\": \"2000-01-01T00:00:00Z\"}", 400, "bad-time"},
	{"/v1/pause", "{\"until\": \"2000-01-01T00:00:00Z\"}", 400, "bad-time"},
	{"/v1/pause", "{\"reason\": [\"a\"]}", 400, "bad-body"},
	{"/v1/pause", "{\"group\": \"one\"}", 400, "bad-body"},
	{"/v1/jobs/x/resume", NULL, 404, "no-such-job"},
	{"/v1/groups/x/resume", NULL, 404, "no-such-group"},
	{"/v1/jobs/a/resume", "{\"reason\": \"\"}", 400, "bad-body"},
	{"/v1/resume", "{\"for\": \"1h\"}", 400, "bad-body"},
	{"/v1/reload", "{\"now\": true}", 400, "bad-body"},
	{"/v1/stop", "{\"now\": true}", 400, "bad-body"},
	{"/v1/stop", "true", 400, "bad-body"},
};

/* Nothing was done, nor is anything under way. */
static void expect_untouched(struct act_rig *rig)
{
	assert_int_equal(rig->runs, 0);
	assert_int_equal(rig->c.stops, 0);
	assert_int_equal(rig->c.reloads, 0);
	expect(&rig->c.rig, "");
	assert_true(LIST_EMPTY(&rig->c.control->acts.waiters));
	assert_true(LIST_EMPTY(&rig->c.control->acts.sweeps));
}

static void test_mistakes_change_nothing(void **state)
{
	struct act_rig rig;

	(void)state;
	begin_acts(&rig);
	for (size_t i = 0; i < ARRAY_LENGTH(mistakes); i++)
		expect_refused(&rig, mistakes[i].target, mistakes[i].body, mistakes[i].status,
			       mistakes[i].code);
	expect_untouched(&rig);
	end_acts(&rig);
}

/* --- who may --- */

/* The path of a route, of job "a", run 1 and group "one". */
static void fill_path(const char *pattern, char *path)
{
	const char *open = strchr(pattern, '{');
	const char *value = !open                            ? ""
			    : strncmp(open, "{job}", 5) == 0 ? "a"
			    : strncmp(open, "{run}", 5) == 0 ? "1"
							     : "one";

	if (open)
		sprintf(path, "%.*s%s%s", (int)(open - pattern), pattern, value,
			strchr(open, '}') + 1);
	else
		strcpy(path, pattern);
}

static void test_who_may_only_look_changes_nothing(void **state)
{
	struct act_rig rig;
	unsigned n = 0;
	const gid_t group = 4711;

	(void)state;
	if (geteuid() != 0)
		skip();
	begin_acts(&rig);
	assert_int_equal(chmod(rig.c.dir, 0755), 0);
	rig.c.control->group = group;
	for (const struct route *route = routes; route->path; route++) {
		char path[100];
		char request[200];
		int fd;

		if (route->method != METHOD_POST)
			continue;
		assert_int_equal(route->access, ACCESS_CHANGE);
		assert_false(route->on_tcp);
		fill_path(route->path, path);
		assert_int_equal(setgroups(1, &group), 0);
		assert_int_equal(seteuid(1000), 0);
		fd = connect_client(&rig.c);
		assert_int_equal(seteuid(0), 0);
		sprintf(request,
			"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
			"Content-Length: 0\r\n\r\n",
			path);
		send_text(fd, request);
		expect_reply(&rig, fd, 403,
			     "\"uid 1000 may look, but only root and everyd's own user may do "
			     "this\"");
		n++;
	}
	assert_int_equal(n, 11);
	expect_untouched(&rig);
	end_acts(&rig);
}

/* --- kill --- */

static void test_a_run_is_killed(void **state)
{
	static const struct {
		const char *body;
		const char *effects;
	} cases[] = {
		{NULL, "term a@5"},
		{"{}", "term a@5"},
		{"{\"signal\": null}", "term a@5"},
		{"{\"signal\": \"term\"}", "term a@5"},
		{"{\"signal\": \"kill\"}", "kill a@5"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct act_rig rig;

		begin_acts(&rig);
		expect_answer(&rig, "/v1/jobs/a/run", NULL, 202, "{\"job\":\"a\",\"run\":1}");
		expect_answer(&rig, "/v1/jobs/a/run", NULL, 202, "{\"job\":\"a\",\"run\":2}");
		forget(&rig.c.rig);
		expect_answer(&rig, "/v1/runs/2/kill", cases[i].body, 202,
			      "{\"job\":\"a\",\"runs\":[2],\"withdrawn\":0}");
		expect(&rig.c.rig, cases[i].effects);
		assert_int_equal(run_of(&rig, 1)->cancelled, REASON_NONE);
		assert_int_equal(run_of(&rig, 2)->cancelled, REASON_OPERATOR);
		end_acts(&rig);
	}
}

/* One that has its process, one that waits for its group, and what waits for the first. */
static void test_all_of_a_job_is_killed(void **state)
{
	struct act_rig rig;

	(void)state;
	begin_acts(&rig);
	expect_answer(&rig, "/v1/jobs/g/run", NULL, 202, "{\"job\":\"g\",\"run\":1}");
	expect_answer(&rig, "/v1/jobs/g/run", NULL, 202, "{\"job\":\"g\",\"run\":2}");
	expect_answer(&rig, "/v1/jobs/a/run", NULL, 202, "{\"job\":\"a\",\"run\":3}");
	expect_answer(&rig, "/v1/jobs/q/run", NULL, 202, "{\"job\":\"q\",\"run\":4}");
	rig.c.rig.now = S(10);
	take(&rig, (struct engine_event){.kind = ENGINE_DUE, .job = find_job(&rig.c.rig, "q")});
	forget(&rig.c.rig);
	expect_answer(&rig, "/v1/jobs/g/kill", NULL, 202,
		      "{\"job\":\"g\",\"runs\":[1,2],\"withdrawn\":0}");
	expect(&rig.c.rig, "term g@5; end g@5 cancelled operator");
	expect_answer(&rig, "/v1/jobs/q/kill", "{\"signal\": \"kill\"}", 202,
		      "{\"job\":\"q\",\"runs\":[4],\"withdrawn\":1}");
	expect(&rig.c.rig, "q@10 cancelled operator ...; q@10-10 cancelled operator x1; kill q@5");
	expect_answer(&rig, "/v1/jobs/r/kill", NULL, 202,
		      "{\"job\":\"r\",\"runs\":[],\"withdrawn\":0}");
	expect(&rig.c.rig, "");
	assert_int_equal(run_of(&rig, 3)->cancelled, REASON_NONE);
	end_acts(&rig);
}

static void test_a_run_that_waits_for_its_next_attempt_is_not_tried_again(void **state)
{
	struct act_rig rig;
	int fd;

	(void)state;
	begin_acts(&rig);
	fd = ask_and_wait(&rig, "/v1/jobs/r/run", "{\"wait\": true}");
	end_run(&rig, run_of(&rig, 1), 3);
	forget(&rig.c.rig);
	expect_answer(&rig, "/v1/jobs/r/kill", NULL, 202,
		      "{\"job\":\"r\",\"runs\":[1],\"withdrawn\":0}");
	expect(&rig.c.rig, "no retry r@5; end r@5 failed operator");
	expect_reply(&rig, fd, 200, "\"verdict\": \"failed\", \"reason\": \"operator\"");
	end_acts(&rig);
}

static void test_runs_of_a_job_that_has_left_are_killed(void **state)
{
	struct act_rig rig;
	struct engine_load *loaded = NULL;
	struct model *model = build_model(&(struct model_spec){.jobs = {{.name = "b"}}});

	(void)state;
	begin_acts(&rig);
	expect_answer(&rig, "/v1/jobs/a/run", NULL, 202, "{\"job\":\"a\",\"run\":1}");
	assert_int_equal(engine_prepare(rig.c.rig.engine, model, NULL, &loaded), 0);
	model_unref(model);
	take(&rig, (struct engine_event){.kind = ENGINE_LOAD, .load = loaded});
	forget(&rig.c.rig);
	expect_answer(&rig, "/v1/jobs/a/kill", NULL, 202,
		      "{\"job\":\"a\",\"runs\":[1],\"withdrawn\":0}");
	expect(&rig.c.rig, "term a@5");
	expect_refused(&rig, "/v1/jobs/q/kill", NULL, 404, "no-such-job");
	end_acts(&rig);
}

/* What is told of a run has its number. */
static void test_a_notice_is_no_run(void **state)
{
	struct act_rig rig;

	(void)state;
	begin_acts(&rig);
	expect_answer(&rig, "/v1/jobs/t/run", NULL, 202, "{\"job\":\"t\",\"run\":1}");
	end_run(&rig, run_of(&rig, 1), 1);
	assert_non_null(find_job(&rig.c.rig, "t")->telling);
	forget(&rig.c.rig);
	expect_refused(&rig, "/v1/runs/1/kill", NULL, 404, "no-such-run");
	expect_answer(&rig, "/v1/jobs/t/kill", NULL, 202,
		      "{\"job\":\"t\",\"runs\":[],\"withdrawn\":0}");
	expect(&rig.c.rig, "");
	end_acts(&rig);
}

/* --- pause and resume --- */

static const char *paused(struct act_rig *rig)
{
	static char names[200];

	names[0] = '\0';
	for (size_t i = 0; i < engine_model(rig->c.rig.engine)->n_jobs; i++) {
		const struct engine_job *job = engine_nth_job(rig->c.rig.engine, i);

		if (job->pause)
			strcat(names, job->def->name);
	}
	return names;
}

static void test_jobs_groups_and_all_are_paused_and_resumed(void **state)
{
	static const char until[] = "\"until\":\"2100-01-01T00:00:00Z\"";
	struct act_rig rig;
	char answer[100];
	usec_t now = clock_wall();

	(void)state;
	begin_acts(&rig);
	sprintf(answer, "{\"paused\":1,\"reason\":\"the disk\",%s}", until);
	expect_answer(&rig, "/v1/jobs/a/pause",
		      "{\"until\": \"2100-01-01T02:00:00+02:00\", \"reason\": \"the disk\"}", 200,
		      answer);
	assert_string_equal(find_job(&rig.c.rig, "a")->pause->reason, "the disk");
	/* Another one instead of it. */
	expect_answer(&rig, "/v1/jobs/a/pause", NULL, 200,
		      "{\"paused\":1,\"reason\":null,\"until\":null}");
	expect_answer(&rig, "/v1/groups/one/pause", "{\"until\": null, \"for\": null}", 200,
		      "{\"paused\":1,\"reason\":null,\"until\":null}");
	assert_string_equal(paused(&rig), "ag");
	expect_answer(&rig, "/v1/pause", NULL, 200,
		      "{\"paused\":5,\"reason\":null,\"until\":null}");
	expect_answer(&rig, "/v1/groups/one/resume", "{}", 200, "{\"next\":null,\"resumed\":1}");
	expect_answer(&rig, "/v1/jobs/a/resume", NULL, 200,
		      "{\"next\":\"1970-01-01T00:00:10Z\",\"resumed\":1}");
	expect_answer(&rig, "/v1/jobs/a/resume", NULL, 200,
		      "{\"next\":\"1970-01-01T00:00:10Z\",\"resumed\":0}");
	assert_string_equal(paused(&rig), "qrt");
	expect_answer(&rig, "/v1/resume", NULL, 200, "{\"next\":null,\"resumed\":3}");
	assert_string_equal(paused(&rig), "");
	assert_int_equal(ask(&rig.c, "POST", "/v1/jobs/q/pause", "{\"for\": \"2h\"}", NULL), 200);
	assert_true(find_job(&rig.c.rig, "q")->pause->until >= now + 2 * USEC_PER_HOUR);
	end_acts(&rig);
}

static void test_reasons_are_bounded(void **state)
{
	struct act_rig rig;
	char body[400];

	(void)state;
	begin_acts(&rig);
	sprintf(body, "{\"reason\": \"%0255d\"}", 0);
	assert_int_equal(ask(&rig.c, "POST", "/v1/jobs/a/pause", body, NULL), 200);
	assert_int_equal(strlen(find_job(&rig.c.rig, "a")->pause->reason), 255);
	sprintf(body, "{\"reason\": \"%0256d\"}", 0);
	expect_refused(&rig, "/v1/jobs/a/pause", body, 400, "bad-reason");
	end_acts(&rig);
}

#define MANY 200

/* Jobs "000" to so many. */
static void load_many(struct act_rig *rig, unsigned n)
{
	struct model *model = build_model(&(struct model_spec){.jobs = {{.name = "x"}}});
	struct job *many = arena_alloc(&model->arena, n * sizeof(*many));
	struct engine_load *loaded = NULL;

	assert_non_null(many);
	model->n_jobs = 0;
	model->jobs = many;
	for (unsigned i = 0; i < n; i++) {
		char name[10];

		sprintf(name, "%03u", i);
		build_job(model, &many[model->n_jobs++], &(struct job_spec){.name = name});
	}
	assert_int_equal(engine_prepare(rig->c.rig.engine, model, NULL, &loaded), 0);
	model_unref(model);
	rig->quiet = true;
	take(rig, (struct engine_event){.kind = ENGINE_LOAD, .load = loaded});
}

static unsigned count_paused(struct act_rig *rig)
{
	unsigned n = 0;

	for (size_t i = 0; i < engine_model(rig->c.rig.engine)->n_jobs; i++)
		n += engine_nth_job(rig->c.rig.engine, i)->pause != NULL;
	return n;
}

/* Goes round until the first few are paused. Returns the client. */
static int pause_a_few(struct act_rig *rig)
{
	static const char request[] = "POST /v1/pause HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
				      "Content-Length: 0\r\n\r\n";
	int fd = connect_client(&rig->c);

	send_text(fd, request);
	rig->breaks = true;
	for (int i = 0; i < ROUNDS_MAX && count_paused(rig) == 0; i++)
		go_round(&rig->c);
	rig->breaks = false;
	assert_in_range(count_paused(rig), 1, MANY - 1);
	return fd;
}

static void go_on_to_the_end(struct act_rig *rig)
{
	for (int i = 0; i < ROUNDS_MAX && !LIST_EMPTY(&rig->c.control->acts.sweeps); i++)
		go_round(&rig->c);
	assert_true(LIST_EMPTY(&rig->c.control->acts.sweeps));
}

static void test_many_are_paused_even_if_nobody_waits_for_it(void **state)
{
	struct act_rig rig;

	(void)state;
	begin_acts(&rig);
	load_many(&rig, MANY);
	close(pause_a_few(&rig));
	go_on_to_the_end(&rig);
	assert_int_equal(count_paused(&rig), MANY);
	end_acts(&rig);
}

static void test_there_may_be_others_meanwhile(void **state)
{
	struct act_rig rig;
	int fd;

	(void)state;
	begin_acts(&rig);
	load_many(&rig, MANY);
	fd = pause_a_few(&rig);
	load_many(&rig, MANY + 20);
	go_on_to_the_end(&rig);
	assert_int_equal(count_paused(&rig), MANY + 20);
	expect_reply(&rig, fd, 200, "\"paused\": 220,");
	/* Fewer than are done already. */
	load_many(&rig, MANY);
	assert_int_equal(ask(&rig.c, "POST", "/v1/resume", NULL, NULL), 200);
	fd = pause_a_few(&rig);
	load_many(&rig, 1);
	go_on_to_the_end(&rig);
	expect_reply(&rig, fd, 200, "\"paused\": ");
	/* And the server may end in the midst of it. */
	load_many(&rig, MANY);
	assert_int_equal(ask(&rig.c, "POST", "/v1/resume", NULL, NULL), 200);
	fd = pause_a_few(&rig);
	end_acts(&rig);
	close(fd);
}

/* --- reload and stop --- */

static void test_a_reload_is_answered_when_it_is_over(void **state)
{
	static const struct engine_named named = {
		.names = {[DIFF_ADDED] = {"new"}, [DIFF_CHANGED] = {"a", "b"}},
		.n = {[DIFF_ADDED] = 1, [DIFF_CHANGED] = 2},
	};
	static const struct {
		struct control_reloaded what;
		int status;
		const char *text;
	} cases[] = {
		{{.diff = {1, 2, 3, 4}, .named = &named, .text = ""},
		 200,
		 "{\"added\": 1, \"changed\": 2, \"removed\": 3, \"unchanged\": 4, \"jobs\": "
		 "{\"added\": [\"new\"], \"changed\": [\"a\", \"b\"], \"removed\": []}, "
		 "\"warnings\": "
		 "null}"},
		{{.text = "everyd.conf:1: warning: x\n"},
		 200,
		 "\"warnings\": \"everyd.conf:1: warning: x\\n\"}"},
		{{.r = -EINVAL, .text = "everyd.conf:1: \"x\"\neveryd.conf:2: %s\n"},
		 422,
		 "{\"error\": {\"code\": \"bad-configuration\", \"message\": \"everyd.conf:1: "
		 "\\\"x\\\"\\neveryd.conf:2: %s\\n\"}}"},
		{{.r = -ESHUTDOWN, .text = ""}, 503, "\"code\": \"stopping\""},
	};
	struct act_rig rig;

	(void)state;
	begin_acts(&rig);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		int fd = ask_and_wait(&rig, "/v1/reload", "");

		rig.done(rig.waiter, &cases[i].what);
		expect_reply(&rig, fd, cases[i].status, cases[i].text);
	}
	assert_int_equal(rig.c.reloads, 4);
	assert_int_equal(rig.forgotten, 0);
	close(ask_and_wait(&rig, "/v1/reload", ""));
	for (int i = 0; i < ROUNDS_MAX && rig.forgotten == 0; i++)
		go_round(&rig.c);
	assert_int_equal(rig.forgotten, 1);
	rig.refusal = -ENOMEM;
	expect_refused(&rig, "/v1/reload", NULL, 503, "no-memory");
	rig.refusal = -ESHUTDOWN;
	expect_refused(&rig, "/v1/reload", NULL, 503, "stopping");
	end_acts(&rig);
}

static void test_a_stop_is_answered_and_may_be_asked_for_again(void **state)
{
	struct act_rig rig;

	(void)state;
	begin_acts(&rig);
	expect_answer(&rig, "/v1/stop", NULL, 202, "{\"stopping\":true}");
	rig.c.facts.stopping = true;
	expect_answer(&rig, "/v1/stop", "{}", 202, "{\"stopping\":true}");
	assert_int_equal(rig.c.stops, 2);
	expect_refused(&rig, "/v1/jobs/a/pause", NULL, 503, "stopping");
	expect_refused(&rig, "/v1/groups/one/resume", NULL, 503, "stopping");
	expect_refused(&rig, "/v1/pause", NULL, 503, "stopping");
	assert_string_equal(paused(&rig), "");
	end_acts(&rig);
}

/* --- want of memory --- */

static unsigned allocations_left;

static void *allocate_some(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return malloc(size);
}

/* JSON can be neither read nor written from some moment on: it is done or not, and answered, and
   all goes on. */
static void test_without_memory_it_is_answered(void **state)
{
	static const struct {
		const char *target;
		const char *body;
	} requests[] = {
		{"/v1/jobs/a/run", "{\"environment\": [\"A=b\"]}"},
		{"/v1/jobs/a/kill", "{\"signal\": \"term\"}"},
		{"/v1/jobs/q/kill", "{}"},
		{"/v1/runs/1/kill", "{}"},
		{"/v1/jobs/a/pause", "{\"for\": \"1h\", \"reason\": \"x\"}"},
		{"/v1/groups/one/pause", "{}"},
		{"/v1/resume", "{}"},
		{"/v1/stop", "{}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(requests); i++) {
		int status = 0;

		for (unsigned n = 0; n < 200 && status / 100 != 2; n++) {
			struct act_rig rig;

			begin_acts(&rig);
			expect_answer(&rig, "/v1/jobs/a/run", NULL, 202,
				      "{\"job\":\"a\",\"run\":1}");
			allocations_left = n;
			json_set_alloc_funcs(allocate_some, free);
			status = ask(&rig.c, "POST", requests[i].target, requests[i].body, NULL);
			json_set_alloc_funcs(malloc, free);
			/* 0: not even an error can be told. */
			if (status / 100 != 2 && status != 503 && status != 400 && status != 0)
				fail_msg("%s: %d", requests[i].target, status);
			end_acts(&rig);
		}
		assert_int_equal(status / 100, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_waits_is_told_the_end_of_his_run),
		cmocka_unit_test(test_who_goes_away_is_forgotten_and_the_run_goes_on),
		cmocka_unit_test(test_a_run_may_end_before_it_is_told_that_it_began),
		cmocka_unit_test(test_a_stop_leaves_nobody_waiting),
		cmocka_unit_test(test_who_waits_when_the_server_ends_is_let_go),
		cmocka_unit_test(test_a_run_is_what_was_asked_for),
		cmocka_unit_test(test_why_it_is_not_run_is_told),
		cmocka_unit_test(test_too_many_variables_are_refused),
		cmocka_unit_test(test_mistakes_change_nothing),
		cmocka_unit_test(test_who_may_only_look_changes_nothing),
		cmocka_unit_test(test_a_run_is_killed),
		cmocka_unit_test(test_all_of_a_job_is_killed),
		cmocka_unit_test(test_a_run_that_waits_for_its_next_attempt_is_not_tried_again),
		cmocka_unit_test(test_runs_of_a_job_that_has_left_are_killed),
		cmocka_unit_test(test_a_notice_is_no_run),
		cmocka_unit_test(test_jobs_groups_and_all_are_paused_and_resumed),
		cmocka_unit_test(test_reasons_are_bounded),
		cmocka_unit_test(test_many_are_paused_even_if_nobody_waits_for_it),
		cmocka_unit_test(test_there_may_be_others_meanwhile),
		cmocka_unit_test(test_a_reload_is_answered_when_it_is_over),
		cmocka_unit_test(test_a_stop_is_answered_and_may_be_asked_for_again),
		cmocka_unit_test(test_without_memory_it_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
