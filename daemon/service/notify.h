/*
 * What the daemon tells systemd, in the protocol of sd_notify(3). Every function does nothing when
 * no one listens (NOTIFY_SOCKET is not set), and none ever waits for the listener: what it does not
 * take at once, because it hangs or is busy, is lost. For the loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>

/* Does anyone listen? For what would be dear to say to no one. */
bool notify_wanted(void);

/* These matter: they return -EAGAIN when the listener did not take them, to be tried again; else 0.
 */
int notify_ready(void) _must_check_;
/* RELOADING=1 with MONOTONIC_USEC, as Type=notify-reload asks; notify_ready() ends it. */
int notify_reloading(void) _must_check_;
int notify_stopping(void) _must_check_;

/* These come again by themselves. */
void notify_status(const char *format, ...) _printf_(1, 2);
/* EXTEND_TIMEOUT_USEC: stopping takes up to this much longer, from now. */
void notify_extend(usec_t span);
void notify_watchdog(void);

/* Within which the service manager wants a notify_watchdog(); 0: it does not. */
usec_t notify_watchdog_interval(void);
