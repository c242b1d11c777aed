/* See recall.h. */
#include "ledger/recall.h"

#include "ledger/terms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char sizes_sql[] =
	"SELECT count(*), sum(length(CAST(name AS BLOB)) + 1"
	" + coalesce(length(CAST(schedule AS BLOB)) + 1, 0)"
	" + coalesce(length(CAST(pause_reason AS BLOB)) + 1, 1)) FROM job";

static const char jobs_sql[] =
	"SELECT number, name, schedule, floor, held, failures, told, paused, until, pause_reason,"
	" last_run, last_verdict, last_ended, last_success FROM job ORDER BY name";

static const char runs_sql[] =
	"SELECT id, job, slot, verdict, ended, accepted, manual, started FROM run ORDER BY id";

static const char open_sql[] =
	"SELECT r.slot, r.state, r.attempts, r.pid, r.start, r.started, l.boot, r.failed, r.reason,"
	" r.result, r.exit, r.signal, r.stage, r.error, r.queued, r.ended, r.cpu, r.memory,"
	" r.printed, r.dropped, r.leftovers, r.next, r.manual"
	" FROM run r LEFT JOIN life l ON l.id = r.life WHERE r.id = ?1";

static const char streaks_sql[] = "SELECT id, job, last, at FROM streak ORDER BY id";

static const char highest_sql[] =
	"SELECT (SELECT number FROM highest WHERE kind = 'run'),"
	" (SELECT number FROM highest WHERE kind = 'streak'),"
	" (SELECT number FROM highest WHERE kind = 'job')";
/* clang-format on */

/* An open run that was met. */
struct found {
	uint64_t id;
	size_t job; /* index */
};

struct reader {
	struct store *store;
	struct prune *prune;
	usec_t now;
	usec_t offset;
	struct past past;
	char *texts;     /* where the next one goes ... */
	char *end;       /* ... and where there is no more room */
	uint32_t *index; /* of a job by its number, and 1; 0: there is none */
	size_t n_index;
	struct found *found;
	size_t n_found;
	size_t found_size;
};

static void reader_done(struct reader *reader)
{
	free(reader->index);
	free(reader->found);
}

/* Calls row() for each row of it. */
static int each(struct reader *reader, const char *sql,
		int (*row)(struct reader *reader, sqlite3_stmt *stmt))
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(reader->store->db, sql, -1, &stmt, NULL);
	int row_rc = SQLITE_OK;

	if (rc != SQLITE_OK)
		return rc;
	while (row_rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		row_rc = row(reader, stmt);
	rc = sqlite3_finalize(stmt);
	return rc != SQLITE_OK ? rc : row_rc;
}

/* --- jobs --- */

/* Makes the block of the jobs, with the texts behind them. */
static int on_sizes(struct reader *reader, sqlite3_stmt *stmt)
{
	size_t n = (size_t)sqlite3_column_int64(stmt, 0);
	size_t texts = (size_t)sqlite3_column_int64(stmt, 1);
	char *block;

	if (n == 0)
		return SQLITE_OK;
	block = calloc(1, n * sizeof(*reader->past.jobs) + texts);
	if (!block)
		return SQLITE_NOMEM;
	reader->past.jobs = (struct past_job *)(void *)block;
	reader->texts = block + n * sizeof(*reader->past.jobs);
	reader->end = reader->texts + texts;
	return SQLITE_OK;
}

/* A copy of a column; NULL for NULL. */
static int copy_text(struct reader *reader, sqlite3_stmt *stmt, int i, const char **ret_text)
{
	const char *text = (const char *)sqlite3_column_text(stmt, i);
	size_t size = text ? strlen(text) + 1 : 0;

	if (!text) {
		*ret_text = NULL;
		return sqlite3_column_type(stmt, i) == SQLITE_NULL ? SQLITE_OK : SQLITE_NOMEM;
	}
	if (size > (size_t)(reader->end - reader->texts))
		return SQLITE_CORRUPT;
	*ret_text = memcpy(reader->texts, text, size);
	reader->texts += size;
	return SQLITE_OK;
}

