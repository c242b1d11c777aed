/* What the shell does with the ledger: effects become postings, and what is on record becomes the
   past of the next life. */
#include "world_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool shell_records(const struct world *world)
{
	return world->plan.durability != DURABILITY_NONE;
}

static struct row row_of(const struct engine_run *run, enum row_state state)
{
	return (struct row){
		.id = run->id,
		.slot = run->slot,
		.manual = run->manual,
		.state = state,
		.attempt = run->attempt,
	};
}

static void post_run(struct world *world, const struct effect *effect)
{
	struct posting posting = {
		.job = job_number(effect->run->def),
		.row = row_of(effect->run, ROW_ACCEPTED),
		.at = world->wall,
	};

	switch (effect->kind) {
	case EFFECT_ACCEPTED:
		posting.kind = POST_ACCEPTED;
		break;
	case EFFECT_RETRY:
		posting.kind = POST_RETRY;
		posting.row.state = ROW_BACKOFF;
		posting.row.result = *effect->result;
		posting.row.next = world->wall + effect->span;
		posting.row.span = effect->span;
		break;
	default:
		/* As if it had not been accepted: it is looked at anew. */
		if (effect->verdict == VERDICT_CANCELLED && effect->reason == REASON_STOPPING)
			return;
		posting.kind = POST_ENDED;
		break;
	}
	posting.row.verdict = effect->verdict;
	record_post(&world->record, &posting);
}

static void post_streak(struct world *world, const struct effect *effect)
{
	const struct engine_streak *streak = effect->streak;
	struct posting posting = {
		.kind = POST_STREAK,
		.job = job_number(effect->job->def),
		.streak = *streak,
		.row.id = effect->unrun ? effect->unrun->id : 0,
	};

	if (streak->verdict != VERDICT_CANCELLED || streak->reason != REASON_STOPPING)
		record_post(&world->record, &posting);
}

void shell_effect(struct world *world, const struct effect *effect)
{
	struct posting posting = {.at = effect->at};

	switch (effect->kind) {
	case EFFECT_ACCEPTED:
	case EFFECT_RETRY:
	case EFFECT_ENDED:
		post_run(world, effect);
		return;
	case EFFECT_NOT_RUN:
		post_streak(world, effect);
		return;
	case EFFECT_HELD:
		posting.kind = POST_HELD;
		break;
	case EFFECT_JOB_KNOWN:
		posting.kind = POST_KNOWN;
		posting.schedule = effect->job->def->schedule;
		break;
	case EFFECT_JOB_GONE:
		posting.kind = POST_GONE;
		break;
	case EFFECT_JOB_STATE:
		posting.kind = POST_STATE;
		posting.facts = (struct job_facts){
			.failures = effect->job->failures,
			.told = effect->job->told,
			.paused = effect->job->pause,
			.until = effect->job->pause ? effect->job->pause->until : 0,
		};
		break;
	default:
		return;
	}
	posting.job = job_number(effect->job->def);
	record_post(&world->record, &posting);
}

void shell_step_done(struct world *world)
{
	if (!shell_records(world)) {
		record_lose(&world->record);
		return;
	}
	record_flush(&world->record);
	if (!rng_chance(&world->rng, world->behaviour.slow_disk))
		record_commit(&world->record, UINT64_MAX);
}

void shell_intend(struct world *world, const struct engine_run *run)
{
	size_t number = job_number(run->def);
	struct record_job *job = &world->record.jobs[number];
	struct row row = row_of(run, ROW_STARTED);

	bool first = run->attempt == 1 && !run->manual;

	if (first && slots_has(&job->started, run->slot) && run->slot >= job->again)
		world_fail(world, "job %zu: slot %lld is started twice", number,
			   (long long)run->slot);
	if (first)
		slots_add(&job->started,
			  (struct range){run->slot, 1, grid_span(&run->def->schedule)});
	if (shell_records(world))
		record_intend(&world->record, number, &row);
}

/* --- the past --- */

