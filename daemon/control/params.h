/* What parameters of lists have in common: each function answers the request when a value is none
   that it takes, and returns false then. Loop's thread. */
#pragma once

#include "base/cleanup.h"
#include "control/route.h"

#include <stdbool.h>
#include <stdint.h>

/* Items of a page. */
#define PAGE_USUAL 100
#define PAGE_MAX   1000

/* "limit": PAGE_USUAL if it is not given. */
bool param_limit(struct exchange *exchange, unsigned *ret_limit) _must_check_;

/* "verdict", names with commas between: a set of 1 << enum verdict, 0 if it is not given. */
bool param_verdicts(struct exchange *exchange, uint32_t *ret_verdicts) _must_check_;
