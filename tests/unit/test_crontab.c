/* Crontabs and anacrontabs are taken apart as cron(8) and anacron(8) do it. */
#include "ctl/crontab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) literal, sizeof(literal) - 1

/* The first line of a text; what it says lives until `crontab` is done. */
static struct crontab_line first_line(struct crontab *crontab, enum crontab_format format,
				      const char *text, size_t len)
{
	struct crontab_line line;

	crontab_init(crontab, format, false, text, len);
	assert_int_equal(crontab_next(crontab, &line), 1);
	return line;
}

static void same_text(const char *of, const char *text, const char *expected)
{
	if (!text != !expected || (text && strcmp(text, expected) != 0))
		fail_msg("%s: \"%s\", not \"%s\"", of, text ? text : "(none)",
			 expected ? expected : "(none)");
}

static void lines_are_of_a_kind(void **state)
{
	static const struct {
		enum crontab_format format;
		const char *text;
		size_t len;
		enum crontab_kind kind;
	} cases[] = {
		{CRONTAB_USER, BYTES("\n"), CRONTAB_BLANK},
		{CRONTAB_USER, BYTES(" \t \r\n"), CRONTAB_BLANK},
		{CRONTAB_USER, BYTES("# a\n"), CRONTAB_COMMENT},
		{CRONTAB_USER, BYTES("\t #a = b\n"), CRONTAB_COMMENT},
		{CRONTAB_USER, BYTES("a=b\n"), CRONTAB_VARIABLE},
		{CRONTAB_USER, BYTES("* * * * * a\n"), CRONTAB_JOB},
		{CRONTAB_USER, BYTES("* * * * * a=b\n"), CRONTAB_JOB},
		{CRONTAB_USER, BYTES("@daily a=b c\n"), CRONTAB_JOB},
		{CRONTAB_USER, BYTES("\t * *\t* * *\ta b\n"), CRONTAB_JOB},
		{CRONTAB_USER, BYTES("* * * * * a"), CRONTAB_JOB},
		{CRONTAB_USER, BYTES("* * * * *\n"), CRONTAB_BAD},
		{CRONTAB_USER, BYTES("* * * * *   \n"), CRONTAB_BAD},
		{CRONTAB_USER, BYTES("* * * * * %in\n"), CRONTAB_BAD},
		{CRONTAB_USER, BYTES("* * * * * * a\n"), CRONTAB_BAD},
		{CRONTAB_USER, BYTES("* * * *\n"), CRONTAB_BAD},
		{CRONTAB_USER, BYTES("@daily\n"), CRONTAB_BAD},
		{CRONTAB_USER, BYTES("@Daily a\n"), CRONTAB_BAD},
		{CRONTAB_USER, BYTES("-\n"), CRONTAB_BAD},
		{CRONTAB_USER, BYTES("backup at noon\n"), CRONTAB_BAD},
		{CRONTAB_USER, BYTES("a b=c\n"), CRONTAB_BAD},
		{CRONTAB_USER, BYTES("=c\n"), CRONTAB_BAD},
		{CRONTAB_USER, BYTES("* * * * * a\0b\n"), CRONTAB_BAD},
		{CRONTAB_USER, BYTES("\0"), CRONTAB_BAD},
		{CRONTAB_SYSTEM, BYTES("* * * * * root a\n"), CRONTAB_JOB},
		{CRONTAB_SYSTEM, BYTES("* * * * * root\n"), CRONTAB_BAD},
		{CRONTAB_SYSTEM, BYTES("* * * * * * root a\n"), CRONTAB_BAD},
		{CRONTAB_ANACRON, BYTES("1 5 a b c\n"), CRONTAB_JOB},
		{CRONTAB_ANACRON, BYTES("@monthly\t5\ta b\n"), CRONTAB_JOB},
		{CRONTAB_ANACRON, BYTES("A=b\n"), CRONTAB_VARIABLE},
		{CRONTAB_ANACRON, BYTES(" # A=b\n"), CRONTAB_COMMENT},
		{CRONTAB_ANACRON, BYTES(" \n"), CRONTAB_BLANK},
		{CRONTAB_ANACRON, BYTES("1 5 a\n"), CRONTAB_BAD},
		{CRONTAB_ANACRON, BYTES("x 5 a b\n"), CRONTAB_BAD},
		{CRONTAB_ANACRON, BYTES("1 x a b\n"), CRONTAB_BAD},
		{CRONTAB_ANACRON, BYTES("1 999999 a b\n"), CRONTAB_BAD},
		{CRONTAB_ANACRON, BYTES("1 5 a/b c\n"), CRONTAB_BAD},
		{CRONTAB_ANACRON, BYTES("1 5 a b\\\nc\0d\n"), CRONTAB_BAD},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct crontab crontab;
		struct crontab_line line =
			first_line(&crontab, cases[i].format, cases[i].text, cases[i].len);

		if (line.kind != cases[i].kind)
			fail_msg("\"%s\" is of kind %d, not %d", cases[i].text, (int)line.kind,
				 (int)cases[i].kind);
		assert_int_equal(line.problem != NULL, line.kind == CRONTAB_BAD);
		crontab_done(&crontab);
	}
}

