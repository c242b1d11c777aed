/* Holds: local time in zones of tzdata, of POSIX strings and of files made by hand; that segments
   join without a gap for as long as time has numbers; and the way back from local time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "calendar/civil.h"
#include "calendar/zone.h"
#include "tzif_fixture.h"

#include <errno.h>
#include <stdio.h>

#define HOUR 3600
#define FAR  (INT64_C(1) << 59)

static const char berlin[] = "CET-1CEST,M3.5.0,M10.5.0/3";

static int setup(void **state)
{
	static struct arena arena;

	arena_init(&arena);
	*state = &arena;
	return 0;
}

static int teardown(void **state)
{
	arena_done(*state);
	return 0;
}

/* From the machine's tzdata; skips the test where there is none. What it says of the past does not
   change. */
static const struct zone *installed(struct arena *arena, const char *name)
{
	const struct zone *zone = NULL;
	const char *problem;
	uint8_t bytes[FIXTURE_SIZE * 4];
	char path[200];
	size_t size;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	file = fopen(path, "re");
	if (!file) {
		print_message("%s is not there\n", path);
		skip();
	}
	size = fread(bytes, 1, sizeof(bytes), file);
	(void)fclose(file);
	assert_int_equal(zone_parse(arena, name, bytes, size, &zone, &problem), 0);
	assert_string_equal(zone_name(zone), name);
	return zone;
}

static const struct zone *posix(struct arena *arena, const char *text)
{
	const struct zone *zone = NULL;

	assert_int_equal(zone_parse_posix(arena, text, text, &zone), 0);
	assert_string_equal(zone_name(zone), text);
	return zone;
}

static const struct zone *made(struct arena *arena, const struct fixture *fixture)
{
	const struct zone *zone = NULL;
	struct fixture_file file;
	const char *problem;

	fixture_write(fixture, &file);
	assert_int_equal(zone_parse(arena, "made", file.bytes, file.size, &zone, &problem), 0);
	return zone;
}

static int64_t at(int64_t year, int month, int day, int hour, int minute)
{
	struct civil civil = {
		.year = year, .month = month, .day = day, .hour = hour, .minute = minute};

	return civil_seconds(&civil);
}

