/*
 * The books: from the plans and the clock alone they know which slots are due, and from the effects
 * what became of each. They never ask the engine what to expect.
 */
#include "world_internal.h"

#include <stdlib.h>
#include <string.h>

#define NONE USEC_INFINITY

/* By its definition: the first slot that is due after t. */
static usec_t first_after(const struct schedule *schedule, usec_t t)
{
	int64_t k = (t - schedule->delay - schedule->offset) / schedule->interval;

	while (schedule->offset + k * schedule->interval + schedule->delay <= t)
		k++;
	while (schedule->offset + (k - 1) * schedule->interval + schedule->delay > t)
		k--;
	return schedule->offset + k * schedule->interval;
}

static void open_slot(struct book *book, usec_t slot)
{
	if (book->n_open == book->capacity) {
		book->capacity = 2 * book->capacity + 8;
		book->open = realloc(book->open, book->capacity * sizeof(*book->open));
		if (!book->open)
			abort();
	}
	book->open[book->n_open++] = (struct open_slot){.slot = slot};
}

/* One that nobody is known to have in hand. After a reload a slot may be there twice. */
static struct open_slot *find_open(const struct book *book, usec_t slot)
{
	for (size_t i = 0; i < book->n_open; i++)
		if (book->open[i].slot == slot && !book->open[i].in_hand)
			return &book->open[i];
	return NULL;
}

void books_settle(struct world *world, size_t number, usec_t slot, enum verdict verdict,
		  enum reason reason)
{
	struct book *book = &world->books[number];
	struct open_slot *open = find_open(book, slot);

	if (!open)
		world_fail(world, "job %zu: verdict %s for slot %lld, which needs none", number,
			   verdict_info(verdict)->name, (long long)slot);
	*open = book->open[--book->n_open];
	world->verdicts[verdict]++;
	world->reasons[reason]++;
}

void books_due(struct world *world, size_t number)
{
	const struct job_plan *plan = &world->plan.jobs[number];
	struct book *book = &world->books[number];

	if (world->stopping || !plan->present)
		return;
	for (; book->cursor + plan->schedule.delay <= world->wall;
	     book->cursor += plan->schedule.interval)
		open_slot(book, book->cursor);
}

void books_clock_stepped(struct world *world)
{
	for (size_t i = 0; i < world->plan.n_jobs; i++) {
		const struct schedule *schedule = &world->plan.jobs[i].schedule;
		struct book *book = &world->books[i];

		if (!world->plan.jobs[i].present || world->stopping)
			continue;
		books_due(world, i);
		if (book->cursor + schedule->delay - world->wall > 2 * schedule->interval)
			book->cursor = first_after(schedule, world->wall);
	}
}

static bool same_job(const struct job_plan *a, const struct job_plan *b)
{
	return schedule_equal(&a->schedule, &b->schedule) && a->overlap == b->overlap &&
	       a->max_running == b->max_running && a->group == b->group &&
	       a->command % 2 == b->command % 2 && a->retries == b->retries &&
	       a->retry_backoff == b->retry_backoff && a->retry_delay == b->retry_delay &&
	       a->retry_max_delay == b->retry_max_delay &&
	       a->retry_timeouts_only == b->retry_timeouts_only && a->hooks == b->hooks &&
	       a->mail == b->mail && a->mail_when == b->mail_when &&
	       a->notify_when == b->notify_when && a->notify_after == b->notify_after &&
	       a->expect_within == b->expect_within;
}

