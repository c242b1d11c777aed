/* Every option: what is good, what is not and what is said then; the table and the manual agree. */
#include "config_fixture.h"

#include "config/options.h"

/* What stands where a JOB is not the point: a job with these options is good. */
#define J "every = \"1h\" command = 'x' "

struct case_ {
	const char *text;
	const char *expected; /* NULL: good, and nothing is said */
};

#define JOB   "main.conf:1: job \"x\": "
#define UNITS " is not a duration; use numbers with units us ms s m h d w, as in \"1h30m\"\n"
#define NAME_RULE                                                                                  \
	"must be 1 to 200 of A-Z a-z 0-9 _ . @ : + - and begin with neither \"-\" nor \".\"\n"
#define N50  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
#define N200 N50 N50 N50 N50

static const struct case_ cases[] = {
	/* the top level */
	{"", NULL},
	{"workers = 1", NULL},
	{"workers = \"4096\"", NULL},
	{"workers = 0", "main.conf:1: workers: \"0\" is not a whole number from 1 to 4096\n"},
	{"workers = 4097", "main.conf:1: workers: \"4097\" is not a whole number from 1 to 4096\n"},
	{"workers = 99999999999999999999",
	 "main.conf:1: workers: \"99999999999999999999\" is not a whole number from 1 to 4096\n"},
	{"workers = -1", "main.conf:1: workers: \"-1\" is not a whole number from 1 to 4096\n"},
	{"workers = 1x", "main.conf:1: workers: \"1x\" is not a whole number from 1 to 4096\n"},
	{"workers = ''", "main.conf:1: workers: \"\" is not a whole number from 1 to 4096\n"},
	{"workers = {1, 2}", "main.conf:1: workers: it takes one value, not a list\n"},
	{"workers = {}", "main.conf:1: workers: it takes one value, not a list\n"},
	{"queue = 0", NULL},
	{"queue = 1000000", NULL},
	{"queue = 1000001",
	 "main.conf:1: queue: \"1000001\" is not a whole number from 0 to 1000000\n"},
	{"stop_timeout = 0", NULL},
	{"stop_timeout = \"5 m\"", NULL},
	{"stop_timeout = 5", "main.conf:1: stop_timeout: \"5\"" UNITS},
	{"stop_timeout = 36526d",
	 "main.conf:1: stop_timeout: \"36526d\" is too long; the most is \"5217w6d\"\n"},
	{"include_dir = ''", "main.conf:1: include_dir: it is empty; write a directory whose "
			     "*.conf files are read too\n"},
	{"include('')", "main.conf:1: include: it is empty; write another file to read\n"},

	/* every */
	{"job x { every = 100ms command = x }", NULL},
	{"job x { every = 36525d command = x }", NULL},
	{"job x { every = \"1h30m\" command = x }", NULL},
	{"job x { every = 99ms command = x }",
	 JOB "every: \"99ms\" is too short; the least is \"100ms\"\n"},
	{"job x { every = 0 command = x }",
	 JOB "every: \"0\" is too short; the least is \"100ms\"\n"},
	{"job x { every = 36526d command = x }",
	 JOB "every: \"36526d\" is too long; the most is \"5217w6d\"\n"},
	{"job x { every = 99999999999999999999d command = x }",
	 JOB "every: \"99999999999999999999d\" is too long; the most is \"5217w6d\"\n"},
	{"job x { every = 15x command = x }", JOB "every: \"15x\"" UNITS},
	{"job x { every = -5s command = x }", JOB "every: \"-5s\"" UNITS},
	{"job x { every = '' command = x }", JOB "every: \"\"" UNITS},
	{"job x { command = x }",
	 JOB "every: missing; it is the time from one slot to the next, as "
	     "in every = \"15m\"\n"},

	/* offset */
	{"job x { every = 1h offset = 59m command = x }", NULL},
	{"job x { every = 1h offset = 0 command = x }", NULL},
	{"job x { every = 1h offset = 1h command = x }",
	 JOB "offset: \"1h\" is not less than every = \"1h\"; it shifts the slots within one "
	     "interval\n"},
	{"job x { offset = soon " J "}", JOB "offset: \"soon\"" UNITS},

	/* command */
	{"job x { every = 1h command = 'a | b' }", NULL},
	{"job x { every = 1h command = {a} }", NULL},
	{"job x { every = 1h command = {a, '', 'b c'} }", NULL},
	{"job x { every = 1h command = {a, b,} }", NULL},
	{"job x { every = 1h command = '' }",
	 JOB "command: it is empty; write what the shell is to run\n"},
	{"job x { every = 1h command = ' \n' }",
	 JOB "command: it is empty; write what the shell is to run\n"},
	{"job x { every = 1h command = {} }",
	 JOB "command: the list is empty; write the program and its arguments\n"},
	{"job x { every = 1h command = {'', a} }",
	 JOB "command: the first element is empty; it is the program to run\n"},
	{"job x { every = 1h }",
	 JOB "command: missing; it is what to run, as in command = 'date >> log' or command = "
	     "{\"/bin/date\", \"-u\"}\n"},

	/* splay, timeout, kill_grace */
	{"job x { splay = 1h " J "}", NULL},
	{"job x { splay = 61m " J "}",
	 "main.conf:1: warning: job \"x\": splay: \"1h1m\" is longer than every = \"1h\": a slot "
	 "may be due after the next one's time\n"},
	{"job x { timeout = 0 " J "}", NULL},
	{"job x { timeout = 59m " J "}", NULL},
	{"job x { timeout = never " J "}", JOB "timeout: \"never\"" UNITS},
	{"job x { timeout = 1h " J "}",
	 "main.conf:1: warning: job \"x\": timeout: \"1h\" is not less than every = \"1h\": a run "
	 "may last until slots after it are skipped\n"},
	{"job x { timeout = 2h overlap = queue " J "}",
	 "main.conf:1: warning: job \"x\": timeout: \"2h\" is not less than every = \"1h\": a run "
	 "may last until slots after it are skipped\n"},
	{"job x { timeout = 2h overlap = replace " J "}", NULL},
	{"job x { timeout = 2h overlap = allow " J "}", NULL},
	{"job x { kill_grace = 0 " J "}", NULL},
	{"job x { kill_grace = 10 " J "}", JOB "kill_grace: \"10\"" UNITS},

	/* overlap and max_running */
	{"job x { overlap = skip " J "}", NULL},
	{"job x { overlap = queue " J "}", NULL},
	{"job x { overlap = replace " J "}", NULL},
	{"job x { overlap = allow " J "}", NULL},
	{"job x { overlap = Skip " J "}",
	 JOB "overlap: \"Skip\" is not one of \"skip\", \"queue\", \"replace\", \"allow\"\n"},
	{"job x { overlap = allow max_running = 1000 " J "}", NULL},
	{"job x { overlap = allow max_running = 1001 " J "}",
	 JOB "max_running: \"1001\" is not a whole number from 1 to 1000\n"},
	{"job x { overlap = allow max_running = 0 " J "}",
	 JOB "max_running: \"0\" is not a whole number from 1 to 1000\n"},
	{"job x { max_running = 2 " J "}",
	 "main.conf:1: warning: job \"x\": max_running: means nothing with overlap = \"skip\"; it "
	 "goes with overlap = \"allow\"\n"},
	{"defaults { max_running = 2 } job x { " J "}", NULL},

	/* leftover and shell */
	{"job x { leftover = kill " J "}", NULL},
	{"job x { leftover = leave " J "}", NULL},
	{"job x { leftover = stay " J "}",
	 JOB "leftover: \"stay\" is not one of \"kill\", \"leave\"\n"},
	{"job x { shell = /bin/bash " J "}", NULL},
	{"job x { shell = bash " J "}",
	 JOB "shell: \"bash\" is not an absolute path; write it as in \"/bin/sh\"\n"},
	{"job x { shell = '' " J "}",
	 JOB "shell: \"\" is not an absolute path; write it as in \"/bin/sh\"\n"},

	/* groups */
	{"concurrency_group g { limit = 1 } job x { concurrency_group = g " J "}", NULL},
	{"job x { concurrency_group = g " J "} concurrency_group g { limit = 4096 }", NULL},
	{"concurrency_group g { limit = 1 }",
	 "main.conf:1: warning: concurrency_group \"g\": no job uses it\n"},
	{"concurrency_group g { limit = 0 }",
	 "main.conf:1: concurrency_group \"g\": limit: \"0\" is not a whole number from 1 to "
	 "4096\n"},
	{"concurrency_group g { }",
	 "main.conf:1: concurrency_group \"g\": limit: missing; it is how many runs of the group's "
	 "jobs may go on at the same time\n"},
	{"concurrency_group 'a b' { limit = 1 }",
	 "main.conf:1: concurrency_group \"a b\": the name " NAME_RULE},
	{"job x { concurrency_group = g " J "}",
	 JOB "concurrency_group: there is no such group; write concurrency_group \"g\" { limit = 1 "
	     "}\n"},
	{"defaults { concurrency_group = g }", "main.conf:1: defaults: concurrency_group: there is "
					       "no such group; write concurrency_group "
					       "\"g\" { limit = 1 }\n"},
	{"job x { concurrency_group = 'a b' " J "}",
	 JOB "concurrency_group: \"a b\": a name " NAME_RULE},

	/* names */
	{"job 'a-Z_0.9@b:c+d' { " J "}", NULL},
	{"job " N200 " { " J "}", NULL},
	{"job " N200 "f { " J "}", "main.conf:1: job \"" N200 "...\": the name " NAME_RULE},
	{"job '' { " J "}", "main.conf:1: job \"\": the name " NAME_RULE},
	{"job -x { " J "}", "main.conf:1: job \"-x\": the name " NAME_RULE},
	{"job .x { " J "}", "main.conf:1: job \".x\": the name " NAME_RULE},
	{"job 'a b' { " J "}", "main.conf:1: job \"a b\": the name " NAME_RULE},
	{"job a/b { " J "}", "main.conf:1: job \"a/b\": the name " NAME_RULE},
	{"job 'caf\u00e9' { " J "}", "main.conf:1: job \"caf\u00e9\": the name " NAME_RULE},
	{"job \"\\x1b[2J\" { " J "}", "main.conf:1: job \"\\x1b[2J\": the name " NAME_RULE},
};

