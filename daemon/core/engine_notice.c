/* Who is told of what: when a notice is made, in which order they go, and what is expected. */
#include "core/engine_internal.h"

#include <assert.h>
#include <string.h>

static bool is_set(const struct job_settings *settings, enum hook hook)
{
	return command_line_is_set(&settings->hooks[hook]);
}

static unsigned hook_bit(const struct job_settings *settings, enum hook hook)
{
	return is_set(settings, hook) ? 1U << hook : 0;
}

bool notice_is_possible(const struct job_settings *settings)
{
	for (int hook = 0; hook < HOOK_COUNT; hook++)
		if (is_set(settings, (enum hook)hook))
			return true;
	return settings->mail_to.n > 0;
}

/* Is there anybody who cares that the job fails, or that it no longer does? Otherwise its failures
   are not told, and those that a reload brings hear of the next one. */
static bool has_audience(const struct job_settings *settings)
{
	return is_set(settings, HOOK_FAILURE) || is_set(settings, HOOK_RECOVERY) ||
	       settings->mail_to.n > 0;
}

static bool is_failure(enum verdict verdict)
{
	return verdict == VERDICT_FAILED || verdict == VERDICT_TIMEOUT;
}

static bool wants_mail(const struct job_settings *settings, const struct engine_notice *notice,
		       bool recovers, const struct run_result *result)
{
	if (settings->mail_to.n == 0 ||
	    !(is_failure(notice->verdict) || notice->verdict == VERDICT_OK))
		return false;
	switch (settings->mail_when) {
	case MAIL_FAILURE:
		return notice->alarm;
	case MAIL_CHANGE:
		return notice->alarm || recovers;
	case MAIL_OUTPUT:
		return result->printed > 0;
	case MAIL_ALWAYS:
		break;
	}
	return true;
}

struct engine_notice notice_of_end(const struct engine_run *run, enum verdict verdict,
				   enum reason reason, const struct run_result *result)
{
	const struct job_settings *settings = run->def->settings;
	struct engine_job *job = run->job;
	struct engine_notice notice = {.verdict = verdict, .reason = reason};
	bool recovers = false;

	if (is_failure(verdict) || verdict == VERDICT_OK || verdict == VERDICT_KILLED) {
		job->last_id = run->id;
		job->last_verdict = verdict;
	}
	if (is_failure(verdict)) {
		job->failures += job->failures < UINT32_MAX;
		notice.alarm = job->failures >= settings->notify_after &&
			       (!job->told || settings->notify_when == NOTIFY_ALWAYS);
		job->told = job->told || (notice.alarm && has_audience(settings));
	}
	notice.failures = job->failures;
	if (verdict == VERDICT_OK) {
		recovers = job->told;
		job->failures = 0;
		job->told = false;
		job->overdue = false;
		notice.hooks |= hook_bit(settings, HOOK_SUCCESS);
		if (recovers)
			notice.hooks |= hook_bit(settings, HOOK_RECOVERY);
	}
	notice.mail = wants_mail(settings, &notice, recovers, result);
	/* An alarm that it would take the place of goes on with it. */
	if (notice.mail && is_failure(verdict) && job->notice && job->notice->notice.alarm)
		notice.alarm = true;
	if (notice.alarm)
		notice.hooks |= hook_bit(settings, HOOK_FAILURE);
	return notice;
}

/* Is there a place for another one? */
static bool has_room(const struct engine *engine)
{
	return engine->taken[PLACE_NOTICE] + 1 < engine->bounds[PLACE_NOTICE];
}

/* Gives up a notice that the shell does not have. */
static void discard(struct step *step, struct engine_run *run, enum reason reason)
{
	step->engine->counters.notices_dropped++;
	emit(step, &(struct effect){.kind = EFFECT_NOTICE_DROPPED, .run = run, .reason = reason});
	run_give_back(step->engine, run);
}

/* Is the job one that is to be told of what it misses? */
static bool may_miss(const struct step *step, const struct engine_job *job)
{
	return !step->engine->stopping && !job->gone && is_set(job->def->settings, HOOK_MISSED);
}

