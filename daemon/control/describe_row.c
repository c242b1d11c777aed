/* See describe_row.h. */
#include "control/describe_row.h"

#include "base/values.h"
#include "control/describe.h"

#include <string.h>

struct search {
	uint64_t id;
	const struct engine_run *found;
};

static bool is_it(void *ctx, struct engine_run *run)
{
	struct search *search = ctx;

	if (engine_run_is_notice(run))
		return false;
	if (run->id == search->id)
		search->found = run;
	return !search->found;
}

const struct engine_run *find_live(const struct control_host *host, uint64_t id)
{
	struct search search = {.id = id};

	engine_each_run(host->engine, is_it, &search);
	return search.found;
}

void look_at_live(const struct control_host *host, const struct engine_run *live,
		  struct live_facts *ret_facts)
{
	struct control_run_facts facts = {.pid = 0};

	host->ops->run_facts(host->daemon, live, &facts);
	*ret_facts = (struct live_facts){
		.state = describe_run_state(live, &facts),
		.manual = live->manual,
		.retrying = live->state == RUN_BACKOFF,
		.attempts = live->attempt,
		.run = facts,
	};
}

struct reader_row row_of_live(const struct engine_run *live)
{
	return (struct reader_row){
		.job = live->def->name,
		.id = live->id,
		.slot = live->slot,
		.first = live->slot,
		.count = 1,
		.state = READER_ACCEPTED,
		.due = usec_add(live->slot, live->def->schedule.delay),
		.accepted = live->accepted,
		.exit = -1,
		.cpu = -1,
		.memory = -1,
	};
}

static const char *state_of(const struct reader_row *row, const struct live_facts *live)
{
	static const char *const on_record[] = {
		[READER_ENDED] = "ended",
		[READER_ACCEPTED] = "queued",
		[READER_STARTED] = "running",
		[READER_BACKOFF] = "retrying",
	};

	return live ? live->state : on_record[row->state];
}

static json_t *positive(int64_t number)
{
	return number > 0 ? json_integer(number) : json_null();
}

json_t *describe_row(const struct reader_row *row, const struct live_facts *live)
{
	bool ended = row->state == READER_ENDED && !live;
	bool run = !row->is_streak;
	usec_t took =
		row->ended > 0 && row->started > 0 ? row->ended - row->started : USEC_INFINITY;

	return json_pack(
		"{so so so ss so so so so so sI so sb so so so so so so so so so so so so so so "
		"so so so so}",
		"run", run ? json_integer((json_int_t)row->id) : json_null(), "streak",
		run ? json_null() : json_integer((json_int_t)row->id), "job",
		value_filled(row->job), "state", state_of(row, live), "verdict",
		ended ? value_text(verdict_info(row->verdict)->name) : json_null(), "reason",
		ended ? value_filled(reason_word(row->reason)) : json_null(), "because",
		ended ? value_filled(reason_text(row->reason)) : json_null(), "slot",
		value_time(row->slot), "first", value_time(row->first), "count",
		(json_int_t)row->count, "due", value_past(row->due), "manual",
		(live ? live->manual : row->manual) ? 1 : 0, "attempts",
		run ? json_integer(live ? live->attempts : row->attempts) : json_null(), "accepted",
		value_past(row->accepted), "started",
		value_past(live && live->run.started > 0 ? live->run.started : row->started),
		"ended", ended ? value_past(row->ended) : json_null(), "took",
		ended ? value_span(took) : json_null(), "age",
		live ? value_span(live->run.age) : json_null(), "retry_in",
		live && live->retrying ? value_span(live->run.wait) : json_null(), "pid",
		positive(live ? live->run.pid : row->pid), "exit",
		row->has_result && row->exit >= 0 ? json_integer(row->exit) : json_null(), "signal",
		positive(row->signal), "stage", value_text(row->stage), "errno",
		positive(row->error), "problem", describe_problem(row->stage, row->error), "cpu",
		row->cpu >= 0 ? value_span(row->cpu) : json_null(), "memory",
		row->memory >= 0 ? json_integer((json_int_t)row->memory * 1024) : json_null(),
		"printed", run ? json_integer((json_int_t)row->printed) : json_null(), "dropped",
		run ? json_integer((json_int_t)row->dropped) : json_null(), "leftovers",
		run ? json_integer((json_int_t)row->leftovers) : json_null());
}

json_t *describe_live(const struct control_host *host, const struct engine_run *live)
{
	const struct reader_row row = row_of_live(live);
	struct live_facts facts;

	look_at_live(host, live, &facts);
	return describe_row(&row, &facts);
}
