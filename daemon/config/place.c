/* See place.h. */
#include "config/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *quoted(const char *text, size_t len, char buf[static QUOTED_SIZE])
{
	size_t shown = len;

	if (len > QUOTED_BYTES) {
		shown = QUOTED_BYTES;
		/* Not in the middle of a UTF-8 character. */
		while (shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
			shown--;
	}
	size_t written = text_sanitize(buf, text, shown);

	if (shown < len)
		memcpy(buf + written, "...", sizeof("..."));
	return buf;
}

void place_report(struct diags *diags, enum diag_severity severity, const struct place *place,
		  const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	char title[QUOTED_SIZE] = "";
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0)
		text = NULL;
	if (place->title)
		quoted(place->title, strlen(place->title), title);
	diags_add(diags, severity, place->file, place->line, "%s%s%s%s%s%s%s%s",
		  place->section ? place->section : "", place->title ? " \"" : "", title,
		  place->title ? "\"" : "", place->section ? ": " : "",
		  place->option ? place->option : "", place->option ? ": " : "",
		  text ? text : "out of memory");
}
