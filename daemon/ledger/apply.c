/* How each kind of posting is written; see store.h. */
#include "ledger/store.h"

#include "ledger/terms.h"

#include <stdlib.h>
#include <string.h>

static void bind_text(sqlite3_stmt *stmt, int i, const char *text)
{
	(void)sqlite3_bind_text(stmt, i, text && *text ? text : NULL, -1, SQLITE_STATIC);
}

/* NULL for one that is not known. */
static void bind_time(sqlite3_stmt *stmt, int i, usec_t time)
{
	if (time == 0 || time == USEC_INFINITY)
		(void)sqlite3_bind_null(stmt, i);
	else
		(void)sqlite3_bind_int64(stmt, i, time);
}

/* NULL for 0, which most of these are. */
static void bind_count(sqlite3_stmt *stmt, int i, uint64_t count)
{
	if (count == 0)
		(void)sqlite3_bind_null(stmt, i);
	else
		(void)sqlite3_bind_int64(stmt, i, (int64_t)count);
}

static void bind_run(struct store *store, sqlite3_stmt *stmt, const struct ledger_run *run)
{
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)run->id);
	(void)sqlite3_bind_int64(stmt, 2, store_job(store, run->job));
	(void)sqlite3_bind_int64(stmt, 3, run->slot);
	(void)sqlite3_bind_int64(stmt, 4, run->due);
	(void)sqlite3_bind_int64(stmt, 5, run->accepted);
	(void)sqlite3_bind_int(stmt, 6, run->asked);
}

/* --- jobs --- */

/* Makes room for the number of a job of the daemon. */
static bool reserve_number(struct store *store, uint32_t job)
{
	uint32_t n = job < UINT32_MAX / 2 ? job * 2 + 16 : UINT32_MAX;
	uint32_t *numbers;

	if (job < store->n_numbers)
		return true;
	numbers = reallocarray(store->numbers, n, sizeof(*numbers));
	if (!numbers)
		return false;
	memset(numbers + store->n_numbers, 0, (n - store->n_numbers) * sizeof(*numbers));
	store->numbers = numbers;
	store->n_numbers = n;
	return true;
}

uint32_t store_job(struct store *store, uint32_t job)
{
	if (!store->numbers)
		return job;
	if (!reserve_number(store, job))
		return 0;
	if (store->numbers[job] == 0)
		store->numbers[job] = ++store->last_number;
	return store->numbers[job];
}

