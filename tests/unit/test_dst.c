/* What changes of the clocks do to slots is seen, and said. */
#include "base/arena.h"
#include "calendar/civil.h"
#include "calendar/cron.h"
#include "calendar/zone.h"
#include "ctl/dst.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static const struct zone *zone_of(const char *text)
{
	const struct zone *zone;

	assert_int_equal(zone_parse_posix(&arena, text, text, &zone), 0);
	return zone;
}

#define BERLIN   "CET-1CEST,M3.5.0,M10.5.0/3"
#define LORDHOWE "LHST-10:30LHDT-11,M10.1.0,M4.1.0"
/* Where midnight is skipped, and shown twice. */
#define HAVANA "CST5CDT,M3.2.0/0,M11.1.0/1"

static int64_t utc(int year, int month, int day, int hour, int minute)
{
	struct civil civil = {
		.year = year, .month = month, .day = day, .hour = hour, .minute = minute};

	return civil_seconds(&civil);
}

static const struct {
	const char *zone;
	int64_t changed; /* YYYYMMDDhhmm, UTC */
	const char *text;
} changes[] = {
	{BERLIN, 202603290100, "clocks go forward from 02:00 to 03:00"},
	{BERLIN, 202610250100, "clocks go back from 03:00 to 02:00"},
	{LORDHOWE, 202604041500, "clocks go back from 02:00 to 01:30"},
	{LORDHOWE, 202610031530, "clocks go forward from 02:00 to 02:30"},
	{HAVANA, 202603080500, "clocks go forward from 00:00 to 01:00"},
	{HAVANA, 202611010500, "clocks go back from 01:00 to 00:00"},
};

static int64_t instant(int64_t digits)
{
	return utc((int)(digits / 100000000), (int)(digits / 1000000 % 100),
		   (int)(digits / 10000 % 100), (int)(digits / 100 % 100), (int)(digits % 100));
}

static void finds_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
		const struct zone *zone = zone_of(changes[i].zone);
		int64_t time = instant(changes[i].changed);
		struct dst_change change;
		char text[DST_TEXT_SIZE];

		assert_true(dst_next_change(zone, time - 86400, &change));
		assert_int_equal(change.time, time);
		assert_string_equal(dst_describe_change(&change, text), changes[i].text);
		/* It is later, always. */
		assert_true(dst_next_change(zone, time, &change));
		assert_true(change.time > time);
	}
	assert_false(dst_next_change(zone_utc(), 0, &(struct dst_change){0}));
}

static void a_skipped_day_has_dates(void **state)
{
	/* Samoa went over the date line at the end of 2011-12-29. */
	struct dst_change change = {utc(2011, 12, 30, 10, 0), -10 * 3600, 14 * 3600};
	char text[DST_TEXT_SIZE];

	(void)state;
	assert_string_equal(dst_describe_change(&change, text),
			    "clocks go forward from 2011-12-30 00:00 to 2011-12-31 00:00");
}

static const struct {
	const char *zone;
	const char *expr;
	enum dst_gap gap;
	enum dst_overlap overlap;
	int64_t after; /* the slot is the first later than that, YYYYMMDDhhmm, UTC */
	int64_t slot;
	enum dst_mark mark;
	const char *text;
} slots[] = {
	/* Forward. */
	{BERLIN, "30 2 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, 202603281200, 202603290100,
	 DST_SHIFTED, "stands for 02:30, which clocks skip"},
	{BERLIN, "*/20 2 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, 202603281200, 202603290100,
	 DST_SHIFTED, "stands for 02:00, which clocks skip"},
	{BERLIN, "30 2 * * *", DST_GAP_SKIP, DST_OVERLAP_FIRST, 202603281200, 202603300030,
	 DST_PLAIN, ""},
	{BERLIN, "0 3 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, 202603281200, 202603290100,
	 DST_PLAIN, ""},
	{BERLIN, "0 * * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, 202603290000, 202603290100,
	 DST_PLAIN, ""},
	{BERLIN, "30 1 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, 202603281200, 202603290030,
	 DST_PLAIN, ""},
	{HAVANA, "0 0 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, 202603071200, 202603080500,
	 DST_SHIFTED, "stands for 00:00, which clocks skip"},
	/* Back. */
	{BERLIN, "30 2 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, 202610241200, 202610250030,
	 DST_FIRST, "02:30 comes twice: the first time"},
	{BERLIN, "30 2 * * *", DST_GAP_SHIFT, DST_OVERLAP_LAST, 202610241200, 202610250130,
	 DST_SECOND, "02:30 comes twice: the second time"},
	{BERLIN, "30 * * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, 202610250030, 202610250130,
	 DST_SECOND, "02:30 comes twice: the second time"},
	{BERLIN, "0 2 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, 202610241200, 202610250000,
	 DST_FIRST, "02:00 comes twice: the first time"},
	{BERLIN, "0 3 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, 202610241200, 202610250200,
	 DST_PLAIN, ""},
	{BERLIN, "59 1 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, 202610241200, 202610242359,
	 DST_PLAIN, ""},
	{LORDHOWE, "45 1 * * *", DST_GAP_SHIFT, DST_OVERLAP_LAST, 202604041200, 202604041515,
	 DST_SECOND, "01:45 comes twice: the second time"},
	{LORDHOWE, "15 1 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, 202604041200, 202604041415,
	 DST_PLAIN, ""},
};

