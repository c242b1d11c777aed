/* See simulate_driver.h. */
#include "ctl/simulate_driver.h"

#include "core/engine.h"
#include "ctl/simulate_agenda.h"
#include "ctl/simulate_guess.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/queue.h>

/* Kinds of timers. */
enum {
	TIMER_END,      /* of what a worker has */
	TIMER_RETRY,    /* for the next attempt */
	TIMER_EXPECT,   /* for a job to have succeeded */
	TIMER_CATCH_UP, /* of the engine */
};

struct job_tail {
	struct sim_timer expect;
	struct engine_job *job; /* whose it is, once that timer was set */
	uint64_t streak;        /* the last one that was told of ... */
	uint64_t streak_count;
};

enum place {
	PLACE_NOWHERE,
	PLACE_QUEUED,  /* for a worker */
	PLACE_WORKING, /* a worker has it */
	PLACE_BACK,    /* on its way back to the engine: what takes no time, or was taken back */
};

struct run_tail {
	struct sim_timer timer;
	enum place place;
	bool had;     /* by a worker, and the engine was not told before now */
	usec_t since; /* due, or the attempt before failed; then: begun */
	size_t mark;  /* the sink's */
	TAILQ_ENTRY(run_tail) link;
	struct run_result result;
};

TAILQ_HEAD(run_list, run_tail);

struct sim {
	struct model *model;
	const struct sim_guess *guess;
	struct engine *engine;
	struct sim_sink sink;
	usec_t now;
	size_t busy; /* workers */
	size_t queued;
	struct run_list queue;
	struct run_list back;
	struct sim_agenda agenda;
	struct sim_timer catch_up;
	bool out_of_memory;
};

static size_t number_of(const struct sim *sim, const struct engine_job *job)
{
	return (size_t)(job->def - sim->model->jobs);
}

/* The engine starts a microsecond early, and jobs that are due after a while with it. */
static usec_t told(usec_t t)
{
	return t == USEC_INFINITY ? t : (t + USEC_PER_MSEC - 1) / USEC_PER_MSEC * USEC_PER_MSEC;
}

static void set(struct sim *sim, struct sim_timer *timer, int kind, usec_t at)
{
	timer->kind = kind;
	if (sim_agenda_set(&sim->agenda, timer, at) < 0)
		sim->out_of_memory = true;
}

/* --- effects --- */

static void put(struct run_list *list, struct run_tail *tail, enum place place)
{
	tail->place = place;
	TAILQ_INSERT_TAIL(list, tail, link);
}

/* It may have been held before it was accepted. */
static usec_t due_of(const struct engine_run *run)
{
	usec_t due = usec_add(run->slot, run->def->schedule.delay);

	return due < run->accepted ? due : run->accepted;
}

static void start(struct sim *sim, struct engine_run *run)
{
	struct run_tail *tail = engine_run_tail(run);

	if (run->attempt == 1)
		tail->since = due_of(run);
	sim->queued++;
	put(&sim->queue, tail, PLACE_QUEUED);
}

static void cancel(struct sim *sim, struct engine_run *run)
{
	struct run_tail *tail = engine_run_tail(run);

	if (tail->place == PLACE_QUEUED) {
		TAILQ_REMOVE(&sim->queue, tail, link);
		sim->queued--;
		tail->result = (struct run_result){.kind = RESULT_NOT_STARTED};
		put(&sim->back, tail, PLACE_BACK);
	} else if (tail->place == PLACE_WORKING) {
		tail->result = (struct run_result){
			.kind = RESULT_SIGNALLED, .code = SIGTERM, .cancelled = true};
		set(sim, &tail->timer, TIMER_END, sim->now);
	}
}

static void tell_run(const struct sim *sim, enum sim_note_kind kind, struct engine_run *run,
		     const struct effect *effect)
{
	struct run_tail *tail = engine_run_tail(run);

	sim->sink.note(sim->sink.ctx, &(struct sim_note){
					      .kind = kind,
					      .now = told(sim->now),
					      .job = number_of(sim, run->job),
					      .run = run->id,
					      .slot = told(run->slot),
					      .since = told(tail->since),
					      .attempt = tail->had ? run->attempt : 0,
					      .verdict = effect ? effect->verdict : VERDICT_OK,
					      .reason = effect ? effect->reason : REASON_NONE,
					      .mark = &tail->mark,
				      });
}

