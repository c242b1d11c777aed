/*
 * Runs: from acceptance to verdict, and the groups they wait for.
 *
 * Let `submitted` be the runs that the shell has and `waiting` those that wait for their group. One
 * more is accepted while submitted + waiting < workers + queue, and beyond that only to use an idle
 * worker (submitted < workers), which those that wait for a group cannot use. From that follows
 * submitted <= workers + queue, what the pool has room for, and submitted + waiting <= 2 * workers
 * + queue, for which many runs are allocated. A reload that lowers a bound takes back nothing that
 * was accepted under the old one; until the new ones are met, no more is accepted.
 */
#include "core/engine_internal.h"

#include <assert.h>
#include <string.h>

size_t run_bound(const struct daemon_settings *settings)
{
	return 2 * (size_t)settings->workers + settings->queue;
}

static struct engine_group *job_group(const struct engine *engine, const struct job *def)
{
	const struct group *group = def->settings->group;

	if (!group)
		return NULL;
	group = model_find_group(engine->model, group->name);
	assert(group);
	return engine->groups[group - engine->model->groups];
}

/* Nobody overtakes those who wait. */
static bool group_has_room(const struct engine_group *group)
{
	return group->running < group->limit && TAILQ_EMPTY(&group->waiters);
}

bool run_has_room(const struct engine *engine, const struct engine_job *job, bool released)
{
	const struct daemon_settings *settings = &engine->model->daemon;
	const struct engine_group *group = job_group(engine, job->def);
	size_t total = engine->submitted + engine->waiting;
	size_t pool = (size_t)settings->workers + settings->queue;

	if (total < pool)
		return true;
	if (total >= run_bound(settings))
		return false;
	if (group && !group_has_room(group))
		return released;
	return engine->submitted < (released ? pool : settings->workers);
}

void group_update(struct engine *engine, struct engine_group *group)
{
	bool ready = group->running < group->limit && !TAILQ_EMPTY(&group->waiters);

	if (ready && !group->ready)
		TAILQ_INSERT_TAIL(&engine->ready, group, ready_link);
	if (!ready && group->ready)
		TAILQ_REMOVE(&engine->ready, group, ready_link);
	group->ready = ready;
}

static bool is_submitted(enum engine_run_state state)
{
	return state == RUN_SUBMITTED || state == RUN_STARTED;
}

/* Every change of a run's state, and of the sums that follow from the states. */
static void run_move(struct engine *engine, struct engine_run *run, enum engine_run_state to)
{
	static const bool allowed[RUN_STATE_COUNT][RUN_STATE_COUNT] = {
		[RUN_FREE] = {[RUN_WAITING] = true, [RUN_SUBMITTED] = true},
		[RUN_WAITING] = {[RUN_SUBMITTED] = true, [RUN_FREE] = true},
		[RUN_SUBMITTED] = {[RUN_STARTED] = true, [RUN_FREE] = true},
		[RUN_STARTED] = {[RUN_FREE] = true},
	};
	enum engine_run_state from = run->state;
	struct engine_group *group = run->group;
	int submitted = is_submitted(to) - is_submitted(from);

	assert(allowed[from][to]);
	run->state = to;
	engine->submitted += submitted;
	engine->waiting += (to == RUN_WAITING) - (from == RUN_WAITING);
	if (!group)
		return;
	group->running += submitted;
	if (from == RUN_WAITING)
		TAILQ_REMOVE(&group->waiters, run, group_link);
	if (to == RUN_WAITING)
		TAILQ_INSERT_TAIL(&group->waiters, run, group_link);
	group_update(engine, group);
}

static void run_submit(const struct step *step, struct engine_run *run)
{
	run_move(step->engine, run, RUN_SUBMITTED);
	step->engine->counters.started++;
	emit(step, &(struct effect){.kind = EFFECT_START, .run = run});
}

static void job_link(struct engine_job *job, struct engine_run *run)
{
	run->job_next = job->runs;
	if (job->runs)
		job->runs->job_prev = run;
	job->runs = run;
	job->live++;
}

static void job_unlink(struct engine_job *job, struct engine_run *run)
{
	if (run->job_prev)
		run->job_prev->job_next = run->job_next;
	else
		job->runs = run->job_next;
	if (run->job_next)
		run->job_next->job_prev = run->job_prev;
	job->live--;
}

