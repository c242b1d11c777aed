/* What happens in the daemon, for those who follow it: GET /v1/events. Loop's thread. */
#pragma once

#include "control/follow.h"
#include "core/engine.h"

/* Part of struct control; all zero at first. */
struct events {
	struct followers followers;
};

/* An effect of the engine, and an event that it was given: nothing unless somebody follows. */
void events_effect(struct events *events, const struct effect *effect);
void events_event(struct events *events, const struct control_host *host,
		  const struct engine_event *event);
