/* See why_words.h. */
#include "control/why_words.h"

#include "calendar/duration.h"

#include <string.h>

/* "2026-03-01" */
#define DATE_LEN 10

/* Writes a time as "2026-03-01 03:00:00 CET", with or without the zone. */
static void format(const struct why_facts *facts, usec_t time, char buf[static TIMES_TEXT_SIZE])
{
	int digits = time % USEC_PER_SEC == 0 ? 0 : 6;

	if (facts->zone)
		(void)times_format(time, facts->zone, buf);
	else
		(void)clock_format_local(time, digits, buf);
}

void why_words_init(struct why_words *words, const struct why_facts *facts, FILE *out)
{
	char buf[TIMES_TEXT_SIZE];

	*words = (struct why_words){.facts = facts, .out = out};
	format(facts, facts->now, buf);
	(void)snprintf(words->date, sizeof(words->date), "%.*s", DATE_LEN, buf);
}

void why_slot(struct why_words *words, usec_t slot)
{
	char buf[TIMES_TEXT_SIZE];
	char *clock;
	char *zone;
	size_t len;

	if (slot == USEC_INFINITY) {
		(void)fputs("never", words->out);
		return;
	}
	format(words->facts, slot, buf);
	clock = strchr(buf, ' ');
	if (!clock) {
		(void)fputs(buf, words->out);
		return;
	}
	*clock++ = '\0';
	zone = strchr(clock, ' ');
	if (zone)
		*zone++ = '\0';
	len = strlen(clock);
	/* Whole minutes need no seconds. */
	if (len == strlen("03:00:00") && strcmp(clock + 5, ":00") == 0)
		clock[5] = '\0';
	if (strcmp(buf, words->date) != 0)
		(void)fprintf(words->out, "%s ", buf);
	(void)snprintf(words->date, sizeof(words->date), "%s", buf);
	(void)fputs(clock, words->out);
	if (zone && words->facts->foreign && !words->named)
		(void)fprintf(words->out, " %s", zone);
	words->named = true;
}

void why_time(struct why_words *words, usec_t time)
{
	why_slot(words, time == USEC_INFINITY ? time : time - time % USEC_PER_SEC);
}

void why_span(struct why_words *words, usec_t span)
{
	char buf[DURATION_TEXT_SIZE];
	usec_t grain = span >= 10 * USEC_PER_SEC ? USEC_PER_SEC : USEC_PER_MSEC;

	/* So that what is a little less than two hours is not "1h59m". */
	if (span >= 10 * USEC_PER_MSEC && span < USEC_INFINITY - grain)
		span = (span + grain / 2) / grain * grain;
	(void)fputs(duration_format_short(span, buf), words->out);
}

void why_run(struct why_words *words, const struct reader_row *row)
{
	(void)fputs(row->manual ? "the run that was asked for at " : "the run of ", words->out);
	if (row->manual)
		why_time(words, row->slot);
	else
		why_slot(words, row->slot);
}

void why_process(struct why_words *words, const struct reader_row *row, usec_t at)
{
	usec_t span = row->started > 0 && at > row->started ? at - row->started : 0;

	if (row->pid == 0 && span == 0)
		return;
	(void)fputs(" (", words->out);
	if (row->pid > 0)
		(void)fprintf(words->out, "pid %d%s", row->pid, span > 0 ? ", " : "");
	if (span > 0)
		why_span(words, span);
	(void)fputc(')', words->out);
}

void why_live(struct why_words *words, const struct why_live *live)
{
	FILE *out = words->out;

	if (live->state == RUN_STARTED || live->adopted ||
	    (live->state == RUN_SUBMITTED && live->pid > 0)) {
		(void)fputs("is running", out);
		if (live->pid > 0)
			(void)fprintf(out, " (pid %d)", live->pid);
		(void)fputs(" for ", out);
		why_span(words, live->age);
		if (live->attempt > 1)
			(void)fprintf(out, ", at attempt %u", live->attempt);
	} else if (live->state == RUN_BACKOFF) {
		(void)fprintf(out, "failed at attempt %u, and is tried again in ", live->attempt);
		why_span(words, live->wait);
	} else {
		(void)fprintf(out, "has waited for %s for ",
			      live->state == RUN_WAITING ? "its concurrency_group" : "a worker");
		why_span(words, live->age);
	}
}

void why_end(struct why_words *words, const struct reader_row *row, const struct why_live *live)
{
	if (live) {
		(void)fputs("; it ", words->out);
		why_live(words, live);
		return;
	}
	if (row->state != READER_ENDED)
		return;
	(void)fputs("; it ", words->out);
	if (row->ended > 0) {
		(void)fputs("ended ", words->out);
		why_time(words, row->ended);
		(void)fprintf(words->out, " %s", verdict_info(row->verdict)->name);
	} else {
		(void)fprintf(words->out, "was %s", verdict_info(row->verdict)->name);
	}
}

void why_result(struct why_words *words, const struct reader_row *row)
{
	FILE *out = words->out;
	bool timed = row->started > 0 && row->ended >= row->started;
	const char *error = row->error > 0 ? strerrordesc_np(row->error) : NULL;
	const char *name = row->signal > 0 ? sigabbrev_np(row->signal) : NULL;

	if (row->stage)
		(void)fprintf(out, "it could not be started: %s%s%s", row->stage, error ? ": " : "",
			      error ? error : "");
	else if (row->signal > 0 && name)
		(void)fprintf(out, "killed by SIG%s", name);
	else if (row->signal > 0)
		(void)fprintf(out, "killed by signal %d", row->signal);
	else if (row->exit >= 0)
		(void)fprintf(out, "exit status %d", row->exit);
	else
		(void)fprintf(out, "%s", error ? error : "how it ended is not known");
	if (timed && !row->stage) {
		(void)fputs(" after ", out);
		why_span(words, row->ended - row->started);
	}
	if (row->attempts > 1)
		(void)fprintf(out, ", at attempt %u", row->attempts);
}

void why_pause(struct why_words *words)
{
	const struct why_facts *facts = words->facts;

	if (facts->until == USEC_INFINITY) {
		(void)fputs(" until somebody resumes it", words->out);
	} else {
		(void)fputs(" until ", words->out);
		why_time(words, facts->until);
	}
	if (facts->reason && *facts->reason)
		(void)fprintf(words->out, " (%s)", facts->reason);
}
