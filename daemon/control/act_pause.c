/*
 * Pausing and resuming: a job, those of a group, all of them. Where they may be many, a few are
 * done in each round of the loop, and the answer comes when all are.
 */
#include "control/act.h"

#include "base/log.h"
#include "base/values.h"
#include "calendar/duration.h"
#include "calendar/times.h"
#include "calendar/zone.h"
#include "control/body.h"
#include "control/control_internal.h"
#include "control/describe.h"
#include "control/handlers.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

/* Jobs that are looked at, and that are changed, in a round. */
#define LOOKS_EACH   2000
#define CHANGES_EACH 50

/* Bytes of the reason. */
#define REASON_SIZE 256

/* What is to be done to them. */
struct act_sweep {
	struct acts *acts;
	const struct control_host *host;
	struct exchange *exchange; /* NULL: nobody waits for it any more */
	struct event event;
	bool resume;
	usec_t until;
	char reason[REASON_SIZE];
	char group[MODEL_NAME_MAX + 1]; /* "": all jobs */
	char last[MODEL_NAME_MAX + 1];  /* up to which, by name, it is done */
	size_t done;                    /* jobs that were changed */
	usec_t next; /* when the one job is due; USEC_INFINITY: it is not, or many */
	LIST_ENTRY(act_sweep) link;
};

/* Returns whether the job is another than before. */
static bool change(struct act_sweep *sweep, struct engine_job *job)
{
	struct engine_event event = {.kind = ENGINE_RESUME, .job = job};
	size_t size = strlen(sweep->reason) + 1;

	if (sweep->resume && !job->pause)
		return false;
	if (!sweep->resume) {
		event.kind = ENGINE_PAUSE;
		event.pause = malloc(sizeof(*event.pause) + size);
		if (!event.pause)
			return false;
		event.pause->until = sweep->until;
		memcpy(event.pause->reason, sweep->reason, size);
	}
	sweep->host->ops->step(sweep->host->daemon, &event);
	return true;
}

/* What came of it. */
static json_t *describe(const struct act_sweep *sweep)
{
	if (sweep->resume)
		return json_pack("{sI so}", "resumed", (json_int_t)sweep->done, "next",
				 value_time(sweep->next));
	return json_pack("{sI so so}", "paused", (json_int_t)sweep->done, "until",
			 value_time(sweep->until), "reason", value_filled(sweep->reason));
}

/* --- many --- */

static void free_sweep(struct act_sweep *sweep)
{
	LIST_REMOVE(sweep, link);
	(void)event_del(&sweep->event);
	free(sweep);
}

void act_sweeps_done(struct acts *acts)
{
	struct act_sweep *sweep;

	while ((sweep = LIST_FIRST(&acts->sweeps)))
		free_sweep(sweep);
}

/* It is done all the same. */
static void on_gone(void *ctx)
{
	((struct act_sweep *)ctx)->exchange = NULL;
}

static bool is_meant(const struct act_sweep *sweep, const struct job *def)
{
	const struct group *group = def->settings->group;

	return !sweep->group[0] || (group && strcmp(group->name, sweep->group) == 0);
}

/* Goes on with it. Returns whether that was all. */
static bool go_on(struct act_sweep *sweep)
{
	const struct engine *engine = sweep->host->engine;
	const struct model *model = engine_model(engine);
	size_t i = model_job_behind(model, sweep->last);
	size_t end = i + LOOKS_EACH < model->n_jobs ? i + LOOKS_EACH : model->n_jobs;
	unsigned changes = 0;

	for (; i < end && changes < CHANGES_EACH; i++) {
		const struct job *def = &model->jobs[i];

		if (is_meant(sweep, def) && change(sweep, engine_find_job(engine, def->name)))
			changes++;
	}
	sweep->done += changes;
	if (i == model->n_jobs)
		return true;
	(void)snprintf(sweep->last, sizeof(sweep->last), "%s", model->jobs[i - 1].name);
	return false;
}

static void on_round(evutil_socket_t fd, short what, void *arg)
{
	struct act_sweep *sweep = arg;
	struct timeval soon = {0};

	(void)fd;
	(void)what;
	if (!go_on(sweep) && evtimer_add(&sweep->event, &soon) == 0)
		return;
	if (sweep->exchange)
		exchange_reply(sweep->exchange, STATUS_OK, describe(sweep));
	free_sweep(sweep);
}

/* Begins with it; the answer comes later. */
static void begin(struct exchange *exchange, const struct act_sweep *order)
{
	struct acts *acts = &exchange->control->acts;
	struct act_sweep *sweep = malloc(sizeof(*sweep));

	if (!sweep) {
		exchange_error(exchange, STATUS_UNAVAILABLE, "no-memory", "out of memory");
		return;
	}
	*sweep = *order;
	sweep->acts = acts;
	sweep->exchange = exchange;
	LIST_INSERT_HEAD(&acts->sweeps, sweep, link);
	(void)evtimer_assign(&sweep->event, sweep->host->base, on_round, sweep);
	(void)event_priority_set(&sweep->event, event_base_get_npriorities(sweep->host->base) - 1);
	exchange_wait(exchange, on_gone, sweep);
	event_active(&sweep->event, EV_TIMEOUT, 0);
}

