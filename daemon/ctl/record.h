/* Lines of what happens, as it comes: what runs print, what everyd says of them, events. One
   thread. */
#pragma once

#include "base/cleanup.h"
#include "ctl/ctl.h"

#include <jansson.h>

struct when;

/*
 * Prints one at once, for people as everyd logs it: time, "JOB[RUN]: ", and its text; or, if it has
 * none, `name` and its other members as NAME=VALUE. With --json as it came, on a line.
 */
void record_print(const struct ctl *ctl, const struct when *when, const char *name, json_t *record);
