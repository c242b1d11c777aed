/* Targets of requests: whatever a name is, it stays one segment or one value. */
#include "ctl/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *segment;
	const char *name;
	const char *value;
	const char *url;
} urls[] = {
	{NULL, NULL, NULL, "/v1"},
	{"backup", NULL, NULL, "/v1/backup"},
	{"a/b", NULL, NULL, "/v1/a%2Fb"},
	{"..", NULL, NULL, "/v1/.."},
	{"a b?c#d%e", NULL, NULL, "/v1/a%20b%3Fc%23d%25e"},
	{"\xc3\xbc\n", NULL, NULL, "/v1/%C3%BC%0A"},
	{"-._~Az09", NULL, NULL, "/v1/-._~Az09"},
	{NULL, "job", NULL, "/v1"},
	{NULL, "job", "", "/v1?job="},
	{"x", "job", "a&b=c+d", "/v1/x?job=a%26b%3Dc%2Bd"},
};

static void puts_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(urls); i++) {
		struct url url;

		url_begin(&url, "/v1");
		if (urls[i].segment)
			url_segment(&url, urls[i].segment);
		if (urls[i].name)
			url_param(&url, urls[i].name, urls[i].value);
		assert_string_equal(url.text, urls[i].url);
		assert_false(url.failed);
	}
}

static void parts_parameters(void **state)
{
	struct url url;

	(void)state;
	url_begin(&url, "/v1/jobs");
	url_segment(&url, "a");
	url_path(&url, "/why");
	url_param(&url, "a", "1");
	url_param(&url, "b", NULL);
	url_param(&url, "c", "3");
	assert_string_equal(url.text, "/v1/jobs/a/why?a=1&c=3");
}

static void what_does_not_fit_is_told(void **state)
{
	static char name[URL_SIZE];
	struct url url;

	(void)state;
	memset(name, 'a', URL_SIZE - strlen("/v1/") - 1);
	url_begin(&url, "/v1");
	url_segment(&url, name);
	assert_false(url.failed);
	assert_int_equal(strlen(url.text), URL_SIZE - 1);
	url_path(&url, "b");
	assert_true(url.failed);
	assert_int_equal(strlen(url.text), URL_SIZE - 1);
	url_begin(&url, "/v1");
	assert_false(url.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_together),
		cmocka_unit_test(parts_parameters),
		cmocka_unit_test(what_does_not_fit_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
