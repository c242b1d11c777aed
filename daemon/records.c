/* See records.h: what is put on record. */
#include "records_internal.h"

#include "daemon.h"
#include "numbers.h"
#include "spans.h"
#include "words.h"

/* How long a run waits to be on record before it starts all the same: beyond that, being late would
   be worse than having no record. */
#define INTEND_PATIENCE (5 * USEC_PER_SEC)

/* --- jobs and runs as the ledger knows them --- */

uint32_t records_number(struct daemon *daemon, struct engine_job *job)
{
	struct job_tail *tail = engine_job_tail(job);
	const struct past_job *past;
	uint32_t number;

	if (tail->number != 0)
		return tail->number;
	past = past_find(&daemon->past, job->def->name);
	number = past ? past->number : numbers_take(daemon->records->numbers, job->def->name);
	tail->number = number & JOB_NUMBER_MAX;
	return tail->number;
}

/* The environment does not change while a worker has the run. */
static enum ledger_asked asked_of(const struct engine_run *er, const struct run *run)
{
	if (run->environment)
		return ASKED_WITH_ENVIRONMENT;
	return er->manual ? ASKED_BY_HAND : ASKED_BY_SCHEDULE;
}

static struct ledger_run run_of(struct daemon *daemon, struct engine_run *er, unsigned attempt)
{
	const struct run_tail *tail = engine_run_tail(er);

	return (struct ledger_run){
		.id = er->id,
		.job = records_number(daemon, er->job),
		.attempt = attempt,
		.asked = asked_of(er, &tail->run),
		.slot = er->slot,
		.due = usec_add(er->slot, er->def->schedule.delay),
		.accepted = er->accepted,
	};
}

static void post_job(struct daemon *daemon, struct engine_job *job, usec_t since)
{
	char grid[SCHEDULE_GRID_SIZE];

	ledger_job(daemon->records->ledger,
		   &(struct ledger_job){
			   .number = records_number(daemon, job),
			   .name = job->def->name,
			   .schedule = schedule_grid(&job->def->schedule, grid),
			   .since = since,
		   });
}

static void post_state(struct daemon *daemon, struct engine_job *job)
{
	const struct engine_pause *pause = job->pause;

	ledger_job_state(daemon->records->ledger, &(struct ledger_job_state){
							  .job = records_number(daemon, job),
							  .failures = job->failures,
							  .told = job->told,
							  .paused = pause,
							  .until = pause ? pause->until : 0,
							  .reason = pause ? pause->reason : "",
						  });
}

static struct ledger_attempt attempt_of(struct daemon *daemon, struct engine_run *er,
					const struct effect *effect)
{
	const struct run_result *result = effect->result;

	return (struct ledger_attempt){
		.run = run_of(daemon, er, result ? words_attempt(er, result) : er->attempt),
		.verdict = effect->verdict,
		.reason = effect->reason,
		.result = result,
		.elapsed_offset = clock_wall() - clock_elapsed(),
		.pid = result ? result->pid : 0,
	};
}

static void post_ended(struct daemon *daemon, struct engine_run *er, const struct effect *effect)
{
	struct ledger_attempt attempt = attempt_of(daemon, er, effect);
	const struct run_tail *tail = engine_run_tail(er);
	const struct kept_output *output = tail->run.output;

	if (output) {
		attempt.head = output->bytes;
		attempt.head_len = output->head;
		attempt.tail = output->bytes + output->head;
		attempt.tail_len = output->tail;
	}
	ledger_ended(daemon->records->ledger, &attempt);
}

static void post_retry(struct daemon *daemon, struct engine_run *er, const struct effect *effect)
{
	struct ledger_attempt attempt = attempt_of(daemon, er, effect);

	attempt.next = usec_add(clock_wall(), effect->span);
	ledger_retry(daemon->records->ledger, &attempt);
}

