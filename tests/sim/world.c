/* See world.h. Here: time, timers, and the way of events and effects. */
#include "world_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DRAIN_STEPS 1000000

/* splitmix64 */
uint64_t rng_below(struct rng *rng, uint64_t below)
{
	uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

size_t job_number(const struct job *def)
{
	return strtoul(def->name + 1, NULL, 10);
}

int group_number(const struct job *def)
{
	const struct group *group = def->settings->group;

	return group ? (int)strtol(group->name + 1, NULL, 10) : -1;
}

_Noreturn void world_fail(struct world *world, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(world->message, sizeof(world->message), format, ap);
	va_end(ap);
	longjmp(world->failed, 1);
}

struct world *world_new(uint64_t seed, usec_t wall, size_t n_jobs)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		abort();
	world->rng.state = seed;
	world->wall = wall;
	world->elapsed = USEC_PER_DAY;
	world->ahead = wall - world->elapsed;
	world->plan.n_jobs = n_jobs;
	record_init(&world->record, n_jobs);
	books_init(world);
	if (engine_new(sizeof(struct job_tail), sizeof(struct run_tail), &world->engine) < 0)
		abort();
	return world;
}

void world_free(struct world *world)
{
	engine_free(world->engine);
	books_done(world);
	record_done(&world->record);
	free(world->pool);
	plan_done(&world->plan);
	free(world);
}

static void apply(void *ctx, const struct effect *effect)
{
	struct world *world = ctx;
	struct job_tail *tail;

	if (world->verbose)
		trace_effect(world, effect);
	books_effect(world, effect);
	shell_effect(world, effect);
	switch (effect->kind) {
	case EFFECT_ARM:
		tail = engine_job_tail(effect->job);
		tail->armed = true;
		tail->at = effect->at;
		break;
	case EFFECT_DISARM:
		tail = engine_job_tail(effect->job);
		tail->armed = false;
		break;
	case EFFECT_JOB_FREE:
		tail = engine_job_tail(effect->job);
		if (tail->armed)
			world_fail(world, "%s is freed with its timer", effect->job->def->name);
		break;
	case EFFECT_START:
	case EFFECT_NOTICE:
		pool_take(world, effect->run);
		break;
	case EFFECT_CANCEL:
		pool_stop(world, effect->run, effect->mode);
		break;
	default:
		break;
	}
}

void world_step(struct world *world, const struct engine_event *event)
{
	world->event = event;
	world->steps++;
	engine_step(world->engine, event, world->wall, (struct effect_sink){apply, world});
	books_check(world);
	shell_step_done(world);
	pool_work(world);
}

void world_load(struct world *world, const struct plan *plan)
{
	struct model *model;
	struct engine_load *load = NULL;

	if (!world->loaded) {
		world_begin(world, plan);
		return;
	}
	trace(world, "load");
	/* No two of them at the same time. */
	world_pass(world, 1);
	model = plan_model(plan);
	if (engine_prepare(world->engine, model, NULL, &load) < 0)
		abort();
	model_unref(model);
	books_load(world, plan);
	world_step(world, &(struct engine_event){.kind = ENGINE_LOAD, .load = load});
}

void world_pass(struct world *world, usec_t span)
{
	world->wall += span;
	world->elapsed += span;
	pool_work(world);
}

void world_set_clock(struct world *world, usec_t wall)
{
	trace(world, "the clock is set to %.6f", (double)wall / 1e6);
	world->wall = wall;
}

/* The earliest of the timers for another attempt. */
struct retry_search {
	struct engine_run *run;
	usec_t at; /* elapsed time */
};

static bool look_for_retry(void *ctx, struct engine_run *run)
{
	struct retry_search *search = ctx;
	const struct run_tail *tail = engine_run_tail(run);

	if (tail->retry_at > 0 && tail->retry_at < search->at)
		*search = (struct retry_search){run, tail->retry_at};
	return true;
}

