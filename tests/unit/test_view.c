/* Answers as tables and pages. */
#include "capture.h"
#include "ctl/view.h"
#include "ctl/when.h"

#include "calendar/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum table_color format_twice(const json_t *object, const struct when *when,
				     char buf[static FIELD_TEXT_SIZE])
{
	const char *name = field_text(object, "name");

	(void)when;
	if (name)
		(void)snprintf(buf, FIELD_TEXT_SIZE, "%s%s", name, name);
	return TABLE_PLAIN;
}

static const struct view_member members[] = {
	{"NAME", VIEW_TEXT, "name", NULL},
	{"STATE", VIEW_WORD, "state", NULL},
	{"N", VIEW_INTEGER, "n", NULL},
	{"AT", VIEW_TIME, "at", NULL},
	{"IN", VIEW_RELATIVE, "at", NULL},
	{"TOOK", VIEW_SPAN, "took", NULL},
	{"SIZE", VIEW_BYTES, "size", NULL},
	{"LATE", VIEW_YES, "late", NULL},
	{"TWICE", VIEW_CUSTOM, NULL, format_twice},
};

static const char *const spare[] = {"TWICE", "SIZE", "IN", NULL};

static const char items[] =
	"[{\"name\": \"a\", \"state\": \"ok\", \"n\": 12, \"at\": \"1970-01-01T00:00:30Z\","
	"  \"took\": 1.5, \"size\": 2048, \"late\": true},"
	" {},"
	" {\"name\": 7, \"state\": [], \"n\": \"x\", \"at\": 5, \"took\": null, \"size\": -1,"
	"  \"late\": \"yes\"},"
	" \"what\"]";

static const struct when when = {.now = 0};

static const char *print(struct capture *capture, const struct ctl *ctl, bool page,
			 const char *text)
{
	struct when now = when;
	json_t *value = json_loads(text, 0, NULL);
	const char *out;
	int r;

	now.zone = zone_utc();
	assert_non_null(value);
	capture_begin(capture);
	r = page ? view_page(ctl, &now, members, ARRAY_LENGTH(members), value)
		 : view_table(ctl, &now, members, ARRAY_LENGTH(members), spare, value);
	out = capture_end(capture);
	assert_int_equal(r, 0);
	json_decref(value);
	return out;
}

static void tables(void **state)
{
	static struct capture capture;

	(void)state;
	assert_string_equal(
		print(&capture, &(struct ctl){.header = true}, false, items),
		"NAME  STATE   N  AT                       IN      TOOK    SIZE  LATE  TWICE\n"
		"a     ok     12  1970-01-01 00:00:30 UTC  in 30s  1.5s  2.0 KB  yes   aa\n"
		"-     -       -  -                        -          -       -  -     -\n"
		"-     -       -  -                        -          -       -  -     -\n"
		"-     -       -  -                        -          -       -  -     -\n");
	assert_string_equal(print(&capture, &(struct ctl){.width = 40}, false,
				  "[{\"name\": \"a long name\", \"at\": \"1970-01-01T00:00:30Z\", "
				  "\"size\": 1}]"),
			    "a lon...  -  -  1970-01-01 00:00:30 UTC  -  -\n");
	assert_string_equal(print(&capture, &(struct ctl){.header = false}, false, "[]"), "");
	/* What is no list has no rows. */
	assert_string_equal(print(&capture, &(struct ctl){.header = false}, false, "{}"), "");
}

static void colors(void **state)
{
	static struct capture capture;
	const char *out = print(&capture, &(struct ctl){.color = true}, false,
				"[{\"name\": \"\\u001b[2J\", \"state\": \"failed\"}]");

	(void)state;
	assert_non_null(strstr(out, "\033[31mfailed\033[0m"));
	assert_non_null(strstr(out, "\\x1b[2J"));
	assert_null(strstr(out, "\033[2J"));
}

static void pages(void **state)
{
	static struct capture capture;
	/* However narrow the terminal is. */
	const struct ctl ctl = {.header = true, .width = 10};

	(void)state;
	assert_string_equal(print(&capture, &ctl, true,
				  "{\"name\": \"backup\", \"at\": \"1970-01-01T00:00:30Z\","
				  " \"late\": false}"),
			    "NAME:   backup\n"
			    "AT:     1970-01-01 00:00:30 UTC\n"
			    "IN:     in 30s\n"
			    "TWICE:  backupbackup\n");
	assert_string_equal(print(&capture, &ctl, true, "{}"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(colors),
		cmocka_unit_test(pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
