/* Files become a model: defaults, includes, duplicates, trust, and whatever bytes may come. */
#include "config_fixture.h"

#include "config/options.h"
#include "core/settings.h"

#include <signal.h>
#include <sys/resource.h>

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
			"catch_up_rate = 6 durability = power history_keep = 2h history_runs = 7\n"
			"state_dir = '/var/x'\n"
			"concurrency_group b { limit = 2 }\n"
			"concurrency_group a { limit = 1 }\n"
			"job z {\n"
			"  every = 1h offset = 5m splay = 10m command = 'a b'\n"
			"  timeout = 1m kill_grace = 2s overlap = allow max_running = 7\n"
			"  leftover = leave concurrency_group = b shell = /bin/bash\n"
			"  catch_up = all catch_up_window = 8h\n"
			"}\n"
			"job c { every = 1m command = {prog, '', 'x y'} concurrency_group = a }\n");
	const struct job *job = job_of(model, "z");

	assert_int_equal(model->daemon.workers, 3);
	assert_int_equal(model->daemon.queue, 4);
	assert_int_equal(model->daemon.stop_timeout, 5 * USEC_PER_SEC);
	assert_int_equal(model->daemon.catch_up_rate, 6);
	assert_int_equal(model->daemon.durability, DURABILITY_POWER);
	assert_int_equal(model->daemon.history_keep, 2 * USEC_PER_HOUR);
	assert_int_equal(model->daemon.history_runs, 7);
	assert_string_equal(model->daemon.state_dir, "/var/x");
	assert_int_equal(model->n_groups, 2);
	assert_string_equal(model->groups[0].name, "a");
	assert_string_equal(model->groups[1].name, "b");
	assert_int_equal(model->groups[1].limit, 2);
	assert_int_equal(model->groups[1].line, 4);
	assert_int_equal(model->n_jobs, 2);
	assert_string_equal(model->jobs[0].name, "c");
	assert_string_equal(model->jobs[1].name, "z");

	assert_int_equal(job->line, 6);
	assert_non_null(strstr(model->files[job->file].path, "/main.conf"));
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
	assert_int_equal(job->settings->catch_up, CATCH_UP_ALL);
	assert_int_equal(job->settings->catch_up_window, 8 * USEC_PER_HOUR);
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
	assert_int_equal(model->daemon.catch_up_rate, 10);
	assert_int_equal(model->daemon.durability, DURABILITY_PROCESS);
	assert_int_equal(model->daemon.history_keep, 30 * USEC_PER_DAY);
	assert_int_equal(model->daemon.history_runs, 1000);
	assert_null(model->daemon.state_dir);
	assert_int_equal(job->schedule.offset, 0);
	assert_int_equal(job->schedule.delay, 0);
	assert_int_equal(job->settings->timeout, 0);
	assert_int_equal(job->settings->kill_grace, 10 * USEC_PER_SEC);
	assert_int_equal(job->settings->overlap, OVERLAP_SKIP);
	assert_int_equal(job->settings->max_running, 1);
	assert_int_equal(job->settings->leftover, LEFTOVER_KILL);
	assert_int_equal(job->settings->catch_up, CATCH_UP_LAST);
	assert_int_equal(job->settings->catch_up_window, USEC_PER_DAY);
	assert_null(job->settings->group);
	assert_string_equal(job->settings->shell, "/bin/sh");
	assert_int_equal(job_of(model, "y")->settings->max_running, 4);
	model_unref(model);
}

/* Of a text or a list. */
static void expect_texts(const struct text_list *list, uint32_t n, const char *texts, size_t size)
{
	assert_int_equal(list->n, n);
	assert_memory_equal(list->texts, texts, size);
}

static void expect_command(const struct command_line *command, bool use_shell, uint32_t n,
			   const char *args, size_t size)
{
	assert_int_equal(command->use_shell, use_shell);
	assert_int_equal(command->n_args, n);
	assert_memory_equal(command->args, args, size);
}

