/* See status.h. */
#include "status.h"

#include "daemon.h"
#include "report.h"
#include "service/notify.h"

#include <errno.h>
#include <event2/event.h>

#define STATUS_INTERVAL USEC_PER_SEC

void status_tell(struct daemon *daemon, int (*state)(void))
{
	daemon->untold = state() < 0 ? state : NULL;
	if (daemon->untold)
		daemon_set_timer(&daemon->status, STATUS_INTERVAL);
}

void status_refresh(struct daemon *daemon)
{
	char text[REPORT_HEADLINE_SIZE];

	if (!notify_wanted())
		return;
	(void)evtimer_del(&daemon->status);
	if (daemon->untold)
		status_tell(daemon, daemon->untold);
	report_headline(daemon, text, sizeof(text));
	notify_status("%s", text);
	daemon->status_sent = clock_elapsed();
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	status_refresh(arg);
}

void status_touch(struct daemon *daemon)
{
	usec_t span;

	if (!notify_wanted() || evtimer_pending(&daemon->status, NULL))
		return;
	span = daemon->status_sent + STATUS_INTERVAL - clock_elapsed();
	daemon_set_timer(&daemon->status, span > 0 ? span : 0);
}

int status_start(struct daemon *daemon)
{
	return evtimer_assign(&daemon->status, daemon->base, on_timer, daemon) < 0 ? -EIO : 0;
}
