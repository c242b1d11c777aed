/* See engine.h. Here: the engine itself, and what each event does. */
#include "core/engine_internal.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

int engine_new(size_t job_tail, size_t run_tail, struct engine **ret_engine)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return -ENOMEM;
	engine->job_tail = job_tail;
	engine->run_tail = run_tail;
	TAILQ_INIT(&engine->live);
	TAILQ_INIT(&engine->backoff);
	TAILQ_INIT(&engine->notices);
	TAILQ_INIT(&engine->free);
	TAILQ_INIT(&engine->ready);
	TAILQ_INIT(&engine->owing);
	TAILQ_INIT(&engine->lines[0]);
	TAILQ_INIT(&engine->lines[1]);
	TAILQ_INIT(&engine->notice_line.waiters);
	TAILQ_INIT(&engine->retry_line.waiters);
	engine->notice_line.in_force = true;
	engine->retry_line.in_force = true;
	engine->retry_line.limit = UINT_MAX;
	*ret_engine = engine;
	return 0;
}

void job_free(struct engine_job *job)
{
	if (job)
		free(job->pause);
	free(job);
}

/* Gives back a run or a notice and, with the last one, a job that left the configuration. */
static void drop_run(struct engine *engine, struct engine_run *run)
{
	struct engine_job *job = run->job;

	if (run == job->telling)
		job->telling = NULL;
	else if (run == job->notice)
		job->notice = NULL;
	else
		job->live--;
	if (job->gone && job->live == 0 && !job->telling && !job->notice)
		job_free(job);
	run_give_back(engine, run);
}

void engine_free(struct engine *engine)
{
	struct engine_run *run;

	if (!engine)
		return;
	while ((run = TAILQ_FIRST(&engine->live)) || (run = TAILQ_FIRST(&engine->notices)))
		drop_run(engine, run);
	while ((run = TAILQ_FIRST(&engine->free))) {
		TAILQ_REMOVE(&engine->free, run, link);
		free(run);
	}
	for (size_t i = 0; engine->model && i < engine->model->n_jobs; i++)
		job_free(engine->jobs[i]);
	for (size_t i = 0; engine->model && i < engine->model->n_groups; i++)
		free(engine->groups[i]);
	free(engine->jobs);
	free(engine->groups);
	agenda_done(&engine->agenda);
	model_unref(engine->model);
	free(engine);
}

/* When there is something to do for the job. */
static usec_t timer_of(const struct engine_job *job)
{
	usec_t due = engine_job_due(job);

	return job->pause && job->pause->until < due ? job->pause->until : due;
}

static void disarm(const struct step *step, struct engine_job *job)
{
	if (job->agenda_index == AGENDA_NONE)
		return;
	agenda_remove(&step->engine->agenda, job);
	emit(step, &(struct effect){.kind = EFFECT_DISARM, .job = job});
}

void job_arm(const struct step *step, struct engine_job *job, usec_t next)
{
	struct agenda *agenda = &step->engine->agenda;
	usec_t at;

	job->next = next;
	at = timer_of(job);
	if (at == USEC_INFINITY) {
		disarm(step, job);
		return;
	}
	if (job->agenda_index == AGENDA_NONE)
		agenda_add(agenda, job, at);
	else
		agenda_move(agenda, job, at);
	emit(step, &(struct effect){.kind = EFFECT_ARM, .job = job, .at = at});
}

bool job_is_armed(const struct step *step, const struct engine_job *job)
{
	const struct agenda *agenda = &step->engine->agenda;
	usec_t at = timer_of(job);

	if (job->agenda_index == AGENDA_NONE)
		return at == USEC_INFINITY;
	return agenda->entries[job->agenda_index].due == at;
}

void job_rearm(const struct step *step, struct engine_job *job)
{
	if (!job_is_armed(step, job))
		job_arm(step, job, job->next);
}

void job_state(const struct step *step, struct engine_job *job)
{
	emit(step, &(struct effect){.kind = EFFECT_JOB_STATE, .job = job});
}

void job_held(const struct step *step, struct engine_job *job, usec_t slot)
{
	/* What waits at a stop is looked at anew after the next start. */
	if (!step->engine->stopping)
		emit(step, &(struct effect){.kind = EFFECT_HELD, .job = job, .at = slot});
}

void job_left(const struct step *step, struct engine_job *job)
{
	const struct engine_run *left = job->runs      ? job->runs
					: job->telling ? job->telling
						       : job->notice;

	if (!job->gone)
		return;
	if (left) {
		job->def = left->def;
		return;
	}
	notice_end_drops(step, job);
	emit(step, &(struct effect){.kind = EFFECT_JOB_FREE, .job = job});
	job_free(job);
}

