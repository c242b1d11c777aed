/* Whatever must hold of each effect by itself. */
#include "world_internal.h"

#include <string.h>

static void check_armed(struct world *world, const struct effect *effect)
{
	/* An operator may be there before the timer. */
	bool late = world->event->kind == ENGINE_PAUSE || world->event->kind == ENGINE_RESUME;

	if (world->stopping)
		world_fail(world, "a timer is armed after the stop");
	if (effect->at <= world->wall && !late)
		world_fail(world, "%s is armed for the past", effect->job->def->name);
}

struct lookout {
	struct engine_run *run;
	bool overtaken;
};

/* Did `a` line up before `b`? In one step, runs do in the order they are accepted. */
static bool was_before(struct engine_run *a, struct engine_run *b)
{
	const struct run_tail *tail_a = engine_run_tail(a);
	const struct run_tail *tail_b = engine_run_tail(b);

	if (tail_a->line == 0 && tail_b->line == 0)
		return a->id < b->id;
	return tail_a->line > 0 && (tail_b->line == 0 || tail_a->line < tail_b->line);
}

static bool look_out(void *ctx, struct engine_run *other)
{
	struct lookout *lookout = ctx;

	if (other->state == RUN_WAITING && other->group && other->group == lookout->run->group &&
	    was_before(other, lookout->run))
		lookout->overtaken = true;
	return true;
}

static void check_line(struct world *world, struct engine_run *run)
{
	struct run_tail *tail = engine_run_tail(run);
	struct lookout lookout = {.run = run};

	engine_each_run(world->engine, look_out, &lookout);
	if (lookout.overtaken)
		world_fail(world, "run %d overtook another in its line", (int)run->id);
	tail->line = 0;
}

static void check_accepted(struct world *world, struct engine_run *run)
{
	struct run_tail *tail = engine_run_tail(run);

	if (run->id <= world->first_id)
		lives_accepted(world, run);
	else if (run->id <= world->last_id ||
		 run->manual != (world->event->kind == ENGINE_RUN_NOW && run->slot == world->wall &&
				 run->job == world->event->job))
		world_fail(world, "run %d is accepted, but not so", (int)run->id);
	if (tail->accepted)
		world_fail(world, "run %d is accepted twice", (int)run->id);
	tail->accepted = true;
	world->n_accepted++;
}

/* Its record as a run that has no verdict has come to an end. */
void books_run_ends(struct world *world, struct engine_run *run)
{
	struct run_tail *tail = engine_run_tail(run);

	if (!tail->accepted)
		world_fail(world, "run %d ends twice", (int)run->id);
	tail->accepted = false;
	world->n_accepted--;
}

/* Slots before the one that comes first, and only those, do not count. */
static void check_known(struct world *world, const struct effect *effect)
{
	const struct schedule *schedule = &effect->job->def->schedule;
	struct book *book = &world->books[job_number(effect->job->def)];

	bool right = schedule_is_grid(schedule) && !book->renewed
			     ? effect->at < book->cursor &&
				       effect->at >= grid_before(schedule, book->cursor)
			     : effect->at == book->since;

	if (world->event->kind != ENGINE_LOAD || !right)
		world_fail(world, "%s is known from %lld on, its first slot is %lld",
			   effect->job->def->name, (long long)effect->at, (long long)book->cursor);
	book->known = *schedule;
}

static void check_paused(struct world *world, const struct effect *effect)
{
	const struct book *book = &world->books[job_number(effect->job->def)];
	bool paused = effect->kind == EFFECT_PAUSED;

	if (paused != book->paused || paused != (effect->job->pause != NULL))
		world_fail(world, "%s: it is paused, or is it?", effect->job->def->name);
}

static void check_start(struct world *world, struct engine_run *run)
{
	const struct run_tail *tail = engine_run_tail(run);
	int group = group_number(run->def);

	if (world->stopping)
		world_fail(world, "run %d starts after the stop", (int)run->id);
	if (world->n_pool >= (size_t)world->plan.workers + world->plan.queue)
		world_fail(world, "run %d starts though the pool is full", (int)run->id);
	if (run->attempt != tail->attempts + 1 || run->attempt > run->def->settings->retries + 1)
		world_fail(world, "run %d: attempt %u after %u", (int)run->id, run->attempt,
			   tail->attempts);
	if (tail->retry_at > 0)
		world_fail(world, "run %d is tried again too early", (int)run->id);
	if (!tail->accepted)
		world_fail(world, "run %d starts, but was not accepted", (int)run->id);
	if (run->attempt > 1) {
		world->retries++;
	} else {
		world->started++;
		world->books[job_number(run->def)].ran++;
	}
	check_line(world, run);
	if (group < 0)
		return;
	if (++world->group_running[group] > world->group_limit[group])
		world_fail(world, "group %d runs %zu, its limit is %u", group,
			   world->group_running[group], world->group_limit[group]);
}

