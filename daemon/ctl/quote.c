/* See quote.h. The rules of quotes are in everyd.conf(5). */
#include "ctl/quote.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEL 0x7f

/* How many bytes from here on are a character that may stand in a file as it is; 0: none. */
static size_t plain_length(const char *text, size_t left)
{
	unsigned char c = (unsigned char)*text;

	if (c >= 0x80)
		return text_utf8_length(text, left);
	return (c >= ' ' && c != DEL) || c == '\t' || c == '\n';
}

static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = plain_length(text + i, len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

/* A backslash stands for itself unless it is before one of these. */
static void quote_single(FILE *out, const char *text)
{
	(void)fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' ||
		    (*text == '\\' && (text[1] == '\0' || strchr("\\'\n", text[1]))))
			(void)fputc('\\', out);
		(void)fputc(*text, out);
	}
	(void)fputc('\'', out);
}

static void quote_double(FILE *out, const char *text, size_t len)
{
	(void)fputc('"', out);
	for (size_t i = 0; i < len;) {
		size_t n = plain_length(text + i, len - i);

		if (n == 0) {
			(void)fprintf(out, "\\x%02x", (unsigned char)text[i]);
			n = 1;
		} else if (text[i] == '\n' || text[i] == '\t') {
			(void)fputs(text[i] == '\n' ? "\\n" : "\\t", out);
		} else {
			if (strchr("\"\\", text[i]) || (text[i] == '$' && text[i + 1] == '{'))
				(void)fputc('\\', out);
			(void)fwrite(text + i, 1, n, out);
		}
		i += n;
	}
	(void)fputc('"', out);
}

void quote_value(FILE *out, const char *text)
{
	size_t len = strlen(text);

	if (is_plain(text, len))
		quote_single(out, text);
	else
		quote_double(out, text, len);
}

int quote_comment(FILE *out, const char *lead, const char *bytes, size_t len)
{
	_cleanup_free_ char *shown = malloc(TEXT_GROWTH * len + 1);

	if (!shown)
		return -ENOMEM;
	len = text_sanitize(shown, bytes, len);
	(void)fprintf(out, "%s%.*s\n", lead, (int)len, shown);
	return 0;
}
