/* Holds: slots lie on the grid, for every instant there is; splay is stable and even. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "calendar/cron.h"
#include "calendar/schedule.h"
#include "calendar/zone.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS 200000

#define EVERY(n, shift, late)                                                                      \
	{                                                                                          \
		.interval = (n), .offset = (shift), .delay = (late)                                \
	}

static uint64_t draw(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed ^ (*seed >> 32);
}

static struct schedule draw_schedule(uint64_t *seed)
{
	static const usec_t intervals[] = {
		SCHEDULE_MIN_INTERVAL, USEC_PER_SEC,     USEC_PER_MIN,
		59 * USEC_PER_MIN,     USEC_PER_HOUR,    USEC_PER_DAY,
		400 * USEC_PER_DAY,    USEC_PER_SEC + 1, SCHEDULE_MAX_INTERVAL,
	};
	struct schedule schedule = {0};

	if (draw(seed) % 2)
		schedule.interval = intervals[draw(seed) % ARRAY_LENGTH(intervals)];
	else
		schedule.interval = SCHEDULE_MIN_INTERVAL +
				    (usec_t)(draw(seed) % (uint64_t)(SCHEDULE_MAX_INTERVAL -
								     SCHEDULE_MIN_INTERVAL + 1));
	schedule.offset = draw(seed) % 3 ? (usec_t)(draw(seed) % (uint64_t)schedule.interval) : 0;
	schedule.delay = 0;
	return schedule;
}

/* Any instant, and often one near an end of time, near now, or right at a slot. */
static usec_t draw_time(uint64_t *seed, const struct schedule *schedule)
{
	static const usec_t places[] = {INT64_MIN, INT64_MAX, 0, INT64_C(1760000000000000)};
	usec_t t = (usec_t)draw(seed);
	usec_t near =
		(usec_t)(draw(seed) % (uint64_t)(3 * schedule->interval)) - schedule->interval;

	if (draw(seed) % 4 == 0)
		return t;
	t = places[draw(seed) % ARRAY_LENGTH(places)];
	if (__builtin_add_overflow(t, near, &t))
		t = places[draw(seed) % 2];
	if (draw(seed) % 3 == 0 && schedule_last(schedule, t) != USEC_INFINITY)
		t = schedule_last(schedule, t);
	return t;
}

static void test_slots_of_the_grid(void **state)
{
	static const struct {
		struct schedule schedule;
		usec_t t;
		usec_t last;
		usec_t next;
	} rows[] = {
		{EVERY(USEC_PER_MIN, 0, 0), 0, 0, USEC_PER_MIN},
		{EVERY(USEC_PER_MIN, 0, 0), 1, 0, USEC_PER_MIN},
		{EVERY(USEC_PER_MIN, 0, 0), -1, -USEC_PER_MIN, 0},
		{EVERY(USEC_PER_MIN, 0, 0), USEC_PER_MIN - 1, 0, USEC_PER_MIN},
		{EVERY(USEC_PER_MIN, 0, 0), USEC_PER_MIN, USEC_PER_MIN, 2 * USEC_PER_MIN},
		{EVERY(1000000, 300000, 0), 0, -700000, 300000},
		{EVERY(1000000, 300000, 0), 300000, 300000, 1300000},
		{EVERY(1000000, 300000, 0), -700000, -700000, 300000},
		{EVERY(1000000, 300000, 0), -700001, -1700000, -700000},
		/* A delay moves no slot. */
		{EVERY(1000000, 300000, 250000), 0, -700000, 300000},
		/* 2026-03-01 05:07:00 UTC, every 15m from minute 5 */
		{EVERY(15 * USEC_PER_MIN, 5 * USEC_PER_MIN, 0), INT64_C(1772341620000000),
		 INT64_C(1772341500000000), INT64_C(1772342400000000)},
		{EVERY(1000000, 0, 0), INT64_MAX, INT64_C(9223372036854000000), USEC_INFINITY},
		{EVERY(1000000, 0, 0), INT64_C(9223372036854000000), INT64_C(9223372036854000000),
		 USEC_INFINITY},
		{EVERY(1000000, 0, 0), INT64_MIN, USEC_INFINITY, -INT64_C(9223372036854000000)},
		/* The last instant of all is "never", be it on the grid or not. */
		{EVERY(1000000, 775807, 0), INT64_MAX - 1, INT64_C(9223372036853775807),
		 USEC_INFINITY},
		{EVERY(1000000, 775807, 0), INT64_MAX, INT64_C(9223372036853775807), USEC_INFINITY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		assert_int_equal(schedule_last(&rows[i].schedule, rows[i].t), rows[i].last);
		assert_int_equal(schedule_next(&rows[i].schedule, rows[i].t), rows[i].next);
	}
}

static void test_next_is_later_on_the_grid_and_the_first(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct schedule schedule = draw_schedule(&seed);
		usec_t t = draw_time(&seed, &schedule);
		usec_t next = schedule_next(&schedule, t);
		usec_t last = schedule_last(&schedule, t);

		if (next != USEC_INFINITY) {
			assert_true(next > t);
			assert_int_equal((next % schedule.interval - schedule.offset) %
						 schedule.interval,
					 0);
			assert_int_equal(schedule_last(&schedule, next), next);
			assert_int_equal(schedule_last(&schedule, next - 1), last);
		} else {
			assert_true(t > INT64_MAX - 1 - schedule.interval);
		}
		if (last != USEC_INFINITY) {
			assert_true(last <= t);
			assert_true((uint64_t)t - (uint64_t)last < (uint64_t)schedule.interval);
			if (t != USEC_INFINITY)
				assert_int_equal(schedule_next(&schedule, last), next);
		} else {
			assert_true(t < INT64_MIN + schedule.interval);
		}
	}
}

