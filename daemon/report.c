/* See report.h. */
#include "report.h"

#include "base/log.h"
#include "calendar/duration.h"
#include "daemon.h"
#include "exec/run.h"
#include "pool/pool.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* More jobs than this are not listed one by one. */
#define REPORT_JOBS_MAX 500

/* A start this much after its time is worth a word. */
#define REPORT_LATE USEC_PER_SEC

/* Room for the facts of one run. */
#define FACTS_SIZE 256

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* A slot in local time, with as much of the second's fraction as it has. */
static const char *format_slot(usec_t slot, char buf[static CLOCK_TEXT_SIZE])
{
	int digits = slot % USEC_PER_SEC == 0 ? 0 : slot % USEC_PER_MSEC == 0 ? 3 : 6;

	return clock_format_local(slot, digits, buf);
}

/* How the main process came to its end: "exit status 3 after 1.2s". */
static void describe_end(const struct job *job, const struct run_result *result, char *buf,
			 size_t size)
{
	char span[DURATION_TEXT_SIZE];
	const char *name;

	(void)duration_format_short(result->ended - result->started, span);
	switch (result->kind) {
	case RESULT_EXITED:
		(void)snprintf(buf, size, "exit status %d after %s", result->code, span);
		break;
	case RESULT_SIGNALLED:
		name = sigabbrev_np(result->code);
		if (name)
			(void)snprintf(buf, size, "killed by SIG%s after %s", name, span);
		else
			(void)snprintf(buf, size, "killed by signal %d after %s", result->code,
				       span);
		break;
	case RESULT_SPAWN_FAILED:
		/* The program, not its arguments: those may hold secrets. */
		(void)snprintf(buf, size, "%s%s%s: %s", result->stage,
			       strcmp(result->stage, "exec") == 0 ? " " : "",
			       strcmp(result->stage, "exec") == 0
				       ? command_line_program(&job->command, job->settings)
				       : "",
			       strerrordesc_np(result->code));
		break;
	case RESULT_NOT_STARTED:
		(void)snprintf(buf, size, "not started");
		break;
	case RESULT_NO_RESOURCES:
		(void)snprintf(buf, size, "no thread to run it: %s", strerrordesc_np(result->code));
		break;
	}
}

/* What a run took, for whoever looks for it. */
static void report_usage(const struct engine_run *run, const struct run_result *result)
{
	char queued[DURATION_TEXT_SIZE];
	char cpu[DURATION_TEXT_SIZE];

	if (!log_enabled(LOG_LEVEL_DEBUG))
		return;
	log_job(LOG_LEVEL_DEBUG, run->def->name, run->id,
		"%s in the queue, %s of processor time, %ld KiB at its peak, %u left behind",
		duration_format_short(result->started - result->queued, queued),
		duration_format_short(result->cpu, cpu), result->max_rss, result->leftovers);
}

void report_ended(const struct engine_run *run, enum verdict verdict, enum reason reason,
		  const struct run_result *result)
{
	const struct verdict_info *info = verdict_info(verdict);
	enum log_level level = reason == REASON_NO_RESOURCES ? LOG_LEVEL_WARNING : info->level;
	char facts[FACTS_SIZE] = "not started";
	char span[DURATION_TEXT_SIZE];
	char late[DURATION_TEXT_SIZE + 32] = "";
	usec_t waited = 0;

	if (!log_enabled(level))
		return;
	if (result) {
		describe_end(run->def, result, facts, sizeof(facts));
		if (result->started > 0)
			waited = result->started - result->queued;
	}
	if (waited >= REPORT_LATE)
		(void)snprintf(late, sizeof(late), ", after %s in the queue",
			       duration_format_short(waited, span));

	if (verdict == VERDICT_OK && result)
		log_job(level, run->def->name, run->id, "%s in %s%s", info->name,
			duration_format_short(result->ended - result->started, span), late);
	else if (reason != REASON_NONE)
		log_job(level, run->def->name, run->id, "%s (%s): %s%s", info->name,
			reason_text(reason), facts, late);
	else
		log_job(level, run->def->name, run->id, "%s: %s%s", info->name, facts, late);
	if (result && result->ended > 0)
		report_usage(run, result);
}

/* For how long a run has been there: by the clock that is never set, once it is in the pool. */
static usec_t age_of(struct engine_run *er)
{
	const struct run_tail *tail = engine_run_tail(er);
	usec_t age = er->state == RUN_WAITING ? clock_wall() - er->accepted
					      : clock_elapsed() - tail->run.queued;

	return age > 0 ? age : 0;
}