static void post_streak(struct daemon *daemon, const struct effect *effect)
{
	const struct engine_streak *streak = effect->streak;

	ledger_streak(daemon->records->ledger,
		      &(struct ledger_streak){
			      .id = streak->id,
			      .job = records_number(daemon, effect->job),
			      .verdict = streak->verdict,
			      .reason = streak->reason,
			      .count = streak->count,
			      .first = streak->first,
			      .last = streak->last,
			      .at = clock_wall(),
			      .unrun = effect->unrun ? effect->unrun->id : 0,
		      });
}

/* What was taken back for the stop is done after the next start. */
static bool is_put_off(enum verdict verdict, enum reason reason)
{
	return verdict == VERDICT_CANCELLED && reason == REASON_STOPPING;
}

/* A worker may have been about to start it. */
static void post_not_started(struct daemon *daemon, struct engine_run *er)
{
	struct ledger_run run = run_of(daemon, er, 1);

	ledger_forget(daemon->records->ledger, er->id);
	ledger_accepted(daemon->records->ledger, &run);
}

/* The same of the next attempt of one that has failed. The process of one that was adopted still
   runs, for all that is known. */
static void post_put_off(struct daemon *daemon, struct engine_run *er)
{
	struct ledger_attempt attempt;

	if (er->adopted)
		return;
	attempt = (struct ledger_attempt){
		.run = run_of(daemon, er, words_attempt(er, &er->result)),
		.verdict = er->verdict,
		.result = &er->result,
		.elapsed_offset = clock_wall() - clock_elapsed(),
		.next = usec_add(clock_wall(), spans_left(er)),
	};
	ledger_retry(daemon->records->ledger, &attempt);
}

static void forget_job(struct daemon *daemon, struct engine_job *job)
{
	struct job_tail *tail = engine_job_tail(job);

	if (tail->number != 0)
		numbers_keep(daemon->records->numbers, job->def->name, tail->number);
}

void records_effect(struct daemon *daemon, const struct effect *effect)
{
	struct records *records = daemon->records;
	struct ledger_run run;

	if (!records)
		return;
	switch (effect->kind) {
	case EFFECT_ACCEPTED:
		run = run_of(daemon, effect->run, 1);
		ledger_accepted(records->ledger, &run);
		break;
	case EFFECT_RETRY:
		post_retry(daemon, effect->run, effect);
		break;
	case EFFECT_ENDED:
		if (is_put_off(effect->verdict, effect->reason))
			post_not_started(daemon, effect->run);
		else
			post_ended(daemon, effect->run, effect);
		break;
	case EFFECT_PUT_OFF:
		post_put_off(daemon, effect->run);
		break;
	case EFFECT_NOT_RUN:
		if (!is_put_off(effect->streak->verdict, effect->streak->reason))
			post_streak(daemon, effect);
		break;
	case EFFECT_HELD:
		if (!daemon->stopping)
			ledger_held(records->ledger, records_number(daemon, effect->job),
				    effect->at);
		break;
	case EFFECT_JOB_KNOWN:
		post_job(daemon, effect->job, effect->at);
		break;
	case EFFECT_JOB_GONE:
		ledger_job_gone(records->ledger, records_number(daemon, effect->job), clock_wall());
		break;
	case EFFECT_JOB_STATE:
		post_state(daemon, effect->job);
		break;
	case EFFECT_JOB_FREE:
		forget_job(daemon, effect->job);
		break;
	default:
		break;
	}
}

/* --- a file that knows nothing --- */

/* As EFFECT_JOB_KNOWN would have it. */
static usec_t known_since(const struct engine_job *job)
{
	const struct schedule *schedule = &job->def->schedule;

	if (schedule->kind == SCHEDULE_AFTER && job->next != USEC_INFINITY)
		return job->next - schedule->interval;
	return job->accounted;
}

/* As EFFECT_HELD would. */
static usec_t waiting(const struct engine_job *job)
{
	return job->held == USEC_INFINITY && job->backlog <= job->accounted ? job->backlog
									    : job->held;
}

