/* See values.h. */
#include "base/values.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *value_textn(const char *text, size_t len)
{
	_cleanup_free_ char *clean = NULL;
	json_t *value = json_stringn(text, len);

	if (value)
		return value;
	clean = malloc(TEXT_GROWTH * len + 1);
	return clean ? json_stringn(clean, text_sanitize(clean, text, len)) : NULL;
}

json_t *value_text(const char *text)
{
	return text ? value_textn(text, strlen(text)) : json_null();
}

json_t *value_textf(const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return NULL;
	}
	return value_text(text);
}

json_t *value_filled(const char *text)
{
	return text && *text ? value_text(text) : json_null();
}

json_t *value_time(usec_t wall)
{
	char buf[CLOCK_TEXT_SIZE];

	if (wall >= VALUE_TIME_END)
		return json_null();
	return json_string(clock_format_utc(wall, wall % USEC_PER_SEC == 0 ? 0 : 6, buf));
}

json_t *value_past(usec_t wall)
{
	return wall == 0 ? json_null() : value_time(wall);
}

json_t *value_span(usec_t span)
{
	if (span == USEC_INFINITY)
		return json_null();
	if (span % USEC_PER_SEC == 0)
		return json_integer(span / USEC_PER_SEC);
	return json_real((double)span / (double)USEC_PER_SEC);
}
