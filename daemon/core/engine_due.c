/* Which slots are due, and what is done about those that nobody acted on at their time. */
#include "core/engine_internal.h"

#include <assert.h>

/* Slots that nobody acted on, the oldest first. */
struct due_slots {
	const usec_t *listed;
	size_t n_listed;
	struct span grid; /* behind those */
};

usec_t due_at(const struct schedule *schedule, usec_t now)
{
	usec_t t;

	if (__builtin_sub_overflow(now, schedule->delay, &t))
		return INT64_MIN;
	return t;
}

usec_t due_wait_for(const struct step *step, const struct schedule *schedule, usec_t slot)
{
	usec_t before = schedule_last(schedule, slot - 1);
	usec_t awaited = slot;
	usec_t wait;

	if (before <= step->now || before == USEC_INFINITY)
		return slot;
	/* After the last slot of all one waits for nothing, but not before it. */
	if (slot == USEC_INFINITY)
		awaited = before;
	if (__builtin_sub_overflow(usec_add(awaited, schedule->delay), step->now, &wait))
		wait = USEC_INFINITY;
	if (wait > schedule_patience(schedule, awaited))
		return schedule_next(schedule, due_at(schedule, step->now));
	return slot;
}

usec_t due_after_accounted(const struct step *step, const struct engine_job *job)
{
	const struct schedule *schedule = &job->def->schedule;

	return due_wait_for(step, schedule, schedule_next(schedule, job->accounted));
}

static bool is_empty(const struct due_slots *slots)
{
	return slots->n_listed == 0 && slots->grid.count == 0;
}

static void append(struct span *span, struct span more)
{
	if (more.count == 0)
		return;
	if (span->count == 0)
		span->first = more.first;
	span->last = more.last;
	span->count += more.count;
}

/* Takes the first n of those that are listed. */
static struct span take_listed(struct due_slots *slots, size_t n)
{
	struct span taken = {0};

	for (size_t i = 0; i < n; i++)
		append(&taken, (struct span){slots->listed[i], slots->listed[i], 1});
	if (n > 0)
		slots->listed += n; /* there may be no list */
	slots->n_listed -= n;
	return taken;
}

/* Takes those before `end`. */
static struct span take_before(struct due_slots *slots, const struct schedule *schedule, usec_t end)
{
	struct span taken;
	size_t n = 0;

	while (n < slots->n_listed && slots->listed[n] < end)
		n++;
	taken = take_listed(slots, n);
	if (slots->grid.count > 0 && slots->grid.first < end) {
		struct span grid = slots->grid;
		usec_t until = grid.last < end ? grid.last : end - 1;

		append(&taken, span_between(schedule, grid.first - 1, until));
		slots->grid = span_between(schedule, until, grid.last);
	}
	return taken;
}

/* Takes all but the last. */
static struct span take_before_last(struct due_slots *slots, const struct schedule *schedule)
{
	if (slots->grid.count > 0)
		return take_before(slots, schedule, slots->grid.last);
	return take_listed(slots, slots->n_listed - 1);
}

/* What a paused job does with them. */
static void keep_paused(struct step *step, struct engine_job *job, struct due_slots *slots)
{
	const struct schedule *schedule = &job->def->schedule;

	switch (catch_up_how(job->def)) {
	case CATCH_UP_NONE:
		policy_not_run(step, job, take_before(slots, schedule, USEC_INFINITY),
			       VERDICT_PAUSED, REASON_PAUSED);
		break;
	case CATCH_UP_LAST:
		catch_up_withdraw(step, job, VERDICT_PAUSED, REASON_PAUSED);
		policy_not_run(step, job, take_before_last(slots, schedule), VERDICT_PAUSED,
			       REASON_PAUSED);
		catch_up_set(step, job, slots->n_listed ? slots->listed[0] : slots->grid.first,
			     REASON_PAUSED);
		break;
	case CATCH_UP_ALL:
		/* These had been accepted before the pause. */
		for (size_t i = 0; i < slots->n_listed; i++)
			policy_consider(step, job, slots->listed[i]);
		if (slots->grid.count > 0 && job->backlog == USEC_INFINITY)
			catch_up_set(step, job, slots->grid.first, REASON_PAUSED);
		catch_up_expire(step, job, VERDICT_PAUSED, REASON_PAUSED);
		break;
	}
}

