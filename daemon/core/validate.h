/* What is wrong, or suspicious, about jobs that are well-formed one by one. Pure. */
#pragma once

#include "base/diag.h"
#include "core/model.h"

/*
 * Adds warnings (and errors, should there be any) about a complete model: a time-out that is longer
 * than the interval with OVERLAP_SKIP, a splay as long as the interval or longer, a group that no
 * job uses, a stop_timeout shorter than a kill_grace that is never reached, ... O(n log n).
 */
void model_validate(const struct model *model, struct diags *diags);