/* A job that has a number in the database keeps it. */
static int find_number(struct store *store, const struct ledger_job *job)
{
	sqlite3_stmt *stmt = store_stmt(store, STORE_JOB_FIND);

	if (!store->numbers)
		return 0;
	if (!reserve_number(store, job->number))
		return SQLITE_NOMEM;
	(void)sqlite3_bind_text(stmt, 1, job->name, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		store->numbers[job->number] = (uint32_t)sqlite3_column_int64(stmt, 0);
	return store_reset(stmt);
}

static int apply_job(struct store *store, const struct posting *posting)
{
	const struct ledger_job *job = &posting->job;
	sqlite3_stmt *stmt = store_stmt(store, STORE_JOB);
	int rc = find_number(store, job);

	if (rc != SQLITE_OK)
		return rc;
	(void)sqlite3_bind_int64(stmt, 1, store_job(store, job->number));
	(void)sqlite3_bind_text(stmt, 2, job->name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(stmt, 3, job->schedule, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(stmt, 4, job->since);
	return store_run(stmt);
}

static int apply_job_gone(struct store *store, const struct posting *posting)
{
	sqlite3_stmt *stmt = store_stmt(store, STORE_JOB_GONE);

	(void)sqlite3_bind_int64(stmt, 1, store_job(store, posting->when.job));
	(void)sqlite3_bind_int64(stmt, 2, posting->when.at);
	return store_run(stmt);
}

static int apply_job_state(struct store *store, const struct posting *posting)
{
	const struct ledger_job_state *state = &posting->state;
	sqlite3_stmt *stmt = store_stmt(store, STORE_JOB_STATE);

	(void)sqlite3_bind_int64(stmt, 1, store_job(store, state->job));
	(void)sqlite3_bind_int64(stmt, 2, state->failures);
	(void)sqlite3_bind_int(stmt, 3, state->told);
	(void)sqlite3_bind_int(stmt, 4, state->paused);
	bind_time(stmt, 5, state->paused ? state->until : USEC_INFINITY);
	bind_text(stmt, 6, state->paused ? state->reason : NULL);
	return store_run(stmt);
}

static int apply_held(struct store *store, const struct posting *posting)
{
	sqlite3_stmt *stmt = store_stmt(store, STORE_HELD);

	(void)sqlite3_bind_int64(stmt, 1, store_job(store, posting->when.job));
	if (posting->when.at == USEC_INFINITY)
		(void)sqlite3_bind_null(stmt, 2);
	else
		(void)sqlite3_bind_int64(stmt, 2, posting->when.at);
	return store_run(stmt);
}

/* --- runs --- */

static int apply_accepted(struct store *store, const struct posting *posting)
{
	sqlite3_stmt *stmt = store_stmt(store, STORE_ACCEPTED);

	bind_run(store, stmt, &posting->intent.run);
	return store_run(stmt);
}

static int apply_intent(struct store *store, const struct posting *posting)
{
	sqlite3_stmt *stmt = store_stmt(store, STORE_INTENT);

	bind_run(store, stmt, &posting->intent.run);
	(void)sqlite3_bind_int(stmt, 7, (int)posting->intent.run.attempt);
	(void)sqlite3_bind_int64(stmt, 8, posting->intent.now);
	(void)sqlite3_bind_int64(stmt, 9, store->life);
	return store_run(stmt);
}

int store_process(struct store *store, uint64_t run, pid_t pid, long start, usec_t now)
{
	sqlite3_stmt *stmt = store_stmt(store, STORE_PROCESS);

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)run);
	(void)sqlite3_bind_int64(stmt, 2, now);
	(void)sqlite3_bind_int(stmt, 3, pid);
	bind_count(stmt, 4, (uint64_t)start);
	(void)sqlite3_bind_int64(stmt, 5, store->life);
	return store_run(stmt);
}

/* Wall time of an elapsed one. */
static void bind_elapsed(sqlite3_stmt *stmt, int i, usec_t elapsed, usec_t offset)
{
	bind_time(stmt, i, elapsed == 0 ? 0 : elapsed + offset);
}

static void bind_result(sqlite3_stmt *stmt, const struct run_result *result, usec_t offset)
{
	static const struct run_result none;
	const struct run_result *r = result ? result : &none;
	bool ran = result && result->started != 0;

	bind_elapsed(stmt, 11, r->queued, offset);
	bind_elapsed(stmt, 12, r->started, offset);
	bind_elapsed(stmt, 13, r->ended, offset);
	bind_text(stmt, 14, result ? terms_of_result(r->kind) : NULL);
	for (int i = 15; i <= 18; i++)
		(void)sqlite3_bind_null(stmt, i);
	if (result) {
		switch (r->kind) {
		case RESULT_EXITED:
		case RESULT_UNWANTED:
			(void)sqlite3_bind_int(stmt, 15, r->code);
			break;
		case RESULT_SIGNALLED:
			(void)sqlite3_bind_int(stmt, 16, r->code);
			break;
		case RESULT_SPAWN_FAILED:
			bind_text(stmt, 17, r->stage);
			(void)sqlite3_bind_int(stmt, 18, r->code);
			break;
		case RESULT_NO_RESOURCES:
			(void)sqlite3_bind_int(stmt, 18, r->code);
			break;
		case RESULT_NOT_STARTED:
		case RESULT_UNSEEN:
			break;
		}
	}
	if (ran && r->kind != RESULT_UNSEEN) {
		(void)sqlite3_bind_int64(stmt, 19, r->cpu);
		(void)sqlite3_bind_int64(stmt, 20, r->max_rss);
	} else {
		(void)sqlite3_bind_null(stmt, 19);
		(void)sqlite3_bind_null(stmt, 20);
	}
	bind_count(stmt, 21, r->printed);
	bind_count(stmt, 22, r->dropped);
	bind_count(stmt, 23, r->leftovers);
}

/* How many attempts were made: a run that is taken back has waited for one more. */
static unsigned attempts_of(const struct ledger_attempt *attempt)
{
	const struct run_result *result = attempt->result;
	bool made = result && (result->started != 0 || result->kind == RESULT_SPAWN_FAILED ||
			       result->kind == RESULT_UNSEEN);

	return made || attempt->run.attempt == 0 ? attempt->run.attempt : attempt->run.attempt - 1;
}

static int apply_output(struct store *store, const struct ledger_attempt *attempt)
{
	sqlite3_stmt *stmt = store_stmt(store, STORE_OUTPUT);

	if (attempt->head_len == 0 && attempt->tail_len == 0)
		return 0;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)attempt->run.id);
	(void)sqlite3_bind_blob64(stmt, 2, attempt->head, attempt->head_len, SQLITE_STATIC);
	(void)sqlite3_bind_blob64(stmt, 3, attempt->tail, attempt->tail_len, SQLITE_STATIC);
	return store_run(stmt);
}

