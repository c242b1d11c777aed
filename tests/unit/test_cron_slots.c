/* Holds: when cron expressions are due, on real dates: what daylight saving time does to them under
   each policy, which days they mean, and where their slots begin and end. */
#include "cron_fixture.h"
#include "zone_fixture.h"

#include "base/cleanup.h"
#include "calendar/schedule.h"

#define SLOTS_MAX 8

struct row {
	const char *zone;
	const char *exprs[3];
	enum dst_gap gap;
	enum dst_overlap overlap;
	const char *after; /* UTC */
	const char *slots[SLOTS_MAX];
};

#define SHIFT DST_GAP_SHIFT
#define SKIP  DST_GAP_SKIP
#define FIRST DST_OVERLAP_FIRST
#define LAST  DST_OVERLAP_LAST
#define BOTH  DST_OVERLAP_BOTH

static usec_t utc(const char *text)
{
	return zone_fixture_time(text, 0) * USEC_PER_SEC;
}

/* All slots of a row, forward and backward, and their number. */
static void check(const struct row *row)
{
	struct cron_expr exprs[3];
	struct cron cron = {.gap = row->gap, .overlap = row->overlap, .exprs = exprs};
	usec_t t = utc(row->after);
	struct arena arena;
	int n;

	arena_init(&arena);
	cron.zone = zone_fixture_get(&arena, row->zone);
	while (cron.n_exprs < 3 && row->exprs[cron.n_exprs]) {
		exprs[cron.n_exprs] = cron_fixture_parse(row->exprs[cron.n_exprs]);
		cron.n_exprs++;
	}
	for (n = 0; n < SLOTS_MAX && row->slots[n]; n++) {
		char wanted[CLOCK_TEXT_SIZE];
		char got[CLOCK_TEXT_SIZE];
		usec_t next = cron_next(&cron, t);

		(void)clock_format_utc(utc(row->slots[n]), 0, wanted);
		if (next != utc(row->slots[n]))
			fail_msg("%s in %s: %s and not %s", row->exprs[0], row->zone,
				 clock_format_utc(next, 0, got), wanted);
		assert_int_equal(cron_last(&cron, next), next);
		if (n > 0)
			assert_int_equal(cron_last(&cron, next - 1), t);
		t = next;
	}
	assert_int_equal(cron_count(&cron, utc(row->after), t), n);
	arena_done(&arena);
}

