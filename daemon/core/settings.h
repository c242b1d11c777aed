/*
 * Job settings as values: compared, hashed and copied field by field, by one table that knows them
 * all. Pure.
 */
#pragma once

#include "base/arena.h"
#include "base/cleanup.h"
#include "core/model.h"

#include <stdbool.h>
#include <stdint.h>

/* Same policy? Groups are compared by name. Any thread. */
bool settings_equal(const struct job_settings *a, const struct job_settings *b);

/* Equal settings have equal hashes. The group is left out. Any thread. */
uint64_t settings_hash(const struct job_settings *settings);

/* Copies settings and all that they point to, but for the group, into the arena. Returns 0 or
   -ENOMEM. */
int settings_copy(struct arena *arena, const struct job_settings *from,
		  struct job_settings *ret_settings) _must_check_;

/* Same command? Any thread. */
bool command_line_equal(const struct command_line *a, const struct command_line *b);
