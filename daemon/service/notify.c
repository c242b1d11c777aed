/* See notify.h. */
#include "service/notify.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

/* A status longer than this is cut. Sanitized it may be TEXT_GROWTH times as long, and the service
   manager ignores messages of 4096 bytes and more. */
#define STATUS_MAX 1000

#define MESSAGE_MAX (TEXT_GROWTH * STATUS_MAX + 32)

/*
 * sd_notify(3) would do this, but waits when the socket is full: with a service manager that hangs,
 * no job would start any more. Other failures are of no use: there is no one else to tell.
 */
static int notify_send(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = -1;
	size_t len = path ? strlen(path) : 0;

	if (len < 2 || len >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return 0;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -EAGAIN;
	/* An address ends where its name does (unix(7)): an abstract one without a NUL. */
	if (sendto(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
		   (const struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) >= 0)
		return 0;
	return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ? -EAGAIN : 0;
}

static int _printf_(1, 2) notify_sendf(const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return notify_send(text);
}

bool notify_wanted(void)
{
	return getenv("NOTIFY_SOCKET") != NULL;
}

int notify_ready(void)
{
	return notify_send("READY=1");
}

int notify_reloading(void)
{
	return notify_sendf("RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic());
}

int notify_stopping(void)
{
	return notify_send("STOPPING=1");
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
	(void)notify_sendf("STATUS=%s", clean);
}

void notify_extend(usec_t span)
{
	(void)notify_sendf("EXTEND_TIMEOUT_USEC=%" PRId64, span);
}

void notify_watchdog(void)
{
	(void)notify_send("WATCHDOG=1");
}

usec_t notify_watchdog_interval(void)
{
	uint64_t interval;

	if (sd_watchdog_enabled(0, &interval) <= 0 || interval >= (uint64_t)USEC_INFINITY)
		return 0;
	return (usec_t)interval;
}