static struct retry_search find_retry(const struct world *world)
{
	struct retry_search search = {.at = USEC_INFINITY};

	engine_each_run(world->engine, look_for_retry, &search);
	return search;
}

/* The earlier of a wall time and an elapsed one, which is on the wall when it is due. */
static usec_t sooner(const struct world *world, usec_t next, usec_t elapsed)
{
	usec_t at = elapsed == USEC_INFINITY   ? USEC_INFINITY
		    : elapsed > world->elapsed ? world->wall + elapsed - world->elapsed
					       : world->wall;

	return at < next ? at : next;
}

usec_t world_next(const struct world *world)
{
	usec_t next = USEC_INFINITY;

	for (size_t i = 0; world->loaded && i < world->plan.n_jobs; i++) {
		const struct job_tail *tail;

		if (!world->books[i].job)
			continue;
		tail = engine_job_tail(world->books[i].job);
		if (tail->armed && tail->at < next)
			next = tail->at;
		if (tail->expect_at > 0)
			next = sooner(world, next, tail->expect_at);
	}
	if (world->backed_off > 0)
		next = sooner(world, next, find_retry(world).at);
	if (world->catch_up_at > 0)
		next = sooner(world, next, world->catch_up_at);
	for (size_t i = 0; i < world->n_pool; i++) {
		const struct run_tail *tail = engine_run_tail(world->pool[i]);
		usec_t at = world->wall;

		if (tail->state == POOL_QUEUED)
			continue;
		if (tail->state == POOL_WORKING)
			at += tail->ends - world->elapsed;
		if (at < next)
			next = at;
	}
	return next;
}

static void deliver_due(struct world *world, size_t number)
{
	trace(world, "due: job %zu", number);
	books_due(world, number, REASON_LATE);
	world_step(world,
		   &(struct engine_event){.kind = ENGINE_DUE, .job = world->books[number].job});
}

static bool comes_to_nothing(const struct run_tail *tail)
{
	if (tail->adopted)
		return false;
	return tail->result.kind == RESULT_UNWANTED || tail->result.kind == RESULT_NO_RESOURCES ||
	       (tail->result.kind == RESULT_NOT_STARTED && tail->cancelled == REASON_REPLACED);
}

static void deliver_run(struct world *world, struct engine_run *run)
{
	struct run_tail *tail = engine_run_tail(run);

	if (tail->state == POOL_WORKING) {
		trace(world, "started: run %" PRIu64, run->id);
		tail->told_started = true;
		world_step(world, &(struct engine_event){.kind = ENGINE_STARTED, .run = run});
		return;
	}
	trace(world, "finished: run %" PRIu64, run->id);
	/* Of these there is no other word. */
	if (tail->is_notice || (run->attempt == 1 && !run->manual && comes_to_nothing(tail))) {
		pool_forget(world, run);
		if (tail->is_notice)
			telling_returned(world, run);
		if (!tail->is_notice && group_number(run->def) >= 0)
			world->group_running[group_number(run->def)]--;
	}
	world_step(world, &(struct engine_event){
				  .kind = ENGINE_FINISHED, .run = run, .result = &tail->result});
}

static void deliver_retry(struct world *world, struct engine_run *run)
{
	struct run_tail *tail = engine_run_tail(run);

	trace(world, "another attempt is due: run %" PRIu64, run->id);
	tail->retry_at = 0;
	world_step(world, &(struct engine_event){.kind = ENGINE_RETRY_DUE, .run = run});
}

static void deliver_overdue(struct world *world, size_t number)
{
	struct job_tail *tail = engine_job_tail(world->books[number].job);

	trace(world, "overdue: job %zu", number);
	tail->expect_at = 0;
	world->books[number].expect_at = 0;
	world_step(world,
		   &(struct engine_event){.kind = ENGINE_OVERDUE, .job = world->books[number].job});
}

