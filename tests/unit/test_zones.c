/* Time zones by name, and the system's local time. */
#include "tzdata_fixture.h"

#include "base/arena.h"
#include "calendar/zone.h"
#include "config/zones.h"

#define WINTER INT64_C(1768478400) /* 2026-01-15 12:00:00 UTC */
#define SUMMER INT64_C(1784116800) /* 2026-07-15 12:00:00 UTC */

/* Zones as one load of a configuration has them. */
struct load {
	struct arena arena;
	struct zones zones;
};

static void load_begin(struct load *load)
{
	arena_init(&load->arena);
	zones_init(&load->zones, &load->arena);
}

static void load_end(struct load *load)
{
	arena_done(&load->arena);
}

static const struct zone *find(struct load *load, const char *name)
{
	char problem[ZONES_PROBLEM_SIZE] = "";
	const struct zone *zone = NULL;

	if (zones_find(&load->zones, name, &zone, problem) != 0)
		fail_msg("\"%s\": %s", name, problem);
	assert_non_null(zone);
	return zone;
}

static void a_zone_is_found_once(void **state)
{
	const struct tzdata_fixture *fixture = *state;
	const struct zone *berlin;
	struct load load;

	load_begin(&load);
	berlin = find(&load, "Europe/Berlin");
	assert_string_equal(zone_name(berlin), "Europe/Berlin");
	assert_int_equal(zone_segment(berlin, WINTER).offset, 3600);
	assert_int_equal(zone_segment(berlin, SUMMER).offset, 7200);
	assert_int_equal(zone_segment(find(&load, "America/New_York"), SUMMER).offset, -4 * 3600);
	assert_string_equal(zone_name(find(&load, "posix/Europe/Berlin")), "posix/Europe/Berlin");
	assert_string_equal(zone_name(find(&load, "CET")), "CET");

	/* What the file says later is for the next load. */
	tzdata_zone(fixture, "Europe/Berlin", 0, "UTC0");
	assert_ptr_equal(find(&load, "Europe/Berlin"), berlin);
	assert_int_equal(zone_segment(berlin, SUMMER).offset, 7200);
	load_end(&load);
	load_begin(&load);
	assert_int_equal(zone_segment(find(&load, "Europe/Berlin"), SUMMER).offset, 0);
	load_end(&load);
}

static void utc_needs_no_file(void **state)
{
	struct load load;

	(void)state;
	tzdata_variable("TZDIR", "/nonexistent");
	load_begin(&load);
	assert_ptr_equal(find(&load, "UTC"), zone_utc());
	load_end(&load);
}

#define NO_NAME                                                                                    \
	"that is not the name of a time zone, as in \"Europe/Berlin\"; they are neither absolute " \
	"nor have dots in them"

static void what_is_no_zone_is_told(void **state)
{
	static const struct {
		const char *name;
		const char *problem;
	} cases[] = {
		{"Europe/Belrin", "there is no such time zone; did you mean \"Europe/Berlin\"?"},
		{"Atlantis", "there is no such time zone; write it as in \"Europe/Berlin\" or "
			     "\"UTC\""},
		{"Europe/Berlin/Mitte",
		 "there is no such time zone; write it as in \"Europe/Berlin\" or \"UTC\""},
		{"CEST", "there is no such time zone; write it as in \"Europe/Berlin\" or "
			 "\"UTC\""},
		{"", NO_NAME},
		{"/usr/share/zoneinfo/UTC", NO_NAME},
		{"../UTC", NO_NAME},
		{"zone.tab", NO_NAME},
		{"Europe", "that is a directory, not a zone"},
		{"fifo", "its file is no regular one"},
		{"dangling", "its file is a link that leads to none"},
		{"large", "its file is larger than 1048576 bytes, which no zone is"},
		{"right/Europe/Berlin",
		 "zones below \"right/\" count leap seconds, which Unix time does not; write "
		 "\"Europe/Berlin\""},
	};
	const struct tzdata_fixture *fixture = *state;
	char *fifo = tzdata_path(fixture, "fifo");
	char *dangling = tzdata_path(fixture, "dangling");
	char *large = tzdata_path(fixture, "large");
	struct load load;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink("nowhere", dangling), 0);
	tzdata_write(fixture, "large", "", 0);
	assert_int_equal(truncate(large, ZONE_FILE_MAX + 1), 0);
	free(fifo);
	free(dangling);
	free(large);
	load_begin(&load);
	/* Twice: what is known of it is the same. */
	for (size_t i = 0; i < 2 * ARRAY_LENGTH(cases); i++) {
		const struct zone *zone = NULL;
		char problem[ZONES_PROBLEM_SIZE] = "";
		const char *name = cases[i / 2].name;

		assert_int_equal(zones_find(&load.zones, name, &zone, problem), -EINVAL);
		assert_null(zone);
		if (strcmp(problem, cases[i / 2].problem) != 0)
			fail_msg("\"%s\": %s", name, problem);
	}
	load_end(&load);
}

