/* Holds: of each option that a job has it is known where it stands. */
#include "config_fixture.h"

#include "config/origins.h"

/* As "every main.conf:3, splay -", for the options of that list. */
static char *describe(const struct fixture *fixture, const struct model *model, const char *name,
		      const enum option_id *options)
{
	const struct job *job = model_find_job(model, name);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(job);
	assert_non_null(out);
	for (size_t i = 0; options[i] != OPTION_COUNT; i++) {
		const char *file = NULL;
		unsigned line = 0;

		fprintf(out, "%s%s ", i ? ", " : "", option_table[options[i]].name);
		if (origins_find(model, job, options[i], &file, &line))
			fprintf(out, "%s:%u", file + strlen(fixture->dir) + 1, line);
		else
			fputs("-", out);
	}
	assert_int_equal(fclose(out), 0);
	return text;
}

static void expect(const struct fixture *fixture, const struct model *model, const char *name,
		   const enum option_id *options, const char *expected)
{
	char *text = describe(fixture, model, name, options);

	assert_string_equal(text, expected);
	free(text);
}

static void options_stand_in_jobs_and_defaults(void **state)
{
	static const enum option_id options[] = {OPT_EVERY, OPT_COMMAND, OPT_TIMEOUT,
						 OPT_NICE,  OPT_SPLAY,   OPTION_COUNT};
	struct model *model;

	fixture_write(*state, "sub.conf",
		      "defaults {\n"
		      "	nice = 3\n"
		      "}\n"
		      "job c { every = 1h\n"
		      " command = x\n"
		      "}\n");
	fixture_write(*state, "plain.conf", "job d { every = 1h command = x splay = 1s }\n");
	model = fixture_model(*state, "defaults {\n"
				      "	timeout = 5m\n"
				      "	nice = 1\n"
				      "}\n"
				      "job a {\n"
				      "	command = x\n"
				      "\n"
				      "	every = 1h\n"
				      "	nice = 2\n"
				      "}\n"
				      "job b { command = x every = 1h }\n"
				      "include('sub.conf')\n"
				      "include('plain.conf')\n");
	expect(*state, model, "a", options,
	       "every main.conf:8, command main.conf:6, timeout main.conf:2, nice main.conf:9, "
	       "splay -");
	expect(*state, model, "b", options,
	       "every main.conf:11, command main.conf:11, timeout main.conf:2, nice main.conf:3, "
	       "splay -");
	expect(*state, model, "c", options,
	       "every sub.conf:4, command sub.conf:5, timeout main.conf:2, nice sub.conf:2, "
	       "splay -");
	expect(*state, model, "d", options,
	       "every plain.conf:1, command plain.conf:1, timeout main.conf:2, nice main.conf:3, "
	       "splay plain.conf:1");
	model_unref(model);
}

static void nothing_is_known_of_a_job_that_no_file_has(void **state)
{
	const struct job job = {.name = "x"};
	struct model *model = model_new();
	const char *file;
	unsigned line;

	(void)state;
	assert_non_null(model);
	assert_false(origins_find(model, &job, OPT_EVERY, &file, &line));
	model_unref(model);
}

/* Lines far apart, backwards, and as large as they can be. */
static void any_line_is_kept(void **state)
{
	static const struct origin origins[] = {
		{OPT_LIMIT, 7},      {OPT_EVERY, 0},         {OPT_CRON, 1},
		{OPT_AFTER, 64},     {OPT_ON, 128},          {OPT_OFFSET, 8320},
		{OPT_SPLAY, 200000}, {OPT_TIMEZONE, 130000}, {OPT_DST_GAP, UINT32_MAX},
		{OPT_NICE, 3},       {OPT_MAX_RUNTIME, 3},
	};
	unsigned char name[2 + ORIGINS_SIZE + 1] = "x";
	struct model_file files[] = {{.path = "f"}};
	struct model *model = model_new();
	const struct job job = {.name = (const char *)name, .line = 7};

	(void)state;
	assert_non_null(model);
	model->files = files;
	model->n_files = 1;
	(void)origins_pack(job.line, origins, ARRAY_LENGTH(origins), name + 2);
	for (size_t i = 0; i < ARRAY_LENGTH(origins); i++) {
		const char *file = NULL;
		unsigned line = 12345;

		assert_true(origins_find(model, &job, origins[i].option, &file, &line));
		assert_int_equal(line, origins[i].line);
		assert_string_equal(file, "f");
	}
	model_unref(model);
}

