/* A job's commands as what is executed: paths, arguments, environment. */
#include "exec/command.h"

#include "exec/identity.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const struct identity own = {.name = "me", .home = "/home/me"};
static const struct identity other = {.name = "you", .home = "/home/you", .change = true};

static struct command_base base;
static struct command command;

static int setup(void **state)
{
	(void)state;
	unsetenv("TZ");
	setenv("LANG", "de_DE.UTF-8", 1);
	setenv("SECRET", "s", 1);
	setenv("EMPTY", "", 1);
	command_init(&command);
	return command_base_init(&base, &own);
}

static int teardown(void **state)
{
	(void)state;
	command_done(&command);
	command_base_done(&base);
	return 0;
}

/* All of them, each with a '|' behind it. */
static const char *joined(char *const *items)
{
	static char text[16384];
	char *at = text;

	*at = '\0';
	for (; *items; items++) {
		assert_true((size_t)(at - text) + strlen(*items) + 2 < sizeof(text));
		at = stpcpy(stpcpy(at, *items), "|");
	}
	return text;
}

static const char *joined_paths(void)
{
	static char text[16384];
	char *at = text;

	*at = '\0';
	for (const char *const *path = command.paths; *path; path++)
		at = stpcpy(stpcpy(at, *path), "|");
	return text;
}

