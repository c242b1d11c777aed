/* See environment.h. */
#include "exec/environment.h"

#include "base/text.h"
#include "core/names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* To begin with. */
#define ITEMS_SIZE 32
#define TEXT_SIZE  ((size_t)2 * 1024)

void environment_init(struct environment *environment)
{
	*environment = (struct environment){0};
}

void environment_done(struct environment *environment)
{
	free(environment->items);
	free(environment->text);
	environment_init(environment);
}

void environment_clear(struct environment *environment)
{
	environment->n = 0;
	environment->used = 0;
}

/* Room for one more item and the end. */
static int reserve_item(struct environment *environment)
{
	size_t size = environment->size > 0 ? 2 * environment->size : ITEMS_SIZE;
	char **items;

	if (environment->n + 1 < environment->size)
		return 0;
	items = reallocarray(environment->items, size, sizeof(*items));
	if (!items)
		return -ENOMEM;
	environment->items = items;
	environment->size = size;
	return 0;
}

/* Room for so many more bytes of text; the items point to where it went. */
static int reserve_text(struct environment *environment, size_t len)
{
	size_t size = environment->text_size > 0 ? environment->text_size : TEXT_SIZE;
	char *text;

	if (len <= environment->text_size - environment->used)
		return 0;
	while (size - environment->used < len)
		if (__builtin_mul_overflow(size, 2, &size))
			return -ENOMEM;
	text = malloc(size);
	if (!text)
		return -ENOMEM;
	if (environment->used > 0)
		memcpy(text, environment->text, environment->used);
	for (size_t i = 0; i < environment->n; i++)
		environment->items[i] = text + (environment->items[i] - environment->text);
	free(environment->text);
	environment->text = text;
	environment->text_size = size;
	return 0;
}

int environment_copy(struct environment *environment, const struct environment *from)
{
	environment_clear(environment);
	if (reserve_text(environment, from->used) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < from->n; i++) {
		if (reserve_item(environment) < 0)
			return -ENOMEM;
		environment->items[environment->n++] =
			environment->text + (from->items[i] - from->text);
	}
	if (from->used > 0)
		memcpy(environment->text, from->text, from->used);
	environment->used = from->used;
	return 0;
}

/* NULL: there is none. */
static char **find(const struct environment *environment, const char *name, size_t len)
{
	for (size_t i = 0; i < environment->n; i++) {
		char *item = environment->items[i];

		if (strncmp(item, name, len) == 0 && item[len] == '=')
			return &environment->items[i];
	}
	return NULL;
}

static int set(struct environment *environment, const char *name, size_t name_len,
	       const char *value, size_t value_len)
{
	size_t len = name_len + 1 + value_len + 1;
	char **item;
	char *at;

	if (reserve_item(environment) < 0 || reserve_text(environment, len) < 0)
		return -ENOMEM;
	item = find(environment, name, name_len);
	if (!item) {
		if (environment->n >= ENVIRONMENT_MAX)
			return -E2BIG;
		item = &environment->items[environment->n++];
	}
	at = environment->text + environment->used;
	environment->used += len;
	*item = at;
	at = mempcpy(at, name, name_len);
	*at++ = '=';
	at = mempcpy(at, value, value_len);
	*at = '\0';
	return 0;
}

int environment_set(struct environment *environment, const char *name, const char *value)
{
	return set(environment, name, strlen(name), value, strlen(value));
}

int environment_put(struct environment *environment, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	size_t len;

	if (!equals)
		return -EINVAL;
	len = (size_t)(equals - assignment);
	if (!name_is_variable(assignment, len))
		return -EINVAL;
	return set(environment, assignment, len, equals + 1, strlen(equals + 1));
}

char *environment_item(const struct environment *environment, const char *name)
{
	char **item = find(environment, name, strlen(name));

	return item ? *item : NULL;
}

const char *environment_get(const struct environment *environment, const char *name)
{
	const char *item = environment_item(environment, name);

	return item ? item + strlen(name) + 1 : NULL;
}

int environment_finish(struct environment *environment)
{
	if (reserve_item(environment) < 0)
		return -ENOMEM;
	environment->items[environment->n] = NULL;
	return 0;
}

/* --- files --- */

enum state {
	STATE_LINE, /* before a name */
	STATE_COMMENT,
	STATE_NAME,
	STATE_BEGIN, /* before a value, or behind a quoted part of it */
	STATE_VALUE,
	STATE_ESCAPE, /* behind a backslash */
	STATE_SINGLE, /* in single quotes */
	STATE_DOUBLE,
	STATE_DOUBLE_ESCAPE,
	STATE_COUNT,
};

