/*
 * A stream of events as it comes, text/event-stream of the HTML standard (section 9.2, "Server-sent
 * events"): bytes go in, whole events come out. Pure; one thread at a time.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

/* An event that is larger is a mistake of the server's. */
#define SSE_EVENT_MAX ((size_t)1024 * 1024)

struct sse {
	/* Called for each event: its name ("message" if it has none) and its data, lines parted by
	   newlines. Returns whether to go on. */
	bool (*event)(void *ctx, const char *name, const char *data);
	void *ctx;
	char name[64];
	char *line; /* that has not ended yet */
	size_t line_len;
	size_t line_size;
	char *data; /* of the event that has not ended yet; NULL: none */
	size_t data_len;
	size_t data_size;
	bool after_cr; /* a newline now belongs to the line before */
};

void sse_init(struct sse *sse, bool (*event)(void *ctx, const char *name, const char *data),
	      void *ctx);
void sse_done(struct sse *sse);

/* Takes what has come. Returns 0; -ECANCELED when event() said not to go on; -E2BIG for an event
   beyond SSE_EVENT_MAX; or -ENOMEM. */
int sse_feed(struct sse *sse, const char *bytes, size_t len) _must_check_;
