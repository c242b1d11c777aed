/* See metrics.h. */
#include "control/metrics.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* A job that has metrics of its own. They are kept by name: a page is in that order, and to sort
   for each would take longer than all else of it. */
struct row {
	const char *name; /* the row's own, behind it */
	const struct engine_job *job;
	struct metrics_tally tally;
	uint64_t streak; /* so many of the streak that it has are counted */
};

static int compare(const void *a, const void *b)
{
	const struct row *x = a;
	const struct row *y = b;

	return strcmp(x->name, y->name);
}

/* NULL: it has none. */
static struct row *find(const struct metrics *metrics, const struct engine_job *job)
{
	struct row key = {.name = job->def->name};
	struct row **found = tfind(&key, &metrics->rows, compare);

	return found && (*found)->job == job ? *found : NULL;
}

static void drop(struct metrics *metrics, struct row *row)
{
	(void)tdelete(row, &metrics->rows, compare);
	metrics->n_rows--;
	free(row);
}

void metrics_done(struct metrics *metrics)
{
	tdestroy(metrics->rows, free);
	*metrics = (struct metrics){.n_rows = 0};
}

/* --- who has a row --- */

static void give(struct metrics *metrics, const struct engine_job *job)
{
	size_t size = strlen(job->def->name) + 1;
	struct row *row = malloc(sizeof(*row) + size);
	struct row **found;

	if (!row)
		return;
	*row = (struct row){.name = memcpy(row + 1, job->def->name, size), .job = job};
	/* Of a streak that has begun before, the part that was counted with the others stays
	   there. */
	row->streak = job->streak.count;
	found = tsearch(row, &metrics->rows, compare);
	if (!found || *found != row)
		free(row);
	else
		metrics->n_rows++;
}

void metrics_configure(struct metrics *metrics, const struct control_host *host)
{
	const struct model *model = engine_model(host->engine);
	size_t rows_max = model->daemon.metrics_jobs;

	/* Rather than choose who is to lose theirs: all begin anew, which counters may. */
	if (metrics->n_rows > rows_max) {
		tdestroy(metrics->rows, free);
		metrics->rows = NULL;
		metrics->n_rows = 0;
	}
	for (size_t i = 0; i < model->n_jobs && metrics->n_rows < rows_max; i++)
		give(metrics, engine_nth_job(host->engine, i));
}

/* --- counting --- */

static void count_result(struct metrics *metrics, const struct engine_run *run,
			 const struct run_result *result)
{
	struct metrics_histogram *late = metrics->totals.late;
	bool has_condition = command_line_is_set(&run->def->settings->only_if);

	if (result->taken == 0)
		return;
	metrics_add_late(&late[PART_QUEUE], result->taken - result->queued);
	if (result->spawned > 0 && !has_condition)
		metrics_add_late(&late[PART_SPAWN], result->spawned - result->taken);
}

static void count_end(struct metrics *metrics, const struct effect *effect)
{
	const struct run_result *result = effect->result;
	struct row *row = find(metrics, effect->run->job);

	if (row)
		row->tally.verdicts[effect->verdict]++;
	if (!result || result->started == 0)
		return;
	metrics->totals.tally.runs++;
	metrics->totals.tally.took += result->ended - result->started;
	metrics_add_took(&metrics->totals.took, result->ended - result->started);
	if (row) {
		row->tally.runs++;
		row->tally.took += result->ended - result->started;
	}
}

static void count_streak(struct metrics *metrics, const struct effect *effect)
{
	struct row *row = find(metrics, effect->job);

	if (!row)
		return;
	row->tally.verdicts[effect->streak->verdict] += effect->streak->count - row->streak;
	row->streak = effect->streak->count;
}

static void end_streak(struct metrics *metrics, const struct effect *effect)
{
	struct row *row = find(metrics, effect->job);

	if (row)
		row->streak = 0;
}

void metrics_effect(struct metrics *metrics, const struct effect *effect)
{
	struct row *row;

	switch (effect->kind) {
	case EFFECT_ENDED:
		count_end(metrics, effect);
		if (effect->result)
			count_result(metrics, effect->run, effect->result);
		break;
	case EFFECT_RETRY:
		if (effect->result)
			count_result(metrics, effect->run, effect->result);
		break;
	case EFFECT_NOT_RUN:
		count_streak(metrics, effect);
		break;
	case EFFECT_STREAK_END:
		end_streak(metrics, effect);
		break;
	case EFFECT_LOADED:
		metrics->totals.loads++;
		break;
	case EFFECT_JOB_FREE:
		row = find(metrics, effect->job);
		if (row)
			drop(metrics, row);
		break;
	default:
		break;
	}
}

