/* What becomes of an attempt that has ended: its verdict, or after a while another attempt. */
#include "core/engine_internal.h"

#include <assert.h>
#include <limits.h>

/* Thousandths in a retry_backoff of 1. */
#define BACKOFF_UNIT 1000

static bool has_exit(const struct outcome_set *set, int status)
{
	return status >= 0 && status <= UINT8_MAX && set->exits[status / 64] >> (status % 64) & 1;
}

/* Of an attempt that was made. */
static enum verdict judge(const struct engine_run *run, const struct run_result *result,
			  enum reason *ret_reason)
{
	bool exited = result->kind == RESULT_EXITED;

	*ret_reason = REASON_NONE;
	if (result->timed_out && result->kind != RESULT_SPAWN_FAILED)
		return VERDICT_TIMEOUT;
	if (result->cancelled) {
		*ret_reason = run->cancelled;
		return VERDICT_KILLED;
	}
	if (result->kind == RESULT_UNSEEN) {
		*ret_reason = REASON_ADOPTED;
		return VERDICT_LOST;
	}
	if (exited && (result->code == 0 || has_exit(&run->def->settings->success, result->code)))
		return VERDICT_OK;
	if (result->out_of_memory)
		*ret_reason = REASON_MEMORY;
	return VERDICT_FAILED;
}

static bool is_retried_on(const struct outcome_set *on, const struct run_result *result)
{
	bool any = !on->timeout && !on->signal && !on->start;

	for (size_t i = 0; i < ARRAY_LENGTH(on->exits); i++)
		any = any && on->exits[i] == 0;
	if (any)
		return true;
	switch (result->kind) {
	case RESULT_EXITED:
		if (result->timed_out)
			return on->timeout;
		return has_exit(on, result->code) || (on->signal && result->out_of_memory);
	case RESULT_SIGNALLED:
		return result->timed_out ? on->timeout : on->signal;
	case RESULT_SPAWN_FAILED:
		return on->start;
	case RESULT_NOT_STARTED:
	case RESULT_NO_RESOURCES:
	case RESULT_UNWANTED:
	case RESULT_UNSEEN:
		break;
	}
	return false;
}

/* Has the run another attempt after this failure, under these settings? */
static bool has_another(const struct engine_run *run, const struct job_settings *settings,
			const struct run_result *result)
{
	return run->attempt <= settings->retries && result->kind != RESULT_UNSEEN &&
	       is_retried_on(&settings->retry_on, result);
}

/* After the attempt-th: retry_delay * retry_backoff ^ (attempt - 1). */
static usec_t delay_after(const struct job_settings *settings, unsigned attempt)
{
	usec_t bound =
		settings->retry_max_delay > 0 ? settings->retry_max_delay : USEC_INFINITY - 1;
	usec_t delay = settings->retry_delay;

	if (settings->retry_backoff <= BACKOFF_UNIT)
		attempt = 1;
	for (unsigned i = 1; i < attempt && delay < bound; i++) {
		usec_t rest = delay % BACKOFF_UNIT * settings->retry_backoff / BACKOFF_UNIT;

		if (__builtin_mul_overflow(delay / BACKOFF_UNIT, settings->retry_backoff, &delay) ||
		    __builtin_add_overflow(delay, rest, &delay))
			return bound;
	}
	return delay < bound ? delay : bound;
}

/* Is it one more than its job may have, by force? There are places for those alone that it may. */
static bool is_surplus(const struct engine_run *run)
{
	return run->manual && run->job->live > policy_limit(run->job->def);
}

/* Is there another attempt? If there would be but for something, that is the reason. */
static bool may_retry(const struct engine *engine, const struct engine_run *run,
		      const struct run_result *result, enum reason *reason)
{
	/* The next one would be made under the definition that is in force. */
	const struct job *def = run->job->gone ? run->def : run->job->def;

	if (!has_another(run, def->settings, result))
		return false;
	if (run->cancelled != REASON_NONE)
		*reason = run->cancelled;
	else if (engine->stopping)
		*reason = REASON_STOPPING;
	else if (run->job->gone)
		*reason = REASON_REMOVED;
	else if (run->place == PLACE_RUN &&
		 (engine->taken[PLACE_RETRY] >= engine->bounds[PLACE_RETRY] || is_surplus(run)))
		*reason = REASON_NO_ROOM;
	else
		return true;
	return false;
}

static void back_off(struct step *step, struct engine_run *run, enum verdict verdict,
		     enum reason reason, const struct run_result *result)
{
	run->verdict = verdict;
	run->result = *result;
	run_move(step->engine, run, RUN_BACKOFF);
	run_leave_group(step->engine, run);
	if (run->place == PLACE_RUN)
		run_change_place(step->engine, run, PLACE_RETRY);
	step->eased = true;
	emit(step, &(struct effect){
			   .kind = EFFECT_RETRY,
			   .run = run,
			   .verdict = verdict,
			   .reason = reason,
			   .result = result,
			   .span = delay_after(run->job->def->settings, run->attempt),
		   });
}

