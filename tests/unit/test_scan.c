/* What libconfuse would not tell, or not survive, is found before it sees the text. */
#include "config_fixture.h"

#include "config/lex.h"
#include "config/scan.h"

#define GOOD "job good { every = 1h command = x }\n"

struct case_ {
	const char *text;
	size_t len; /* 0: of a string */
	const char *expected;
};

#define VARIABLE                                                                                   \
	"\"${\" is replaced from everyd's own environment when the file is read; in single "       \
	"quotes it is kept for the shell\n"
#define NO_BRACE "\"${\" has no \"}\"; in single quotes it would be plain text\n"
#define ESCAPE(e)                                                                                  \
	"\"" e "\" is no escape; they go from \"\\1\" to \"\\377\", octal, and a backslash "       \
	"itself is \"\\\\\"\n"

static const struct case_ broken[] = {
	/* strings and comments without an end */
	{"\nworkers = \"8", 0,
	 "main.conf:2: workers: the string that begins here has no end; close it with \"\n"},
	{"workers = '8\n\n\n", 0,
	 "main.conf:1: workers: the string that begins here has no end; close it with '\n"},
	{"workers = \"8\\", 0,
	 "main.conf:1: workers: the string that begins here has no end; close it with \"\n"},
	{"workers = '8\\", 0,
	 "main.conf:1: workers: the string that begins here has no end; close it with '\n"},
	{"\n\n/* workers = 8 *\n", 0,
	 "main.conf:3: this comment has no end; close it with \"*/\"\n"},
	{"/*/", 0, "main.conf:1: this comment has no end; close it with \"*/\"\n"},
	{"workers = /* 8", 0,
	 "main.conf:1: workers: this comment has no end; close it with \"*/\"\n"},

	/* escapes */
	{"workers = \"\\8\"", 0, "main.conf:1: workers: " ESCAPE("\\8")},
	{"workers = \"\\777\"", 0, "main.conf:1: workers: " ESCAPE("\\777")},
	{"workers = \"\\1234\"", 0, "main.conf:1: workers: " ESCAPE("\\1234")},
	{"workers = \"\\129\"", 0, "main.conf:1: workers: " ESCAPE("\\129")},
	{"workers = \"8\\0\"", 0, "main.conf:1: workers: " ESCAPE("\\0")},
	{"workers = \"8\\x0\"", 0,
	 "main.conf:1: workers: \"\\x0\" would be a NUL byte, which no text can hold\n"},
	{"workers = \"8\\x00\"", 0,
	 "main.conf:1: workers: \"\\x00\" would be a NUL byte, which no text can hold\n"},
	{"workers = \"\n\\9\"", 0, "main.conf:2: workers: " ESCAPE("\\9")},

	/* the environment */
	{"workers = \"${X\"\nqueue = \"}\"", 0, "main.conf:1: workers: " NO_BRACE},
	{"workers = \"\n${X\n}\"", 0, "main.conf:2: workers: " NO_BRACE},
	{"workers = ${X", 0, "main.conf:1: workers: " NO_BRACE},
	{"workers = a${X}", 0,
	 "main.conf:1: workers: \"${\" inside a word; put the text in quotes\n"},

	/* bytes */
	{"workers = 8\n\0", 13, "main.conf:2: a NUL byte; a text file has none\n"},
	{"\n# \xff\n", 0, "main.conf:2: not valid UTF-8\n"},
	{"workers = \"\xed\xa0\x80\"", 0, "main.conf:1: not valid UTF-8\n"},

	/* characters that libconfuse would drop */
	{"job x { every = */5 }", 0,
	 "main.conf:1: job \"x\": every: \"*\" outside of quotes; put the text in quotes\n"},
	{"job a+b { }", 0,
	 "main.conf:1: job \"a\": \"+\" outside of quotes; put the text in quotes\n"},

	/* syntax */
	{"}", 0, "main.conf:1: expected an option or a section, found \"}\"\n"},
	{"workers 8", 0, "main.conf:1: workers: expected \"=\", found \"8\"\n"},
	{"workers", 0, "main.conf:1: workers: expected \"=\", found the end of the file\n"},
	{"workers =\n", 0, "main.conf:2: workers: expected a value, found the end of the file\n"},
	{"workers = =", 0, "main.conf:1: workers: expected a value, found \"=\"\n"},
	{"workers = {1 2}", 0, "main.conf:1: workers: expected \",\" or \"}\", found \"2\"\n"},
	{"workers = {1, += }", 0, "main.conf:1: workers: expected \",\" or \"}\", found \"+=\"\n"},
	{"job", 0, "main.conf:1: job: expected a name in quotes, found the end of the file\n"},
	{"job {", 0, "main.conf:1: job: expected a name in quotes, found \"{\"\n"},
	{"job x y", 0, "main.conf:1: job \"x\": expected \"{\", found \"y\"\n"},
	{"job x { = }", 0, "main.conf:1: job \"x\": expected an option or \"}\", found \"=\"\n"},
	{"\njob x {\n every = 1s\n", 0,
	 "main.conf:2: job \"x\": the section has no end; close it with \"}\"\n"},
	{"defaults x", 0, "main.conf:1: defaults: expected \"{\", found \"x\"\n"},
	{"include = x", 0, "main.conf:1: include: expected \"(\", found \"=\"\n"},
	{"include()", 0, "main.conf:1: include: expected a file name in quotes, found \")\"\n"},
	{"include(a, b)", 0, "main.conf:1: include: expected \")\", found \",\"\n"},
	{"wat", 0,
	 "main.conf:1: unknown option \"wat\"; possible here: workers, queue, stop_timeout, "
	 "state_dir, durability, history_keep, history_runs, catch_up_rate, sendmail, mail_from, "
	 "status_listen, metrics_jobs, metrics_textfile, include_dir, include, defaults, job, "
	 "concurrency_group\n"
	 "main.conf:1: expected \"=\", found the end of the file\n"},
	{"wroker { {", 0,
	 "main.conf:1: unknown option \"wroker\"; did you mean \"workers\"?\n"
	 "main.conf:1: the \"{\" here has no \"}\"\n"},
};

