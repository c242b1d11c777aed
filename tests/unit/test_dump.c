/* What is in force, written as a configuration: that it is the same when it is read again every
   test with config_fixture.h holds; here is how it looks. */
#include "config_fixture.h"

#include "calendar/schedule.h"

/* Does the dump of a configuration have that line, without white space in front? */
static void expect_line(const struct fixture *fixture, const char *config, const char *line)
{
	struct model *model = fixture_model(fixture, config);
	char *text = fixture_dump(model);
	size_t len = strlen(line);
	bool found = false;

	for (const char *at = text; *at; at += strcspn(at, "\n") + 1) {
		at += strspn(at, "\t");
		found |= !strncmp(at, line, len) && at[len] == '\n';
	}
	if (!found)
		fail_msg("for:\n%s\nno \"%s\" in:\n%s", config, line, text);
	free(text);
	model_unref(model);
}

#define JOB(text) "job x { " text " command = x }"

static void values_are_in_their_canonical_form(void **state)
{
	static const struct {
		const char *config;
		const char *line;
	} cases[] = {
		{"stop_timeout = 90s", "stop_timeout  = \"1m30s\""},
		{"history_runs = infinity", "history_runs  = \"infinity\""},
		{"history_keep = infinity", "history_keep  = \"infinity\""},
		{"", "workers       = 8"},
		{JOB("every = 60m"), "every             = \"1h\""},
		{JOB("every = 60m"), "offset            = \"0\""},
		{JOB("cron = '30 07 * * MON-fri'"), "cron              = \"30 7 * * 1-5\""},
		{JOB("cron = {'@daily', '0 12 * * *'}"),
		 "cron              = {\"0 0 * * *\", \"0 12 * * *\"}"},
		{JOB("cron = '@daily'"), "timezone          = \"local\""},
		{JOB("cron = '@daily'"), "dst_gap           = \"shift\""},
		{JOB("cron = '@daily' timezone = Europe/Berlin"),
		 "timezone          = \"Europe/Berlin\""},
		{"defaults { timezone = UTC dst_overlap = both } " JOB("cron = '@daily'"),
		 "timezone          = \"UTC\""},
		{"defaults { timezone = UTC dst_overlap = both } " JOB("cron = '@daily'"),
		 "dst_overlap       = \"both\""},
		{"defaults { timezone = UTC } " JOB("cron = '@daily' timezone = local"),
		 "timezone          = \"local\""},
		{JOB("after = 120s"), "after             = \"2m\""},
		{JOB("on = resume"), "on                = \"resume\""},
		{JOB("on = {resume, start, resume}"),
		 "on                = {\"start\", \"resume\"}"},
		{JOB("every = 1h splay = 600s"), "splay             = \"10m\""},
		{JOB("every = 1h kill_signal = 15"), "kill_signal       = \"TERM\""},
		{JOB("every = 1h kill_signal = 'RTMIN+2'"), "kill_signal       = \"RTMIN+2\""},
		{JOB("every = 1h ionice = best-effort"), "ionice            = \"best-effort:4\""},
		{JOB("every = 1h ionice = idle"), "ionice            = \"idle\""},
		{JOB("every = 1h umask = 7"), "umask             = \"007\""},
		{JOB("every = 1h nice = -5"), "nice              = -5"},
		{JOB("every = 1h cpu_affinity = '5,0-2,3,70'"), "cpu_affinity      = \"0-3,5,70\""},
		{JOB("every = 1h limits = {'NOFILE=1024:4096', 'LimitAS=1048576', 'NICE=-5'}"),
		 "limits            = {\"NOFILE=1024:4096\", \"AS=1M\", \"NICE=25\"}"},
		{JOB("every = 1h limits = 'CORE=0:infinity'"),
		 "limits            = {\"CORE=0:infinity\"}"},
		{JOB("every = 1h memory_max = 2048K"), "memory_max        = \"2M\""},
		{JOB("every = 1h cpu_max = 12.5%"), "cpu_max           = \"12.5%\""},
		{JOB("every = 1h cpu_max = 150.0%"), "cpu_max           = \"150%\""},
		{JOB("every = 1h retries = 1 retry_backoff = 1.250"),
		 "retry_backoff     = \"1.25\""},
		{JOB("every = 1h retries = 1 retry_backoff = 1.005"),
		 "retry_backoff     = \"1.005\""},
		{JOB("every = 1h success_exit = {75, 3}"), "success_exit      = {3, 75}"},
		{JOB("every = 1h retries = 1 retry_on = {signal, 75, timeout, start}"),
		 "retry_on          = {75, \"timeout\", \"signal\", \"start\"}"},
		{JOB("every = 1h output = '~/%j.log'"), "output            = \"~/%j.log\""},
		{JOB("every = 1h output = discard"), "output            = \"discard\""},
		{JOB("every = 1h no_new_privileges = on"), "no_new_privileges = \"yes\""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		expect_line(*state, cases[i].config, cases[i].line);
}

static void texts_are_quoted(void **state)
{
	static const struct {
		const char *config;
		const char *line;
	} cases[] = {
		{"job x { every = 1h command = {a, 'b c'} }",
		 "command           = {\"a\", \"b c\"}"},
		{"job x { every = 1h command = {a} }", "command           = {\"a\"}"},
		{"job x { every = 1h command = {a, ''} }", "command           = {\"a\", \"\"}"},
		{"job x { every = 1h command = a }", "command           = \"a\""},
		{"job x { every = 1h command = 'say \"hi\"' }", "command           = 'say \"hi\"'"},
		{"job x { every = 1h command = 'it\\'s' }", "command           = 'it\\'s'"},
		{"job x { every = 1h command = 'a\\\\nb' }", "command           = 'a\\\\nb'"},
		{"job x { every = 1h command = '${HOME} $x' }", "command           = '${HOME} $x'"},
		{"job x { every = 1h command = 'gr\xc3\xbc\xc3\x9f' }",
		 "command           = \"gr\xc3\xbc\xc3\x9f\""},
		/* What steers a terminal, or is no text. */
		{"job x { every = 1h command = \"a\\e[2J$\\\"\\\\x\" }",
		 "command           = \"a\\x1b[2J\\$\\\"\\\\x\""},
		{"job x { every = 1h command = \"a\\xff\xc3\xbc\" }",
		 "command           = \"a\\xff\\xc3\\xbc\""},
		{"job x { every = 1h command = 'a\xc2\x9b"
		 "1' }",
		 "command           = \"a\\xc2\\x9b1\""},
		{"job x { every = 1h command = x environment = {'A=b', 'C=\"d\"'} }",
		 "environment       = {\"A=b\", 'C=\"d\"'}"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		expect_line(*state, cases[i].config, cases[i].line);
}

/* A text of several lines stays one. */
static void line_ends_are_kept(void **state)
{
	struct model *model =
		fixture_model(*state, "job x { every = 1h command = 'a\n\tb' }\n"
				      "job y { every = 1h command = \"a\\r\\nb\" }\n");
	char *text = fixture_dump(model);

	assert_non_null(strstr(text, "= 'a\n\tb'\n"));
	assert_non_null(strstr(text, "= \"a\\x0d\\x0ab\"\n"));
	free(text);
	model_unref(model);
}

static void what_means_nothing_is_left_out(void **state)
{
	static const struct {
		const char *config;
		const char *absent;
	} cases[] = {
		{JOB("every = 1h"), "timezone"},
		{JOB("every = 1h"), "dst_gap"},
		{JOB("cron = '@daily'"), "offset"},
		{JOB("after = 1h"), "dst_overlap"},
		{JOB("every = 1h"), "max_running"},
		{JOB("every = 1h"), "retry_delay"},
		{JOB("every = 1h"), "hook_timeout"},
		{JOB("every = 1h"), "mail_when"},
		{JOB("every = 1h"), "nice"},
		{JOB("every = 1h"), "user"},
		{JOB("every = 1h"), "environment"},
		{JOB("every = 1h catch_up = none"), "catch_up_window"},
		{"durability = none", "history_keep"},
		{"", "include_dir"},
		{"", "defaults"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct model *model = fixture_model(*state, cases[i].config);
		char *text = fixture_dump(model);

		if (strstr(text, cases[i].absent))
			fail_msg("%s in:\n%s", cases[i].absent, text);
		free(text);
		model_unref(model);
	}
}

/* But what is not built in has to be said, or it would be lost. */
static void what_defaults_give_is_written(void **state)
{
	expect_line(*state, "defaults { retry_delay = 20s } " JOB("every = 1h"),
		    "retry_delay       = \"20s\"");
}

static void places_are_told(void **state)
{
	const struct fixture *fixture = *state;
	struct model *model = fixture_model(fixture, "concurrency_group g { limit = 2 }\n\n"
						     "job x { every = 1h command = x\n"
						     "concurrency_group = g }\n");
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	char *place = NULL;

	assert_int_equal(config_dump(model, NULL, 0, out), 0);
	(void)fclose(out);
	assert_true(asprintf(&place,
			     "\n# %s/main.conf:1\nconcurrency_group \"g\" {\n\tlimit = 2\n}\n",
			     fixture->dir) > 0);
	assert_non_null(strstr(text, place));
	free(place);
	assert_true(asprintf(&place, "\n# %s/main.conf:3\njob \"x\" {\n", fixture->dir) > 0);
	assert_non_null(strstr(text, place));
	free(place);
	free(text);
	model_unref(model);
}

static void single_jobs(void **state)
{
	static const char *const names[] = {"c", "a"};
	static const char *const unknown[] = {"a", "z"};
	struct model *model = fixture_model(*state, "job a { every = 1h command = x }\n"
						    "job b { every = 1h command = x }\n"
						    "job c { every = 1h command = x }\n");
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	const char *c;

	assert_int_equal(config_dump(model, unknown, 2, out), -ENOENT);
	assert_int_equal(ftell(out), 0);
	assert_int_equal(config_dump(model, names, 2, out), 0);
	(void)fclose(out);
	c = strstr(text, "job \"c\" {");
	assert_non_null(c);
	assert_non_null(strstr(c, "job \"a\" {"));
	assert_null(strstr(text, "job \"b\""));
	assert_null(strstr(text, "workers"));
	free(text);
	model_unref(model);
}

static void a_full_disk_is_told(void **state)
{
	struct model *model = fixture_model(*state, JOB("every = 1h"));
	FILE *out = fopen("/dev/full", "w");

	assert_non_null(out);
	assert_int_equal(setvbuf(out, NULL, _IONBF, 0), 0);
	assert_int_equal(config_dump(model, NULL, 0, out), -EIO);
	(void)fclose(out);
	model_unref(model);
}

int main(void)
{
#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_FILES(values_are_in_their_canonical_form),
		WITH_FILES(texts_are_quoted),
		WITH_FILES(line_ends_are_kept),
		WITH_FILES(what_means_nothing_is_left_out),
		WITH_FILES(what_defaults_give_is_written),
		WITH_FILES(places_are_told),
		WITH_FILES(single_jobs),
		WITH_FILES(a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
