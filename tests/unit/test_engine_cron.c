/* Holds: the engine takes the slots of cron expressions as the calendar has them: unevenly far
   apart, without an end to some, and not always where they were. */
#include "engine_fixture.h"

#include "base/arena.h"
#include "calendar/cron.h"
#include "calendar/zone.h"

#define HOUR 3600
#define DAY  86400

static const struct job_settings all = {.catch_up = CATCH_UP_ALL};
static const struct job_settings none = {.catch_up = CATCH_UP_NONE};

/* A cron schedule and all that it needs. */
struct calendar {
	struct arena arena;
	struct cron_expr expr;
	struct cron cron;
};

/* `tz`: a POSIX TZ string, whatever the zone is called. */
static const struct cron *cron_in(struct calendar *calendar, const char *text, const char *tz)
{
	char problem[CRON_PROBLEM_SIZE];
	const struct zone *zone;

	*calendar = (struct calendar){0};
	assert_int_equal(zone_parse_posix(&calendar->arena, "Test/Zone", tz, &zone), 0);
	assert_int_equal(cron_expr_parse(text, "a", &calendar->expr, problem), 0);
	calendar->cron = (struct cron){.zone = zone, .n_exprs = 1, .exprs = &calendar->expr};
	return &calendar->cron;
}

static struct rig begin_cron(int now, const struct cron *cron, const struct job_settings *settings)
{
	return begin(now,
		     &(struct model_spec){.jobs = {{.name = "a", .cron = cron, .with = settings}}});
}

static void reload(struct rig *rig, const struct cron *cron, const struct job_settings *settings)
{
	load(rig, &(struct model_spec){.jobs = {{.name = "a", .cron = cron, .with = settings}}});
}

static void test_slots_come_as_they_are(void **state)
{
	struct calendar calendar;
	struct rig rig = begin_cron(0, cron_in(&calendar, "0,5 7 * * *", "UTC0"), NULL);

	(void)state;
	run_until(&rig, 7 * HOUR);
	expect(&rig, "arm a 25500; start a@25200");
	finish(&rig, "a", 7 * HOUR);
	run_until(&rig, 7 * HOUR + 300);
	expect(&rig, "end a@25200 ok; arm a 111600; start a@25500");
	end(&rig);
	arena_done(&calendar.arena);
}

static void test_what_was_due_while_it_could_not_act(void **state)
{
	static const struct {
		const struct job_settings *settings;
		const char *effects;
	} cases[] = {
		{NULL, "a@25200-111900 coalesced late x4; arm a 198300; start a@198000"},
		{&all, "arm a 198300; start a@25200"},
		{&none, "a@25200-198000 missed late x5; arm a 198300"},
	};
	struct calendar calendar;
	const struct cron *cron = cron_in(&calendar, "0,5 7 * * *", "UTC0");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig = begin_cron(0, cron, cases[i].settings);

		stall_until(&rig, 2 * DAY + 7 * HOUR + 60);
		expect(&rig, cases[i].effects);
		end(&rig);
	}
	arena_done(&calendar.arena);
}

/* As many as there are, which the loop does not look at one by one. */
static void test_a_year_of_seconds_is_caught_up(void **state)
{
	static const struct job_settings year = {.catch_up = CATCH_UP_ALL,
						 .catch_up_window = 365 * USEC_PER_DAY};
	struct calendar calendar;
	struct rig rig = begin_cron(
		0, cron_in(&calendar, "* * * * * *", "CET-1CEST,M3.5.0,M10.5.0/3"), &year);

	(void)state;
	stall_until(&rig, 366 * DAY);
	expect(&rig, "arm a 3.16224e+07; a@1-86399 missed window x86399; start a@86400");
	finish(&rig, "a", DAY);
	expect(&rig, "end a@86400 ok; start a@86401");
	end(&rig);
	arena_done(&calendar.arena);
}

