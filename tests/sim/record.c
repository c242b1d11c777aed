/* See record.h. */
#include "record.h"

#include "grids.h"

#include <stdlib.h>
#include <string.h>

void record_init(struct record *record, size_t n_jobs)
{
	*record = (struct record){.n_jobs = n_jobs, .group = 1};
	record->jobs = calloc(n_jobs, sizeof(*record->jobs));
	if (!record->jobs)
		abort();
	for (size_t i = 0; i < n_jobs; i++) {
		record->jobs[i].held = USEC_INFINITY;
		record->jobs[i].again = INT64_MIN;
		record->jobs[i].accounted = INT64_MIN;
	}
}

void record_done(struct record *record)
{
	for (size_t i = 0; i < record->n_jobs; i++) {
		free(record->jobs[i].rows);
		slots_done(&record->jobs[i].open);
		slots_done(&record->jobs[i].started);
	}
	free(record->jobs);
	free(record->postings);
}

void record_post(struct record *record, const struct posting *posting)
{
	if (record->n == record->capacity) {
		record->capacity = 2 * record->capacity + 64;
		record->postings =
			realloc(record->postings, record->capacity * sizeof(*record->postings));
		if (!record->postings)
			abort();
	}
	record->postings[record->n] = *posting;
	record->postings[record->n++].group = record->group;
}

void record_flush(struct record *record)
{
	record->group++;
}

struct row *record_find(struct record_job *job, uint64_t id)
{
	for (size_t i = 0; i < job->n_rows; i++)
		if (job->rows[i].id == id)
			return &job->rows[i];
	return NULL;
}

static void account_for(struct record_job *job, const struct row *row)
{
	if (row->slot > job->accounted && !row->manual)
		job->accounted = row->slot;
}

static void put_row(struct record *record, struct record_job *job, const struct row *row)
{
	struct row *known = record_find(job, row->id);
	size_t i;

	if (row->id > record->last_run)
		record->last_run = row->id;
	account_for(job, row);
	if (known) {
		*known = *row;
		return;
	}
	if (job->n_rows == job->capacity) {
		job->capacity = 2 * job->capacity + 4;
		job->rows = realloc(job->rows, job->capacity * sizeof(*job->rows));
		if (!job->rows)
			abort();
	}
	for (i = job->n_rows++; i > 0 && job->rows[i - 1].id > row->id; i--)
		job->rows[i] = job->rows[i - 1];
	job->rows[i] = *row;
}

static void drop_row(struct record_job *job, uint64_t id)
{
	struct row *row = record_find(job, id);

	if (!row)
		return;
	memmove(row, row + 1, (size_t)(job->rows + job->n_rows - row - 1) * sizeof(*row));
	job->n_rows--;
}

static void grow_streak(struct record *record, struct record_job *job,
			const struct engine_streak *streak)
{
	uint64_t before = streak->id == job->streak ? job->streak_count : 0;

	job->streak = streak->id;
	job->streak_count = streak->count;
	job->verdicts += streak->count - before;
	if (streak->last > job->accounted)
		job->accounted = streak->last;
	if (streak->id > record->last_streak)
		record->last_streak = streak->id;
}

static void end_row(struct record_job *job, const struct posting *posting)
{
	const struct row *row = &posting->row;

	drop_row(job, row->id);
	job->verdicts++;
	job->last_id = row->id;
	job->last_verdict = row->verdict;
	job->last_ended = posting->at;
	if (row->verdict == VERDICT_OK)
		job->last_success = posting->at;
	account_for(job, row);
}

/* All before this one are open, or were settled. */
static void reach(struct record_job *job, usec_t end)
{
	const struct schedule *schedule = &job->schedule;

	if (!job->known || end <= job->cursor)
		return;
	grid_add(schedule, job->cursor - 1, end - 1, &job->open);
	job->cursor = grid_after(schedule, end - 1);
}

static void know(struct record_job *job, const struct posting *posting)
{
	const struct schedule *schedule = &posting->schedule;

	job->known = true;
	job->gone = false;
	job->schedule = *schedule;
	/* What is on record may be from a time that is still to come. */
	if (job->accounted >= posting->at && job->accounted >= job->again)
		job->again = job->accounted + 1;
	if (posting->at > job->accounted)
		job->accounted = posting->at;
	job->cursor = grid_after(schedule, posting->at);
}

void record_renew(struct record_job *job, const struct schedule *schedule, usec_t at)
{
	struct slots stay = {0};

	slots_take_before(&job->open, usec_add(at, 1), &stay);
	slots_clear(&job->open);
	slots_add_all(&job->open, &stay);
	slots_done(&stay);
	job->schedule = *schedule;
	job->cursor = grid_after(schedule, at);
}

static void apply(struct record *record, const struct posting *posting)
{
	struct record_job *job = &record->jobs[posting->job];

	switch (posting->kind) {
	case POST_KNOWN:
		know(job, posting);
		break;
	case POST_GONE:
		job->gone = true;
		job->held = USEC_INFINITY;
		break;
	case POST_STATE:
		job->facts = posting->facts;
		break;
	case POST_HELD:
		job->held = posting->at;
		break;
	case POST_ACCEPTED:
	case POST_RETRY:
		put_row(record, job, &posting->row);
		break;
	case POST_ENDED:
		end_row(job, posting);
		break;
	case POST_STREAK:
		grow_streak(record, job, &posting->streak);
		drop_row(job, posting->row.id);
		break;
	case POST_FORGET:
		drop_row(job, posting->row.id);
		break;
	case POST_DROPPED:
		reach(job, range_last(&posting->range) + 1);
		slots_take(&job->open, posting->range);
		break;
	case POST_OPEN:
		slots_add(&job->open, (struct range){posting->at, 1, 1});
		break;
	case POST_BY_HAND:
		job->settled++;
		break;
	case POST_SETTLED:
		reach(job, posting->at <= range_last(&posting->range)
				   ? posting->at
				   : range_last(&posting->range) + 1);
		slots_take(&job->open, posting->range);
		job->settled += posting->range.count;
		break;
	case POST_TRUTH:
		job->truth = posting->facts;
		break;
	}
}

void record_commit(struct record *record, uint64_t before)
{
	size_t done = 0;

	while (done < record->n && record->postings[done].group < before)
		apply(record, &record->postings[done++]);
	if (done > 0)
		memmove(record->postings, record->postings + done,
			(record->n - done) * sizeof(*record->postings));
	record->n -= done;
}

void record_lose(struct record *record)
{
	record->n = 0;
}

void record_intend(struct record *record, size_t job, const struct row *row)
{
	record_flush(record);
	record_commit(record, UINT64_MAX);
	put_row(record, &record->jobs[job], row);
}

void record_unsettled(const struct record_job *job, usec_t until, struct slots *ret_slots)
{
	slots_add_all(ret_slots, &job->open);
	if (until >= job->cursor)
		grid_add(&job->schedule, job->cursor - 1, until, ret_slots);
}
