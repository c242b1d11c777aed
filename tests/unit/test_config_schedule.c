/* Schedules, from the configuration into the model. */
#include "config_fixture.h"
#include "tzdata_fixture.h"

#include "calendar/cron.h"
#include "calendar/schedule.h"
#include "calendar/zone.h"

#define BOTH_EVENTS (SCHEDULE_ON_START | SCHEDULE_ON_RESUME)

struct dirs {
	struct fixture *files;
	struct tzdata_fixture *zones;
};

static int setup(void **state)
{
	struct dirs *dirs = calloc(1, sizeof(*dirs));
	void *made;

	assert_non_null(dirs);
	assert_int_equal(fixture_setup(&made), 0);
	dirs->files = made;
	assert_int_equal(tzdata_setup(&made), 0);
	dirs->zones = made;
	*state = dirs;
	return 0;
}

static int teardown(void **state)
{
	struct dirs *dirs = *state;
	void *made = dirs->files;

	assert_int_equal(fixture_teardown(&made), 0);
	made = dirs->zones;
	assert_int_equal(tzdata_teardown(&made), 0);
	free(dirs);
	return 0;
}

static struct model *load(const struct dirs *dirs, const char *text)
{
	return fixture_model(dirs->files, text);
}

static const struct schedule *schedule_of(const struct model *model, const char *job)
{
	const struct job *found = model_find_job(model, job);

	assert_non_null(found);
	return &found->schedule;
}

static const struct cron *cron_of(const struct model *model, const char *job)
{
	const struct schedule *schedule = schedule_of(model, job);

	assert_int_equal(schedule->kind, SCHEDULE_CRON);
	return schedule->cron;
}

static void each_kind_arrives(void **state)
{
	struct model *model = load(*state, "job a { every = 15m offset = 5m command = x }\n"
					   "job b { cron = '30 7 * * mon-fri' command = x }\n"
					   "job c { after = 10m command = x }\n"
					   "job d { on = {resume, start} command = x }\n"
					   "job e { on = reload splay = 1h command = x }\n");
	struct cron_expr expr;
	char problem[CRON_PROBLEM_SIZE];

	assert_int_equal(schedule_of(model, "a")->kind, SCHEDULE_EVERY);
	assert_int_equal(schedule_of(model, "a")->interval, 15 * USEC_PER_MIN);
	assert_int_equal(schedule_of(model, "a")->offset, 5 * USEC_PER_MIN);

	assert_int_equal(cron_of(model, "b")->n_exprs, 1);
	assert_int_equal(cron_expr_parse("30 7 * * 1-5", "b", &expr, problem), 0);
	assert_true(cron_expr_equal(&cron_of(model, "b")->exprs[0], &expr));
	assert_int_equal(cron_of(model, "b")->gap, DST_GAP_SHIFT);
	assert_int_equal(cron_of(model, "b")->overlap, DST_OVERLAP_FIRST);

	assert_int_equal(schedule_of(model, "c")->kind, SCHEDULE_AFTER);
	assert_int_equal(schedule_of(model, "c")->interval, 10 * USEC_PER_MIN);

	assert_int_equal(schedule_of(model, "d")->kind, SCHEDULE_ON);
	assert_int_equal(schedule_of(model, "d")->on, BOTH_EVENTS);
	assert_int_equal(schedule_of(model, "e")->on, SCHEDULE_ON_RELOAD);
	assert_int_equal(schedule_of(model, "e")->delay,
			 schedule_splay(USEC_PER_HOUR, "host", "e"));
	assert_int_equal(model_find_job(model, "e")->settings->splay, USEC_PER_HOUR);
	assert_int_equal(model_find_job(model, "d")->settings->splay, 0);
	model_unref(model);
}

/* The nearest timezone counts; that of defaults can be taken back. */
static void zones_come_from_job_file_and_main_file(void **state)
{
	const struct dirs *dirs = *state;
	struct model *model;

	tzdata_variable("TZ", "EST");
	fixture_write(dirs->files, "more.conf",
		      "defaults { timezone = America/New_York dst_overlap = last }\n"
		      "job e { cron = '@daily' command = x }\n"
		      "job f { cron = '@daily' timezone = UTC command = x }\n");
	fixture_write(dirs->files, "none.conf", "job g { cron = '@daily' command = x }\n");
	model = load(dirs, "include('more.conf') include('none.conf')\n"
			   "defaults { timezone = Europe/Berlin dst_gap = skip }\n"
			   "job a { cron = '@daily' command = x }\n"
			   "job b { cron = '@daily' timezone = CET dst_gap = shift command = x }\n"
			   "job c { cron = '@daily' timezone = local command = x }\n"
			   "job d { every = 1h command = x }\n");
	assert_string_equal(zone_name(cron_of(model, "a")->zone), "Europe/Berlin");
	assert_int_equal(cron_of(model, "a")->gap, DST_GAP_SKIP);
	assert_string_equal(zone_name(cron_of(model, "b")->zone), "CET");
	assert_int_equal(cron_of(model, "b")->gap, DST_GAP_SHIFT);
	assert_string_equal(zone_name(cron_of(model, "c")->zone), "EST");
	assert_ptr_equal(cron_of(model, "c")->zone, model->local_zone);
	assert_string_equal(zone_name(cron_of(model, "e")->zone), "America/New_York");
	assert_int_equal(cron_of(model, "e")->gap, DST_GAP_SKIP);
	assert_int_equal(cron_of(model, "e")->overlap, DST_OVERLAP_LAST);
	assert_ptr_equal(cron_of(model, "f")->zone, zone_utc());
	assert_string_equal(zone_name(cron_of(model, "g")->zone), "Europe/Berlin");
	assert_int_equal(cron_of(model, "g")->overlap, DST_OVERLAP_FIRST);
	model_unref(model);
}