/* Of all options, as far apart as lines can be. */
static void there_is_room_for_all(void **state)
{
	struct origin origins[OPTION_COUNT];
	unsigned char packed[ORIGINS_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < OPTION_COUNT; i++)
		origins[i] = (struct origin){.option = (enum option_id)i,
					     .line = i % 2 ? UINT32_MAX : 0};
	assert_int_equal(origins_pack(UINT32_MAX, origins, OPTION_COUNT, packed), ORIGINS_SIZE);
}

/* A job of a few lines costs two bytes for each option. */
static void an_option_costs_two_bytes(void **state)
{
	static const struct origin origins[] = {
		{OPT_EVERY, 1000001}, {OPT_COMMAND, 1000002}, {OPT_TIMEOUT, 1000003}};
	unsigned char packed[ORIGINS_SIZE + 1];

	(void)state;
	assert_int_equal(origins_pack(1000000, origins, ARRAY_LENGTH(origins), packed),
			 2 * ARRAY_LENGTH(origins));
}

/* --- settings --- */

struct told {
	char text[8192];
	unsigned left; /* so many more are wanted */
	bool harmless_only;
};

static bool tell(void *ctx, const struct config_setting *setting)
{
	struct told *told = ctx;
	const char *slash = setting->file ? strrchr(setting->file, '/') : NULL;

	if (!told->harmless_only || setting->harmless)
		sprintf(told->text + strlen(told->text), "%s=%s %s:%u\n", setting->name,
			setting->value, slash ? slash + 1 : "-", setting->line);
	return --told->left > 0;
}

static void settings_are_told_with_their_origin(void **state)
{
	struct model *model = fixture_model(*state, "defaults { timeout = 90s }\n"
						    "job x {\n"
						    "	command = {a, 'b c'}\n"
						    "	every = 60m\n"
						    "	environment = 'TOKEN=abc'\n"
						    "	mailto = me\n"
						    "}\n");
	struct told all = {.left = UINT32_MAX};
	struct told harmless = {.left = UINT32_MAX, .harmless_only = true};
	struct told one = {.left = 1};

	assert_int_equal(config_each_setting(model, &model->jobs[0], tell, &all), 0);
	assert_non_null(strstr(all.text, "every=\"1h\" main.conf:4\n"));
	assert_non_null(strstr(all.text, "command={\"a\", \"b c\"} main.conf:3\n"));
	assert_non_null(strstr(all.text, "timeout=\"1m30s\" main.conf:1\n"));
	assert_non_null(strstr(all.text, "overlap=\"skip\" -:0\n"));
	assert_non_null(strstr(all.text, "environment={\"TOKEN=abc\"} main.conf:5\n"));
	assert_null(strstr(all.text, "max_running="));
	assert_ptr_equal(strstr(all.text, "every="), all.text);

	assert_int_equal(config_each_setting(model, &model->jobs[0], tell, &harmless), 0);
	assert_non_null(strstr(harmless.text, "timeout="));
	assert_null(strstr(harmless.text, "b c"));
	assert_null(strstr(harmless.text, "TOKEN"));
	assert_null(strstr(harmless.text, "shell"));
	assert_null(strstr(harmless.text, "mailto"));

	assert_int_equal(config_each_setting(model, &model->jobs[0], tell, &one), -ECANCELED);
	assert_string_equal(one.text, "every=\"1h\" main.conf:4\n");
	model_unref(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(options_stand_in_jobs_and_defaults, fixture_setup,
						fixture_teardown),
		cmocka_unit_test(nothing_is_known_of_a_job_that_no_file_has),
		cmocka_unit_test(any_line_is_kept),
		cmocka_unit_test(there_is_room_for_all),
		cmocka_unit_test(an_option_costs_two_bytes),
		cmocka_unit_test_setup_teardown(settings_are_told_with_their_origin, fixture_setup,
						fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
