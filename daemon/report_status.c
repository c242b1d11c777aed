/* See report.h. Here: what is asked for. */
#include "report.h"

#include "base/log.h"
#include "calendar/duration.h"
#include "daemon.h"
#include "loading.h"
#include "pool/pool.h"
#include "records.h"
#include "spans.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>

/* More jobs, or runs, than this are not listed one by one. */
#define REPORT_JOBS_MAX 500

#define COUNTERS_SIZE 256
#define NEXT_SIZE     (MODEL_NAME_MAX + 56)
#define NEEDS_SIZE    256
#define DUE_SIZE      (CLOCK_TEXT_SIZE + DURATION_TEXT_SIZE + 16)

#define LEDGER_TROUBLE_SIZE 600

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
	char counters[COUNTERS_SIZE];

	describe_counters(engine_counters(daemon->engine), counters, sizeof(counters));
	log_about(LOG_LEVEL_NOTICE, &(struct log_about){.message = LOG_MESSAGE_STOPPED},
		  "stopped after %s: %s",
		  duration_format_short(clock_elapsed() - daemon->started, span), counters);
}

struct listing {
	usec_t now;
	size_t listed;
};

/* What a notice is for: "run 17", "a missed occurrence". */
static void list_notice(struct engine_run *er)
{
	const struct run_tail *tail = engine_run_tail(er);
	char told[WORDS_NOTICE_SIZE];
	char span[DURATION_TEXT_SIZE];
	pid_t pid = tail->in_pool ? atomic_load(&tail->run.pid) : 0;
	const char *state = pid > 0 ? "telling" : "about to tell";

	(void)words_notice(&er->notice, told);
	(void)duration_format_short(words_age(er), span);
	log_job(LOG_LEVEL_NOTICE, er->job->def->name, er->id, "%s: %s, for %s", state, told, span);
}

static bool list_run(void *ctx, struct engine_run *er)
{
	struct listing *listing = ctx;
	char span[DURATION_TEXT_SIZE];
	pid_t pid = words_pid(er);

	if (++listing->listed > REPORT_JOBS_MAX)
		return true;
	(void)duration_format_short(words_age(er), span);
	if (er->place == PLACE_NOTICE)
		list_notice(er);
	else if (er->state == RUN_BACKOFF)
		log_job(LOG_LEVEL_NOTICE, er->def->name, er->id, "waits %s for attempt %u",
			duration_format_short(spans_left(er), span), er->attempt + 1);
	else if (pid > 0)
		log_job(LOG_LEVEL_NOTICE, er->def->name, er->id, "running as pid %d, for %s",
			(int)pid, span);
	else
		log_job(LOG_LEVEL_NOTICE, er->def->name, er->id, "waiting %s, for %s",
			er->state == RUN_WAITING ? "for its group" : "for a worker", span);
	return true;
}

/* "next 2026-03-01 06:00:00 (in 4m), "; nothing of a job that waits for something else than a time.
 */
static const char *describe_due(const struct engine_job *job, usec_t now, char *buf, size_t size)
{
	usec_t due = engine_job_due(job);
	char next[CLOCK_TEXT_SIZE];
	char in[DURATION_TEXT_SIZE];

	buf[0] = '\0';
	if (due != USEC_INFINITY && !job->pause)
		(void)snprintf(buf, size, "next %s (in %s), ", words_slot(due, next),
			       duration_format_short(due > now ? due - now : 0, in));
	return buf;
}

static bool list_job(void *ctx, struct engine_job *job)
{
	struct listing *listing = ctx;
	struct job_tail *tail = engine_job_tail(job);
	char schedule[SCHEDULE_DESCRIBE_SIZE];
	char next[DUE_SIZE];
	char took[DURATION_TEXT_SIZE];
	char at[CLOCK_TEXT_SIZE];

	if (job->pause)
		report_paused(job);
	(void)schedule_describe(&job->def->schedule, schedule);
	(void)describe_due(job, listing->now, next, sizeof(next));
	if (tail->last_ended == 0)
		log_job(LOG_LEVEL_NOTICE, job->def->name, 0, "%s: %sno run has ended yet", schedule,
			next);
	else
		log_job(LOG_LEVEL_NOTICE, job->def->name, 0, "%s: %slast run %s at %s, took %s",
			schedule, next, verdict_info(tail->last_verdict)->name,
			clock_format_local(tail->last_ended, 0, at),
			duration_format_short(tail->last_msec * USEC_PER_MSEC, took));
	return ++listing->listed < REPORT_JOBS_MAX;
}

