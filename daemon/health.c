/* See health.h. */
#include "health.h"

#include "base/log.h"
#include "daemon.h"
#include "service/notify.h"
#include "status.h"

#include <event2/event.h>

/* Feeding the watchdog three times in its interval leaves room for one tick that comes late, or at
   a bad moment: while a clock step has not been dealt with. */
#define TICKS_PER_INTERVAL 3

/*
 * Why the watchdog must not be fed; NULL: no reason.
 *
 * One silent worker is no reason: it hangs in a system call that a restart would not end, and the
 * others go on. When all are silent and runs wait for them, nothing goes on.
 */
static const char *find_trouble(struct daemon *daemon, const struct pool_stats *stats)
{
	struct engine_job *job;
	usec_t late = clock_wall() - engine_next_due(daemon->engine, &job);

	if (!daemon->stopping && late > daemon->watchdog_interval)
		return "a job that is due was not started";
	if (stats->silent > 0 && stats->silent == stats->workers && stats->queued > 0)
		return "no worker answers, and runs wait for one";
	return NULL;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;
	struct pool_stats stats;
	const char *trouble;

	(void)fd;
	(void)what;
	daemon_reap(daemon);
	pool_stats(daemon->pool, &stats);
	pool_ping(daemon->pool);

	if (stats.silent > daemon->silent)
		log_about(LOG_LEVEL_WARNING,
			  &(struct log_about){.message = LOG_MESSAGE_WORKERS_HANG},
			  "%u of the workers hang in a system call; SIGUSR1 shows what they run",
			  stats.silent);
	daemon->silent = stats.silent;

	trouble = find_trouble(daemon, &stats);
	if (!trouble)
		notify_watchdog();
	else if (!daemon->unhealthy)
		log_msg(LOG_LEVEL_ERROR, "the watchdog is not fed: %s", trouble);
	daemon->unhealthy = trouble;
	status_refresh(daemon);
}

int health_start(struct daemon *daemon)
{
	usec_t span = notify_watchdog_interval() / TICKS_PER_INTERVAL;
	struct timeval tv = {.tv_sec = span / USEC_PER_SEC, .tv_usec = span % USEC_PER_SEC};

	daemon->watchdog_interval = notify_watchdog_interval();
	if (event_assign(&daemon->watchdog, daemon->base, -1, EV_PERSIST, on_tick, daemon) < 0)
		return -EIO;
	if (daemon->watchdog_interval > 0 && event_add(&daemon->watchdog, &tv) < 0)
		return -ENOMEM;
	return 0;
}