static void handle_due(struct step *step, struct engine_job *job)
{
	if (step->engine->stopping || job->gone)
		return;
	if (step->now < timer_of(job))
		job_arm(step, job, job->next);
	else
		due_look(step, job, REASON_LATE);
}

static void handle_clock_stepped(struct step *step, usec_t shift, bool suspended)
{
	struct engine *engine = step->engine;

	if (engine->stopping || !engine->model)
		return;
	for (size_t i = 0; i < engine->model->n_jobs; i++)
		due_rederive(step, engine->jobs[i], shift);
	if (suspended)
		due_event(step, SCHEDULE_ON_RESUME);
}

static void end_burst(const struct step *step)
{
	struct engine *engine = step->engine;

	if (!engine->in_burst)
		return;
	engine->in_burst = false;
	emit(step, &(struct effect){.kind = EFFECT_BURST_END, .count = engine->burst});
}

static void handle_stop(struct step *step)
{
	struct engine *engine = step->engine;
	struct engine_run *next;

	if (engine->stopping)
		return;
	engine->stopping = true;
	for (size_t i = 0; engine->model && i < engine->model->n_jobs; i++) {
		struct engine_job *job = engine->jobs[i];

		agenda_remove(&engine->agenda, job);
		emit(step, &(struct effect){.kind = EFFECT_DISARM, .job = job});
		if (job->def->settings->expect_within > 0)
			notice_expect(step, job, USEC_INFINITY);
		notice_forget(engine, job, true, true);
		policy_withdraw(step, job, REASON_STOPPING);
	}
	for (struct engine_run *run = TAILQ_FIRST(&engine->live); run; run = next) {
		next = TAILQ_NEXT(run, link);
		if (!run_is_submitted(run))
			attempt_stop(step, run);
	}
	end_burst(step);
}

static void handle_hurry(struct step *step)
{
	struct engine *engine = step->engine;
	enum cancel_mode mode = engine->hurried ? CANCEL_KILL : CANCEL_TERM;
	struct engine_run *run;
	struct engine_run *next;

	assert(engine->stopping);
	engine->hurried = true;
	for (run = TAILQ_FIRST(&engine->live); run; run = TAILQ_NEXT(run, link))
		run_cancel(step, run, REASON_STOPPING, mode);
	for (run = TAILQ_FIRST(&engine->notices); run; run = next) {
		next = TAILQ_NEXT(run, link);
		if (run_is_submitted(run))
			run_cancel(step, run, REASON_STOPPING, mode);
		else
			notice_drop(step, run, REASON_STOPPING);
	}
}

static void handle_run_now(struct step *step, struct engine_job *job, struct engine_asked *asked)
{
	asked->run = NULL;
	if (step->engine->stopping)
		asked->refused = REASON_STOPPING;
	else if (job->gone)
		asked->refused = REASON_REMOVED;
	else
		policy_run_now(step, job, asked);
}

static void handle_kill(struct step *step, struct engine_run *run, enum cancel_mode mode)
{
	if (run_is_submitted(run))
		run_cancel(step, run, REASON_OPERATOR, mode);
	else if (run->place == PLACE_NOTICE)
		notice_drop(step, run, REASON_OPERATOR);
	else
		attempt_give_up(step, run, REASON_OPERATOR, NULL);
}

static void handle_withdraw(struct step *step, struct engine_job *job)
{
	if (step->engine->stopping || job->gone || engine_job_waiting(job) == 0)
		return;
	policy_withdraw(step, job, REASON_OPERATOR);
	due_follow(step, job);
}

static void handle_overdue(struct step *step, struct engine_job *job)
{
	if (!step->engine->stopping && !job->gone && job->def->settings->expect_within > 0)
		notice_overdue(step, job);
}

void engine_settle(struct step *step)
{
	struct engine *engine = step->engine;
	const struct daemon_settings *settings;

	notice_settle(step);
	run_promote(step);
	catch_up_settle(step);
	if (step->eased && engine->in_burst) {
		settings = &engine->model->daemon;
		if (engine->submitted + engine->waiting <= settings->workers + settings->queue / 2)
			end_burst(step);
	}
	if (engine->stopping && !engine->drained && TAILQ_EMPTY(&engine->live) &&
	    TAILQ_EMPTY(&engine->notices)) {
		engine->drained = true;
		for (size_t i = 0; engine->model && i < engine->model->n_jobs; i++)
			notice_end_drops(step, engine->jobs[i]);
		emit(step, &(struct effect){.kind = EFFECT_DRAINED});
	}
}

