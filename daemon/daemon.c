/* See daemon.h. Parts are started in one order and stopped in the mirror order. */
#include "daemon.h"

#include "base/log.h"
#include "calendar/duration.h"
#include "control/server.h"
#include "directory.h"
#include "effects.h"
#include "exec/reaper.h"
#include "health.h"
#include "loading.h"
#include "records.h"
#include "reload.h"
#include "report.h"
#include "service/clockwatch.h"
#include "service/machine.h"
#include "service/notify.h"
#include "spans.h"
#include "status.h"
#include "work.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Orphans are collected at most so often: a daemon whose jobs end by the thousand is not
   interrupted by each. */
#define ORPHAN_PAUSE USEC_PER_SEC

/* How long a finished run may wait to be noticed while others wait for a worker. */
#define REAP_PAUSE USEC_PER_MSEC

/* While stopping, systemd hears this often that it goes on, and is asked for this much more time.
 */
#define STOP_TICK   (5 * USEC_PER_SEC)
#define STOP_EXTEND (20 * USEC_PER_SEC)

/* After which timers that could not be set for want of memory are tried again. */
#define REARM_DELAY USEC_PER_SEC

/* What the clocks differ by for having been read one after the other is no step. */
#define STEP_RECORDED USEC_PER_MSEC

/* Of events; that in the middle is the usual one. */
#define DAEMON_PRIORITIES 3

/* So many events of clients are handled, and none is begun after so long (microseconds), before the
   loop looks for others. */
#define CLIENTS_ROUND 4
#define CLIENTS_USEC  500

/* A timer that is pending needs no memory to be set anew: one that must not fail waits here. */
#define FAR_AWAY (1000 * USEC_PER_DAY)

static struct timeval to_timeval(usec_t span)
{
	return (struct timeval){.tv_sec = span / USEC_PER_SEC, .tv_usec = span % USEC_PER_SEC};
}

void daemon_set_timer(struct event *timer, usec_t span)
{
	struct timeval tv = to_timeval(span);

	if (event_add(timer, &tv) < 0)
		log_msg(LOG_LEVEL_ERROR, "out of memory: a timer could not be set");
}

/* --- events in --- */

static void step(struct daemon *daemon, const struct engine_event *event)
{
	clockwatch_look(daemon->clockwatch);
	engine_step(daemon->engine, event, clock_wall(), effects_sink(daemon));
	if (daemon->control)
		control_event(daemon->control, event);
	report_step_done(daemon);
	records_flush(daemon);
	effects_start(daemon);
}

static void finish(struct daemon *daemon, struct run_tail *tail)
{
	struct engine_run *er = engine_run_of_tail(tail);

	/* It is nobody's after the step. */
	if (engine_run_is_notice(er))
		effects_let_go(tail);
	step(daemon, &(struct engine_event){
			     .kind = ENGINE_FINISHED,
			     .run = er,
			     .result = &tail->run.result,
		     });
}

static void finish_failed(struct daemon *daemon)
{
	while (daemon->failed) {
		struct run_tail *tail = daemon->failed;

		daemon->failed = tail->next_failed;
		finish(daemon, tail);
	}
	status_touch(daemon);
}

void daemon_step(struct daemon *daemon, const struct engine_event *event)
{
	step(daemon, event);
	finish_failed(daemon);
}

struct run_tail *daemon_tail_of_item(struct pool_item *item)
{
	return (struct run_tail *)(void *)((char *)item - offsetof(struct run_tail, item));
}

static void on_started(void *ctx, struct pool_item *item)
{
	daemon_step(ctx, &(struct engine_event){
				 .kind = ENGINE_STARTED,
				 .run = engine_run_of_tail(daemon_tail_of_item(item)),
			 });
}

static void on_done(void *ctx, struct pool_item *item)
{
	struct run_tail *tail = daemon_tail_of_item(item);

	tail->in_pool = false;
	finish(ctx, tail);
	finish_failed(ctx);
}

void daemon_reap(struct daemon *daemon)
{
	(void)pool_reap(daemon->pool, on_started, on_done, daemon);
}

/*
 * With runs waiting for a worker, the next are over in an instant: they are then looked for after
 * REAP_PAUSE instead of being woken for one by one, which under load costs more than the rest of
 * what the loop does.
 */
