/* See report.h. Here: what happens. */
#include "report.h"

#include "base/log.h"
#include "calendar/duration.h"
#include "daemon.h"
#include "exec/run.h"
#include "spans.h"
#include "words.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A start this much after its time is worth a word. */
#define REPORT_LATE USEC_PER_SEC

/* Room for the facts of one run. */
#define FACTS_SIZE 256

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
	case RESULT_NO_RESOURCES:
	case RESULT_UNWANTED:
		(void)snprintf(buf, size, "not started");
		break;
	case RESULT_UNSEEN:
		(void)snprintf(buf, size, "ended unseen%s%s", result->ended > 0 ? " after " : "",
			       result->ended > 0 ? span : "");
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

/* ", at the 3rd attempt"; nothing of the first one. */
static const char *describe_attempt(const struct engine_run *run, const struct run_result *result,
				    char *buf, size_t size)
{
	static const char *const endings[] = {"th", "st", "nd", "rd"};
	unsigned n = result ? words_attempt(run, result) : 1;
	unsigned last = n % 10;

	if (last > 3 || n / 10 % 10 == 1)
		last = 0;
	buf[0] = '\0';
	if (n > 1)
		(void)snprintf(buf, size, ", at the %u%s attempt", n, endings[last]);
	return buf;
}

/* Why there is no further attempt; nothing if there would have been none. */
static const char *describe_giving_up(enum verdict verdict, enum reason reason, char *buf,
				      size_t size)
{
	bool failed = verdict == VERDICT_FAILED || verdict == VERDICT_TIMEOUT;

	buf[0] = '\0';
	if (failed && reason != REASON_NONE && reason != REASON_MEMORY)
		(void)snprintf(buf, size, "; not tried again: %s", reason_text(reason));
	return buf;
}

/* By what became of a run. */
static const enum log_message end_messages[VERDICT_COUNT] = {
	[VERDICT_OK] = LOG_MESSAGE_RUN_ENDED,        [VERDICT_FAILED] = LOG_MESSAGE_RUN_FAILED,
	[VERDICT_TIMEOUT] = LOG_MESSAGE_RUN_TIMEOUT, [VERDICT_KILLED] = LOG_MESSAGE_RUN_KILLED,
	[VERDICT_LOST] = LOG_MESSAGE_RUN_LOST,       [VERDICT_SKIPPED] = LOG_MESSAGE_NOT_RUN,
	[VERDICT_COALESCED] = LOG_MESSAGE_NOT_RUN,   [VERDICT_MISSED] = LOG_MESSAGE_NOT_RUN,
	[VERDICT_PAUSED] = LOG_MESSAGE_NOT_RUN,      [VERDICT_REFUSED] = LOG_MESSAGE_NOT_RUN,
	[VERDICT_CANCELLED] = LOG_MESSAGE_NOT_RUN,
};

static struct log_about about_run(const struct engine_run *run, enum log_message message)
{
	return (struct log_about){
		.message = message,
		.job = run->def->name,
		.run = run->id,
		.slot = run->slot == USEC_INFINITY ? 0 : run->slot,
	};
}

static struct log_about about_job(const struct engine_job *job, enum log_message message)
{
	return (struct log_about){.message = message, .job = job->def->name};
}

static struct log_about about_streak(const struct engine_job *job,
				     const struct engine_streak *streak)
{
	return (struct log_about){
		.message = LOG_MESSAGE_NOT_RUN,
		.job = job->def->name,
		.slot = streak->first,
		.verdict = verdict_info(streak->verdict)->name,
		.reason = reason_word(streak->reason),
	};
}

void report_ended(const struct engine_run *run, enum verdict verdict, enum reason reason,
		  const struct run_result *result)
{
	const struct verdict_info *info = verdict_info(verdict);
	char facts[FACTS_SIZE] = "not started";
	char attempt[64];
	char end[128];
	char span[DURATION_TEXT_SIZE];
	char late[DURATION_TEXT_SIZE + 32] = "";
	struct log_about about;
	usec_t waited = 0;

	if (!log_enabled(info->level))
		return;
	about = about_run(run, end_messages[verdict]);
	about.verdict = info->name;
	if (reason != REASON_NONE)
		about.reason = reason_word(reason);
	if (result) {
		describe_end(run->def, result, facts, sizeof(facts));
		if (result->started > 0)
			waited = result->started - result->queued;
	}
	if (waited >= REPORT_LATE)
		(void)snprintf(late, sizeof(late), ", after %s in the queue",
			       duration_format_short(waited, span));
	(void)describe_attempt(run, result, attempt, sizeof(attempt));
	(void)describe_giving_up(verdict, reason, end, sizeof(end));

	if (verdict == VERDICT_OK && result)
		log_about(info->level, &about, "%s in %s%s%s", info->name,
			  duration_format_short(result->ended - result->started, span), attempt,
			  late);
	else if (reason != REASON_NONE && !end[0])
		log_about(info->level, &about, "%s (%s): %s%s%s", info->name, reason_text(reason),
			  facts, attempt, late);
	else
		log_about(info->level, &about, "%s: %s%s%s%s", info->name, facts, attempt, late,
			  end);
	if (result && result->ended > 0)
		report_usage(run, result);
}