static void test_daylight_saving_time(void **state)
{
	/* clang-format off */
	static const struct row rows[] = {
		/* 02:00 becomes 03:00. */
		{"Europe/Berlin", {"30 2 * * *"}, SHIFT, FIRST, "2026-03-28 00:00",
		 {"2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"}},
		{"Europe/Berlin", {"30 2 * * *"}, SKIP, FIRST, "2026-03-28 00:00",
		 {"2026-03-28 01:30", "2026-03-30 00:30"}},
		{"Europe/Berlin", {"30 2 29 3 *"}, SKIP, FIRST, "2026-01-01 00:00",
		 {"2027-03-29 00:30"}},
		/* One slot for all that the gap swallows. */
		{"Europe/Berlin", {"*/20 2 * * *"}, SHIFT, FIRST, "2026-03-29 00:00",
		 {"2026-03-29 01:00", "2026-03-30 00:00", "2026-03-30 00:20"}},
		{"Europe/Berlin", {"30 2 * * *", "45 2 * * *", "0 3 * * *"}, SHIFT, FIRST,
		 "2026-03-29 00:00", {"2026-03-29 01:00", "2026-03-30 00:30"}},
		{"Europe/Berlin", {"0 3 * * *"}, SHIFT, FIRST, "2026-03-29 00:00",
		 {"2026-03-29 01:00", "2026-03-30 01:00"}},
		{"Europe/Berlin", {"0 1-4 * * *"}, SHIFT, FIRST, "2026-03-29 00:00",
		 {"2026-03-29 01:00", "2026-03-29 02:00", "2026-03-29 23:00"}},
		{"Europe/Berlin", {"15 1-4 * * *"}, SHIFT, FIRST, "2026-03-29 00:00",
		 {"2026-03-29 00:15", "2026-03-29 01:00", "2026-03-29 01:15", "2026-03-29 02:15"}},
		/* The hour is open: elapsed time. */
		{"Europe/Berlin", {"30 * * * *"}, SHIFT, FIRST, "2026-03-29 00:00",
		 {"2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 02:30"}},
		{"Europe/Berlin", {"*/30 * * * *"}, SKIP, FIRST, "2026-03-29 00:00",
		 {"2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 01:30"}},
		{"Europe/Berlin", {"0 */2 * * *"}, SHIFT, FIRST, "2026-03-28 22:00",
		 {"2026-03-28 23:00", "2026-03-29 01:00", "2026-03-29 02:00"}},
		{"Europe/Berlin", {"0 */2 * * *"}, SKIP, FIRST, "2026-03-28 22:00",
		 {"2026-03-28 23:00", "2026-03-29 02:00", "2026-03-29 04:00"}},
		/* 03:00 becomes 02:00. */
		{"Europe/Berlin", {"30 2 * * *"}, SHIFT, FIRST, "2026-10-24 12:00",
		 {"2026-10-25 00:30", "2026-10-26 01:30"}},
		{"Europe/Berlin", {"30 2 * * *"}, SHIFT, LAST, "2026-10-24 12:00",
		 {"2026-10-25 01:30", "2026-10-26 01:30"}},
		{"Europe/Berlin", {"30 2 * * *"}, SHIFT, BOTH, "2026-10-24 12:00",
		 {"2026-10-25 00:30", "2026-10-25 01:30", "2026-10-26 01:30"}},
		{"Europe/Berlin", {"0 2 * * *"}, SHIFT, LAST, "2026-10-24 12:00",
		 {"2026-10-25 01:00", "2026-10-26 01:00"}},
		{"Europe/Berlin", {"0 3 * * *"}, SHIFT, FIRST, "2026-10-24 12:00",
		 {"2026-10-25 02:00", "2026-10-26 02:00"}},
		{"Europe/Berlin", {"0,30 1-3 * * *"}, SHIFT, LAST, "2026-10-24 12:00",
		 {"2026-10-24 23:00", "2026-10-24 23:30", "2026-10-25 01:00", "2026-10-25 01:30",
		  "2026-10-25 02:00", "2026-10-25 02:30", "2026-10-26 00:00"}},
		{"Europe/Berlin", {"*/20 2 * * *"}, SHIFT, FIRST, "2026-10-24 12:00",
		 {"2026-10-25 00:00", "2026-10-25 00:20", "2026-10-25 00:40", "2026-10-25 01:00",
		  "2026-10-25 01:20", "2026-10-25 01:40", "2026-10-26 01:00"}},
		{"Europe/Berlin", {"30 * * * *"}, SHIFT, FIRST, "2026-10-24 23:45",
		 {"2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"}},
		{"Europe/Berlin", {"30 2 * * *", "0 * * * *"}, SHIFT, LAST, "2026-10-24 23:45",
		 {"2026-10-25 00:00", "2026-10-25 01:00", "2026-10-25 01:30", "2026-10-25 02:00"}},
		{"America/New_York", {"30 2 * * *"}, SHIFT, FIRST, "2026-03-07 12:00",
		 {"2026-03-08 07:00", "2026-03-09 06:30"}},
		{"America/New_York", {"30 1 * * *"}, SHIFT, FIRST, "2026-10-31 12:00",
		 {"2026-11-01 05:30", "2026-11-02 06:30"}},
		{"America/New_York", {"30 1 * * *"}, SHIFT, LAST, "2026-10-31 12:00",
		 {"2026-11-01 06:30", "2026-11-02 06:30"}},
		/* Half an hour. */
		{"Australia/Lord_Howe", {"15 2 * * *"}, SHIFT, FIRST, "2026-10-03 00:00",
		 {"2026-10-03 15:30", "2026-10-04 15:15"}},
		{"Australia/Lord_Howe", {"15 2 * * *"}, SKIP, FIRST, "2026-10-03 00:00",
		 {"2026-10-04 15:15"}},
		{"Australia/Lord_Howe", {"45 1 * * *"}, SHIFT, FIRST, "2026-04-04 00:00",
		 {"2026-04-04 14:45", "2026-04-05 15:15"}},
		{"Australia/Lord_Howe", {"45 1 * * *"}, SHIFT, BOTH, "2026-04-04 00:00",
		 {"2026-04-04 14:45", "2026-04-04 15:15", "2026-04-05 15:15"}},
		{"Australia/Lord_Howe", {"0 * * * *"}, SHIFT, FIRST, "2026-04-04 13:30",
		 {"2026-04-04 14:00", "2026-04-04 15:30", "2026-04-04 16:30"}},
		/* Two hours. */
		{"Antarctica/Troll", {"30 1,2 * * *"}, SHIFT, FIRST, "2026-03-29 00:00",
		 {"2026-03-29 01:00", "2026-03-29 23:30", "2026-03-30 00:30"}},
		/* A day: there was no 30 December 2011. */
		{"Pacific/Apia", {"0 12 * * *"}, SHIFT, FIRST, "2011-12-29 12:00",
		 {"2011-12-29 22:00", "2011-12-30 10:00", "2011-12-30 22:00"}},
		{"Pacific/Apia", {"0 12 * * *"}, SKIP, FIRST, "2011-12-29 12:00",
		 {"2011-12-29 22:00", "2011-12-30 22:00"}},
		{"Pacific/Apia", {"0 12 30 * *"}, SHIFT, FIRST, "2011-12-29 12:00",
		 {"2011-12-30 10:00", "2012-01-29 22:00"}},
		{"Pacific/Apia", {"0 0 * * *"}, SHIFT, FIRST, "2011-12-29 00:00",
		 {"2011-12-29 10:00", "2011-12-30 10:00", "2011-12-31 10:00"}},
		{"Pacific/Apia", {"0 0 * * fri"}, SHIFT, FIRST, "2011-12-29 00:00",
		 {"2011-12-30 10:00", "2012-01-05 10:00"}},
		{"Pacific/Apia", {"0 * * * *"}, SHIFT, FIRST, "2011-12-30 08:30",
		 {"2011-12-30 09:00", "2011-12-30 10:00", "2011-12-30 11:00"}},
		/* At midnight: the day begins at 01:00, and 23:00 comes again. */
		{"America/Sao_Paulo", {"0 0 * * *"}, SHIFT, FIRST, "2018-11-03 00:00",
		 {"2018-11-03 03:00", "2018-11-04 03:00", "2018-11-05 02:00"}},
		{"America/Sao_Paulo", {"0 0 * * *"}, SKIP, FIRST, "2018-11-03 00:00",
		 {"2018-11-03 03:00", "2018-11-05 02:00"}},
		{"America/Sao_Paulo", {"0 0 4 * *"}, SHIFT, FIRST, "2018-11-03 00:00",
		 {"2018-11-04 03:00", "2018-12-04 02:00"}},
		{"America/Sao_Paulo", {"30 23 17 * *"}, SHIFT, FIRST, "2018-02-01 00:00",
		 {"2018-02-18 01:30", "2018-03-18 02:30"}},
		{"America/Sao_Paulo", {"30 23 17 * *"}, SHIFT, LAST, "2018-02-01 00:00",
		 {"2018-02-18 02:30", "2018-03-18 02:30"}},
		/* Daylight saving time is the other way around: less in Ramadan, less in winter. */
		{"Africa/Casablanca", {"30 2 * * *"}, SHIFT, FIRST, "2026-02-14 12:00",
		 {"2026-02-15 01:30", "2026-02-16 02:30"}},
		{"Africa/Casablanca", {"30 2 * * *"}, SHIFT, FIRST, "2026-03-21 12:00",
		 {"2026-03-22 02:00", "2026-03-23 01:30"}},
		{"Europe/Dublin", {"30 1 * * *"}, SHIFT, LAST, "2026-10-24 12:00",
		 {"2026-10-25 01:30", "2026-10-26 01:30"}},
		/* Not by whole minutes; not by daylight saving time. */
		{"Africa/Monrovia", {"30 0 * * *"}, SHIFT, FIRST, "1972-01-06 00:00",
		 {"1972-01-06 01:14:30", "1972-01-07 00:44:30", "1972-01-08 00:30"}},
		{"Africa/Monrovia", {"* * * * *"}, SHIFT, FIRST, "1972-01-07 00:43",
		 {"1972-01-07 00:43:30", "1972-01-07 00:45"}},
		{"Asia/Kathmandu", {"10 0 1 1 *"}, SHIFT, FIRST, "1985-06-01 00:00",
		 {"1985-12-31 18:30", "1986-12-31 18:25"}},
		/* Long after all that tzdata writes out. */
		{"Europe/Berlin", {"30 2 * * 0"}, SHIFT, FIRST, "2450-03-20 00:00",
		 {"2450-03-20 01:30", "2450-03-27 01:00", "2450-04-03 00:30"}},
		/* It has none. */
		{"UTC", {"30 2 * * *"}, SHIFT, FIRST, "2026-03-28 12:00",
		 {"2026-03-29 02:30", "2026-03-30 02:30"}},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check(&rows[i]);
}

static void test_days(void **state)
{
#define DAYS(text, from, ...)                                                                      \
	{                                                                                          \
		"UTC", {text}, SHIFT, FIRST, from,                                                 \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
	/* clang-format off */
	static const struct row rows[] = {
		DAYS("0 0 29 2 *", "2026-01-01", "2028-02-29", "2032-02-29"),
		DAYS("0 0 29 2 *", "2096-03-01", "2104-02-29"),
		DAYS("0 0 29 2 *", "1896-03-01", "1904-02-29"),
		DAYS("0 0 29 2 *", "1996-03-01", "2000-02-29"),
		DAYS("0 0 ? 2 1#5", "2026-01-01", "2044-02-29", "2072-02-29", "2112-02-29"),
		DAYS("0 0 31 * *", "2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31",
		     "2026-08-31", "2026-10-31", "2026-12-31", "2027-01-31"),
		DAYS("0 0 L * *", "2027-12-01", "2027-12-31", "2028-01-31", "2028-02-29"),
		DAYS("0 0 L-3 * *", "2027-01-31", "2027-02-25", "2027-03-28", "2027-04-27"),
		DAYS("0 0 L-30 * *", "2026-01-01", "2026-03-01", "2026-05-01", "2026-07-01"),
		/* 15 August 2026 is a Saturday, 15 November a Sunday. */
		DAYS("0 0 15W * *", "2026-08-01", "2026-08-14", "2026-09-15", "2026-10-15",
		     "2026-11-16"),
		/* Not into another month: 1 August a Saturday, 1 November a Sunday, 31 May a Sunday. */
		DAYS("0 0 1W * *", "2026-07-31", "2026-08-03", "2026-09-01", "2026-10-01",
		     "2026-11-02"),
		DAYS("0 0 31W * *", "2026-04-01", "2026-05-29", "2026-07-31", "2026-08-31"),
		DAYS("0 0 LW * *", "2026-01-01", "2026-01-30", "2026-02-27", "2026-03-31",
		     "2026-04-30", "2026-05-29"),
		DAYS("0 0 * * 5#2", "2026-11-01", "2026-11-13", "2026-12-11"),
		DAYS("0 0 * * 5#5", "2026-01-01", "2026-01-30", "2026-05-29", "2026-07-31"),
		DAYS("0 0 * * friL", "2026-11-01", "2026-11-27", "2026-12-25"),
		DAYS("0 0 * * 7", "2026-11-21", "2026-11-22", "2026-11-29"),
		/* Either day will do, ... */
		DAYS("0 0 13 * 5", "2026-11-05", "2026-11-06", "2026-11-13", "2026-11-20",
		     "2026-11-27", "2026-12-04", "2026-12-11", "2026-12-13"),
		/* ... unless one of the fields begins with a star: then both must match. */
		DAYS("0 0 */10 * 5", "2026-01-01", "2026-05-01", "2026-07-31", "2026-08-21",
		     "2026-09-11"),
		DAYS("0 0 13 * */5", "2026-01-01", "2026-02-13", "2026-03-13", "2026-09-13",
		     "2026-11-13", "2026-12-13"),
		DAYS("0 0 ? * 5", "2026-11-05", "2026-11-06", "2026-11-13"),
		DAYS("0 0 1,L * 1#1", "2026-11-01", "2026-11-02", "2026-11-30", "2026-12-01",
		     "2026-12-07", "2026-12-31"),
		DAYS("0 0 1 nov-feb *", "2026-10-01", "2026-11-01", "2026-12-01", "2027-01-01",
		     "2027-02-01", "2027-11-01"),
		DAYS("0 22-1 * * fri", "2026-11-20 12:00", "2026-11-20 22:00", "2026-11-20 23:00",
		     "2026-11-27 00:00", "2026-11-27 01:00", "2026-11-27 22:00"),
		/* Seconds. */
		DAYS("*/20 59 23 31 12 *", "2026-01-01", "2026-12-31 23:59:00",
		     "2026-12-31 23:59:20", "2026-12-31 23:59:40", "2027-12-31 23:59:00"),
		/* The calendar before it was in force. */
		DAYS("0 0 29 2 *", "0001-01-01", "0004-02-29"),
	};
	/* clang-format on */
#undef DAYS

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check(&rows[i]);
}

static void test_slots_end_with_the_years(void **state)
{
	static const char *const texts[] = {"* * * * * *", "0 0 1 1 *", "0 0 29 2 *", "30 2 * * 0"};
	static const char *const zones[] = {"UTC", "Europe/Berlin", "Pacific/Apia",
					    "America/New_York"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts) * ARRAY_LENGTH(zones); i++) {
		struct cron_expr expr = cron_fixture_parse(texts[i / ARRAY_LENGTH(zones)]);
		struct cron cron = {.n_exprs = 1, .exprs = &expr};
		struct arena arena;
		usec_t first;
		usec_t last;

		arena_init(&arena);
		cron.zone = zone_fixture_get(&arena, zones[i % ARRAY_LENGTH(zones)]);
		first = cron_next(&cron, INT64_MIN);
		last = cron_last(&cron, INT64_MAX);
		assert_in_range(first - utc("0001-01-01") + 2 * USEC_PER_DAY, 0,
				5 * 366 * USEC_PER_DAY);
		assert_in_range(utc("9999-12-31") + 2 * USEC_PER_DAY - last, 0,
				5 * 366 * USEC_PER_DAY);
		assert_int_equal(cron_next(&cron, last), USEC_INFINITY);
		assert_int_equal(cron_next(&cron, INT64_MAX), USEC_INFINITY);
		assert_int_equal(cron_last(&cron, first - 1), USEC_INFINITY);
		assert_int_equal(cron_last(&cron, INT64_MIN), USEC_INFINITY);
		assert_int_equal(cron_count(&cron, INT64_MIN, first - 1), 0);
		assert_int_equal(cron_count(&cron, last, INT64_MAX), 0);
		assert_int_equal(cron_count(&cron, INT64_MIN, INT64_MAX),
				 cron_count(&cron, first - 1, 0) + cron_count(&cron, 0, last));
		arena_done(&arena);
	}
}

/* Days of the Gregorian calendar, and what comes on each. */
static void test_slots_of_all_years_are_counted(void **state)
{
	static const struct {
		const char *text;
		uint64_t count;
	} rows[] = {
		{"0 0 * * *", 3652059},
		{"* * * * *", UINT64_C(3652059) * 1440},
		{"* * * * * *", UINT64_C(3652059) * 86400},
		{"0 0 29 2 *", 2424},
		{"0 0 1 1 *", 9999},
		{"*/7 9-17 1 * *", UINT64_C(9999) * 12 * 9 * 9},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct cron_expr expr = cron_fixture_parse(rows[i].text);
		struct cron cron = {.zone = zone_utc(), .n_exprs = 1, .exprs = &expr};

		assert_int_equal(cron_count(&cron, INT64_MIN, INT64_MAX), rows[i].count);
	}
}

/* What several expressions have in common counts once, however many there are. */
static void test_many_expressions_are_one_set(void **state)
{
	struct cron_expr exprs[CRON_EXPRS_MAX];
	struct cron cron = {.zone = zone_utc(), .n_exprs = CRON_EXPRS_MAX, .exprs = exprs};
	usec_t from = utc("2026-01-01");
	usec_t t = from;
	uint64_t n = 0;

	(void)state;
	for (int i = 0; i < CRON_EXPRS_MAX; i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "%d-%d %d %d-%d * *", i % 7, i % 7 + 20, i % 4,
			       i % 28 + 1, i % 28 + 4);
		exprs[i] = cron_fixture_parse(text);
	}
	while ((t = cron_next(&cron, t)) <= utc("2026-04-01 00:10")) {
		n++;
		assert_int_equal(cron_count(&cron, from, t), n);
	}
	assert_in_range(n, 1000, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_daylight_saving_time),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_slots_end_with_the_years),
		cmocka_unit_test(test_slots_of_all_years_are_counted),
		cmocka_unit_test(test_many_expressions_are_one_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