void books_load(struct world *world, const struct plan *plan)
{
	world->diff = (struct engine_diff){0};
	if (world->stopping)
		return;
	for (size_t i = 0; i < plan->n_jobs; i++) {
		const struct job_plan *after = &plan->jobs[i];
		const struct job_plan *before = world->loaded ? &world->plan.jobs[i] : NULL;
		bool was = before && before->present;

		world->diff.added += !was && after->present;
		world->diff.removed += was && !after->present;
		world->diff.unchanged += was && after->present && same_job(before, after);
		world->diff.changed += was && after->present && !same_job(before, after);
		if (after->present && !(was && schedule_equal(&before->schedule, &after->schedule)))
			world->books[i].cursor = first_after(&after->schedule, world->wall);
	}
	telling_load(world, plan);
	for (size_t i = 0; i < WORLD_GROUPS; i++)
		if (plan->limits[i] > 0)
			world->group_limit[i] = plan->limits[i];
	plan_done(&world->plan);
	world->plan = plan_copy(plan);
	world->loaded = true;
}

static unsigned limit_of(const struct job_plan *plan)
{
	return plan->overlap == OVERLAP_ALLOW ? plan->max_running : 1;
}

static void check_armed(struct world *world, const struct effect *effect)
{
	if (world->stopping)
		world_fail(world, "a timer is armed after the stop");
	if (effect->at <= world->wall)
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
		if (world->plan.jobs[job_number(effect->job->def)].present || book->n_open > 0)
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
	case EFFECT_ADOPT:
	case EFFECT_RETRY_RESTORED:
	case EFFECT_PUT_OFF:
	case EFFECT_NOT_RUN:
	case EFFECT_HELD:
	case EFFECT_JOB_KNOWN:
	case EFFECT_JOB_GONE:
	case EFFECT_JOB_STATE:
	case EFFECT_PAUSED:
	case EFFECT_RESUMED:
	case EFFECT_CATCH_UP:
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

static bool check_run(void *ctx, struct engine_run *run)
{
	struct world *world = ctx;
	size_t number = job_number(run->def);
	struct book *book = &world->books[number];
	const struct job_plan *plan = &world->plan.jobs[number];
	struct run_tail *tail = engine_run_tail(run);
	int group = group_number(run->def);
	struct open_slot *open;
	bool between = tail->state == POOL_BETWEEN;
	bool waits = run->state == RUN_WAITING;

	if (engine_run_is_notice(run)) {
		telling_check_notice(world, run);
		return true;
	}
	if (run->id <= world->id_before)
		world_fail(world, "run %d is behind run %d", (int)run->id, (int)world->id_before);
	world->id_before = run->id;
	open = find_open(book, run->slot);
	if (!open)
		world_fail(world, "run %d has no open slot", (int)run->id);
	open->in_hand = true;
	if ((run->state == RUN_BACKOFF) != (tail->retry_at > 0) || (tail->retry_at > 0 && !between))
		world_fail(world, "run %d: its timer is wrong", (int)run->id);
	if (waits != (tail->state == POOL_NEVER || (between && tail->retry_at == 0)))
		world_fail(world, "run %d waits, or does it?", (int)run->id);
	if (waits && group < 0 && !between)
		world_fail(world, "run %d waits for no group", (int)run->id);
	if (waits && (group < 0 || world->group_running[group] < world->group_limit[group]) &&
	    world->n_pool < (size_t)world->plan.workers + world->plan.queue)
		world_fail(world, "run %d waits though there is room", (int)run->id);
	if (waits && tail->line == 0)
		tail->line = ++world->lines;
	world->n_waiting += waits;
	world->n_backed_off += run->attempt > 1 || between;
	book->live++;
	if (run->id > world->newest_id)
		world->newest_id = run->id;
	if (run->id > world->last_id && run->job->live > limit_of(plan))
		world_fail(world, "%s runs %u at a time", run->def->name, run->job->live);
	return true;
}

static bool check_job(void *ctx, struct engine_job *job)
{
	struct world *world = ctx;
	size_t number = job_number(job->def);
	struct book *book = &world->books[number];
	const struct job_tail *tail = engine_job_tail(job);
	struct open_slot *open;

	if (!world->plan.jobs[number].present || book->job != job)
		world_fail(world, "%s is not in the plan", job->def->name);
	if (tail->armed == world->stopping)
		world_fail(world, "%s: its timer is wrong", job->def->name);
	if (world->stopping)
		return true;
	streaks_look(world, job);
	telling_check_job(world, job);
	if (job->next != book->cursor)
		world_fail(world, "%s: armed for %lld instead of %lld", job->def->name,
			   (long long)job->next, (long long)book->cursor);
	if (tail->at != job->next + job->def->schedule.delay)
		world_fail(world, "%s: the timer is not that of the slot", job->def->name);
	if (job->held == NONE)
		return true;
	open = find_open(book, job->held);
	if (!open || job->live < limit_of(&world->plan.jobs[number]))
		world_fail(world, "%s: slot %lld is held for nothing", job->def->name,
			   (long long)job->held);
	open->in_hand = true;
	book->live++;
	return true;
}

static void check_totals(struct world *world)
{
	const struct engine_counters *counters = engine_counters(world->engine);
	size_t total = engine_submitted(world->engine) + engine_waiting(world->engine);
	struct engine_job *job;
	usec_t earliest = NONE;

	if (memcmp(counters->verdicts, world->verdicts, sizeof(world->verdicts)) != 0 ||
	    counters->started != world->started || counters->retries != world->retries)
		world_fail(world, "the counters are wrong");
	if (engine_submitted(world->engine) != world->n_pool)
		world_fail(world, "%zu submitted instead of %zu", engine_submitted(world->engine),
			   world->n_pool);
	if (world->event->kind == ENGINE_FINISHED && world->in_burst &&
	    total <= world->plan.workers + world->plan.queue / 2)
		world_fail(world, "a burst does not end");
	if (!world->in_burst && world->refused > 0)
		world_fail(world, "refused outside a burst");
	for (size_t i = 0; world->loaded && i < world->plan.n_jobs; i++) {
		const struct job_tail *tail;

		if (!world->books[i].job)
			continue;
		tail = engine_job_tail(world->books[i].job);
		if (tail->armed && tail->at < earliest)
			earliest = tail->at;
	}
	if (engine_next_due(world->engine, &job) != earliest)
		world_fail(world, "the agenda and the timers differ");
	if (world->stopping && world->n_pool == 0 && !world->drained)
		world_fail(world, "nothing runs, but it is not drained");
	if (world->drained && (world->n_notices > 0 || world->n_backed_off > 0))
		world_fail(world, "it is drained, but something is left");
}

/* What a check finds out. */
static void clear(struct book *book)
{
	book->live = 0;
	book->waits = NULL;
	book->waits_with_alarm = false;
	book->waited_unheard = book->waits_unheard;
	book->waits_unheard = false;
	book->waits_with_missed = 0;
}

void books_check(struct world *world)
{
	for (size_t i = 0; world->loaded && i < world->plan.n_jobs; i++)
		clear(&world->books[i]);
	world->n_notices = 0;
	world->n_backed_off = 0;
	world->n_telling = 0;
	world->n_lined_up = 0;
	world->n_waiting = 0;
	world->id_before = 0;
	engine_each_run(world->engine, check_run, world);
	engine_each_job(world->engine, check_job, world);
	for (size_t i = 0; world->loaded && i < world->plan.n_jobs; i++) {
		streaks_settle(&world->books[i]);
		if (world->books[i].live != world->books[i].n_open || world->books[i].grown > 0)
			world_fail(world, "job %zu: %zu slots are open, %u are in hand", i,
				   world->books[i].n_open, world->books[i].live);
		for (size_t k = 0; k < world->books[i].n_open; k++)
			world->books[i].open[k].in_hand = false;
	}
	if (engine_waiting(world->engine) != world->n_waiting)
		world_fail(world, "%zu wait, %zu counted", world->n_waiting,
			   engine_waiting(world->engine));
	if (world->n_backed_off != world->backed_off)
		world_fail(world, "%zu runs are tried again instead of %zu", world->n_backed_off,
			   world->backed_off);
	world->last_id = world->newest_id;
	telling_check(world);
	check_totals(world);
}