static void on_donefd(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)fd;
	(void)what;
	if (!pool_reap(daemon->pool, on_started, on_done, daemon))
		return;
	(void)event_del(&daemon->done);
	daemon_set_timer(&daemon->done_pause, REAP_PAUSE);
}

static void on_done_pause(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)fd;
	(void)what;
	if (pool_reap(daemon->pool, on_started, on_done, daemon) ||
	    event_add(&daemon->done, NULL) < 0)
		daemon_set_timer(&daemon->done_pause, REAP_PAUSE);
}

static void on_clock_jump(void *ctx, struct clock_jump jump)
{
	struct daemon *daemon = ctx;
	usec_t step = jump.step;
	char span[DURATION_TEXT_SIZE];

	if (jump.suspended > 0)
		log_about(LOG_LEVEL_NOTICE, &(struct log_about){.message = LOG_MESSAGE_SUSPENDED},
			  "the machine was suspended for %s",
			  duration_format_short(jump.suspended, span));
	if (step >= USEC_PER_SEC || step <= -USEC_PER_SEC)
		log_about(LOG_LEVEL_NOTICE, &(struct log_about){.message = LOG_MESSAGE_CLOCK_SET},
			  "the clock was set %s by %s: every timer is derived anew",
			  step > 0 ? "forward" : "back",
			  duration_format_short(step > 0 ? step : -step, span));
	if (step >= STEP_RECORDED || step <= -STEP_RECORDED)
		records_clock_stepped(daemon, step);
	/* A worker's poll(2) did not count a suspend; its time-outs do. */
	if (daemon->pool)
		pool_ping(daemon->pool);
	daemon_step(daemon, &(struct engine_event){
				    .kind = ENGINE_CLOCK_STEPPED,
				    .shift = step,
				    .suspended = jump.suspended > 0,
			    });
	spans_rearm(daemon);
}

void daemon_rearm_soon(struct daemon *daemon)
{
	daemon_set_timer(&daemon->rearm, REARM_DELAY);
}

static void on_rearm(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)fd;
	(void)what;
	daemon_set_timer(&daemon->rearm, FAR_AWAY);
	daemon_step(daemon, &(struct engine_event){.kind = ENGINE_CLOCK_STEPPED});
	spans_rearm(daemon);
}

/* --- orphans --- */

/*
 * Every run that ends sends SIGCHLD, orphan or not. For a while after each the signal is blocked,
 * so that a thousand of them interrupt the loop once; what comes meanwhile stays pending. (To take
 * the handler away would not do: the kernel drops a signal that nobody handles only if the thread
 * whose child it was does not block it, and workers do.)
 */
static void block_orphan(bool block)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void on_orphan(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)fd;
	(void)what;
	block_orphan(true);
	daemon_set_timer(&daemon->orphan_pause, ORPHAN_PAUSE);
	(void)reaper_collect();
}

static void on_orphan_pause(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	block_orphan(false);
}

/* --- reload --- */

static void on_reload(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	reload_begin(arg);
}

/* --- stop --- */

static bool find_longest_grace(void *ctx, struct engine_run *run)
{
	usec_t *longest = ctx;

	if (run->def->settings->kill_grace > *longest)
		*longest = run->def->settings->kill_grace;
	return true;
}

static void hurry(struct daemon *daemon)
{
	usec_t grace = 0;

	engine_each_run(daemon->engine, find_longest_grace, &grace);
	daemon->stop_give_up = clock_elapsed() + grace + STOP_EXTEND;
	log_msg(LOG_LEVEL_NOTICE, "stopping what still runs");
	(void)event_del(&daemon->stop_limit);
	daemon_step(daemon, &(struct engine_event){.kind = ENGINE_HURRY});
}

static void on_stop_limit(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	hurry(arg);
}

/* A process that not even SIGKILL ends is the service manager's to deal with. */
static void on_stop_tick(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)fd;
	(void)what;
	if (daemon->stop_give_up == 0 || clock_elapsed() < daemon->stop_give_up)
		notify_extend(STOP_EXTEND);
	status_refresh(daemon);
}

