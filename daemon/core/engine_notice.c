/* Notices: in which order they go, what waits for room, what is dropped, and what is expected. */
#include "core/engine_internal.h"

#include <assert.h>
#include <string.h>

/* Is there a place for another one? */
static bool has_room(const struct engine *engine)
{
	return engine->taken[PLACE_NOTICE] + 1 < engine->bounds[PLACE_NOTICE];
}

static void set_told(const struct step *step, struct engine_job *job, bool told)
{
	bool changes = job->told != told;

	job->told = told;
	if (changes)
		job_state(step, job);
}

/* Nobody has heard an alarm: it does not count as told. */
static void take_back(const struct step *step, const struct engine_run *run)
{
	struct engine_job *job = run->job;
	usec_t within = job->def->settings->expect_within;

	if (!run->notice.first)
		return;
	if (job->notice && job->notice != run && job->notice->notice.alarm) {
		job->notice->notice.first = true;
		return;
	}
	set_told(step, job, false);
	/* Which may not fail by itself for long. */
	if (job->overdue && !job->owes_alarm && !job->gone && !step->engine->stopping) {
		job->overdue = false;
		notice_expect(step, job, within);
	}
}

void notice_end_drops(const struct step *step, struct engine_job *job)
{
	if (job->drops > 1)
		emit(step, &(struct effect){.kind = EFFECT_DROPS_END, .job = job});
	job->drops = 0;
}

/* It is not carried out, and given back. */
static void discard(struct step *step, struct engine_run *run, enum reason reason,
		    const struct run_result *result)
{
	struct engine_job *job = run->job;

	step->engine->counters.notices_dropped++;
	if (job->drop_reason != reason)
		notice_end_drops(step, job);
	job->drop_reason = reason;
	job->drops++;
	emit(step, &(struct effect){
			   .kind = EFFECT_NOTICE_DROPPED,
			   .run = run,
			   .reason = reason,
			   .result = result,
		   });
	/* One that is displaced by a failure goes on with that, and a success ends it. */
	if (reason != REASON_HELD)
		take_back(step, run);
	run_give_back(step->engine, run);
}

/* Is the job one that is to be told of what it misses? */
static bool may_miss(const struct step *step, const struct engine_job *job)
{
	return !step->engine->stopping && !job->gone &&
	       notice_has_hook(job->def->settings, HOOK_MISSED);
}

/* Makes way for another one. What was missed is not forgotten for it. */
static void displace(struct step *step, struct engine_run *run)
{
	const struct engine_notice *notice = &run->notice;

	if (notice->hooks == 1U << HOOK_MISSED && may_miss(step, run->job)) {
		run->job->owed = (struct engine_missed){
			.verdict = notice->verdict,
			.reason = notice->reason,
			.count = notice->missed,
			.last = run->slot,
		};
		run_give_back(step->engine, run);
	} else {
		discard(step, run, REASON_HELD, NULL);
	}
}

/* Lines up where another one stands, lest one that is displaced again and again never has its turn.
 */
static void line_up_before(struct engine *engine, struct engine_run *run, struct engine_run *before)
{
	struct engine_group *line = &engine->notice_line;

	run->group = line;
	run_move(engine, run, RUN_WAITING);
	TAILQ_REMOVE(&line->waiters, run, group_link);
	TAILQ_INSERT_BEFORE(before, run, group_link);
}

/* Out of the line of those who owe for want of room. */
static void leave_owing(struct engine *engine, struct engine_job *job)
{
	if (job->owes)
		TAILQ_REMOVE(&engine->owing, job, owed_link);
	job->owes = false;
}