/* Whoever has no use for it does not mind a local time that is none. */
static void local_time_is_looked_for_if_it_is_needed(void **state)
{
	const struct dirs *dirs = *state;
	struct model *model;

	tzdata_variable("TZ", "Nowhere/Land");
	model = load(dirs, "job a { every = 1h command = x }\n"
			   "job b { cron = '@daily' timezone = UTC command = x }\n");
	assert_null(model->local_zone);
	model_unref(model);
	fixture_expect(dirs->files,
		       "job a { every = 1h command = x }\n"
		       "job b { cron = '@daily' command = x }\n"
		       "job c { cron = '@daily'\n timezone = local command = x }\n",
		       "main.conf:2: job \"b\": cron: the system's local time is not known: "
		       "TZ=Nowhere/Land in the environment: there is no such time zone; write it "
		       "as in \"Europe/Berlin\" or \"UTC\"\n"
		       "main.conf:4: job \"c\": timezone: the system's local time is not known: "
		       "TZ=Nowhere/Land in the environment: there is no such time zone; write it "
		       "as in \"Europe/Berlin\" or \"UTC\"\n");
}

/* A reload sees other data of a zone, another local time, and nothing where all is as it was. */
static void zones_are_read_anew(void **state)
{
	static const char config[] = "job a { cron = '30 2 * * *' command = x }\n"
				     "job b { cron = '30 2 * * *' timezone = EST command = x }\n"
				     "job c { every = 1d command = x }\n";
	const struct dirs *dirs = *state;
	char *link = tzdata_path(dirs->zones, "localtime");
	char *berlin = tzdata_path(dirs->zones, "Europe/Berlin");
	char *york = tzdata_path(dirs->zones, "America/New_York");
	struct model *before;
	struct model *after;

	assert_int_equal(symlink(berlin, link), 0);
	tzdata_variable("TZ", link);
	before = load(dirs, config);
	after = load(dirs, config);
	for (size_t i = 0; i < 3; i++)
		assert_true(job_equal(&before->jobs[i], &after->jobs[i]));
	model_unref(after);

	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(york, link), 0);
	after = load(dirs, config);
	assert_false(job_equal(&before->jobs[0], &after->jobs[0]));
	assert_true(job_equal(&before->jobs[1], &after->jobs[1]));
	model_unref(after);

	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(berlin, link), 0);
	tzdata_zone(dirs->zones, "EST", -14400, "EST4");
	after = load(dirs, config);
	assert_true(job_equal(&before->jobs[0], &after->jobs[0]));
	assert_false(job_equal(&before->jobs[1], &after->jobs[1]));
	assert_true(schedule_same_grid(&before->jobs[1].schedule, &after->jobs[1].schedule));
	assert_true(job_equal(&before->jobs[2], &after->jobs[2]));
	model_unref(after);
	model_unref(before);
	free(link);
	free(berlin);
	free(york);
}

static void equal_schedules_are_shared(void **state)
{
	enum { COUNT = 20000, DIFFERENT = 50 };
	const struct dirs *dirs = *state;
	size_t room = (size_t)COUNT * 100;
	char *text = malloc(room);
	size_t used = 0;
	struct model *model;

	assert_non_null(text);
	for (int i = 0; i < COUNT; i++)
		used += (size_t)snprintf(
			text + used, room - used,
			"job j%05d { cron = '%d 3 * * *' timezone = %s dst_gap = %s "
			"command = x }\n",
			i, i % 10, i % 5 ? "EST" : "Europe/Berlin",
			i / DIFFERENT % 2 ? "skip" : "shift");
	model = load(dirs, text);
	/* Which schedule it is repeats after two times DIFFERENT jobs. */
	for (size_t i = 0; i < COUNT; i++) {
		const struct cron *cron = model->jobs[i].schedule.cron;

		assert_ptr_equal(cron, model->jobs[i % (2 * DIFFERENT)].schedule.cron);
		assert_true(cron->exprs[0].minutes == UINT64_C(1) << i % 10);
		assert_string_equal(zone_name(cron->zone), i % 5 ? "EST" : "Europe/Berlin");
		assert_int_equal(cron->gap, i / DIFFERENT % 2 ? DST_GAP_SKIP : DST_GAP_SHIFT);
	}
	assert_ptr_not_equal(model->jobs[0].schedule.cron, model->jobs[DIFFERENT].schedule.cron);
	model_unref(model);
	free(text);
}

/* "~" is another minute for another job, and the same for the same. */
static void a_hashed_value_is_the_job_s(void **state)
{
	char text[4000];
	size_t used = 0;
	uint64_t minutes = 0;
	struct model *model;
	struct model *again;

	for (int i = 0; i < 50; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "job j%02d { cron = '~ * * * *' command = x }\n", i);
	model = load(*state, text);
	again = load(*state, text);
	for (size_t i = 0; i < model->n_jobs; i++) {
		minutes |= model->jobs[i].schedule.cron->exprs[0].minutes;
		assert_true(job_equal(&model->jobs[i], &again->jobs[i]));
	}
	assert_true(__builtin_popcountll(minutes) > 20);
	model_unref(model);
	model_unref(again);
}

int main(void)
{
#define WITH_DIRS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_DIRS(each_kind_arrives),
		WITH_DIRS(zones_come_from_job_file_and_main_file),
		WITH_DIRS(local_time_is_looked_for_if_it_is_needed),
		WITH_DIRS(zones_are_read_anew),
		WITH_DIRS(equal_schedules_are_shared),
		WITH_DIRS(a_hashed_value_is_the_job_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