static void says_what_is_wrong(void **state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		fixture_expect(*state, cases[i].text, cases[i].expected ? cases[i].expected : "");
}

static void refuses_an_argument_the_kernel_would_refuse(void **state)
{
	const struct fixture *fixture = *state;
	size_t limit = 128 * 1024;
	char *text = malloc(limit + 100);
	char *got;

	assert_non_null(text);
	for (size_t len = limit - 1; len <= limit; len++) {
		int n = sprintf(text, "job x { every = 1h command = '");

		memset(text + n, 'x', len);
		strcpy(text + n + len, "' }");
		fixture_write(fixture, "main.conf", text);
		got = fixture_load(fixture, "main.conf", NULL);
		assert_string_equal(got, len < limit ? ""
						     : JOB
						 "command: longer than the kernel takes, "
						 "which is 131071 bytes for each argument; "
						 "put it into a script\n");
		free(got);
	}
	free(text);
}

static void every_row_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];

		assert_non_null(option->name);
		assert_non_null(option->doc);
		assert_true(option->where != 0);
		assert_int_equal(option_id(option), i);
		assert_true(!option->choices == (option->type != OPTION_CHOICE));
		if (option->type == OPTION_INTEGER || option->type == OPTION_DURATION)
			assert_true(option->min < option->max);
		if (option->type == OPTION_SECTION)
			assert_true(option->inside != 0);
		for (size_t j = 0; j < i; j++)
			assert_false(!strcmp(option->name, option_table[j].name) &&
				     (option->where & option_table[j].where));
	}
}

