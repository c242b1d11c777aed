/* Files become a model: defaults, includes, duplicates, trust, and whatever bytes may come. */
#include "config_fixture.h"

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

static const struct job *job_of(const struct model *model, const char *name)
{
	const struct job *job = model_find_job(model, name);

	assert_non_null(job);
	return job;
}

static void everything_arrives(void **state)
{
	struct model *model = fixture_model(
		*state, "workers = 3 queue = 4 stop_timeout = 5s\n"
			"concurrency_group b { limit = 2 }\n"
			"concurrency_group a { limit = 1 }\n"
			"job z {\n"
			"  every = 1h offset = 5m splay = 10m command = 'a b'\n"
			"  timeout = 1m kill_grace = 2s overlap = allow max_running = 7\n"
			"  leftover = leave concurrency_group = b shell = /bin/bash\n"
			"}\n"
			"job c { every = 1m command = {prog, '', 'x y'} concurrency_group = a }\n");
	const struct job *job = job_of(model, "z");

	assert_int_equal(model->daemon.workers, 3);
	assert_int_equal(model->daemon.queue, 4);
	assert_int_equal(model->daemon.stop_timeout, 5 * USEC_PER_SEC);
	assert_int_equal(model->n_groups, 2);
	assert_string_equal(model->groups[0].name, "a");
	assert_string_equal(model->groups[1].name, "b");
	assert_int_equal(model->groups[1].limit, 2);
	assert_int_equal(model->groups[1].line, 2);
	assert_int_equal(model->n_jobs, 2);
	assert_string_equal(model->jobs[0].name, "c");
	assert_string_equal(model->jobs[1].name, "z");

	assert_int_equal(job->line, 4);
	assert_non_null(strstr(job->file, "/main.conf"));
	assert_int_equal(job->schedule.interval, USEC_PER_HOUR);
	assert_int_equal(job->schedule.offset, 5 * USEC_PER_MIN);
	assert_int_equal(job->schedule.delay, schedule_splay(10 * USEC_PER_MIN, "host", "z"));
	assert_true(job->command.use_shell);
	assert_int_equal(job->command.n_args, 1);
	assert_string_equal(job->command.args, "a b");
	assert_int_equal(job->settings->timeout, USEC_PER_MIN);
	assert_int_equal(job->settings->kill_grace, 2 * USEC_PER_SEC);
	assert_int_equal(job->settings->overlap, OVERLAP_ALLOW);
	assert_int_equal(job->settings->max_running, 7);
	assert_int_equal(job->settings->leftover, LEFTOVER_LEAVE);
	assert_ptr_equal(job->settings->group, &model->groups[1]);
	assert_string_equal(job->settings->shell, "/bin/bash");

	job = job_of(model, "c");
	assert_false(job->command.use_shell);
	assert_int_equal(job->command.n_args, 3);
	assert_memory_equal(job->command.args, "prog\0\0x y", 10);
	model_unref(model);
}

static void what_is_not_given_has_its_default(void **state)
{
	struct model *model =
		fixture_model(*state, "job x { every = 1m command = x }"
				      "job y { every = 1m command = x overlap = allow }");
	const struct job *job = job_of(model, "x");

	assert_int_equal(model->daemon.workers, 8);
	assert_int_equal(model->daemon.queue, 1024);
	assert_int_equal(model->daemon.stop_timeout, 30 * USEC_PER_SEC);
	assert_int_equal(job->schedule.offset, 0);
	assert_int_equal(job->schedule.delay, 0);
	assert_int_equal(job->settings->timeout, 0);
	assert_int_equal(job->settings->kill_grace, 10 * USEC_PER_SEC);
	assert_int_equal(job->settings->overlap, OVERLAP_SKIP);
	assert_int_equal(job->settings->max_running, 1);
	assert_int_equal(job->settings->leftover, LEFTOVER_KILL);
	assert_null(job->settings->group);
	assert_string_equal(job->settings->shell, "/bin/sh");
	assert_int_equal(job_of(model, "y")->settings->max_running, 4);
	model_unref(model);
}