static void not_run(const struct sim *sim, const struct effect *effect)
{
	const struct engine_streak *streak = effect->streak;
	struct job_tail *tail = engine_job_tail(effect->job);
	uint64_t before = tail->streak == streak->id ? tail->streak_count : 0;

	tail->streak = streak->id;
	tail->streak_count = streak->count;
	sim->sink.note(sim->sink.ctx, &(struct sim_note){
					      .kind = SIM_NOT_RUN,
					      .now = told(sim->now),
					      .job = number_of(sim, effect->job),
					      .slot = told(streak->first),
					      .last = told(streak->last),
					      .count = streak->count - before,
					      .verdict = streak->verdict,
					      .reason = streak->reason,
					      .unrun = effect->unrun,
				      });
}

static void expect(struct sim *sim, const struct effect *effect)
{
	struct job_tail *tail = engine_job_tail(effect->job);

	if (effect->span == USEC_INFINITY)
		sim_agenda_unset(&sim->agenda, &tail->expect);
	else
		set(sim, &tail->expect, TIMER_EXPECT, usec_add(sim->now, effect->span));
	tail->job = effect->job;
}

static void retry(struct sim *sim, const struct effect *effect)
{
	struct run_tail *tail = engine_run_tail(effect->run);

	tell_run(sim, SIM_RETRIED, effect->run, effect);
	tail->had = false;
	tail->since = sim->now;
	set(sim, &tail->timer, TIMER_RETRY, usec_add(sim->now, effect->span));
}

static void apply(void *ctx, const struct effect *effect)
{
	struct sim *sim = ctx;
	struct run_tail *tail;

	switch (effect->kind) {
	case EFFECT_START:
		start(sim, effect->run);
		break;
	case EFFECT_CANCEL:
		cancel(sim, effect->run);
		break;
	case EFFECT_RETRY:
		retry(sim, effect);
		break;
	case EFFECT_RETRY_OFF:
		tail = engine_run_tail(effect->run);
		sim_agenda_unset(&sim->agenda, &tail->timer);
		break;
	case EFFECT_NOTICE:
		tail = engine_run_tail(effect->run);
		tail->result = (struct run_result){.kind = RESULT_EXITED};
		put(&sim->back, tail, PLACE_BACK);
		break;
	case EFFECT_ENDED:
		tell_run(sim, SIM_ENDED, effect->run, effect);
		break;
	case EFFECT_NOT_RUN:
		not_run(sim, effect);
		break;
	case EFFECT_EXPECT:
		expect(sim, effect);
		break;
	case EFFECT_OVERDUE:
		sim->sink.note(sim->sink.ctx, &(struct sim_note){
						      .kind = SIM_OVERDUE,
						      .now = told(sim->now),
						      .job = number_of(sim, effect->job),
					      });
		break;
	case EFFECT_CATCH_UP:
		set(sim, &sim->catch_up, TIMER_CATCH_UP, usec_add(sim->now, effect->span));
		break;
	default: /* timers of slots are the engine's agenda; the rest is for logs and ledgers */
		break;
	}
}

static void step(struct sim *sim, const struct engine_event *event)
{
	engine_step(sim->engine, event, sim->now, (struct effect_sink){apply, sim});
}

/* --- workers --- */

static void begin(struct sim *sim, struct run_tail *tail)
{
	struct engine_run *run = engine_run_of_tail(tail);
	usec_t timeout = run->def->settings->timeout;
	struct sim_draw draw =
		sim_guess_draw(sim->guess, number_of(sim, run->job), run->slot, run->attempt);

	TAILQ_REMOVE(&sim->queue, tail, link);
	sim->queued--;
	sim->busy++;
	tail->place = PLACE_WORKING;
	tail->result = (struct run_result){.kind = RESULT_EXITED, .code = draw.fails};
	if (timeout > 0 && draw.span > timeout) {
		draw.span = timeout;
		tail->result = (struct run_result){
			.kind = RESULT_SIGNALLED, .code = SIGTERM, .timed_out = true};
	}
	tail->had = true;
	tell_run(sim, SIM_BEGUN, run, NULL);
	tail->since = sim->now;
	tail->result.started = sim->now;
	set(sim, &tail->timer, TIMER_END, usec_add(sim->now, draw.span));
	step(sim, &(struct engine_event){.kind = ENGINE_STARTED, .run = run});
}