/* The process of a live run of the job, for "still running as pid 812 for 1h4m". */
static void describe_live(struct engine_job *job, char *buf, size_t size)
{
	struct engine_run *er = job->runs;
	struct run_tail *tail;
	char span[DURATION_TEXT_SIZE];
	pid_t pid;

	buf[0] = '\0';
	if (!er)
		return;
	tail = engine_run_tail(er);
	pid = er->state == RUN_WAITING ? 0 : atomic_load(&tail->run.pid);
	(void)duration_format_short(age_of(er), span);
	if (er->state == RUN_WAITING)
		(void)snprintf(buf, size, " (run %" PRIu64 ", waiting for its group for %s)",
			       er->id, span);
	else if (pid > 0)
		(void)snprintf(buf, size, " (run %" PRIu64 ", pid %d, for %s)", er->id, (int)pid,
			       span);
	else
		(void)snprintf(buf, size, " (run %" PRIu64 ", queued for %s)", er->id, span);
}

void report_streak_begin(struct engine_job *job, const struct engine_streak *streak)
{
	const struct verdict_info *info = verdict_info(streak->verdict);
	char live[FACTS_SIZE];
	char slot[CLOCK_TEXT_SIZE];

	if (!log_enabled(info->level))
		return;
	describe_live(job, live, sizeof(live));
	log_job(info->level, job->def->name, 0, "%s the occurrence of %s: %s%s", info->name,
		format_slot(streak->first, slot), reason_text(streak->reason), live);
}

void report_streak_end(const struct engine_job *job, const struct engine_streak *streak)
{
	const struct verdict_info *info = verdict_info(streak->verdict);
	char first[CLOCK_TEXT_SIZE];
	char last[CLOCK_TEXT_SIZE];

	/* What is coalesced comes all at once, without a beginning. */
	if (streak->count < 2 && streak->verdict != VERDICT_COALESCED)
		return;
	log_job(info->level, job->def->name, 0, "%s %" PRIu64 " occurrence%s, %s to %s: %s",
		info->name, streak->count, plural(streak->count), format_slot(streak->first, first),
		format_slot(streak->last, last), reason_text(streak->reason));
}

void report_loaded(const struct daemon *daemon, const struct engine_diff *diff)
{
	if (!daemon->running) {
		log_msg(LOG_LEVEL_NOTICE, "everyd %s started: %zu job%s", EVERYD_VERSION,
			diff->added, plural(diff->added));
		return;
	}
	log_msg(LOG_LEVEL_NOTICE, "reload: %zu added, %zu changed, %zu removed, %zu unchanged",
		diff->added, diff->changed, diff->removed, diff->unchanged);
}

/* "340 ok, 3 failed": the verdicts that were given. */
static void describe_counters(const struct engine_counters *counters, char *buf, size_t size)
{
	size_t at = 0;

	(void)snprintf(buf, size, "no occurrence yet");
	for (enum verdict v = 0; v < VERDICT_COUNT; v++) {
		int n;

		if (counters->verdicts[v] == 0)
			continue;
		n = snprintf(buf + at, size - at, "%s%" PRIu64 " %s", at ? ", " : "",
			     counters->verdicts[v], verdict_info(v)->name);
		if (n < 0 || (size_t)n >= size - at)
			return;
		at += (size_t)n;
	}
}

void report_summary(const struct daemon *daemon)
{
	char span[DURATION_TEXT_SIZE];
	char counters[FACTS_SIZE];

	describe_counters(engine_counters(daemon->engine), counters, sizeof(counters));
	log_msg(LOG_LEVEL_NOTICE, "stopped after %s: %s",
		duration_format_short(clock_elapsed() - daemon->started, span), counters);
}

struct listing {
	usec_t now;
	size_t listed;
};

static bool list_run(void *ctx, struct engine_run *er)
{
	struct listing *listing = ctx;
	struct run_tail *tail = engine_run_tail(er);
	char span[DURATION_TEXT_SIZE];
	pid_t pid = er->state == RUN_WAITING ? 0 : atomic_load(&tail->run.pid);

	(void)duration_format_short(age_of(er), span);
	if (pid > 0)
		log_job(LOG_LEVEL_NOTICE, er->def->name, er->id, "running as pid %d, for %s",
			(int)pid, span);
	else
		log_job(LOG_LEVEL_NOTICE, er->def->name, er->id, "waiting %s, for %s",
			er->state == RUN_WAITING ? "for its group" : "for a worker", span);
	return ++listing->listed < REPORT_JOBS_MAX;
}