static void an_empty_file_is_an_empty_model(void **state)
{
	struct model *model = fixture_model(*state, "");

	assert_int_equal(model->n_jobs, 0);
	assert_int_equal(model->refs, 1);
	model_unref(model);
}

/* Built in < main file's defaults < the file's own < the job's, wherever in the file. */
static void the_nearest_default_counts(void **state)
{
	const struct fixture *fixture = *state;
	struct model *model;

	fixture_write(fixture, "a.conf",
		      "job a1 { every = 1d command = x }\n"
		      "defaults { kill_grace = 3s timeout = 3m }\n"
		      "job a2 { every = 1d command = x timeout = 0 }\n");
	fixture_write(fixture, "b.conf", "job b { every = 1d command = x }\n");
	model = fixture_model(fixture, "job m1 { every = 1d command = x }\n"
				       "include(a.conf)\n"
				       "include(b.conf)\n"
				       "job m2 { every = 1d command = x kill_grace = 4s }\n"
				       "defaults { timeout = 2m shell = /bin/bash }\n");
#define EXPECT(job, timeout_, grace_)                                                              \
	do {                                                                                       \
		assert_int_equal(job_of(model, job)->settings->timeout, timeout_);                 \
		assert_int_equal(job_of(model, job)->settings->kill_grace, grace_);                \
		assert_string_equal(job_of(model, job)->settings->shell, "/bin/bash");             \
	} while (0)
	EXPECT("m1", 2 * USEC_PER_MIN, 10 * USEC_PER_SEC);
	EXPECT("m2", 2 * USEC_PER_MIN, 4 * USEC_PER_SEC);
	EXPECT("a1", 3 * USEC_PER_MIN, 3 * USEC_PER_SEC);
	EXPECT("a2", 0, 3 * USEC_PER_SEC);
	EXPECT("b", 2 * USEC_PER_MIN, 10 * USEC_PER_SEC);
	assert_ptr_equal(job_of(model, "m1")->settings, job_of(model, "b")->settings);
	model_unref(model);
}

static void groups_are_seen_from_every_file(void **state)
{
	const struct fixture *fixture = *state;
	struct model *model;

	fixture_write(fixture, "a.conf",
		      "job a { every = 1d command = x concurrency_group = m }\n"
		      "concurrency_group a { limit = 1 }\n");
	model = fixture_model(fixture, "include(a.conf)\n"
				       "job m { every = 1d command = x concurrency_group = a }\n"
				       "concurrency_group m { limit = 1 }\n");
	assert_string_equal(job_of(model, "a")->settings->group->name, "m");
	assert_string_equal(job_of(model, "m")->settings->group->name, "a");
	model_unref(model);
}

static void duplicates_name_both_places(void **state)
{
	const struct fixture *fixture = *state;

	fixture_write(fixture, "a.conf",
		      "\n\njob x { every = 1d command = x }\n"
		      "concurrency_group g { limit = 1 }\n");
	fixture_expect(fixture,
		       "include(a.conf)\n"
		       "job x { every = 1d command = x concurrency_group = g }\n"
		       "job g { every = 1d command = x }\n"
		       "job x { every = 1s command = x }\n"
		       "concurrency_group g { limit = 2 }\n"
		       "concurrency_group x { limit = 2 }\n",
		       "a.conf:3: job \"x\": the name is taken: the first is at main.conf:2\n"
		       "a.conf:4: concurrency_group \"g\": the name is taken: the first is at "
		       "main.conf:5\n"
		       "main.conf:4: job \"x\": the name is taken: the first is at main.conf:2\n");
}

