/* What is suspicious about jobs that are well-formed one by one. Pure. */
#pragma once

#include "base/diag.h"
#include "core/model.h"

/* Adds a warning for each group that no job uses, and for each job that can never catch up. What
   needs to know where an option was written (a time-out that reaches beyond the interval, ...)
   config has checked. O(n). */
void model_validate(const struct model *model, struct diags *diags);
