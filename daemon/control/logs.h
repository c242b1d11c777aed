/* What runs print and what everyd says, as it is logged, for those who follow it: GET /v1/logs. As
   long as there is none of them nothing is copied. Loop's thread. */
#pragma once

#include "control/follow.h"
#include "core/engine.h"

#include <event2/event_struct.h>
#include <stdbool.h>

/* Part of struct control; all zero at first. */
struct logs {
	struct followers followers;
	struct event tap; /* while there are followers */
	bool is_open;     /* the tap */
	bool taking;      /* from it, just now */
};

/* An effect of the engine: that a run has ended, or came to nothing, is told behind its last line.
 */
void logs_effect(struct logs *logs, const struct effect *effect);
