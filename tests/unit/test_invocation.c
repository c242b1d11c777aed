/* The command line: options of all commands wherever they stand, the command's own where they are
   asked for, and what is left. */
#include "ctl/ctl.h"
#include "ctl/invocation.h"
#include "ctl/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ARGS_MAX 10

static const struct ctl_option options[] = {
	{'n', "count", "N", "how many"},
	{0, "from", "TIME", "when"},
	{'q', "quiet", NULL, "say nothing"},
	{0},
};

static const struct ctl_command command = {"next", "[JOB...]", "show", options, NULL};

/* What ctl_option() makes of words: "count=3 quiet" and the arguments behind "|". */
static const struct {
	const char *words[ARGS_MAX];
	const char *seen;
} own[] = {
	{{NULL}, "|"},
	{{"a", "b"}, "|a b "},
	{{"--count", "3"}, "count=3 |"},
	{{"--count=3", "-q"}, "count=3 quiet |"},
	{{"-n3", "-n", "4"}, "count=3 count=4 |"},
	{{"a", "-n", "-1", "b", "--from=-1d", "c"}, "count=-1 from=-1d |a b c "},
	{{"--from", "--quiet"}, "from=--quiet |"},
	{{"--from="}, "from= |"},
	{{"a", "--", "-q", "b"}, "|a -q b "},
	{{"a", "-q", "--", "--", "b"}, "quiet |a -- b "},
	{{"-"}, "|- "},
	/* A time. */
	{{"a", "-1d", "-q"}, "quiet |a -1d "},
	/* Several letters in one word. */
	{{"-qq"}, "quiet quiet |"},
	{{"a", "-qn3", "b"}, "quiet count=3 |a b "},
	{{"a", "-qqn", "3", "b", "-q"}, "quiet quiet count=3 quiet |a b "},
	{{"-nq", "-q"}, "count=q quiet |"},
	/* Mistakes. */
	{{"a", "--coun", "3"}, "mistake"},
	{{"--count"}, "mistake"},
	{{"-n"}, "mistake"},
	{{"--quiet=yes"}, "mistake"},
	{{"-qqx"}, "mistake"},
	{{"-q-"}, "mistake"},
	{{"-qn"}, "mistake"},
	{{"-x"}, "mistake"},
	{{"--counting=3"}, "mistake"},
};

static int split(const char *const *words, char *argv[], const char *first, const char *second)
{
	int argc = 0;

	argv[argc++] = (char *)(uintptr_t)first;
	if (second)
		argv[argc++] = (char *)(uintptr_t)second;
	for (int i = 0; i < ARGS_MAX && words[i]; i++)
		argv[argc++] = (char *)(uintptr_t)words[i];
	argv[argc] = NULL;
	return argc;
}

/* The options and arguments that args have, in words. */
static const char *tell(struct ctl_args *args, char *buf, size_t size)
{
	size_t used = 0;
	const char *value;
	int option;

	buf[0] = '\0';
	while ((option = ctl_option(args, &value)) >= 0) {
		const struct ctl_option *row = &args->command->options[option];

		used += (size_t)snprintf(buf + used, size - used, "%s%s%s ", row->name,
					 row->argument ? "=" : "", row->argument ? value : "");
	}
	if (option == -2)
		return "mistake";
	used += (size_t)snprintf(buf + used, size - used, "|");
	for (int i = args->next; i < args->argc; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s ", args->argv[i]);
	return buf;
}

static void own_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(own); i++) {
		char *argv[ARGS_MAX + 3];
		struct ctl_args args = {.command = &command, .argv = argv, .next = 1};
		char seen[200];

		args.argc = split(own[i].words, argv, "next", NULL);
		assert_string_equal(tell(&args, seen, sizeof(seen)), own[i].seen);
	}
}