/* After each of them, and after what stands before it in the file, the next file is read well: the
   scanner of libconfuse is global to the process. */
static void broken_text_is_refused_and_forgotten(void **state)
{
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(broken); i++) {
		const struct case_ *c = &broken[i];
		char *got;

		fixture_write_bytes(fixture, "main.conf", c->text,
				    c->len ? c->len : strlen(c->text));
		got = fixture_load(fixture, "main.conf", NULL);
		if (strcmp(got, c->expected) != 0)
			fail_msg("for:\n%s\nexpected:\n%s\ngot:\n%s", c->text, c->expected, got);
		free(got);
		fixture_expect(fixture, GOOD, "");
	}
}

static void what_stands_behind_a_syntax_error_is_checked(void **state)
{
	fixture_expect(*state,
		       "job { every = 1h command = x }\n"
		       "wokers = 3\n"
		       "job a { command { \"x\" } }\n"
		       "job b {\n"
		       "\tevery = 7x\n"
		       "\tcommand = {\"a\" \"b\"}\n"
		       "\ttiemout = 3s\n"
		       "}\n"
		       "}\n"
		       "workers { }\n"
		       "queue = none\n",
		       "main.conf:1: job: expected a name in quotes, found \"{\"\n"
		       "main.conf:2: unknown option \"wokers\"; did you mean \"workers\"?\n"
		       "main.conf:3: job \"a\": command: expected \"=\", found \"{\"\n"
		       "main.conf:5: job \"b\": every: \"7x\" is not a duration; use numbers with "
		       "units us ms s m h d w, as in \"1h30m\"\n"
		       "main.conf:6: job \"b\": command: expected \",\" or \"}\", found \"b\"\n"
		       "main.conf:7: job \"b\": unknown option \"tiemout\"; did you mean "
		       "\"timeout\"?\n"
		       "main.conf:9: expected an option or a section, found \"}\"\n"
		       "main.conf:10: workers: expected \"=\", found \"{\"\n"
		       "main.conf:11: queue: \"none\" is not a whole number from 0 to 1000000\n");
	fixture_expect(*state, GOOD, "");
}

static void what_stands_before_a_syntax_error_is_checked(void **state)
{
	fixture_expect(
		*state,
		"workers = x\n"
		"job a { every = 1 command = x }\n"
		"job b { every = 2 command = \"x }\n",
		"main.conf:1: workers: \"x\" is not a whole number from 1 to 4096\n"
		"main.conf:2: job \"a\": every: \"1\" is not a duration; use numbers with units "
		"us ms s m h d w, as in \"1h30m\"\n"
		"main.conf:3: job \"b\": command: the string that begins here has no end; "
		"close it with \"\n");
}

