/* See control_host.h. */
#include "control_host.h"

#include "base/log.h"
#include "control/server.h"
#include "daemon.h"
#include "directory.h"
#include "loading.h"
#include "records.h"
#include "reload.h"
#include "spans.h"
#include "words.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

/* Who follows what happens is told so much later that a run has started. */
#define LOOK_INTERVAL (USEC_PER_SEC / 10)

/* By the clock of now; but who watches it is to see another only when that was set, not whenever
   two clocks are read one after the other, or are adjusted a little. */
static usec_t started_wall(struct daemon *daemon, usec_t uptime)
{
	usec_t started = clock_wall() - uptime;
	usec_t off = started - daemon->started_wall;

	if (off >= USEC_PER_SEC || off <= -USEC_PER_SEC)
		daemon->started_wall = started;
	return daemon->started_wall;
}

static void tell_facts(void *ctx, struct control_facts *ret_facts)
{
	struct daemon *daemon = ctx;
	const struct model *model = engine_model(daemon->engine);
	usec_t uptime = clock_elapsed() - daemon->started;
	struct pool_stats stats;

	pool_stats(daemon->pool, &stats);
	needs_describe(&daemon->needs, daemon->needs_text, sizeof(daemon->needs_text));
	*ret_facts = (struct control_facts){
		.config_path = daemon->config_path,
		.started = started_wall(daemon, uptime),
		.uptime = uptime,
		.workers = model->daemon.workers,
		.busy = stats.busy,
		.queued = stats.queued,
		.stopping = daemon->stopping,
		.loading = loader_is_busy(daemon->loader),
		.reload_error = daemon->reload_error,
		.loaded = daemon->loaded,
		.needs = daemon->needs_text,
		.log_dropped = log_dropped(),
	};
	records_facts(daemon, ret_facts);
}

static void tell_job(void *ctx, const struct engine_job *job, struct control_job_facts *ret_facts)
{
	const struct job_tail *tail = engine_job_look(job);

	(void)ctx;
	*ret_facts = (struct control_job_facts){
		.number = tail->number,
		.last_ended = tail->last_ended,
		.last_took = tail->last_msec * USEC_PER_MSEC,
		.last_verdict = tail->last_verdict,
		.last_success = tail->last_success,
	};
}

static void tell_run(void *ctx, const struct engine_run *er, struct control_run_facts *ret_facts)
{
	usec_t age = words_age(er);
	pid_t pid = words_pid(er);

	(void)ctx;
	*ret_facts = (struct control_run_facts){
		.pid = pid,
		.age = age,
		.started = pid > 0 ? clock_wall() - age : 0,
		.wait = er->state == RUN_BACKOFF ? spans_left(er) : 0,
	};
}

static void take_step(void *ctx, const struct engine_event *event)
{
	daemon_step(ctx, event);
}

/* --- a run that is asked for --- */

/* A copy in one piece, for free(3). NULL: out of memory. */
static struct text_list *copy_list(const struct text_list *list)
{
	struct text_list *copy;
	const char *end = list->texts;

	for (uint32_t i = 0; i < list->n; i++)
		end += strlen(end) + 1;
	copy = malloc(sizeof(*copy) + (size_t)(end - list->texts));
	if (!copy)
		return NULL;
	*copy = (struct text_list){.texts = (const char *)(copy + 1), .n = list->n};
	memcpy(copy + 1, list->texts, (size_t)(end - list->texts));
	return copy;
}

void control_host_accepted(struct daemon *daemon, struct engine_run *er)
{
	struct run_tail *tail = engine_run_tail(er);

	if (!er->manual)
		return;
	tail->environment = steal_ptr(daemon->asked_environment);
	tail->run.environment = tail->environment;
	daemon->asked_run = er->id;
}

static int refusal(enum reason reason)
{
	switch (reason) {
	case REASON_QUEUE_FULL:
		return -EAGAIN;
	case REASON_STOPPING:
		return -ESHUTDOWN;
	default:
		return -EBUSY;
	}
}

static int run_now(void *ctx, struct engine_job *job, const struct text_list *environment,
		   bool force, uint64_t *ret_run)
{
	struct daemon *daemon = ctx;
	struct engine_asked asked = {.force = force};

	if (environment->n > 0) {
		daemon->asked_environment = copy_list(environment);
		if (!daemon->asked_environment)
			return -ENOMEM;
	}
	daemon_step(daemon,
		    &(struct engine_event){.kind = ENGINE_RUN_NOW, .job = job, .asked = &asked});
	if (!asked.run) {
		free(steal_ptr(daemon->asked_environment));
		return refusal(asked.refused);
	}
	*ret_run = daemon->asked_run;
	return 0;
}

/* --- life --- */

static int ask_reload(void *ctx, void (*done)(void *ctx, const struct control_reloaded *what),
		      void *waiter)
{
	return reload_ask(ctx, done, waiter);
}

static void forget_reload(void *ctx, void *waiter)
{
	reload_forget(ctx, waiter);
}

/* The answer comes first. */
static void stop(void *ctx)
{
	struct daemon *daemon = ctx;

	daemon_set_timer(&daemon->stop_soon, 0);
}

/* That a run has started wakes nobody, as that is dear: the loop hears of it with the next end of
   one, or by this. */
static void on_look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	daemon_reap(arg);
}

static void followed(void *ctx, bool is)
{
	static const struct timeval interval = {.tv_usec = LOOK_INTERVAL};
	struct daemon *daemon = ctx;

	if (!is)
		(void)event_del(&daemon->look);
	else if (!event_pending(&daemon->look, EV_TIMEOUT, NULL))
		(void)event_add(&daemon->look, &interval);
}

static const struct control_host_ops ops = {
	.facts = tell_facts,
	.job_facts = tell_job,
	.run_facts = tell_run,
	.step = take_step,
	.run_now = run_now,
	.reload = ask_reload,
	.forget = forget_reload,
	.stop = stop,
	.followed = followed,
};

int control_host_start(struct daemon *daemon)
{
	const struct control_host host = {
		.ops = &ops,
		.daemon = daemon,
		.engine = daemon->engine,
		.base = daemon->base,
	};

	(void)event_assign(&daemon->look, daemon->base, -1, EV_PERSIST, on_look, daemon);
	(void)event_priority_set(&daemon->look, event_base_get_npriorities(daemon->base) - 1);
	return control_new(&host, directory_path(daemon->directory), &daemon->control);
}
