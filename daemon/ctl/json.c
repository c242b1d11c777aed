/* See json.h. */
#include "ctl/json.h"

#include "base/text.h"
#include "calendar/times.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Digits of a number that is no integer: a microsecond in thirty years. */
#define DIGITS 15

json_t *json_text(const char *text)
{
	_cleanup_free_ char *clean = NULL;
	json_t *value;

	if (!text)
		return json_null();
	value = json_string(text);
	if (value)
		return value;
	clean = malloc(TEXT_GROWTH * strlen(text) + 1);
	if (!clean)
		return NULL;
	(void)text_sanitize(clean, text, strlen(text));
	return json_string(clean);
}

json_t *json_textf(const char *format, ...)
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
	return json_text(text);
}

json_t *json_time(usec_t time, const struct zone *zone)
{
	char buf[TIMES_TEXT_SIZE];

	return time == USEC_INFINITY ? json_null()
				     : json_string(times_format_rfc3339(time, zone, buf));
}

json_t *json_span(usec_t span)
{
	if (span == USEC_INFINITY)
		return json_null();
	if (span % USEC_PER_SEC == 0)
		return json_integer(span / USEC_PER_SEC);
	return json_real((double)span / (double)USEC_PER_SEC);
}

int json_print(json_t *value)
{
	_cleanup_(cleanup_json) json_t *owned = value;

	if (!owned)
		return -ENOMEM;
	/* Another reason than the stream is memory: what comes from outside was cleaned. */
	if (json_dumpf(owned, stdout,
		       JSON_ENCODE_ANY | JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS)) < 0)
		return ferror(stdout) ? -EIO : -ENOMEM;
	return putchar('\n') == EOF ? -EIO : 0;
}
