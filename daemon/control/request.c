/* See request.h. */
#include "control/request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Room for the longest name of a host (RFC 1035, section 2.3.4) with a port. */
#define HOST_SIZE 262

void request_uri_done(struct request_uri *uri)
{
	free(uri->buf);
	uri->buf = NULL;
}

/* How long the path of a target is. */
static size_t path_length(const char *target)
{
	return strcspn(target, "?#");
}

bool request_path_matches(const char *target, const char *pattern)
{
	const char *end = target + path_length(target);

	while (*pattern && target < end) {
		if (*pattern == '{') {
			size_t len = strcspn(target, "/?#");

			if (len == 0)
				return false;
			target += len;
			pattern = strchr(pattern, '}') + 1;
		} else if (*pattern++ != *target++) {
			return false;
		}
	}
	return *pattern == '\0' && target == end;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. Returns 0 or -EINVAL. */
static int decode(char *text, bool plus)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		int high;
		int low;

		if (*in == '+' && plus) {
			*out++ = ' ';
			continue;
		}
		if (*in != '%') {
			*out++ = *in;
			continue;
		}
		high = hex_digit(in[1]);
		low = high < 0 ? -1 : hex_digit(in[2]);
		if (low < 0 || (high == 0 && low == 0))
			return -EINVAL;
		*out++ = (char)(high << 4 | low);
		in += 2;
	}
	*out = '\0';
	return 0;
}

/* `at` is the path in uri->buf, which ends with it. */
static int take_segments(char *at, const char *pattern, struct request_uri *uri)
{
	while (*pattern) {
		size_t len;
		bool last;
		int r;

		if (*pattern != '{') {
			pattern++;
			at++;
			continue;
		}
		if (uri->n_segments == REQUEST_SEGMENTS_MAX)
			return -EINVAL;
		len = strcspn(at, "/");
		last = at[len] == '\0';
		at[len] = '\0';
		uri->segments[uri->n_segments++] = at;
		if ((r = decode(at, false)) < 0)
			return r;
		/* The '/' that is a NUL now is passed as the pattern's next. */
		pattern = strchr(pattern, '}') + 1;
		if (last)
			break;
		at += len;
	}
	return 0;
}

static int take_params(char *query, struct request_uri *uri)
{
	char *text;

	while ((text = strsep(&query, "&"))) {
		char *value = text;
		struct request_param *param = &uri->params[uri->n_params];

		if (*text == '\0')
			continue;
		if (uri->n_params == REQUEST_PARAMS_MAX)
			return -E2BIG;
		param->name = strsep(&value, "=");
		if (decode(text, true) < 0 || (value && decode(value, true) < 0))
			return -EINVAL;
		param->value = value ? value : "";
		uri->n_params++;
	}
	return 0;
}

int request_uri_parse(const char *target, const char *pattern, struct request_uri *ret_uri)
{
	struct request_uri uri = {.buf = strdup(target)};
	char *query;
	int r;

	if (!uri.buf)
		return -ENOMEM;
	uri.buf[strcspn(uri.buf, "#")] = '\0';
	query = strchr(uri.buf, '?');
	if (query)
		*query++ = '\0';
	r = take_segments(uri.buf, pattern, &uri);
	if (r == 0 && query)
		r = take_params(query, &uri);
	if (r < 0) {
		request_uri_done(&uri);
		return r;
	}
	*ret_uri = uri;
	return 0;
}

static const struct request_param *find_param(const struct request_uri *uri, const char *name)
{
	for (unsigned i = 0; i < uri->n_params; i++)
		if (strcmp(uri->params[i].name, name) == 0)
			return &uri->params[i];
	return NULL;
}

static bool is_known(const char *name, const char *const *known)
{
	while (*known && strcmp(*known, name) != 0)
		known++;
	return *known;
}

int request_uri_check(const struct request_uri *uri, const char *const *known,
		      const char **ret_name)
{
	for (unsigned i = 0; i < uri->n_params; i++) {
		const char *name = uri->params[i].name;
		int r = 0;

		if (!*name)
			r = -EINVAL;
		else if (!is_known(name, known))
			r = -ENOENT;
		else if (find_param(uri, name) != &uri->params[i])
			r = -EEXIST;
		if (r < 0) {
			*ret_name = name;
			return r;
		}
	}
	return 0;
}

const char *request_uri_param(const struct request_uri *uri, const char *name)
{
	const struct request_param *param = find_param(uri, name);

	return param ? param->value : NULL;
}

/* Cuts ":PORT" off. Returns false if what is there is no port. */
static bool cut_port(char *colon)
{
	if (!colon)
		return true;
	*colon = '\0';
	return colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1);
}

bool request_host_is_own(const char *host, const char *name)
{
	char buf[HOST_SIZE];
	unsigned char address[sizeof(struct in6_addr)];
	char *end;

	if (strlen(host) >= sizeof(buf))
		return false;
	memcpy(buf, host, strlen(host) + 1);
	if (buf[0] == '[') {
		end = strchr(buf, ']');
		if (!end || (end[1] && end[1] != ':') || !cut_port(end[1] ? end + 1 : NULL))
			return false;
		*end = '\0';
		return inet_pton(AF_INET6, buf + 1, address) == 1;
	}
	if (!cut_port(strchr(buf, ':')))
		return false;
	return inet_pton(AF_INET, buf, address) == 1 || strcasecmp(buf, "localhost") == 0 ||
	       (name && strcasecmp(buf, name) == 0);
}
