/* The handlers of routes.c's rows, by the file that they are in. */
#pragma once

#include "control/route.h"

/* status.c */
void handle_health(struct exchange *exchange);
void handle_status(struct exchange *exchange);