static void check_burst(struct world *world, const struct effect *effect)
{
	size_t total = engine_submitted(world->engine) + engine_waiting(world->engine);
	bool begins = effect->kind == EFFECT_BURST_BEGIN;

	if (begins == world->in_burst)
		world_fail(world, "bursts do not alternate");
	world->in_burst = begins;
	if (begins) {
		world->refused = 0;
		world->bursts++;
		return;
	}
	if (!world->stopping && total > world->plan.workers + world->plan.queue / 2)
		world_fail(world, "a burst ends while the queue is full");
}

void books_effect(struct world *world, const struct effect *effect)
{
	struct run_tail *run_tail;
	struct book *book;

	switch (effect->kind) {
	case EFFECT_ARM:
		check_armed(world, effect);
		world->books[job_number(effect->job->def)].job = effect->job;
		break;
	case EFFECT_DISARM:
		break;
	case EFFECT_JOB_FREE:
		book = &world->books[job_number(effect->job->def)];
		if (world->plan.jobs[job_number(effect->job->def)].present ||
		    slots_count(&book->open) > book->grown)
			world_fail(world, "%s is freed too early", effect->job->def->name);
		if (book->ended || book->waits)
			world_fail(world, "%s is freed with a notice", effect->job->def->name);
		if (book->drops > 1)
			world_fail(world, "%s is freed, its drops are not said",
				   effect->job->def->name);
		book->drops = 0;
		book->job = NULL;
		book->failures = 0;
		book->told = false;
		book->last_id = 0;
		break;
	case EFFECT_RETRY:
		attempts_retry(world, effect);
		break;
	case EFFECT_RETRY_OFF:
		run_tail = engine_run_tail(effect->run);
		if (run_tail->retry_at == 0)
			world_fail(world, "run %d has no timer", (int)effect->run->id);
		run_tail->retry_at = 0;
		break;
	case EFFECT_NOTICE:
		telling_notice(world, effect->run);
		check_line(world, effect->run);
		break;
	case EFFECT_NOTICE_DROPPED:
		telling_dropped(world, effect->run, effect->reason);
		break;
	case EFFECT_DROPS_END:
		telling_drops_end(world, effect->job);
		break;
	case EFFECT_EXPECT:
		telling_expect(world, effect->job, effect->span);
		break;
	case EFFECT_OVERDUE:
		telling_overdue(world, effect->job);
		break;
	case EFFECT_START:
		check_start(world, effect->run);
		break;
	case EFFECT_CANCEL:
		break;
	case EFFECT_ENDED:
		attempts_ended(world, effect);
		break;
	case EFFECT_NOT_RUN:
	case EFFECT_STREAK_BEGIN:
	case EFFECT_STREAK_END:
		streaks_effect(world, effect);
		break;
	case EFFECT_BURST_BEGIN:
	case EFFECT_BURST_END:
		check_burst(world, effect);
		if (effect->kind == EFFECT_BURST_END)
			world->refused -= effect->count;
		break;
	case EFFECT_LOADED:
		if (memcmp(&effect->diff, &world->diff, sizeof(world->diff)) != 0)
			world_fail(world, "the diff is wrong");
		break;
	case EFFECT_ACCEPTED:
		check_accepted(world, effect->run);
		break;
	case EFFECT_ADOPT:
		lives_adopt(world, effect);
		break;
	case EFFECT_RETRY_RESTORED:
		lives_retry(world, effect);
		break;
	case EFFECT_PUT_OFF:
		lives_put_off(world, effect->run);
		break;
	case EFFECT_JOB_GONE:
		world->books[job_number(effect->job->def)].known = (struct schedule){0};
		break;
	case EFFECT_HELD:
	case EFFECT_JOB_STATE:
		break;
	case EFFECT_JOB_KNOWN:
		check_known(world, effect);
		break;
	case EFFECT_PAUSED:
	case EFFECT_RESUMED:
		check_paused(world, effect);
		break;
	case EFFECT_CATCH_UP:
		catchup_timer(world, effect->span);
		break;
	case EFFECT_DRAINED:
		if (world->drained || !world->stopping || world->n_pool > 0)
			world_fail(world, "drained, but not so");
		for (size_t i = 0; i < world->plan.n_jobs; i++)
			if (world->books[i].drops > 1)
				world_fail(world, "drained, but drops are not said");
		world->drained = true;
		break;
	}
}
