/* A job's command as what is executed: paths, arguments, environment. */
#include "exec/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct job_settings settings = {.shell = "/bin/sh"};
static const struct job_settings bash = {.shell = "/usr/local/bin/bash"};
static const struct job_settings bare_shell = {.shell = "dash"};

#define SEARCHED(name)                                                                             \
	{                                                                                          \
		"/usr/local/sbin/" name, "/usr/local/bin/" name, "/usr/sbin/" name,                \
			"/usr/bin/" name, "/sbin/" name, "/bin/" name                              \
	}

static void paths_and_arguments(void **state)
{
	static const struct {
		struct job job;
		const char *paths[COMMAND_DIRECTORIES + 1];
		const char *argv[8];
	} rows[] = {
		{{.command = {"/bin/x", 1, false}, .settings = &settings}, {"/bin/x"}, {"/bin/x"}},
		{{.command = {"./x\0a b\0\0c", 4, false}, .settings = &settings},
		 {"./x"},
		 {"./x", "a b", "", "c"}},
		{{.command = {"x\0y", 2, false}, .settings = &settings},
		 SEARCHED("x"),
		 {"x", "y"}},
		{{.command = {"echo a; b", 1, true}, .settings = &settings},
		 {"/bin/sh"},
		 {"sh", "-c", "echo a; b"}},
		{{.command = {"b", 1, true}, .settings = &bash},
		 {"/usr/local/bin/bash"},
		 {"bash", "-c", "b"}},
		{{.command = {"b", 1, true}, .settings = &bare_shell},
		 SEARCHED("dash"),
		 {"dash", "-c", "b"}},
	};
	struct command_base base;
	struct command command;

	(void)state;
	assert_int_equal(command_base_init(&base), 0);
	command_init(&command);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct job job = rows[i].job;
		size_t n;

		job.name = "j";
		assert_int_equal(command_prepare(&command, &base, &job, 1, 0), 0);
		for (n = 0; rows[i].paths[n]; n++)
			assert_string_equal(command.paths[n], rows[i].paths[n]);
		assert_null(command.paths[n]);
		for (n = 0; rows[i].argv[n]; n++)
			assert_string_equal(command.argv[n], rows[i].argv[n]);
		assert_null(command.argv[n]);
	}
	command_done(&command);
	command_base_done(&base);
}

/* Every variable, in order, or NULL where it must not be. */
static void check_environment(const char *lang, const char *tz, const char *const *expected)
{
	struct job job = {.name = "backup", .command = {"x", 1, false}, .settings = &bash};
	struct command_base base;
	struct command command;
	size_t n;

	if (lang)
		setenv("LANG", lang, 1);
	else
		unsetenv("LANG");
	if (tz)
		setenv("TZ", tz, 1);
	else
		unsetenv("TZ");
	assert_int_equal(command_base_init(&base), 0);
	command_init(&command);
	assert_int_equal(command_prepare(&command, &base, &job, UINT64_MAX, 1700000000000001), 0);
	for (n = 0; expected[n]; n++) {
		assert_non_null(command.envp[n]);
		/* Whose these are depends on the user. */
		if (strchr(expected[n], '=')[1])
			assert_string_equal(command.envp[n], expected[n]);
		else
			assert_int_equal(strncmp(command.envp[n], expected[n], strlen(expected[n])),
					 0);
	}
	assert_null(command.envp[n]);
	command_done(&command);
	command_base_done(&base);
}

static void environment_is_built(void **state)
{
	static const char *const with_tz[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=",
		"USER=",
		"LOGNAME=",
		"LANG=de_DE.UTF-8",
		"TZ=Europe/Berlin",
		"SHELL=/usr/local/bin/bash",
		"EVERYD_JOB=backup",
		"EVERYD_RUN=18446744073709551615",
		"EVERYD_SLOT=2023-11-14T22:13:20.000001Z",
		NULL,
	};
	static const char *const plain[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=",
		"USER=",
		"LOGNAME=",
		"LANG=C.UTF-8",
		"SHELL=/usr/local/bin/bash",
		"EVERYD_JOB=backup",
		"EVERYD_RUN=18446744073709551615",
		"EVERYD_SLOT=2023-11-14T22:13:20.000001Z",
		NULL,
	};

	(void)state;
	setenv("SECRET", "s", 1);
	check_environment("de_DE.UTF-8", "Europe/Berlin", with_tz);
	check_environment(NULL, NULL, plain);
	check_environment("", NULL, plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_and_arguments),
		cmocka_unit_test(environment_is_built),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