void run_accept(struct step *step, struct engine_job *job, usec_t slot)
{
	struct engine *engine = step->engine;
	struct engine_run *run = TAILQ_FIRST(&engine->free);
	struct engine_group *group = job_group(engine, job->def);

	assert(run && !engine->stopping && !job->gone);
	TAILQ_REMOVE(&engine->free, run, link);
	*run = (struct engine_run){
		.id = ++engine->last_id,
		.job = job,
		.def = job->def,
		.model = model_ref(engine->model),
		.group = group,
		.slot = slot,
		.accepted = step->now,
		.state = RUN_FREE,
		.cancelled = REASON_NONE,
	};
	memset(engine_run_tail(run), 0, engine->run_tail);
	TAILQ_INSERT_TAIL(&engine->live, run, link);
	job_link(job, run);

	if (group && !group_has_room(group))
		run_move(engine, run, RUN_WAITING);
	else
		run_submit(step, run);
}

void run_promote(struct step *step)
{
	struct engine *engine = step->engine;
	const struct daemon_settings *settings;
	struct engine_group *group;

	while ((group = TAILQ_FIRST(&engine->ready))) {
		settings = &engine->model->daemon;
		if (engine->submitted >= (size_t)settings->workers + settings->queue)
			return;
		run_submit(step, TAILQ_FIRST(&group->waiters));
		if (group->ready) {
			/* Groups that compete for the pool take turns. */
			TAILQ_REMOVE(&engine->ready, group, ready_link);
			TAILQ_INSERT_TAIL(&engine->ready, group, ready_link);
		}
	}
}

void run_trim(struct engine *engine, size_t bound)
{
	struct engine_run *run;

	while (engine->n_runs > bound && (run = TAILQ_FIRST(&engine->free))) {
		TAILQ_REMOVE(&engine->free, run, link);
		engine->n_runs--;
		free(run);
	}
}

void run_end(struct step *step, struct engine_run *run, enum verdict verdict, enum reason reason,
	     const struct run_result *result)
{
	struct engine *engine = step->engine;
	struct engine_job *job = run->job;
	struct engine_group *group = run->group;
	struct model *model = run->model;

	engine->counters.verdicts[verdict]++;
	emit(step, &(struct effect){
			   .kind = EFFECT_ENDED,
			   .run = run,
			   .verdict = verdict,
			   .reason = reason,
			   .result = result,
		   });

	run_move(engine, run, RUN_FREE);
	job_unlink(job, run);
	TAILQ_REMOVE(&engine->live, run, link);
	TAILQ_INSERT_HEAD(&engine->free, run, link);
	run_trim(engine, run_bound(&engine->model->daemon));
	if (group && !group->in_force && group_is_idle(group))
		free(group);

	step->eased = true;
	if (!job->gone) {
		policy_release(step, job);
	} else if (job->live > 0) {
		/* The model that the definition was in goes when its last run does. */
		job->def = job->runs->def;
	} else {
		emit(step, &(struct effect){.kind = EFFECT_JOB_FREE, .job = job});
		free(job);
	}
	model_unref(model);
}

void run_cancel(struct step *step, struct engine_run *run, enum reason reason,
		enum cancel_mode mode)
{
	assert(is_submitted(run->state));
	if (run->cancelled == REASON_NONE)
		run->cancelled = reason;
	emit(step, &(struct effect){.kind = EFFECT_CANCEL, .run = run, .mode = mode});
}

void run_started(struct step *step, struct engine_run *run)
{
	run_move(step->engine, run, RUN_STARTED);
}

static enum verdict judge(const struct engine_run *run, const struct run_result *result,
			  enum reason *ret_reason)
{
	*ret_reason = REASON_NONE;
	switch (result->kind) {
	case RESULT_NOT_STARTED:
		if (run->cancelled == REASON_REPLACED) {
			*ret_reason = REASON_REPLACED;
			return VERDICT_SKIPPED;
		}
		*ret_reason = REASON_STOPPING;
		return VERDICT_CANCELLED;
	case RESULT_NO_RESOURCES:
		*ret_reason = REASON_NO_RESOURCES;
		return VERDICT_REFUSED;
	case RESULT_SPAWN_FAILED:
		return VERDICT_FAILED;
	case RESULT_EXITED:
	case RESULT_SIGNALLED:
		break;
	}
	if (result->timed_out)
		return VERDICT_TIMEOUT;
	if (result->cancelled) {
		*ret_reason = run->cancelled;
		return VERDICT_KILLED;
	}
	return result->kind == RESULT_EXITED && result->code == 0 ? VERDICT_OK : VERDICT_FAILED;
}

void run_finished(struct step *step, struct engine_run *run, const struct run_result *result)
{
	enum reason reason;
	enum verdict verdict = judge(run, result, &reason);

	assert(is_submitted(run->state));
	run_end(step, run, verdict, reason, result);
}
