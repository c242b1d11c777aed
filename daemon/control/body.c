/* See body.h. */
#include "control/body.h"

#include <string.h>

static bool is_list_of_texts(const json_t *value)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(value))
		return false;
	json_array_foreach(value, i, item) if (!json_is_string(item)) return false;
	return true;
}

static bool has_type(const json_t *value, enum body_type type)
{
	switch (type) {
	case BODY_BOOL:
		return json_is_boolean(value);
	case BODY_TEXT:
		return json_is_string(value);
	case BODY_TEXTS:
		return is_list_of_texts(value);
	}
	return false;
}

static bool check(struct exchange *exchange, const struct body_member *members, const char *name,
		  const json_t *value)
{
	static const char *const types[] = {
		[BODY_BOOL] = "true or false",
		[BODY_TEXT] = "a string",
		[BODY_TEXTS] = "an array of strings",
	};
	const struct body_member *member = members;

	while (member->name && strcmp(member->name, name) != 0)
		member++;
	if (!member->name)
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-body",
			       "the body may not have \"%.100s\" here", name);
	else if (!json_is_null(value) && !has_type(value, member->type))
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-body", "\"%s\" must be %s", name,
			       types[member->type]);
	else
		return true;
	return false;
}

bool body_check(struct exchange *exchange, const struct body_member *members)
{
	json_t *body = exchange_body(exchange);
	const char *name;
	json_t *value;

	json_object_foreach(body, name,
			    value) if (!check(exchange, members, name, value)) return false;
	return true;
}

bool body_bool(const struct exchange *exchange, const char *name)
{
	return json_is_true(json_object_get(exchange_body(exchange), name));
}

const char *body_text(const struct exchange *exchange, const char *name)
{
	return json_string_value(json_object_get(exchange_body(exchange), name));
}

const json_t *body_texts(const struct exchange *exchange, const char *name)
{
	const json_t *value = json_object_get(exchange_body(exchange), name);

	return json_is_array(value) ? value : NULL;
}