static void a_directory_is_read_in_order(void **state)
{
	const struct fixture *fixture = *state;
	char *dir = fixture_path(fixture, "jobs.d");
	static const char *const ignored[] = {"jobs.d/.hidden.conf", "jobs.d/x.conf~",
					      "jobs.d/x.txt", "jobs.d/.conf"};
	static const char *const read[] = {"jobs.d/b.conf", "jobs.d/a.conf", "jobs.d/B.conf"};

	assert_int_equal(mkdir(dir, 0755), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(ignored); i++)
		fixture_write(fixture, ignored[i], "nonsense");
	for (size_t i = 0; i < ARRAY_LENGTH(read); i++)
		fixture_write(fixture, read[i], "job x { every = 1d command = x }");
	fixture_expect(fixture, "include_dir = jobs.d",
		       "jobs.d/a.conf:1: job \"x\": the name is taken: the first is at "
		       "jobs.d/B.conf:1\n"
		       "jobs.d/b.conf:1: job \"x\": the name is taken: the first is at "
		       "jobs.d/B.conf:1\n");
	free(dir);
}

static void includes_are_relative_to_their_file(void **state)
{
	const struct fixture *fixture = *state;
	char *dir = fixture_path(fixture, "d");
	char *absolute = fixture_path(fixture, "abs.conf");
	char text[200];
	struct model *model;

	assert_int_equal(mkdir(dir, 0755), 0);
	(void)snprintf(text, sizeof(text), "include('sub.conf')\ninclude('%s')", absolute);
	fixture_write(fixture, "d/a.conf", text);
	fixture_write(fixture, "d/sub.conf", "job sub { every = 1d command = x }");
	fixture_write(fixture, "abs.conf", "job abs { every = 1d command = x }");
	model = fixture_model(fixture, "include('d/a.conf')");
	assert_int_equal(model->n_jobs, 2);
	model_unref(model);
	free(dir);
	free(absolute);
}

static void bad_includes_are_told(void **state)
{
	const struct fixture *fixture = *state;
	char *dir = fixture_path(fixture, "d");
	char *link_path = fixture_path(fixture, "link.conf");

	assert_int_equal(mkdir(dir, 0755), 0);
	assert_int_equal(symlink("a.conf", link_path), 0);
	fixture_write(fixture, "a.conf", "");
	fixture_write(fixture, "loop.conf", "\ninclude('main.conf')");
	fixture_write(fixture, "deep.conf",
		      "include('link.conf')\n"
		      "workers = 1 include_dir = d\n"
		      "job x { every = 1 command = x }");
	fixture_expect(
		fixture,
		"include('none.conf') include_dir = 'none.d'\n"
		"include('a.conf')\n"
		"include('loop.conf')\n"
		"include('deep.conf')\n"
		"include('d')\n"
		"include('a.conf')\n",
		"main.conf:1: include_dir: cannot open none.d: No such file or directory\n"
		"main.conf:1: include: cannot open none.conf: No such file or directory\n"
		"main.conf:6: include: a.conf is read a second time; the first is at "
		"main.conf:2\n"
		"deep.conf:1: include: link.conf is read a second time; the first is at "
		"main.conf:2\n"
		"deep.conf:2: \"workers\" does not belong here; it stands at the top level of "
		"the main file\n"
		"deep.conf:2: \"include_dir\" does not belong here; it stands at the top level "
		"of the main file\n"
		"deep.conf:3: job \"x\": every: \"1\" is not a duration; use numbers with "
		"units us ms s m h d w, as in \"1h30m\"\n"
		"d: is not a regular file\n"
		"loop.conf:2: include: main.conf is the main file itself\n");
	free(dir);
	free(link_path);
}

static void the_main_file_must_be_there(void **state)
{
	char *got = fixture_load(*state, "none.conf", NULL);

	assert_string_equal(got, "cannot open none.conf: No such file or directory\n");
	free(got);
}

static void jobs_are_shared_out_in_linear_memory(void **state)
{
	enum { COUNT = 20000 };
	const struct fixture *fixture = *state;
	size_t room = (size_t)COUNT * 120;
	char *text = malloc(room);
	size_t used = 0;
	struct model *model;

	assert_non_null(text);
	for (int i = 0; i < COUNT; i++)
		used += (size_t)snprintf(
			text + used, room - used,
			"job j%05d { every = %dm command = 'task %d' overlap = %s }\n",
			i * 7 % COUNT, i % 50 + 1, i, i % 2 ? "queue" : "skip");
	model = fixture_model(fixture, text);
	assert_int_equal(model->n_jobs, COUNT);
	for (size_t i = 1; i < model->n_jobs; i++) {
		assert_true(strcmp(model->jobs[i - 1].name, model->jobs[i].name) < 0);
		assert_ptr_equal(model->jobs[i].file, model->jobs[0].file);
	}
	/* Two policies, so two settings, whoever uses them. */
	for (size_t i = 0; i < model->n_jobs; i++)
		assert_true(model->jobs[i].settings == job_of(model, "j00000")->settings ||
			    model->jobs[i].settings == job_of(model, "j00007")->settings);
	model_unref(model);
	free(text);
}

