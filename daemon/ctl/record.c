/* See record.h. */
#include "ctl/record.h"

#include "base/text.h"
#include "base/values.h"
#include "calendar/times.h"
#include "ctl/field.h"
#include "ctl/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Members that are said in front. */
static const char *const said[] = {"time", "job", "run", "event"};

static const char colors[][8] = {
	[TABLE_PLAIN] = "",       [TABLE_GOOD] = "\033[32m", [TABLE_WARN] = "\033[33m",
	[TABLE_BAD] = "\033[31m", [TABLE_FAINT] = "\033[2m",
};

static void print_text(const struct ctl *ctl, enum table_color color, const char *text)
{
	size_t len = strlen(text);
	_cleanup_free_ char *clean = malloc(TEXT_GROWTH * len + 1);
	bool colored = ctl->color && color != TABLE_PLAIN;

	if (!clean)
		return;
	(void)text_sanitize(clean, text, len);
	(void)printf("%s%s%s", colored ? colors[color] : "", clean, colored ? "\033[0m" : "");
}

static bool is_said(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(said); i++) {
		if (strcmp(name, said[i]) == 0)
			return true;
	}
	return false;
}

/* " NAME=VALUE" */
static void print_member(const struct ctl *ctl, const char *name, const json_t *value)
{
	const char *text = json_string_value(value);
	_cleanup_free_ char *other = NULL;

	if (is_said(name) || json_is_null(value))
		return;
	if (!text)
		text = other = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT |
							 JSON_REAL_PRECISION(VALUE_DIGITS));
	(void)putchar(' ');
	print_text(ctl, TABLE_FAINT, name);
	(void)putchar('=');
	print_text(ctl, field_color(text), text ? text : "");
}

/* "2026-03-01 06:00:00.250 " */
static void print_time(const struct ctl *ctl, const struct when *when, const json_t *record)
{
	usec_t time = field_time(record, "time", when);
	char text[TIMES_TEXT_SIZE];
	char *zone;

	if (time == USEC_INFINITY)
		return;
	(void)times_format(time - time % USEC_PER_MSEC, when->zone, text);
	zone = strrchr(text, ' ');
	if (zone)
		*zone = '\0';
	print_text(ctl, TABLE_FAINT, text);
	(void)putchar(' ');
}

/* "backup[812]: " */
static void print_subject(const struct ctl *ctl, const json_t *record)
{
	const char *job = field_text(record, "job");
	int64_t run = field_integer(record, "run", 0);

	if (!job)
		return;
	print_text(ctl, TABLE_PLAIN, job);
	if (run > 0)
		(void)printf("[%" PRId64 "]", run);
	(void)fputs(": ", stdout);
}

void record_print(const struct ctl *ctl, const struct when *when, const char *name, json_t *record)
{
	const char *text = field_text(record, "text");
	const json_t *value;
	const char *key;

	if (ctl->json) {
		(void)json_dumpf(record, stdout,
				 JSON_ENCODE_ANY | JSON_COMPACT |
					 JSON_REAL_PRECISION(VALUE_DIGITS));
	} else {
		print_time(ctl, when, record);
		print_subject(ctl, record);
		print_text(ctl, TABLE_PLAIN, text ? text : name);
		json_object_foreach(record, key, value)
		{
			if (!text)
				print_member(ctl, key, value);
		}
	}
	(void)putchar('\n');
	(void)fflush(stdout);
}
