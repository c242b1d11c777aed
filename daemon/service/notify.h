/*
 * What the daemon tells systemd (sd_notify(3)). Every function does nothing when no one listens
 * (NOTIFY_SOCKET is not set). For the loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>

/* Does anyone listen? For what would be dear to say to no one. */
bool notify_wanted(void);

void notify_ready(void);
/* RELOADING=1 with MONOTONIC_USEC, as Type=notify-reload asks; notify_ready() ends it. */
void notify_reloading(void);
void notify_stopping(void);
void notify_status(const char *format, ...) _printf_(1, 2);
/* EXTEND_TIMEOUT_USEC: stopping takes up to this much longer, from now. */
void notify_extend(usec_t span);
void notify_watchdog(void);

/* Within which the service manager wants a notify_watchdog(); 0: it does not. */
usec_t notify_watchdog_interval(void);
