/* Slots that wait to be caught up: the backlog of a job, and the lines in which the jobs that have
   one stand, so that not all of it starts at once. */
#include "core/engine_internal.h"

#include <limits.h>

/* So many times a second, at most, are some caught up. */
#define TICKS_MAX 100

struct span span_between(const struct schedule *schedule, usec_t after, usec_t until)
{
	uint64_t count = schedule_count(schedule, after, until);

	if (count == 0)
		return (struct span){0};
	return (struct span){
		.first = schedule_next(schedule, after),
		.last = schedule_last(schedule, until),
		.count = count,
	};
}

static struct span backlog_of(const struct engine_job *job)
{
	if (job->backlog == USEC_INFINITY)
		return (struct span){0};
	if (catch_up_all(job))
		return span_between(&job->def->schedule, job->backlog - 1, job->next - 1);
	return (struct span){job->backlog, job->backlog, 1};
}

uint64_t catch_up_count(const struct engine_job *job)
{
	return backlog_of(job).count;
}

usec_t catch_up_begin(const struct step *step, const struct job *def)
{
	usec_t window = def->settings->catch_up_window;
	usec_t begin;

	if (window == 0 ||
	    __builtin_sub_overflow(due_at(&def->schedule, step->now), window, &begin))
		return INT64_MIN;
	return begin;
}

static struct job_queue *line_of(struct engine *engine, const struct engine_job *job)
{
	return &engine->lines[catch_up_all(job)];
}

static void leave_line(struct engine *engine, struct engine_job *job)
{
	if (job->in_line)
		TAILQ_REMOVE(line_of(engine, job), job, backlog_link);
	job->in_line = false;
}

void catch_up_line_up(struct engine *engine, struct engine_job *job)
{
	bool has_turn = job->backlog != USEC_INFINITY && !job->pause &&
			!(catch_up_all(job) && job->live >= policy_limit(job->def));

	if (!has_turn) {
		leave_line(engine, job);
		return;
	}
	if (!job->in_line)
		TAILQ_INSERT_TAIL(line_of(engine, job), job, backlog_link);
	job->in_line = true;
}

/* Is the backlog a slot that others have overtaken? */
static bool is_overtaken(const struct engine_job *job)
{
	return job->backlog != USEC_INFINITY && job->backlog <= job->accounted;
}

void catch_up_set(struct step *step, struct engine_job *job, usec_t slot, enum reason reason)
{
	job->backlog = slot;
	job->backlog_reason = reason;
	if (is_overtaken(job))
		job_held(step, job, slot);
	catch_up_line_up(step->engine, job);
}

static void drop(struct step *step, struct engine_job *job)
{
	if (is_overtaken(job))
		job_held(step, job, USEC_INFINITY);
	job->backlog = USEC_INFINITY;
	leave_line(step->engine, job);
}

/* Takes all of the backlog. */
static struct span take(struct step *step, struct engine_job *job)
{
	struct span slots = backlog_of(job);

	drop(step, job);
	return slots;
}

void catch_up_withdraw(struct step *step, struct engine_job *job, enum verdict verdict,
		       enum reason reason)
{
	policy_not_run(step, job, take(step, job), verdict, reason);
}

void catch_up_expire(struct step *step, struct engine_job *job, enum verdict verdict,
		     enum reason reason)
{
	const struct schedule *schedule = &job->def->schedule;
	usec_t begin = catch_up_begin(step, job->def);
	struct span slots = backlog_of(job);

	if (slots.count == 0 || slots.first >= begin)
		return;
	if (slots.last < begin) {
		catch_up_withdraw(step, job, verdict, reason);
		return;
	}
	job->backlog = schedule_next(schedule, begin - 1);
	policy_not_run(step, job, span_between(schedule, slots.first - 1, begin - 1), verdict,
		       reason);
}

void catch_up_forget_future(struct step *step, struct engine_job *job)
{
	if (job->backlog >= job->next && !is_overtaken(job))
		drop(step, job);
}

