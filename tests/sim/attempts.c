/* What attempts come to: verdicts, and whether there is another one. */
#include "world_internal.h"

#include <string.h>

static void expect_verdict(struct world *world, const struct effect *effect, enum verdict verdict,
			   enum reason reason)
{
	if (effect->verdict != verdict || effect->reason != reason)
		world_fail(world, "run %d: %s (%s) instead of %s (%s)", (int)effect->run->id,
			   verdict_info(effect->verdict)->name, reason_text(effect->reason),
			   verdict_info(verdict)->name, reason_text(reason));
}

/* What an attempt that ran came to. */
static enum verdict verdict_of(const struct run_result *result)
{
	if (result->timed_out && result->kind != RESULT_SPAWN_FAILED)
		return VERDICT_TIMEOUT;
	if (result->cancelled)
		return VERDICT_KILLED;
	if (result->kind == RESULT_UNSEEN)
		return VERDICT_LOST;
	return result->kind == RESULT_EXITED && result->code == 0 ? VERDICT_OK : VERDICT_FAILED;
}

/* Did somebody try to run it? */
static bool has_run(const struct run_result *result)
{
	return result->kind < RESULT_NOT_STARTED || result->kind == RESULT_UNSEEN;
}

/* Would the run be tried again, if nothing hindered it? */
static bool is_tried_again(const struct world *world, struct engine_run *run,
			   const struct run_result *result)
{
	const struct job_plan *plan = &world->plan.jobs[job_number(run->def)];
	const struct job_settings *settings = run->def->settings;
	unsigned retries = plan->present ? plan->retries : settings->retries;
	bool timeouts_only = plan->present ? plan->retry_timeouts_only : settings->retry_on.timeout;

	return result->kind != RESULT_UNSEEN && run->attempt <= retries &&
	       (!timeouts_only || verdict_of(result) == VERDICT_TIMEOUT);
}

/* Is it one more than its job may have? There is no room for those to be tried again. */
static bool is_surplus(const struct world *world, const struct engine_run *run)
{
	size_t number = job_number(run->def);

	return run->manual && run->attempt == 1 &&
	       world->books[number].live > books_limit(&world->plan.jobs[number]);
}

static enum reason reason_of(struct world *world, const struct effect *effect,
			     const struct run_result *result)
{
	const struct run_tail *tail = engine_run_tail(effect->run);
	enum verdict verdict = verdict_of(result);

	if (verdict == VERDICT_KILLED)
		return tail->cancelled;
	if (verdict == VERDICT_LOST)
		return REASON_ADOPTED;
	if ((verdict == VERDICT_FAILED || verdict == VERDICT_TIMEOUT) &&
	    is_tried_again(world, effect->run, result)) {
		if (tail->cancelled != REASON_NONE)
			return tail->cancelled;
		if (world->stopping)
			return REASON_STOPPING;
		if (!world->plan.jobs[job_number(effect->run->def)].present)
			return REASON_REMOVED;
		if (!is_surplus(world, effect->run) &&
		    (effect->run->attempt > 1 ||
		     world->backed_off < (size_t)world->plan.workers + world->plan.queue))
			world_fail(world, "run %d is not tried again", (int)effect->run->id);
		return REASON_NO_ROOM;
	}
	return verdict == VERDICT_FAILED && result->out_of_memory ? REASON_MEMORY : REASON_NONE;
}

/* Why a run ends that is not in the pool. */
static enum reason reason_outside(struct world *world, struct engine_run *run)
{
	const struct run_tail *tail = engine_run_tail(run);

	switch (world->event->kind) {
	case ENGINE_STOP:
		return REASON_STOPPING;
	case ENGINE_KILL:
		return REASON_OPERATOR;
	case ENGINE_LOAD:
		if (!world->plan.jobs[job_number(run->def)].present)
			return REASON_REMOVED;
		if (run->state != RUN_WAITING && !is_tried_again(world, run, &tail->last))
			return REASON_NONE;
		if (world->plan.jobs[job_number(run->def)].overlap != OVERLAP_REPLACE)
			world_fail(world, "run %d ends for no reason", (int)run->id);
		return REASON_REPLACED;
	default:
		return REASON_REPLACED;
	}
}

/* What comes of a run that made no attempt, and is one by itself; others of the kind are counted in
   a streak. */
static enum verdict verdict_of_none(const struct engine_run *run, enum reason reason)
{
	if (run->manual && reason == REASON_NO_RESOURCES)
		return VERDICT_REFUSED;
	if (run->manual && (reason == REASON_REPLACED || reason == REASON_CONDITION))
		return VERDICT_SKIPPED;
	return VERDICT_CANCELLED;
}

/* One of a life before this one that does not go on. */
static void end_past(struct world *world, const struct effect *effect)
{
	struct engine_run *run = effect->run;
	struct run_tail *tail = engine_run_tail(run);
	const struct row *row = lives_row(world, run);

	if (row->state == ROW_STARTED && row->ends <= world->elapsed)
		expect_verdict(world, effect, VERDICT_LOST, REASON_CRASH);
	else if (row->state == ROW_BACKOFF && !is_tried_again(world, run, &row->result))
		expect_verdict(world, effect, row->verdict, REASON_NONE);
	else
		world_fail(world, "run %d ends, but it should go on", (int)run->id);
	books_end(world, run, effect->verdict, effect->reason);
	tail->state = POOL_ENDED;
	telling_end(world, effect);
}

