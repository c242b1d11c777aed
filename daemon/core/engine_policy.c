/* What becomes of an occurrence that is due: it runs, is held, or gets its verdict at once. */
#include "core/engine_internal.h"

#include <assert.h>

/* What the bits of engine_streak.id hold: a million a second for nine years. */
#define STREAK_ID_MAX ((UINT64_C(1) << 48) - 1)

void policy_end_streak(const struct step *step, struct engine_job *job)
{
	struct engine_streak streak = job->streak;

	if (streak.count == 0)
		return;
	job->streak = (struct engine_streak){0};
	emit(step, &(struct effect){.kind = EFFECT_STREAK_END, .job = job, .streak = &streak});
}

/* Says that the streak has begun or grown. */
static void grown(const struct step *step, struct engine_job *job, const struct engine_run *unrun)
{
	emit(step, &(struct effect){
			   .kind = EFFECT_NOT_RUN,
			   .job = job,
			   .streak = &job->streak,
			   .unrun = unrun,
		   });
}

/* Tells of it. `begins`: the streak does with them. */
static void tell(struct step *step, struct engine_job *job, struct span slots, enum verdict verdict,
		 enum reason reason, bool begins)
{
	/* What need not run, should not, or could no longer, was not missed. */
	if (reason == REASON_CONDITION || verdict == VERDICT_PAUSED || verdict == VERDICT_CANCELLED)
		return;
	notice_missed(step, job,
		      (struct engine_missed){
			      .verdict = verdict,
			      .reason = reason,
			      .count = slots.count,
			      .last = slots.last,
		      },
		      begins);
}

/* A streak of slots that do not run, as if there had been none before. */
static struct engine_streak streak_of(struct step *step, struct span slots, enum verdict verdict,
				      enum reason reason)
{
	return (struct engine_streak){
		.verdict = verdict,
		.reason = reason,
		.id = ++step->engine->last_streak & STREAK_ID_MAX,
		.count = slots.count,
		.first = slots.first,
		.last = slots.last,
	};
}

/* Those that come all at once are complete, so that they need no beginning. */
static void complete(struct step *step, struct engine_job *job, struct span slots,
		     enum verdict verdict, enum reason reason)
{
	policy_end_streak(step, job);
	job->streak = streak_of(step, slots, verdict, reason);
	grown(step, job, NULL);
	policy_end_streak(step, job);
	tell(step, job, slots, verdict, reason, true);
}

/* Slots that do not run, one at least. `result`: of an attempt of `unrun` that came to nothing. */
static void note(struct step *step, struct engine_job *job, struct span slots, enum verdict verdict,
		 enum reason reason, const struct engine_run *unrun,
		 const struct run_result *result)
{
	struct engine_streak *streak = &job->streak;
	bool begins = streak->count == 0 || streak->verdict != verdict || streak->reason != reason;
	struct span more = slots;

	step->engine->counters.verdicts[verdict] += slots.count;
	if (begins) {
		policy_end_streak(step, job);
		*streak = streak_of(step, (struct span){slots.first, slots.first, 1}, verdict,
				    reason);
		grown(step, job, unrun);
		emit(step, &(struct effect){
				   .kind = EFFECT_STREAK_BEGIN,
				   .job = job,
				   .streak = streak,
				   .result = result,
			   });
		more.count--;
	}
	if (more.count > 0) {
		streak->count += more.count;
		/* Runs do not come to nothing in the order of their slots. */
		if (more.first < streak->first)
			streak->first = more.first;
		if (more.last > streak->last)
			streak->last = more.last;
		grown(step, job, begins ? NULL : unrun);
	}
	tell(step, job, slots, verdict, reason, begins);
}

static void account(struct engine_job *job, usec_t slot)
{
	if (slot > job->accounted)
		job->accounted = slot;
}

void policy_not_run(struct step *step, struct engine_job *job, struct span slots,
		    enum verdict verdict, enum reason reason)
{
	if (slots.count == 0)
		return;
	account(job, slots.last);
	if (verdict == VERDICT_COALESCED || verdict == VERDICT_MISSED) {
		step->engine->counters.verdicts[verdict] += slots.count;
		complete(step, job, slots, verdict, reason);
	} else {
		note(step, job, slots, verdict, reason, NULL, NULL);
	}
}