/* --- what is asked for --- */

static bool refuse(struct exchange *exchange, const char *code, const char *text)
{
	exchange_error(exchange, STATUS_BAD_REQUEST, code, "%s", text);
	return false;
}

/* RFC 3339, "2026-03-29T02:30:15+02:00". */
static bool parse_time(const char *text, usec_t now, usec_t *ret_time)
{
	return text[0] >= '0' && text[0] <= '9' && strchr(text, 'T') &&
	       times_parse(text, zone_utc(), now, ret_time) == 0;
}

/* Until when. If that cannot be told, that was answered. */
static bool take_until(struct exchange *exchange, usec_t *ret_until)
{
	const char *until = body_text(exchange, "until");
	const char *span = body_text(exchange, "for");
	usec_t now = clock_wall();
	usec_t length;

	*ret_until = USEC_INFINITY;
	if (until && span)
		return refuse(exchange, "bad-time", "\"until\" and \"for\" exclude each other");
	if (until && !parse_time(until, now, ret_until))
		return refuse(exchange, "bad-time",
			      "\"until\" must be a time as in \"2026-03-29T02:30:00Z\"");
	if (until && *ret_until <= now)
		return refuse(exchange, "bad-time", "\"until\" is in the past");
	if (span && (duration_parse(span, &length) < 0 || length <= 0))
		return refuse(exchange, "bad-time", "\"for\" must be a span as in \"2h30m\"");
	if (span)
		*ret_until = usec_add(now, length);
	return true;
}

/* Reads the body. If nothing can be done by it, that was answered. */
static bool take_order(struct exchange *exchange, bool resume, struct act_sweep *ret_order)
{
	static const struct body_member members[] = {
		{"until", BODY_TEXT},
		{"for", BODY_TEXT},
		{"reason", BODY_TEXT},
		{.name = NULL},
	};
	const struct body_member *none = &members[3];
	const char *reason;

	*ret_order = (struct act_sweep){
		.host = exchange_host(exchange),
		.resume = resume,
		.next = USEC_INFINITY,
	};
	if (!body_check(exchange, resume ? none : members) || act_is_stopping(exchange))
		return false;
	if (resume)
		return true;
	reason = body_text(exchange, "reason");
	if (reason && strlen(reason) >= sizeof(ret_order->reason))
		return refuse(exchange, "bad-reason", "\"reason\" is too long");
	if (reason)
		memcpy(ret_order->reason, reason, strlen(reason) + 1);
	return take_until(exchange, &ret_order->until);
}

/* "paused by root (uid 0, pid 812)"; until when and why follows from the engine. */
static const char *word(const struct act_sweep *order)
{
	return order->resume ? "resumed" : "paused";
}

static void act_on_job(struct exchange *exchange, bool resume)
{
	struct act_sweep order;
	struct engine_job *job;

	if (!take_order(exchange, resume, &order) || !(job = exchange_job(exchange, 0)))
		return;
	log_job(LOG_LEVEL_NOTICE, job->def->name, 0, "%s by %s", word(&order),
		exchange_client(exchange));
	order.done = change(&order, job);
	order.next = describe_next(job);
	exchange_reply(exchange, STATUS_OK, describe(&order));
}

static void act_on_group(struct exchange *exchange, bool resume)
{
	const struct model *model = engine_model(exchange_host(exchange)->engine);
	const char *name = exchange_segment(exchange, 0);
	struct act_sweep order;

	if (!take_order(exchange, resume, &order))
		return;
	if (!model_find_group(model, name)) {
		exchange_error(exchange, STATUS_NOT_FOUND, "no-such-group",
			       "there is no concurrency_group \"%.200s\"", name);
		return;
	}
	(void)snprintf(order.group, sizeof(order.group), "%s", name);
	log_msg(LOG_LEVEL_NOTICE, "the jobs of group %s are %s by %s", order.group, word(&order),
		exchange_client(exchange));
	begin(exchange, &order);
}

static void act_on_all(struct exchange *exchange, bool resume)
{
	struct act_sweep order;

	if (!take_order(exchange, resume, &order))
		return;
	log_msg(LOG_LEVEL_NOTICE, "all jobs are %s by %s", word(&order), exchange_client(exchange));
	begin(exchange, &order);
}

void handle_pause_job(struct exchange *exchange)
{
	act_on_job(exchange, false);
}

void handle_resume_job(struct exchange *exchange)
{
	act_on_job(exchange, true);
}

void handle_pause_group(struct exchange *exchange)
{
	act_on_group(exchange, false);
}

void handle_resume_group(struct exchange *exchange)
{
	act_on_group(exchange, true);
}

void handle_pause_all(struct exchange *exchange)
{
	act_on_all(exchange, false);
}

void handle_resume_all(struct exchange *exchange)
{
	act_on_all(exchange, true);
}
