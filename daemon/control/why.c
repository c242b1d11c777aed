/* GET /v1/jobs/{job}/why: what became of the occurrence near a time, and why. */
#include "base/values.h"
#include "calendar/cron.h"
#include "calendar/times.h"
#include "calendar/zone.h"
#include "control/control_internal.h"
#include "control/describe.h"
#include "control/describe_row.h"
#include "control/handlers.h"
#include "control/reading.h"
#include "control/why_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wish {
	usec_t asked; /* USEC_INFINITY: the last one */
	char job[MODEL_NAME_MAX + 1];
};

/* That of a cron job; NULL: of others, whose slots are the same in every zone. */
static const struct zone *zone_of(const struct job *def)
{
	return def && def->schedule.kind == SCHEDULE_CRON ? def->schedule.cron->zone : NULL;
}

/* --- which slot --- */

/* The slots of the schedule around a time. */
static void look_around(const struct engine_job *job, usec_t at, struct why_facts *facts)
{
	facts->earlier = facts->later = USEC_INFINITY;
	if (!job)
		return;
	if (schedule_is_grid(&job->def->schedule)) {
		facts->earlier = schedule_last(&job->def->schedule, at);
		facts->later = schedule_next(&job->def->schedule, at);
	} else if (job->next > at) {
		facts->later = job->next;
	}
}

/* That which is meant by the time, or by none: then the last one that was due. */
static usec_t choose_slot(const struct engine_job *job, usec_t asked, usec_t now)
{
	struct why_facts around;

	if (!job)
		return USEC_INFINITY;
	if (asked == USEC_INFINITY) {
		look_around(job, now - job->def->schedule.delay, &around);
		return around.earlier;
	}
	look_around(job, asked, &around);
	if (around.earlier == USEC_INFINITY || around.later == USEC_INFINITY)
		return around.earlier == USEC_INFINITY && asked > now ? around.later
								      : around.earlier;
	return asked - around.earlier <= around.later - asked ? around.earlier : around.later;
}

/* --- the facts --- */

static const struct engine_run *find_run(const struct control_host *host,
					 const struct engine_job *job, const struct reader_row *row,
					 usec_t slot)
{
	/* Its job may have left the configuration meanwhile. */
	if (!job)
		return row && !row->is_streak ? find_live(host, row->id) : NULL;
	for (const struct engine_run *run = job->runs; run; run = run->job_next)
		if (row ? !row->is_streak && run->id == row->id : run->slot == slot)
			return run;
	return NULL;
}

static const struct why_live *describe_state(const struct control_host *host,
					     const struct engine_run *run, struct why_live *live)
{
	struct control_run_facts facts = {.pid = 0};

	if (!run)
		return NULL;
	host->ops->run_facts(host->daemon, run, &facts);
	*live = (struct why_live){
		.state = run->state,
		.adopted = run->adopted,
		.attempt = run->attempt,
		.pid = facts.pid,
		.age = facts.age,
		.wait = facts.wait,
	};
	return live;
}

/* Does the slot wait for something? */
static bool is_waiting(const struct engine_job *job, usec_t slot)
{
	bool all = schedule_is_grid(&job->def->schedule) &&
		   job->def->settings->catch_up == CATCH_UP_ALL;

	return job->held == slot || job->backlog == slot ||
	       (all && job->backlog < slot && slot < job->next);
}

static void take_job(const struct engine_job *job, struct why_facts *facts)
{
	usec_t delay = job->def->schedule.delay;

	facts->def = job->def;
	facts->due = describe_next(job);
	facts->is_held = job->held == facts->slot;
	facts->waits = facts->slot != USEC_INFINITY && is_waiting(job, facts->slot);
	facts->pending = facts->slot != USEC_INFINITY && usec_add(facts->slot, delay) > facts->now;
	if (job->pause) {
		facts->paused = true;
		facts->until = job->pause->until;
		facts->reason = job->pause->reason;
	}
}

/* Nothing is to be said of a slot that was never everyd's to look at, unless it was asked about. */
static bool is_foreign_slot(const struct why_facts *facts)
{
	return facts->asked == USEC_INFINITY && !facts->waits && !facts->pending &&
	       (!facts->near || (!facts->near->row && facts->slot <= facts->near->floor));
}

/* --- the answer --- */

/* A row as others have it, with what the engine knows of it. */
static json_t *describe(const struct control_host *host, const struct engine_job *job,
			const struct reader_row *row)
{
	const struct engine_run *run;
	struct live_facts live;

	if (!row)
		return json_null();
	run = row->state == READER_ENDED ? NULL : find_run(host, job, row, row->slot);
	if (run)
		look_at_live(host, run, &live);
	return describe_row(row, run ? &live : NULL);
}

static json_t *describe_down(const struct why_facts *facts)
{
	usec_t from;
	usec_t to;

	if (!facts->near || facts->slot == USEC_INFINITY || !why_down(facts, &from, &to))
		return json_null();
	return json_pack("{so so}", "from", value_past(from), "to", value_past(to));
}

static json_t *describe_step(const struct reader_near *near)
{
	if (!near || near->stepped == 0)
		return json_null();
	return json_pack("{so so}", "at", value_time(near->stepped), "by", value_span(near->step));
}