static void what_stands_around_an_unknown_name_is_checked(void **state)
{
	fixture_expect(
		*state,
		"work {\n"
		"  a = { b, c } d { e = f } g(h)\n"
		"}\n"
		"worker += { 1, 2 } worked(a, b)\n"
		"job x {\n"
		"  evry = 5m\n"
		"  every = 5\n"
		"  command = x\n"
		"}\n",
		"main.conf:1: unknown option \"work\"; possible here: workers, queue, "
		"stop_timeout, state_dir, durability, history_keep, history_runs, catch_up_rate, "
		"sendmail, mail_from, status_listen, metrics_jobs, metrics_textfile, include_dir, "
		"include, defaults, job, concurrency_group\n"
		"main.conf:4: unknown option \"worker\"; did you mean \"workers\"?\n"
		"main.conf:4: \"+=\" is not used here; write \"=\"\n"
		"main.conf:4: unknown option \"worked\"; did you mean \"workers\"?\n"
		"main.conf:6: job \"x\": unknown option \"evry\"; did you mean \"every\"?\n"
		"main.conf:7: job \"x\": every: \"5\" is not a duration; use numbers with units "
		"us ms s m h d w, as in \"1h30m\"\n");
}

static void repeated_options_are_refused(void **state)
{
	fixture_expect(
		*state,
		"workers = 1\n"
		"workers = 2\n"
		"job x {\n"
		"  every = 1s command = a\n"
		"  command = {b}\n"
		"  every = never\n"
		"}\n"
		"defaults { splay = 1s }\n"
		"defaults { splay = never }\n",
		"main.conf:2: workers: given a second time; the first is at line 1\n"
		"main.conf:5: job \"x\": command: given a second time; the first is at line 4\n"
		"main.conf:6: job \"x\": every: given a second time; the first is at line 4\n"
		"main.conf:9: defaults: given a second time; the first is at line 8\n");
}

static void appending_is_refused(void **state)
{
	fixture_expect(*state, "job x { every += 1s command = {a} }",
		       "main.conf:1: job \"x\": every: \"+=\" is not used here; write \"=\"\n");
}

static void substitutions_are_warned_about(void **state)
{
	assert_int_equal(setenv("EVERYD_TEST", "5m", 1), 0);
	fixture_expect(*state,
		       "job x {\n  every = ${EVERYD_TEST}\n  command = \"echo ${EVERYD_TEST}\"\n}",
		       "main.conf:2: warning: job \"x\": every: " VARIABLE
		       "main.conf:3: warning: job \"x\": command: " VARIABLE);
	fixture_expect(*state, "job x { every = 1m command = \"grep '\\d'\" }",
		       "main.conf:1: warning: job \"x\": command: \"\\d\" in double quotes is just "
		       "\"d\"; in single quotes the backslash is kept\n");
	fixture_expect(*state, "job x { every = 1m command = 'echo ${HOME} \\d $(date +%F)' }", "");
	fixture_expect(*state, "job x { every = 1m command = \"echo $HOME \\${HOME} 10%\" }", "");
}

/* What libconfuse makes of a command's text. */
static const struct {
	const char *written;
	const char *command;
} texts[] = {
	{"word", "word"},
	{"/a/b", "/a/b"},
	{"a//b", "a//b"},
	{"a#b\n", "a"},
	{"'a # b // c /* d */'", "a # b // c /* d */"},
	{"\"a # b // c /* d */\"", "a # b // c /* d */"},
	{"'it\\'s \\\\ \\n'", "it's \\ \\n"},
	{"'a\\\nb\nc'", "ab\nc"},
	{"\"a\\\nb\nc\"", "ab\nc"},
	{"\"\\\"\\\\\\t\\101\\x41\\e\\$\"", "\"\\\tAA\033$"},
	{"\"\xe2\x82\xac\"", "\xe2\x82\xac"},
	{"/* x */ 'a' // y", "a"},
	{"a;b", "a;b"},
};

static void texts_are_read_as_the_manual_says(void **state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		char config[200];
		struct model *model;

		(void)snprintf(config, sizeof(config), "job x { every = 1m command = %s\n}",
			       texts[i].written);
		model = fixture_model(*state, config);
		assert_string_equal(model->jobs[0].command.args, texts[i].command);
		model_unref(model);
	}
}