void engine_step(struct engine *engine, const struct engine_event *event, usec_t now,
		 struct effect_sink sink)
{
	struct step step = {.engine = engine, .now = now, .sink = sink};

	switch (event->kind) {
	case ENGINE_LOAD:
		load_apply(&step, event->load);
		break;
	case ENGINE_DUE:
		handle_due(&step, event->job);
		break;
	case ENGINE_STARTED:
		run_started(&step, event->run);
		break;
	case ENGINE_FINISHED:
		if (event->run->place == PLACE_NOTICE)
			notice_finished(&step, event->run, event->result);
		else
			attempt_finished(&step, event->run, event->result);
		break;
	case ENGINE_RETRY_DUE:
		attempt_due(&step, event->run);
		break;
	case ENGINE_OVERDUE:
		handle_overdue(&step, event->job);
		break;
	case ENGINE_CATCH_UP:
		engine->pacing = false;
		break;
	case ENGINE_PAUSE:
		pause_begin(&step, event->job, event->pause);
		break;
	case ENGINE_RESUME:
		pause_stop(&step, event->job);
		break;
	case ENGINE_RUN_NOW:
		handle_run_now(&step, event->job, event->asked);
		break;
	case ENGINE_KILL:
		handle_kill(&step, event->run, event->mode);
		break;
	case ENGINE_WITHDRAW:
		handle_withdraw(&step, event->job);
		break;
	case ENGINE_CLOCK_STEPPED:
		handle_clock_stepped(&step, event->shift, event->suspended);
		break;
	case ENGINE_STOP:
		handle_stop(&step);
		break;
	case ENGINE_HURRY:
		handle_hurry(&step);
		break;
	}
	engine_settle(&step);
}

void *engine_job_tail(struct engine_job *job)
{
	return (char *)job + JOB_SIZE;
}

const void *engine_job_look(const struct engine_job *job)
{
	return (const char *)job + JOB_SIZE;
}

void *engine_run_tail(struct engine_run *run)
{
	return (char *)run + RUN_SIZE;
}

const void *engine_run_look(const struct engine_run *run)
{
	return (const char *)run + RUN_SIZE;
}

struct engine_run *engine_run_of_tail(void *tail)
{
	return (struct engine_run *)(void *)((char *)tail - RUN_SIZE);
}

usec_t engine_next_due(const struct engine *engine, struct engine_job **ret_job)
{
	const struct agenda_entry *first = agenda_first(&engine->agenda);

	*ret_job = first ? first->job : NULL;
	return first ? first->due : USEC_INFINITY;
}

usec_t engine_job_due(const struct engine_job *job)
{
	return usec_add(job->next, job->def->schedule.delay);
}

uint64_t engine_job_waiting(const struct engine_job *job)
{
	return (job->held != USEC_INFINITY) + catch_up_count(job);
}

const struct model *engine_model(const struct engine *engine)
{
	return engine->model;
}

const struct engine_counters *engine_counters(const struct engine *engine)
{
	return &engine->counters;
}

size_t engine_submitted(const struct engine *engine)
{
	return engine->submitted;
}

size_t engine_waiting(const struct engine *engine)
{
	return engine->waiting;
}

size_t engine_group_running(const struct engine *engine, const char *name)
{
	const struct group *group = engine->model ? model_find_group(engine->model, name) : NULL;

	return group ? engine->groups[group - engine->model->groups]->running : 0;
}

struct engine_job *engine_find_job(const struct engine *engine, const char *name)
{
	const struct job *def = engine->model ? model_find_job(engine->model, name) : NULL;

	return def ? engine->jobs[def - engine->model->jobs] : NULL;
}

struct engine_job *engine_nth_job(const struct engine *engine, size_t n)
{
	return engine->jobs[n];
}

void engine_each_job(struct engine *engine, bool (*fn)(void *ctx, struct engine_job *job),
		     void *ctx)
{
	for (size_t i = 0; engine->model && i < engine->model->n_jobs; i++)
		if (!fn(ctx, engine->jobs[i]))
			return;
}

void engine_each_run(struct engine *engine, bool (*fn)(void *ctx, struct engine_run *run),
		     void *ctx)
{
	struct engine_run *run;

	for (run = TAILQ_FIRST(&engine->live); run; run = TAILQ_NEXT(run, link))
		if (!fn(ctx, run))
			return;
	for (run = TAILQ_FIRST(&engine->notices); run; run = TAILQ_NEXT(run, link))
		if (!fn(ctx, run))
			return;
}