static bool register_job(void *ctx, struct engine_job *job)
{
	struct daemon *daemon = ctx;
	usec_t held = waiting(job);

	post_job(daemon, job, known_since(job));
	if (job->failures > 0 || job->told || job->pause)
		post_state(daemon, job);
	if (held != USEC_INFINITY)
		ledger_held(daemon->records->ledger, records_number(daemon, job), held);
	return true;
}

/* Its worker may be no further than about to make the process. */
static void post_begun(struct daemon *daemon, struct run_tail *tail, const struct ledger_run *run)
{
	struct records *records = daemon->records;
	pid_t pid = atomic_load_explicit(&tail->run.pid, memory_order_relaxed);
	usec_t begun = atomic_load_explicit(&tail->run.begun, memory_order_relaxed);
	usec_t since = clock_wall() - (clock_elapsed() - begun);

	ledger_begun(records->ledger, run, since);
	if (pid > 0)
		ledger_process(records->ledger, run->id, pid, since);
}

static bool register_run(void *ctx, struct engine_run *er)
{
	struct daemon *daemon = ctx;
	struct run_tail *tail = engine_run_tail(er);
	struct ledger_run run;

	if (engine_run_is_notice(er))
		return true;
	run = run_of(daemon, er, er->attempt);
	ledger_accepted(daemon->records->ledger, &run);
	if (er->state == RUN_BACKOFF)
		post_put_off(daemon, er);
	else if (tail->in_pool && atomic_load_explicit(&tail->run.begun, memory_order_relaxed) != 0)
		post_begun(daemon, tail, &run);
	return true;
}

void records_register(struct daemon *daemon)
{
	engine_each_job(daemon->engine, register_job, daemon);
	engine_each_run(daemon->engine, register_run, daemon);
	records_flush(daemon);
}

/* --- postings that are no effects --- */

void records_past_ended(struct daemon *daemon, const struct past_job *job,
			const struct past_run *run, enum verdict verdict, enum reason reason)
{
	static const struct run_result unseen = {.kind = RESULT_UNSEEN};
	const struct run_result *results[] = {
		[PAST_ACCEPTED] = NULL,
		[PAST_STARTED] = &unseen,
		[PAST_BACKOFF] = &run->result,
	};

	ledger_ended(daemon->records->ledger, &(struct ledger_attempt){
						      .run = {.id = run->id,
							      .job = job->number,
							      .attempt = run->attempt,
							      .asked = run->manual,
							      .slot = run->slot,
							      .due = run->slot,
							      .accepted = clock_wall()},
						      .verdict = verdict,
						      .reason = reason,
						      .result = results[run->state],
						      .pid = run->pid,
					      });
}

void records_past_gone(struct daemon *daemon, const struct past_job *job)
{
	ledger_job_gone(daemon->records->ledger, job->number, clock_wall());
}

void records_forget(struct daemon *daemon, const struct past_run *run)
{
	ledger_forget(daemon->records->ledger, run->id);
}

void records_clock_stepped(struct daemon *daemon, usec_t by)
{
	if (daemon->records)
		ledger_clock_stepped(daemon->records->ledger, clock_wall(), by);
}

void records_flush(struct daemon *daemon)
{
	if (daemon->records)
		ledger_flush(daemon->records->ledger);
}

/* --- on workers' threads --- */

void records_intend(struct daemon *daemon, struct run_tail *tail)
{
	struct records *records = daemon->records;
	const struct engine_run *er = engine_run_of_tail(tail);
	const struct run *run = &tail->run;
	struct ledger_run record;

	if (!records)
		return;
	record = (struct ledger_run){
		.id = run->id,
		.job = tail->number,
		.attempt = run->attempt,
		.asked = asked_of(er, run),
		.slot = run->slot,
		.due = usec_add(run->slot, run->job->schedule.delay),
		.accepted = er->accepted, /* does not change while a worker has the run */
	};
	(void)ledger_intend(records->ledger, &record, clock_wall(), INTEND_PATIENCE);
}

void records_process(struct daemon *daemon, const struct run_tail *tail, pid_t pid)
{
	struct records *records = daemon->records;

	if (records)
		ledger_process(records->ledger, tail->run.id, pid, clock_wall());
}
