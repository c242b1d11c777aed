/* See view.h. */
#include "ctl/view.h"

#include "calendar/times.h"
#include "ctl/when.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A member's value; `buf` may be what holds it. "": it is absent. */
static const char *value_of(const json_t *object, const struct view_member *member,
			    const struct when *when, char buf[static FIELD_TEXT_SIZE],
			    enum table_color *ret_color)
{
	const json_t *value = member->name ? field(object, member->name) : NULL;
	int64_t number = json_is_integer(value) ? json_integer_value(value) : -1;
	const char *text = json_string_value(value);
	char relative[FIELD_TEXT_SIZE];
	usec_t time;

	*ret_color = TABLE_PLAIN;
	buf[0] = '\0';
	switch (member->kind) {
	case VIEW_WORD:
		*ret_color = field_color(text);
		return text ? text : "";
	case VIEW_INTEGER:
		if (json_is_integer(value))
			(void)snprintf(buf, FIELD_TEXT_SIZE, "%" PRId64, number);
		return buf;
	case VIEW_TIME:
	case VIEW_RELATIVE:
	case VIEW_BOTH:
		time = field_time(object, member->name, when);
		if (time == USEC_INFINITY)
			return buf;
		if (member->kind == VIEW_TIME)
			return field_format_time(object, member->name, when, buf);
		(void)field_format_relative(object, member->name, when, relative);
		if (member->kind == VIEW_RELATIVE)
			(void)snprintf(buf, FIELD_TEXT_SIZE, "%s", relative);
		else
			(void)snprintf(buf, FIELD_TEXT_SIZE, "%.60s (%.60s)",
				       field_format_time(object, member->name, when,
							 (char[FIELD_TEXT_SIZE]){0}),
				       relative);
		return buf;
	case VIEW_SPAN:
		return json_is_number(value) ? field_format_span(object, member->name, buf) : buf;
	case VIEW_BYTES:
		return number >= 0 ? field_format_bytes(number, buf) : buf;
	case VIEW_KILOBYTES:
		return number >= 0 && number < INT64_MAX / 1024
			       ? field_format_bytes(number * 1024, buf)
			       : buf;
	case VIEW_YES:
		return json_is_true(value) ? "yes" : "";
	case VIEW_CUSTOM:
		*ret_color = member->format(object, when, buf);
		return buf;
	default:
		return text ? text : "";
	}
}

static enum table_align align_of(enum view_kind kind)
{
	switch (kind) {
	case VIEW_INTEGER:
	case VIEW_SPAN:
	case VIEW_BYTES:
	case VIEW_KILOBYTES:
		return TABLE_RIGHT;
	default:
		return TABLE_LEFT;
	}
}

int view_table(const struct ctl *ctl, const struct when *when, const struct view_member *members,
	       size_t n_members, const char *const *spare, const json_t *items)
{
	_cleanup_free_ struct table_column *columns = calloc(n_members, sizeof(*columns));
	struct table *table = columns ? table_new(columns, n_members) : NULL;
	const json_t *item;
	size_t i;
	int r;

	if (!table)
		return -ENOMEM;
	for (i = 0; i < n_members; i++) {
		columns[i] = (struct table_column){members[i].title, align_of(members[i].kind)};
		if (members[i].kind != VIEW_TEXT && members[i].kind != VIEW_CUSTOM)
			table_keep(table, i);
	}
	for (; spare && *spare; spare++) {
		for (i = 0; i < n_members; i++)
			if (strcmp(members[i].title, *spare) == 0)
				table_spare(table, i);
	}
	json_array_foreach(items, i, item)
	{
		for (size_t m = 0; m < n_members; m++) {
			char buf[FIELD_TEXT_SIZE];
			enum table_color color;
			const char *text = value_of(item, &members[m], when, buf, &color);

			table_cell(table, text[0] ? color : TABLE_FAINT, text[0] ? text : "-");
		}
	}
	r = table_print(table, ctl);
	table_free(table);
	return r;
}

int view_page(const struct ctl *ctl, const struct when *when, const struct view_member *members,
	      size_t n_members, const json_t *object)
{
	static const struct table_column columns[] = {{"", TABLE_LEFT}, {"", TABLE_LEFT}};
	struct table *table = table_new(columns, ARRAY_LENGTH(columns));
	struct ctl untitled = *ctl;
	int r;

	if (!table)
		return -ENOMEM;
	for (size_t m = 0; m < n_members; m++) {
		char buf[FIELD_TEXT_SIZE];
		enum table_color color;
		const char *text = value_of(object, &members[m], when, buf, &color);

		if (!text[0])
			continue;
		table_cellf(table, TABLE_FAINT, "%s%s", members[m].title,
			    members[m].title[0] ? ":" : "");
		table_cell(table, color, text);
	}
	untitled.header = false;
	/* A page is read as a whole: nothing of it is cut. */
	untitled.width = 0;
	r = table_print(table, &untitled);
	table_free(table);
	return r;
}