static void expect_number(const struct optional_int *number, int value)
{
	assert_true(number->set);
	assert_int_equal(number->value, value);
}

static void all_that_a_run_is_told_arrives(void **state)
{
	struct model *model = fixture_model(
		*state,
		"sendmail = /opt/sendmail mail_from = 'e@example.org'\n"
		"job x { every = 1d command = x\n"
		"  kill_signal = INT\n"
		"  environment = {'A=b', 'C=d e'} environment_file = '-/etc/e'\n"
		"  pass_environment = {LANG, TZ} workdir = '~/w' stdin = /in umask = 077\n"
		"  nice = -5 ionice = 'best-effort:2' oom_score_adj = -7 cpu_affinity = '0,65'\n"
		"  limits = {'STACK=1M', 'LimitNOFILE=5:infinity'} no_new_privileges = yes\n"
		"  memory_max = 2G cpu_max = 12.5% tasks_max = 9 cpu_weight = 8\n"
		"  success_exit = {1, 255} retries = 3 retry_delay = 1s retry_backoff = 1.25\n"
		"  retry_max_delay = 1m retry_on = {64, timeout, start}\n"
		"  output = '/l/%j' output_rate = 1K output_max = 2K output_keep = 3K\n"
		"  on_start = a on_success = {b, c} on_failure = d on_recovery = e on_missed = f\n"
		"  only_if = {g} hook_timeout = 4s notify_after = 5 notify_when = always\n"
		"  mailto = {root, 'a@b'} mail_when = change\n"
		"  expect_within = 2d min_runtime = 1s max_runtime = 2s }");
	const struct job_settings *s = job_of(model, "x")->settings;
	unsigned long cpus[2] = {0};

	assert_string_equal(model->daemon.sendmail, "/opt/sendmail");
	assert_string_equal(model->daemon.mail_from, "e@example.org");
	assert_int_equal(s->kill_signal, SIGINT);
	expect_texts(&s->environment, 2, "A=b\0C=d e", 10);
	expect_texts(&s->environment_files, 1, "-/etc/e", 8);
	expect_texts(&s->pass_environment, 2, "LANG\0TZ", 8);
	assert_string_equal(s->workdir, "~/w");
	assert_string_equal(s->stdin_file, "/in");
	expect_number(&s->umask, 077);
	expect_number(&s->nice, -5);
	expect_number(&s->ioprio, 2 << 13 | 2);
	expect_number(&s->oom_score_adj, -7);
	cpus[0] = 1;
	cpus[65 / (8 * sizeof(*cpus))] |= 1UL << 65 % (8 * sizeof(*cpus));
	assert_int_equal(s->cpus.size, sizeof(cpus));
	assert_memory_equal(s->cpus.bytes, cpus, sizeof(cpus));
	/* In the order of their numbers. */
	assert_int_equal(s->rlimits.n, 2);
	assert_int_equal(s->rlimits.items[0].resource, RLIMIT_STACK);
	assert_int_equal(s->rlimits.items[0].soft, 1024 * 1024);
	assert_int_equal(s->rlimits.items[0].hard, 1024 * 1024);
	assert_int_equal(s->rlimits.items[1].resource, RLIMIT_NOFILE);
	assert_int_equal(s->rlimits.items[1].soft, 5);
	assert_true(s->rlimits.items[1].hard == RLIM64_INFINITY);
	assert_true(s->no_new_privileges);
	assert_int_equal(s->memory_max, INT64_C(2) << 30);
	assert_int_equal(s->cpu_max, 125);
	assert_int_equal(s->tasks_max, 9);
	assert_int_equal(s->cpu_weight, 8);
	assert_int_equal(s->success.exits[0], 2);
	assert_true(s->success.exits[3] == UINT64_C(1) << 63);
	assert_int_equal(s->retries, 3);
	assert_int_equal(s->retry_delay, USEC_PER_SEC);
	assert_int_equal(s->retry_backoff, 1250);
	assert_int_equal(s->retry_max_delay, USEC_PER_MIN);
	assert_int_equal(s->retry_on.exits[1], 1);
	assert_true(s->retry_on.timeout);
	assert_false(s->retry_on.signal);
	assert_true(s->retry_on.start);
	assert_int_equal(s->output, OUTPUT_FILE);
	assert_string_equal(s->output_file, "/l/%j");
	assert_int_equal(s->output_rate, 1024);
	assert_int_equal(s->output_max, 2048);
	assert_int_equal(s->output_keep, 3072);
	expect_command(&s->hooks[HOOK_START], true, 1, "a", 2);
	expect_command(&s->hooks[HOOK_SUCCESS], false, 2, "b\0c", 4);
	expect_command(&s->hooks[HOOK_FAILURE], true, 1, "d", 2);
	expect_command(&s->hooks[HOOK_RECOVERY], true, 1, "e", 2);
	expect_command(&s->hooks[HOOK_MISSED], true, 1, "f", 2);
	expect_command(&s->only_if, false, 1, "g", 2);
	assert_int_equal(s->hook_timeout, 4 * USEC_PER_SEC);
	assert_int_equal(s->notify_after, 5);
	assert_int_equal(s->notify_when, NOTIFY_ALWAYS);
	expect_texts(&s->mail_to, 2, "root\0a@b", 9);
	assert_int_equal(s->mail_when, MAIL_CHANGE);
	assert_int_equal(s->expect_within, 2 * USEC_PER_DAY);
	assert_int_equal(s->min_runtime, USEC_PER_SEC);
	assert_int_equal(s->max_runtime, 2 * USEC_PER_SEC);
	model_unref(model);
}

