/* See clockwatch.h. */
#include "service/clockwatch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>

/* The last second there is: the timer is there to be cancelled, not to expire. */
#define FAR_FUTURE ((time_t)((UINT64_C(1) << (sizeof(time_t) * 8 - 1)) - 1))

/* Clocks that are read within this are read at the same time. */
#define AT_ONCE USEC_PER_MSEC

/* How often that is tried. */
#define TRIES_MAX 10

/* A shorter suspend is taken for clocks that were read too far apart. */
#define SUSPEND_MIN (100 * USEC_PER_MSEC)

/* What a look between two events of the timer takes for a jump. */
#define STEP_MIN USEC_PER_SEC

/* How clocks differ. */
struct offsets {
	usec_t wall;  /* wall time minus elapsed time */
	usec_t slept; /* elapsed time minus that without suspends */
};

struct clockwatch {
	int fd;
	struct event *event;
	struct offsets offsets; /* when last looked at */
	void (*jumped)(void *ctx, struct clock_jump jump);
	void *ctx;
};

static struct offsets read_offsets(void)
{
	struct offsets offsets = {0};

	for (int i = 0; i < TRIES_MAX; i++) {
		usec_t before = clock_monotonic();
		usec_t elapsed = clock_elapsed();

		offsets = (struct offsets){clock_wall() - elapsed, elapsed - before};
		if (clock_monotonic() - before <= AT_ONCE)
			break;
	}
	return offsets;
}

static struct clock_jump jump_to(const struct clockwatch *watch, struct offsets now)
{
	struct clock_jump jump = {
		.step = now.wall - watch->offsets.wall,
		.suspended = now.slept - watch->offsets.slept,
	};

	if (jump.suspended < SUSPEND_MIN)
		jump.suspended = 0;
	return jump;
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
	struct clock_jump jump;
	struct offsets now;
	uint64_t expirations;

	(void)what;
	/* Otherwise it was a signal or a false alarm: what is to be read stays to be read. */
	if (read(fd, &expirations, sizeof(expirations)) >= 0 || errno != ECANCELED)
		return;
	/* Look at the clocks only when armed again, so that no jump falls in between. Arming a
	   timer that could be armed before does not fail. */
	(void)arm(fd);
	now = read_offsets();
	jump = jump_to(watch, now);
	watch->offsets = now;
	watch->jumped(watch->ctx, jump);
}

void clockwatch_look(struct clockwatch *watch)
{
	struct offsets now = read_offsets();
	struct clock_jump jump = jump_to(watch, now);

	if (jump.suspended == 0 && jump.step < STEP_MIN && jump.step > -STEP_MIN)
		return;
	watch->offsets = now;
	watch->jumped(watch->ctx, jump);
}

int clockwatch_new(struct event_base *base, void (*jumped)(void *ctx, struct clock_jump jump),
		   void *ctx, struct clockwatch **ret_watch)
{
	struct clockwatch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->jumped = jumped;
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
	watch->offsets = read_offsets();
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