static void comments_may_stand_anywhere(void **state)
{
	struct model *model = fixture_model(*state, "\xef\xbb\xbf# first\r\n"
						    "job /* a */ x // b\r\n"
						    "{ # c\r\n"
						    "\tevery /* d\n */ = # e\n"
						    " 1m /* f **/ command = { // g\n"
						    "a, # h\n"
						    "'b' /* i */, /**/ c # j\n"
						    "} }// k");

	assert_int_equal(model->n_jobs, 1);
	assert_int_equal(model->jobs[0].line, 2);
	assert_int_equal(model->jobs[0].command.n_args, 3);
	assert_memory_equal(model->jobs[0].command.args, "a\0b\0c", 6);
	model_unref(model);
}

static void lines_are_right_after_comments_and_strings(void **state)
{
	fixture_expect(
		*state,
		"# one\n"
		"// two\n"
		"/* three\n"
		"four */ job x { command = 'five\n"
		"six\\\n"
		"seven' every\n"
		"= \"8\" }\n"
		"workers = 0",
		"main.conf:6: job \"x\": every: \"8\" is not a duration; use numbers with units "
		"us ms s m h d w, as in \"1h30m\"\n"
		"main.conf:8: workers: \"0\" is not a whole number from 1 to 4096\n");
}

static void tokens_know_where_they_are(void **state)
{
	char text[] = "ab /* \n */ \"c\\\"\" += }";
	struct lexer lexer;
	struct token token;

	(void)state;
	lexer_init(&lexer, text, strlen(text));
	lexer_next(&lexer, &token);
	assert_int_equal(token.kind, TOKEN_TEXT);
	assert_int_equal(token.begin, 0);
	assert_int_equal(token.end, 2);
	assert_int_equal(token.line, 1);
	lexer_next(&lexer, &token);
	assert_int_equal(token.kind, TOKEN_TEXT);
	assert_int_equal(token.begin, 11);
	assert_int_equal(token.end, 16);
	assert_int_equal(token.len, 3);
	assert_int_equal(token.line, 2);
	lexer_next(&lexer, &token);
	assert_int_equal(token.kind, TOKEN_PUNCT);
	assert_int_equal(token.punct, '+');
	lexer_next(&lexer, &token);
	assert_int_equal(token.punct, '}');
	lexer_next(&lexer, &token);
	assert_int_equal(token.kind, TOKEN_END);
	assert_string_equal(text, "ab    \n    \"c\\\"\" += }");
}

/* The marks are those of the text that is left for libconfuse. */
static void marks_are_of_what_is_left(void **state)
{
	static const struct {
		const char *text;
		const char *left;
		size_t n_marks;
	} marked[] = {
		{"job x { every = 1s }", "job x { every = 1s }", 2},
		{"job x { evry = 1s }", "job x {           }", 1},
		{"workers = 1 include(a)", "workers = 1 include(a)", 1},
		{"include(a) job x { every = 1s", "include(a) ", 1},
		{"defaults { } defaults { splay = 0 }", "defaults { }                       ", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(marked); i++) {
		char *text = strdup(marked[i].text);
		struct diags diags;
		struct scan scan;

		assert_non_null(text);
		diags_init(&diags);
		assert_int_equal(scan_text(text, strlen(text), "f", IN_MAIN, &diags, &scan), 0);
		assert_int_equal(scan.len, strlen(marked[i].left));
		assert_memory_equal(text, marked[i].left, scan.len);
		assert_int_equal(scan.n_marks, marked[i].n_marks);
		scan_done(&scan);
		diags_done(&diags);
		free(text);
	}
}

int main(void)
{
#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_FILES(broken_text_is_refused_and_forgotten),
		WITH_FILES(what_stands_behind_a_syntax_error_is_checked),
		WITH_FILES(what_stands_before_a_syntax_error_is_checked),
		WITH_FILES(what_stands_around_an_unknown_name_is_checked),
		WITH_FILES(repeated_options_are_refused),
		WITH_FILES(appending_is_refused),
		WITH_FILES(substitutions_are_warned_about),
		WITH_FILES(texts_are_read_as_the_manual_says),
		WITH_FILES(comments_may_stand_anywhere),
		WITH_FILES(lines_are_right_after_comments_and_strings),
		cmocka_unit_test(tokens_know_where_they_are),
		cmocka_unit_test(marks_are_of_what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