static void a_damaged_file_is_told(void **state)
{
	const struct tzdata_fixture *fixture = *state;
	const struct zone *zone = NULL;
	char problem[ZONES_PROBLEM_SIZE] = "";
	struct load load;

	tzdata_write(fixture, "Europe/Berlin", "TZif2 and so on", 15);
	load_begin(&load);
	assert_int_equal(zones_find(&load.zones, "Europe/Berlin", &zone, problem), -EINVAL);
	assert_null(zone);
	assert_memory_equal(problem, "its file ", 9);
	load_end(&load);
}

static void without_tzdata_there_is_a_hint(void **state)
{
	const struct zone *zone = NULL;
	char problem[ZONES_PROBLEM_SIZE] = "";
	struct load load;

	(void)state;
	tzdata_variable("TZDIR", "/nonexistent/zones");
	load_begin(&load);
	assert_int_equal(zones_find(&load.zones, "Europe/Berlin", &zone, problem), -EINVAL);
	assert_string_equal(problem, "there are no time zones in /nonexistent/zones; install them, "
				     "Debian's package is tzdata");
	load_end(&load);
}

/* As many wrong names as there are jobs do not make as many searches. */
static void searches_are_bounded(void **state)
{
	struct load load;

	(void)state;
	load_begin(&load);
	for (int i = 0; i < 200; i++) {
		char name[40];
		const struct zone *zone = NULL;
		char problem[ZONES_PROBLEM_SIZE] = "";

		(void)snprintf(name, sizeof(name), "Europe/Berlin%d", i);
		assert_int_equal(zones_find(&load.zones, name, &zone, problem), -EINVAL);
		assert_true(!strstr(problem, "did you mean") == (i >= 100));
	}
	load_end(&load);
}

