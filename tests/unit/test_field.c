/* Members of answers: what they are, and that nonsense is as if it was not there. */
#include "ctl/field.h"
#include "ctl/when.h"

#include "calendar/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HOUR ((usec_t)3600 * USEC_PER_SEC)

/* Ten hours after the epoch. */
static struct when make_when(void)
{
	return (struct when){.zone = zone_utc(), .now = 10 * HOUR};
}

static json_t *parse(const char *text)
{
	json_t *object = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(object);
	return object;
}

static void members_are_found(void **state)
{
	json_t *o = parse("{\"a\": \"x\", \"b\": {\"c\": {\"d\": 7}}, \"n\": null, \"t\": true}");

	(void)state;
	assert_string_equal(field_text(o, "a"), "x");
	assert_int_equal(field_integer(o, "b.c.d", -1), 7);
	assert_int_equal(field_integer(o, "b.x.d", -1), -1);
	assert_int_equal(field_integer(o, "a.c", -1), -1);
	assert_null(field(o, "n"));
	assert_true(field_true(o, "t"));
	assert_false(field_true(o, "a"));
	assert_null(field_text(o, "t"));
	assert_null(field_array(o, "b"));
	assert_null(field(NULL, "a"));
	json_decref(o);
}

static const struct {
	const char *value;
	usec_t time;
} times[] = {
	{"\"1970-01-01T05:00:00Z\"", 5 * HOUR},
	{"\"1970-01-01T05:00:00.250000Z\"", 5 * HOUR + 250000},
	{"\"1970-01-01T05:00:00+02:00\"", 3 * HOUR},
	{"null", USEC_INFINITY},
	{"17", USEC_INFINITY},
	{"\"\"", USEC_INFINITY},
	{"\"now\"", USEC_INFINITY},
	{"\"tomorrow\"", USEC_INFINITY},
	{"\"+1h\"", USEC_INFINITY},
	{"\"05:00\"", USEC_INFINITY},
	{"\"1970-01-01T05:00:00Zwhat\"", USEC_INFINITY},
	{"[]", USEC_INFINITY},
};

static void times_are_read(void **state)
{
	struct when when = make_when();

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
		json_t *o = json_object();

		assert_int_equal(json_object_set_new(o, "at", parse(times[i].value)), 0);
		assert_int_equal(field_time(o, "at", &when), times[i].time);
		json_decref(o);
	}
}

static const struct {
	const char *value;
	usec_t span;
} spans[] = {
	{"0", 0},
	{"90", 90 * USEC_PER_SEC},
	{"0.000001", 1},
	{"1.5", 1500000},
	{"-2.25", -2250000},
	{"315360000.123457", INT64_C(315360000123457)},
	{"1e300", USEC_INFINITY},
	{"-1e300", USEC_INFINITY},
	{"null", USEC_INFINITY},
	{"\"1\"", USEC_INFINITY},
};

static void spans_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(spans); i++) {
		json_t *o = json_object();

		assert_int_equal(json_object_set_new(o, "took", parse(spans[i].value)), 0);
		assert_int_equal(field_span(o, "took"), spans[i].span);
		json_decref(o);
	}
}

static void people_read_them(void **state)
{
	struct when when = make_when();
	json_t *o = parse("{\"past\": \"1970-01-01T07:40:00.000001Z\", "
			  "\"next\": \"1970-01-01T10:00:30Z\", \"took\": 0.85}");
	char buf[FIELD_TEXT_SIZE];

	(void)state;
	assert_string_equal(field_format_relative(o, "past", &when, buf), "2h20m ago");
	assert_string_equal(field_format_relative(o, "next", &when, buf), "in 30s");
	assert_string_equal(field_format_relative(o, "none", &when, buf), "-");
	assert_string_equal(field_format_time(o, "past", &when, buf), "1970-01-01 07:40:00 UTC");
	assert_string_equal(field_format_time(o, "none", &when, buf), "-");
	assert_string_equal(field_format_span(o, "took", buf), "850ms");
	assert_string_equal(field_format_span(o, "none", buf), "-");
	json_decref(o);
}

static const struct {
	int64_t bytes;
	const char *text;
} sizes[] = {
	{0, "0 B"},
	{1023, "1023 B"},
	{1024, "1.0 KB"},
	{1536, "1.5 KB"},
	{INT64_C(5) * 1024 * 1024 * 1024, "5.0 GB"},
	{INT64_MAX, "8388608.0 TB"},
};

static void sizes_are_short(void **state)
{
	char buf[FIELD_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++)
		assert_string_equal(field_format_bytes(sizes[i].bytes, buf), sizes[i].text);
}

static void a_job_is_all_that_holds_of_it(void **state)
{
	static const struct {
		const char *job;
		const char *text;
		enum table_color color;
	} cases[] = {
		{"{\"state\": \"idle\", \"running\": 0, \"pause\": null, \"waiting\": 0, "
		 "\"failures\": 0, \"overdue\": false}",
		 "idle", TABLE_PLAIN},
		{"{\"state\": \"running\", \"running\": 2}", "running", TABLE_GOOD},
		{"{\"state\": \"running\", \"running\": 1, \"pause\": {\"until\": null}}",
		 "running, paused", TABLE_WARN},
		{"{\"state\": \"paused\", \"pause\": {}, \"failures\": 3}", "paused, failing",
		 TABLE_BAD},
		{"{\"state\": \"running\", \"running\": 1, \"pause\": {}, \"waiting\": 1, "
		 "\"failures\": 9, \"overdue\": true}",
		 "running, paused, waiting, failing, overdue", TABLE_BAD},
		{"{\"state\": \"idle\", \"overdue\": true}", "idle, overdue", TABLE_BAD},
		{"{\"state\": \"dreaming\", \"waiting\": 1}", "dreaming, waiting", TABLE_PLAIN},
		{"{\"state\": 7, \"waiting\": 1, \"failures\": \"x\"}", "waiting", TABLE_PLAIN},
		{"[]", "", TABLE_PLAIN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		json_t *job = parse(cases[i].job);
		char buf[FIELD_TEXT_SIZE];

		assert_int_equal(field_format_state(job, buf), cases[i].color);
		assert_string_equal(buf, cases[i].text);
		json_decref(job);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_found),
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(spans_are_read),
		cmocka_unit_test(people_read_them),
		cmocka_unit_test(sizes_are_short),
		cmocka_unit_test(a_job_is_all_that_holds_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