static void test_count_agrees_with_a_walk(void **state)
{
	uint64_t seed = 6;

	(void)state;
	for (int i = 0; i < ROUNDS / 20; i++) {
		struct schedule schedule = draw_schedule(&seed);
		usec_t after = draw_time(&seed, &schedule);
		usec_t until = after;
		uint64_t n = 0;

		if (__builtin_add_overflow(
			    after, (usec_t)(draw(&seed) % 20) * (schedule.interval / 3), &until))
			until = INT64_MAX;
		for (usec_t t = schedule_next(&schedule, after); t <= until && t != USEC_INFINITY;
		     t = schedule_next(&schedule, t))
			n++;
		assert_int_equal(schedule_count(&schedule, after, until), n);
	}
}

static void test_count_of_nothing_and_of_everything(void **state)
{
	const struct schedule schedule = EVERY(SCHEDULE_MIN_INTERVAL, 0, 0);

	(void)state;
	assert_int_equal(schedule_count(&schedule, 5, 5), 0);
	assert_int_equal(schedule_count(&schedule, 500000, 0), 0);
	assert_int_equal(schedule_count(&schedule, INT64_MAX, INT64_MIN), 0);
	assert_int_equal(schedule_count(&schedule, 0, 99999), 0);
	assert_int_equal(schedule_count(&schedule, 0, 100000), 1);
	assert_int_equal(schedule_count(&schedule, -1, 100000), 2);
	assert_int_equal(schedule_count(&schedule, INT64_MIN, INT64_MAX),
			 UINT64_C(184467440737095));
}

static void test_schedules_differ_in_any_of_their_fields(void **state)
{
	const struct schedule a = EVERY(1000000, 1, 2);

	(void)state;
	assert_true(schedule_equal(&a, &(struct schedule)EVERY(1000000, 1, 2)));
	assert_false(schedule_equal(&a, &(struct schedule)EVERY(1000001, 1, 2)));
	assert_false(schedule_equal(&a, &(struct schedule)EVERY(1000000, 0, 2)));
	assert_false(schedule_equal(&a, &(struct schedule)EVERY(1000000, 1, 3)));
}

