/*
 * Jobs that were imported are due when cron(8) would have run them: what stands in the manuals
 * crontab(5) and anacrontab(5) of cronie and of Debian, and in the files that they come with. The
 * comments say what the manuals have it mean.
 */
#include "import_fixture.h"

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

/* A Thursday, 2026-01-01 00:00:00 UTC. */
#define BEGIN (INT64_C(1767225600) * USEC_PER_SEC)

/* The job's slots from BEGIN on begin with those, minutes each, in UTC. */
static void due_at(const struct job *job, const char *text, const char *expected)
{
	usec_t t = BEGIN - 1;

	while (*expected) {
		size_t len = strcspn(expected, " ");
		char due[CLOCK_TEXT_SIZE];

		t = schedule_next(&job->schedule, t);
		(void)clock_format_utc(t, 0, due);
		if (strncmp(due, expected, len) != 0 || strcmp(due + len, ":00Z") != 0)
			fail_msg("\"%s\" is due at %s, not at %.*s", text, due, (int)len, expected);
		expected += len + (expected[len] == ' ');
	}
}

static const struct {
	enum crontab_format format;
	const char *text;
	const char *due;
} tables[] = {
	/* cronie and Debian: the example. Five minutes after midnight, every day. */
	{CRONTAB_USER, "5 0 * * *       $HOME/bin/daily.job >> $HOME/tmp/out 2>&1\n",
	 "2026-01-01T00:05 2026-01-02T00:05 2026-01-03T00:05"},
	/* The same in Japan, nine hours ahead. */
	{CRONTAB_USER, "CRON_TZ=Japan\n5 0 * * *       $HOME/bin/daily.job >> $HOME/tmp/out 2>&1\n",
	 "2026-01-01T15:05 2026-01-02T15:05"},
	/* 2:15 pm on the first of every month. */
	{CRONTAB_USER, "15 14 1 * *     $HOME/bin/monthly\n",
	 "2026-01-01T14:15 2026-02-01T14:15 2026-03-01T14:15"},
	/* 10 pm on weekdays. */
	{CRONTAB_USER, "0 22 * * 1-5   mail -s \"It's 10pm\" joe%Joe,%%Where are your kids?%\n",
	 "2026-01-01T22:00 2026-01-02T22:00 2026-01-05T22:00 2026-01-06T22:00"},
	/* 23 minutes after midnight, 2 am, 4 am ... */
	{CRONTAB_USER,
	 "23 0-23/2 * * * echo \"run 23 minutes after midn, 2am, 4am ..., everyday\"\n",
	 "2026-01-01T00:23 2026-01-01T02:23 2026-01-01T04:23"},
	/* 5 after 4 every Sunday. */
	{CRONTAB_USER, "5 4 * * sun     echo \"run at 5 after 4 every sunday\"\n",
	 "2026-01-04T04:05 2026-01-11T04:05"},
	/* Debian: each evening; which ninth day it is, the command finds out. */
	{CRONTAB_USER,
	 "33 22 * * *     expr $(date +\\%s) / 60 / 60 / 24 \\% 9 > /dev/null || echo Wax the "
	 "floor.\n",
	 "2026-01-01T22:33 2026-01-02T22:33"},
	/* 4 am from the 8th to the 14th; whether it is Saturday, the command finds out. */
	{CRONTAB_USER, "0 4 8-14 * *    test $(date +\\%u) -eq 6 && echo \"2nd Saturday\"\n",
	 "2026-01-08T04:00 2026-01-09T04:00 2026-01-10T04:00 2026-01-11T04:00 2026-01-12T04:00 "
	 "2026-01-13T04:00 2026-01-14T04:00 2026-02-08T04:00"},
	/* cronie: a job in /etc/cron.d, every minute. */
	{CRONTAB_SYSTEM, "MAILTO=root\n* * * * * root touch /tmp/file\n",
	 "2026-01-01T00:00 2026-01-01T00:01"},
	/* cronie: the one for SELinux. */
	{CRONTAB_USER, "0-59 * * * * id -Z > /tmp/SystemHigh/crontest\n",
	 "2026-01-01T00:00 2026-01-01T00:01"},

	/* What fields may be. Both days restricted: 4:30 am on the 1st and 15th and each Friday. */
	{CRONTAB_USER, "30 4 1,15 * 5 x\n",
	 "2026-01-01T04:30 2026-01-02T04:30 2026-01-09T04:30 2026-01-15T04:30 2026-01-16T04:30"},
	{CRONTAB_USER, "0 8-11 * * * x\n",
	 "2026-01-01T08:00 2026-01-01T09:00 2026-01-01T10:00 2026-01-01T11:00 2026-01-02T08:00"},
	{CRONTAB_USER, "0 1,2,5,9 * * * x\n",
	 "2026-01-01T01:00 2026-01-01T02:00 2026-01-01T05:00 2026-01-01T09:00 2026-01-02T01:00"},
	{CRONTAB_USER, "0 0-4,8-12 * * * x\n",
	 "2026-01-01T00:00 2026-01-01T01:00 2026-01-01T02:00 2026-01-01T03:00 2026-01-01T04:00 "
	 "2026-01-01T08:00 2026-01-01T09:00"},
	{CRONTAB_USER, "0 1-3,7-9 * * * x\n",
	 "2026-01-01T01:00 2026-01-01T02:00 2026-01-01T03:00 2026-01-01T07:00"},
	{CRONTAB_USER, "0 0,2,4,6,8,10,12,14,16,18,20,22 * * * x\n",
	 "2026-01-01T00:00 2026-01-01T02:00"},
	{CRONTAB_USER, "0 */2 * * * x\n", "2026-01-01T00:00 2026-01-01T02:00 2026-01-01T04:00"},
	{CRONTAB_USER, "1-9/2 * * * * x\n",
	 "2026-01-01T00:01 2026-01-01T00:03 2026-01-01T00:05 2026-01-01T00:07 2026-01-01T00:09 "
	 "2026-01-01T01:01"},
	{CRONTAB_USER, "0 0 * * mon,wed,fri x\n",
	 "2026-01-02T00:00 2026-01-05T00:00 2026-01-07T00:00 2026-01-09T00:00"},
	{CRONTAB_USER, "0 0 1 jan-mar * x\n",
	 "2026-01-01T00:00 2026-02-01T00:00 2026-03-01T00:00 2027-01-01T00:00"},
	/* Sunday is 0 and 7. */
	{CRONTAB_USER, "0 0 * * 0 x\n", "2026-01-04T00:00 2026-01-11T00:00"},
	{CRONTAB_USER, "0 0 * * 7 x\n", "2026-01-04T00:00 2026-01-11T00:00"},
	/* A field that begins with "*" is none that restricts: odd days that are Mondays. */
	{CRONTAB_USER, "0 0 */2 * 1 x\n", "2026-01-05T00:00 2026-01-19T00:00"},

	/* Words for times. */
	{CRONTAB_USER, "@yearly x\n", "2026-01-01T00:00 2027-01-01T00:00"},
	{CRONTAB_USER, "@annually x\n", "2026-01-01T00:00 2027-01-01T00:00"},
	{CRONTAB_USER, "@monthly x\n", "2026-01-01T00:00 2026-02-01T00:00"},
	{CRONTAB_USER, "@weekly x\n", "2026-01-04T00:00 2026-01-11T00:00"},
	{CRONTAB_USER, "@daily x\n", "2026-01-01T00:00 2026-01-02T00:00"},
	{CRONTAB_USER, "@midnight x\n", "2026-01-01T00:00 2026-01-02T00:00"},
	{CRONTAB_USER, "@hourly x\n", "2026-01-01T00:00 2026-01-01T01:00"},

	/* Debian's /etc/crontab and /etc/cron.d/anacron, but for what they run. */
	{CRONTAB_SYSTEM, "17 *\t* * *\troot\tx\n", "2026-01-01T00:17 2026-01-01T01:17"},
	{CRONTAB_SYSTEM, "25 6\t* * *\troot\tx\n", "2026-01-01T06:25 2026-01-02T06:25"},
	{CRONTAB_SYSTEM, "47 6\t* * 7\troot\tx\n", "2026-01-04T06:47 2026-01-11T06:47"},
	{CRONTAB_SYSTEM, "52 6\t1 * *\troot\tx\n", "2026-01-01T06:52 2026-02-01T06:52"},
	{CRONTAB_SYSTEM, "30 7-23 * * *   root\tx\n", "2026-01-01T07:30 2026-01-01T08:30"},
	/* cronie's /etc/cron.d/0hourly. */
	{CRONTAB_SYSTEM, "01 * * * * root x\n", "2026-01-01T00:01 2026-01-01T01:01"},

	/* cronie's anacrontab: from 6 o'clock on; the first of its days and weeks is ours. */
	{CRONTAB_ANACRON, "START_HOURS_RANGE=6-8\n1\t\t5\tcron.daily\t\tnice x\n",
	 "2026-01-01T06:05 2026-01-02T06:05"},
	{CRONTAB_ANACRON, "START_HOURS_RANGE=6-8\n7\t\t0\tcron.weekly\t\tnice x\n",
	 "2026-01-04T06:00 2026-01-11T06:00"},
	{CRONTAB_ANACRON, "START_HOURS_RANGE=6-8\n@monthly\t0\tcron.monthly\t\tnice x\n",
	 "2026-01-01T06:00 2026-02-01T06:00"},
	/* Debian's: its anacron is started at half past seven. */
	{CRONTAB_ANACRON, "1\t5\tcron.daily\tx\n", "2026-01-01T07:35 2026-01-02T07:35"},
	{CRONTAB_ANACRON, "7\t10\tcron.weekly\tx\n", "2026-01-04T07:40 2026-01-11T07:40"},
	{CRONTAB_ANACRON, "@monthly\t15\tcron.monthly\tx\n", "2026-01-01T07:45 2026-02-01T07:45"},
	{CRONTAB_ANACRON, "@daily 0 x x\n", "2026-01-01T07:30 2026-01-02T07:30"},
	{CRONTAB_ANACRON, "@weekly 0 x x\n", "2026-01-04T07:30 2026-01-11T07:30"},
	{CRONTAB_ANACRON, "@yearly 0 x x\n", "2026-01-01T07:30 2027-01-01T07:30"},
	/* Every third day, a grid from 1970 on. */
	{CRONTAB_ANACRON, "3 60 x x\n", "2026-01-01T08:30 2026-01-04T08:30 2026-01-07T08:30"},
	/* A day later is the same time. */
	{CRONTAB_ANACRON, "1 1450 x x\n", "2026-01-01T07:40 2026-01-02T07:40"},
};