/* The end of the run, or of an attempt after which another one follows. */
static int apply_end(struct store *store, const struct posting *posting)
{
	const struct ledger_attempt *attempt = &posting->end.attempt;
	const char *verdict = verdict_info(attempt->verdict)->name;
	bool last = posting->kind == POSTING_ENDED;
	sqlite3_stmt *stmt = store_stmt(store, STORE_END);
	bool here = attempt->pid != 0 && attempt->result && attempt->result->kind != RESULT_UNSEEN;
	int rc;

	bind_run(store, stmt, &attempt->run);
	bind_text(stmt, 7, last ? NULL : terms_of_state(PAST_BACKOFF));
	bind_text(stmt, 8, last ? verdict : NULL);
	bind_text(stmt, 9, reason_word(attempt->reason));
	(void)sqlite3_bind_int(stmt, 10, (int)(last ? attempts_of(attempt) : attempt->run.attempt));
	bind_result(stmt, attempt->result, attempt->elapsed_offset);
	bind_count(stmt, 24, (uint64_t)attempt->pid);
	bind_count(stmt, 25, here ? (uint64_t)store->life : 0);
	bind_time(stmt, 26, last ? 0 : attempt->next);
	bind_text(stmt, 27, last ? NULL : verdict);
	rc = store_run(stmt);
	return rc == SQLITE_OK && last ? apply_output(store, attempt) : rc;
}

static int forget(struct store *store, uint64_t run)
{
	sqlite3_stmt *stmt = store_stmt(store, STORE_FORGET);

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)run);
	return store_run(stmt);
}

static int apply_forget(struct store *store, const struct posting *posting)
{
	return forget(store, posting->forget);
}

/* --- the rest --- */

static int apply_streak(struct store *store, const struct posting *posting)
{
	const struct ledger_streak *streak = &posting->streak;
	sqlite3_stmt *stmt = store_stmt(store, STORE_STREAK);
	int rc = streak->unrun != 0 ? forget(store, streak->unrun) : SQLITE_OK;

	if (rc != SQLITE_OK)
		return rc;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)streak->id);
	(void)sqlite3_bind_int64(stmt, 2, store_job(store, streak->job));
	bind_text(stmt, 3, verdict_info(streak->verdict)->name);
	bind_text(stmt, 4, reason_word(streak->reason));
	(void)sqlite3_bind_int64(stmt, 5, (int64_t)streak->count);
	(void)sqlite3_bind_int64(stmt, 6, streak->first);
	(void)sqlite3_bind_int64(stmt, 7, streak->last);
	(void)sqlite3_bind_int64(stmt, 8, streak->at);
	return store_run(stmt);
}

static int apply_clock_stepped(struct store *store, const struct posting *posting)
{
	sqlite3_stmt *stmt = store_stmt(store, STORE_CLOCK_STEPPED);

	(void)sqlite3_bind_int64(stmt, 1, posting->clock.at);
	(void)sqlite3_bind_int64(stmt, 2, posting->clock.by);
	return store_run(stmt);
}

static int apply_life_end(struct store *store, const struct posting *posting)
{
	sqlite3_stmt *stmt = store_stmt(store, STORE_LIFE_END);

	(void)sqlite3_bind_int64(stmt, 1, store->life);
	(void)sqlite3_bind_int64(stmt, 2, posting->life_end);
	return store_run(stmt);
}

int store_apply(struct store *store, const struct posting *posting)
{
	static int (*const apply[POSTING_COUNT])(struct store * store,
						 const struct posting *posting) = {
		[POSTING_JOB] = apply_job,
		[POSTING_JOB_GONE] = apply_job_gone,
		[POSTING_JOB_STATE] = apply_job_state,
		[POSTING_HELD] = apply_held,
		[POSTING_ACCEPTED] = apply_accepted,
		[POSTING_INTENT] = apply_intent,
		[POSTING_RETRY] = apply_end,
		[POSTING_ENDED] = apply_end,
		[POSTING_FORGET] = apply_forget,
		[POSTING_STREAK] = apply_streak,
		[POSTING_CLOCK_STEPPED] = apply_clock_stepped,
		[POSTING_LIFE_END] = apply_life_end,
	};

	return apply[posting->kind](store, posting);
}
