/* One life of the daemon after another: how it ends, and what the next one finds. */
#include "world_internal.h"

#include <stdlib.h>
#include <string.h>

/* Which processes go on, for a while, without the daemon. */
static void leave_processes(struct world *world, bool reboot)
{
	for (size_t i = 0; i < world->n_pool; i++) {
		const struct engine_run *run = world->pool[i];
		const struct run_tail *tail = engine_run_tail(world->pool[i]);
		struct record_job *job = &world->record.jobs[job_number(run->def)];
		struct row *row = tail->is_notice ? NULL : record_find(job, run->id);

		if (row && row->state == ROW_STARTED && tail->state == POOL_WORKING && !reboot &&
		    tail->result.kind != RESULT_SPAWN_FAILED &&
		    rng_chance(&world->rng, world->behaviour.surviving))
			row->ends = tail->ends;
	}
}

static void forget_processes(struct world *world)
{
	for (size_t i = 0; i < world->record.n_jobs; i++)
		for (size_t k = 0; k < world->record.jobs[i].n_rows; k++)
			world->record.jobs[i].rows[k].ends = 0;
}

static void forget_book(struct book *book)
{
	book->job = NULL;
	book->streak = book->grown = book->unrecorded = 0;
	book->held = USEC_INFINITY;
	book->paused = book->looked_at = false;
	book->failures = 0;
	book->told = false;
	book->last_id = 0;
	book->missed = book->drops = book->waits_with_missed = 0;
	book->expect_at = 0;
	book->ended = book->waits = NULL;
	book->line = 0;
	book->waits_with_alarm = book->waits_unheard = book->waited_unheard = false;
	book->owes_alarm = false;
	book->drop_reason = REASON_NONE;
	book->known = (struct schedule){0};
	slots_clear(&book->waiting);
	slots_clear(&book->may_wait);
	book->withdrawn = book->has_turn = false;
	book->passed_by = 0;
}

/* All that is only in the daemon's memory. */
static void forget_life(struct world *world)
{
	engine_free(world->engine);
	world->engine = NULL;
	for (size_t i = 0; i < world->plan.n_jobs; i++)
		forget_book(&world->books[i]);
	memset(world->group_running, 0, sizeof(world->group_running));
	memset(world->verdicts, 0, sizeof(world->verdicts));
	world->n_accepted = 0;
	world->n_pool = world->backed_off = world->had_notices = 0;
	world->started = world->retries = world->notices = world->dropped = world->forgotten = 0;
	world->refused = 0;
	world->catch_up_at = 0;
	world->catch_up_was_on = false;
	world->loads = 0;
	world->shrunk = world->in_burst = false;
	world->loaded = world->stopping = world->hurried = world->drained = false;
}

/* What is on record must be what there was. */
static void check_account(struct world *world, size_t number)
{
	const struct record_job *job = &world->record.jobs[number];
	const struct job_facts *facts = &job->facts;
	const struct job_facts *truth = &job->truth;

	if (job->verdicts != job->settled && job->again == INT64_MIN)
		world_fail(world, "job %zu: %d verdicts on record instead of %d", number,
			   (int)job->verdicts, (int)job->settled);
	if (facts->failures != truth->failures || facts->told != truth->told ||
	    facts->paused != truth->paused || facts->until != truth->until)
		world_fail(world, "job %zu: its state on record is %u %d %d, not %u %d %d", number,
			   facts->failures, facts->told, facts->paused, truth->failures,
			   truth->told, truth->paused);
}

void world_crash(struct world *world, bool reboot)
{
	struct record *record = &world->record;
	bool clean = world->drained;

	trace(world, "%s", clean ? "it has stopped" : reboot ? "the machine dies" : "it is killed");
	forget_processes(world);
	if (clean)
		record_commit(record, UINT64_MAX);
	else if (record->n > 0)
		record_commit(record, record->postings[0].group +
					      rng_below(&world->rng,
							record->group - record->postings[0].group));
	record_lose(record);
	for (size_t i = 0; clean && shell_records(world) && i < record->n_jobs; i++)
		if (record->jobs[i].known && !record->jobs[i].gone)
			check_account(world, i);
	leave_processes(world, reboot);
	forget_life(world);
}

/* --- what the next one finds --- */

/* Is the job one whose slots are known from the past? */
static bool is_continued(const struct record_job *job, const struct job_plan *plan)
{
	return job->known && !job->gone && grid_same(&job->schedule, &plan->schedule);
}

/* Slots that are said to be accounted for, without a verdict and not on record as a run or held,
   are forgotten. */