static void paths_and_arguments(void **state)
{
	static const struct {
		struct command_line line;
		const char *shell;
		const char *paths;
		const char *argv;
	} rows[] = {
		{{"/bin/x", 1, false}, "/bin/sh", "/bin/x|", "/bin/x|"},
		{{"./x\0a b\0\0c", 4, false}, "/bin/sh", "./x|", "./x|a b||c|"},
		{{"x\0y", 2, false},
		 "/bin/sh",
		 "/usr/local/sbin/x|/usr/local/bin/x|/usr/sbin/x|/usr/bin/x|/sbin/x|/bin/x|",
		 "x|y|"},
		{{"echo a; b", 1, true}, "/bin/sh", "/bin/sh|", "sh|-c|echo a; b|"},
		{{"b", 1, true}, "/usr/local/bin/bash", "/usr/local/bin/bash|", "bash|-c|b|"},
		{{"b", 1, true},
		 "dash",
		 "/usr/local/sbin/dash|/usr/local/bin/dash|/usr/sbin/dash|/usr/bin/dash|"
		 "/sbin/dash|/bin/dash|",
		 "dash|-c|b|"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = {.shell = rows[i].shell};

		assert_int_equal(command_begin(&command, &base, &settings, &own), 0);
		assert_int_equal(command_finish(&command, &rows[i].line, rows[i].shell), 0);
		assert_string_equal(joined_paths(), rows[i].paths);
		assert_string_equal(joined(command.argv), rows[i].argv);
	}
}

static void the_program_is_looked_for_in_the_path_that_results(void **state)
{
	static const struct {
		const char *path;
		const char *paths; /* NULL: nowhere */
	} rows[] = {
		{"/a", "/a/x|"},
		{"/a:/b c", "/a/x|/b c/x|"},
		/* What does not begin with a slash would mean another directory at each run. */
		{":/a::b:./c:/d/:", "/a/x|/d//x|"},
		{"", NULL},
		{":", NULL},
		{".:bin", NULL},
	};
	static const struct command_line line = {"x", 1, false};
	const struct job_settings settings = {.shell = "/bin/sh"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		assert_int_equal(command_begin(&command, &base, &settings, &own), 0);
		assert_int_equal(environment_set(&command.environment, "PATH", rows[i].path), 0);
		assert_int_equal(command_finish(&command, &line, "/bin/sh"),
				 rows[i].paths ? 0 : -ENOENT);
		if (rows[i].paths)
			assert_string_equal(joined_paths(), rows[i].paths);
	}
}

static void a_long_path_is_looked_at_as_far_as_there_is_room(void **state)
{
	static const struct command_line line = {"x", 1, false};
	const struct job_settings settings = {.shell = "/bin/sh"};
	char path[3 * 1000 + 1] = "";
	size_t n = 0;

	(void)state;
	for (char *at = path; at < path + 3 * 1000; at = stpcpy(at, "/a:"))
		;
	assert_int_equal(command_begin(&command, &base, &settings, &own), 0);
	assert_int_equal(environment_set(&command.environment, "PATH", path), 0);
	assert_int_equal(command_finish(&command, &line, "/bin/sh"), 0);
	while (command.paths[n])
		assert_string_equal(command.paths[n++], "/a/x");
	assert_int_equal(n, COMMAND_DIRECTORIES);
}

static void environment_is_built(void **state)
{
	static const struct command_line line = {"x", 1, false};
	static const struct {
		const struct identity *identity;
		struct job_settings settings;
		const char *expected; /* between PATH and EVERYD_JOB */
	} rows[] = {
		{&own,
		 {.shell = "/bin/sh"},
		 "HOME=/home/me|USER=me|LOGNAME=me|LANG=de_DE.UTF-8|SHELL=/bin/sh|"},
		{&other,
		 {.shell = "/bin/bash"},
		 "HOME=/home/you|USER=you|LOGNAME=you|LANG=de_DE.UTF-8|SHELL=/bin/bash|"},
		{&own,
		 {.shell = "/bin/sh", .environment = {"A=b c\0HOME=/x\0A=d=\0E=", 4}},
		 "HOME=/x|USER=me|LOGNAME=me|LANG=de_DE.UTF-8|SHELL=/bin/sh|A=d=|E=|"},
		{&own,
		 {.shell = "/bin/sh", .pass_environment = {"SECRET\0NO_SUCH\0EMPTY", 3}},
		 "HOME=/home/me|USER=me|LOGNAME=me|LANG=de_DE.UTF-8|SHELL=/bin/sh|SECRET=s|"
		 "EMPTY=|"},
		/* What the job says itself goes before what it lets pass. */
		{&own,
		 {.shell = "/bin/sh",
		  .pass_environment = {"SECRET", 1},
		  .environment = {"SECRET=t", 1}},
		 "HOME=/home/me|USER=me|LOGNAME=me|LANG=de_DE.UTF-8|SHELL=/bin/sh|SECRET=t|"},
		/* Whose run it is cannot be changed. */
		{&own,
		 {.shell = "/bin/sh", .environment = {"EVERYD_JOB=other", 1}},
		 "HOME=/home/me|USER=me|LOGNAME=me|LANG=de_DE.UTF-8|SHELL=/bin/sh|"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char expected[2048];

		(void)snprintf(expected, sizeof(expected), "PATH=%s|%s%s", DEFAULT,
			       rows[i].expected,
			       "EVERYD_JOB=backup|EVERYD_RUN=18446744073709551615|"
			       "EVERYD_SLOT=2023-11-14T22:13:20.000001Z|EVERYD_ATTEMPT=3|");
		assert_int_equal(
			command_begin(&command, &base, &rows[i].settings, rows[i].identity), 0);
		assert_int_equal(command_mark(&command, "backup", UINT64_MAX, 1700000000000001, 3),
				 0);
		assert_int_equal(command_finish(&command, &line, "/bin/sh"), 0);
		assert_string_equal(joined(command.environment.items), expected);
	}
}

static void a_run_is_known_by_its_marks(void **state)
{
	const struct job_settings settings = {.shell = "/bin/sh"};

	(void)state;
	/* Whatever it was used for before. */
	assert_int_equal(command_begin(&command, &base, &settings, &own), 0);
	assert_int_equal(command_mark(&command, "other", 1, 2, 3), 0);
	assert_int_equal(command_identify(&command, "backup", UINT64_MAX, 1700000000000001), 0);
	assert_string_equal(command.marks[0], "EVERYD_JOB=backup");
	assert_string_equal(command.marks[1], "EVERYD_RUN=18446744073709551615");
	assert_string_equal(command.marks[2], "EVERYD_SLOT=2023-11-14T22:13:20.000001Z");
	assert_string_equal(command.marks[3], "EVERYD_HOOK");
	assert_null(command.marks[4]);
}

static void language_and_zone_are_the_daemons(void **state)
{
	static const struct {
		const char *lang;
		const char *tz;
		const char *expected_lang;
	} rows[] = {
		{"C", "Europe/Berlin", "C"},
		{"", NULL, "C.UTF-8"},
		{NULL, "", "C.UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct command_base made;
		const char *tz;

		if (rows[i].lang)
			setenv("LANG", rows[i].lang, 1);
		else
			unsetenv("LANG");
		if (rows[i].tz)
			setenv("TZ", rows[i].tz, 1);
		else
			unsetenv("TZ");
		assert_int_equal(command_base_init(&made, &own), 0);
		assert_string_equal(environment_get(&made.environment, "LANG"),
				    rows[i].expected_lang);
		tz = environment_get(&made.environment, "TZ");
		assert_int_equal(!tz, !rows[i].tz);
		if (tz)
			assert_string_equal(tz, rows[i].tz);
		command_base_done(&made);
	}
}

/* Facts that are not there are not set. */
static void marks_tell_runs_and_hooks_apart(void **state)
{
	static const struct {
		uint64_t run;
		const char *hook;
		const char *expected;
	} rows[] = {
		{5, NULL, "EVERYD_JOB=j|EVERYD_RUN=5|EVERYD_HOOK|"},
		{5, "start", "EVERYD_JOB=j|EVERYD_RUN=5|EVERYD_HOOK=start|"},
		{0, "missed", "EVERYD_JOB=j|EVERYD_HOOK=missed|"},
	};
	static const struct command_line line = {"/x", 1, false};
	const struct job_settings settings = {.shell = "/bin/sh"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		assert_int_equal(command_begin(&command, &base, &settings, &own), 0);
		assert_int_equal(command_mark(&command, "j", rows[i].run, USEC_INFINITY, 0), 0);
		if (rows[i].hook)
			assert_int_equal(
				environment_set(&command.environment, "EVERYD_HOOK", rows[i].hook),
				0);
		assert_int_equal(command_finish(&command, &line, "/bin/sh"), 0);
		assert_string_equal(joined(command.marks), rows[i].expected);
		assert_null(environment_get(&command.environment, "EVERYD_SLOT"));
		assert_null(environment_get(&command.environment, "EVERYD_ATTEMPT"));
	}
}

/* After the first there is nothing to be allocated: what is there stays where it is. */
static void the_plain_case_takes_no_memory(void **state)
{
	static const struct command_line line = {"x\0y", 2, false};
	const struct job_settings settings = {.shell = "/bin/sh"};
	struct command first = {0};

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(command_begin(&command, &base, &settings, &own), 0);
		assert_int_equal(command_mark(&command, "j", 7, 0, 1), 0);
		assert_int_equal(command_finish(&command, &line, "/bin/sh"), 0);
		if (i == 0)
			first = command;
		assert_ptr_equal(command.environment.text, first.environment.text);
		assert_ptr_equal(command.environment.items, first.environment.items);
		assert_ptr_equal(command.argv, first.argv);
		assert_ptr_equal(command.text, first.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_and_arguments),
		cmocka_unit_test(the_program_is_looked_for_in_the_path_that_results),
		cmocka_unit_test(a_long_path_is_looked_at_as_far_as_there_is_room),
		cmocka_unit_test(environment_is_built),
		cmocka_unit_test(a_run_is_known_by_its_marks),
		cmocka_unit_test(language_and_zone_are_the_daemons),
		cmocka_unit_test(marks_tell_runs_and_hooks_apart),
		cmocka_unit_test(the_plain_case_takes_no_memory),
	};

	return cmocka_run_group_tests_name("command", tests, setup, teardown);
}
