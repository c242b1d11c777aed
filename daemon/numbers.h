/*
 * The numbers under which the ledger knows jobs: of those that are configured each has its own, and
 * those that left keep theirs, should they come back. For the loop's thread.
 */
#pragma once

#include "base/cleanup.h"

#include <stdint.h>

struct numbers;

/* Numbers begin behind `last`. NULL: out of memory. */
struct numbers *numbers_new(uint32_t last) _must_check_;
/* NULL is fine. */
void numbers_free(struct numbers *numbers);

/* That of a job of that name which left, no longer kept here; else a new one. */
uint32_t numbers_take(struct numbers *numbers, const char *name);

/* Keeps the number of a job that leaves. Without memory it is forgotten: should the job come back,
   it is another one to the ledger. */
void numbers_keep(struct numbers *numbers, const char *name, uint32_t number);
