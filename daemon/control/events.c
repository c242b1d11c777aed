/* See events.h. */
#include "control/events.h"

#include "base/values.h"
#include "control/control_internal.h"
#include "control/describe.h"
#include "control/handlers.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

/* An event, on its way to those who follow: `data` has what is particular to it. */
struct news {
	const char *name;
	const struct job *job; /* NULL: it is of none */
	uint64_t run;          /* 0: of none */
	bool over;             /* it is the last of that run */
	json_t *data;
	const char *secret; /* a member of it that those on TCP do not see; NULL: none */
};

/* One that waits to be sent. */
struct pending_event {
	const char *name;
	char *job; /* NULL: it is of none */
	uint64_t run;
	bool over; /* it is the last of that run */
	char *data;
	char *open; /* what those on TCP see instead; NULL: the same */
	STAILQ_ENTRY(pending_event) link;
};

/* What is sent in one go, of all followers together. */
#define SENDS_MAX 400

/* --- the line --- */

static void free_pending(struct pending_event *pending)
{
	free(pending->job);
	free(pending->data);
	free(pending->open);
	free(pending);
}

static void drop_all(struct events *events)
{
	struct pending_event *pending;

	while ((pending = STAILQ_FIRST(&events->pending))) {
		STAILQ_REMOVE_HEAD(&events->pending, link);
		free_pending(pending);
	}
	events->n_pending = 0;
}

static void send_first(struct events *events)
{
	struct pending_event *pending = STAILQ_FIRST(&events->pending);

	STAILQ_REMOVE_HEAD(&events->pending, link);
	events->n_pending--;
	if (pending->open)
		follow_send_apart(&events->followers, pending->name, pending->data, pending->open);
	else
		follow_send(&events->followers, pending->name, pending->job, pending->run,
			    pending->data);
	if (pending->over)
		follow_end_run(&events->followers, pending->run);
	free_pending(pending);
}

static size_t count_followers(const struct events *events)
{
	const struct follower *follower;
	size_t n = 0;

	for (follower = LIST_FIRST(&events->followers); follower;
	     follower = LIST_NEXT(follower, link))
		n++;
	return n;
}

static void deliver_soon(struct events *events)
{
	struct timeval now = {0};

	if (!evtimer_pending(&events->deliver, NULL))
		(void)evtimer_add(&events->deliver, &now);
}

static void on_deliver(evutil_socket_t fd, short what, void *arg)
{
	struct events *events = arg;
	size_t each = count_followers(events);

	(void)fd;
	(void)what;
	for (size_t sent = 0; sent < SENDS_MAX && events->n_pending > 0; sent += each)
		send_first(events);
	if (events->n_pending > 0)
		deliver_soon(events);
}

void events_flush(struct events *events)
{
	while (!LIST_EMPTY(&events->followers) && events->n_pending > 0)
		send_first(events);
}

/* What it says without its secret. NULL: out of memory. */
static char *dump_open(json_t *data, const char *secret)
{
	if (json_object_set_new(data, secret, json_null()) < 0)
		return NULL;
	return json_dumps(data, JSON_REAL_PRECISION(VALUE_DIGITS));
}

/* Those who follow are told if there is no room or no memory: it would not be all. */
static void line_up(struct events *events, const struct news *news, json_t *data)
{
	struct pending_event *pending = calloc(1, sizeof(*pending));
	bool good = pending && events->n_pending < EVENTS_MAX;

	if (good) {
		pending->name = news->name;
		pending->run = news->run;
		pending->over = news->over;
		pending->data = json_dumps(data, JSON_REAL_PRECISION(VALUE_DIGITS));
		pending->job = news->job ? strdup(news->job->name) : NULL;
		pending->open = news->secret ? dump_open(data, news->secret) : NULL;
		good = pending->data && (pending->job || !news->job) &&
		       (pending->open || !news->secret);
	}
	if (!good) {
		if (pending)
			free_pending(pending);
		follow_cut_off(&events->followers,
			       "more happened than could be sent in the meantime");
		return;
	}
	STAILQ_INSERT_TAIL(&events->pending, pending, link);
	events->n_pending++;
	deliver_soon(events);
}

static void send_news(struct events *events, struct news news)
{
	_cleanup_(cleanup_value) json_t *data = news.data;
	_cleanup_(cleanup_value) json_t *head = NULL;
	const char *job = news.job ? news.job->name : NULL;

	if (!data || !follow_is_wanted(&events->followers, job, news.run))
		return;
	head = json_pack("{so ss so so}", "time", value_time(clock_wall()), "event", news.name,
			 "job", value_text(job), "run",
			 news.run ? json_integer((json_int_t)news.run) : json_null());
	if (head && json_object_update(head, data) == 0)
		line_up(events, &news, head);
}

/* --- what there is to say of each effect --- */

static struct news news_of_run(const char *name, const struct engine_run *run, json_t *data)
{
	return (struct news){.name = name, .job = run->def, .run = run->id, .data = data};
}

static struct news news_of_job(const char *name, const struct engine_job *job, json_t *data)
{
	return (struct news){.name = name, .job = job->def, .data = data};
}

static json_t *describe_retry(const struct effect *effect)
{
	return json_pack("{si ss so so so}", "attempt", (int)effect->run->attempt, "verdict",
			 verdict_info(effect->verdict)->name, "reason",
			 value_filled(reason_word(effect->reason)), "because",
			 value_filled(reason_text(effect->reason)), "retry_in",
			 value_span(effect->span));
}