static void what_a_run_is_not_told_is_as_plain_as_can_be(void **state)
{
	struct model *model = fixture_model(*state, "job x { every = 1m command = x }");
	const struct job_settings plain = {
		.max_running = 1,
		.catch_up_window = USEC_PER_DAY,
		.kill_signal = SIGTERM,
		.kill_grace = 10 * USEC_PER_SEC,
		.shell = "/bin/sh",
		.umask = {true, 022},
		.retry_delay = 10 * USEC_PER_SEC,
		.retry_backoff = 1000,
		.retry_max_delay = USEC_PER_HOUR,
		.output_keep = 64 * 1024,
		.hook_timeout = USEC_PER_MIN,
		.notify_after = 1,
	};

	assert_true(settings_equal(job_of(model, "x")->settings, &plain));
	assert_string_equal(model->daemon.sendmail, "/usr/sbin/sendmail");
	assert_null(model->daemon.mail_from);
	model_unref(model);
}

/* A job can take back what defaults give, and replaces a list as a whole. */
static void a_job_takes_defaults_back(void **state)
{
	struct model *model = fixture_model(
		*state,
		"defaults { environment = {'A=b', 'C=d'} limits = 'CORE=0' mailto = root\n"
		"  memory_max = 1G tasks_max = 5 cpu_max = 50% on_failure = a only_if = b\n"
		"  output = '/l/%j' success_exit = 5 concurrency_group = g retry_on = 6\n"
		"  no_new_privileges = yes overlap = allow retries = 1 catch_up_window = 1h }\n"
		"concurrency_group g { limit = 1 }\n"
		"job x { every = 1m command = x }\n"
		"job y { every = 1m command = x environment = 'E=f' limits = {} mailto = {}\n"
		"  memory_max = infinity tasks_max = infinity cpu_max = infinity\n"
		"  on_failure = {} only_if = {} output = journal success_exit = {} retry_on = {}\n"
		"  no_new_privileges = no overlap = skip catch_up_window = infinity }");
	const struct job_settings *x = job_of(model, "x")->settings;
	const struct job_settings *y = job_of(model, "y")->settings;

	expect_texts(&x->environment, 2, "A=b\0C=d", 8);
	assert_int_equal(x->rlimits.n, 1);
	assert_int_equal(x->max_running, 4);
	assert_string_equal(x->output_file, "/l/%j");
	assert_true(command_line_is_set(&x->only_if));
	assert_string_equal(x->group->name, "g");

	expect_texts(&y->environment, 1, "E=f", 4);
	assert_int_equal(y->rlimits.n, 0);
	assert_int_equal(y->mail_to.n, 0);
	assert_int_equal(y->memory_max, 0);
	assert_int_equal(y->tasks_max, 0);
	assert_int_equal(y->cpu_max, 0);
	assert_false(command_line_is_set(&y->hooks[HOOK_FAILURE]));
	assert_false(command_line_is_set(&y->only_if));
	assert_int_equal(y->output, OUTPUT_JOURNAL);
	assert_null(y->output_file);
	assert_int_equal(y->success.exits[0], 0);
	assert_int_equal(y->retry_on.exits[0], 0);
	assert_false(y->no_new_privileges);
	assert_int_equal(y->max_running, 1);
	assert_int_equal(x->catch_up_window, USEC_PER_HOUR);
	assert_int_equal(y->catch_up_window, 0);
	assert_string_equal(y->group->name, "g");
	model_unref(model);
}