/* Begins to stop; when already stopping, hurries. */
static void stop(struct daemon *daemon)
{
	struct timeval tick = to_timeval(STOP_TICK);
	usec_t limit = engine_model(daemon->engine)->daemon.stop_timeout;
	char span[DURATION_TEXT_SIZE];

	daemon_reap(daemon);
	if (daemon->stopping) {
		hurry(daemon);
		return;
	}
	daemon->stopping = true;
	status_tell(daemon, notify_stopping);
	if (engine_submitted(daemon->engine) > 0)
		log_about(LOG_LEVEL_NOTICE, &(struct log_about){.message = LOG_MESSAGE_STOPPING},
			  "stopping: what runs or is queued (%zu) has up to %s to end",
			  engine_submitted(daemon->engine), duration_format(limit, span));
	else
		log_about(LOG_LEVEL_NOTICE, &(struct log_about){.message = LOG_MESSAGE_STOPPING},
			  "stopping");
	daemon_set_timer(&daemon->stop_limit, limit);
	if (event_add(&daemon->stop_tick, &tick) == 0)
		notify_extend(STOP_EXTEND);
	pool_close(daemon->pool);
	daemon_step(daemon, &(struct engine_event){.kind = ENGINE_STOP});
	status_refresh(daemon);
}

void daemon_give_way(struct daemon *daemon)
{
	daemon->gave_way = true;
	if (!daemon->stopping)
		stop(daemon);
}

/* --- signals --- */

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)what;
	switch (sig) {
	case SIGHUP:
		/* From a timer, and so once, however many came; other signals get their turn. */
		daemon_set_timer(&daemon->reload, 0);
		break;
	case SIGUSR1:
		daemon_reap(daemon);
		report_status(daemon);
		break;
	default:
		stop(daemon);
		break;
	}
}

static void on_stop_soon(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	stop(arg);
}

static const int handled[DAEMON_SIGNALS] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1};

/* --- life --- */

static void log_libevent(int severity, const char *text)
{
	log_msg(severity >= EVENT_LOG_WARN ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "libevent: %s",
		text);
}

/* It ends the process when it cannot have what it needs, and has said so: that is to be read. */
static void die_by_libevent(int code)
{
	(void)code;
	log_msg(LOG_LEVEL_ERROR, "everyd cannot go on without");
	(void)log_stop();
	exit(EXIT_FAILURE);
}

static int make_base(struct daemon *daemon)
{
	struct event_config *config = event_config_new();
	const struct timeval interval = {.tv_usec = CLIENTS_USEC};

	if (!config)
		return -ENOMEM;
	event_set_log_callback(log_libevent);
	event_set_fatal_callback(die_by_libevent);
	/* A timerfd instead of epoll's coarse time-outs; and time as it is, not as it was when the
	   loop woke up, or a timer set late in a long round would fire early. */
	(void)event_config_set_flag(config,
				    EVENT_BASE_FLAG_PRECISE_TIMER | EVENT_BASE_FLAG_NO_CACHE_TIME |
					    EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	/* Clients of the control server go last, and after each few of them the loop looks whether
	   there is something that goes first. */
	(void)event_config_set_max_dispatch_interval(config, &interval, CLIENTS_ROUND,
						     DAEMON_PRIORITIES - 1);
	daemon->base = event_base_new_with_config(config);
	event_config_free(config);
	if (!daemon->base || event_base_priority_init(daemon->base, DAEMON_PRIORITIES) < 0)
		return -ENOMEM;
	return 0;
}

static int add_signals(struct daemon *daemon)
{
	for (size_t i = 0; i < DAEMON_SIGNALS; i++) {
		(void)evsignal_assign(&daemon->signals[i], daemon->base, handled[i], on_signal,
				      daemon);
		if (evsignal_add(&daemon->signals[i], NULL) < 0)
			return -ENOMEM;
	}
	(void)evsignal_assign(&daemon->orphan, daemon->base, SIGCHLD, on_orphan, daemon);
	return evsignal_add(&daemon->orphan, NULL) < 0 ? -ENOMEM : 0;
}

static int add_timers(struct daemon *daemon)
{
	(void)evtimer_assign(&daemon->orphan_pause, daemon->base, on_orphan_pause, daemon);
	(void)evtimer_assign(&daemon->rearm, daemon->base, on_rearm, daemon);
	(void)evtimer_assign(&daemon->reload, daemon->base, on_reload, daemon);
	(void)evtimer_assign(&daemon->stop_soon, daemon->base, on_stop_soon, daemon);
	(void)evtimer_assign(&daemon->stop_limit, daemon->base, on_stop_limit, daemon);
	(void)event_assign(&daemon->stop_tick, daemon->base, -1, EV_PERSIST, on_stop_tick, daemon);
	daemon_set_timer(&daemon->rearm, FAR_AWAY);
	return evtimer_pending(&daemon->rearm, NULL) ? status_start(daemon) : -ENOMEM;
}

static int add_done(struct daemon *daemon)
{
	(void)evtimer_assign(&daemon->done_pause, daemon->base, on_done_pause, daemon);
	(void)event_assign(&daemon->done, daemon->base, pool_donefd(daemon->pool),
			   EV_READ | EV_PERSIST, on_donefd, daemon);
	return event_add(&daemon->done, NULL) < 0 ? -ENOMEM : 0;
}

int daemon_new(const char *config_path, struct daemon **ret_daemon)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	int r;

	if (!daemon)
		return -ENOMEM;
	STAILQ_INIT(&daemon->starting);
	STAILQ_INIT(&daemon->reload_waiters);
	STAILQ_INIT(&daemon->reload_waiters_again);
	daemon->config_path = config_path;
	daemon->started = clock_elapsed();
	machine_key(daemon->host, sizeof(daemon->host));

	if ((r = make_base(daemon)) < 0 || (r = reaper_init()) < 0 ||
	    (r = add_signals(daemon)) < 0 || (r = add_timers(daemon)) < 0 ||
	    (r = work_new_context(daemon)) < 0 ||
	    (r = engine_new(sizeof(struct job_tail), sizeof(struct run_tail), &daemon->engine)) < 0)
		goto fail;
	r = clockwatch_new(daemon->base, on_clock_jump, daemon, &daemon->clockwatch);
	if (r < 0 || (r = reload_start(daemon)) < 0)
		goto fail;
	if ((r = add_done(daemon)) < 0 || (r = health_start(daemon)) < 0)
		goto fail;
	*ret_daemon = daemon;
	return 0;
fail:
	if (!daemon->reload_error)
		log_msg(LOG_LEVEL_ERROR, "cannot start: %s", strerrordesc_np(-r));
	daemon_free(daemon);
	return r;
}

