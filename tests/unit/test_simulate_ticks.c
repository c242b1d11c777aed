/* Marks on axes, and the progress bar. */
#include "ctl/simulate_ticks.h"

#include "base/arena.h"
#include "calendar/zone.h"
#include "ctl/simulate_progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define S(seconds) ((usec_t)(seconds)*USEC_PER_SEC)
#define H          3600
#define D          86400

/* 2026-03-28 00:00 in Berlin; a day later clocks go forward. */
#define BERLIN_MIDNIGHT 1774652400

static struct arena arena;
static const struct zone *berlin;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	return zone_parse_posix(&arena, "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", &berlin);
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void test_labels(void **state)
{
	/* In seconds after that midnight; "!" is behind major ones. */
	static const struct {
		int64_t from;
		int64_t span;
		const char *labels;
	} rows[] = {
		{0, 10,
		 "28 Mar 2026! 00:00:01 00:00:02 00:00:03 00:00:04 00:00:05 00:00:06 "
		 "00:00:07 00:00:08 00:00:09 "},
		{H + 5 * 60, 40 * 60, "01:05 01:10 01:15 01:20 01:25 01:30 01:35 01:40 "},
		{0, D, "28 Mar 2026! 03:00 06:00 09:00 12:00 15:00 18:00 21:00 "},
		/* There is no 02:00. */
		{D, 5 * H, "29 Mar 2026! 00:30 01:00 01:30 03:00 03:30 04:00 04:30 05:00 05:30 "},
		{12 * H, 7 * D, "29 Mar 2026 30 Mar 31 Mar 1 Apr 2 Apr 3 Apr 4 Apr "},
		{0, 30 * D, "30 Mar 2026 6 Apr 13 Apr 20 Apr 27 Apr "},
		{0, 250 * D, "Apr 2026 May Jun Jul Aug Sep Oct Nov Dec "},
		{0, 365 * D, "May 2026 Jul Sep Nov Jan 2027! Mar "},
		{0, 3650 * D, "2027! 2028! 2029! 2030! 2031! 2032! 2033! 2034! 2035! 2036! "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_tick ticks[10];
		usec_t from = S(BERLIN_MIDNIGHT + rows[i].from);
		size_t n = sim_ticks_time(berlin, from, from + S(rows[i].span), 10, ticks);
		char text[400] = "";

		for (size_t j = 0; j < n; j++)
			(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s ",
				       ticks[j].label, ticks[j].major ? "!" : "");
		assert_string_equal(text, rows[i].labels);
	}
}

/* Any span: in order, within it, not too many, and some if there is room for them. */
static void test_any_span(void **state)
{
	(void)state;
	for (int64_t span = 1; span < INT64_C(400) * 365 * D; span += span / 7 + 1) {
		struct sim_tick ticks[12];
		usec_t from = S(BERLIN_MIDNIGHT - 12345) + 678;
		usec_t to = from + S(span);
		size_t n = sim_ticks_time(berlin, from, to, 12, ticks);

		assert_in_range(n, 1, 12);
		for (size_t i = 0; i < n; i++) {
			assert_true(ticks[i].at >= from && ticks[i].at < to);
			assert_true(i == 0 || ticks[i].at > ticks[i - 1].at);
			assert_true(ticks[i].label[0]);
		}
	}
}

static void test_steps(void **state)
{
	static const struct {
		double top;
		size_t most;
		bool whole;
		double step;
	} rows[] = {
		{1, 5, true, 1},   {5, 5, true, 1},       {8.6, 5, true, 2},  {17, 5, true, 5},
		{64, 5, true, 20}, {4096, 5, true, 1000}, {1, 5, false, 0.2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double step = sim_ticks_step(rows[i].top, rows[i].most, rows[i].whole);

		assert_true(step > 0.999 * rows[i].step && step < 1.001 * rows[i].step);
	}
}

static void test_progress(void **state)
{
	char buf[SIM_PROGRESS_SIZE];

	(void)state;
	assert_string_equal(sim_progress_format(0, 7, S(2), false, buf),
			    "[..............................]   0 %  7 slots");
	assert_string_equal(sim_progress_format(0.5, 1250000, S(3), false, buf),
			    "[###############...............]  50 %  1.2 million slots, 3s to go");
	assert_string_equal(sim_progress_format(2, 7, S(3), false, buf),
			    "[##############################] 100 %  7 slots, 0 to go");
	assert_non_null(
		strstr(sim_progress_format(0.51, 7, S(3), true, buf), "\u2588\u2588\u258e"));
	/* As long as can be. */
	for (int i = 0; i <= 1000; i++)
		assert_in_range(strlen(sim_progress_format(i / 1000.0, UINT64_MAX, INT64_MAX / 2,
							   true, buf)),
				50, SIM_PROGRESS_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_any_span),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_progress),
	};

	return cmocka_run_group_tests_name("simulate_ticks", tests, set_up, tear_down);
}
