/*
 * The tap of the logger: a copy of every record for one who follows them live, the loop. Records
 * wait in a bounded buffer, of which a descriptor tells; what does not fit is dropped and counted,
 * and holds up nobody. While the tap is closed nothing is copied.
 */
#pragma once

#include "base/cleanup.h"
#include "base/log.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes of records that may wait, and as many of which some were taken. */
#define LOG_TAP_SIZE ((size_t)1024 * 1024)

/* Opens the tap, which must be closed: records that are logged between log_start() and log_stop()
   come, from now on. Returns 0 or -errno. Main thread, as the next three. */
int log_tap_open(void) _must_check_;

/* Nothing happens if it is closed. */
void log_tap_close(void);

/* Readable when there are records. */
int log_tap_fd(void);

/* Hands over what waits, in order, `max` records at most; fn must not close the tap. Returns how
   many records were dropped behind those that were handed over by now. */
uint64_t log_tap_take(size_t max, void (*fn)(void *ctx, const struct log_record *record),
		      void *ctx);

/* For the logger: records on their way to a sink. Any thread. */
void log_tap_put(const struct log_record *records, size_t count);