static void check_forgotten(struct world *world, size_t number)
{
	const struct record_job *job = &world->record.jobs[number];
	usec_t end = (job->accounted < world->wall ? job->accounted : world->wall) + 1;
	struct slots open = {0};
	struct slots before = {0};

	record_unsettled(job, end - 1, &open);
	slots_take_before(&open, end, &before);
	for (size_t i = 0; i < job->n_rows; i++)
		if (!job->rows[i].manual)
			slots_take(&before, (struct range){job->rows[i].slot, 1, 1});
	slots_take(&before, (struct range){job->held, 1, 1});
	slots_take_before(&before, job->again, NULL);
	if (before.n > 0)
		world_fail(world, "job %zu: slot %lld is forgotten", number,
			   (long long)slots_first(&before));
	slots_done(&open);
	slots_done(&before);
}

/* The slot of a job that has no grid, if nothing of it is on record that is still to be done. */
static void continue_other(struct world *world, size_t number, const struct schedule *schedule)
{
	const struct record_job *job = &world->record.jobs[number];
	struct book *book = &world->books[number];
	usec_t done = job->last_ended > job->accounted ? job->last_ended : job->accounted;

	book->cursor = USEC_INFINITY;
	if (schedule->kind != SCHEDULE_AFTER || job->n_rows > 0 || job->held != USEC_INFINITY)
		return;
	if (done > world->wall)
		done = world->wall;
	book->cursor = done + schedule->interval;
}

/* Where the slots of a job go on that is what it was. */
static void continue_slots(struct world *world, size_t number, const struct schedule *schedule)
{
	struct record_job *job = &world->record.jobs[number];
	struct book *book = &world->books[number];
	usec_t until = world->wall - schedule->delay;
	struct slots due = {0};

	check_forgotten(world, number);
	if (!schedule_is_grid(schedule)) {
		continue_other(world, number, schedule);
		return;
	}
	books_continue(world, number, schedule);
	record_unsettled(job, until, &due);
	slots_take_before(&due, usec_add(book->accounted, 1), NULL);
	if (due.n > 0)
		book->cursor = grid_after(schedule, slots_last(&due));
	slots_add_all(&book->open, &due);
	slots_done(&due);
}

/* What is on record as a run, or held, is open whenever that was. */
static void find_rows(const struct record_job *job, struct book *book)
{
	for (size_t i = 0; i < job->n_rows; i++)
		if (!job->rows[i].manual)
			slots_add(&book->open, (struct range){job->rows[i].slot, 1, 1});
	if (job->held != USEC_INFINITY)
		slots_add(&book->open, (struct range){job->held, 1, 1});
}

static void find_slots(struct world *world, size_t number, const struct job_plan *plan)
{
	struct record_job *job = &world->record.jobs[number];
	struct book *book = &world->books[number];

	slots_clear(&book->open);
	book->accounted = job->accounted;
	if (job->held != USEC_INFINITY && job->held > book->accounted)
		book->accounted = job->held;
	if (is_continued(job, plan)) {
		book->known = job->schedule;
		check_account(world, number);
		if (!grid_same_slots(&job->schedule, &plan->schedule))
			record_renew(job, &plan->schedule, job->accounted);
		continue_slots(world, number, &plan->schedule);
	} else {
		/* It has nothing to catch up. */
		book->since = world->wall;
		books_begin(world, number, &plan->schedule);
	}
	find_rows(job, book);
}

/* A success is expected within what is left of the span since the last one. */
static void find_expected(struct world *world, struct book *book, const struct record_job *job,
			  usec_t within)
{
	usec_t left = job->last_success + within - world->wall;

	if (within == 0 || job->last_success == 0 || left > within)
		return;
	book->expect_at = world->elapsed + (left > 0 ? left : 1);
}

static void find_facts(struct world *world, size_t number, const struct job_plan *plan)
{
	const struct record_job *job = &world->record.jobs[number];
	struct book *book = &world->books[number];
	struct job_facts facts = job->gone ? (struct job_facts){0} : job->truth;

	book->failures = facts.failures;
	book->told = facts.told;
	book->paused = facts.paused;
	book->until = facts.until;
	book->posted = job->truth;
	book->last_id = job->gone ? 0 : job->last_id;
	book->last_verdict = job->last_verdict;
	find_expected(world, book, job, plan->expect_within);
}

static void find_job(struct world *world, size_t number, const struct job_plan *plan)
{
	struct record_job *job = &world->record.jobs[number];

	if (!plan->present) {
		if (job->known)
			shell_bury(world, number);
		slots_clear(&world->books[number].open);
		return;
	}
	find_slots(world, number, plan);
	find_facts(world, number, plan);
	catchup_find(world, number, is_continued(job, plan));
	if (is_continued(job, plan) && !schedule_is_grid(&plan->schedule))
		books_due(world, number, REASON_DOWN);
}

