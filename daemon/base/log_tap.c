/* See log_tap.h. Part of the logger, and so one for the process. */
#include "base/log_tap.h"

#include "base/log_buffer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The lock is held only to copy and to swap. */
static struct {
	pthread_mutex_t lock;
	/* It guards these. */
	struct log_buffer filling; /* without memory the tap is closed */
	uint64_t dropped;          /* behind it */
	int fd;
	/* These are the taker's. */
	struct log_buffer taking;
	size_t at;     /* the first record of it that was not taken */
	uint64_t lost; /* behind it */
} tap = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.fd = -1,
};

int log_tap_open(void)
{
	_cleanup_close_ int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	char *filling;
	char *taking;

	if (fd < 0)
		return -errno;
	filling = malloc(LOG_TAP_SIZE);
	taking = malloc(LOG_TAP_SIZE);
	if (!filling || !taking) {
		free(filling);
		free(taking);
		return -ENOMEM;
	}
	(void)pthread_mutex_lock(&tap.lock);
	tap.filling.bytes = filling;
	tap.filling.used = 0;
	tap.dropped = 0;
	tap.fd = steal_fd(&fd);
	(void)pthread_mutex_unlock(&tap.lock);
	tap.taking.bytes = taking;
	tap.taking.used = 0;
	tap.at = 0;
	tap.lost = 0;
	return 0;
}

void log_tap_close(void)
{
	(void)pthread_mutex_lock(&tap.lock);
	free(tap.filling.bytes);
	tap.filling = (struct log_buffer){0};
	if (tap.fd >= 0)
		(void)close(tap.fd);
	tap.fd = -1;
	(void)pthread_mutex_unlock(&tap.lock);
	free(tap.taking.bytes);
	tap.taking = (struct log_buffer){0};
}

int log_tap_fd(void)
{
	return tap.fd;
}

/* Begins with what has come since. */
static void swap(void)
{
	struct log_buffer taken = tap.taking;

	(void)pthread_mutex_lock(&tap.lock);
	tap.taking = tap.filling;
	tap.filling = taken;
	tap.lost = tap.dropped;
	tap.dropped = 0;
	(void)pthread_mutex_unlock(&tap.lock);
}

/* The descriptor tells whether there is more. */
static void tell(bool more)
{
	(void)pthread_mutex_lock(&tap.lock);
	if (more || tap.filling.used > 0 || tap.dropped > 0)
		(void)eventfd_write(tap.fd, 1);
	else
		(void)eventfd_read(tap.fd, &(eventfd_t){0});
	(void)pthread_mutex_unlock(&tap.lock);
}

uint64_t log_tap_take(size_t max, void (*fn)(void *ctx, const struct log_record *record), void *ctx)
{
	uint64_t lost;

	if (tap.at == tap.taking.used)
		swap();
	for (size_t n = 0; n < max && tap.at < tap.taking.used; n++) {
		struct log_record record;

		tap.at = log_buffer_get(&tap.taking, tap.at, &record);
		fn(ctx, &record);
	}
	if (tap.at < tap.taking.used) {
		tell(true);
		return 0;
	}
	tap.at = 0;
	tap.taking.used = 0;
	lost = tap.lost;
	tap.lost = 0;
	tell(false);
	return lost;
}

void log_tap_put(const struct log_record *records, size_t count)
{
	bool wake;

	(void)pthread_mutex_lock(&tap.lock);
	wake = tap.filling.bytes && tap.filling.used == 0 && tap.dropped == 0;
	for (size_t i = 0; tap.filling.bytes && i < count; i++) {
		size_t size = log_buffer_size(&records[i]);

		/* What comes behind a gap is dropped, too: its taker is told where it is. */
		if (tap.dropped > 0 || tap.filling.used + size > LOG_TAP_SIZE)
			tap.dropped++;
		else
			log_buffer_put(&tap.filling, &records[i], size);
	}
	if (wake)
		(void)eventfd_write(tap.fd, 1);
	(void)pthread_mutex_unlock(&tap.lock);
}