static bool list_job(void *ctx, struct engine_job *job)
{
	struct listing *listing = ctx;
	struct job_tail *tail = engine_job_tail(job);
	usec_t due = engine_job_due(job);
	char next[CLOCK_TEXT_SIZE];
	char in[DURATION_TEXT_SIZE];
	char took[DURATION_TEXT_SIZE];
	char at[CLOCK_TEXT_SIZE];

	(void)format_slot(due, next);
	(void)duration_format_short(due > listing->now ? due - listing->now : 0, in);
	if (tail->last_ended == 0)
		log_job(LOG_LEVEL_NOTICE, job->def->name, 0,
			"next %s (in %s), no run has ended yet", next, in);
	else
		log_job(LOG_LEVEL_NOTICE, job->def->name, 0,
			"next %s (in %s), last run %s at %s, took %s", next, in,
			verdict_info(tail->last_verdict)->name,
			clock_format_local(tail->last_ended, 0, at),
			duration_format_short(tail->last_msec * USEC_PER_MSEC, took));
	return ++listing->listed < REPORT_JOBS_MAX;
}

static void report_rest(const struct listing *listing, size_t all, const char *what)
{
	if (all > listing->listed)
		log_msg(LOG_LEVEL_NOTICE, "and %zu more %s", all - listing->listed, what);
}

static void list_groups(const struct daemon *daemon)
{
	const struct model *model = engine_model(daemon->engine);

	for (size_t i = 0; i < model->n_groups && i < REPORT_JOBS_MAX; i++)
		log_msg(LOG_LEVEL_NOTICE, "group %s: %zu of %u running", model->groups[i].name,
			engine_group_running(daemon->engine, model->groups[i].name),
			model->groups[i].limit);
}

void report_status(struct daemon *daemon)
{
	const struct model *model = engine_model(daemon->engine);
	struct listing listing = {.now = clock_wall()};
	struct pool_stats stats;
	char text[FACTS_SIZE];
	char span[DURATION_TEXT_SIZE];

	pool_stats(daemon->pool, &stats);
	report_headline(daemon, text, sizeof(text));
	log_msg(LOG_LEVEL_NOTICE, "status: %s", text);
	describe_counters(engine_counters(daemon->engine), text, sizeof(text));
	log_msg(LOG_LEVEL_NOTICE, "up for %s: %s",
		duration_format_short(clock_elapsed() - daemon->started, span), text);
	log_msg(LOG_LEVEL_NOTICE,
		"%" PRIu64 " runs started, %u of %u workers busy, %zu queued, "
		"%zu waiting for their group, %" PRIu64 " log lines dropped",
		engine_counters(daemon->engine)->started, stats.busy, model->daemon.workers,
		stats.queued, engine_waiting(daemon->engine), log_dropped());
	engine_each_run(daemon->engine, list_run, &listing);
	report_rest(&listing, engine_submitted(daemon->engine) + engine_waiting(daemon->engine),
		    "runs");
	list_groups(daemon);
	listing.listed = 0;
	engine_each_job(daemon->engine, list_job, &listing);
	report_rest(&listing, model->n_jobs, "jobs");
}

/* Coarse, because nobody wakes up to keep it exact: "in 4m", "within 1m". */
static void describe_next(struct daemon *daemon, char *buf, size_t size)
{
	struct engine_job *job;
	usec_t span = engine_next_due(daemon->engine, &job) - clock_wall();
	char text[DURATION_TEXT_SIZE];

	buf[0] = '\0';
	if (!job)
		return;
	if (span < USEC_PER_MIN)
		(void)snprintf(buf, size, ", next %s within 1m", job->def->name);
	else
		(void)snprintf(buf, size, ", next %s in %s", job->def->name,
			       duration_format_short(span - span % USEC_PER_MIN, text));
}

void report_headline(struct daemon *daemon, char *buf, size_t size)
{
	const struct model *model = engine_model(daemon->engine);
	char next[FACTS_SIZE];
	char waiting[64] = "";
	struct pool_stats stats;
	size_t queued;

	pool_stats(daemon->pool, &stats);
	queued = stats.queued + engine_waiting(daemon->engine);
	if (queued > 0)
		(void)snprintf(waiting, sizeof(waiting), ", %zu waiting", queued);
	describe_next(daemon, next, sizeof(next));
	(void)snprintf(buf, size, "%s%zu job%s, %u running%s%s%s%s",
		       daemon->stopping ? "stopping: " : "", model->n_jobs, plural(model->n_jobs),
		       stats.busy, waiting, daemon->stopping ? "" : next,
		       daemon->reload_error ? "; RELOAD FAILED, the previous configuration is in "
					      "force: "
					    : "",
		       daemon->reload_error ? daemon->reload_error : "");
}