/* What another one does, by its policy. */
static void catch_up(struct step *step, struct engine_job *job, struct due_slots *slots,
		     enum reason reason)
{
	const struct schedule *schedule = &job->def->schedule;

	bool includes = catch_up_all(job) && job->backlog != USEC_INFINITY;

	catch_up_expire(step, job, VERDICT_MISSED, REASON_WINDOW);
	if (includes)
		return; /* they were part of that already */
	policy_not_run(step, job, take_before(slots, schedule, catch_up_begin(step, job->def)),
		       VERDICT_MISSED, REASON_WINDOW);
	if (is_empty(slots))
		return;
	switch (catch_up_how(job->def)) {
	case CATCH_UP_NONE:
		policy_not_run(step, job, take_before(slots, schedule, USEC_INFINITY),
			       VERDICT_MISSED, reason);
		break;
	case CATCH_UP_LAST:
		catch_up_withdraw(step, job, VERDICT_COALESCED, job->backlog_reason);
		policy_not_run(step, job, take_before_last(slots, schedule), VERDICT_COALESCED,
			       reason);
		catch_up_set(step, job, slots->n_listed ? slots->listed[0] : slots->grid.first,
			     reason);
		break;
	case CATCH_UP_ALL:
		for (size_t i = 0; i < slots->n_listed; i++)
			policy_consider(step, job, slots->listed[i]);
		if (slots->grid.count > 0)
			catch_up_set(step, job, slots->grid.first, reason);
		break;
	}
}

void due_catch_up(struct step *step, struct engine_job *job, const usec_t *listed, size_t n_listed,
		  struct span grid, enum reason reason)
{
	struct due_slots slots = {.listed = listed, .n_listed = n_listed, .grid = grid};

	if (is_empty(&slots))
		return;
	if (job->pause)
		keep_paused(step, job, &slots);
	else
		catch_up(step, job, &slots, reason);
}

/* The armed slot of a grid is due, and perhaps others after it. */
static void act_on_grid(struct step *step, struct engine_job *job, enum reason reason)
{
	const struct schedule *schedule = &job->def->schedule;
	usec_t armed = job->next;
	usec_t next = schedule_next(schedule, armed);
	/* As it is mostly; then nothing else is to be asked, which takes its time with cron. */
	bool alone = next > due_at(schedule, step->now);
	usec_t last = alone ? armed : schedule_last(schedule, due_at(schedule, step->now));
	usec_t before = armed - 1 > job->accounted ? armed - 1 : job->accounted;
	struct due_slots slots = {.grid = alone ? (struct span){armed, armed, before < armed}
						: span_between(schedule, before, last)};
	bool in_time = step->now - usec_add(last, schedule->delay) <= ENGINE_LATE;

	assert(last >= armed && last != USEC_INFINITY);
	if (!alone)
		next = schedule_next(schedule, last);
	if (slots.grid.count == 0) {
		/* In time that comes a second time. */
		if (last != armed || !in_time || job->pause) {
			job_arm(step, job, next);
			return;
		}
		if (!catch_up_all(job))
			catch_up_withdraw(step, job, VERDICT_COALESCED, job->backlog_reason);
		job_arm(step, job, next);
		policy_consider(step, job, last);
		return;
	}
	if (job->pause || !in_time) {
		job->next = next;
		due_catch_up(step, job, NULL, 0, slots.grid, reason);
		job_arm(step, job, next);
		return;
	}
	/* The order is kept. Those that wait are looked at when their turn comes, lest they be
	   missed one by one. */
	if (catch_up_all(job) && (slots.grid.count > 1 || job->backlog != USEC_INFINITY)) {
		job_arm(step, job, next);
		if (job->backlog == USEC_INFINITY)
			catch_up_set(step, job, slots.grid.first, REASON_LATE);
		return;
	}
	catch_up_withdraw(step, job, VERDICT_COALESCED, job->backlog_reason);
	policy_not_run(step, job, take_before_last(&slots, schedule), VERDICT_COALESCED,
		       REASON_LATE);
	job_arm(step, job, next);
	policy_consider(step, job, last);
}