static int copy_texts(struct reader *reader, sqlite3_stmt *stmt, struct past_job *job)
{
	int rc = copy_text(reader, stmt, 1, &job->name);

	if (rc == SQLITE_OK)
		rc = copy_text(reader, stmt, 2, &job->schedule);
	if (rc == SQLITE_OK)
		rc = copy_text(reader, stmt, 9, &job->reason);
	if (!job->reason)
		job->reason = "";
	return rc;
}

/* NULL is infinity. */
static usec_t column_instant(sqlite3_stmt *stmt, int i)
{
	return sqlite3_column_type(stmt, i) == SQLITE_NULL ? USEC_INFINITY
							   : sqlite3_column_int64(stmt, i);
}

static int on_job(struct reader *reader, sqlite3_stmt *stmt)
{
	struct past_job *job = &reader->past.jobs[reader->past.n_jobs];
	int rc;

	rc = copy_texts(reader, stmt, job);
	if (rc != SQLITE_OK)
		return rc;
	reader->past.n_jobs++;
	job->number = (uint32_t)sqlite3_column_int64(stmt, 0);
	job->accounted = sqlite3_column_int64(stmt, 3);
	job->held = column_instant(stmt, 4);
	job->failures = (uint32_t)sqlite3_column_int64(stmt, 5);
	job->told = sqlite3_column_int(stmt, 6) != 0;
	job->paused = sqlite3_column_int(stmt, 7) != 0;
	job->until = column_instant(stmt, 8);
	job->last_id = (uint64_t)sqlite3_column_int64(stmt, 10);
	(void)terms_find_verdict((const char *)sqlite3_column_text(stmt, 11), &job->last_verdict);
	job->last_ended = sqlite3_column_int64(stmt, 12);
	job->last_success = sqlite3_column_int64(stmt, 13);
	if (job->number > reader->past.last_job)
		reader->past.last_job = job->number;
	return SQLITE_OK;
}

static int index_jobs(struct reader *reader)
{
	reader->n_index = (size_t)reader->past.last_job + 1;
	reader->index = calloc(reader->n_index, sizeof(*reader->index));
	if (!reader->index)
		return SQLITE_NOMEM;
	for (size_t i = 0; i < reader->past.n_jobs; i++)
		reader->index[reader->past.jobs[i].number] = (uint32_t)i + 1;
	return SQLITE_OK;
}

static struct past_job *job_of(struct reader *reader, int64_t number)
{
	if (number < 0 || (uint64_t)number >= reader->n_index || reader->index[number] == 0)
		return NULL;
	return &reader->past.jobs[reader->index[number] - 1];
}

/* --- runs --- */

static int find_open(struct reader *reader, uint64_t id, const struct past_job *job)
{
	size_t size = reader->found_size ? reader->found_size * 2 : 64;
	struct found *found;

	if (reader->n_found == reader->found_size) {
		found = reallocarray(reader->found, size, sizeof(*found));
		if (!found)
			return SQLITE_NOMEM;
		reader->found = found;
		reader->found_size = size;
	}
	reader->found[reader->n_found++] = (struct found){id, (size_t)(job - reader->past.jobs)};
	return SQLITE_OK;
}

static int on_run(struct reader *reader, sqlite3_stmt *stmt)
{
	uint64_t id = (uint64_t)sqlite3_column_int64(stmt, 0);
	int64_t number = sqlite3_column_int64(stmt, 1);
	usec_t slot = sqlite3_column_int64(stmt, 2);
	const char *word = (const char *)sqlite3_column_text(stmt, 3);
	usec_t ended = sqlite3_column_int64(stmt, 4);
	usec_t started = sqlite3_column_int64(stmt, 7);
	struct past_job *job = job_of(reader, number);
	enum verdict verdict = VERDICT_CANCELLED;

	if (id > reader->past.last_run)
		reader->past.last_run = id;
	if (word)
		prune_count(reader->prune, PRUNE_RUNS, (uint32_t)number,
			    ended ? ended : sqlite3_column_int64(stmt, 5));
	if (!job)
		return SQLITE_OK;
	if (slot > job->accounted && sqlite3_column_int(stmt, 6) == ASKED_BY_SCHEDULE)
		job->accounted = slot;
	if (!word)
		return find_open(reader, id, job);
	(void)terms_find_verdict(word, &verdict);
	if (verdict > VERDICT_LOST)
		return SQLITE_OK;
	if (id > job->last_id) {
		job->last_id = id;
		job->last_verdict = verdict;
	}
	/* Of one that could not be started, or whose end nobody saw, there is only that. */
	if (ended == 0)
		ended = started > 0 ? started : sqlite3_column_int64(stmt, 5);
	if (ended > job->last_ended) {
		job->last_ended = ended;
		job->last_took = started > 0 ? ended - started : 0;
	}
	if (verdict == VERDICT_OK && ended > job->last_success)
		job->last_success = ended;
	return SQLITE_OK;
}

