/* See checkup.h. */
#include "ctl/checkup.h"

#include "ctl/field.h"
#include "ctl/when.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Jobs that are named; the others are counted. */
#define NAMES_MAX 5

const char *checkup_name(enum checkup_level level)
{
	static const char *const names[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

	return names[level];
}

static void _printf_(3, 4)
	add(char text[static CHECKUP_TEXT_SIZE], const char *between, const char *format, ...)
{
	size_t used = strlen(text);
	va_list ap;

	if (used > 0)
		used += (size_t)snprintf(text + used, CHECKUP_TEXT_SIZE - used, "%s", between);
	if (used >= CHECKUP_TEXT_SIZE)
		return;
	va_start(ap, format);
	(void)vsnprintf(text + used, CHECKUP_TEXT_SIZE - used, format, ap);
	va_end(ap);
}

/* Says it if it holds. Call it for the worst first. */
#define note(checkup, holds, how_bad, ...)                                                         \
	do {                                                                                       \
		if (!(holds))                                                                      \
			break;                                                                     \
		if ((checkup)->level < (how_bad))                                                  \
			(checkup)->level = (how_bad);                                              \
		add((checkup)->text, "; ", __VA_ARGS__);                                           \
	} while (0)

/* Names the jobs of a list, which are all that; "failing". */
static void note_jobs(struct checkup *checkup, const json_t *list, const char *how)
{
	const json_t *jobs = field_array(list, "items");
	size_t n = json_array_size(jobs);
	char names[CHECKUP_TEXT_SIZE] = "";

	for (size_t i = 0; i < n && i < NAMES_MAX; i++) {
		const char *name = field_text(json_array_get(jobs, i), "name");

		add(names, ", ", "%.100s", name ? name : "?");
	}
	if (n > NAMES_MAX)
		add(names, ", ", "...");
	note(checkup, n > 0, CHECKUP_CRITICAL, "%zu%s job%s %s: %s", n,
	     field(list, "next") ? " or more" : "", n == 1 ? "" : "s", how, names);
}

void checkup_daemon(struct checkup *checkup, const json_t *status, const json_t *failing,
		    const json_t *overdue)
{
	int64_t jobs = field_integer(status, "jobs", -1);
	int64_t busy = field_integer(status, "busy", 0);
	int64_t dropped = field_integer(status, "ledger.dropped", 0);
	const char *ledger = field_text(status, "ledger.problem");
	const char *needs = field_text(status, "needs");
	const char *listener = field_text(status, "status_listen.error");

	*checkup = (struct checkup){.level = CHECKUP_OK};
	if (jobs < 0) {
		note(checkup, true, CHECKUP_UNKNOWN, "everyd does not say how it is");
		return;
	}
	note(checkup, ledger, CHECKUP_CRITICAL, "ledger: %.200s", ledger);
	note_jobs(checkup, failing, "failing");
	note_jobs(checkup, overdue, "overdue");
	note(checkup, field_true(status, "config.failed"), CHECKUP_WARNING,
	     "the configuration was refused, that of before is in force");
	note(checkup, field_true(status, "stopping"), CHECKUP_WARNING, "everyd is stopping");
	note(checkup, dropped > 0 && !ledger, CHECKUP_WARNING,
	     "%" PRId64 " entries of the ledger were dropped", dropped);
	note(checkup, listener, CHECKUP_WARNING, "status_listen: %.200s", listener);
	note(checkup, needs, CHECKUP_WARNING, "%.200s", needs);
	if (checkup->level == CHECKUP_OK)
		add(checkup->text, "", "%" PRId64 " job%s, %" PRId64 " of %" PRId64 " workers busy",
		    jobs, jobs == 1 ? "" : "s", busy, field_integer(status, "workers", 0));
	add(checkup->data, " ", "jobs=%" PRId64, jobs);
	add(checkup->data, " ", "failing=%zu", json_array_size(field_array(failing, "items")));
	add(checkup->data, " ", "overdue=%zu", json_array_size(field_array(overdue, "items")));
	add(checkup->data, " ", "busy=%" PRId64 ";;;0;%" PRId64, busy,
	    field_integer(status, "workers", 0));
	add(checkup->data, " ", "queued=%" PRId64, field_integer(status, "queued", 0));
	add(checkup->data, " ", "ledger_waiting=%" PRId64,
	    field_integer(status, "ledger.waiting", 0));
}

void checkup_job(struct checkup *checkup, const json_t *job, const struct when *when)
{
	const char *name = field_text(job, "name");
	const char *verdict = field_text(job, "last.verdict");
	const char *reason = field_text(job, "pause.reason");
	int64_t failures = field_integer(job, "failures", 0);
	usec_t success = field_time(job, "last_success", when);
	usec_t took = field_span(job, "last.took");
	char text[FIELD_TEXT_SIZE];

	*checkup = (struct checkup){.level = CHECKUP_OK};
	if (!name) {
		note(checkup, true, CHECKUP_UNKNOWN, "everyd does not say how the job is");
		return;
	}
	note(checkup, failures > 0, CHECKUP_CRITICAL, "%.100s: %s, %" PRId64 " failure%s in a row",
	     name, verdict ? verdict : "failed", failures, failures == 1 ? "" : "s");
	note(checkup, field_true(job, "overdue"), CHECKUP_CRITICAL, "%.100s: overdue, %s%s", name,
	     success != USEC_INFINITY ? "last success " : "no success yet",
	     success != USEC_INFINITY ? field_format_relative(job, "last_success", when, text)
				      : "");
	note(checkup, field(job, "pause"), CHECKUP_WARNING, "%.100s: paused%s%.200s", name,
	     reason ? ": " : "", reason ? reason : "");
	if (checkup->level == CHECKUP_OK)
		add(checkup->text, "", "%.100s: ", name);
	if (checkup->level == CHECKUP_OK && verdict)
		add(checkup->text, "", "last run %s %s", verdict,
		    field_format_relative(job, "last.ended", when, text));
	else if (checkup->level == CHECKUP_OK)
		add(checkup->text, "", "has not run yet");
	if (checkup->level == CHECKUP_OK && field(job, "next"))
		add(checkup->text, ", ", "next %s",
		    field_format_relative(job, "next", when, (char[FIELD_TEXT_SIZE]){0}));
	add(checkup->data, " ", "failures=%" PRId64, failures);
	if (took != USEC_INFINITY)
		add(checkup->data, " ", "took=%.6gs", (double)took / (double)USEC_PER_SEC);
	if (success != USEC_INFINITY)
		add(checkup->data, " ", "since_success=%.6gs",
		    (double)(when->now - success) / (double)USEC_PER_SEC);
}
