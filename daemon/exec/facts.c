/* See facts.h. */
#include "exec/facts.h"

#include "base/text_file.h"
#include "core/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- of how it ended --- */

static bool has_ended(const struct run_result *result)
{
	return result->ended > 0;
}

static bool is_spawn_failure(const struct run_result *result)
{
	return result->kind == RESULT_SPAWN_FAILED;
}

const char *facts_end(const struct run_result *result, char buf[static FACTS_END_SIZE])
{
	const char *name;

	if (is_spawn_failure(result)) {
		bool unknown = result->code == ENOENT && (strcmp(result->stage, "user") == 0 ||
							  strcmp(result->stage, "group") == 0);

		(void)snprintf(buf, FACTS_END_SIZE, "%s: %s", result->stage,
			       unknown ? "there is none of that name"
				       : strerrordesc_np(result->code));
	} else if (result->kind == RESULT_SIGNALLED) {
		name = sigabbrev_np(result->code);
		if (name)
			(void)snprintf(buf, FACTS_END_SIZE, "killed by SIG%s", name);
		else
			(void)snprintf(buf, FACTS_END_SIZE, "killed by signal %d", result->code);
	} else {
		(void)snprintf(buf, FACTS_END_SIZE, "exit status %d", result->code);
	}
	return buf;
}

/* Seconds, with three decimals. */
static void format_duration(const struct run_result *result, char *buf, size_t size)
{
	usec_t msec = (result->ended - result->started) / USEC_PER_MSEC;

	(void)snprintf(buf, size, "%" PRIi64 ".%03d", msec / 1000, (int)(msec % 1000));
}

/* --- in an environment --- */

static int set_number(struct environment *environment, const char *name, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	return environment_set(environment, name, text);
}

static int set_signal(struct environment *environment, int sig)
{
	const char *name = sigabbrev_np(sig);

	return name ? environment_set(environment, "EVERYD_SIGNAL", name)
		    : set_number(environment, "EVERYD_SIGNAL", (uint64_t)sig);
}

static int set_end(struct environment *environment, const struct run_result *result)
{
	char duration[32];
	int r = 0;

	if (!has_ended(result))
		return 0;
	if (result->kind == RESULT_EXITED)
		r = set_number(environment, "EVERYD_EXIT", (uint64_t)result->code);
	else if (result->kind == RESULT_SIGNALLED)
		r = set_signal(environment, result->code);
	format_duration(result, duration, sizeof(duration));
	return r < 0 ? r : environment_set(environment, "EVERYD_DURATION", duration);
}

/* Why, in a word; NULL: there is nothing to be explained. */
static const char *reason_of(const struct run *run)
{
	const struct engine_notice *notice = &run->notice;

	if (notice->reason != REASON_NONE)
		return reason_word(notice->reason);
	if (notice->verdict == VERDICT_TIMEOUT)
		return "timeout";
	if (notice->verdict != VERDICT_FAILED)
		return NULL;
	switch (run->result.kind) {
	case RESULT_SPAWN_FAILED:
		return run->result.stage;
	case RESULT_SIGNALLED:
		return "signal";
	default:
		return "exit";
	}
}

int facts_set(struct environment *environment, const struct run *run)
{
	const struct engine_notice *notice = &run->notice;
	const char *reason = reason_of(run);
	int r;

	if (notice->hooks & 1U << HOOK_START)
		return 0;
	r = environment_set(environment, "EVERYD_VERDICT", verdict_info(notice->verdict)->name);
	if (r == 0 && reason)
		r = environment_set(environment, "EVERYD_REASON", reason);
	if (r == 0 && notice->hooks & 1U << HOOK_MISSED)
		return set_number(environment, "EVERYD_MISSED", notice->missed);
	if (r == 0)
		r = set_number(environment, "EVERYD_FAILURES", notice->failures);
	return r < 0 ? r : set_end(environment, &run->result);
}

/* --- in words --- */

void facts_subject(const struct run *run, const char *host, char buf[static FACTS_LINE_SIZE])
{
	const struct engine_notice *notice = &run->notice;
	const struct run_result *result = &run->result;
	char end[FACTS_END_SIZE];
	const char *what = verdict_info(notice->verdict)->name;
	const char *how = NULL;

	if (notice->reason == REASON_OVERDUE) {
		what = "is overdue";
	} else if (notice->verdict == VERDICT_OK) {
		what = notice->failures > 0 ? "recovered" : "succeeded";
	} else if (notice->verdict == VERDICT_TIMEOUT) {
		what = "timed out";
	} else if (notice->verdict == VERDICT_FAILED) {
		if (notice->reason == REASON_MEMORY)
			how = "out of memory";
		else if (has_ended(result) || is_spawn_failure(result))
			how = facts_end(result, end);
	}
	(void)snprintf(buf, FACTS_LINE_SIZE, "everyd: %s on %s %s%s%s%s", run->job->name, host,
		       what, how ? " (" : "", how ? how : "", how ? ")" : "");
}

static void print_time(FILE *file, const char *name, usec_t wall)
{
	char text[CLOCK_TEXT_SIZE];

	(void)fprintf(file, "%-10s %s\n", name, clock_format_local(wall, 3, text));
}

static void print_end(FILE *file, const struct run_result *result, usec_t offset)
{
	char end[FACTS_END_SIZE];
	char duration[32];

	if (has_ended(result)) {
		format_duration(result, duration, sizeof(duration));
		print_time(file, "Started:", result->started + offset);
		print_time(file, "Ended:", result->ended + offset);
		(void)fprintf(file, "%-10s %s s\n", "Duration:", duration);
	}
	if (has_ended(result) || is_spawn_failure(result))
		(void)fprintf(file, "%-10s %s\n", "End:", facts_end(result, end));
}

static void print_facts(FILE *file, const struct run *run, usec_t offset)
{
	const struct engine_notice *notice = &run->notice;

	(void)fprintf(file, "%-10s %s\n", "Job:", run->job->name);
	if (run->id > 0)
		(void)fprintf(file, "%-10s %" PRIu64 "\n", "Run:", run->id);
	if (run->slot != USEC_INFINITY)
		print_time(file, "Slot:", run->slot);
	print_end(file, &run->result, offset);
	(void)fprintf(file, "%-10s %s\n", "Verdict:", verdict_info(notice->verdict)->name);
	if (notice->reason != REASON_NONE)
		(void)fprintf(file, "%-10s %s\n", "Reason:", reason_text(notice->reason));
	if (run->attempt > 0)
		(void)fprintf(file, "%-10s %u\n", "Attempts:", run->attempt);
	if (notice->failures > 0)
		(void)fprintf(file, "%-10s %u in a row%s\n", "Failures:", notice->failures,
			      notice->verdict == VERDICT_OK ? " before this" : "");
}

int facts_text(const struct run *run, usec_t wall, usec_t elapsed, char **ret_text)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *file = text_file_open(&text, &size);
	bool failed;

	if (!file)
		return -ENOMEM;
	print_facts(file, run, wall - elapsed);
	failed = ferror(file);
	if (fclose(file) == EOF || failed)
		return -ENOMEM;
	*ret_text = steal_ptr(text);
	return 0;
}