static void test_the_clock_is_set_back(void **state)
{
	static const struct {
		const char *text;
		int to;
		const char *effects;
	} cases[] = {
		/* At fixed times they do not run twice, for as long as a clock may be wrong. */
		{"0 7 * * *", 10 * DAY, "arm a 975600"},
		{"0 7 * * *", 9 * DAY, "arm a 802800"},
		{"0 7 * * *", 8 * DAY, "arm a 716400"},
		{"*/5 * * * *", 10 * DAY + 25000, "arm a 889500"},
		{"*/5 * * * *", 10 * DAY + 24000, "arm a 888300"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct calendar calendar;
		struct rig rig =
			begin_cron(10 * DAY, cron_in(&calendar, cases[i].text, "UTC0"), NULL);

		run_until(&rig, 10 * DAY + 7 * HOUR);
		forget(&rig);
		set_clock(&rig, cases[i].to);
		expect(&rig, cases[i].effects);
		end(&rig);
		arena_done(&calendar.arena);
	}
}

/* The last minute of the year 9999. */
static void test_after_the_last_slot_nothing_is_armed(void **state)
{
	const usec_t last = INT64_C(253402300740) * USEC_PER_SEC;
	struct calendar calendar;
	const struct cron *cron = cron_in(&calendar, "59 23 31 12 *", "UTC0");
	struct rig rig = begin_cron(0, cron, &all);
	struct engine_job *job;

	(void)state;
	rig.now = last;
	forget(&rig);
	fire_due(&rig);
	assert_int_equal(find_job(&rig, "a")->next, USEC_INFINITY);
	assert_int_equal(engine_next_due(rig.engine, &job), USEC_INFINITY);
	assert_null(job);
	/* The rest is caught up all the same. */
	assert_int_equal(find_job(&rig, "a")->live, 1);
	rig.now = last - 400 * USEC_PER_DAY;
	happen(&rig, ENGINE_CLOCK_STEPPED);
	assert_int_equal(find_job(&rig, "a")->next, USEC_INFINITY);
	rig.now = last - 2000 * USEC_PER_DAY;
	happen(&rig, ENGINE_CLOCK_STEPPED);
	assert_true(find_job(&rig, "a")->next < last);
	end(&rig);
	arena_done(&calendar.arena);
}

static void test_the_zone_is_not_what_it_was(void **state)
{
	static const struct {
		int now;
		const char *before; /* POSIX TZ strings */
		const char *after;
		const char *effects;
	} cases[] = {
		/* Seven o'clock is later, and earlier, than was known. */
		{6 * HOUR, "AAA0", "AAA1", "[a from 21600]; arm a 28800; loaded +0 ~1 -0 =0"},
		{5 * HOUR, "AAA0", "AAA-1", "[a from 18000]; arm a 21600; loaded +0 ~1 -0 =0"},
		/* What has run does not run again. */
		{7 * HOUR + 60, "AAA0", "AAA1", "[a from 25260]; arm a 28800; loaded +0 ~1 -0 =0"},
		{7 * HOUR + 60, "AAA0", "AAA-1",
		 "[a from 25260]; arm a 108000; loaded +0 ~1 -0 =0"},
		/* What would have been due by now is no miss. */
		{6 * HOUR + 60, "AAA0", "AAA-1",
		 "[a from 21660]; arm a 108000; loaded +0 ~1 -0 =0"},
		{6 * HOUR, "AAA0", "BBB0", "loaded +0 ~0 -0 =1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct calendar before;
		struct calendar after;
		struct rig rig =
			begin_cron(0, cron_in(&before, "0 7 * * *", cases[i].before), NULL);

		run_until(&rig, cases[i].now);
		forget(&rig);
		rig.on_record = true;
		reload(&rig, cron_in(&after, "0 7 * * *", cases[i].after), NULL);
		expect(&rig, cases[i].effects);
		end(&rig);
		arena_done(&before.arena);
		arena_done(&after.arena);
	}
}

static void test_what_waits_when_the_zone_changes(void **state)
{
	static const struct {
		const struct job_settings *settings;
		const char *effects;
		const char *resumed;
	} cases[] = {
		/* One slot waits, which is on record from now on. */
		{NULL, "[a from 200000]; arm a 280800; [a holds 111600]; loaded +0 ~1 -0 =0",
		 "resumed a; [a: 0 failures]; [a holds nothing]; [run 1 a@111600]; start a@111600"},
		/* All that there are now, from the first one that waited on: none comes twice. */
		{&all, "[a from 111600]; arm a 280800; loaded +0 ~1 -0 =0",
		 "resumed a; [a: 0 failures]; [run 1 a@194400]; start a@194400"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct calendar before;
		struct calendar after;
		struct rig rig =
			begin_cron(26000, cron_in(&before, "0 7 * * *", "AAA0"), cases[i].settings);

		pause_job(&rig, "a", 0);
		run_until(&rig, 190000);
		rig.now = S(200000);
		forget(&rig);
		rig.on_record = true;
		reload(&rig, cron_in(&after, "0 7 * * *", "AAA-1"), cases[i].settings);
		expect(&rig, cases[i].effects);
		resume_job(&rig, "a");
		expect(&rig, cases[i].resumed);
		end(&rig);
		arena_done(&before.arena);
		arena_done(&after.arena);
	}
}

/* By the data that they were due by. */
static void test_what_waits_is_given_up_when_the_zone_changes(void **state)
{
	struct calendar before;
	struct calendar after;
	struct rig rig = begin_cron(0, cron_in(&before, "0 7 * * *", "AAA0"), &all);

	(void)state;
	stall_until(&rig, 290000);
	expect(&rig, "arm a 370800; start a@25200");
	reload(&rig, cron_in(&after, "0 7 * * *", "AAA12"), NULL);
	expect(&rig, "a@111600-198000 coalesced late x2; arm a 327600; "
		     "a@284400 skipped overlap ...; loaded +0 ~1 -0 =0");
	end(&rig);
	arena_done(&before.arena);
	arena_done(&after.arena);
}

/* Nothing is armed for a time that is past. */
static void test_a_pause_is_over_when_the_zone_changes(void **state)
{
	struct calendar before;
	struct calendar after;
	struct rig rig = begin_cron(26000, cron_in(&before, "0 7 * * *", "AAA0"), &all);

	(void)state;
	pause_job(&rig, "a", 195000);
	run_until(&rig, 190000);
	rig.now = S(200000);
	forget(&rig);
	reload(&rig, cron_in(&after, "0 7 * * *", "AAA-1"), &all);
	expect(&rig, "resumed a; arm a 280800; start a@194400; loaded +0 ~1 -0 =0");
	end(&rig);
	arena_done(&before.arena);
	arena_done(&after.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots_come_as_they_are),
		cmocka_unit_test(test_what_was_due_while_it_could_not_act),
		cmocka_unit_test(test_a_year_of_seconds_is_caught_up),
		cmocka_unit_test(test_the_clock_is_set_back),
		cmocka_unit_test(test_after_the_last_slot_nothing_is_armed),
		cmocka_unit_test(test_the_zone_is_not_what_it_was),
		cmocka_unit_test(test_what_waits_when_the_zone_changes),
		cmocka_unit_test(test_what_waits_is_given_up_when_the_zone_changes),
		cmocka_unit_test(test_a_pause_is_over_when_the_zone_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