/* A process that was to be watched, which nobody could. */
static void end_unwatched(struct world *world, const struct effect *effect)
{
	if (world->stopping && effect->result->kind == RESULT_NOT_STARTED)
		world_fail(world, "run %d is to be watched again", (int)effect->run->id);
	expect_verdict(world, effect, VERDICT_LOST, REASON_ADOPTED);
}

void attempts_ended(struct world *world, const struct effect *effect)
{
	struct engine_run *run = effect->run;
	struct run_tail *tail = engine_run_tail(run);
	const struct run_result *result = &tail->result;
	bool in_pool = tail->state == POOL_BACK;
	bool ran = in_pool && has_run(result);
	bool ran_before = !tail->adopted && (run->attempt > 1 || tail->state == POOL_BETWEEN);
	int group = group_number(run->def);
	enum reason reason;

	if (!tail->accepted) {
		end_past(world, effect);
		return;
	}
	reason = in_pool ? tail->cancelled : reason_outside(world, run);
	if (tail->retry_at > 0)
		world_fail(world, "run %d ends with its timer", (int)run->id);
	if (in_pool &&
	    (effect->run != world->event->run ||
	     effect->result != (ran || !ran_before ? world->event->result : &run->result)))
		world_fail(world, "run %d ends, but it did not", (int)run->id);
	if (in_pool && !ran) {
		if (result->kind == RESULT_NO_RESOURCES)
			reason = REASON_NO_RESOURCES;
		else if (result->kind == RESULT_UNWANTED)
			reason = REASON_CONDITION;
		else if (reason == REASON_NONE)
			reason = REASON_STOPPING;
	}
	if (tail->adopted && in_pool && !ran)
		end_unwatched(world, effect);
	else if (ran)
		expect_verdict(world, effect, verdict_of(result), reason_of(world, effect, result));
	else if (ran_before)
		expect_verdict(world, effect, tail->verdict, reason);
	else
		expect_verdict(world, effect, verdict_of_none(run, reason), reason);
	if (!ran && ran_before && memcmp(effect->result, &tail->last, sizeof(tail->last)) != 0)
		world_fail(world, "run %d: not the result of its last attempt", (int)run->id);
	if (!in_pool && ran_before && world->event->kind == ENGINE_STOP && shell_records(world))
		world_fail(world, "run %d is to be put off", (int)run->id);
	if (!in_pool && tail->state != POOL_NEVER && tail->state != POOL_BETWEEN)
		world_fail(world, "run %d ends while it runs", (int)run->id);

	books_end(world, run, effect->verdict, effect->reason);
	books_run_ends(world, run);
	world->backed_off -= run->attempt > 1 || tail->state == POOL_BETWEEN;
	tail->state = POOL_ENDED;
	tail->line = 0;
	telling_end(world, effect);
	if (!in_pool)
		return;
	pool_forget(world, run);
	if (group >= 0)
		world->group_running[group]--;
}

void attempts_retry(struct world *world, const struct effect *effect)
{
	struct engine_run *run = effect->run;
	struct run_tail *tail = engine_run_tail(run);
	const struct run_result *result = &tail->result;
	const struct job_plan *plan = &world->plan.jobs[job_number(run->def)];
	int group = group_number(run->def);
	usec_t bound = plan->retry_max_delay > 0 ? plan->retry_max_delay : USEC_INFINITY;
	usec_t span = plan->retry_delay;

	for (unsigned i = 1; i < run->attempt && span < bound; i++)
		span = span * plan->retry_backoff / 1000;
	if (span > bound)
		span = bound;
	if (tail->state != POOL_BACK || world->event->run != run || effect->result != result)
		world_fail(world, "run %d is to be tried again, but it goes on", (int)run->id);
	if (!has_run(result) || world->stopping || !plan->present || is_surplus(world, run) ||
	    tail->cancelled != REASON_NONE || !is_tried_again(world, run, result))
		world_fail(world, "run %d is to be tried again", (int)run->id);
	if (effect->verdict != verdict_of(result) || effect->verdict == VERDICT_OK ||
	    effect->verdict == VERDICT_KILLED)
		world_fail(world, "run %d: %s, and again", (int)run->id,
			   verdict_info(effect->verdict)->name);
	if (effect->span != span)
		world_fail(world, "run %d waits for %lld instead of %lld", (int)run->id,
			   (long long)effect->span, (long long)span);
	world->backed_off += run->attempt == 1;
	tail->verdict = effect->verdict;
	tail->last = *result;
	tail->state = POOL_BETWEEN;
	tail->retry_at = world->elapsed + effect->span;
	pool_forget(world, run);
	if (group >= 0)
		world->group_running[group]--;
}
