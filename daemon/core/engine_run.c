/*
 * Runs: from acceptance to verdict, and the groups they wait for.
 *
 * Let `submitted` be what the shell has, runs and notices, and `waiting` the runs that wait for
 * their group or, before a further attempt, for the pool. One more is accepted while submitted +
 * waiting < workers + queue, and beyond that only to use an idle worker (submitted < workers),
 * which those that wait cannot use. Whoever waits is handed over while submitted < workers +
 * queue, what the pool has room for.
 *
 * From that follows that there are at most 2 * workers + queue runs in their first attempt, for
 * which that many are allocated. Those that are tried again have places of their own, and so have
 * notices: neither takes room from the other or from occurrences. There are as many of these as
 * the jobs can need, but no more than workers + queue of either. A reload that lowers a bound
 * takes back nothing that was accepted under the old one; until the new ones are met, no more is
 * accepted. There are always as many runs, free or not, as the sum of what each kind of place is
 * bound to or, where that is more, has taken.
 *
 * Runs that lives of the daemon before this one have left come on top of all that: they have places
 * as of that attempt, and while these are beyond the bounds, no more is accepted.
 */
#include "core/engine_internal.h"

#include <assert.h>
#include <string.h>

static size_t pool_bound(const struct daemon_settings *settings)
{
	return (size_t)settings->workers + settings->queue;
}

static size_t at_most(size_t n, size_t bound)
{
	return n < bound ? n : bound;
}

void run_bounds(const struct daemon_settings *settings, size_t retrying, size_t telling,
		size_t ret_bounds[PLACE_COUNT])
{
	size_t pool = pool_bound(settings);

	ret_bounds[PLACE_RUN] = pool + settings->workers;
	ret_bounds[PLACE_RETRY] = at_most(retrying, pool);
	/* A job has two at most; and one to tell by what finds no place. */
	ret_bounds[PLACE_NOTICE] = telling > 0 ? at_most(2 * telling, pool) + 1 : 0;
}

void run_trim(struct engine *engine)
{
	struct engine_run *run;
	size_t needed = 0;

	for (int i = 0; i < PLACE_COUNT; i++)
		needed +=
			engine->bounds[i] > engine->taken[i] ? engine->bounds[i] : engine->taken[i];
	while (engine->n_runs > needed && (run = TAILQ_FIRST(&engine->free))) {
		TAILQ_REMOVE(&engine->free, run, link);
		engine->n_runs--;
		free(run);
	}
}

static struct run_queue *list_of(struct engine *engine, enum engine_place place)
{
	return place == PLACE_NOTICE ? &engine->notices : &engine->live;
}

struct engine_run *run_take(const struct step *step, struct engine_job *job,
			    enum engine_place place)
{
	struct engine *engine = step->engine;
	struct engine_run *run = TAILQ_FIRST(&engine->free);

	assert(run);
	TAILQ_REMOVE(&engine->free, run, link);
	*run = (struct engine_run){
		.job = job,
		.attempt = 1,
		.accepted = step->now,
		.state = RUN_FREE,
		.place = place,
		.cancelled = REASON_NONE,
	};
	memset(engine_run_tail(run), 0, engine->run_tail);
	engine->taken[place]++;
	TAILQ_INSERT_TAIL(list_of(engine, place), run, link);
	return run;
}

void run_change_place(struct engine *engine, struct engine_run *run, enum engine_place place)
{
	struct run_queue *from = list_of(engine, run->place);
	struct run_queue *to = list_of(engine, place);

	engine->taken[run->place]--;
	run->place = place;
	engine->taken[place]++;
	if (from != to) {
		TAILQ_REMOVE(from, run, link);
		TAILQ_INSERT_TAIL(to, run, link);
	}
	run_trim(engine);
}

void run_give_back(struct engine *engine, struct engine_run *run)
{
	if (run->state != RUN_FREE)
		run_move(engine, run, RUN_FREE);
	run_leave_group(engine, run);
	TAILQ_REMOVE(list_of(engine, run->place), run, link);
	engine->taken[run->place]--;
	TAILQ_INSERT_HEAD(&engine->free, run, link);
	model_unref(run->model);
	run_trim(engine);
}

