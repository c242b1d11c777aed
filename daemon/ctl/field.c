/* See field.h. */
#include "ctl/field.h"

#include "calendar/duration.h"
#include "calendar/times.h"
#include "ctl/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The longest name between dots. */
#define NAME_SIZE 64

/* A span of so many microseconds is as good as none. */
#define SPAN_MAX 4e18

const json_t *field(const json_t *object, const char *name)
{
	const char *dot;

	while ((dot = strchr(name, '.'))) {
		char part[NAME_SIZE];

		(void)snprintf(part, sizeof(part), "%.*s", (int)(dot - name), name);
		object = json_object_get(object, part);
		name = dot + 1;
	}
	object = json_object_get(object, name);
	return json_is_null(object) ? NULL : object;
}

const char *field_text(const json_t *object, const char *name)
{
	return json_string_value(field(object, name));
}

int64_t field_integer(const json_t *object, const char *name, int64_t absent)
{
	const json_t *value = field(object, name);

	return json_is_integer(value) ? json_integer_value(value) : absent;
}

bool field_true(const json_t *object, const char *name)
{
	return json_is_true(field(object, name));
}

usec_t field_time(const json_t *object, const char *name, const struct when *when)
{
	const char *text = field_text(object, name);
	usec_t time;

	/* Only a date: words like "now" are for people. */
	if (!text || text[0] < '0' || text[0] > '9' || !strchr(text, 'T') ||
	    times_parse(text, when->zone, when->now, &time) < 0)
		return USEC_INFINITY;
	return time;
}

usec_t field_span(const json_t *object, const char *name)
{
	const json_t *value = field(object, name);
	double span = json_number_value(value) * (double)USEC_PER_SEC;

	/* Far from where numbers end; false of what is none, too. */
	if (!json_is_number(value) || !(span > -SPAN_MAX && span < SPAN_MAX))
		return USEC_INFINITY;
	return (usec_t)(span < 0 ? span - 0.5 : span + 0.5);
}

const json_t *field_array(const json_t *object, const char *name)
{
	const json_t *value = field(object, name);

	return json_is_array(value) ? value : NULL;
}

const char *field_format_relative(const json_t *object, const char *name, const struct when *when,
				  char buf[static FIELD_TEXT_SIZE])
{
	char text[TIMES_TEXT_SIZE];
	usec_t time = field_time(object, name, when);

	(void)snprintf(buf, FIELD_TEXT_SIZE, "%s",
		       time == USEC_INFINITY ? "-" : times_format_relative(time, when->now, text));
	return buf;
}

const char *field_format_time(const json_t *object, const char *name, const struct when *when,
			      char buf[static FIELD_TEXT_SIZE])
{
	char text[TIMES_TEXT_SIZE];
	usec_t time = field_time(object, name, when);

	/* Microseconds are for programs. */
	if (time != USEC_INFINITY)
		time -= time % USEC_PER_MSEC;
	(void)snprintf(buf, FIELD_TEXT_SIZE, "%s",
		       time == USEC_INFINITY ? "-" : times_format(time, when->zone, text));
	return buf;
}

const char *field_format_span(const json_t *object, const char *name,
			      char buf[static FIELD_TEXT_SIZE])
{
	char text[DURATION_TEXT_SIZE];
	usec_t span = field_span(object, name);

	(void)snprintf(buf, FIELD_TEXT_SIZE, "%s",
		       span == USEC_INFINITY ? "-" : duration_format_short(span, text));
	return buf;
}

const char *field_format_bytes(int64_t bytes, char buf[static FIELD_TEXT_SIZE])
{
	static const char *const units[] = {"KB", "MB", "GB", "TB"};
	double n = (double)bytes;
	size_t unit = 0;

	if (bytes < 1024) {
		(void)snprintf(buf, FIELD_TEXT_SIZE, "%" PRId64 " B", bytes);
		return buf;
	}
	for (n /= 1024; n >= 1024 && unit + 1 < ARRAY_LENGTH(units); unit++)
		n /= 1024;
	(void)snprintf(buf, FIELD_TEXT_SIZE, "%.1f %s", n, units[unit]);
	return buf;
}

enum table_color field_color(const char *word)
{
	static const struct {
		const char *word;
		enum table_color color;
	} colors[] = {
		{"ok", TABLE_GOOD},        {"running", TABLE_GOOD},   {"failed", TABLE_BAD},
		{"failing", TABLE_BAD},    {"overdue", TABLE_BAD},    {"timeout", TABLE_BAD},
		{"lost", TABLE_BAD},       {"killed", TABLE_WARN},    {"refused", TABLE_WARN},
		{"missed", TABLE_WARN},    {"paused", TABLE_WARN},    {"skipped", TABLE_WARN},
		{"cancelled", TABLE_WARN}, {"coalesced", TABLE_WARN},
	};

	for (size_t i = 0; word && i < ARRAY_LENGTH(colors); i++) {
		if (strcmp(word, colors[i].word) == 0)
			return colors[i].color;
	}
	return TABLE_PLAIN;
}

enum table_color field_format_state(const json_t *job, char buf[static FIELD_TEXT_SIZE])
{
	const char *state = field_text(job, "state");
	const struct {
		const char *word;
		bool holds;
	} others[] = {
		{"running", field_integer(job, "running", 0) > 0},
		{"paused", field(job, "pause") != NULL},
		{"waiting", field_integer(job, "waiting", 0) > 0},
		{"failing", field_integer(job, "failures", 0) > 0},
		{"overdue", field_true(job, "overdue")},
	};
	enum table_color worst = field_color(state);
	size_t used = (size_t)snprintf(buf, FIELD_TEXT_SIZE, "%.40s", state ? state : "");

	for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
		enum table_color color = field_color(others[i].word);

		if (!others[i].holds || (state && strcmp(state, others[i].word) == 0))
			continue;
		used += (size_t)snprintf(buf + used, FIELD_TEXT_SIZE - used, "%s%s",
					 used > 0 ? ", " : "", others[i].word);
		if (color > worst)
			worst = color;
	}
	return worst;
}