/* Its turn comes when the one of its job that is under way, and those in the line, are done. */
static void wait_for_turn(struct step *step, struct engine_run *run, bool displaces)
{
	struct engine *engine = step->engine;
	struct engine_job *job = run->job;
	struct engine_run *before = job->notice;
	enum reason why = REASON_NONE;

	if (engine->hurried)
		why = REASON_STOPPING;
	else if (before && !displaces)
		why = REASON_HELD;
	else if (!before && engine->taken[PLACE_NOTICE] >= engine->bounds[PLACE_NOTICE])
		why = REASON_NO_ROOM;
	if (why != REASON_NONE) {
		discard(step, run, why, NULL);
		return;
	}

	job->notice = run;
	/* What it owes has its turn when that has had it. */
	leave_owing(engine, job);
	if (job->telling)
		run_move(engine, run, RUN_WAITING);
	else if (before)
		line_up_before(engine, run, before);
	else
		run_enter(step, run, &engine->notice_line);
	if (before)
		displace(step, before);
}

void notice_begin(struct step *step, struct engine_run *run)
{
	wait_for_turn(step, run, true);
}

/* A notice that is not of the end of a run. There must be a free one. */
static struct engine_run *make(const struct step *step, struct engine_job *job,
			       struct engine_notice notice)
{
	struct engine_run *run = run_take(step, job, PLACE_NOTICE);

	run->attempt = 0;
	run->notice = notice;
	return run;
}

/* Under the definition that is in force. */
static void use_current(struct engine *engine, struct engine_run *run)
{
	run->def = run->job->def;
	run->model = model_ref(engine->model);
}

void notice_of_start(struct step *step, const struct engine_run *started)
{
	struct engine *engine = step->engine;
	struct engine_notice notice = {
		.hooks = notice_hook(started->def->settings, HOOK_START),
		.failures = started->job->failures,
	};
	struct engine_run *run;

	if (!notice.hooks)
		return;
	/* Without even a place to tell of it by, it is only counted. */
	if (TAILQ_EMPTY(&engine->free)) {
		engine->counters.notices_dropped++;
		return;
	}
	run = make(step, started->job, notice);
	run->id = started->id;
	run->attempt = started->attempt;
	run->def = started->def;
	run->model = model_ref(started->model);
	run->slot = started->slot;
	wait_for_turn(step, run, false);
}

static void tell_missed(struct step *step, struct engine_job *job)
{
	const struct engine_missed *owed = &job->owed;
	struct engine_run *run;

	run = make(step, job,
		   (struct engine_notice){
			   .hooks = notice_hook(job->def->settings, HOOK_MISSED),
			   .verdict = owed->verdict,
			   .reason = owed->reason,
			   .failures = job->failures,
			   .missed = owed->count,
		   });
	use_current(step->engine, run);
	run->slot = owed->last;
	job->owed.count = 0;
	wait_for_turn(step, run, false);
}

static void tell_overdue(struct step *step, struct engine_job *job)
{
	const struct job_settings *settings = job->def->settings;
	struct engine_run *run;

	run = make(step, job,
		   (struct engine_notice){
			   .hooks = notice_hook(settings, HOOK_FAILURE),
			   .mail = settings->mail_to.n > 0,
			   .alarm = true,
			   .first = true,
			   .verdict = job->last_id > 0 ? job->last_verdict : VERDICT_SKIPPED,
			   .reason = REASON_OVERDUE,
			   .failures = job->failures,
		   });
	use_current(step->engine, run);
	run->id = job->last_id;
	run->slot = USEC_INFINITY;
	job->owes_alarm = false;
	set_told(step, job, true);
	wait_for_turn(step, run, true);
}

/* Makes one that the job owes, the alarm first, or lets it wait for a place. */
static void pay(struct step *step, struct engine_job *job)
{
	struct engine *engine = step->engine;

	if ((job->owed.count == 0 && !job->owes_alarm) || job->notice) {
		leave_owing(engine, job);
		return;
	}
	if (!has_room(engine)) {
		if (!job->owes)
			TAILQ_INSERT_TAIL(&engine->owing, job, owed_link);
		job->owes = true;
		return;
	}
	leave_owing(engine, job);
	if (job->owes_alarm)
		tell_overdue(step, job);
	else
		tell_missed(step, job);
}

