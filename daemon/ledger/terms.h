/* The words that the ledger has for what is a number in the program. */
#pragma once

#include "core/past.h"
#include "core/result.h"
#include "core/verdict.h"

#include <stdbool.h>

/* "accepted", ... */
const char *terms_of_state(enum past_state state);

/* "exited", ... */
const char *terms_of_result(enum result_kind kind);

/* Back again; NULL is no word. Return whether there is such a word. */
bool terms_find_state(const char *word, enum past_state *ret_state);
bool terms_find_result(const char *word, enum result_kind *ret_kind);
bool terms_find_verdict(const char *word, enum verdict *ret_verdict);
bool terms_find_reason(const char *word, enum reason *ret_reason);

/* A text of which it is known that it is the stage of a failed spawn (struct run_result), or
   "start" for one that is not; static. */
const char *terms_find_stage(const char *word);