void metrics_late(struct metrics *metrics, usec_t late)
{
	metrics_add_late(&metrics->totals.late[PART_LOOP], late);
}

/* --- a page --- */

struct gathering {
	const struct row **rows;
	size_t n;
};

static void gather(const void *node, VISIT which, void *closure)
{
	struct gathering *gathering = closure;

	if (which == postorder || which == leaf)
		gathering->rows[gathering->n++] = *(const struct row *const *)node;
}

/* The rows by name; to be freed. NULL: out of memory. */
static const struct row **list(const struct metrics *metrics)
{
	struct gathering gathering = {.rows = malloc((metrics->n_rows + 1) * sizeof(void *))};

	if (gathering.rows)
		twalk_r(metrics->rows, gather, &gathering);
	return gathering.rows;
}

/* What is in the first, and not in the second. */
static void subtract(struct metrics_tally *tally, const struct metrics_tally *part)
{
	for (size_t i = 0; i < VERDICT_COUNT; i++)
		tally->verdicts[i] -= part->verdicts[i];
	tally->runs -= part->runs;
	tally->took -= part->took;
}

static void describe(struct metrics_page *page, const struct control_host *host)
{
	const struct engine_counters *counters = engine_counters(host->engine);
	const struct model *model = engine_model(host->engine);
	struct control_facts facts = {.config_path = ""};
	struct engine_job *job;

	host->ops->facts(host->daemon, &facts);
	page->started = facts.started;
	page->loaded = facts.loaded;
	page->next_due = engine_next_due(host->engine, &job);
	page->jobs = model->n_jobs;
	page->workers = facts.workers;
	page->busy = facts.busy;
	page->queued = facts.queued;
	page->waiting = engine_waiting(host->engine);
	page->queue = model->daemon.queue;
	page->started_runs = counters->started;
	page->retries = counters->retries;
	page->notices = counters->notices;
	page->notices_dropped = counters->notices_dropped;
	page->ledger_waiting = facts.ledger_waiting;
	page->ledger_dropped = facts.ledger_dropped;
	page->log_dropped = facts.log_dropped;
	page->has_ledger = facts.has_ledger;
	page->ledger_ok = !facts.ledger[0];
	page->load_ok = !facts.reload_error;
	page->stopping = facts.stopping;
	memcpy(page->totals.tally.verdicts, counters->verdicts, sizeof(counters->verdicts));
}

static struct metrics_job describe_job(const struct row *row, const struct control_host *host,
				       size_t name)
{
	struct control_job_facts facts;

	host->ops->job_facts(host->daemon, row->job, &facts);
	return (struct metrics_job){
		.name = name,
		.tally = row->tally,
		.running = row->job->live,
		.failures = row->job->failures,
		.paused = row->job->pause,
		.next = row->job->next,
		.last_ended = facts.last_ended,
		.last_took = facts.last_took,
		.last_success = facts.last_success,
	};
}

struct metrics_page *metrics_page_new(const struct metrics *metrics,
				      const struct control_host *host)
{
	_cleanup_free_ const struct row **rows = list(metrics);
	_cleanup_(cleanup_metrics_page) struct metrics_page *page = NULL;
	size_t size = 1;
	size_t at = 0;

	page = rows ? calloc(1, sizeof(*page) + metrics->n_rows * sizeof(page->rows[0])) : NULL;
	if (!page)
		return NULL;
	for (size_t i = 0; i < metrics->n_rows; i++)
		size += strlen(rows[i]->name) + 1;
	page->names = malloc(size);
	if (!page->names)
		return NULL;
	page->totals = metrics->totals;
	describe(page, host);
	page->others = page->totals.tally;
	page->n_rows = metrics->n_rows;
	for (size_t i = 0; i < metrics->n_rows; i++) {
		page->rows[i] = describe_job(rows[i], host, at);
		subtract(&page->others, &rows[i]->tally);
		at += (size_t)(stpcpy(page->names + at, rows[i]->name) - (page->names + at)) + 1;
	}
	return steal_ptr(page);
}