/* Makes way for another one. What was missed is not forgotten for it. */
static void displace(struct step *step, struct engine_run *run)
{
	const struct engine_notice *notice = &run->notice;

	if (notice->hooks == 1U << HOOK_MISSED && may_miss(step, run->job)) {
		run->job->owed = (struct engine_streak){
			notice->verdict, notice->reason, notice->missed, run->slot, run->slot,
		};
		run_give_back(step->engine, run);
	} else {
		discard(step, run, REASON_HELD);
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
		/* Then the next failure is to be told. */
		if (why == REASON_NO_ROOM && run->notice.alarm &&
		    run->def->settings->notify_when == NOTIFY_CHANGE)
			job->told = false;
		discard(step, run, why);
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

/* A notice that is not of the end of a run. Without even a place to tell of it by, it is only
   counted. NULL then. */
static struct engine_run *make(const struct step *step, struct engine_job *job,
			       struct engine_notice notice)
{
	struct engine *engine = step->engine;
	struct engine_run *run;

	if (TAILQ_EMPTY(&engine->free)) {
		engine->counters.notices_dropped++;
		return NULL;
	}
	run = run_take(step, job, PLACE_NOTICE);
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
	struct engine_notice notice = {
		.hooks = hook_bit(started->def->settings, HOOK_START),
		.failures = started->job->failures,
	};
	struct engine_run *run = notice.hooks ? make(step, started->job, notice) : NULL;

	if (!run)
		return;
	run->id = started->id;
	run->attempt = started->attempt;
	run->def = started->def;
	run->model = model_ref(started->model);
	run->slot = started->slot;
	wait_for_turn(step, run, false);
}

static void settle_debt(struct engine *engine, struct engine_job *job)
{
	job->owed.count = 0;
	leave_owing(engine, job);
}

/* Makes the one that the job owes, or lets it wait for a place. */
static void pay(struct step *step, struct engine_job *job)
{
	struct engine *engine = step->engine;
	const struct engine_streak *owed = &job->owed;
	struct engine_notice notice = {
		.hooks = hook_bit(job->def->settings, HOOK_MISSED),
		.verdict = owed->verdict,
		.reason = owed->reason,
		.failures = job->failures,
		.missed = owed->count,
	};
	struct engine_run *run;

	if (owed->count == 0 || job->notice)
		return;
	if (!has_room(engine)) {
		if (!job->owes)
			TAILQ_INSERT_TAIL(&engine->owing, job, owed_link);
		job->owes = true;
		return;
	}
	run = make(step, job, notice);
	if (run) {
		use_current(engine, run);
		run->slot = owed->last;
	}
	settle_debt(engine, job);
	if (run)
		wait_for_turn(step, run, false);
}

void notice_forget_owed(struct engine *engine, struct engine_job *job)
{
	if (job->owed.count > 0)
		engine->counters.notices_dropped++;
	settle_debt(engine, job);
}

void notice_settle(struct step *step)
{
	struct engine *engine = step->engine;

	while (!TAILQ_EMPTY(&engine->owing) && has_room(engine))
		pay(step, TAILQ_FIRST(&engine->owing));
}

void notice_missed(struct step *step, struct engine_job *job, struct engine_streak missed,
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
	struct engine_notice notice = {
		.hooks = hook_bit(settings, HOOK_FAILURE),
		.mail = settings->mail_to.n > 0,
		.alarm = true,
		.verdict = job->last_id > 0 ? job->last_verdict : VERDICT_SKIPPED,
		.reason = REASON_OVERDUE,
		.failures = job->failures,
	};
	struct engine_run *run;

	job->overdue = true;
	emit(step, &(struct effect){.kind = EFFECT_OVERDUE, .job = job});
	if (job->told || !has_audience(settings))
		return;
	job->told = true;
	if (!notice.hooks && !notice.mail)
		return;
	run = make(step, job, notice);
	if (!run)
		return;
	run->id = job->last_id;
	run->slot = USEC_INFINITY;
	use_current(step->engine, run);
	wait_for_turn(step, run, true);
}

void notice_submitted(struct step *step, struct engine_run *run)
{
	struct engine_job *job = run->job;

	assert(!job->telling && job->notice == run);
	job->telling = run;
	job->notice = NULL;
	pay(step, job);
}

void notice_finished(struct step *step, struct engine_run *run)
{
	struct engine_job *job = run->job;
	struct model *model = model_ref(run->model);

	assert(job->telling == run);
	job->telling = NULL;
	run_give_back(step->engine, run);
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
	discard(step, run, reason);
	pay(step, job);
	job_left(step, job);
	model_unref(model);
}

void notice_expect(const struct step *step, struct engine_job *job, usec_t span)
{
	emit(step, &(struct effect){.kind = EFFECT_EXPECT, .job = job, .span = span});
}