struct reading {
	struct environment *environment;
	const char *name; /* in the file */
	size_t name_len;
	char *value; /* as long as the file */
	size_t len;
	size_t kept; /* of the value: what blanks at its end do not count for */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_newline(char c)
{
	return c == '\n' || c == '\r';
}

static enum state add(struct reading *reading, char c, bool keep, enum state next)
{
	reading->value[reading->len++] = c;
	if (keep)
		reading->kept = reading->len;
	return next;
}

static bool is_utf8(const char *bytes, size_t len)
{
	while (len > 0) {
		size_t n = text_utf8_length(bytes, len);

		if (n == 0)
			return false;
		bytes += n;
		len -= n;
	}
	return true;
}

static int end_assignment(struct reading *reading)
{
	size_t len = reading->name_len;

	while (len > 0 && is_blank(reading->name[len - 1]))
		len--;
	if (!name_is_variable(reading->name, len) || !is_utf8(reading->value, reading->kept))
		return -EINVAL;
	return set(reading->environment, reading->name, len, reading->value, reading->kept);
}

static enum state begin_line(struct reading *reading, const char *at)
{
	if (is_newline(*at) || is_blank(*at))
		return STATE_LINE;
	if (*at == '#' || *at == ';')
		return STATE_COMMENT;
	reading->name = at;
	reading->name_len = 1;
	reading->len = 0;
	reading->kept = 0;
	return STATE_NAME;
}

static enum state begin_value(struct reading *reading, char c)
{
	switch (c) {
	case '\'':
		return STATE_SINGLE;
	case '"':
		return STATE_DOUBLE;
	case '\\':
		return STATE_ESCAPE;
	case ' ':
	case '\t':
		return STATE_BEGIN;
	default:
		return add(reading, c, true, STATE_VALUE);
	}
}

/* What follows from one character; STATE_LINE behind a value: the assignment is complete. */
static enum state step(struct reading *reading, enum state state, const char *at)
{
	char c = *at;

	switch (state) {
	case STATE_LINE:
		return begin_line(reading, at);
	case STATE_COMMENT:
		return is_newline(c) ? STATE_LINE : STATE_COMMENT;
	case STATE_NAME:
		if (is_newline(c))
			return STATE_LINE;
		if (c == '=')
			return STATE_BEGIN;
		reading->name_len++;
		return STATE_NAME;
	case STATE_BEGIN:
		return is_newline(c) ? STATE_LINE : begin_value(reading, c);
	case STATE_VALUE:
		if (is_newline(c))
			return STATE_LINE;
		if (c == '\\') {
			reading->kept = reading->len;
			return STATE_ESCAPE;
		}
		return add(reading, c, !is_blank(c), STATE_VALUE);
	case STATE_ESCAPE:
		return is_newline(c) ? STATE_VALUE : add(reading, c, true, STATE_VALUE);
	case STATE_SINGLE:
		return c == '\'' ? STATE_BEGIN : add(reading, c, true, STATE_SINGLE);
	case STATE_DOUBLE:
		if (c == '"')
			return STATE_BEGIN;
		if (c == '\\')
			return STATE_DOUBLE_ESCAPE;
		return add(reading, c, true, STATE_DOUBLE);
	case STATE_DOUBLE_ESCAPE:
		if (is_newline(c))
			return STATE_DOUBLE;
		if (!strchr("\"\\`$", c))
			(void)add(reading, '\\', true, STATE_DOUBLE);
		return add(reading, c, true, STATE_DOUBLE);
	case STATE_COUNT:
		break;
	}
	return state;
}

static bool is_in_value(enum state state)
{
	return state >= STATE_BEGIN;
}

static bool is_in_quotes(enum state state)
{
	return state >= STATE_SINGLE;
}

int environment_read(struct environment *environment, const char *text, size_t len,
		     unsigned *ret_line)
{
	_cleanup_free_ char *value = malloc(len + 1);
	struct reading reading = {.environment = environment, .value = value};
	enum state state = STATE_LINE;
	unsigned line = 1;
	unsigned begun = 1; /* where the assignment did */
	int r = 0;

	if (!value)
		return -ENOMEM;
	for (size_t i = 0; i < len && r == 0; i++) {
		bool escaped = state == STATE_ESCAPE || state == STATE_DOUBLE_ESCAPE;
		enum state next;

		/* Escaped, both of them are one newline. */
		if (escaped && text[i] == '\r' && i + 1 < len && text[i + 1] == '\n')
			i++;
		next = text[i] == '\0' ? STATE_COUNT : step(&reading, state, &text[i]);
		if (state == STATE_LINE)
			begun = line;
		if (next == STATE_COUNT)
			r = -EINVAL;
		else if (next == STATE_LINE && is_in_value(state))
			r = end_assignment(&reading);
		if (text[i] == '\n')
			line++;
		state = next;
	}
	if (r == 0 && is_in_quotes(state))
		r = -EINVAL;
	else if (r == 0 && is_in_value(state))
		r = end_assignment(&reading);
	if (r == -EINVAL)
		*ret_line = begun;
	return r;
}
