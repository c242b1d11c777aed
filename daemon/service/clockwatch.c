/* See clockwatch.h. */
#include "service/clockwatch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>

/* The last second there is: the timer is there to be cancelled, not to expire. */
#define FAR_FUTURE ((time_t)((UINT64_C(1) << (sizeof(time_t) * 8 - 1)) - 1))

struct clockwatch {
	int fd;
	struct event *event;
	usec_t ahead; /* wall time minus elapsed time, when last looked at */
	void (*stepped)(void *ctx, usec_t step);
	void *ctx;
};

static usec_t wall_ahead(void)
{
	return clock_wall() - clock_elapsed();
}

static int arm(int fd)
{
	const struct itimerspec when = {.it_value.tv_sec = FAR_FUTURE};
	const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;

	/* ECANCELED: the clock jumped meanwhile; the timer is armed nevertheless. */
	if (timerfd_settime(fd, flags, &when, NULL) < 0 && errno != ECANCELED)
		return -errno;
	return 0;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct clockwatch *watch = arg;
	uint64_t expirations;
	usec_t ahead;
	usec_t step;

	(void)what;
	/* Otherwise it was a signal or a false alarm: what is to be read stays to be read. */
	if (read(fd, &expirations, sizeof(expirations)) >= 0 || errno != ECANCELED)
		return;
	/* Look at the clocks only when armed again, so that no jump falls in between. Arming a
	   timer that could be armed before does not fail. */
	(void)arm(fd);
	ahead = wall_ahead();
	step = ahead - watch->ahead;
	watch->ahead = ahead;
	watch->stepped(watch->ctx, step);
}

int clockwatch_new(struct event_base *base, void (*stepped)(void *ctx, usec_t step), void *ctx,
		   struct clockwatch **ret_watch)
{
	struct clockwatch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->stepped = stepped;
	watch->ctx = ctx;
	watch->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (watch->fd < 0) {
		r = -errno;
		goto out;
	}
	watch->event = event_new(base, watch->fd, EV_READ | EV_PERSIST, on_timer, watch);
	if (!watch->event || event_add(watch->event, NULL) < 0) {
		r = -ENOMEM;
		goto out;
	}
	r = arm(watch->fd);
	if (r < 0)
		goto out;
	watch->ahead = wall_ahead();
	*ret_watch = watch;
	return 0;
out:
	clockwatch_free(watch);
	return r;
}

void clockwatch_free(struct clockwatch *watch)
{
	if (!watch)
		return;
	if (watch->event)
		event_free(watch->event);
	cleanup_close(&watch->fd);
	free(watch);
}