static json_t *describe_pause(const struct engine_pause *pause)
{
	return json_pack("{so so}", "until", value_time(pause->until), "reason",
			 value_filled(pause->reason));
}

static json_t *describe_diff(const struct engine_diff *diff)
{
	return json_pack("{sI sI sI sI}", "added", (json_int_t)diff->added, "changed",
			 (json_int_t)diff->changed, "removed", (json_int_t)diff->removed,
			 "unchanged", (json_int_t)diff->unchanged);
}

void events_effect(struct events *events, const struct effect *effect)
{
	const struct engine_run *run = effect->run;
	const struct engine_job *job = effect->job;
	struct news news;

	if (LIST_EMPTY(&events->followers))
		return;
	switch (effect->kind) {
	case EFFECT_ACCEPTED:
		news = news_of_run(
			"accepted", run,
			json_pack("{so sb}", "slot", value_time(run->slot), "manual", run->manual));
		break;
	case EFFECT_ADOPT:
		news = news_of_run("adopted", run,
				   json_pack("{sI}", "pid", (json_int_t)effect->past->pid));
		break;
	case EFFECT_RETRY:
		news = news_of_run("retry", run, describe_retry(effect));
		break;
	case EFFECT_RETRY_RESTORED:
		news = news_of_run("retry", run,
				   json_pack("{so}", "retry_in", value_span(effect->span)));
		break;
	case EFFECT_PUT_OFF:
		news = news_of_run("put-off", run, json_object());
		news.over = true;
		break;
	case EFFECT_ENDED:
		news = news_of_run("ended", run, describe_end(effect));
		news.over = true;
		break;
	case EFFECT_NOT_RUN:
		/* Others are told of by streaks alone. */
		if (!effect->unrun)
			return;
		news = news_of_run("withdrawn", effect->unrun, describe_streak(effect->streak));
		news.over = true;
		break;
	case EFFECT_STREAK_BEGIN:
		news = news_of_job("not-run", job, describe_streak(effect->streak));
		break;
	case EFFECT_STREAK_END:
		news = news_of_job("not-run-end", job, describe_streak(effect->streak));
		break;
	case EFFECT_PAUSED:
		news = news_of_job("paused", job, describe_pause(job->pause));
		break;
	case EFFECT_RESUMED:
		news = news_of_job("resumed", job, json_object());
		break;
	case EFFECT_OVERDUE:
		news = news_of_job("overdue", job, json_object());
		break;
	case EFFECT_BURST_BEGIN:
		news = (struct news){.name = "queue-full", .data = json_object()};
		break;
	case EFFECT_BURST_END:
		news = (struct news){
			.name = "queue-room",
			.data = json_pack("{sI}", "refused", (json_int_t)effect->count)};
		break;
	case EFFECT_LOADED:
		news = (struct news){.name = "loaded", .data = describe_diff(&effect->diff)};
		break;
	default:
		return;
	}
	send_news(events, news);
}

void events_event(struct events *events, const struct control_host *host,
		  const struct engine_event *event)
{
	struct control_run_facts facts = {.pid = 0};
	struct news news;

	if (LIST_EMPTY(&events->followers))
		return;
	switch (event->kind) {
	case ENGINE_STARTED:
		if (engine_run_is_notice(event->run))
			return;
		host->ops->run_facts(host->daemon, event->run, &facts);
		news = news_of_run(
			"started", event->run,
			json_pack("{si so}", "attempt", (int)event->run->attempt, "pid",
				  facts.pid > 0 ? json_integer(facts.pid) : json_null()));
		break;
	case ENGINE_CLOCK_STEPPED:
		/* Timers are derived anew for other reasons, too. */
		if (event->shift == 0 && !event->suspended)
			return;
		news = (struct news){.name = "clock",
				     .data = json_pack("{so sb}", "shift", value_span(event->shift),
						       "suspended", event->suspended)};
		break;
	case ENGINE_STOP:
		news = (struct news){.name = "stopping", .data = json_object()};
		break;
	default:
		return;
	}
	send_news(events, news);
}

void events_reload_failed(struct events *events, size_t errors, const char *error)
{
	if (LIST_EMPTY(&events->followers))
		return;
	/* It names files, and may show what is in them. */
	send_news(events, (struct news){
				  .name = "reload-failed",
				  .data = json_pack("{sI so}", "errors", (json_int_t)errors,
						    "error", value_text(error)),
				  .secret = "error",
			  });
}

static void on_left(void *ctx)
{
	struct control *control = ctx;
	struct events *events = &control->events;

	if (!LIST_EMPTY(&events->followers))
		return;
	drop_all(events);
	(void)event_del(&events->deliver);
	control->host.ops->followed(control->host.daemon, false);
}

void handle_events(struct exchange *exchange)
{
	struct control *control = exchange_control(exchange);
	const struct control_host *host = &control->host;
	struct events *events = &control->events;

	if (LIST_EMPTY(&events->followers)) {
		STAILQ_INIT(&events->pending);
		(void)evtimer_assign(&events->deliver, host->base, on_deliver, events);
		(void)event_priority_set(&events->deliver,
					 event_base_get_npriorities(host->base) - 1);
	}
	if (follow_begin(exchange, &events->followers, on_left, control))
		host->ops->followed(host->daemon, true);
}