void attempt_restore(struct step *step, struct engine_run *run, const struct past_run *past)
{
	if (past->state == PAST_ACCEPTED) {
		struct engine_group *group = run_find_group(step->engine, run->def);

		emit(step, &(struct effect){.kind = EFFECT_ACCEPTED, .run = run});
		run_enter(step, run, group ? group : &step->engine->retry_line);
		return;
	}
	if (past->state == PAST_STARTED && past->alive) {
		run->adopted = true;
		run->group = run_find_group(step->engine, run->def);
		run_move(step->engine, run, RUN_SUBMITTED);
		emit(step, &(struct effect){.kind = EFFECT_ADOPT, .run = run, .past = past});
		return;
	}
	if (past->state == PAST_STARTED) {
		/* Not in run->result: that is of an attempt before the last. */
		const struct run_result unseen = {.kind = RESULT_UNSEEN};

		run_end(step, run, VERDICT_LOST, REASON_CRASH, &unseen);
		return;
	}
	run->verdict = past->verdict;
	run->result = past->result;
	if (!has_another(run, run->def->settings, &run->result)) {
		run_end(step, run, run->verdict, REASON_NONE, &past->result);
		return;
	}
	run_move(step->engine, run, RUN_BACKOFF);
	emit(step, &(struct effect){.kind = EFFECT_RETRY_RESTORED, .run = run, .span = past->wait});
}

void attempt_stop(struct step *step, struct engine_run *run)
{
	if (run->place != PLACE_RETRY ||
	    step->engine->model->daemon.durability == DURABILITY_NONE) {
		attempt_give_up(step, run, REASON_STOPPING, NULL);
		return;
	}
	if (run->state == RUN_BACKOFF)
		emit(step, &(struct effect){.kind = EFFECT_RETRY_OFF, .run = run});
	run_put_off(step, run);
}

void attempt_give_up(struct step *step, struct engine_run *run, enum reason reason,
		     const struct run_result *result)
{
	/* Of one that has made no attempt. */
	static const enum verdict verdicts[REASON_COUNT] = {
		[REASON_REPLACED] = VERDICT_SKIPPED,   [REASON_NO_RESOURCES] = VERDICT_REFUSED,
		[REASON_STOPPING] = VERDICT_CANCELLED, [REASON_CONDITION] = VERDICT_SKIPPED,
		[REASON_OPERATOR] = VERDICT_CANCELLED,
	};

	if (run->state == RUN_BACKOFF)
		emit(step, &(struct effect){.kind = EFFECT_RETRY_OFF, .run = run});
	if (run->place == PLACE_RETRY) {
		run_end(step, run, run->verdict, reason, &run->result);
		return;
	}
	assert(verdicts[reason] != VERDICT_OK);
	run_end(step, run, verdicts[reason], reason, result);
}

/* Was it handed over for nothing? */
static bool is_in_vain(const struct run_result *result)
{
	return result->kind == RESULT_NOT_STARTED || result->kind == RESULT_NO_RESOURCES;
}

void attempt_finished(struct step *step, struct engine_run *run, const struct run_result *result)
{
	enum verdict verdict;
	enum reason reason;

	assert(run_is_submitted(run));
	if (run->adopted && is_in_vain(result)) {
		if (result->kind == RESULT_NOT_STARTED && step->engine->stopping)
			run_put_off(step, run);
		else
			run_end(step, run, VERDICT_LOST, REASON_ADOPTED, result);
		return;
	}
	switch (result->kind) {
	case RESULT_NOT_STARTED:
		reason = run->cancelled != REASON_NONE ? run->cancelled : REASON_STOPPING;
		attempt_give_up(step, run, reason, result);
		return;
	case RESULT_NO_RESOURCES:
		attempt_give_up(step, run, REASON_NO_RESOURCES, result);
		return;
	case RESULT_UNWANTED:
		attempt_give_up(step, run, REASON_CONDITION, result);
		return;
	case RESULT_EXITED:
	case RESULT_SIGNALLED:
	case RESULT_SPAWN_FAILED:
	case RESULT_UNSEEN:
		break;
	}
	verdict = judge(run, result, &reason);
	if ((verdict == VERDICT_FAILED || verdict == VERDICT_TIMEOUT) &&
	    may_retry(step->engine, run, result, &reason))
		back_off(step, run, verdict, reason, result);
	else
		run_end(step, run, verdict, reason, result);
}

/* Puts a run between two attempts under the definition that is in force. */
static void adopt(struct engine *engine, struct engine_run *run)
{
	struct model *before = run->model;

	run->def = run->job->def;
	run->model = model_ref(engine->model);
	model_unref(before);
}

void attempt_due(struct step *step, struct engine_run *run)
{
	struct engine *engine = step->engine;
	struct engine_group *group;

	assert(run->state == RUN_BACKOFF && !run->job->gone);
	adopt(engine, run);
	run->attempt++;
	group = run_find_group(engine, run->def);
	run_enter(step, run, group ? group : &engine->retry_line);
}

void attempt_reload(struct step *step)
{
	struct engine_run *next;

	for (struct engine_run *run = TAILQ_FIRST(&step->engine->backoff); run; run = next) {
		next = TAILQ_NEXT(run, group_link);
		if (run->job->gone) {
			attempt_give_up(step, run, REASON_REMOVED, NULL);
			continue;
		}
		adopt(step->engine, run);
		if (!has_another(run, run->def->settings, &run->result))
			attempt_give_up(step, run, REASON_NONE, NULL);
	}
}
