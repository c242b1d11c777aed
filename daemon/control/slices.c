/* See slices.h. */
#include "control/slices.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

/* A client that waits. */
struct slices {
	struct exchange *exchange;
	const struct slices_ops *ops;
	void *work;
	struct event more;
};

static void free_slices(struct slices *slices)
{
	(void)event_del(&slices->more);
	slices->ops->free(slices->work);
	free(slices);
}

static void on_gone(void *ctx)
{
	free_slices(ctx);
}

static void refuse(struct exchange *exchange)
{
	exchange_error(exchange, STATUS_UNAVAILABLE, "no-memory", "out of memory");
}

static void answer(struct slices *slices, int r)
{
	if (r < 0)
		refuse(slices->exchange);
	else
		exchange_reply_buffer(slices->exchange, STATUS_OK, "application/json",
				      slices->ops->text(slices->work));
	free_slices(slices);
}

static void go_on_soon(struct slices *slices)
{
	struct timeval now = {0};

	if (evtimer_add(&slices->more, &now) < 0)
		answer(slices, -ENOMEM);
}

static void on_more(evutil_socket_t fd, short what, void *arg)
{
	struct slices *slices = arg;
	int r = slices->ops->work(slices->work);

	(void)fd;
	(void)what;
	if (r == 0)
		go_on_soon(slices);
	else
		answer(slices, r);
}

void slices_answer(struct exchange *exchange, const struct slices_ops *ops, void *work)
{
	struct event_base *base = exchange_host(exchange)->base;
	struct slices *slices = work ? malloc(sizeof(*slices)) : NULL;
	int r;

	if (!slices) {
		if (work)
			ops->free(work);
		refuse(exchange);
		return;
	}
	*slices = (struct slices){.exchange = exchange, .ops = ops, .work = work};
	(void)evtimer_assign(&slices->more, base, on_more, slices);
	(void)event_priority_set(&slices->more, event_base_get_npriorities(base) - 1);
	r = ops->work(work);
	if (r != 0) {
		answer(slices, r);
		return;
	}
	exchange_wait(exchange, on_gone, slices);
	go_on_soon(slices);
}