static void test_splay_is_the_same_in_every_release(void **state)
{
	static const struct {
		usec_t splay;
		const char *host;
		const char *job;
		usec_t delay;
	} rows[] = {
		{0, "host", "job", 0},
		{1, "host", "job", 0},
		{INT64_C(300000000), "host", "job", INT64_C(149347429)},
		{INT64_C(300000000), "host", "job2", INT64_C(72178668)},
		{INT64_C(1800000000), "db1.example.org", "cert-renew", INT64_C(52553556)},
		{INT64_C(86400000000), "", "", INT64_C(65166584608)},
		{INT64_C(7), "a", "b", INT64_C(3)},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(schedule_splay(rows[i].splay, rows[i].host, rows[i].job),
				 rows[i].delay);
}

static void test_host_and_job_both_count_and_do_not_run_together(void **state)
{
	(void)state;
	assert_int_not_equal(schedule_splay(USEC_PER_DAY, "a", "bc"),
			     schedule_splay(USEC_PER_DAY, "ab", "c"));
	assert_int_not_equal(schedule_splay(USEC_PER_DAY, "a", "x"),
			     schedule_splay(USEC_PER_DAY, "b", "x"));
	assert_int_not_equal(schedule_splay(USEC_PER_DAY, "a", "x"),
			     schedule_splay(USEC_PER_DAY, "a", "y"));
}

/* A chi-squared test: for 99 degrees of freedom 150 is beyond the 99.9th percentile, and the hash
   is fixed, so that it passes always or never. */
static void test_splay_is_spread_evenly(void **state)
{
	static const usec_t splays[] = {100, USEC_PER_MIN, 30 * USEC_PER_MIN,
					SCHEDULE_MAX_INTERVAL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(splays); i++) {
		double counts[100] = {0};
		double chi = 0;
		char name[32];

		for (int k = 0; k < 10000; k++) {
			usec_t delay;

			(void)snprintf(name, sizeof(name), "job-%d", k);
			delay = schedule_splay(splays[i], "host.example.org", name);
			assert_true(delay >= 0 && delay < splays[i]);
			counts[delay * 100 / splays[i]]++;
		}
		for (size_t k = 0; k < 100; k++)
			chi += (counts[k] - 100) * (counts[k] - 100) / 100;
		assert_true(chi > 50 && chi < 150);
	}
}

/* A cron schedule of a few expressions, in a zone of the name and POSIX TZ string given. */
struct cron_fixture {
	struct arena arena;
	struct cron_expr exprs[CRON_EXPRS_MAX];
	struct cron cron;
	struct schedule schedule;
};

static void cron_init(struct cron_fixture *f, const char *zone, const char *tz,
		      const char *const *texts, size_t n)
{
	char problem[CRON_PROBLEM_SIZE];

	arena_init(&f->arena);
	f->cron = (struct cron){.n_exprs = (uint32_t)n, .exprs = f->exprs};
	f->schedule = (struct schedule){.kind = SCHEDULE_CRON, .cron = &f->cron};
	assert_int_equal(zone_parse_posix(&f->arena, zone, tz, &f->cron.zone), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(cron_expr_parse(texts[i], "job", &f->exprs[i], problem), 0);
}

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static void test_the_four_kinds_in_words(void **state)
{
	static const char *const texts[] = {"30 7 * * mon-fri", "0 0 1 * *"};
	struct cron_fixture f;
	const struct {
		struct schedule schedule;
		const char *grid;
		const char *phrase;
	} rows[] = {
		{EVERY(15 * USEC_PER_MIN, 0, 0), "every 15m offset 0", "every 15m"},
		{EVERY(15 * USEC_PER_MIN, 5 * USEC_PER_MIN, 7), "every 15m offset 5m",
		 "every 15m, shifted by 5m"},
		{{.kind = SCHEDULE_CRON, .cron = &f.cron},
		 "cron 30 7 * * 1-5; 0 0 1 * * in Europe/Berlin gap shift overlap both",
		 "at 07:30 on Monday to Friday; at 00:00 on day 1 of the month, Europe/Berlin"},
		{{.kind = SCHEDULE_AFTER, .interval = 10 * USEC_PER_MIN},
		 "after 10m",
		 "10m after the end of the run before"},
		{{.kind = SCHEDULE_ON, .on = SCHEDULE_ON_START}, "on start", "when everyd starts"},
		{{.kind = SCHEDULE_ON, .on = SCHEDULE_ON_START | SCHEDULE_ON_RESUME},
		 "on start resume",
		 "when everyd starts, and when the machine resumes from suspend"},
	};

	(void)state;
	cron_init(&f, "Europe/Berlin", BERLIN, texts, ARRAY_LENGTH(texts));
	f.cron.overlap = DST_OVERLAP_BOTH;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char grid[SCHEDULE_GRID_SIZE];
		char phrase[SCHEDULE_DESCRIBE_SIZE];

		assert_string_equal(schedule_grid(&rows[i].schedule, grid), rows[i].grid);
		assert_string_equal(schedule_describe(&rows[i].schedule, phrase), rows[i].phrase);
	}
	arena_done(&f.arena);
}

/* Long schedules keep in a hash what there is no room for, and say how much they leave out. */
static void test_words_of_long_schedules(void **state)
{
	static const char *const texts[CRON_EXPRS_MAX] = {
		"1-59/7 2-9/3 1,L * 5#2",
		"0 1 * * *",
		"0 2 * * *",
		"0 3 * * *",
		"0 4 * * *",
		"0 5 * * *",
		"0 6 * * *",
		"0 7 * * *",
		"0 8 * * *",
		"0 9 * * *",
		"0 10 * * *",
		"0 11 * * *",
		"0 12 * * *",
		"0 13 * * *",
		"0 14 * * *",
		"0 15 * * *",
		"0 16 * * *",
		"0 17 * * *",
		"0 18 * * *",
		"0 19 * * *",
		"0 20 * * *",
		"0 21 * * *",
		"0 22 * * *",
		"0 23 * * *",
		"1 0 1,3,7 * *",
		"1 1 * * *",
		"1 2 * * *",
		"1 3 * * *",
		"1 4 * * *",
		"1 5 * * *",
		"1 6 * * *",
		"1 7 * * *",
	};
	char grids[3][SCHEDULE_GRID_SIZE];
	char phrase[SCHEDULE_DESCRIBE_SIZE];
	struct cron_fixture f;

	(void)state;
	cron_init(&f, "Europe/Berlin", BERLIN, texts, ARRAY_LENGTH(texts));
	(void)schedule_grid(&f.schedule, grids[0]);
	assert_int_equal(strlen(grids[0]), SCHEDULE_GRID_SIZE - 1);
	f.cron.gap = DST_GAP_SKIP;
	(void)schedule_grid(&f.schedule, grids[1]);
	f.exprs[CRON_EXPRS_MAX - 1].minutes <<= 1;
	(void)schedule_grid(&f.schedule, grids[2]);
	assert_memory_equal(grids[0], grids[1], 200);
	assert_string_not_equal(grids[0], grids[1]);
	assert_string_not_equal(grids[1], grids[2]);

	for (size_t i = 0; i < CRON_EXPRS_MAX; i++)
		f.exprs[i] = f.exprs[0];
	(void)schedule_describe(&f.schedule, phrase);
	assert_non_null(strstr(phrase, "; and "));
	assert_string_equal(strstr(phrase, " more"), " more, Europe/Berlin");
	arena_done(&f.arena);
}

static void test_cron_schedules_are_grids_as_well(void **state)
{
	static const char *const texts[] = {"30 7 * * mon-fri"};
	/* 2026-11-20, a Friday, 07:30 in Berlin. */
	const usec_t slot = INT64_C(1795156200) * USEC_PER_SEC;
	struct cron_fixture f;

	(void)state;
	cron_init(&f, "Europe/Berlin", BERLIN, texts, ARRAY_LENGTH(texts));
	f.schedule.delay = 5 * USEC_PER_MIN;
	assert_true(schedule_is_grid(&f.schedule));
	assert_int_equal(schedule_next(&f.schedule, slot - 1), slot);
	assert_int_equal(schedule_next(&f.schedule, slot), slot + 3 * USEC_PER_DAY);
	assert_int_equal(schedule_last(&f.schedule, slot), slot);
	assert_int_equal(schedule_last(&f.schedule, slot - 1), slot - USEC_PER_DAY);
	assert_int_equal(schedule_count(&f.schedule, slot - 1, slot + USEC_PER_WEEK), 6);
	assert_int_equal(schedule_count(&f.schedule, slot, slot), 0);
	assert_int_equal(schedule_count(&f.schedule, slot, slot - USEC_PER_WEEK), 0);
	arena_done(&f.arena);
}

static void test_what_follows_from_events_has_no_slots(void **state)
{
	static const struct schedule rows[] = {
		{.kind = SCHEDULE_AFTER, .interval = USEC_PER_MIN},
		{.kind = SCHEDULE_ON, .on = SCHEDULE_ON_START},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		assert_false(schedule_is_grid(&rows[i]));
		assert_int_equal(schedule_next(&rows[i], 0), USEC_INFINITY);
		assert_int_equal(schedule_last(&rows[i], 0), USEC_INFINITY);
		assert_int_equal(schedule_count(&rows[i], 0, USEC_PER_DAY), 0);
	}
}

static void test_patience_with_a_clock_that_was_set_back(void **state)
{
	/* 2026-11-20 12:00 UTC, and what is due then. */
	const usec_t noon = INT64_C(1795176000) * USEC_PER_SEC;
	static const struct {
		const char *text;
		usec_t patience;
	} rows[] = {
		/* Twice the span from the slot before, ... */
		{"* * * * *", 2 * USEC_PER_MIN},
		{"*/10 * * * *", 20 * USEC_PER_MIN},
		{"0 * * * *", 2 * USEC_PER_HOUR},
		{"* 12 * * *", 2 * (23 * USEC_PER_HOUR + USEC_PER_MIN)},
		/* ... but two days where times are fixed. */
		{"0 12 * * *", 2 * USEC_PER_DAY},
		{"0 6,12 * * *", 2 * USEC_PER_DAY},
		{"0,59 11,12 * * *", 2 * USEC_PER_DAY},
		{"0 12 * * fri", 14 * USEC_PER_DAY},
	};
	const struct schedule every = EVERY(USEC_PER_HOUR, 0, 0);

	(void)state;
	assert_int_equal(schedule_patience(&every, noon), 2 * USEC_PER_HOUR);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct cron_fixture f;

		cron_init(&f, "UTC", "UTC0", &rows[i].text, 1);
		assert_int_equal(schedule_last(&f.schedule, noon), noon);
		assert_int_equal(schedule_patience(&f.schedule, noon), rows[i].patience);
		arena_done(&f.arena);
	}
}