static void finish(struct sim *sim, struct run_tail *tail)
{
	struct run_result result = tail->result; /* the engine may give the run to another */

	if (tail->place == PLACE_BACK)
		TAILQ_REMOVE(&sim->back, tail, link);
	else
		sim->busy--;
	tail->place = PLACE_NOWHERE;
	result.ended = sim->now;
	step(sim, &(struct engine_event){
			  .kind = ENGINE_FINISHED,
			  .run = engine_run_of_tail(tail),
			  .result = &result,
		  });
}

/* All that happens without that time passes. */
static void settle(struct sim *sim)
{
	struct run_tail *tail;

	for (;;) {
		if ((tail = TAILQ_FIRST(&sim->back)))
			finish(sim, tail);
		else if (sim->busy < sim->model->daemon.workers &&
			 (tail = TAILQ_FIRST(&sim->queue)))
			begin(sim, tail);
		else
			break;
	}
}

static struct run_tail *tail_of(struct sim_timer *timer)
{
	return (struct run_tail *)(void *)((char *)timer - offsetof(struct run_tail, timer));
}

static struct engine_job *job_of(struct sim_timer *timer)
{
	struct job_tail *tail =
		(struct job_tail *)(void *)((char *)timer - offsetof(struct job_tail, expect));

	return tail->job;
}

static void fire(struct sim *sim, struct sim_timer *timer)
{
	switch (timer->kind) {
	case TIMER_END:
		finish(sim, tail_of(timer));
		break;
	case TIMER_RETRY:
		step(sim, &(struct engine_event){.kind = ENGINE_RETRY_DUE,
						 .run = engine_run_of_tail(tail_of(timer))});
		break;
	case TIMER_EXPECT:
		step(sim, &(struct engine_event){.kind = ENGINE_OVERDUE, .job = job_of(timer)});
		break;
	default:
		step(sim, &(struct engine_event){.kind = ENGINE_CATCH_UP});
		break;
	}
}

/* --- the clock --- */

static void go_to(struct sim *sim, usec_t at)
{
	if (at <= sim->now)
		return;
	sim->sink.pass(sim->sink.ctx, told(sim->now), told(at), sim_load(sim));
	sim->now = at;
}

int sim_run(struct sim *sim, usec_t until, size_t max_steps)
{
	for (size_t i = 0; i < max_steps && !sim->out_of_memory; i++) {
		struct engine_job *job;
		usec_t due = engine_next_due(sim->engine, &job);
		usec_t other = sim_agenda_next(&sim->agenda);
		usec_t at = due < other ? due : other;

		if (at >= until) {
			go_to(sim, until);
			return 1;
		}
		go_to(sim, at);
		if (other <= due)
			fire(sim, sim_agenda_take(&sim->agenda));
		else
			step(sim, &(struct engine_event){.kind = ENGINE_DUE, .job = job});
		settle(sim);
	}
	return sim->out_of_memory ? -ENOMEM : 0;
}

/* The engine hears of the jobs just before, so that slots at `from` itself count. */
static int load(struct sim *sim, usec_t from)
{
	struct engine_load *load = NULL;
	int r = engine_prepare(sim->engine, sim->model, NULL, &load);

	if (r < 0)
		return r;
	sim->now = from - 1;
	step(sim, &(struct engine_event){.kind = ENGINE_LOAD, .load = load});
	sim->now = from;
	settle(sim);
	return sim->out_of_memory ? -ENOMEM : 0;
}

int sim_new(struct model *model, const struct sim_guess *guess, usec_t from, struct sim_sink sink,
	    struct sim **ret_sim)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	int r;

	if (!sim)
		return -ENOMEM;
	sim->model = model_ref(model);
	sim->guess = guess;
	sim->sink = sink;
	TAILQ_INIT(&sim->queue);
	TAILQ_INIT(&sim->back);
	r = engine_new(sizeof(struct job_tail), sizeof(struct run_tail), &sim->engine);
	if (r == 0)
		r = load(sim, from);
	if (r < 0) {
		sim_free(sim);
		return r;
	}
	*ret_sim = sim;
	return 0;
}

void sim_free(struct sim *sim)
{
	if (!sim)
		return;
	engine_free(sim->engine);
	sim_agenda_done(&sim->agenda);
	model_unref(sim->model);
	free(sim);
}

usec_t sim_now(const struct sim *sim)
{
	return sim->now;
}

struct sim_load sim_load(const struct sim *sim)
{
	return (struct sim_load){sim->busy, sim->queued + engine_waiting(sim->engine)};
}
