/* See url.h. */
#include "ctl/url.h"

#include <string.h>

static void add_byte(struct url *url, char c)
{
	if (url->len + 1 >= sizeof(url->text)) {
		url->failed = true;
		return;
	}
	url->text[url->len++] = c;
	url->text[url->len] = '\0';
}

/* RFC 3986, section 2.3: what needs no encoding anywhere. */
static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~", c));
}

static void add_encoded(struct url *url, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (is_unreserved(*text)) {
			add_byte(url, *text);
			continue;
		}
		add_byte(url, '%');
		add_byte(url, digits[c >> 4]);
		add_byte(url, digits[c & 15]);
	}
}

void url_begin(struct url *url, const char *path)
{
	*url = (struct url){.len = 0};
	url_path(url, path);
}

void url_path(struct url *url, const char *path)
{
	for (; *path; path++)
		add_byte(url, *path);
}

void url_segment(struct url *url, const char *segment)
{
	add_byte(url, '/');
	add_encoded(url, segment);
}

void url_param(struct url *url, const char *name, const char *value)
{
	if (!value)
		return;
	add_byte(url, url->has_params ? '&' : '?');
	url->has_params = true;
	url_path(url, name);
	add_byte(url, '=');
	add_encoded(url, value);
}