void world_begin(struct world *world, const struct plan *plan)
{
	struct model *model = plan_model(plan);
	struct engine_load *load = NULL;
	struct past past;

	trace(world, "life %d begins", (int)++world->lives);
	world_pass(world, 1);
	world->ahead = world->wall - world->elapsed;
	world->first_id = world->last_id = world->newest_id = world->record.last_run;
	world->newest_streak = world->record.last_streak;
	if (!world->engine &&
	    engine_new(sizeof(struct job_tail), sizeof(struct run_tail), &world->engine) < 0)
		abort();
	books_load(world, plan);
	for (size_t i = 0; i < plan->n_jobs; i++)
		find_job(world, i, &plan->jobs[i]);
	books_event(world, SCHEDULE_ON_START);
	shell_past(world, &past);
	if (engine_prepare(world->engine, model, &past, &load) < 0)
		abort();
	model_unref(model);
	shell_forget_accepted(world);
	world_step(world, &(struct engine_event){.kind = ENGINE_LOAD, .load = load});
	shell_past_done(&past);
}

/* --- runs of lives before this one --- */

const struct row *lives_row(struct world *world, const struct engine_run *run)
{
	struct record_job *job = &world->record.jobs[job_number(run->def)];
	const struct row *row = record_find(job, run->id);

	if (world->event->kind != ENGINE_LOAD || world->loads > 1 || !row ||
	    row->slot != run->slot || row->attempt != run->attempt)
		world_fail(world, "run %d comes out of nowhere", (int)run->id);
	return row;
}

bool lives_had_accepted(const struct world *world, const struct engine_run *run)
{
	const struct record_job *job = &world->record.jobs[job_number(run->def)];

	for (size_t i = 0; world->loads == 1 && i < job->n_rows; i++)
		if (job->rows[i].state == ROW_ACCEPTED && !job->rows[i].manual &&
		    job->rows[i].slot == run->slot)
			return world->event->kind == ENGINE_LOAD;
	return false;
}

void lives_accepted(struct world *world, const struct engine_run *run)
{
	struct record_job *job = &world->record.jobs[job_number(run->def)];
	const struct row *row = record_find(job, run->id);

	if (world->event->kind != ENGINE_LOAD || world->loads > 1 || !row || !row->manual ||
	    row->state != ROW_ACCEPTED || row->slot != run->slot || run->attempt != 1)
		world_fail(world, "run %d was not asked for", (int)run->id);
}

void lives_adopt(struct world *world, const struct effect *effect)
{
	struct engine_run *run = effect->run;
	const struct row *row = lives_row(world, run);
	int group = group_number(run->def);

	if (row->state != ROW_STARTED || row->ends <= world->elapsed || effect->past->id != run->id)
		world_fail(world, "run %d is adopted, but it is no more", (int)run->id);
	world->backed_off += run->attempt > 1;
	if (group >= 0)
		world->group_running[group]++;
	world->n_accepted++;
	pool_adopt(world, run, row);
}

void lives_retry(struct world *world, const struct effect *effect)
{
	struct engine_run *run = effect->run;
	const struct row *row = lives_row(world, run);
	struct run_tail *tail = engine_run_tail(run);

	if (row->state != ROW_BACKOFF || effect->span != shell_wait(world, row))
		world_fail(world, "run %d waits for %lld instead of %lld", (int)run->id,
			   (long long)effect->span, (long long)shell_wait(world, row));
	*tail = (struct run_tail){
		.state = POOL_BETWEEN,
		.accepted = true,
		.attempts = row->attempt,
		.retry_at = world->elapsed + effect->span,
		.verdict = row->verdict,
		.last = row->result,
	};
	world->n_accepted++;
	world->backed_off++;
}

/* It is to be continued. */
void lives_put_off(struct world *world, struct engine_run *run)
{
	struct run_tail *tail = engine_run_tail(run);
	struct book *book = &world->books[job_number(run->def)];
	bool unwatched = tail->adopted && tail->state == POOL_BACK &&
			 tail->result.kind == RESULT_NOT_STARTED;
	bool between = tail->state == POOL_BETWEEN && tail->retry_at == 0;

	if (!world->stopping || !shell_records(world) || !(between || unwatched))
		world_fail(world, "run %d is put off, but it should not", (int)run->id);
	if (!run->manual && slots_take(&book->open, (struct range){run->slot, 1, 1}) == 0)
		world_fail(world, "run %d is put off without a slot", (int)run->id);
	books_run_ends(world, run);
	world->backed_off -= between || run->attempt > 1;
	if (unwatched) {
		pool_forget(world, run);
		if (group_number(run->def) >= 0)
			world->group_running[group_number(run->def)]--;
	}
}
