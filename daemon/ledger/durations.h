/*
 * How long runs of jobs took, as the ledger has it, for who wants to know what to expect. Reads the
 * database beside the daemon that writes it, and changes nothing. One thread.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "ledger/ledger.h"

#include <stddef.h>

/* The most run times of a job that are read. */
#define DURATIONS_MAX 256

/* Takes those of a job, 1 or more, the latest first. Returns 0 or -errno, which ends the reading.
 */
typedef int durations_fn(void *ctx, const char *job, const usec_t *spans, size_t n);

/*
 * Calls fn() for each job of which the ledger in that directory has runs that came to their own end
 * or to their time-out, with the last `most` (up to DURATIONS_MAX) of them: of their last attempts.
 * Returns 0; -ENOENT if there is no ledger; or what fn() returned; or another -errno, with `error`
 * saying in a sentence without its full stop why it cannot be read.
 */
int durations_read(const char *directory, size_t most, durations_fn *fn, void *ctx,
		   char error[static LEDGER_TEXT_SIZE]) _must_check_;