void notice_forget(struct engine *engine, struct engine_job *job, bool missed, bool alarm)
{
	if (missed) {
		engine->counters.notices_dropped += job->owed.count > 0;
		job->owed.count = 0;
	}
	if (alarm) {
		engine->counters.notices_dropped += job->owes_alarm;
		job->owes_alarm = false;
	}
	if (job->owed.count == 0 && !job->owes_alarm)
		leave_owing(engine, job);
}

void notice_settle(struct step *step)
{
	struct engine *engine = step->engine;

	while (!TAILQ_EMPTY(&engine->owing) && has_room(engine))
		pay(step, TAILQ_FIRST(&engine->owing));
}

void notice_missed(struct step *step, struct engine_job *job, struct engine_missed missed,
		   bool begins)
{
	struct engine_run *waits = job->notice;

	if (!may_miss(step, job))
		return;
	/* One that has yet to be told takes in what comes after it. */
	if (waits && waits->notice.hooks == 1U << HOOK_MISSED) {
		waits->notice.verdict = missed.verdict;
		waits->notice.reason = missed.reason;
		waits->notice.missed += missed.count;
		waits->slot = missed.last;
		return;
	}
	if (!begins && job->owed.count == 0)
		return;
	missed.count += job->owed.count;
	job->owed = missed;
	pay(step, job);
}

void notice_overdue(struct step *step, struct engine_job *job)
{
	const struct job_settings *settings = job->def->settings;

	job->overdue = true;
	emit(step, &(struct effect){.kind = EFFECT_OVERDUE, .job = job});
	if (job->told || !notice_has_audience(settings))
		return;
	if (!notice_of_overdue_is_possible(settings)) {
		set_told(step, job, true);
		return;
	}
	job->owes_alarm = true;
	if (job->notice && !TAILQ_EMPTY(&step->engine->free))
		tell_overdue(step, job);
	else
		pay(step, job);
}

void notice_submitted(struct step *step, struct engine_run *run)
{
	struct engine_job *job = run->job;

	assert(!job->telling && job->notice == run);
	job->telling = run;
	job->notice = NULL;
	/* Whoever hears that it fails need not hear that it is overdue. */
	if (run->notice.alarm)
		job->owes_alarm = false;
	pay(step, job);
}

/* Why a notice that the shell had has come back as it was; REASON_NONE: it was carried out. */
static enum reason why_not(const struct engine_run *run, const struct run_result *result)
{
	if (result->kind == RESULT_NO_RESOURCES)
		return REASON_NO_RESOURCES;
	if (result->kind != RESULT_NOT_STARTED)
		return REASON_NONE;
	return run->cancelled != REASON_NONE ? run->cancelled : REASON_STOPPING;
}

void notice_finished(struct step *step, struct engine_run *run, const struct run_result *result)
{
	struct engine_job *job = run->job;
	struct model *model = model_ref(run->model);
	enum reason why = why_not(run, result);

	assert(job->telling == run);
	job->telling = NULL;
	if (why != REASON_NONE) {
		discard(step, run, why, result);
	} else {
		notice_end_drops(step, job);
		run_give_back(step->engine, run);
	}
	step->eased = true;
	if (job->notice) {
		run_move(step->engine, job->notice, RUN_FREE);
		run_enter(step, job->notice, &step->engine->notice_line);
	}
	job_left(step, job);
	model_unref(model);
}

void notice_drop(struct step *step, struct engine_run *run, enum reason reason)
{
	struct engine_job *job = run->job;
	struct model *model = model_ref(run->model);

	assert(job->notice == run);
	job->notice = NULL;
	discard(step, run, reason, NULL);
	pay(step, job);
	job_left(step, job);
	model_unref(model);
}

void notice_expect(const struct step *step, struct engine_job *job, usec_t span)
{
	emit(step, &(struct effect){.kind = EFFECT_EXPECT, .job = job, .span = span});
}