int daemon_run(struct daemon *daemon)
{
	status_refresh(daemon);
	status_tell(daemon, notify_ready);
	if (event_base_dispatch(daemon->base) >= 0 && daemon->drained) {
		report_summary(daemon);
		return daemon->gave_way ? -EBUSY : 0;
	}
	/* Nothing can be waited for without a loop. */
	log_msg(LOG_LEVEL_ERROR, "the event loop failed: %s", strerrordesc_np(errno));
	pool_close(daemon->pool);
	daemon_step(daemon, &(struct engine_event){.kind = ENGINE_STOP});
	daemon_step(daemon, &(struct engine_event){.kind = ENGINE_HURRY});
	daemon_step(daemon, &(struct engine_event){.kind = ENGINE_HURRY});
	return -EIO;
}

/* Nobody takes them any more: one that comes now must not end the process by its default. */
static void hold_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < DAEMON_SIGNALS; i++)
		(void)sigaddset(&set, handled[i]);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static bool let_go(void *ctx, struct engine_run *er)
{
	(void)ctx;
	effects_let_go(engine_run_tail(er));
	return true;
}

void daemon_free(struct daemon *daemon)
{
	if (!daemon)
		return;
	hold_signals();
	control_free(steal_ptr(daemon->control));
	if (daemon->pool) {
		unsigned killed;

		pool_close(daemon->pool);
		pool_join(daemon->pool);
		daemon_reap(daemon);
		killed = reaper_kill_all();
		if (killed > 0)
			log_msg(LOG_LEVEL_WARNING, "killed %u process%s that jobs had left behind",
				killed, killed == 1 ? "" : "es");
	}
	/* All that there was to be recorded has been. */
	records_close(daemon, daemon->drained);
	loader_free(daemon->loader);
	clockwatch_free(daemon->clockwatch);
	/* Takes every event out of the loop, those in the engine's tails too. */
	if (daemon->base)
		event_base_free(daemon->base);
	pool_free(daemon->pool);
	if (daemon->engine) {
		spans_done(daemon);
		engine_each_run(daemon->engine, let_go, NULL);
	}
	engine_free(daemon->engine);
	run_context_free(daemon->runs);
	directory_free(daemon->directory);
	free(daemon->reload_error);
	free(daemon);
}
