/* See notify.h. */
#include "service/notify.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

/* A status longer than this is cut. Sanitized it may be TEXT_GROWTH times as long, and the service
   manager ignores messages of 4096 bytes and more. */
#define STATUS_MAX 1000

/* The results of sd_notify(3) are of no use: there is no one else to tell. */

bool notify_wanted(void)
{
	return getenv("NOTIFY_SOCKET") != NULL;
}

void notify_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

void notify_reloading(void)
{
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic());
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void notify_status(const char *format, ...)
{
	char text[STATUS_MAX + 1];
	char clean[TEXT_GROWTH * STATUS_MAX + 1];
	va_list ap;
	int n;

	va_start(ap, format);
	/* With several files clang-tidy overlooks va_start(). NOLINTNEXTLINE(*-valist*) */
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (n < 0)
		return;
	/* A line break would begin another assignment; what is not UTF-8 would be ignored. */
	(void)text_sanitize(clean, text, strlen(text));
	(void)sd_notifyf(0, "STATUS=%s", clean);
}

void notify_extend(usec_t span)
{
	(void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRId64, span);
}

void notify_watchdog(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

usec_t notify_watchdog_interval(void)
{
	uint64_t interval;

	if (sd_watchdog_enabled(0, &interval) <= 0 || interval >= (uint64_t)USEC_INFINITY)
		return 0;
	return (usec_t)interval;
}