/* The one slot does not run. */
static void pass_over(struct step *step, struct engine_job *job, usec_t slot, enum verdict verdict,
		      enum reason reason)
{
	policy_not_run(step, job, (struct span){slot, slot, 1}, verdict, reason);
}

void policy_unrun(struct step *step, const struct engine_run *run, enum verdict verdict,
		  enum reason reason, const struct run_result *result)
{
	struct engine_job *job = run->job;

	note(step, job, (struct span){run->slot, run->slot, 1}, verdict, reason, run, result);
	/* There is nobody left to end it later. */
	if (step->engine->stopping || job->gone)
		policy_end_streak(step, job);
}

/* Runs it, or refuses it for want of room. */
static void admit(struct step *step, struct engine_job *job, usec_t slot, bool released)
{
	struct engine *engine = step->engine;

	if (run_has_room(engine, job, released)) {
		run_accept(step, job, slot);
		return;
	}
	if (!engine->in_burst) {
		engine->in_burst = true;
		engine->burst = 0;
		emit(step, &(struct effect){.kind = EFFECT_BURST_BEGIN});
	}
	engine->burst++;
	pass_over(step, job, slot, VERDICT_REFUSED, REASON_QUEUE_FULL);
}

unsigned policy_limit(const struct job *def)
{
	if (def->settings->overlap != OVERLAP_ALLOW || def->schedule.kind == SCHEDULE_AFTER)
		return 1;
	return def->settings->max_running;
}

/* Makes way for the held occurrence. Whichever run ends last releases it. */
static void stop_runs(struct step *step, struct engine_job *job)
{
	struct engine_run *next;

	for (struct engine_run *run = job->runs; run; run = next) {
		next = run->job_next;
		if (!run_is_submitted(run))
			attempt_give_up(step, run, REASON_REPLACED, NULL);
		else if (run->cancelled == REASON_NONE)
			run_cancel(step, run, REASON_REPLACED, CANCEL_TERM);
	}
}

static void hold(const struct step *step, struct engine_job *job, usec_t slot)
{
	job->held = slot;
	job_held(step, job, slot);
}

void policy_consider(struct step *step, struct engine_job *job, usec_t slot)
{
	bool held = job->held != USEC_INFINITY;

	account(job, slot);
	if (job->live < policy_limit(job->def)) {
		admit(step, job, slot, false);
		return;
	}

	switch (job->def->settings->overlap) {
	case OVERLAP_SKIP:
		pass_over(step, job, slot, VERDICT_SKIPPED, REASON_OVERLAP);
		break;
	case OVERLAP_ALLOW:
		pass_over(step, job, slot, VERDICT_SKIPPED, REASON_MAX_RUNNING);
		break;
	case OVERLAP_QUEUE:
		if (held)
			pass_over(step, job, slot, VERDICT_SKIPPED, REASON_HELD);
		else
			hold(step, job, slot);
		break;
	case OVERLAP_REPLACE:
		if (held)
			pass_over(step, job, job->held, VERDICT_SKIPPED, REASON_REPLACED);
		hold(step, job, slot);
		stop_runs(step, job);
		break;
	}
}

void policy_run_now(struct step *step, struct engine_job *job, struct engine_asked *asked)
{
	const struct job *def = job->def;

	if (!asked->force && job->live >= policy_limit(def)) {
		asked->refused = def->settings->overlap == OVERLAP_ALLOW ? REASON_MAX_RUNNING
									 : REASON_OVERLAP;
		return;
	}
	if (!run_has_room(step->engine, job, false)) {
		asked->refused = REASON_QUEUE_FULL;
		return;
	}
	asked->run = run_accept_manual(step, job);
	catch_up_line_up(step->engine, job);
	due_follow(step, job);
}

void policy_release(struct step *step, struct engine_job *job)
{
	usec_t slot = job->held;

	if (slot != USEC_INFINITY && !job->pause && job->live < policy_limit(job->def)) {
		hold(step, job, USEC_INFINITY);
		admit(step, job, slot, true);
	}
	catch_up_line_up(step->engine, job);
	due_follow(step, job);
}

void policy_withdraw(struct step *step, struct engine_job *job, enum reason reason)
{
	usec_t slot = job->held;

	if (slot != USEC_INFINITY) {
		hold(step, job, USEC_INFINITY);
		pass_over(step, job, slot, VERDICT_CANCELLED, reason);
	}
	catch_up_withdraw(step, job, VERDICT_CANCELLED, reason);
	policy_end_streak(step, job);
}
