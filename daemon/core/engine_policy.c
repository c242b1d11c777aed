/* What becomes of an occurrence that is due: it runs, is held, or gets its verdict at once. */
#include "core/engine_internal.h"

#include <assert.h>

void policy_end_streak(const struct step *step, struct engine_job *job)
{
	struct engine_streak streak = job->streak;

	if (streak.count == 0)
		return;
	job->streak = (struct engine_streak){0};
	emit(step, &(struct effect){.kind = EFFECT_STREAK_END, .job = job, .streak = &streak});
}

/* One occurrence that does not run. `result`: of an attempt that came to nothing, or NULL. */
static void note(struct step *step, struct engine_job *job, usec_t slot, enum verdict verdict,
		 enum reason reason, const struct run_result *result)
{
	struct engine_streak *streak = &job->streak;
	struct engine_streak one = {
		.verdict = verdict, .reason = reason, .count = 1, .first = slot, .last = slot};
	bool begins = streak->count == 0 || streak->verdict != verdict || streak->reason != reason;

	step->engine->counters.verdicts[verdict]++;
	if (begins) {
		policy_end_streak(step, job);
		*streak = one;
		emit(step, &(struct effect){
				   .kind = EFFECT_STREAK_BEGIN,
				   .job = job,
				   .streak = streak,
				   .result = result,
			   });
	} else {
		streak->count++;
		/* Runs do not come to nothing in the order of their slots. */
		if (slot < streak->first)
			streak->first = slot;
		if (slot > streak->last)
			streak->last = slot;
	}
	/* What need not run, or could no longer, was not missed. */
	if (reason != REASON_CONDITION && verdict != VERDICT_CANCELLED)
		notice_missed(step, job, one, begins);
}

void policy_unrun(struct step *step, const struct engine_run *run, enum verdict verdict,
		  enum reason reason, const struct run_result *result)
{
	struct engine_job *job = run->job;

	note(step, job, run->slot, verdict, reason, result);
	/* There is nobody left to end it later. */
	if (step->engine->stopping || job->gone)
		policy_end_streak(step, job);
}

void policy_coalesce(struct step *step, struct engine_job *job, usec_t first, usec_t last,
		     uint64_t count)
{
	struct engine_streak coalesced = {
		.verdict = VERDICT_COALESCED,
		.reason = REASON_LATE,
		.count = count,
		.first = first,
		.last = last,
	};

	/* Complete as it comes, so that it needs no beginning. */
	policy_end_streak(step, job);
	step->engine->counters.verdicts[VERDICT_COALESCED] += count;
	job->streak = coalesced;
	policy_end_streak(step, job);
	notice_missed(step, job, coalesced, true);
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
	note(step, job, slot, VERDICT_REFUSED, REASON_QUEUE_FULL, NULL);
}

unsigned policy_limit(const struct job *def)
{
	return def->settings->overlap == OVERLAP_ALLOW ? def->settings->max_running : 1;
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

void policy_consider(struct step *step, struct engine_job *job, usec_t slot)
{
	bool held = job->held != USEC_INFINITY;

	if (job->live < policy_limit(job->def)) {
		admit(step, job, slot, false);
		return;
	}

	switch (job->def->settings->overlap) {
	case OVERLAP_SKIP:
		note(step, job, slot, VERDICT_SKIPPED, REASON_OVERLAP, NULL);
		break;
	case OVERLAP_ALLOW:
		note(step, job, slot, VERDICT_SKIPPED, REASON_MAX_RUNNING, NULL);
		break;
	case OVERLAP_QUEUE:
		if (held)
			note(step, job, slot, VERDICT_SKIPPED, REASON_HELD, NULL);
		else
			job->held = slot;
		break;
	case OVERLAP_REPLACE:
		if (held)
			note(step, job, job->held, VERDICT_SKIPPED, REASON_REPLACED, NULL);
		job->held = slot;
		stop_runs(step, job);
		break;
	}
}

void policy_release(struct step *step, struct engine_job *job)
{
	usec_t slot = job->held;

	if (slot == USEC_INFINITY || job->live >= policy_limit(job->def))
		return;
	job->held = USEC_INFINITY;
	admit(step, job, slot, true);
}

void policy_withdraw(struct step *step, struct engine_job *job, enum reason reason)
{
	usec_t slot = job->held;

	if (slot != USEC_INFINITY) {
		job->held = USEC_INFINITY;
		note(step, job, slot, VERDICT_CANCELLED, reason, NULL);
	}
	policy_end_streak(step, job);
}