static void every_default_is_a_good_value(void **state)
{
	struct option_set set;

	(void)state;
	option_set_fallbacks(&set);
	for (size_t i = 0; i < OPTION_COUNT; i++)
		assert_int_equal(option_is_given(&set, (enum option_id)i),
				 option_table[i].fallback != NULL);
}

static void misspelt_names_are_recognized(void **state)
{
	static const struct case_ unknown[] = {
		{"wrokers = 1",
		 "main.conf:1: unknown option \"wrokers\"; did you mean \"workers\"?\n"},
		{"jobs x { }", "main.conf:1: unknown option \"jobs\"; did you mean \"job\"?\n"},
		{"job x { comand = y " J "}",
		 JOB "unknown option \"comand\"; did you mean \"command\"?\n"},
		{"job x { Every = y " J "}",
		 JOB "unknown option \"Every\"; did you mean \"every\"?\n"},
		{"job x { workers = 1 " J "}",
		 JOB "\"workers\" does not belong here; it stands at the top level of the main "
		     "file\n"},
		{"defaults { every = 1s }",
		 "main.conf:1: defaults: \"every\" does not belong here; it stands in a job\n"},
		{"timeout = 1s", "main.conf:1: \"timeout\" does not belong here; it stands in a "
				 "job or in defaults\n"},
		{"limit = 1", "main.conf:1: \"limit\" does not belong here; it stands in a "
			      "concurrency_group\n"},
		{"job x { " J " job y { " J " } }",
		 JOB "\"job\" does not belong here; it stands at the top level of a file (is a "
		     "\"}\" missing above?)\n"},
		{"concurrency_group g { max = 1 limit = 1 }",
		 "main.conf:1: concurrency_group \"g\": unknown option \"max\"; possible here: "
		 "limit\n"},
		{"defaults { mailto = root }",
		 "main.conf:1: defaults: unknown option \"mailto\"; possible here: splay, timeout, "
		 "kill_grace, overlap, max_running, concurrency_group, leftover, shell\n"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(unknown); i++)
		fixture_expect(*state, unknown[i].text, unknown[i].expected);
}

/* The manual has an entry for each option, and where there is a default it stands in it. */
static void the_manual_names_every_option(void **state)
{
	static const char path[] = "man/everyd.conf.5";
	static char manual[256 * 1024];
	FILE *f = fopen(path, "r");
	size_t len;

	(void)state;
	if (!f) {
		print_message("no %s here: to be run from the top of the tree\n", path);
		skip();
	}
	len = fread(manual, 1, sizeof(manual) - 1, f);
	(void)fclose(f);
	manual[len] = '\0';
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];
		char item[100];
		char *at;
		char *end;

		(void)snprintf(item, sizeof(item), "\n.It %s %s",
			       option->type == OPTION_SECTION || option->type == OPTION_FUNCTION
				       ? "Ic"
				       : "Cm",
			       option->name);
		at = strstr(manual, item);
		if (!at)
			fail_msg("%s has no entry \"%s\"", path, item + 1);
		/* Up to the next one; the values of a choice are items too. */
		for (end = at + 1; (end = strstr(end + 1, "\n.It "));)
			if (!strncmp(end + 5, "Cm ", 3) || !strncmp(end + 5, "Ic ", 3))
				break;
		if (end)
			*end = '\0';
		if (option->fallback) {
			(void)snprintf(item, sizeof(item), "\n.Li %s", option->fallback);
			if (!strstr(at, item))
				fail_msg("%s: %s: its default %s is not told", path, option->name,
					 option->fallback);
		}
		if (end)
			*end = '\n';
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_what_is_wrong, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(refuses_an_argument_the_kernel_would_refuse,
						fixture_setup, fixture_teardown),
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(every_default_is_a_good_value),
		cmocka_unit_test_setup_teardown(misspelt_names_are_recognized, fixture_setup,
						fixture_teardown),
		cmocka_unit_test(the_manual_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
