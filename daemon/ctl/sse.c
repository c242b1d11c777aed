/* See sse.h. */
#include "ctl/sse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sse_init(struct sse *sse, bool (*event)(void *ctx, const char *name, const char *data),
	      void *ctx)
{
	*sse = (struct sse){.event = event, .ctx = ctx};
}

void sse_done(struct sse *sse)
{
	free(sse->line);
	free(sse->data);
}

/* Appends and keeps a NUL behind it. */
static int append(char **text, size_t *len, size_t *size, const char *bytes, size_t n)
{
	if (n > SSE_EVENT_MAX - *len)
		return -E2BIG;
	if (*len + n + 1 > *size) {
		size_t wanted = *size ? *size * 2 : 256;
		char *grown;

		while (wanted < *len + n + 1)
			wanted *= 2;
		grown = realloc(*text, wanted);
		if (!grown)
			return -ENOMEM;
		*text = grown;
		*size = wanted;
	}
	memcpy(*text + *len, bytes, n);
	*len += n;
	(*text)[*len] = '\0';
	return 0;
}

/* An empty line: what came before it is an event, if it has data. */
static int end_event(struct sse *sse)
{
	bool go_on = true;

	if (sse->data_len > 0) {
		sse->data[sse->data_len - 1] = '\0'; /* the last newline */
		go_on = sse->event(sse->ctx, sse->name[0] ? sse->name : "message", sse->data);
	}
	sse->data_len = 0;
	sse->name[0] = '\0';
	return go_on ? 0 : -ECANCELED;
}

static int end_line(struct sse *sse)
{
	const char *line = sse->line ? sse->line : "";
	const char *value = strchr(line, ':');
	size_t name_len = value ? (size_t)(value - line) : strlen(line);
	int r;

	if (sse->line_len == 0)
		return end_event(sse);
	sse->line_len = 0;
	value = value ? value + 1 : line + name_len;
	value += *value == ' ';
	if (name_len == strlen("event") && memcmp(line, "event", name_len) == 0)
		(void)snprintf(sse->name, sizeof(sse->name), "%s", value);
	if (name_len != strlen("data") || memcmp(line, "data", name_len) != 0)
		return 0;
	r = append(&sse->data, &sse->data_len, &sse->data_size, value, strlen(value));
	return r < 0 ? r : append(&sse->data, &sse->data_len, &sse->data_size, "\n", 1);
}

int sse_feed(struct sse *sse, const char *bytes, size_t len)
{
	int r = 0;

	/* A line ends with CR, LF, or both. */
	for (size_t i = 0; r == 0 && i < len;) {
		size_t n = 0;

		if (sse->after_cr && bytes[i] == '\n') {
			sse->after_cr = false;
			i++;
			continue;
		}
		sse->after_cr = false;
		while (i + n < len && bytes[i + n] != '\r' && bytes[i + n] != '\n')
			n++;
		r = append(&sse->line, &sse->line_len, &sse->line_size, bytes + i, n);
		i += n;
		if (r == 0 && i < len) {
			sse->after_cr = bytes[i] == '\r';
			i++;
			r = end_line(sse);
		}
	}
	return r;
}