static void infinity_is_no_bound(void **state)
{
	struct model *model =
		fixture_model(*state, "catch_up_rate = infinity history_keep = infinity\n"
				      "history_runs = infinity");

	assert_int_equal(model->daemon.catch_up_rate, 0);
	assert_int_equal(model->daemon.history_keep, 0);
	assert_int_equal(model->daemon.history_runs, 0);
	model_unref(model);
}

/* Relative to its file; and absolute, wherever the daemon was started. */
static void the_state_directory_is_absolute(void **state)
{
	const struct fixture *fixture = *state;
	char *expected = fixture_path(fixture, "state");
	char *home = getcwd(NULL, 0);
	struct diags diags;
	struct model *model = fixture_model(fixture, "state_dir = state");

	assert_string_equal(model->daemon.state_dir, expected);
	model_unref(model);

	assert_non_null(home);
	assert_int_equal(chdir(fixture->dir), 0);
	for (int i = 0; i < 2; i++) {
		diags_init(&diags);
		assert_int_equal(config_load(i ? "./main.conf" : "main.conf", "h", &diags, &model),
				 0);
		free(expected);
		expected = fixture_path(fixture, i ? "./state" : "state");
		assert_string_equal(model->daemon.state_dir, expected);
		model_unref(model);
		diags_done(&diags);
	}
	assert_int_equal(chdir(home), 0);
	free(home);
	free(expected);
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
		assert_int_equal(model->jobs[i].file, model->jobs[0].file);
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

static const char mutated[] =
	"# a comment\n"
	"workers = 4 /* of\nmany */ queue = \"16\"\n"
	"defaults { timeout = '1m' kill_grace = 5s }\n"
	"concurrency_group \"db\" { limit = 2 }\n"
	"job \"a\" {\n"
	"  every = \"1h\" offset = 5m\n"
	"  command = {\"/bin/echo\", 'it\\'s', \"\\x41\\101${X:-y}\\\\\"}\n"
	"  overlap = \"allow\" max_running = 3\n"
	"}\n"
	"job b { every = 10s command = 'a | b' concurrency_group = db // c\n"
	"  limits = {'NOFILE=1:2', 'CPU=1h'} environment = {'A=b', 'C=d'}\n"
	"  output = '/x/%j-%Y' mailto = {root, 'a.b@c.d'} retry_on = {1, start}\n"
	"  retries = 2 retry_backoff = 1.5 cpu_affinity = '0-3,5' cpu_max = 5.5%\n"
	"  kill_signal = 'RTMIN+3' ionice = 'best-effort:3' memory_max = 64M\n"
	"}\n"
	"job c { cron = {'*/5 1-7,22-2 L,15W * mon-fri', '~ 0 0~9 * 5#2'} timezone = UTC\n"
	"  dst_gap = skip dst_overlap = both command = c }\n"
	"job d { on = {start, reload} command = d } job e { after = 1m command = e }\n";

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
		       "main.conf:84: warning: concurrency_group \"database\": no job uses it\n");
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