static int on_streak(struct reader *reader, sqlite3_stmt *stmt)
{
	uint64_t id = (uint64_t)sqlite3_column_int64(stmt, 0);
	int64_t number = sqlite3_column_int64(stmt, 1);
	usec_t last = sqlite3_column_int64(stmt, 2);
	struct past_job *job = job_of(reader, number);

	if (id > reader->past.last_streak)
		reader->past.last_streak = id;
	prune_count_streak(reader->prune, id, (uint32_t)number, sqlite3_column_int64(stmt, 3));
	if (job && last > job->accounted)
		job->accounted = last;
	return SQLITE_OK;
}

static int on_highest(struct reader *reader, sqlite3_stmt *stmt)
{
	uint64_t run = (uint64_t)sqlite3_column_int64(stmt, 0);
	uint64_t streak = (uint64_t)sqlite3_column_int64(stmt, 1);
	uint32_t job = (uint32_t)sqlite3_column_int64(stmt, 2);
	struct past *past = &reader->past;

	if (run > past->last_run)
		past->last_run = run;
	if (streak > past->last_streak)
		past->last_streak = streak;
	if (job > past->last_job)
		past->last_job = job;
	return SQLITE_OK;
}

/* --- those that are open --- */

/* By job, then by number. */
static int compare_found(const void *a, const void *b)
{
	const struct found *x = a;
	const struct found *y = b;

	if (x->job != y->job)
		return x->job < y->job ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* What was elapsed time is told as that of this boot, which may have begun since: what counts is
   how far one is from the other. */
static void read_times(struct reader *reader, sqlite3_stmt *stmt, struct run_result *result)
{
	usec_t queued = sqlite3_column_int64(stmt, 14);
	usec_t started = sqlite3_column_int64(stmt, 5);
	usec_t ended = sqlite3_column_int64(stmt, 15);
	usec_t first = queued ? queued : started;
	usec_t offset = reader->offset;

	if (first - offset < 1)
		offset = first - 1;
	result->queued = queued ? queued - offset : 0;
	result->started = ended && started ? started - offset : 0;
	result->ended = ended ? ended - offset : 0;
}

static void read_backoff(struct reader *reader, sqlite3_stmt *stmt, struct past_run *run)
{
	struct run_result *result = &run->result;
	enum reason reason = REASON_NONE;
	usec_t next = sqlite3_column_int64(stmt, 21);

	run->verdict = VERDICT_FAILED;
	(void)terms_find_verdict((const char *)sqlite3_column_text(stmt, 7), &run->verdict);
	(void)terms_find_reason((const char *)sqlite3_column_text(stmt, 8), &reason);
	run->wait = next > reader->now ? next - reader->now : 0;
	result->kind = RESULT_UNSEEN;
	(void)terms_find_result((const char *)sqlite3_column_text(stmt, 9), &result->kind);
	if (result->kind == RESULT_SPAWN_FAILED)
		result->stage = terms_find_stage((const char *)sqlite3_column_text(stmt, 12));
	/* Of these three one is there at most, if any. */
	result->code = sqlite3_column_int(stmt, 10) | sqlite3_column_int(stmt, 11) |
		       sqlite3_column_int(stmt, 13);
	result->timed_out = run->verdict == VERDICT_TIMEOUT;
	result->cancelled = run->verdict == VERDICT_KILLED;
	result->out_of_memory = reason == REASON_MEMORY;
	read_times(reader, stmt, result);
	result->cpu = sqlite3_column_int64(stmt, 16);
	result->max_rss = (long)sqlite3_column_int64(stmt, 17);
	result->printed = (uint64_t)sqlite3_column_int64(stmt, 18);
	result->dropped = (uint64_t)sqlite3_column_int64(stmt, 19);
	result->leftovers = (unsigned)sqlite3_column_int64(stmt, 20);
}

static void read_open(struct reader *reader, sqlite3_stmt *stmt, struct past_run *run)
{
	const char *boot = (const char *)sqlite3_column_text(stmt, 6);

	run->slot = sqlite3_column_int64(stmt, 0);
	run->state = PAST_STARTED;
	(void)terms_find_state((const char *)sqlite3_column_text(stmt, 1), &run->state);
	run->attempt = (unsigned)sqlite3_column_int(stmt, 2);
	run->manual = sqlite3_column_int(stmt, 22) != ASKED_BY_SCHEDULE;
	run->own_environment = sqlite3_column_int(stmt, 22) == ASKED_WITH_ENVIRONMENT;
	if (run->state == PAST_STARTED) {
		run->pid = sqlite3_column_int(stmt, 3);
		run->start = (long)sqlite3_column_int64(stmt, 4);
		run->started = sqlite3_column_int64(stmt, 5);
		(void)snprintf(run->boot, sizeof(run->boot), "%s", boot ? boot : "");
	} else if (run->state == PAST_BACKOFF) {
		read_backoff(reader, stmt, run);
	}
}

/* In one array, of which each job has a part. */
static int read_runs(struct reader *reader)
{
	struct past_run *runs = NULL;
	sqlite3_stmt *stmt;
	int rc;

	if (reader->n_found == 0)
		return SQLITE_OK;
	runs = calloc(reader->n_found, sizeof(*runs));
	if (!runs)
		return SQLITE_NOMEM;
	qsort(reader->found, reader->n_found, sizeof(*reader->found), compare_found);
	for (size_t i = 0; i < reader->n_found; i++) {
		struct past_job *job = &reader->past.jobs[reader->found[i].job];

		if (!job->runs)
			job->runs = &runs[i];
		job->n_runs++;
		runs[i].id = reader->found[i].id;
	}
	rc = sqlite3_prepare_v2(reader->store->db, open_sql, -1, &stmt, NULL);
	for (size_t i = 0; rc == SQLITE_OK && i < reader->n_found; i++) {
		(void)sqlite3_bind_int64(stmt, 1, (int64_t)runs[i].id);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			read_open(reader, stmt, &runs[i]);
		rc = sqlite3_reset(stmt);
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}

static int read_all(struct reader *reader)
{
	int rc = each(reader, sizes_sql, on_sizes);

	if (rc == SQLITE_OK && reader->past.jobs)
		rc = each(reader, jobs_sql, on_job);
	if (rc == SQLITE_OK)
		rc = index_jobs(reader);
	if (rc == SQLITE_OK)
		rc = each(reader, runs_sql, on_run);
	if (rc == SQLITE_OK)
		rc = each(reader, streaks_sql, on_streak);
	if (rc == SQLITE_OK)
		rc = each(reader, highest_sql, on_highest);
	return rc == SQLITE_OK ? read_runs(reader) : rc;
}

int recall(struct store *store, usec_t now, usec_t offset, struct prune *prune,
	   struct past *ret_past)
{
	_cleanup_(reader_done) struct reader reader = {
		.store = store, .prune = prune, .now = now, .offset = offset};
	int rc = sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		return rc;
	prune_clear(prune);
	rc = read_all(&reader);
	(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		past_done(&reader.past);
		return rc;
	}
	*ret_past = reader.past;
	return 0;
}

/* The first job that has runs has the beginning of the array. */
void past_done(struct past *past)
{
	for (size_t i = 0; i < past->n_jobs; i++) {
		if (past->jobs[i].runs) {
			free(past->jobs[i].runs);
			break;
		}
	}
	free(past->jobs);
	*past = (struct past){0};
}