static void deliver_catch_up(struct world *world)
{
	trace(world, "somebody is to be caught up");
	world->catch_up_at = 0;
	world->catch_up_was_on = false;
	world_step(world, &(struct engine_event){.kind = ENGINE_CATCH_UP});
}

bool world_deliver(struct world *world)
{
	struct retry_search retry = {0};
	struct engine_run *run = NULL;
	bool catch_up = false;
	bool overdue = false;
	size_t number = 0;
	uint64_t n = 0;

	pool_work(world);
	for (size_t i = 0; world->loaded && i < world->plan.n_jobs; i++) {
		const struct job_tail *tail;

		if (!world->books[i].job)
			continue;
		tail = engine_job_tail(world->books[i].job);
		if (tail->armed && tail->at <= world->wall && rng_below(&world->rng, ++n) == 0) {
			number = i;
			overdue = false;
		}
		if (tail->expect_at > 0 && tail->expect_at <= world->elapsed &&
		    rng_below(&world->rng, ++n) == 0) {
			number = i;
			overdue = true;
		}
	}
	if (world->backed_off > 0)
		retry = find_retry(world);
	if (retry.run && (retry.at > world->elapsed || rng_below(&world->rng, ++n) != 0))
		retry.run = NULL;
	for (size_t i = 0; i < world->n_pool; i++) {
		const struct run_tail *tail = engine_run_tail(world->pool[i]);
		bool starts = tail->state == POOL_WORKING && !tail->told_started &&
			      tail->result.kind != RESULT_SPAWN_FAILED &&
			      tail->result.kind != RESULT_UNWANTED;

		if ((starts || tail->state == POOL_BACK) && rng_below(&world->rng, ++n) == 0)
			run = world->pool[i];
	}
	if (world->catch_up_at > 0 && world->catch_up_at <= world->elapsed)
		catch_up = rng_below(&world->rng, ++n) == 0;
	if (n == 0)
		return false;
	if (catch_up)
		deliver_catch_up(world);
	else if (run)
		deliver_run(world, run);
	else if (retry.run)
		deliver_retry(world, retry.run);
	else if (overdue)
		deliver_overdue(world, number);
	else
		deliver_due(world, number);
	return true;
}

void world_run(struct world *world, usec_t wall)
{
	for (;;) {
		usec_t next;

		while (world_deliver(world))
			;
		next = world_next(world);
		if (next > wall)
			break;
		if (next > world->wall)
			world_pass(world, next - world->wall);
	}
	if (wall > world->wall)
		world_pass(world, wall - world->wall);
}

static void send(struct world *world, struct engine_event *event)
{
	static const char *const names[] = {
		[ENGINE_CLOCK_STEPPED] = "clock stepped",
		[ENGINE_STOP] = "stop",
		[ENGINE_HURRY] = "hurry",
	};

	trace(world, "%s", names[event->kind]);
	if (event->kind == ENGINE_CLOCK_STEPPED) {
		event->shift = world->wall - world->elapsed - world->ahead;
		world->ahead += event->shift;
		books_clock_stepped(world, event->shift, event->suspended);
	}
	world->hurried = world->hurried || event->kind == ENGINE_HURRY;
	if (event->kind == ENGINE_STOP && !world->stopping) {
		world->stopping = true;
		telling_stop(world);
	}
	world_step(world, event);
}

void world_send(struct world *world, enum engine_event_kind kind)
{
	send(world, &(struct engine_event){.kind = kind});
}

void world_sleep(struct world *world, usec_t span)
{
	world_pass(world, span + 1);
	send(world, &(struct engine_event){.kind = ENGINE_CLOCK_STEPPED, .suspended = true});
}

struct pick {
	struct world *world;
	struct engine_run *run;
	uint64_t n;
};

static bool pick_one(void *ctx, struct engine_run *run)
{
	struct pick *pick = ctx;

	if (rng_below(&pick->world->rng, ++pick->n) == 0)
		pick->run = run;
	return true;
}