/* NULL: it is no variable. */
static void variables_lose_blanks_and_quotes(void **state)
{
	static const struct {
		enum crontab_format format;
		const char *text;
		const char *name;
		const char *value;
	} cases[] = {
		{CRONTAB_USER, "MAILTO=paul\n", "MAILTO", "paul"},
		{CRONTAB_USER, "  A\t=  b c \t\n", "A", "b c"},
		{CRONTAB_USER, "A=\n", "A", ""},
		{CRONTAB_USER, "MAILTO=\"\"\n", "MAILTO", ""},
		{CRONTAB_USER, "A=' b '\n", "A", " b "},
		{CRONTAB_USER, "A=\" 'b' \"  \n", "A", " 'b' "},
		{CRONTAB_USER, "\"A\"=b\n", "A", "b"},
		{CRONTAB_USER, "'A B' = b\n", "A B", "b"},
		{CRONTAB_USER, "A=b\"c\"\n", "A", "b\"c\""},
		{CRONTAB_USER, "A=b=c # d\n", "A", "b=c # d"},
		{CRONTAB_USER, "A=$HOME/bin\\\n", "A", "$HOME/bin\\"},
		{CRONTAB_USER, "A=b\r\n", "A", "b"},
		{CRONTAB_USER, "A=\"b\" c\n", NULL, NULL},
		{CRONTAB_USER, "A=\"b\n", NULL, NULL},
		{CRONTAB_USER, "\"A=b\n", NULL, NULL},
		{CRONTAB_USER, "\"A=B\"=c\n", NULL, NULL},
		{CRONTAB_ANACRON, "A=b\n", "A", "b"},
		{CRONTAB_ANACRON, "\tA =  'b' \n", "A", "  'b' "},
		{CRONTAB_ANACRON, "A=b\\\n c\n", "A", "b  c"},
		{CRONTAB_ANACRON, "A=b\\\r\nc\n", "A", "b c"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct crontab crontab;
		struct crontab_line line =
			first_line(&crontab, cases[i].format, cases[i].text, strlen(cases[i].text));

		if ((line.kind == CRONTAB_VARIABLE) != (cases[i].name != NULL))
			fail_msg("\"%s\" is of kind %d", cases[i].text, (int)line.kind);
		same_text(cases[i].text, line.name, cases[i].name);
		same_text(cases[i].text, line.value, cases[i].value);
		crontab_done(&crontab);
	}
}

/* What is behind the five fields, by the rules for "%". */
static void a_percent_sign_begins_the_input(void **state)
{
	static const struct {
		const char *text;
		const char *command;
		const char *input;
	} cases[] = {
		{"date", "date", NULL},
		{"date  '+a' # b", "date  '+a' # b", NULL},
		{"date +\\%F", "date +%F", NULL},
		{"date +%F", "date +", "F\n"},
		{"cat%", "cat", NULL},
		{"cat%%", "cat", "\n"},
		{"cat%a", "cat", "a\n"},
		{"cat%a%", "cat", "a\n"},
		{"cat%a%%b", "cat", "a\n\nb\n"},
		{"mail -s \"It's 10pm\" joe%Joe,%%Where are your kids?%",
		 "mail -s \"It's 10pm\" joe", "Joe,\n\nWhere are your kids?\n"},
		{"cat%5\\% of%it", "cat", "5% of\nit\n"},
		{"a\\b\\%c", "a\\b%c", NULL},
		{"a\\\\%b", "a\\\\", "b\n"},
		{"a\\\\\\%b", "a\\\\%b", NULL},
		{"a\\%%b", "a%", "b\n"},
		{"a%b\\\\%c", "a", "b\\%c\n"},
		{"a%b\\%%c", "a", "b%\nc\n"},
		{"a%\\b\\", "a", "\\b\\\n"},
		{"a\\", "a\\", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct crontab_line line;
		struct crontab crontab;
		char text[100];

		(void)snprintf(text, sizeof(text), "1 2 3 4 5 %s\n", cases[i].text);
		line = first_line(&crontab, CRONTAB_USER, text, strlen(text));
		assert_int_equal(line.kind, CRONTAB_JOB);
		same_text(cases[i].text, line.when, "1 2 3 4 5");
		same_text(cases[i].text, line.command, cases[i].command);
		same_text(cases[i].text, line.input, cases[i].input);
		crontab_done(&crontab);
	}
}

/* To Debian's cron two backslashes in a command, though not in its input, are one. */
static void backslashes_are_debians_or_not(void **state)
{
	static const struct {
		const char *text;
		const char *command;
		const char *debians;
		const char *input;
	} cases[] = {
		{"a\\\\b", "a\\\\b", "a\\b", NULL},
		{"a\\b \\", "a\\b \\", "a\\b \\", NULL},
		{"a\\\\\\\\b", "a\\\\\\\\b", "a\\\\b", NULL},
		{"a\\\\\\b", "a\\\\\\b", "a\\\\b", NULL},
		{"a\\\\\\%b", "a\\\\%b", "a\\%b", NULL},
		{"a\\\\%b\\\\c", "a\\\\", "a\\", "b\\\\c\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		for (int debian = 0; debian < 2; debian++) {
			struct crontab_line line;
			struct crontab crontab;
			char text[100];

			(void)snprintf(text, sizeof(text), "@daily %s\n", cases[i].text);
			crontab_init(&crontab, CRONTAB_USER, debian, text, strlen(text));
			assert_int_equal(crontab_next(&crontab, &line), 1);
			same_text(cases[i].text, line.command,
				  debian ? cases[i].debians : cases[i].command);
			same_text(cases[i].text, line.input, cases[i].input);
			crontab_done(&crontab);
		}
	}
}

static void jobs_are_taken_apart(void **state)
{
	static const struct {
		enum crontab_format format;
		const char *text;
		struct crontab_line line;
	} cases[] = {
		{CRONTAB_USER,
		 " 0-23/2\t*  * jan MON\ta  b \n",
		 {.when = "0-23/2 * * jan MON", .command = "a  b "}},
		{CRONTAB_USER, "@reboot a\n", {.when = "@reboot", .command = "a"}},
		{CRONTAB_USER, "-*/5 * * * * a\n", {.when = "*/5 * * * *", .command = "a"}},
		{CRONTAB_USER, "-@daily a\n", {.when = "@daily", .command = "a"}},
		{CRONTAB_USER,
		 "@daily -n -q a -s\n",
		 {.when = "@daily", .command = "a -s", .failures_only = true}},
		{CRONTAB_USER,
		 "@daily -qs a\n",
		 {.when = "@daily", .command = "a", .single = true}},
		{CRONTAB_USER, "@daily -x a\n", {.when = "@daily", .command = "-x a"}},
		{CRONTAB_USER, "@daily - a\n", {.when = "@daily", .command = "- a"}},
		{CRONTAB_USER, "@daily a\r\n", {.when = "@daily", .command = "a"}},
		{CRONTAB_SYSTEM,
		 "17 *\t* * *\troot\tcd / && run-parts x\n",
		 {.when = "17 * * * *", .user = "root", .command = "cd / && run-parts x"}},
		{CRONTAB_SYSTEM,
		 "@hourly www-data -s a\n",
		 {.when = "@hourly", .user = "www-data", .command = "a", .single = true}},
		{CRONTAB_ANACRON,
		 "7\t10\tcron.weekly\trun-parts %x \\y\n",
		 {.when = "7", .delay = 10, .id = "cron.weekly", .command = "run-parts %x \\y"}},
		{CRONTAB_ANACRON,
		 "@monthly 0 m a \\\n\tb\n",
		 {.when = "@monthly", .id = "m", .command = "a  \tb"}},
		{CRONTAB_ANACRON,
		 "1 2 c d \\",
		 {.when = "1", .delay = 2, .id = "c", .command = "d \\"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct crontab_line *expected = &cases[i].line;
		const char *text = cases[i].text;
		struct crontab crontab;
		struct crontab_line line =
			first_line(&crontab, cases[i].format, text, strlen(text));

		if (line.kind != CRONTAB_JOB)
			fail_msg("\"%s\" is of kind %d: %s", text, (int)line.kind,
				 line.problem ? line.problem : "");
		same_text(text, line.when, expected->when);
		same_text(text, line.user, expected->user);
		same_text(text, line.command, expected->command);
		same_text(text, line.input, expected->input);
		same_text(text, line.id, expected->id);
		assert_int_equal(line.delay, expected->delay);
		assert_int_equal(line.single, expected->single);
		assert_int_equal(line.failures_only, expected->failures_only);
		crontab_done(&crontab);
	}
}

/* What other programs take for a time is not taken here: cron(8) would not run it. */
static void times_are_those_of_crontabs(void **state)
{
	static const struct {
		const char *when;
		bool good;
	} cases[] = {
		{"* * * * *", true},
		{"*/5 0-23/2 1,15 jan-mar mon,wed,fri", true},
		{"0-4,8-12 1,2,5,9 * * 0-7", true},
		{"6~15 ~ ~15 3~ *", true},
		{"0~59/10 ~/2 * * *", true},
		{"1,*/5 * * Oct Sun-sat", true},
		{"99 99 99 99 99", true},
		{"5-5 7~7 1 jan-3 *", true},
		{"0 0 1 feb-1 *", false},
		{"5/10 * * * *", false},
		{"? * * * *", false},
		{"5-1 * * * *", false},
		{"9~3 * * * *", false},
		{"0 0 L * *", false},
		{"0 0 15W * *", false},
		{"0 0 * * 5#2", false},
		{"0 0 * * fri-mon", false},
		{"0 0 * * monday", false},
		{"0 0 * * mo", false},
		{"0 0 * xyz *", false},
		{", * * * *", false},
		{"1, * * * *", false},
		{"1,,2 * * * *", false},
		{"1- * * * *", false},
		{"-1 -1 * * *", false},
		{"*/ * * * *", false},
		{"*/a * * * *", false},
		{"*5 * * * *", false},
		{"**/2 * * * *", false},
		{"1-2-3 * * * *", false},
		{"1/2/3 * * * *", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct crontab_line line;
		struct crontab crontab;
		char text[100];

		(void)snprintf(text, sizeof(text), "%s a\n", cases[i].when);
		line = first_line(&crontab, CRONTAB_USER, text, strlen(text));
		if ((line.kind == CRONTAB_JOB) != cases[i].good)
			fail_msg("\"%s\": kind %d", cases[i].when, (int)line.kind);
		crontab_done(&crontab);
	}
}

static void lines_are_counted(void **state)
{
	static const struct {
		enum crontab_format format;
		const char *text;
		unsigned numbers[4]; /* 0: no more */
	} cases[] = {
		{CRONTAB_USER, "", {0}},
		{CRONTAB_USER, "# a\n\n@daily b\n", {1, 2, 3}},
		{CRONTAB_USER, "# a\\\n\n@daily b", {1, 2, 3}},
		{CRONTAB_ANACRON, "# a\\\n1 2 c d\n\nA=\\\nb", {1, 3, 4}},
		{CRONTAB_ANACRON, "1 2 c d\\", {1}},
		{CRONTAB_ANACRON, "\\\n\\\n\\\n", {1}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct crontab_line line;
		struct crontab crontab;

		crontab_init(&crontab, cases[i].format, false, cases[i].text,
			     strlen(cases[i].text));
		for (size_t n = 0; cases[i].numbers[n]; n++) {
			assert_int_equal(crontab_next(&crontab, &line), 1);
			assert_int_equal(line.number, cases[i].numbers[n]);
			assert_int_equal(line.unended,
					 crontab.at == crontab.len &&
						 crontab.text[crontab.len - 1] != '\n');
		}
		assert_int_equal(crontab_next(&crontab, &line), 0);
		crontab_done(&crontab);
	}
}

static void a_line_has_a_bound(void **state)
{
	size_t len = CRONTAB_LINE_MAX + 2;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	for (size_t longer = 0; longer < 2; longer++) {
		size_t n = CRONTAB_LINE_MAX + longer;
		struct crontab_line line;
		struct crontab crontab;

		memset(text, 'a', n);
		memcpy(text, "@daily ", 7);
		text[n] = '\n';
		line = first_line(&crontab, CRONTAB_USER, text, n + 1);
		assert_int_equal(line.kind, longer ? CRONTAB_BAD : CRONTAB_JOB);
		assert_int_equal(line.len, n);
		crontab_done(&crontab);
		line = first_line(&crontab, CRONTAB_ANACRON, text, n + 1);
		assert_int_equal(line.kind, CRONTAB_BAD);
		crontab_done(&crontab);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_of_a_kind),
		cmocka_unit_test(variables_lose_blanks_and_quotes),
		cmocka_unit_test(a_percent_sign_begins_the_input),
		cmocka_unit_test(backslashes_are_debians_or_not),
		cmocka_unit_test(jobs_are_taken_apart),
		cmocka_unit_test(times_are_those_of_crontabs),
		cmocka_unit_test(lines_are_counted),
		cmocka_unit_test(a_line_has_a_bound),
	};

	return cmocka_run_group_tests_name("crontab", tests, NULL, NULL);
}