static void test_cron_schedules_differ_in_any_of_their_fields(void **state)
{
	static const char *const texts[] = {"30 7 * * *", "0 8 * * *"};
	static const char *const swapped[] = {"0 8 * * *", "30 7 * * *"};
	static const char *const same[] = {"0 30 7 * * *", "00 08 ? * *"};
	struct cron_fixture a;
	struct cron_fixture b;

	(void)state;
	cron_init(&a, "Europe/Berlin", BERLIN, texts, 2);
	cron_init(&b, "Europe/Berlin", BERLIN, same, 2);
	assert_true(schedule_equal(&a.schedule, &b.schedule));
	b.schedule.delay = 1;
	assert_true(schedule_same_grid(&a.schedule, &b.schedule));
	assert_false(schedule_equal(&a.schedule, &b.schedule));
	b.schedule.delay = 0;
	b.cron.gap = DST_GAP_SKIP;
	assert_false(schedule_same_grid(&a.schedule, &b.schedule));
	b.cron.gap = DST_GAP_SHIFT;
	b.cron.overlap = DST_OVERLAP_LAST;
	assert_false(schedule_same_grid(&a.schedule, &b.schedule));
	b.cron.overlap = DST_OVERLAP_FIRST;
	b.cron.n_exprs = 1;
	assert_false(schedule_same_grid(&a.schedule, &b.schedule));
	arena_done(&b.arena);

	cron_init(&b, "Europe/Berlin", BERLIN, swapped, 2);
	assert_false(schedule_same_grid(&a.schedule, &b.schedule));
	arena_done(&b.arena);

	/* What tzdata says of a zone is no part of the grid, its name is. */
	cron_init(&b, "Europe/Berlin", "CET-1", texts, 2);
	assert_true(schedule_same_grid(&a.schedule, &b.schedule));
	assert_false(schedule_equal(&a.schedule, &b.schedule));
	arena_done(&b.arena);
	cron_init(&b, "Europe/Paris", BERLIN, texts, 2);
	assert_false(schedule_same_grid(&a.schedule, &b.schedule));
	assert_false(schedule_equal(&a.schedule, &b.schedule));
	arena_done(&b.arena);
	arena_done(&a.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots_of_the_grid),
		cmocka_unit_test(test_next_is_later_on_the_grid_and_the_first),
		cmocka_unit_test(test_count_agrees_with_a_walk),
		cmocka_unit_test(test_count_of_nothing_and_of_everything),
		cmocka_unit_test(test_schedules_differ_in_any_of_their_fields),
		cmocka_unit_test(test_the_four_kinds_in_words),
		cmocka_unit_test(test_words_of_long_schedules),
		cmocka_unit_test(test_cron_schedules_are_grids_as_well),
		cmocka_unit_test(test_what_follows_from_events_has_no_slots),
		cmocka_unit_test(test_patience_with_a_clock_that_was_set_back),
		cmocka_unit_test(test_cron_schedules_differ_in_any_of_their_fields),
		cmocka_unit_test(test_splay_is_the_same_in_every_release),
		cmocka_unit_test(test_host_and_job_both_count_and_do_not_run_together),
		cmocka_unit_test(test_splay_is_spread_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
