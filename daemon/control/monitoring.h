/*
 * Metrics on their way out: to a client that asks for /metrics, and into the file that the
 * configuration names (metrics_textfile). Loop's thread.
 */
#pragma once

#include "control/metrics.h"
#include "control/scraper.h"

#include <event2/event_struct.h>

/* Part of struct control; all zero at first. */
struct monitoring {
	struct metrics metrics;
	const struct control_host *host; /* NULL: no model was in force yet */
	struct scraper *scraper;         /* NULL: nothing was asked for yet */
	struct event answers;
	struct event write;
	char *path;     /* of the file; NULL: none is wanted */
	bool writing;   /* it is on its way */
	bool stale;     /* things have changed since */
	usec_t written; /* elapsed time */
	int error;      /* errno of the last time that it could not be written; 0: it could */
};

/* Ends it; when no client is left. */
void monitoring_done(struct monitoring *monitoring);

/* Another model is in force. The host stays the same, and where it is. */
void monitoring_configure(struct monitoring *monitoring, const struct control_host *host);

/* Counts, and has the file written soon. Call it for each effect of the engine. */
void monitoring_effect(struct monitoring *monitoring, const struct effect *effect);