static json_t *describe_pause(const struct why_facts *facts)
{
	if (!facts->paused)
		return json_null();
	return json_pack("{so so}", "until", value_time(facts->until), "reason",
			 value_filled(facts->reason));
}

static json_t *describe_facts(const struct control_host *host, const struct engine_job *job,
			      const struct why_facts *facts)
{
	static const struct reader_near none = {.oldest = USEC_INFINITY};
	const struct reader_near *near = facts->near ? facts->near : &none;
	char schedule[SCHEDULE_DESCRIBE_SIZE];

	return json_pack(
		"{so so so so so so so so so so so sb so}", "occurrence",
		describe(host, job, near->row), "live_then", describe(host, job, near->live),
		"before", describe(host, job, near->before), "after",
		describe(host, job, near->after), "down", describe_down(facts), "clock_step",
		describe_step(near), "pause", describe_pause(facts), "schedule",
		value_text(facts->def ? schedule_describe(&facts->def->schedule, schedule) : NULL),
		"earlier", value_time(facts->earlier), "later", value_time(facts->later), "next",
		value_time(facts->due), "waits", facts->waits, "oldest", value_time(near->oldest));
}

static void reply(struct exchange *exchange, const struct engine_job *job,
		  const struct why_facts *facts)
{
	const struct control_host *host = exchange_host(exchange);
	const struct reader_row *row = facts->near ? facts->near->row : NULL;
	const struct zone *zone = zone_of(facts->def);
	bool ended = row && row->state == READER_ENDED;
	_cleanup_free_ char *sentence = why_text(facts);

	exchange_reply(
		exchange, STATUS_OK,
		!sentence ? NULL
			  : json_pack("{so so so so so so so so}", "job", value_text(facts->job),
				      "zone", value_text(zone ? zone_name(zone) : NULL), "asked",
				      value_time(facts->asked), "slot", value_time(facts->slot),
				      "verdict",
				      ended ? value_text(verdict_info(row->verdict)->name)
					    : json_null(),
				      "reason",
				      ended ? value_filled(reason_word(row->reason)) : json_null(),
				      "sentence", value_text(sentence), "facts",
				      describe_facts(host, job, facts)));
}

static void explain(struct exchange *exchange, const struct wish *wish,
		    const struct reader_near *near, const char *unread)
{
	const struct control_host *host = exchange_host(exchange);
	struct engine_job *job = engine_find_job(host->engine, wish->job);
	const struct model *model = engine_model(host->engine);
	usec_t now = clock_wall();
	struct why_live live;
	struct why_live blocker;
	struct why_facts facts = {
		.job = wish->job,
		.daemon = &model->daemon,
		.now = now,
		.asked = wish->asked,
		.slot = near ? near->slot : choose_slot(job, wish->asked, now),
		.near = near,
		.unread = unread,
		.due = USEC_INFINITY,
	};

	if (job)
		take_job(job, &facts);
	facts.zone = zone_of(facts.def);
	facts.foreign = facts.zone && facts.zone != model->local_zone;
	look_around(job, wish->asked == USEC_INFINITY ? now : wish->asked, &facts);
	if (near && near->row && near->row->state == READER_ENDED)
		facts.live = NULL;
	else
		facts.live = describe_state(
			host, find_run(host, job, near ? near->row : NULL, facts.slot), &live);
	if (near && near->live)
		facts.blocker = describe_state(
			host, find_run(host, job, near->live, near->live->slot), &blocker);
	if (!facts.live && is_foreign_slot(&facts))
		facts.slot = USEC_INFINITY;
	reply(exchange, job, &facts);
}

static void on_near(struct exchange *exchange, const void *data, const struct reader_answer *answer)
{
	const struct wish *wish = data;

	if (answer->r == 0)
		explain(exchange, wish, &answer->near, NULL);
	else if (exchange_find_job(exchange, wish->job))
		explain(exchange, wish, NULL, "the ledger does not know the job yet");
}

void handle_why(struct exchange *exchange)
{
	const struct control_host *host = exchange_host(exchange);
	const char *name = exchange_segment(exchange, 0);
	const char *text = exchange_param(exchange, "time");
	const struct engine_job *job = engine_find_job(host->engine, name);
	const struct zone *zone = zone_of(job ? job->def : NULL);
	usec_t now = clock_wall();
	struct wish wish = {.asked = USEC_INFINITY};
	struct reader_question question;

	if (strlen(name) > MODEL_NAME_MAX) {
		(void)exchange_find_job(exchange, name);
		return;
	}
	(void)snprintf(wish.job, sizeof(wish.job), "%s", name);
	if (text && times_parse(text, zone ? zone : zone_utc(), now, &wish.asked) < 0) {
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
			       "time is %s, not \"%.100s\"", times_syntax, text);
		return;
	}
	question = (struct reader_question){
		.kind = READER_NEAR,
		.job = wish.job,
		.at = text ? wish.asked : now,
		.slot = choose_slot(job, wish.asked, now),
		.delay = job ? job->def->schedule.delay : 0,
	};
	if (reading_is_possible(exchange))
		reading_ask(exchange, &question, on_near, &wish, sizeof(wish));
	else if (exchange_find_job(exchange, name))
		explain(exchange, &wish, NULL, "there is no ledger that could be read");
}