/* What mdoc writes in another way. */
static void unescape(char *text)
{
	static const struct {
		const char *escape;
		char character;
	} escapes[] = {{"\\(dq", '"'}, {"\\(ti", '~'}, {"\\e", '\\'}};

	for (char *at = text; (at = strchr(at, '\\')); at++) {
		size_t i = 0;

		while (i < ARRAY_LENGTH(escapes) &&
		       strncmp(at, escapes[i].escape, strlen(escapes[i].escape)) != 0)
			i++;
		assert_true(i < ARRAY_LENGTH(escapes));
		*at = escapes[i].character;
		memmove(at + 1, at + strlen(escapes[i].escape),
			strlen(at + strlen(escapes[i].escape)) + 1);
	}
}

/* The schedule that an example is to go with. */
static const char *schedule_for(const struct option *option, const char *example)
{
	switch (option_id(option)) {
	case OPT_CRON:
	case OPT_AFTER:
	case OPT_ON:
		return "";
	case OPT_TIMEZONE:
	case OPT_DST_GAP:
	case OPT_DST_OVERLAP:
		return "cron = '@daily'";
	default:
		return strstr(example, "every =") ? "" : "every = 12h";
	}
}

/* Each option of a job has an example that begins with its name, and is good. */
static void the_manual_has_an_example_of_each_option(void **state)
{
	const struct fixture *fixture = *state;
	char *manual = slurp("man/everyd.conf.5");
	char *dir = fixture_path(fixture, "jobs.d");

	assert_int_equal(mkdir(dir, 0755), 0);
	free(dir);
	if (!manual)
		skip();
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];
		char begin[100];
		char example[300];
		char config[500];
		struct model *model;
		char *at;
		char *got;

		if (option->type == OPTION_FUNCTION || option->type == OPTION_SECTION ||
		    option->where == IN_GROUP)
			continue;
		(void)snprintf(begin, sizeof(begin), "\n.Ql %s = ", option->name);
		at = strstr(manual, begin);
		if (!at)
			fail_msg("%s has no example", option->name);
		at += strlen("\n.Ql ");
		(void)snprintf(example, sizeof(example), "%.*s", (int)strcspn(at, "\n"), at);
		at = example + strlen(example);
		while (at > example && strchr(" .,:;", at[-1]))
			*--at = '\0';
		unescape(example);
		(void)snprintf(config, sizeof(config),
			       option->where & IN_MAIN ? "%s"
						       : "concurrency_group disk { limit = 1 }"
							 "job x { %s %s %s }",
			       example, schedule_for(option, example),
			       strstr(example, "command =") ? "" : "command = x");
		fixture_write(fixture, "main.conf", config);
		got = fixture_load(fixture, "main.conf", &model);
		/* Not everybody is on each machine. */
		if (!model && option->type != OPTION_ACCOUNT)
			fail_msg("%s: %s", example, got);
		model_unref(model);
		free(got);
	}
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(everything_arrives),
		WITH_FILES(what_is_not_given_has_its_default),
		WITH_FILES(all_that_a_run_is_told_arrives),
		WITH_FILES(what_a_run_is_not_told_is_as_plain_as_can_be),
		WITH_FILES(a_job_takes_defaults_back),
		WITH_FILES(infinity_is_no_bound),
		WITH_FILES(the_state_directory_is_absolute),
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
		WITH_FILES(the_manual_has_an_example_of_each_option),
		WITH_FILES(any_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
