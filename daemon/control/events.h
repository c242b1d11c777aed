/*
 * What happens in the daemon, for those who follow it: GET /v1/events. What happens is put in a
 * line that is bounded, and sent when all else has had its turn: many followers hold up no job.
 * Loop's thread.
 */
#pragma once

#include "control/follow.h"
#include "core/engine.h"

#include <event2/event_struct.h>
#include <stddef.h>
#include <sys/queue.h>

/* What may wait to be sent, in events. */
#define EVENTS_MAX 5000

struct pending_event;

/* Part of struct control; all zero at first. */
struct events {
	struct followers followers;
	STAILQ_HEAD(pending_events, pending_event) pending; /* while there are followers */
	size_t n_pending;
	struct event deliver; /* the first of them */
};

/* Sends all that waits: the daemon ends. */
void events_flush(struct events *events);

/* A reload has failed, as control_reload_failed() says. */
void events_reload_failed(struct events *events, size_t errors, const char *error);

/* An effect of the engine, and an event that it was given: nothing unless somebody follows. */
void events_effect(struct events *events, const struct effect *effect);
void events_event(struct events *events, const struct control_host *host,
		  const struct engine_event *event);