void world_kill(struct world *world, enum cancel_mode mode)
{
	struct pick pick = {.world = world};

	engine_each_run(world->engine, pick_one, &pick);
	if (!pick.run)
		return;
	trace(world, "kill: run %" PRIu64, pick.run->id);
	world_step(world,
		   &(struct engine_event){.kind = ENGINE_KILL, .run = pick.run, .mode = mode});
}

void world_pause(struct world *world, size_t number, usec_t until)
{
	static const char reason[] = "somebody works on it";
	struct book *book = &world->books[number];
	struct engine_pause *pause;

	if (!book->job)
		return;
	pause = malloc(sizeof(*pause) + sizeof(reason));
	if (!pause)
		abort();
	pause->until = until;
	memcpy(pause->reason, reason, sizeof(reason));
	trace(world, "pause: job %zu, until %.6f", number, (double)until / 1e6);
	catchup_pause(world, number, until);
	world_step(world,
		   &(struct engine_event){.kind = ENGINE_PAUSE, .job = book->job, .pause = pause});
}

void world_resume(struct world *world, size_t number)
{
	struct book *book = &world->books[number];

	if (!book->job)
		return;
	trace(world, "resume: job %zu", number);
	catchup_resume(world, number);
	world_step(world, &(struct engine_event){.kind = ENGINE_RESUME, .job = book->job});
}

void world_withdraw(struct world *world, size_t number)
{
	struct book *book = &world->books[number];

	if (!book->job)
		return;
	trace(world, "withdraw: job %zu", number);
	catchup_withdraw(world, number);
	world_step(world, &(struct engine_event){.kind = ENGINE_WITHDRAW, .job = book->job});
	if (world->plan.jobs[number].present && !world->stopping &&
	    engine_job_waiting(book->job) > 0)
		world_fail(world, "job %zu: something of it waits still", number);
}

/* Is it to be refused, whatever room there is? */
static enum reason refusal(const struct world *world, size_t number, bool force)
{
	const struct job_plan *plan = &world->plan.jobs[number];

	if (world->stopping)
		return REASON_STOPPING;
	if (!plan->present)
		return REASON_REMOVED;
	if (force || world->books[number].live < books_limit(plan))
		return REASON_NONE;
	return plan->overlap == OVERLAP_ALLOW ? REASON_MAX_RUNNING : REASON_OVERLAP;
}

void world_run_now(struct world *world, size_t number, bool force)
{
	struct book *book = &world->books[number];
	enum reason reason = refusal(world, number, force);
	bool room =
		world->n_pool + world->n_waiting < (size_t)world->plan.workers + world->plan.queue;
	struct engine_asked asked = {.force = force};

	if (!book->job)
		return;
	trace(world, "run now: job %zu%s", number, force ? ", by force" : "");
	world_step(world, &(struct engine_event){
				  .kind = ENGINE_RUN_NOW, .job = book->job, .asked = &asked});
	if (reason == REASON_NONE && !asked.run && !room)
		reason = REASON_QUEUE_FULL;
	if (!asked.run != (reason != REASON_NONE) || (!asked.run && asked.refused != reason))
		world_fail(world, "job %zu: it is run, or refused, because \"%s\"", number,
			   reason_text(reason));
}

void world_fire_early(struct world *world, size_t number)
{
	if (world->books[number].job)
		deliver_due(world, number);
}

void world_drain(struct world *world)
{
	for (int i = 0; !world->drained; i++) {
		usec_t next;

		if (i == DRAIN_STEPS)
			world_fail(world, "it does not end");
		if (world_deliver(world))
			continue;
		next = world_next(world);
		if (next == USEC_INFINITY)
			world_fail(world, "nothing will happen any more, but it is not drained");
		if (next > world->wall)
			world_pass(world, next - world->wall);
	}
}
