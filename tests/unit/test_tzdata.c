/* Names of time zones and their files. */
#include "tzdata_fixture.h"

#include "calendar/zone.h"
#include "config/tzdata.h"

#include <fcntl.h>

static void names_that_can_be_zones(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} cases[] = {
		{"UTC", true},
		{"Europe/Berlin", true},
		{"America/Argentina/Salta", true},
		{"Etc/GMT+5", true},
		{"America/New York", true}, /* there is none, and it can be said which was meant */
		{"", false},
		{"/", false},
		{"/etc/localtime", false},
		{"/usr/share/zoneinfo/UTC", false},
		{".", false},
		{"..", false},
		{"../UTC", false},
		{"Europe/..", false},
		{"Europe/../UTC", false},
		{"./UTC", false},
		{"zone.tab", false},
		{"Europe/", false},
		{"Europe//Berlin", false},
		{"UTC\n", false},
		{"U\x7fTC", false},
	};
	char longest[TZDATA_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		if (tzdata_name_is_valid(cases[i].name) != cases[i].valid)
			fail_msg("\"%s\"", cases[i].name);
	memset(longest, 'a', sizeof(longest));
	longest[TZDATA_NAME_MAX] = '\0';
	assert_true(tzdata_name_is_valid(longest));
	longest[TZDATA_NAME_MAX] = 'a';
	longest[TZDATA_NAME_MAX + 1] = '\0';
	assert_false(tzdata_name_is_valid(longest));
}

static void the_directory_is_the_variable_s(void **state)
{
	const struct tzdata_fixture *fixture = *state;

	assert_string_equal(tzdata_dir(), fixture->dir);
	tzdata_variable("TZDIR", "");
	assert_string_equal(tzdata_dir(), "/usr/share/zoneinfo");
	tzdata_variable("TZDIR", NULL);
	assert_string_equal(tzdata_dir(), "/usr/share/zoneinfo");
}

static int read_size(const struct tzdata_fixture *fixture, const char *name, size_t *ret_size)
{
	char *path = tzdata_path(fixture, name);
	void *bytes = NULL;
	int r = tzdata_read(path, &bytes, ret_size);

	if (r == 0)
		assert_non_null(bytes);
	free(bytes);
	free(path);
	return r;
}

static void only_plain_files_are_read(void **state)
{
	const struct tzdata_fixture *fixture = *state;
	char *fifo = tzdata_path(fixture, "fifo");
	char *link = tzdata_path(fixture, "link");
	size_t size = 77;

	assert_int_equal(read_size(fixture, "zone.tab", &size), 0);
	assert_int_equal(size, 9);
	size = 77;
	assert_int_equal(read_size(fixture, "Europe", &size), -EISDIR);
	assert_int_equal(read_size(fixture, "missing", &size), -ENOENT);
	assert_int_equal(read_size(fixture, "zone.tab/x", &size), -ENOTDIR);
	/* Without waiting for a writer. */
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(read_size(fixture, "fifo", &size), -EINVAL);
	assert_int_equal(size, 77);
	assert_int_equal(symlink("zone.tab", link), 0);
	assert_int_equal(read_size(fixture, "link", &size), 0);
	assert_int_equal(size, 9);
	tzdata_write(fixture, "empty", "", 0);
	assert_int_equal(read_size(fixture, "empty", &size), 0);
	assert_int_equal(size, 0);
	free(fifo);
	free(link);
}

static void large_files_are_not(void **state)
{
	const struct tzdata_fixture *fixture = *state;
	char *path = tzdata_path(fixture, "zone.tab");
	size_t size = 77;

	assert_int_equal(truncate(path, ZONE_FILE_MAX), 0);
	assert_int_equal(read_size(fixture, "zone.tab", &size), 0);
	assert_int_equal(size, ZONE_FILE_MAX);
	assert_int_equal(truncate(path, ZONE_FILE_MAX + 1), 0);
	assert_int_equal(read_size(fixture, "zone.tab", &size), -EFBIG);
	free(path);
}

static void what_may_have_been_meant(void **state)
{
	static const struct {
		const char *name;
		const char *suggestion; /* NULL: none */
	} cases[] = {
		{"Europe/Belrin", "Europe/Berlin"},
		{"Europe/Berln", "Europe/Berlin"},
		{"Europ/Berlin", "Europe/Berlin"},
		{"europe/berlin", "Europe/Berlin"},
		{"EUROPE/BERLIN", "Europe/Berlin"},
		{"Berlin", "Europe/Berlin"},
		{"berlin", "Europe/Berlin"},
		{"Belrin", "Europe/Berlin"},
		{"Salta", "America/Argentina/Salta"},
		{"America/New York", "America/New_York"},
		{"New York", "America/New_York"},
		{"cet", "CET"},
		/* Nearer to a zone than it is to what it means. */
		{"CEST", NULL},
		{"EDT", NULL},
		{"Atlantis/Utopia", NULL},
		{"Moon", NULL},
		{"zone-tab", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char *suggestion = tzdata_suggest(cases[i].name);

		if (!cases[i].suggestion != !suggestion ||
		    (suggestion && strcmp(suggestion, cases[i].suggestion) != 0))
			fail_msg("\"%s\": %s", cases[i].name, suggestion ? suggestion : "none");
		free(suggestion);
	}
	tzdata_variable("TZDIR", "/nonexistent");
	assert_null(tzdata_suggest("Europe/Belrin"));
}

/* Links in circles, deep directories: the search comes to an end. */
static void a_search_ends(void **state)
{
	const struct tzdata_fixture *fixture = *state;
	char *link = tzdata_path(fixture, "Europe/Circle");
	char *suggestion;

	assert_int_equal(symlink("..", link), 0);
	tzdata_zone(fixture, "a/b/c/d/e/f/Berlin", 0, "UTC0");
	suggestion = tzdata_suggest("Europe/Belrin");
	assert_string_equal(suggestion, "Europe/Berlin");
	free(suggestion);
	free(link);
}

int main(void)
{
#define WITH_ZONES(test) cmocka_unit_test_setup_teardown(test, tzdata_setup, tzdata_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_can_be_zones),
		WITH_ZONES(the_directory_is_the_variable_s),
		WITH_ZONES(only_plain_files_are_read),
		WITH_ZONES(large_files_are_not),
		WITH_ZONES(what_may_have_been_meant),
		WITH_ZONES(a_search_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