/* What invocation_parse() makes of words behind "everyctl". */
static const struct {
	const char *words[ARGS_MAX];
	const char *seen; /* NULL: a mistake */
} lines[] = {
	{{"check"}, "check"},
	{{"-c", "x", "check"}, "check config=x"},
	{{"check", "-c", "x"}, "check config=x"},
	{{"check", "-cx"}, "check config=x"},
	{{"--config=x", "check", "--json"}, "check config=x json"},
	{{"-c", "x", "check", "-c", "y"}, "check config=y"},
	{{"check", "--no-header", "--color", "never"}, "check no-header color=2"},
	{{"--color=always", "check"}, "check color=1"},
	{{"--help"}, "- help"},
	{{"--version"}, "- version"},
	{{"help", "check", "--help"}, "help help check"},
	{{"help", "--", "--json"}, "help -- --json"},
	{{"help", "-", "--json"}, "help json -"},
	{{"help", "--what", "--json"}, "help json --what"},
	{{"next", "-n", "--json", "--json"}, "next json -n --json"},
	{{"next", "--from", "-c"}, "next --from -c"},
	{{"next", "--from=-1d", "-cx"}, "next config=x --from=-1d"},
	{{"exec", "-fe", "--json", "a"}, "exec -fe --json a"},
	{{"next", "-n"}, "next -n"},
	{{NULL}, NULL},
	{{"--json"}, NULL},
	{{"chekc"}, NULL},
	{{""}, NULL},
	{{"--what", "check"}, NULL},
	{{"--confg", "x", "check"}, NULL},
	{{"check", "-c"}, NULL},
	{{"check", "--json=yes"}, NULL},
	{{"check", "--color=blue"}, NULL},
	{{"check", "--color"}, NULL},
};

static void whole_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		char *argv[ARGS_MAX + 3];
		int argc = split(lines[i].words, argv, "everyctl", NULL);
		struct invocation seen = {0};
		char text[300];
		int n;

		if (invocation_parse(argc, argv, &seen) < 0) {
			if (lines[i].seen)
				fail_msg("refused, but should be: %s", lines[i].seen);
			continue;
		}
		n = snprintf(text, sizeof(text), "%s", seen.command ? seen.command->name : "-");
		if (seen.config)
			n += snprintf(text + n, sizeof(text) - (size_t)n, " config=%s",
				      seen.config);
		if (seen.color != INVOCATION_COLOR_AUTO)
			n += snprintf(text + n, sizeof(text) - (size_t)n, "%s color=%d",
				      seen.no_header ? " no-header" : "", (int)seen.color);
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%s%s",
			      seen.json ? " json" : "", seen.help ? " help" : "",
			      seen.version ? " version" : "");
		for (int a = 1; a < seen.args.argc; a++)
			n += snprintf(text + n, sizeof(text) - (size_t)n, " %s", seen.args.argv[a]);
		if (seen.command)
			assert_null(seen.args.argv[seen.args.argc]);
		assert_non_null(lines[i].seen);
		assert_string_equal(text, lines[i].seen);
	}
}

/* The value of a command's option is not taken for one of those of all commands, nor the other way
   round: no two may have the same name. */
static void names_are_apart(void **state)
{
	const char *value;

	(void)state;
	for (const struct ctl_command *c = ctl_commands; c->name; c++) {
		for (const struct ctl_option *o = c->options; o && o->name; o++) {
			char word[64];
			const char short_word[] = {'-', o->letter, '\0'};

			(void)snprintf(word, sizeof(word), "--%s", o->name);
			assert_int_equal(option_match(invocation_options, word, &value), -1);
			assert_int_equal(option_match(c->options, word, &value), o - c->options);
			if (!o->letter)
				continue;
			assert_int_equal(option_match(invocation_options, short_word, &value), -1);
			assert_int_equal(option_match(c->options, short_word, &value),
					 o - c->options);
		}
	}
}

/* Each command and option has its words, as help shows them. */
static void words_are_fit_for_help(void **state)
{
	(void)state;
	for (const struct ctl_command *c = ctl_commands; c->name; c++) {
		assert_non_null(c->arguments);
		assert_non_null(c->run);
		assert_true(c->doc[0] >= 'a' && c->doc[0] <= 'z');
		assert_int_not_equal(c->doc[strlen(c->doc) - 1], '.');
		for (const struct ctl_option *o = c->options; o && o->name; o++) {
			assert_true(strlen(o->doc) > 3);
			assert_int_not_equal(o->doc[strlen(o->doc) - 1], '.');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_options),
		cmocka_unit_test(whole_lines),
		cmocka_unit_test(names_are_apart),
		cmocka_unit_test(words_are_fit_for_help),
	};

	/* What is said of mistakes is for the system tests. */
	if (!freopen("/dev/null", "w", stderr))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
