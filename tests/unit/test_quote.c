/* Whatever a text has in it, it stays one value, and one line of a comment. */
#include "config_fixture.h"

#include "ctl/quote.h"

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

static const struct {
	const char *text;
	const char *quoted;
} values[] = {
	{"", "''"},
	{"plain", "'plain'"},
	{"a \"b\" ${HOME} $x #c // d /* e */", "'a \"b\" ${HOME} $x #c // d /* e */'"},
	{"it's", "'it\\'s'"},
	{"'} job \"x\" { command = 'y", "'\\'} job \"x\" { command = \\'y'"},
	{"a\\b", "'a\\b'"},
	{"a\\", "'a\\\\'"},
	{"a\\\\b", "'a\\\\\\b'"},
	{"a\\'", "'a\\\\\\''"},
	{"a\\\nb", "'a\\\\\nb'"},
	{"two\nlines\tand a tab", "'two\nlines\tand a tab'"},
	{"Gr\xc3\xbc\xc3\x9f"
	 "e",
	 "'Gr\xc3\xbc\xc3\x9f"
	 "e'"},
	{"a\rb", "\"a\\x0db\""},
	{"\x7f", "\"\\x7f\""},
	{"\x1b[31m", "\"\\x1b[31m\""},
	{"\xe4"
	 "1",
	 "\"\\xe41\""},
	{"\x01${HOME} $x \"q\" \\n \n\t'", "\"\\x01\\${HOME} $x \\\"q\\\" \\\\n \\n\\t'\""},
	{"\x01\xc3\xbc\xc3", "\"\\x01\xc3\xbc\\xc3\""},
};

static char *quote(const char *text)
{
	char *quoted_text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&quoted_text, &size);

	assert_non_null(out);
	quote_value(out, text);
	assert_int_equal(fclose(out), 0);
	return quoted_text;
}

static void values_are_put_in_quotes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
		char *text = quote(values[i].text);

		assert_string_equal(text, values[i].quoted);
		free(text);
	}
}

/* The value of a variable, which may be any, as the configuration has it. */
static void read_back(struct fixture *fixture, const char *text)
{
	char *value = NULL;
	char *quoted_text;
	char *config = NULL;
	struct model *model;

	assert_true(asprintf(&value, "A=%s", text) > 0);
	quoted_text = quote(value);
	assert_true(asprintf(&config, "job x { every = 1h command = y environment = %s }",
			     quoted_text) > 0);
	model = fixture_model(fixture, config);
	assert_int_equal(model->n_jobs, 1);
	assert_int_equal(model->jobs[0].settings->environment.n, 1);
	assert_string_equal(model->jobs[0].settings->environment.texts, value);
	model_unref(model);
	free(config);
	free(quoted_text);
	free(value);
}

static void values_are_read_back(void **state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(values); i++)
		read_back(*state, values[i].text);
}

/* Any three bytes of those that mean something somewhere. */
static void any_bytes_are_read_back(void **state)
{
	static const char bytes[] = "a'\"\\$${}\n\r\t#\xc3\xbc\x01\x7f,=*nx0";
	size_t n = sizeof(bytes) - 1;

	for (size_t i = 0; i < n * n; i++) {
		char text[2 * sizeof(bytes) + 1];
		char *to = text;

		for (size_t last = 0; last < n; last++) {
			*to++ = bytes[i % n];
			*to++ = bytes[last];
		}
		*to++ = bytes[i / n];
		*to = '\0';
		read_back(*state, text);
	}
}

static void comments_are_one_line(void **state)
{
	static const struct {
		const char *lead;
		const char *bytes;
		size_t len;
		const char *line;
	} cases[] = {
#define BYTES(literal) literal, sizeof(literal) - 1
		{"", BYTES("# a"), "# a\n"},
		{"# ", BYTES(""), "# \n"},
		{"# ", BYTES("a\nb = c"), "# a\\x0ab = c\n"},
		{"# ", BYTES("a\0b\r\rc\xff\x1b"), "# a\\x00b\\x0d\\x0dc\\xff\\x1b\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(out);
		assert_int_equal(quote_comment(out, cases[i].lead, cases[i].bytes, cases[i].len),
				 0);
		assert_int_equal(fclose(out), 0);
		assert_string_equal(text, cases[i].line);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_put_in_quotes),
		WITH_FILES(values_are_read_back),
		WITH_FILES(any_bytes_are_read_back),
		cmocka_unit_test(comments_are_one_line),
	};

	return cmocka_run_group_tests_name("quote", tests, NULL, NULL);
}
