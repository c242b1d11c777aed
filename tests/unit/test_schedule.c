/* Holds: slots lie on the grid, for every instant there is; splay is stable and even. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "calendar/schedule.h"

#include <stdio.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots_of_the_grid),
		cmocka_unit_test(test_next_is_later_on_the_grid_and_the_first),
		cmocka_unit_test(test_count_agrees_with_a_walk),
		cmocka_unit_test(test_count_of_nothing_and_of_everything),
		cmocka_unit_test(test_schedules_differ_in_any_of_their_fields),
		cmocka_unit_test(test_splay_is_the_same_in_every_release),
		cmocka_unit_test(test_host_and_job_both_count_and_do_not_run_together),
		cmocka_unit_test(test_splay_is_spread_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