static void marks_slots(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(slots); i++) {
		struct cron_expr expr;
		struct cron cron = {
			.zone = zone_of(slots[i].zone),
			.gap = slots[i].gap,
			.overlap = slots[i].overlap,
			.n_exprs = 1,
			.exprs = &expr,
		};
		char problem[CRON_PROBLEM_SIZE];
		char text[DST_TEXT_SIZE];
		struct dst_slot seen;
		usec_t slot;

		assert_int_equal(cron_expr_parse(slots[i].expr, "", &expr, problem), 0);
		slot = cron_next(&cron, instant(slots[i].after) * USEC_PER_SEC);
		assert_int_equal(slot, instant(slots[i].slot) * USEC_PER_SEC);
		seen = dst_slot(&cron, slot);
		if (seen.mark != slots[i].mark)
			fail_msg("%zu, %s: %d", i, slots[i].expr, (int)seen.mark);
		assert_string_equal(dst_describe_slot(&seen, text), slots[i].text);
	}
}

static const struct {
	const char *expr;
	int64_t change;
	uint64_t n;
} touched[] = {
	{"30 2 * * *", 202603290100, 1},   {"*/15 * * * *", 202603290100, 4},
	{"0 2 * * *", 202603290100, 1},    {"0 3 * * *", 202603290100, 0},
	{"30 2 * * mon", 202603290100, 0}, {"30 2 * * *", 202610250100, 1},
	{"0 2 * * *", 202610250100, 1},    {"0 3 * * *", 202610250100, 0},
	{"* 2 * * *", 202610250100, 60},
};

static void counts_what_is_touched(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(touched); i++) {
		struct cron_expr expr;
		struct cron cron = {.zone = zone_of(BERLIN), .n_exprs = 1, .exprs = &expr};
		char problem[CRON_PROBLEM_SIZE];
		struct dst_change change;

		assert_int_equal(cron_expr_parse(touched[i].expr, "", &expr, problem), 0);
		assert_true(dst_next_change(cron.zone, instant(touched[i].change) - 1, &change));
		if (dst_count_touched(&cron, &change) != touched[i].n)
			fail_msg("%s", touched[i].expr);
	}
}

#define FORWARD 202603290100
#define BACK    202610250100

static const struct {
	const char *expr;
	enum dst_gap gap;
	enum dst_overlap overlap;
	int64_t change;
	const char *text;
} explained[] = {
	{"0 3 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, FORWARD, ""},
	{"30 2 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, FORWARD,
	 "02:30, which they skip, is due at 03:00; dst_gap = \"skip\" leaves it out"},
	{"*/15 2 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, FORWARD,
	 "02:00 and 3 more, which they skip, are due at 03:00, once; dst_gap = \"skip\" leaves "
	 "them "
	 "out"},
	{"30 2 * * *", DST_GAP_SKIP, DST_OVERLAP_FIRST, FORWARD,
	 "02:30, which they skip, is left out"},
	{"*/15 * * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, FORWARD,
	 "it goes on in elapsed time, and loses nothing"},
	{"0 3 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, BACK, ""},
	{"30 2 * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, BACK,
	 "02:30, which they show twice, is due the first time; dst_overlap = \"last\" or \"both\" "
	 "is otherwise"},
	{"30 2 * * *", DST_GAP_SHIFT, DST_OVERLAP_LAST, BACK,
	 "02:30, which they show twice, is due the second time; dst_overlap = \"first\" or "
	 "\"both\" "
	 "is otherwise"},
	{"30 2 * * *", DST_GAP_SHIFT, DST_OVERLAP_BOTH, BACK,
	 "02:30, which they show twice, is due both times"},
	{"*/20 * * * *", DST_GAP_SHIFT, DST_OVERLAP_FIRST, BACK,
	 "02:00 and 2 more, which they show twice, are due both times"},
};

static void explains_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(explained); i++) {
		struct cron_expr expr;
		struct cron cron = {
			.zone = zone_of(BERLIN),
			.gap = explained[i].gap,
			.overlap = explained[i].overlap,
			.n_exprs = 1,
			.exprs = &expr,
		};
		char problem[CRON_PROBLEM_SIZE];
		char text[DST_TEXT_SIZE];
		struct dst_change change;

		assert_int_equal(cron_expr_parse(explained[i].expr, "", &expr, problem), 0);
		assert_true(dst_next_change(cron.zone, instant(explained[i].change) - 1, &change));
		assert_string_equal(dst_explain_change(&cron, &change, text), explained[i].text);
	}
}

static int begin(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_changes),    cmocka_unit_test(a_skipped_day_has_dates),
		cmocka_unit_test(marks_slots),      cmocka_unit_test(counts_what_is_touched),
		cmocka_unit_test(explains_changes),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