static void report_rest(size_t all, const char *what)
{
	if (all > REPORT_JOBS_MAX)
		log_msg(LOG_LEVEL_NOTICE, "and %zu more %s", all - REPORT_JOBS_MAX, what);
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
	const struct engine_counters *counters = engine_counters(daemon->engine);
	const struct model *model = engine_model(daemon->engine);
	struct listing listing = {.now = clock_wall()};
	struct pool_stats stats;
	char headline[REPORT_HEADLINE_SIZE];
	char text[COUNTERS_SIZE];
	char span[DURATION_TEXT_SIZE];

	pool_stats(daemon->pool, &stats);
	needs_update(&daemon->needs, model, daemon->runs);
	report_headline(daemon, headline, sizeof(headline));
	log_msg(LOG_LEVEL_NOTICE, "status: %s", headline);
	describe_counters(counters, text, sizeof(text));
	log_msg(LOG_LEVEL_NOTICE, "up for %s: %s",
		duration_format_short(clock_elapsed() - daemon->started, span), text);
	log_msg(LOG_LEVEL_NOTICE,
		"%" PRIu64 " runs started, %u of %u workers busy, %zu queued, "
		"%zu waiting for their group, %" PRIu64 " log lines dropped",
		counters->started, stats.busy, model->daemon.workers, stats.queued,
		engine_waiting(daemon->engine), log_dropped());
	if (counters->retries + counters->notices + counters->notices_dropped > 0)
		log_msg(LOG_LEVEL_NOTICE,
			"%" PRIu64 " further attempts; told by hooks or mail: %" PRIu64
			", not told: %" PRIu64,
			counters->retries, counters->notices, counters->notices_dropped);
	engine_each_run(daemon->engine, list_run, &listing);
	report_rest(listing.listed, "runs");
	list_groups(daemon);
	listing.listed = 0;
	engine_each_job(daemon->engine, list_job, &listing);
	report_rest(model->n_jobs, "jobs");
}

/* Coarse, because nobody wakes up to keep it exact: "in 4m", "within 1m". A paused job comes first
   with the end of its pause. */
static void describe_next(struct daemon *daemon, char *buf, size_t size)
{
	struct engine_job *job;
	usec_t span = engine_next_due(daemon->engine, &job) - clock_wall();
	char text[DURATION_TEXT_SIZE];
	const char *what;

	buf[0] = '\0';
	if (!job)
		return;
	what = job->pause ? " resumes" : "";
	if (span < USEC_PER_MIN)
		(void)snprintf(buf, size, ", next %s%s within 1m", job->def->name, what);
	else
		(void)snprintf(buf, size, ", next %s%s in %s", job->def->name, what,
			       duration_format_short(span - span % USEC_PER_MIN, text));
}

void report_headline(struct daemon *daemon, char *buf, size_t size)
{
	const struct model *model = engine_model(daemon->engine);
	char next[NEXT_SIZE];
	char waiting[64] = "";
	char needs[NEEDS_SIZE];
	char ledger[LEDGER_TROUBLE_SIZE];
	struct pool_stats stats;
	size_t queued;

	pool_stats(daemon->pool, &stats);
	queued = stats.queued + engine_waiting(daemon->engine);
	if (queued > 0)
		(void)snprintf(waiting, sizeof(waiting), ", %zu waiting", queued);
	describe_next(daemon, next, sizeof(next));
	needs_describe(&daemon->needs, needs, sizeof(needs));
	records_describe(daemon, ledger, sizeof(ledger));
	(void)snprintf(buf, size, "%s%zu job%s, %u running%s%s%s%s%s%s%s%s%s",
		       daemon->stopping ? "stopping: " : "", model->n_jobs,
		       words_plural(model->n_jobs), stats.busy, waiting,
		       daemon->stopping ? "" : next,
		       loader_is_busy(daemon->loader) ? "; reading the configuration" : "",
		       daemon->reload_error ? "; RELOAD FAILED, the previous configuration is in "
					      "force: "
					    : "",
		       daemon->reload_error ? daemon->reload_error : "", ledger[0] ? "; " : "",
		       ledger, needs[0] ? "; " : "", needs);
}