void report_retry(const struct engine_run *run, enum verdict verdict, enum reason reason,
		  const struct run_result *result, usec_t span)
{
	char facts[FACTS_SIZE];
	char why[64] = "";
	char text[DURATION_TEXT_SIZE];
	struct log_about about;

	describe_end(run->def, result, facts, sizeof(facts));
	if (reason != REASON_NONE)
		(void)snprintf(why, sizeof(why), " (%s)", reason_text(reason));
	about = about_run(run, LOG_MESSAGE_RUN_RETRY);
	about.verdict = verdict_info(verdict)->name;
	if (reason != REASON_NONE)
		about.reason = reason_word(reason);
	log_about(LOG_LEVEL_NOTICE, &about, "attempt %u of %u %s%s: %s; the next in %s",
		  run->attempt, run->job->def->settings->retries + 1,
		  verdict == VERDICT_TIMEOUT ? "timed out" : "failed", why, facts,
		  duration_format_short(span, text));
	if (result->ended > 0)
		report_usage(run, result);
}

void report_retry_restored(const struct engine_run *run, usec_t span)
{
	char text[DURATION_TEXT_SIZE];

	log_job(LOG_LEVEL_NOTICE, run->def->name, run->id,
		"goes on after the restart: attempt %u of %u %s%s", run->attempt + 1,
		run->job->def->settings->retries + 1, span > 0 ? "in " : "now",
		span > 0 ? duration_format_short(span, text) : "");
}

void report_put_off(const struct engine_run *run)
{
	log_job(LOG_LEVEL_NOTICE, run->def->name, run->id,
		"everyd stops: attempt %u of %u is made after its next start", run->attempt + 1,
		run->job->def->settings->retries + 1);
}

void report_adopted(const struct engine_run *run, pid_t pid)
{
	struct log_about about = about_run(run, LOG_MESSAGE_RUN_ADOPTED);

	log_about(
		LOG_LEVEL_NOTICE, &about,
		"still runs as pid %d, from before the restart: it is watched, but its output and "
		"its exit status cannot be had",
		(int)pid);
}

void report_paused(const struct engine_job *job)
{
	struct log_about about = about_job(job, LOG_MESSAGE_PAUSED);
	const struct engine_pause *pause = job->pause;
	char until[CLOCK_TEXT_SIZE];

	log_about(LOG_LEVEL_NOTICE, &about, "paused %s%s%s%s",
		  pause->until == USEC_INFINITY ? "until it is resumed" : "until ",
		  pause->until == USEC_INFINITY ? "" : words_slot(pause->until, until),
		  pause->reason[0] ? ": " : "", pause->reason);
}

void report_resumed(const struct engine_job *job)
{
	struct log_about about = about_job(job, LOG_MESSAGE_RESUMED);

	log_about(LOG_LEVEL_NOTICE, &about, "resumed");
}

void report_notice_dropped(const struct engine_run *run, enum reason reason,
			   const struct run_result *result)
{
	struct log_about about = about_run(run, LOG_MESSAGE_UNTOLD);
	char told[WORDS_NOTICE_SIZE];
	const char *why = reason_text(reason);

	if (run->job->drops > 1)
		return;
	if (reason == REASON_HELD)
		why = "another one of the job takes its turn";
	else if (reason == REASON_NO_RESOURCES)
		why = strerrordesc_np(result->code);
	log_about(LOG_LEVEL_WARNING, &about, "nobody is told (%s): %s",
		  words_notice(&run->notice, told), why);
}

void report_drops_end(const struct engine_job *job)
{
	uint64_t more = job->drops - 1;

	log_job(LOG_LEVEL_WARNING, job->def->name, 0, "%" PRIu64 " more %s not told", more,
		more == 1 ? "was" : "were");
}

void report_overdue(const struct engine_job *job)
{
	struct log_about about = about_job(job, LOG_MESSAGE_OVERDUE);
	char span[DURATION_TEXT_SIZE];

	log_about(LOG_LEVEL_WARNING, &about, "overdue: no success for %s",
		  duration_format(job->def->settings->expect_within, span));
}