static void tables_are_due_as_they_say(void **state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
		char *problems = NULL;
		char *made = fixture_import(tables[i].format, "root", tables[i].text, &problems);
		struct model *model = fixture_model(*state, made);

		if (model->n_jobs != 1)
			fail_msg("\"%s\" makes %zu jobs: %s", tables[i].text, model->n_jobs,
				 problems);
		due_at(&model->jobs[0], tables[i].text, tables[i].due);
		model_unref(model);
		free(made);
		free(problems);
	}
}

/* cronie: a random value of a range, both ends of it included; each may be left out. */
static void random_times_are_in_their_range(void **state)
{
	static const struct {
		const char *text;
		unsigned first; /* minutes of the hour */
		unsigned last;
	} cases[] = {
		{"6~15 * * * * x\n", 6, 15}, {"~ * * * * x\n", 0, 59},  {"~15 * * * * x\n", 0, 15},
		{"50~ * * * * x\n", 50, 59}, {"7~7 * * * * x\n", 7, 7},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char *problems = NULL;
		char *made = fixture_import(CRONTAB_USER, "root", cases[i].text, &problems);
		struct model *model = fixture_model(*state, made);
		usec_t due;

		assert_int_equal(model->n_jobs, 1);
		due = schedule_next(&model->jobs[0].schedule, BEGIN - 1);
		assert_in_range((due - BEGIN) / USEC_PER_MIN, cases[i].first, cases[i].last);
		assert_int_equal(schedule_next(&model->jobs[0].schedule, due), due + USEC_PER_HOUR);
		model_unref(model);
		free(made);
		free(problems);
	}
}

static void reboot_is_the_start(void **state)
{
	char *problems = NULL;
	char *made = fixture_import(CRONTAB_USER, "root", "@reboot x\n", &problems);
	struct model *model = fixture_model(*state, made);

	assert_int_equal(model->n_jobs, 1);
	assert_int_equal(model->jobs[0].schedule.kind, SCHEDULE_ON);
	assert_int_equal(model->jobs[0].schedule.on, SCHEDULE_ON_START);
	assert_string_equal(problems, "tab:1: warning: \"@reboot\" is whenever everyd starts, not "
				      "only with the machine\n");
	model_unref(model);
	free(made);
	free(problems);
}

static int set_zone(void **state)
{
	(void)state;
	return setenv("TZ", "UTC", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(tables_are_due_as_they_say),
		WITH_FILES(random_times_are_in_their_range),
		WITH_FILES(reboot_is_the_start),
	};

	return cmocka_run_group_tests_name("import_times", tests, set_zone, NULL);
}
