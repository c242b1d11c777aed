/* See log_tap.h. Part of the logger, and so one for the process. */
#include "base/log_tap.h"

#include "base/log_buffer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The lock guards all below it but `taking`, which is its taker's, and is held only to copy and to
   swap. */
static struct {
	pthread_mutex_t lock;
	struct log_buffer filling; /* without memory the tap is closed */
	struct log_buffer taking;
	uint64_t dropped;
	int fd;
} tap = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.fd = -1,
};

int log_tap_open(void)
{
	_cleanup_close_ int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	_cleanup_free_ char *filling = NULL;
	_cleanup_free_ char *taking = NULL;

	if (fd < 0)
		return -errno;
	filling = malloc(LOG_TAP_SIZE);
	taking = malloc(LOG_TAP_SIZE);
	if (!filling || !taking)
		return -ENOMEM;
	(void)pthread_mutex_lock(&tap.lock);
	tap.filling = (struct log_buffer){.bytes = steal_ptr(filling)};
	tap.taking = (struct log_buffer){.bytes = steal_ptr(taking)};
	tap.dropped = 0;
	tap.fd = steal_fd(&fd);
	(void)pthread_mutex_unlock(&tap.lock);
	return 0;
}

void log_tap_close(void)
{
	(void)pthread_mutex_lock(&tap.lock);
	free(tap.filling.bytes);
	free(tap.taking.bytes);
	tap.filling = tap.taking = (struct log_buffer){0};
	if (tap.fd >= 0)
		(void)close(tap.fd);
	tap.fd = -1;
	(void)pthread_mutex_unlock(&tap.lock);
}

int log_tap_fd(void)
{
	return tap.fd;
}

uint64_t log_tap_take(void (*fn)(void *ctx, const struct log_record *record), void *ctx)
{
	struct log_buffer taken;
	uint64_t dropped;

	(void)pthread_mutex_lock(&tap.lock);
	taken = tap.filling;
	tap.filling = tap.taking;
	tap.taking = taken;
	dropped = tap.dropped;
	tap.dropped = 0;
	(void)eventfd_read(tap.fd, &(eventfd_t){0});
	(void)pthread_mutex_unlock(&tap.lock);

	for (size_t at = 0; at < taken.used;) {
		struct log_record record;

		at = log_buffer_get(&taken, at, &record);
		fn(ctx, &record);
	}
	tap.taking.used = 0;
	return dropped;
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
