/* JSON: always valid, whatever texts come in; times and spans in one form. */
#include "calendar/zone.h"
#include "capture.h"
#include "ctl/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *print(json_t *value)
{
	static struct capture capture;
	const char *out;
	int r;

	capture_begin(&capture);
	r = json_print(value);
	out = capture_end(&capture);
	assert_int_equal(r, 0);
	return out;
}

static void texts(void **state)
{
	(void)state;
	assert_string_equal(print(value_text("a \"b\"\n")), "\"a \\\"b\\\"\\n\"\n");
	assert_string_equal(print(value_text("Gr\xc3\xbc\xc3\x9f"
					     "e")),
			    "\"Gr\xc3\xbc\xc3\x9f"
			    "e\"\n");
	assert_string_equal(print(value_text("latin1 \xfc\n")), "\"latin1 \\\\xfc\\\\x0a\"\n");
	assert_string_equal(print(value_text(NULL)), "null\n");
	assert_string_equal(print(value_textf("%s %d", "a", 1)), "\"a 1\"\n");
}

static const struct {
	usec_t span;
	const char *out;
} spans[] = {
	{0, "0\n"},
	{90 * USEC_PER_SEC, "90\n"},
	{-USEC_PER_SEC, "-1\n"},
	{100 * USEC_PER_MSEC, "0.1\n"},
	{USEC_PER_DAY + 1, "86400.000001\n"},
	{USEC_INFINITY, "null\n"},
};

static void times(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(spans); i++)
		assert_string_equal(print(value_span(spans[i].span)), spans[i].out);
	assert_string_equal(print(json_time(1500 * USEC_PER_MSEC, zone_utc())),
			    "\"1970-01-01T00:00:01.500Z\"\n");
	assert_string_equal(print(json_time(USEC_INFINITY, zone_utc())), "null\n");
}

static void what_lacks_is_no_output(void **state)
{
	(void)state;
	assert_int_equal(json_print(NULL), -ENOMEM);
	assert_null(json_pack("{s:o}", "time", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(times),
		cmocka_unit_test(what_lacks_is_no_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