/* How long a run that waited for its next attempt when the daemon ended has yet to wait. */
usec_t shell_wait(const struct world *world, const struct row *row)
{
	usec_t wait = row->next - world->wall;

	return wait < 0 ? 0 : wait < row->span ? wait : row->span;
}

static struct past_run past_run(const struct world *world, const struct row *row)
{
	static const enum past_state states[] = {
		[ROW_ACCEPTED] = PAST_ACCEPTED,
		[ROW_STARTED] = PAST_STARTED,
		[ROW_BACKOFF] = PAST_BACKOFF,
	};
	struct past_run run = {
		.id = row->id,
		.slot = row->slot,
		.state = states[row->state],
		.attempt = row->state == ROW_ACCEPTED ? 0 : row->attempt,
		.manual = row->manual,
		.alive = row->state == ROW_STARTED && row->ends > world->elapsed,
	};

	if (row->state == ROW_BACKOFF) {
		run.verdict = row->verdict;
		run.result = row->result;
		run.wait = shell_wait(world, row);
	}
	return run;
}

static void *must(void *pointer)
{
	if (!pointer)
		abort();
	return pointer;
}

static void fill_past_job(const struct world *world, size_t number, struct past_job *ret)
{
	const struct record_job *job = &world->record.jobs[number];
	char *name = must(malloc(32));
	char *grid = job->gone ? NULL : must(malloc(SCHEDULE_GRID_SIZE));

	(void)snprintf(name, 32, "j%06zu", number);
	*ret = (struct past_job){
		.name = name,
		.number = (uint32_t)number + 1,
		.schedule = grid ? schedule_grid(&job->schedule, grid) : NULL,
		.accounted = job->accounted,
		.held = job->held,
		.failures = job->facts.failures,
		.told = job->facts.told,
		.last_id = job->last_id,
		.last_verdict = job->last_verdict,
		.last_success = job->last_success,
		.last_ended = job->last_ended,
		.paused = job->facts.paused,
		.until = job->facts.until,
		.reason = job->facts.paused ? must(strdup("work on it")) : NULL,
		.runs = must(calloc(job->n_rows + 1, sizeof(*ret->runs))),
		.n_runs = job->n_rows,
	};
	for (size_t i = 0; i < job->n_rows; i++)
		ret->runs[i] = past_run(world, &job->rows[i]);
}

void shell_past(const struct world *world, struct past *ret_past)
{
	const struct record *record = &world->record;

	*ret_past = (struct past){
		.jobs = must(calloc(record->n_jobs + 1, sizeof(*ret_past->jobs))),
		.last_run = record->last_run,
		.last_streak = record->last_streak,
		.last_job = (uint32_t)record->n_jobs,
	};
	for (size_t i = 0; i < record->n_jobs; i++)
		if (record->jobs[i].known)
			fill_past_job(world, i, &ret_past->jobs[ret_past->n_jobs++]);
}

static void discard(const void *pointer)
{
	free((void *)(uintptr_t)pointer);
}

void shell_past_done(struct past *past)
{
	for (size_t i = 0; i < past->n_jobs; i++) {
		discard(past->jobs[i].name);
		discard(past->jobs[i].schedule);
		discard(past->jobs[i].reason);
		free(past->jobs[i].runs);
	}
	free(past->jobs);
	*past = (struct past){0};
}

/* Those whose slots are looked at anew are runs no longer. */
void shell_forget_accepted(struct world *world)
{
	for (size_t i = 0; i < world->record.n_jobs; i++) {
		const struct record_job *job = &world->record.jobs[i];

		for (size_t k = 0; k < job->n_rows; k++)
			if (job->rows[k].state == ROW_ACCEPTED && !job->rows[k].manual)
				record_post(&world->record, &(struct posting){
								    .kind = POST_FORGET,
								    .job = i,
								    .row.id = job->rows[k].id,
							    });
	}
}

/* The engine never hears of jobs that are not configured any more. */
void shell_bury(struct world *world, size_t number)
{
	struct record_job *job = &world->record.jobs[number];

	job->n_rows = 0;
	job->gone = true;
	job->held = USEC_INFINITY;
	job->facts = job->truth = (struct job_facts){0};
	slots_clear(&job->open);
}