struct engine_group *run_find_group(const struct engine *engine, const struct job *def)
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
	const struct engine_group *group = run_find_group(engine, job->def);
	size_t total = engine->submitted + engine->waiting;
	size_t pool = pool_bound(settings);

	if (total < pool)
		return true;
	if (total >= engine->bounds[PLACE_RUN])
		return false;
	if (group && !group_has_room(group))
		return released;
	return engine->submitted < (released ? pool : settings->workers);
}

bool run_has_room_to_catch_up(const struct engine *engine)
{
	return engine->submitted + engine->waiting < pool_bound(&engine->model->daemon);
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

void run_leave_group(struct engine *engine, struct engine_run *run)
{
	struct engine_group *group = run->group;

	run->group = NULL;
	if (!group || group->in_force || !group_is_idle(group))
		return;
	assert(group != &engine->notice_line && group != &engine->retry_line);
	free(group);
}

void run_move(struct engine *engine, struct engine_run *run, enum engine_run_state to)
{
	static const bool allowed[RUN_STATE_COUNT][RUN_STATE_COUNT] = {
		[RUN_FREE] = {[RUN_WAITING] = true, [RUN_SUBMITTED] = true, [RUN_BACKOFF] = true},
		[RUN_WAITING] = {[RUN_SUBMITTED] = true, [RUN_FREE] = true},
		[RUN_SUBMITTED] = {[RUN_STARTED] = true, [RUN_BACKOFF] = true, [RUN_FREE] = true},
		[RUN_STARTED] = {[RUN_BACKOFF] = true, [RUN_FREE] = true},
		[RUN_BACKOFF] = {[RUN_WAITING] = true, [RUN_SUBMITTED] = true, [RUN_FREE] = true},
	};
	enum engine_run_state from = run->state;
	struct engine_group *group = run->group;
	bool was_submitted = run_is_submitted(run);
	int submitted;

	assert(allowed[from][to]);
	run->state = to;
	submitted = run_is_submitted(run) - was_submitted;
	engine->submitted += submitted;
	if (run->place != PLACE_NOTICE)
		engine->waiting += (to == RUN_WAITING) - (from == RUN_WAITING);
	if (from == RUN_BACKOFF)
		TAILQ_REMOVE(&engine->backoff, run, group_link);
	if (group) {
		group->running += submitted;
		if (from == RUN_WAITING)
			TAILQ_REMOVE(&group->waiters, run, group_link);
		if (to == RUN_WAITING)
			TAILQ_INSERT_TAIL(&group->waiters, run, group_link);
		group_update(engine, group);
	}
	if (to == RUN_BACKOFF)
		TAILQ_INSERT_TAIL(&engine->backoff, run, group_link);
}

static void submit(struct step *step, struct engine_run *run)
{
	struct engine_counters *counters = &step->engine->counters;

	run_move(step->engine, run, RUN_SUBMITTED);
	if (run->place == PLACE_NOTICE) {
		counters->notices++;
		emit(step, &(struct effect){.kind = EFFECT_NOTICE, .run = run});
		notice_submitted(step, run);
		return;
	}
	if (run->attempt == 1)
		counters->started++;
	else
		counters->retries++;
	emit(step, &(struct effect){.kind = EFFECT_START, .run = run});
}

void run_enter(struct step *step, struct engine_run *run, struct engine_group *group)
{
	struct engine *engine = step->engine;
	bool room = engine->submitted < pool_bound(&engine->model->daemon);

	run->group = group;
	if (group && !(room && group_has_room(group)))
		run_move(engine, run, RUN_WAITING);
	else
		submit(step, run);
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

/* It is one of its job's, under the definition that is in force. */
static void begin(struct engine *engine, struct engine_run *run, usec_t slot)
{
	run->def = run->job->def;
	run->model = model_ref(engine->model);
	run->slot = slot;
	job_link(run->job, run);
}

static struct engine_run *accept(struct step *step, struct engine_job *job, usec_t slot,
				 bool manual)
{
	struct engine *engine = step->engine;
	struct engine_run *run;

	assert(!engine->stopping && !job->gone);
	run = run_take(step, job, PLACE_RUN);
	run->id = ++engine->last_id;
	run->manual = manual;
	begin(engine, run, slot);
	emit(step, &(struct effect){.kind = EFFECT_ACCEPTED, .run = run});
	run_enter(step, run, run_find_group(engine, job->def));
	return run;
}

void run_accept(struct step *step, struct engine_job *job, usec_t slot)
{
	(void)accept(step, job, slot, false);
}

struct engine_run *run_accept_manual(struct step *step, struct engine_job *job)
{
	return accept(step, job, step->now, true);
}

struct engine_run *run_restore(struct step *step, struct engine_job *job,
			       const struct past_run *past)
{
	struct engine_run *run = run_take(step, job, run_place_of(past));

	run->id = past->id;
	run->attempt = past->state == PAST_ACCEPTED ? 1 : past->attempt;
	run->manual = past->manual;
	begin(step->engine, run, past->slot);
	return run;
}

void run_promote(struct step *step)
{
	struct engine *engine = step->engine;
	struct engine_group *group;

	while ((group = TAILQ_FIRST(&engine->ready))) {
		if (engine->submitted >= pool_bound(&engine->model->daemon))
			return;
		submit(step, TAILQ_FIRST(&group->waiters));
		if (group->ready) {
			/* Groups that compete for the pool take turns. */
			TAILQ_REMOVE(&engine->ready, group, ready_link);
			TAILQ_INSERT_TAIL(&engine->ready, group, ready_link);
		}
	}
}

/* The verdict was told; what is left is the run, or the notice of its end. */
static void let_go(struct step *step, struct engine_run *run)
{
	struct engine_job *job = run->job;
	struct model *model = model_ref(run->model);

	job_unlink(job, run);
	if (engine_run_is_notice(run)) {
		if (run->state != RUN_FREE)
			run_move(step->engine, run, RUN_FREE);
		run_leave_group(step->engine, run);
		run->cancelled = REASON_NONE; /* that was the run */
		run_change_place(step->engine, run, PLACE_NOTICE);
		notice_begin(step, run);
	} else {
		run_give_back(step->engine, run);
	}
	step->eased = true;
	if (job->gone)
		job_left(step, job);
	else
		policy_release(step, job);
	model_unref(model);
}

void run_end(struct step *step, struct engine_run *run, enum verdict verdict, enum reason reason,
	     const struct run_result *result)
{
	struct engine_job *job = run->job;
	uint32_t failures;
	bool told;

	if ((verdict == VERDICT_SKIPPED || verdict == VERDICT_REFUSED) && !run->manual) {
		policy_unrun(step, run, verdict, reason, result);
		let_go(step, run);
		return;
	}
	policy_end_streak(step, job);
	step->engine->counters.verdicts[verdict]++;
	failures = job->failures;
	told = job->told;
	run->notice = notice_of_end(step->engine, run, verdict, reason, result);
	emit(step, &(struct effect){
			   .kind = EFFECT_ENDED,
			   .run = run,
			   .verdict = verdict,
			   .reason = reason,
			   .result = result,
		   });
	if (job->failures != failures || job->told != told)
		job_state(step, job);
	if (verdict == VERDICT_OK && job->def->settings->expect_within > 0 && !job->gone &&
	    !step->engine->stopping)
		notice_expect(step, job, job->def->settings->expect_within);
	let_go(step, run);
}

void run_put_off(struct step *step, struct engine_run *run)
{
	emit(step, &(struct effect){.kind = EFFECT_PUT_OFF, .run = run});
	let_go(step, run);
}

void run_cancel(struct step *step, struct engine_run *run, enum reason reason,
		enum cancel_mode mode)
{
	assert(run_is_submitted(run));
	if (run->cancelled == REASON_NONE)
		run->cancelled = reason;
	emit(step, &(struct effect){.kind = EFFECT_CANCEL, .run = run, .mode = mode});
}

void run_started(struct step *step, struct engine_run *run)
{
	run_move(step->engine, run, RUN_STARTED);
	if (run->place == PLACE_NOTICE)
		return;
	policy_end_streak(step, run->job);
	if (run->attempt == 1 && !run->adopted)
		notice_of_start(step, run);
}