/* TZ as tzset(3) has it. */
static void local_time_is_the_variable_s(void **state)
{
	static const struct {
		const char *tz; /* "@" is the directory */
		const char *name;
		int32_t summer;
		const char *problem;
	} cases[] = {
		{"Europe/Berlin", "Europe/Berlin", 7200, NULL},
		{":Europe/Berlin", "Europe/Berlin", 7200, NULL},
		{"America/Argentina/Salta", "America/Argentina/Salta", -10800, NULL},
		{"CET", "CET", 7200, NULL},
		{"UTC", "UTC", 0, NULL},
		{"", "UTC", 0, NULL},
		{":", "UTC", 0, NULL},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "CET-1CEST,M3.5.0,M10.5.0/3", 7200, NULL},
		{"EST5", "EST5", -18000, NULL},
		{"<EVT1-2>0", "<EVT1-2>0", 0, NULL},
		{"@/Europe/Berlin", "local time", 7200, NULL},
		{":@/Europe/Berlin", "local time", 7200, NULL},
		{"@/localtime", "Europe/Berlin", 7200, NULL},
		{"@/utc", "UTC", 0, NULL},
		{"@/dangling", NULL, 0, "there is no such file"},
		{"@/Europe", NULL, 0, "that is a directory, not a zone"},
		{"Europe/Belrin", NULL, 0,
		 "there is no such time zone; did you mean \"Europe/Berlin\"?"},
		{":CET-1CEST", NULL, 0,
		 "there is no such time zone; write it as in \"Europe/Berlin\" or \"UTC\""},
		{"../x", NULL, 0, NO_NAME},
		{"right/Europe/Berlin", NULL, 0,
		 "zones below \"right/\" count leap seconds, which Unix time does not; write "
		 "\"Europe/Berlin\""},
	};
	const struct tzdata_fixture *fixture = *state;
	char *link = tzdata_path(fixture, "localtime");
	char *dangling = tzdata_path(fixture, "dangling");
	char *utc = tzdata_path(fixture, "utc");
	char *target = tzdata_path(fixture, "zoneinfo/Europe/Berlin");

	tzdata_zone(fixture, "zoneinfo/Europe/Berlin", 3600, BERLIN);
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(symlink("nowhere", dangling), 0);
	free(link);
	free(dangling);
	assert_int_equal(symlink("/nonexistent/zoneinfo/Etc/UTC", utc), 0);
	free(utc);
	free(target);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct zone *zone = NULL;
		const struct zone *again = NULL;
		char problem[ZONES_PROBLEM_SIZE] = "";
		const char *at = strchr(cases[i].tz, '@');
		struct load load;
		char tz[200];
		int r;

		(void)snprintf(tz, sizeof(tz), "%.*s%s%s",
			       at ? (int)(at - cases[i].tz) : (int)strlen(cases[i].tz), cases[i].tz,
			       at ? fixture->dir : "", at ? at + 1 : "");
		tzdata_variable("TZ", tz);
		load_begin(&load);
		r = zones_local(&load.zones, &zone, problem);
		if (cases[i].problem) {
			assert_int_equal(r, -EINVAL);
			assert_null(load.zones.local_zone);
			if (!strstr(problem, " in the environment: ") ||
			    strcmp(strstr(problem, ": ") + 2, cases[i].problem) != 0)
				fail_msg("%s: %s", tz, problem);
			/* The same once more. */
			assert_int_equal(zones_local(&load.zones, &zone, problem), -EINVAL);
			assert_non_null(strstr(problem, cases[i].problem));
		} else {
			if (r != 0)
				fail_msg("%s: %s", tz, problem);
			if (strcmp(zone_name(zone), cases[i].name) != 0)
				fail_msg("%s: %s", tz, zone_name(zone));
			assert_int_equal(zone_segment(zone, SUMMER).offset, cases[i].summer);
			assert_int_equal(zones_local(&load.zones, &again, problem), 0);
			assert_ptr_equal(zone, again);
			assert_ptr_equal(load.zones.local_zone, zone);
		}
		load_end(&load);
	}
}

/* Without TZ it is what the machine has, as long as that is sound. */
static void local_time_is_the_system_s(void **state)
{
	const struct zone *zone = NULL;
	char problem[ZONES_PROBLEM_SIZE] = "";
	struct load load;
	time_t now = WINTER;
	struct tm tm;

	(void)state;
	tzdata_variable("TZDIR", NULL);
	tzset();
	assert_non_null(localtime_r(&now, &tm));
	load_begin(&load);
	assert_int_equal(zones_local(&load.zones, &zone, problem), 0);
	assert_int_equal(zone_segment(zone, WINTER).offset, tm.tm_gmtoff);
	load_end(&load);
}

int main(void)
{
#define WITH_ZONES(test) cmocka_unit_test_setup_teardown(test, tzdata_setup, tzdata_teardown)
	const struct CMUnitTest tests[] = {
		WITH_ZONES(a_zone_is_found_once),           WITH_ZONES(utc_needs_no_file),
		WITH_ZONES(what_is_no_zone_is_told),        WITH_ZONES(a_damaged_file_is_told),
		WITH_ZONES(without_tzdata_there_is_a_hint), WITH_ZONES(searches_are_bounded),
		WITH_ZONES(local_time_is_the_variable_s),   WITH_ZONES(local_time_is_the_system_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