static void test_local_time_changes_when_it_did(void **state)
{
	static const struct {
		const char *zone;
		int64_t time; /* the first second of the new local time */
		int32_t before;
		int32_t after;
		bool dst;
		const char *abbreviation;
	} rows[] = {
		{"Europe/Berlin", -2422054408, 3208, HOUR, false, "CET"}, /* local mean time ends */
		{"Europe/Berlin", 1743296400, HOUR, 2 * HOUR, true, "CEST"},
		{"Europe/Berlin", 1761440400, 2 * HOUR, HOUR, false, "CET"},
		{"America/New_York", 1741503600, -5 * HOUR, -4 * HOUR, true, "EDT"},
		{"Australia/Lord_Howe", 1743865200, 11 * HOUR, 10 * HOUR + 1800, false, "+1030"},
		{"Pacific/Apia", 1325239200, -10 * HOUR, 14 * HOUR, true,
		 "+14"}, /* a day is lost */
		{"Africa/Casablanca", 1740276000, HOUR, 0, true, "+00"},
		{"Africa/El_Aaiun", 1740276000, HOUR, 0, true, "+00"},
		{"Europe/Dublin", 1729990800, HOUR, 0, true, "GMT"}, /* standard time is summer's */
		{"Antarctica/Troll", 1743296400, 0, 2 * HOUR, true, "+02"},
		{"Asia/Gaza", 1682726400, 2 * HOUR, 3 * HOUR, true, "EEST"},
		{"Asia/Kathmandu", 504901800, 19800, 20700, false, "+0545"},
		{"Africa/Monrovia", 63593070, -2670, 0, false, "GMT"},
		{"America/Sao_Paulo", 1541300400, -3 * HOUR, -2 * HOUR, true, "-02"}, /* at 00:00 */
		{"Pacific/Kwajalein", 745934400, -12 * HOUR, 12 * HOUR, false, "+12"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const struct zone *zone = installed(*state, rows[i].zone);
		struct zone_segment after = zone_segment(zone, rows[i].time);
		struct zone_segment before = zone_segment(zone, rows[i].time - 1);

		assert_int_equal(before.offset, rows[i].before);
		assert_int_equal(before.end, rows[i].time);
		assert_int_equal(after.begin, rows[i].time);
		assert_int_equal(after.offset, rows[i].after);
		assert_int_equal(after.dst, rows[i].dst);
		assert_string_equal(after.abbreviation, rows[i].abbreviation);
	}
}

static void test_rules_hold_for_ever(void **state)
{
	const struct zone *zone = posix(*state, berlin);
	static const struct {
		int64_t year;
		int begin; /* the day in March */
		int end;   /* in October */
	} rows[] = {
		{1600, 26, 29}, {1970, 29, 25},   {2026, 29, 25},         {2500, 28, 31},
		{-1, 28, 31},   {100000, 26, 29}, {100000002026, 29, 25},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int64_t begin = at(rows[i].year, 3, rows[i].begin, 1, 0);
		int64_t end = at(rows[i].year, 10, rows[i].end, 1, 0);
		struct zone_segment summer = zone_segment(zone, begin);
		struct zone_segment winter = zone_segment(zone, end);

		assert_int_equal(summer.begin, begin);
		assert_int_equal(summer.end, end);
		assert_int_equal(summer.offset, 2 * HOUR);
		assert_true(summer.dst);
		assert_string_equal(summer.abbreviation, "CEST");
		assert_int_equal(winter.begin, end);
		assert_int_equal(winter.offset, HOUR);
		assert_false(winter.dst);
		assert_string_equal(winter.abbreviation, "CET");
		assert_int_equal(zone_segment(zone, begin - 1).end, begin);
		assert_int_equal(zone_segment(zone, begin - 1).offset, HOUR);
	}
}

/* Segments around a time, some thousand to either side, and at random. */
static void check_joints(const struct zone *zone, int64_t time)
{
	struct zone_segment first = zone_segment(zone, time);
	struct zone_segment segment = first;

	for (int i = 0; i < 2000 && segment.end != INT64_MAX; i++) {
		struct zone_segment next = zone_segment(zone, segment.end);

		assert_true(segment.begin < segment.end);
		assert_int_equal(next.begin, segment.end);
		assert_int_equal(zone_segment(zone, segment.end - 1).begin, segment.begin);
		segment = next;
	}
	segment = first;
	for (int i = 0; i < 2000 && segment.begin != INT64_MIN; i++) {
		struct zone_segment before = zone_segment(zone, segment.begin - 1);

		assert_int_equal(before.end, segment.begin);
		segment = before;
	}
}

static void test_segments_join_for_as_long_as_time_has_numbers(void **state)
{
	static const char *const names[] = {
		"Europe/Berlin",   "Europe/Dublin", "Africa/Casablanca", "Australia/Lord_Howe",
		"America/Caracas", "Asia/Gaza",     "Pacific/Apia",      "UTC",
	};
	const int64_t times[] = {
		INT64_MIN,
		INT64_MIN + 1,
		-FAR,
		-1,
		0,
		at(2037, 12, 31, 0, 0),
		at(2437, 12, 31, 0, 0),
		at(9999, 1, 1, 0, 0),
		FAR,
		INT64_MAX - 1,
		INT64_MAX,
	};

	for (size_t n = 0; n < ARRAY_LENGTH(names); n++)
		for (size_t i = 0; i < ARRAY_LENGTH(times); i++)
			check_joints(installed(*state, names[n]), times[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
		check_joints(posix(*state, berlin), times[i]);
		check_joints(posix(*state, "AAA-11BBB,J100/-167,J200/167"), times[i]);
		check_joints(posix(*state, "AAA-5"), times[i]);
		check_joints(zone_utc(), times[i]);
	}
}

static void test_utc(void **state)
{
	struct zone_segment segment = zone_segment(zone_utc(), 1234567890);

	(void)state;
	assert_string_equal(zone_name(zone_utc()), "UTC");
	assert_int_equal(segment.begin, INT64_MIN);
	assert_int_equal(segment.end, INT64_MAX);
	assert_int_equal(segment.offset, 0);
	assert_false(segment.dst);
	assert_string_equal(segment.abbreviation, "UTC");
	assert_int_equal(zone_time(zone_utc(), 1234567890), 1234567890);
}

static void test_local_time_is_led_back_to_its_first_time(void **state)
{
	static const struct {
		const char *zone;
		int local[5];
		int utc[5];
	} rows[] = {
		{"Europe/Berlin", {2025, 1, 1, 0, 0}, {2024, 12, 31, 23, 0}},
		{"Europe/Berlin", {2025, 3, 30, 1, 59}, {2025, 3, 30, 0, 59}},
		{"Europe/Berlin", {2025, 3, 30, 2, 0}, {2025, 3, 30, 1, 0}}, /* a gap: its end */
		{"Europe/Berlin", {2025, 3, 30, 2, 59}, {2025, 3, 30, 1, 0}},
		{"Europe/Berlin", {2025, 3, 30, 3, 0}, {2025, 3, 30, 1, 0}},
		{"Europe/Berlin", {2025, 3, 30, 3, 1}, {2025, 3, 30, 1, 1}},
		{"Europe/Berlin", {2025, 10, 26, 2, 0}, {2025, 10, 26, 0, 0}}, /* shown twice */
		{"Europe/Berlin", {2025, 10, 26, 2, 59}, {2025, 10, 26, 0, 59}},
		{"Europe/Berlin", {2025, 10, 26, 3, 0}, {2025, 10, 26, 2, 0}},
		{"America/New_York", {2025, 11, 2, 1, 30}, {2025, 11, 2, 5, 30}},
		{"Australia/Lord_Howe", {2025, 4, 6, 1, 30}, {2025, 4, 5, 14, 30}},
		{"Australia/Lord_Howe", {2024, 10, 6, 2, 15}, {2024, 10, 5, 15, 30}},
		{"Pacific/Apia", {2011, 12, 29, 23, 59}, {2011, 12, 30, 9, 59}},
		{"Pacific/Apia", {2011, 12, 30, 0, 0}, {2011, 12, 30, 10, 0}},
		{"Pacific/Apia", {2011, 12, 30, 12, 0}, {2011, 12, 30, 10, 0}},
		{"Pacific/Apia", {2011, 12, 31, 0, 0}, {2011, 12, 30, 10, 0}},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const int *l = rows[i].local;
		const int *u = rows[i].utc;

		assert_int_equal(zone_time(installed(*state, rows[i].zone),
					   at(l[0], l[1], l[2], l[3], l[4])),
				 at(u[0], u[1], u[2], u[3], u[4]));
	}
}

static void test_the_way_back_saturates(void **state)
{
	const struct zone *east = posix(*state, "AAA-12");
	const struct zone *west = posix(*state, "AAA12");
	const struct zone *both = posix(*state, berlin);

	assert_int_equal(zone_time(east, INT64_MIN), INT64_MIN);
	assert_int_equal(zone_time(west, INT64_MAX), INT64_MAX);
	assert_int_equal(zone_time(both, INT64_MIN), INT64_MIN);
	assert_true(zone_time(both, INT64_MAX) >= INT64_MAX - 2 * HOUR);
	assert_int_equal(zone_time(west, INT64_MIN), INT64_MIN + 12 * HOUR);
	assert_int_equal(zone_time(east, INT64_MAX), INT64_MAX - 12 * HOUR);
}

/* Four changes within hours: what is skipped at first is shown after all, and what is shown again
   was shown first. Every local time is held against a search second by second. */
static void test_changes_that_crowd_are_all_looked_at(void **state)
{
	static const int64_t times[] = {0, 600, 1200, 1800, 100000};
	static const uint8_t type_of[] = {1, 0, 2, 1, 0};
	static const struct fixture_type types[] = {
		{0, false, 0}, {3600, true, 0}, {-3000, true, 0}};
	static const struct fixture fixture = {
		.n_times = ARRAY_LENGTH(times),
		.times = times,
		.type_of = type_of,
		.n_types = ARRAY_LENGTH(types),
		.types = types,
		.names_size = 4,
		.names = "AAA",
	};
	const struct zone *zone = made(*state, &fixture);

	for (int64_t local = -4000; local < 8000; local += 100) {
		int64_t gap = INT64_MAX;
		int64_t first = INT64_MAX;

		for (int64_t t = -8000; t < 12000 && first == INT64_MAX; t += 100) {
			int64_t shown = t + zone_segment(zone, t).offset;

			if (shown == local)
				first = t;
			/* The clock is put beyond it, from before it. */
			else if (shown > local && gap == INT64_MAX &&
				 t - 1 + zone_segment(zone, t - 1).offset < local)
				gap = t;
		}
		assert_int_equal(zone_time(zone, local), first != INT64_MAX ? first : gap);
	}
}

static const int64_t made_times[] = {1000, 2000};
static const uint8_t made_type_of[] = {2, 1};
static const struct fixture_type made_types[] = {
	{7200, true, 4}, {3600, false, 0}, {7200, true, 4}};

static struct fixture made_fixture(char version, const char *footer)
{
	return (struct fixture){
		.version = version,
		.n_times = ARRAY_LENGTH(made_times),
		.times = made_times,
		.type_of = made_type_of,
		.n_types = ARRAY_LENGTH(made_types),
		.types = made_types,
		.names_size = 8,
		.names = "CET\0DST",
		.footer = footer,
	};
}

static void test_before_the_first_change_it_is_not_summer(void **state)
{
	static const char versions[] = {'\0', '2', '3', '4'};

	for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
		struct fixture fixture = made_fixture(versions[i], "");
		const struct zone *zone = made(*state, &fixture);
		struct zone_segment segment = zone_segment(zone, 999);

		assert_int_equal(segment.begin, INT64_MIN);
		assert_int_equal(segment.end, 1000);
		assert_int_equal(segment.offset, 3600);
		assert_string_equal(segment.abbreviation, "CET");
		assert_string_equal(zone_segment(zone, 1000).abbreviation, "DST");
		/* Without a footer the last goes on. */
		assert_int_equal(zone_segment(zone, 2000).begin, 2000);
		assert_int_equal(zone_segment(zone, 2000).end, INT64_MAX);
	}
}

static void test_without_changes_the_footer_says_all(void **state)
{
	struct fixture fixture = made_fixture('2', berlin);
	const struct zone *zone;

	fixture.n_times = 0;
	zone = made(*state, &fixture);
	assert_true(zone_equal(zone, posix(*state, berlin)));
	assert_int_equal(zone_segment(zone, at(1500, 7, 1, 0, 0)).offset, 2 * HOUR);

	/* Or else the first type. */
	fixture.footer = "";
	fixture.types = &made_types[1];
	fixture.n_types = 1;
	zone = made(*state, &fixture);
	assert_int_equal(zone_segment(zone, 0).offset, HOUR);
	assert_int_equal(zone_segment(zone, 0).begin, INT64_MIN);
	assert_int_equal(zone_segment(zone, 0).end, INT64_MAX);
}

static void test_the_footer_counts_from_the_last_change_on(void **state)
{
	struct fixture fixture = made_fixture('3', "EET-2");
	const struct zone *zone = made(*state, &fixture);

	assert_string_equal(zone_segment(zone, 1999).abbreviation, "DST");
	assert_string_equal(zone_segment(zone, 2000).abbreviation, "EET");
	assert_int_equal(zone_segment(zone, 2000).begin, 2000);
	assert_int_equal(zone_segment(zone, 2000).end, INT64_MAX);
}

static void test_changes_of_nothing_are_none(void **state)
{
	static const uint8_t same[] = {1, 1};
	struct fixture fixture = made_fixture('2', "CET-1");
	const struct zone *zone;

	fixture.type_of = same;
	zone = made(*state, &fixture);
	assert_int_equal(zone_segment(zone, 1500).begin, INT64_MIN);
	assert_int_equal(zone_segment(zone, 1500).end, INT64_MAX);
}

static void test_what_is_damaged_makes_no_zone(void **state)
{
	static const char *const footers[] = {"CET", "CET-1CEST,M3.5.0", ":Europe/Berlin", " "};
	const struct zone *zone = zone_utc();

	for (size_t i = 0; i < ARRAY_LENGTH(footers); i++) {
		struct fixture fixture = made_fixture('2', footers[i]);
		const char *problem = NULL;
		struct fixture_file file;

		fixture_write(&fixture, &file);
		assert_int_equal(zone_parse(*state, "x", file.bytes, file.size, &zone, &problem),
				 -EINVAL);
		assert_string_equal(problem, "is damaged");
		assert_int_equal(zone_parse_posix(*state, "x", footers[i], &zone), -EINVAL);
	}
	assert_ptr_equal(zone, zone_utc());
}

static void test_zones_are_equal_if_their_clocks_are(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		bool equal;
	} rows[] = {
		{"UTC0", "GMT0", true},
		{"UTC0", "CET-1", false},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "MEZ-1MESZ,M3.5.0/2,M10.5.0/3", true},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "CET-1CEST,M3.5.0,M10.4.0/3", false},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "CET-1CEST-3,M3.5.0,M10.5.0/4", false},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "CET-1", false},
		/* What is called standard time does not matter. */
		{"IST-1GMT0,M10.5.0,M3.5.0/1", "GMT0IST,M3.5.0/1,M10.5.0", true},
		{"AAA3BBB,0/0,J365/25", "BBB2", true},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const struct zone *a = posix(*state, rows[i].a);
		const struct zone *b = posix(*state, rows[i].b);

		assert_true(zone_equal(a, a));
		assert_int_equal(zone_equal(a, b), rows[i].equal);
		assert_int_equal(zone_equal(b, a), rows[i].equal);
	}
	assert_true(zone_equal(zone_utc(), posix(*state, "UTC0")));
}

