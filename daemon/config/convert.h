/* From an option as a file gives it to its value: checked, and every problem said. */
#pragma once

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/diag.h"
#include "config/options.h"
#include "config/place.h"

/*
 * Checks what is given and sets the option's member of `values`. A text is the given one itself and
 * lives as long as that; lists may be in `arena`. Returns 0, maybe with a warning; -EINVAL when it
 * is not good, which has then been reported at `place`; or -ENOMEM.
 */
int option_convert(const struct option_given *given, const struct place *place, struct diags *diags,
		   struct arena *arena, struct option_values *values) _must_check_;

/* The defaults that are built in, and which those are. */
void option_fallbacks(struct option_values *ret_values, struct option_set *ret_known);
