/* A pool of workers, as the engine sees it: runs are taken in order, end some time, and a cancel
   may come too late. */
#include "world_internal.h"

#include <stdlib.h>

static size_t busy(const struct world *world)
{
	size_t n = 0;

	for (size_t i = 0; i < world->n_pool; i++) {
		struct run_tail *tail = engine_run_tail(world->pool[i]);

		n += tail->state == POOL_WORKING;
	}
	return n;
}

static void begin_work(struct world *world, struct engine_run *run)
{
	struct run_tail *tail = engine_run_tail(run);
	const struct behaviour *how = &world->behaviour;

	tail->state = POOL_WORKING;
	/* There is nothing to begin with: it is watched. */
	if (tail->adopted)
		return;
	tail->ends = world->elapsed + how->shortest +
		     (usec_t)rng_below(&world->rng, (uint64_t)(how->longest - how->shortest) + 1);
	if (tail->is_notice && rng_chance(&world->rng, how->slow_notices))
		tail->ends += 10 * how->longest;
	tail->result = (struct run_result){
		.kind = RESULT_EXITED,
		.code = rng_chance(&world->rng, how->failing),
		.timed_out = rng_chance(&world->rng, how->timing_out),
		.out_of_memory = rng_chance(&world->rng, how->failing / 4),
		.printed = rng_below(&world->rng, 3),
	};
	if (rng_chance(&world->rng, how->failing / 4))
		tail->result = (struct run_result){.kind = RESULT_SPAWN_FAILED, .stage = "exec"};
	if (!tail->is_notice && rng_chance(&world->rng, how->unwanted))
		tail->result = (struct run_result){.kind = RESULT_UNWANTED, .code = 1};
	else if (!tail->is_notice)
		shell_intend(world, run);
}

void pool_work(struct world *world)
{
	size_t n = busy(world);

	for (size_t i = 0; i < world->n_pool; i++) {
		struct run_tail *tail = engine_run_tail(world->pool[i]);

		if (tail->state == POOL_WORKING && tail->ends <= world->elapsed) {
			tail->state = POOL_BACK;
			n--;
		}
	}
	for (size_t i = 0; i < world->n_pool && n < world->plan.workers; i++) {
		struct run_tail *tail = engine_run_tail(world->pool[i]);

		if (tail->state == POOL_QUEUED) {
			begin_work(world, world->pool[i]);
			n++;
		}
	}
}

static void put(struct world *world, struct engine_run *run)
{
	if (world->n_pool == world->pool_capacity) {
		world->pool_capacity = 2 * world->pool_capacity + 16;
		world->pool = realloc(world->pool, world->pool_capacity * sizeof(*world->pool));
		if (!world->pool)
			abort();
	}
	world->pool[world->n_pool++] = run;
}

void pool_take(struct world *world, struct engine_run *run)
{
	struct run_tail *tail = engine_run_tail(run);

	if (tail->state == POOL_QUEUED || tail->state == POOL_WORKING || tail->state == POOL_BACK)
		world_fail(world, "run %d is started twice", (int)run->id);
	tail->is_notice = engine_run_is_notice(run);
	tail->adopted = false;
	tail->told_started = tail->is_notice && rng_chance(&world->rng, 50);
	tail->attempts++;
	put(world, run);
	tail->state = POOL_QUEUED;
	if (rng_chance(&world->rng, world->behaviour.no_resources)) {
		tail->state = POOL_BACK;
		tail->result = (struct run_result){.kind = RESULT_NO_RESOURCES};
	}
}

void pool_adopt(struct world *world, struct engine_run *run, const struct row *row)
{
	struct run_tail *tail = engine_run_tail(run);

	*tail = (struct run_tail){
		.state = POOL_QUEUED,
		.accepted = true,
		.adopted = true,
		.told_started = rng_chance(&world->rng, 50),
		.attempts = row->attempt,
		.ends = row->ends,
		.result =
			{
				.kind = RESULT_UNSEEN,
				.timed_out = rng_chance(&world->rng, world->behaviour.timing_out),
			},
	};
	put(world, run);
	if (rng_chance(&world->rng, world->behaviour.no_resources)) {
		tail->state = POOL_BACK;
		tail->result = (struct run_result){.kind = RESULT_NO_RESOURCES};
	}
}

void pool_stop(struct world *world, struct engine_run *run, enum cancel_mode mode)
{
	struct run_tail *tail = engine_run_tail(run);
	usec_t grace = mode == CANCEL_KILL ? 1 : world->behaviour.grace + 1;

	if (tail->state < POOL_QUEUED)
		world_fail(world, "run %d is cancelled before it was started", (int)run->id);
	if (tail->cancelled == REASON_NONE)
		tail->cancelled = world->event->kind == ENGINE_KILL ? REASON_OPERATOR
				  : world->stopping                 ? REASON_STOPPING
								    : REASON_REPLACED;
	if (tail->state == POOL_QUEUED) {
		tail->state = POOL_BACK;
		tail->result = (struct run_result){.kind = RESULT_NOT_STARTED};
	} else if (tail->state == POOL_WORKING) {
		if (rng_chance(&world->rng, world->behaviour.too_late)) {
			tail->state = POOL_BACK;
			return;
		}
		grace = (usec_t)rng_below(&world->rng, (uint64_t)grace);
		if (tail->ends > world->elapsed + grace || mode == CANCEL_KILL)
			tail->ends = world->elapsed + grace;
		tail->result = (struct run_result){
			.kind = tail->adopted                 ? RESULT_UNSEEN
				: rng_chance(&world->rng, 50) ? RESULT_SIGNALLED
							      : RESULT_EXITED,
			.cancelled = true,
			.printed = rng_below(&world->rng, 3),
		};
	}
}

void pool_forget(struct world *world, struct engine_run *run)
{
	size_t i = 0;

	while (i < world->n_pool && world->pool[i] != run)
		i++;
	if (i == world->n_pool)
		world_fail(world, "run %d ended without a start", (int)run->id);
	for (world->n_pool--; i < world->n_pool; i++)
		world->pool[i] = world->pool[i + 1];
}