/* The one slot of another job is due. */
static void act(struct step *step, struct engine_job *job, enum reason reason)
{
	usec_t slot = job->next;
	bool in_time = reason != REASON_DOWN && step->now - engine_job_due(job) <= ENGINE_LATE;

	job_arm(step, job, USEC_INFINITY);
	if (!job->pause && in_time) {
		catch_up_withdraw(step, job, VERDICT_COALESCED, job->backlog_reason);
		policy_consider(step, job, slot);
	} else if (job->held != USEC_INFINITY) {
		/* Only one can be on record as waiting. */
		policy_not_run(step, job, (struct span){slot, slot, 1}, VERDICT_SKIPPED,
			       REASON_HELD);
	} else {
		if (slot > job->accounted)
			job->accounted = slot;
		due_catch_up(step, job, &slot, 1, (struct span){0}, reason);
	}
	due_follow(step, job);
}

void due_follow(const struct step *step, struct engine_job *job)
{
	const struct schedule *schedule = &job->def->schedule;
	bool busy = due_is_busy(job);

	if (schedule->kind != SCHEDULE_AFTER || step->engine->stopping || job->gone ||
	    busy != (job->next != USEC_INFINITY))
		return;
	job->next = busy ? USEC_INFINITY : usec_add(step->now, schedule->interval);
	/* Else it is about to be looked at. */
	if (!pause_is_over(job, step->now))
		job_rearm(step, job);
}

void due_look(struct step *step, struct engine_job *job, enum reason reason)
{
	if (pause_is_over(job, step->now))
		pause_end(step, job);
	if (engine_job_due(job) > step->now)
		job_arm(step, job, job->next);
	else if (schedule_is_grid(&job->def->schedule))
		act_on_grid(step, job, reason);
	else
		act(step, job, reason);
}

static void occur(struct step *step, struct engine_job *job)
{
	/* The run that will be serves for both. */
	if (job->next != USEC_INFINITY) {
		policy_not_run(step, job, (struct span){step->now, step->now, 1}, VERDICT_SKIPPED,
			       REASON_HELD);
		return;
	}
	job->next = step->now;
	due_look(step, job, REASON_LATE);
}

void due_event(struct step *step, enum schedule_event event)
{
	struct engine *engine = step->engine;

	for (size_t i = 0; i < engine->model->n_jobs; i++) {
		const struct schedule *schedule = &engine->jobs[i]->def->schedule;

		if (schedule->kind == SCHEDULE_ON && (schedule->on & event) != 0)
			occur(step, engine->jobs[i]);
	}
}

/* Elapsed time decides on a slot that is not of a grid: it moves with the clock. Whatever the clock
   does, it is not further away than when one began to wait for it. */
static usec_t shifted(const struct step *step, const struct engine_job *job, usec_t shift)
{
	const struct schedule *schedule = &job->def->schedule;
	usec_t latest = step->now;
	usec_t slot;

	if (schedule->kind == SCHEDULE_AFTER)
		latest = usec_add(latest, schedule->interval);
	if (job->next == USEC_INFINITY)
		return USEC_INFINITY;
	if (__builtin_add_overflow(job->next, shift, &slot) || slot > latest)
		return latest;
	return slot;
}

void due_rederive(struct step *step, struct engine_job *job, usec_t shift)
{
	const struct schedule *schedule = &job->def->schedule;

	if (!schedule_is_grid(schedule)) {
		job->next = shifted(step, job, shift);
	} else if (engine_job_due(job) > step->now) {
		/* After a step back the slots up to the armed one have had their verdict. Waiting
		   for it is right as long as that is not a standstill. */
		job->next = due_wait_for(step, schedule, job->next);
		catch_up_forget_future(step, job);
	}
	due_look(step, job, REASON_STEPPED);
}
