/* See describe.h. */
#include "control/describe.h"

#include "base/values.h"
#include "calendar/schedule.h"

#include <string.h>

/* The engine hears of a start with the next thing that it hears, unless a hook waits for it. */
static bool is_running(const struct engine_run *run, const struct control_run_facts *facts)
{
	return run->state == RUN_STARTED || run->adopted ||
	       (run->state == RUN_SUBMITTED && facts->pid > 0);
}

struct job_doing describe_doing(const struct control_host *host, const struct engine_job *job)
{
	struct job_doing doing = {
		.waiting = (job->held != USEC_INFINITY) + (job->backlog != USEC_INFINITY),
	};

	for (const struct engine_run *run = job->runs; run; run = run->job_next) {
		struct control_run_facts facts = {.pid = 0};

		host->ops->run_facts(host->daemon, run, &facts);
		if (is_running(run, &facts))
			doing.running++;
		else
			doing.waiting++;
	}
	return doing;
}

usec_t describe_next(const struct engine_job *job)
{
	const struct schedule *schedule = &job->def->schedule;
	usec_t due = engine_job_due(job);

	if (!job->pause || due >= job->pause->until)
		return due;
	if (job->pause->until == USEC_INFINITY || !schedule_is_grid(schedule))
		return job->pause->until;
	return usec_add(schedule_next(schedule, job->pause->until - schedule->delay - 1),
			schedule->delay);
}

static const char *state_of(const struct engine_job *job, const struct job_doing *doing)
{
	return doing->running > 0   ? "running"
	       : job->pause         ? "paused"
	       : doing->waiting > 0 ? "waiting"
	       : job->failures > 0  ? "failing"
				    : "idle";
}

static json_t *describe_last(const struct control_job_facts *facts)
{
	bool unseen = facts->last_verdict == VERDICT_LOST && facts->last_took == 0;

	if (facts->last_ended == 0)
		return json_null();
	return json_pack("{ss so so}", "verdict", verdict_info(facts->last_verdict)->name, "ended",
			 value_time(facts->last_ended), "took",
			 unseen ? json_null() : value_span(facts->last_took));
}

static json_t *describe_pause(const struct engine_pause *pause)
{
	if (!pause)
		return json_null();
	return json_pack("{so so}", "until", value_time(pause->until), "reason",
			 value_filled(pause->reason));
}

json_t *describe_job(const struct control_host *host, const struct engine_job *job, bool open)
{
	const struct job_settings *settings = job->def->settings;
	struct job_doing doing = describe_doing(host, job);
	struct control_job_facts facts = {.number = 0};
	char schedule[SCHEDULE_DESCRIBE_SIZE];

	host->ops->job_facts(host->daemon, job, &facts);
	return json_pack("{so ss so so so so so si si sI sb so so so so}", "name",
			 value_text(job->def->name), "state", state_of(job, &doing), "schedule",
			 value_text(schedule_describe(&job->def->schedule, schedule)), "group",
			 value_text(settings->group ? settings->group->name : NULL), "user",
			 value_text(open ? NULL : settings->user), "next",
			 value_time(describe_next(job)), "pause", describe_pause(job->pause),
			 "running", (int)doing.running, "waiting", (int)doing.waiting, "failures",
			 (json_int_t)job->failures, "overdue", job->overdue, "held",
			 value_time(job->held), "backlog", value_time(job->backlog), "last",
			 describe_last(&facts), "last_success", value_past(facts.last_success));
}

const char *describe_run_state(const struct engine_run *run, const struct control_run_facts *facts)
{
	static const char *const words[RUN_STATE_COUNT] = {
		[RUN_FREE] = "ended",      [RUN_WAITING] = "waiting",  [RUN_SUBMITTED] = "queued",
		[RUN_STARTED] = "running", [RUN_BACKOFF] = "retrying",
	};

	return words[is_running(run, facts) ? RUN_STARTED : run->state];
}

/* --- ends --- */

static json_t *describe_code(const struct run_result *result, enum result_kind kind)
{
	return result && result->kind == kind ? json_integer(result->code) : json_null();
}

/* As a row of the ledger has it. */
static const char *stage_of(const struct run_result *result)
{
	return result && result->kind == RESULT_SPAWN_FAILED ? result->stage : NULL;
}

static int errno_of(const struct run_result *result)
{
	return result && (result->kind == RESULT_SPAWN_FAILED ||
			  result->kind == RESULT_NO_RESOURCES)
		       ? result->code
		       : 0;
}

json_t *describe_problem(const char *stage, int number)
{
	const char *error = number > 0 ? strerrordesc_np(number) : NULL;

	if (!error)
		return json_null();
	return stage ? value_textf("%s: %s", stage, error) : value_text(error);
}

json_t *describe_end(const struct effect *effect)
{
	const struct run_result *result = effect->result;
	usec_t took = result && result->ended > 0 ? result->ended - result->started : USEC_INFINITY;

	return json_pack(
		"{sI so ss so so so so so so so so}", "run", (json_int_t)effect->run->id, "job",
		value_text(effect->run->def->name), "verdict", verdict_info(effect->verdict)->name,
		"reason", value_filled(reason_word(effect->reason)), "because",
		value_filled(reason_text(effect->reason)), "exit",
		describe_code(result, RESULT_EXITED), "signal",
		describe_code(result, RESULT_SIGNALLED), "stage", value_text(stage_of(result)),
		"errno", errno_of(result) > 0 ? json_integer(errno_of(result)) : json_null(),
		"problem", describe_problem(stage_of(result), errno_of(result)), "took",
		value_span(took));
}

json_t *describe_streak(const struct engine_streak *streak)
{
	return json_pack("{ss so so sI so so}", "verdict", verdict_info(streak->verdict)->name,
			 "reason", value_filled(reason_word(streak->reason)), "because",
			 value_filled(reason_text(streak->reason)), "count",
			 (json_int_t)streak->count, "first", value_time(streak->first), "last",
			 value_time(streak->last));
}