static void different_settings_stay_different(void **state)
{
	enum { COUNT = 2000 };
	const struct fixture *fixture = *state;
	size_t room = (size_t)COUNT * 100;
	char *text = malloc(room);
	size_t used = 0;
	struct model *model;

	assert_non_null(text);
	for (int i = 0; i < COUNT; i++)
		used += (size_t)snprintf(text + used, room - used,
					 "job j%04d { every = 1d command = x timeout = %dms }\n", i,
					 i / 2 + 1);
	model = fixture_model(fixture, text);
	for (size_t i = 0; i < model->n_jobs; i++) {
		assert_int_equal(model->jobs[i].settings->timeout,
				 (usec_t)(i / 2 + 1) * USEC_PER_MSEC);
		assert_ptr_equal(model->jobs[i].settings, model->jobs[i ^ 1].settings);
	}
	model_unref(model);
	free(text);
}

/* splitmix64: the same on every machine, so that a seed that fails can be run again. */
static uint64_t draw(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static const char mutated[] = "# a comment\n"
			      "workers = 4 /* of\nmany */ queue = \"16\"\n"
			      "defaults { timeout = '1m' kill_grace = 5s }\n"
			      "concurrency_group \"db\" { limit = 2 }\n"
			      "job \"a\" {\n"
			      "  every = \"1h\" offset = 5m\n"
			      "  command = {\"/bin/echo\", 'it\\'s', \"\\x41\\101${X:-y}\\\\\"}\n"
			      "  overlap = \"allow\" max_running = 3\n"
			      "}\n"
			      "job b { every = 10s command = 'a | b' concurrency_group = db // c\n"
			      "}\n";

static const char *const pieces[] = {
	"\"", "'",    "{",   "}",  "(",       ")",           "=",          "+=",           ",",
	"#",  "//",   "/*",  "*/", "\\",      "\\0",         "\\x0",       "\\9",          "${",
	"\n", "\xff", "job", "x",  "job x {", "include(",    "defaults {", "every = 1s",   "\r\n",
	" ",  "$",    "*",   "+",  "1",       "workers = 1", "limit",      "\xef\xbb\xbf", "\t",
};

/* One to six random edits. */
static size_t mutate(char *text, size_t len, size_t room, uint64_t *seed)
{
	for (uint64_t n = draw(seed) % 6 + 1; n > 0; n--) {
		size_t at = draw(seed) % (len + 1);
		const char *piece = pieces[draw(seed) % ARRAY_LENGTH(pieces)];
		size_t size = strlen(piece);
		size_t cut = len > at ? draw(seed) % (len - at + 1) % 12 : 0;

		switch (draw(seed) % 4) {
		case 0: /* remove a few bytes */
			memmove(text + at, text + at + cut, len - at - cut);
			len -= cut;
			break;
		case 1: /* cut the end off */
			if (draw(seed) % 4 == 0)
				len = at;
			break;
		default: /* put something in */
			if (len + size > room)
				break;
			memmove(text + at + size, text + at, len - at);
			memcpy(text + at, piece, size);
			len += size;
		}
	}
	return len;
}

/* No bytes make it crash, hang, or forget how to read a good file; and libconfuse, which gets what
   the scan has left, never finds anything more to complain about. */
static void any_bytes_do_no_harm(void **state)
{
	const struct fixture *fixture = *state;
	const char *given = getenv("SEED");
	uint64_t first = given ? strtoull(given, NULL, 0) : 1;
	uint64_t count = given ? 1 : 3000;
	char text[2048];
	char *got;

	for (uint64_t s = first; s < first + count; s++) {
		uint64_t seed = s;
		size_t len;

		memcpy(text, mutated, sizeof(mutated));
		len = mutate(text, sizeof(mutated) - 1, sizeof(text), &seed);
		fixture_write_bytes(fixture, "main.conf", text, len);
		got = fixture_load(fixture, "main.conf", NULL);
		if (strstr(got, "cannot be read"))
			fail_msg("SEED=%llu: %s", (unsigned long long)s, got);
		free(got);
		fixture_write(fixture, "good.conf", "job good { every = \"1h\" command = 'x' }\n");
		got = fixture_load(fixture, "good.conf", NULL);
		if (*got)
			fail_msg("SEED=%llu: a good file after it: %s", (unsigned long long)s, got);
		free(got);
	}
}

/* The whole text of a file of the tree. NULL, and it is said, when it is not there. */
static char *slurp(const char *path)
{
	size_t room = 256 * 1024;
	char *text = calloc(1, room);
	FILE *f = fopen(path, "r");

	assert_non_null(text);
	if (!f) {
		print_message("no %s here: to be run from the top of the tree\n", path);
		free(text);
		return NULL;
	}
	assert_true(fread(text, 1, room - 1, f) < room - 1);
	(void)fclose(f);
	return text;
}

static void what_is_installed_is_good(void **state)
{
	static const char *const files[] = {"conf/everyd.conf", "conf/demo.conf"};
	const struct fixture *fixture = *state;
	char *dir = fixture_path(fixture, "jobs.d");

	assert_int_equal(mkdir(dir, 0755), 0);
	free(dir);
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		char *text = slurp(files[i]);

		if (!text)
			skip();
		fixture_expect(fixture, text, "");
		free(text);
	}
}

