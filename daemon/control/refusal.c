/* See refusal.h. */
#include "control/refusal.h"

#include "control/route.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer than any of evhttp's pages. */
#define PAGE_SIZE_MAX 4096

struct refusal {
	int status;
	const char *phrase;
	const char *code;
	const char *message;
};

/* The last one is for whatever else there may be. */
static const struct refusal refusals[] = {
	{STATUS_BAD_REQUEST, "Bad Request", "bad-request",
	 "this is no request of HTTP/1.1, or its header is too large"},
	{STATUS_TOO_LARGE, "Content Too Large", "body-too-large",
	 "the body is too large, or its chunks are none"},
	{STATUS_BAD_EXPECTATION, "Expectation Failed", "bad-request",
	 "what is expected is not 100-continue"},
	{STATUS_INTERNAL, "Internal Server Error", "bad-request", "the request cannot be answered"},
};

static const struct refusal *find_refusal(int status)
{
	const struct refusal *refusal = refusals;

	while (refusal->status != status && refusal->status != STATUS_INTERNAL)
		refusal++;
	return refusal;
}

/* The status of an answer, of whatever version: evhttp has that which was asked in. 0: it is none.
 */
static int status_of(const char *text)
{
	const char *space = strchr(text, ' ');

	return space && strncmp(text, "HTTP/", 5) == 0 ? (int)strtol(space, NULL, 10) : 0;
}

bool refusal_replace(struct evbuffer *out)
{
	char text[PAGE_SIZE_MAX];
	ev_ssize_t len = evbuffer_copyout(out, text, sizeof(text) - 1);
	const char *page = text;
	const struct refusal *refusal;
	char body[300];
	int n;

	if (len <= 0)
		return false;
	text[len] = '\0';
	if (status_of(page) == STATUS_CONTINUE) {
		const char *end = strstr(page, "\r\n\r\n");

		page = end ? end + 4 : "";
	}
	if (status_of(page) < STATUS_BAD_REQUEST)
		return false;
	refusal = find_refusal(status_of(page));
	n = snprintf(body, sizeof(body), "{\"error\": {\"code\": \"%s\", \"message\": \"%s\"}}",
		     refusal->code, refusal->message);
	(void)evbuffer_drain(out, evbuffer_get_length(out));
	(void)evbuffer_add(out, text, (size_t)(page - text));
	(void)evbuffer_add_printf(out,
				  "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
				  "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
				  "Connection: close\r\nContent-Length: %d\r\n\r\n%s",
				  refusal->status, refusal->phrase, n, body);
	return true;
}
