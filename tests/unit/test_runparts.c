/* Which lines do nothing but run the scripts of a directory, and which scripts those are. */
#include "config_fixture.h"

#include "ctl/runparts.h"

#include <sys/syscall.h>

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

static void lines_are_recognized(void **state)
{
	static const struct {
		const char *command;
		struct runparts expected; /* dir "": none */
	} cases[] = {
		{"run-parts /etc/cron.hourly", {.dir = "/etc/cron.hourly"}},
		{"cd / && run-parts --report /etc/cron.hourly", {.dir = "/etc/cron.hourly"}},
		{"test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }",
		 {.dir = "/etc/cron.daily", .unless_anacron = true}},
		{"test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )",
		 {.dir = "/etc/cron.daily", .unless_anacron = true}},
		{"[ -x /usr/sbin/anacron ] || (cd / && run-parts -v /x/)",
		 {.dir = "/x", .unless_anacron = true}},
		{"nice /usr/bin/run-parts /etc/cron.daily",
		 {.dir = "/etc/cron.daily", .nice = true}},
		{"run-parts /", {.dir = "/"}},
		{"", {.dir = ""}},
		{"run-parts", {.dir = ""}},
		{"run-parts x", {.dir = ""}},
		{"run-parts $DIR", {.dir = ""}},
		{"run-parts /a*b", {.dir = ""}},
		{"run-parts --test /x", {.dir = ""}},
		{"run-parts --arg=a /x", {.dir = ""}},
		{"run-parts /x > /dev/null", {.dir = ""}},
		{"run-parts /x /y", {.dir = ""}},
		{"run-parts /x; reboot", {.dir = ""}},
		{"run-parts /x && touch /y", {.dir = ""}},
		{"cd /srv && run-parts /x", {.dir = ""}},
		{"sleep 5; run-parts /x", {.dir = ""}},
		{"test -x /usr/bin/other || run-parts /x", {.dir = ""}},
		{"test -x /usr/sbin/anacron && run-parts /x", {.dir = ""}},
		{"echo run-parts /x", {.dir = ""}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct runparts found = {.dir = ""};
		bool is = runparts_recognize(cases[i].command, &found);

		if (is != (cases[i].expected.dir[0] != '\0'))
			fail_msg("\"%s\"", cases[i].command);
		assert_string_equal(found.dir, cases[i].expected.dir);
		assert_int_equal(found.unless_anacron, cases[i].expected.unless_anacron);
		assert_int_equal(found.nice, cases[i].expected.nice);
	}
}

static void names_are_taken(void **state)
{
	static const struct {
		const char *name;
		bool debian;
		bool other;
	} cases[] = {
		{"logrotate", true, true}, {"0-a_B", true, true}, {"a.sh", false, true},
		{".hidden", false, false}, {"a~", false, false},  {"a.rpmsave", false, false},
		{"#a#", false, false},     {"a,v", false, false}, {"a.dpkg-dist", false, true},
		{"", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		if (runparts_takes_name(cases[i].name, true) != cases[i].debian ||
		    runparts_takes_name(cases[i].name, false) != cases[i].other)
			fail_msg("\"%s\"", cases[i].name);
	}
}

static void scripts_are_listed_in_order(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
		enum runparts_fit fit;
	} files[] = {
		{"0anacron", 0755, RUNPARTS_ANACRON},
		{"Zeta", 0755, RUNPARTS_RUN},
		{"alpha", 0700, RUNPARTS_RUN},
		{"beta.sh", 0755, RUNPARTS_BAD_NAME},
		{"gamma", 0644, RUNPARTS_NOT_EXECUTABLE},
		{"link", 0, RUNPARTS_RUN},
		{"lost", 0, RUNPARTS_NOT_EXECUTABLE},
		{"sub", 0, RUNPARTS_NOT_EXECUTABLE},
	};
	const struct fixture *fixture = *state;
	struct runparts_scripts scripts = {0};
	char *path;

	fixture_write(fixture, ".placeholder", "");
	/* Not in their order. */
	for (size_t i = ARRAY_LENGTH(files); i-- > 0;) {
		path = fixture_path(fixture, files[i].name);
		if (files[i].mode) {
			fixture_write(fixture, files[i].name, "");
			assert_int_equal(chmod(path, files[i].mode), 0);
		}
		free(path);
	}
	path = fixture_path(fixture, "link");
	assert_int_equal(symlink("alpha", path), 0);
	free(path);
	path = fixture_path(fixture, "lost");
	assert_int_equal(symlink("nowhere", path), 0);
	free(path);
	path = fixture_path(fixture, "sub");
	assert_int_equal(mkdir(path, 0755), 0);
	free(path);

	assert_int_equal(runparts_list("", fixture->dir, true, &scripts), 0);
	assert_int_equal(scripts.count, ARRAY_LENGTH(files));
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		assert_string_equal(scripts.items[i].name, files[i].name);
		assert_int_equal(scripts.items[i].fit, files[i].fit);
	}
	runparts_done(&scripts);
	assert_int_equal(runparts_list("", "/nonexistent", true, &scripts), -ENOENT);
}

/* Links of a machine that is below a directory lead to where they would on it. */
static void links_stay_below_the_root(void **state)
{
	static const struct {
		const char *name;
		const char *to;
		enum runparts_fit fit;
	} links[] = {
		{"above", "../../../tool", RUNPARTS_RUN},
		{"absolute", "/tool", RUNPARTS_RUN},
		{"elsewhere", "/bin/sh", RUNPARTS_NOT_EXECUTABLE},
	};
	const struct fixture *fixture = *state;
	struct runparts_scripts scripts = {0};
	char *path;

	/* Of Linux before 5.6, and of valgrind. */
	if (syscall(SYS_openat2, -1, "", NULL, 0) < 0 && errno == ENOSYS)
		skip();
	path = fixture_path(fixture, "daily");
	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
	fixture_write(fixture, "tool", "");
	path = fixture_path(fixture, "tool");
	assert_int_equal(chmod(path, 0755), 0);
	free(path);
	for (size_t i = 0; i < ARRAY_LENGTH(links); i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "daily/%s", links[i].name);
		path = fixture_path(fixture, name);
		assert_int_equal(symlink(links[i].to, path), 0);
		free(path);
	}
	assert_int_equal(runparts_list(fixture->dir, "/daily", true, &scripts), 0);
	assert_int_equal(scripts.count, ARRAY_LENGTH(links));
	for (size_t i = 0; i < ARRAY_LENGTH(links); i++) {
		assert_string_equal(scripts.items[i].name, links[i].name);
		assert_int_equal(scripts.items[i].fit, links[i].fit);
	}
	runparts_done(&scripts);
	assert_int_equal(runparts_list(fixture->dir, "/tool", true, &scripts), -ENOTDIR);
	assert_int_equal(runparts_list("/nonexistent", "/", true, &scripts), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_recognized),
		cmocka_unit_test(names_are_taken),
		WITH_FILES(scripts_are_listed_in_order),
		WITH_FILES(links_stay_below_the_root),
	};

	return cmocka_run_group_tests_name("runparts", tests, NULL, NULL);
}