/* What is commented out in the installed file is meant to be used: "#" directly before it. */
static void what_is_commented_out_is_good(void **state)
{
	const struct fixture *fixture = *state;
	char *dir = fixture_path(fixture, "jobs.d");
	char *text = slurp("conf/everyd.conf");

	assert_int_equal(mkdir(dir, 0755), 0);
	free(dir);
	if (!text)
		skip();
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (line[0] == '#' && line[1] != ' ')
			line[0] = ' ';
	}
	fixture_expect(fixture, text,
		       "main.conf:45: warning: concurrency_group \"database\": no job uses it\n");
	free(text);
}

static void the_examples_of_the_manual_are_good(void **state)
{
	char *manual = slurp("man/everyd.conf.5");
	char *at = manual ? strstr(manual, "\n.Sh EXAMPLES") : NULL;
	unsigned count = 0;

	if (!manual)
		skip();
	while (at && (at = strstr(at, "\n.Bd "))) {
		char *begin = strchr(at + 1, '\n') + 1;
		char *end = strstr(begin, "\n.Ed");

		assert_non_null(end);
		*end = '\0';
		/* The one thing that mdoc writes differently in them is a backslash. */
		assert_null(strchr(begin, '\\'));
		fixture_expect(*state, begin, "");
		*end = '\n';
		at = end;
		count++;
	}
	assert_true(count >= 3);
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(everything_arrives),
		WITH_FILES(what_is_not_given_has_its_default),
		WITH_FILES(an_empty_file_is_an_empty_model),
		WITH_FILES(the_nearest_default_counts),
		WITH_FILES(groups_are_seen_from_every_file),
		WITH_FILES(duplicates_name_both_places),
		WITH_FILES(a_directory_is_read_in_order),
		WITH_FILES(includes_are_relative_to_their_file),
		WITH_FILES(bad_includes_are_told),
		WITH_FILES(the_main_file_must_be_there),
		WITH_FILES(jobs_are_shared_out_in_linear_memory),
		WITH_FILES(different_settings_stay_different),
		WITH_FILES(what_is_installed_is_good),
		WITH_FILES(what_is_commented_out_is_good),
		WITH_FILES(the_examples_of_the_manual_are_good),
		WITH_FILES(any_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