/* Takes what the new policy does not let wait. */
static struct span change_policy(struct step *step, struct engine_job *job, const struct job *def)
{
	struct span slots;

	if (catch_up_how(def) == CATCH_UP_NONE)
		return take(step, job);
	slots = backlog_of(job);
	leave_line(step->engine, job);
	if (catch_up_how(def) == CATCH_UP_LAST) {
		job->backlog = slots.last;
		return span_between(&job->def->schedule, slots.first - 1, slots.last - 1);
	}
	/* One that others have overtaken is on record as held already. */
	if (is_overtaken(job)) {
		job->held = job->backlog;
		job->backlog = USEC_INFINITY;
	}
	return (struct span){0};
}

void catch_up_redefine(struct step *step, struct engine_job *job, const struct job *def)
{
	enum catch_up_policy policy = catch_up_how(def);
	enum verdict verdict = policy == CATCH_UP_NONE ? VERDICT_MISSED : VERDICT_COALESCED;
	enum reason reason = job->backlog_reason;
	struct span slots = {0};

	if (job->pause) {
		verdict = VERDICT_PAUSED;
		reason = REASON_PAUSED;
	}
	if (job->backlog != USEC_INFINITY &&
	    !schedule_same_grid(&job->def->schedule, &def->schedule)) {
		slots = take(step, job);
		verdict = VERDICT_CANCELLED;
		reason = REASON_RESCHEDULED;
	} else if (job->backlog != USEC_INFINITY && catch_up_how(job->def) != policy) {
		slots = change_policy(step, job, def);
	}
	job->def = def;
	catch_up_line_up(step->engine, job);
	policy_not_run(step, job, slots, verdict, reason);
}

/* The turn of the job has come. Returns whether anything was caught up. */
static bool release(struct step *step, struct engine_job *job)
{
	struct engine *engine = step->engine;
	usec_t slot;
	usec_t next;

	catch_up_expire(step, job, VERDICT_MISSED, REASON_WINDOW);
	slot = job->backlog;
	/* To tell of what was missed may take the room that there was. */
	if (slot == USEC_INFINITY || (catch_up_all(job) && !run_has_room_to_catch_up(engine))) {
		due_follow(step, job);
		return false;
	}
	next = schedule_next(&job->def->schedule, slot);
	if (catch_up_all(job) && next < job->next) {
		/* Behind those that wait already. */
		leave_line(engine, job);
		job->backlog = next;
	} else {
		drop(step, job);
	}
	policy_consider(step, job, slot);
	catch_up_line_up(engine, job);
	due_follow(step, job);
	return true;
}

/* The two lines take turns, but that one of them may have to wait for room. */
static struct engine_job *next_in_line(struct engine *engine)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(engine->lines); i++) {
		unsigned line = engine->turn ^ i;
		struct engine_job *job = TAILQ_FIRST(&engine->lines[line]);

		if (!job || (line == 1 && !run_has_room_to_catch_up(engine)))
			continue;
		engine->turn = !line;
		return job;
	}
	return NULL;
}

static bool anybody_waits(const struct engine *engine)
{
	return !TAILQ_EMPTY(&engine->lines[0]) || !TAILQ_EMPTY(&engine->lines[1]);
}

void catch_up_settle(struct step *step)
{
	struct engine *engine = step->engine;
	struct engine_job *job;
	unsigned rate;
	unsigned n = 0;
	unsigned at_once;

	if (engine->pacing || !anybody_waits(engine))
		return;
	rate = engine->model->daemon.catch_up_rate;
	at_once = rate == 0 ? UINT_MAX : (rate + TICKS_MAX - 1) / TICKS_MAX;
	while (n < at_once && (job = next_in_line(engine)))
		n += release(step, job);
	/* Though nobody waits now: who has more to catch up lines up when its run has ended. */
	if (n == 0 || rate == 0)
		return;
	engine->pacing = true;
	emit(step, &(struct effect){
			   .kind = EFFECT_CATCH_UP,
			   .span = USEC_PER_SEC / (rate < TICKS_MAX ? rate : TICKS_MAX),
		   });
}
