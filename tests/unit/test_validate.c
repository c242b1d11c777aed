/* What is suspicious is warned about, and nothing else. */
#include "config_fixture.h"

#define WHITE                                                                                      \
	"main.conf:1: warning: job \"x\": command: the program's name has white space in it; the " \
	"elements of a list are not split, a string would go to the shell\n"
#define PLAIN(word)                                                                                \
	"main.conf:1: warning: job \"x\": command: \"" word "\" is a plain argument in a list; a " \
	"string would go to the shell\n"

static const struct {
	const char *command;
	const char *expected;
} commands[] = {
	{"{ls, '-l a'}", ""},
	{"{find, '.', '-exec', rm, '{}', ';'}", ""},
	{"{sh, '-c', 'a | b > c'}", ""},
	{"{grep, '>>>'}", ""},
	{"'a | b'", ""},
	{"'ls -l'", ""},
	{"{'ls -l'}", WHITE},
	{"{ls, '|', wc}", PLAIN("|")},
	{"{ls, '>', file, '2>&1'}", PLAIN(">")},
	{"{a, '&&', b}", PLAIN("&&")},
};

static void a_list_is_not_for_the_shell(void **state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
		char config[200];

		(void)snprintf(config, sizeof(config), "job x { every = 1m command = %s }",
			       commands[i].command);
		fixture_expect(*state, config, commands[i].expected);
	}
}

static void groups_are_for_jobs(void **state)
{
	fixture_expect(*state,
		       "concurrency_group a { limit = 1 }\n"
		       "concurrency_group b { limit = 1 }\n"
		       "concurrency_group c { limit = 1 }\n"
		       "defaults { concurrency_group = c }\n"
		       "job x { every = 1m command = x concurrency_group = a }\n",
		       "main.conf:2: warning: concurrency_group \"b\": no job uses it\n"
		       "main.conf:3: warning: concurrency_group \"c\": no job uses it\n");
}

static void a_job_is_to_catch_up(void **state)
{
	static const struct {
		const char *config;
		bool warned;
	} cases[] = {
		{"job x { every = 100ms catch_up = all command = x }", true},
		{"job x { every = 101ms catch_up = all command = x }", false},
		{"job x { every = 100ms command = x }", false},
		{"job x { every = 100ms catch_up = none command = x }", false},
		{"defaults { catch_up = all } job x { every = 100ms command = x }", true},
		{"catch_up_rate = infinity job x { every = 100ms catch_up = all command = x }",
		 false},
		{"catch_up_rate = 11 job x { every = 100ms catch_up = all command = x }", false},
		{"catch_up_rate = 1 job x { every = 100ms catch_up = all command = x }", true},
		{"catch_up_rate = 1 job x { cron = '* * * * *' catch_up = all command = x }",
		 false},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char expected[200] = "";

		if (cases[i].warned)
			(void)snprintf(expected, sizeof(expected),
				       "main.conf:1: warning: job \"x\": with catch_up = \"all\", "
				       "every = \"100ms\" and catch_up_rate = %d it never catches "
				       "up\n",
				       strstr(cases[i].config, "rate = 1 ") ? 1 : 10);
		fixture_expect(*state, cases[i].config, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_list_is_not_for_the_shell, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(groups_are_for_jobs, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(a_job_is_to_catch_up, fixture_setup,
						fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