/* A live run of the job, for "(run 12, pid 812, for 1h4m)". */
static void describe_live(struct engine_job *job, char *buf, size_t size)
{
	struct engine_run *er = job->runs;
	char span[DURATION_TEXT_SIZE];
	pid_t pid;

	buf[0] = '\0';
	if (!er)
		return;
	pid = words_pid(er);
	(void)duration_format_short(words_age(er), span);
	if (er->state == RUN_WAITING)
		(void)snprintf(buf, size, " (run %" PRIu64 ", waiting for its group for %s)",
			       er->id, span);
	else if (er->state == RUN_BACKOFF)
		(void)snprintf(buf, size, " (run %" PRIu64 ", waiting %s for attempt %u)", er->id,
			       duration_format_short(spans_left(er), span), er->attempt + 1);
	else if (pid > 0)
		(void)snprintf(buf, size, " (run %" PRIu64 ", pid %d, for %s)", er->id, (int)pid,
			       span);
	else
		(void)snprintf(buf, size, " (run %" PRIu64 ", queued for %s)", er->id, span);
}

/* That the queue is full has been said at a higher level. */
static enum log_level streak_level(const struct engine_streak *streak)
{
	return streak->reason == REASON_NO_RESOURCES ? LOG_LEVEL_WARNING
						     : verdict_info(streak->verdict)->level;
}

/* Is it to be told? What waits while its job is paused goes on waiting after the next start. */
static bool has_line(struct daemon *daemon, const struct engine_job *job,
		     const struct engine_streak *streak)
{
	uint64_t *lines = &daemon->streaks.lines[streak->verdict];

	if (!log_enabled(streak_level(streak)) || (streak->reason == REASON_STOPPING && job->pause))
		return false;
	if (++*lines <= REPORT_STREAKS_MAX)
		return true;
	daemon->streaks.full = true;
	return false;
}

void report_step_done(struct daemon *daemon)
{
	struct report_streaks *streaks = &daemon->streaks;

	for (enum verdict v = 0; streaks->full && v < VERDICT_COUNT; v++)
		if (streaks->lines[v] > REPORT_STREAKS_MAX)
			log_msg(verdict_info(v)->level,
				"%" PRIu64 " more lines of occurrences that are %s are left out%s",
				streaks->lines[v] - REPORT_STREAKS_MAX, verdict_info(v)->name,
				daemon->records ? "; the ledger has them all" : "");
	*streaks = (struct report_streaks){0};
}

void report_streak_begin(struct daemon *daemon, struct engine_job *job,
			 const struct engine_streak *streak, const struct run_result *result)
{
	struct log_about about = about_streak(job, streak);
	enum log_level level = streak_level(streak);
	char more[FACTS_SIZE] = "";
	char slot[CLOCK_TEXT_SIZE];

	if (!has_line(daemon, job, streak))
		return;
	if (streak->reason == REASON_NO_RESOURCES)
		(void)snprintf(more, sizeof(more), " (%s)", strerrordesc_np(result->code));
	else if (streak->reason != REASON_CONDITION)
		describe_live(job, more, sizeof(more));
	log_about(level, &about, "%s the occurrence of %s: %s%s",
		  verdict_info(streak->verdict)->name, words_slot(streak->first, slot),
		  reason_text(streak->reason), more);
}

void report_streak_end(struct daemon *daemon, const struct engine_job *job,
		       const struct engine_streak *streak)
{
	struct log_about about = about_streak(job, streak);
	bool had_beginning =
		streak->verdict != VERDICT_COALESCED && streak->verdict != VERDICT_MISSED;
	enum log_level level = streak_level(streak);
	const char *verdict = verdict_info(streak->verdict)->name;
	char first[CLOCK_TEXT_SIZE];
	char last[CLOCK_TEXT_SIZE];

	if ((had_beginning && streak->count == 1) || !has_line(daemon, job, streak))
		return;
	if (streak->count == 1)
		log_about(level, &about, "%s the occurrence of %s: %s", verdict,
			  words_slot(streak->first, first), reason_text(streak->reason));
	else
		log_about(level, &about, "%s %" PRIu64 " occurrences, %s to %s: %s", verdict,
			  streak->count, words_slot(streak->first, first),
			  words_slot(streak->last, last), reason_text(streak->reason));
}

void report_loaded(const struct daemon *daemon, const struct engine_diff *diff)
{
	if (!daemon->running) {
		log_about(LOG_LEVEL_NOTICE, &(struct log_about){.message = LOG_MESSAGE_STARTED},
			  "everyd %s started: %zu job%s", EVERYD_VERSION, diff->added,
			  words_plural(diff->added));
		return;
	}
	log_about(LOG_LEVEL_NOTICE, &(struct log_about){.message = LOG_MESSAGE_RELOADED},
		  "reload: %zu added, %zu changed, %zu removed, %zu unchanged", diff->added,
		  diff->changed, diff->removed, diff->unchanged);
}
