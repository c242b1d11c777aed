/* What is suspicious about jobs that are well-formed one by one. Pure. */
#pragma once

#include "base/diag.h"
#include "core/model.h"

/*
 * Adds warnings about a complete model: a group that no job uses; a command given as a list that
 * looks as if a shell were to run it. What needs to know where an option was written (a time-out
 * that reaches beyond the interval, ...) config has checked. O(n).
 */
void model_validate(const struct model *model, struct diags *diags);