static void test_names_do_not_tell_zones_apart(void **state)
{
	static const uint8_t renamed[] = {2, 3};
	struct fixture_type types[] = {
		made_types[0], made_types[1], made_types[2], {3600, false, 4}};
	struct fixture fixture = made_fixture('2', "");
	const struct zone *zone = made(*state, &fixture);

	fixture.types = types;
	fixture.n_types = ARRAY_LENGTH(types);
	fixture.type_of = renamed;
	assert_true(zone_equal(zone, made(*state, &fixture)));
	types[3].offset++;
	assert_false(zone_equal(zone, made(*state, &fixture)));
	fixture.n_times = 1;
	assert_false(zone_equal(zone, made(*state, &fixture)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_local_time_changes_when_it_did),
		TEST(test_rules_hold_for_ever),
		TEST(test_segments_join_for_as_long_as_time_has_numbers),
		TEST(test_utc),
		TEST(test_local_time_is_led_back_to_its_first_time),
		TEST(test_the_way_back_saturates),
		TEST(test_changes_that_crowd_are_all_looked_at),
		TEST(test_before_the_first_change_it_is_not_summer),
		TEST(test_without_changes_the_footer_says_all),
		TEST(test_the_footer_counts_from_the_last_change_on),
		TEST(test_changes_of_nothing_are_none),
		TEST(test_what_is_damaged_makes_no_zone),
		TEST(test_zones_are_equal_if_their_clocks_are),
		TEST(test_names_do_not_tell_zones_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
