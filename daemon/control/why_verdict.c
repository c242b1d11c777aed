/* See why_words.h: what came of an occurrence that has its verdict, by verdict and reason. */
#include "control/why_words.h"

#include <inttypes.h>

/* A start this much after its time is worth a word. */
#define LATE USEC_PER_SEC

static const struct job_settings *settings_of(const struct why_words *words)
{
	static const struct job_settings none;
	const struct job *def = words->facts->def;

	return def ? def->settings : &none;
}

/* --- why everyd could not act --- */

bool why_down(const struct why_facts *facts, usec_t *ret_from, usec_t *ret_to)
{
	const struct reader_life *life = &facts->near->life;

	/* Without a later start it goes on, or nobody knows. */
	if (life->again == 0 || (life->started > 0 && life->stopped > facts->slot))
		return false;
	*ret_from = life->stopped;
	*ret_to = life->again;
	return true;
}

static void say_down(struct why_words *words)
{
	usec_t from;
	usec_t to;

	(void)fputs("everyd was not running", words->out);
	if (!why_down(words->facts, &from, &to))
		return;
	if (from > 0) {
		(void)fputs(" from ", words->out);
		why_time(words, from);
		(void)fputs(" to ", words->out);
	} else if (words->facts->near->life.started > 0) {
		(void)fputs(": it was started ", words->out);
		why_time(words, words->facts->near->life.started);
		(void)fputs(" and died some time after, and was started again ", words->out);
	} else {
		(void)fputs(" before ", words->out);
	}
	why_time(words, to);
}

static void say_step(struct why_words *words)
{
	const struct reader_near *near = words->facts->near;

	/* What was stepped over lies between the time before and that after. */
	if (near->stepped > 0 && near->step > 0 && near->slot > near->stepped - near->step) {
		(void)fputs("the clock was set forward by ", words->out);
		why_span(words, near->step);
		(void)fputs(", to ", words->out);
		why_time(words, near->stepped);
	} else {
		(void)fputs("the machine was suspended, or its clock set forward", words->out);
	}
}

static void say_window(struct why_words *words)
{
	const struct job_settings *settings = settings_of(words);
	usec_t from;
	usec_t to;

	if (why_down(words->facts, &from, &to)) {
		say_down(words);
		(void)fputs(", and by then ", words->out);
	}
	(void)fputs("it was longer ago than catch_up_window", words->out);
	if (settings->catch_up_window > 0) {
		(void)fputs(" (", words->out);
		why_span(words, settings->catch_up_window);
		(void)fputs(")", words->out);
	}
	(void)fputs(" allows to be made up for", words->out);
}

static void say_cause(struct why_words *words, enum reason reason)
{
	switch (reason) {
	case REASON_DOWN:
		say_down(words);
		break;
	case REASON_STEPPED:
		say_step(words);
		break;
	case REASON_WINDOW:
		say_window(words);
		break;
	case REASON_LATE:
		(void)fputs("everyd could not act at that time, because the machine or everyd was "
			    "too busy",
			    words->out);
		break;
	case REASON_PAUSED:
		(void)fputs("the job was paused", words->out);
		break;
	default:
		(void)fputs(reason_text(reason), words->out);
		break;
	}
}

/* --- what did not run --- */

/* "the run of 02:00 was still running (pid 812, 1h4m)" */
static void say_blocker(struct why_words *words)
{
	const struct reader_row *row = words->facts->near->live;

	if (!row) {
		(void)fputs("the run before had not ended", words->out);
		return;
	}
	why_run(words, row);
	if (row->started > 0 && row->started <= words->facts->slot) {
		(void)fputs(" was still running", words->out);
		why_process(words, row, words->facts->slot);
	} else {
		(void)fputs(" had not ended", words->out);
	}
}

static void say_blocker_end(struct why_words *words)
{
	if (words->facts->near->live)
		why_end(words, words->facts->near->live, words->facts->blocker);
}

static void say_skipped(struct why_words *words, const struct reader_row *row)
{
	FILE *out = words->out;

	(void)fputs(" was skipped: ", out);
	switch (row->reason) {
	case REASON_OVERLAP:
		say_blocker(words);
		say_blocker_end(words);
		break;
	case REASON_HELD:
		say_blocker(words);
		(void)fputs(", and another occurrence waited for that already", out);
		say_blocker_end(words);
		break;
	case REASON_MAX_RUNNING:
		if (settings_of(words)->max_running > 1)
			(void)fprintf(out, "%u runs, as many as max_running allows, had not ended",
				      settings_of(words)->max_running);
		else
			(void)fputs("as many runs as max_running allows had not ended", out);
		if (words->facts->near->live) {
			(void)fputs("; ", out);
			say_blocker(words);
			say_blocker_end(words);
		}
		break;
	case REASON_REPLACED:
		(void)fputs("before it could start, a later occurrence took its place", out);
		break;
	case REASON_CONDITION:
		(void)fputs("its condition (only_if) did not hold", out);
		if (row->exit > 0)
			(void)fprintf(out, ": it ended with exit status %d", row->exit);
		break;
	default:
		(void)fputs(reason_text(row->reason), out);
		break;
	}
}

/* Which run stands for the occurrences that were not made up for one by one. */
static void say_coalesced(struct why_words *words, const struct reader_row *row)
{
	const struct reader_row *after = words->facts->near->after;

	(void)fputs(" had no run of its own: ", words->out);
	say_cause(words, row->reason);
	if (!after) {
		(void)fputs("; one run stands for all that is made up for", words->out);
		return;
	}
	(void)fputs("; ", words->out);
	why_run(words, after);
	(void)fprintf(words->out, " (run %" PRIu64 ") stood for it", after->id);
	why_end(words, after, NULL);
}

static void say_missed(struct why_words *words, const struct reader_row *row)
{
	(void)fputs(" was missed: ", words->out);
	say_cause(words, row->reason);
	if (row->reason != REASON_WINDOW && settings_of(words)->catch_up == CATCH_UP_NONE)
		(void)fputs(", and catch_up = \"none\" makes up for nothing", words->out);
}

static void say_paused(struct why_words *words, const struct reader_row *row)
{
	const struct reader_row *after = words->facts->near->after;

	(void)row;
	(void)fputs(" did not run: the job was paused", words->out);
	/* A run of the schedule says that it was not paused any more. */
	if (words->facts->paused && (!after || after->manual)) {
		(void)fputs("; it still is,", words->out);
		why_pause(words);
	}
}

static void say_refused(struct why_words *words, const struct reader_row *row)
{
	const struct daemon_settings *daemon = words->facts->daemon;

	(void)fputs(" was refused: ", words->out);
	if (row->reason == REASON_QUEUE_FULL && daemon)
		(void)fprintf(words->out,
			      "the queue was full (workers = %u were busy, and queue = %u "
			      "occurrences waited for one)",
			      daemon->workers, daemon->queue);
	else
		(void)fputs(reason_text(row->reason), words->out);
}

static void say_cancelled(struct why_words *words, const struct reader_row *row)
{
	const struct reader_life *life = &words->facts->near->life;

	(void)fputs(" was taken back before it could run: ", words->out);
	switch (row->reason) {
	case REASON_STOPPING:
		(void)fputs("everyd was stopping", words->out);
		if (life->stopped > 0) {
			(void)fputs(", and stopped ", words->out);
			why_time(words, life->stopped);
		}
		break;
	case REASON_REMOVED:
		(void)fputs("the job left the configuration", words->out);
		break;
	case REASON_RESCHEDULED:
		(void)fputs("the job was given another schedule", words->out);
		break;
	default:
		(void)fputs(reason_text(row->reason), words->out);
		break;
	}
}

/* --- what ran --- */

/* When it began, where that is not when its slot was. */
static void say_start(struct why_words *words, const struct reader_row *row)
{
	usec_t late = row->started - (row->due > 0 ? row->due : row->slot);

	if (row->started < row->slot + LATE)
		return;
	(void)fputs(" (it started ", words->out);
	why_time(words, row->started);
	if (late >= LATE && row->attempts <= 1) {
		(void)fputs(", ", words->out);
		why_span(words, late);
		(void)fputs(" late", words->out);
	}
	(void)fputs(")", words->out);
}

static void say_ok(struct why_words *words, const struct reader_row *row)
{
	(void)fputs(" ran, and succeeded", words->out);
	if (row->started > 0 && row->ended >= row->started) {
		(void)fputs(" in ", words->out);
		why_span(words, row->ended - row->started);
	}
	if (row->exit > 0)
		(void)fprintf(words->out, " with exit status %d, which success_exit has",
			      row->exit);
	if (row->attempts > 1)
		(void)fprintf(words->out, ", at attempt %u", row->attempts);
	say_start(words, row);
}

static void say_failed(struct why_words *words, const struct reader_row *row)
{
	(void)fputs(" failed: ", words->out);
	if (row->reason == REASON_MEMORY)
		(void)fputs("it ran out of memory, at its memory_max: ", words->out);
	why_result(words, row);
	say_start(words, row);
	if (row->reason != REASON_NONE && row->reason != REASON_MEMORY)
		(void)fprintf(words->out, "; it was not tried again: %s", reason_text(row->reason));
}

static void say_timeout(struct why_words *words, const struct reader_row *row)
{
	(void)fputs(" was stopped at its time-out", words->out);
	if (row->started > 0 && row->ended >= row->started) {
		(void)fputs(", after ", words->out);
		why_span(words, row->ended - row->started);
	}
	if (row->attempts > 1)
		(void)fprintf(words->out, ", at attempt %u", row->attempts);
	say_start(words, row);
	if (row->reason != REASON_NONE)
		(void)fprintf(words->out, "; it was not tried again: %s", reason_text(row->reason));
}

static void say_killed(struct why_words *words, const struct reader_row *row)
{
	const struct reader_row *after = words->facts->near->after;

	(void)fputs(" was killed", words->out);
	if (row->started > 0 && row->ended >= row->started) {
		(void)fputs(" after ", words->out);
		why_span(words, row->ended - row->started);
	}
	(void)fputs(": ", words->out);
	switch (row->reason) {
	case REASON_REPLACED:
		if (after) {
			why_run(words, after);
			(void)fputs(" took its place", words->out);
		} else {
			(void)fputs("a later occurrence took its place", words->out);
		}
		break;
	case REASON_STOPPING:
		(void)fputs("everyd stopped, and it did not end within stop_timeout", words->out);
		break;
	default:
		(void)fputs(reason_text(row->reason), words->out);
		break;
	}
	say_start(words, row);
}

static void say_lost(struct why_words *words, const struct reader_row *row)
{
	const struct reader_life *life = &words->facts->near->life;

	(void)fputs(" ran, but what came of it is not known: ", words->out);
	if (row->reason == REASON_ADOPTED)
		(void)fputs("it outlived the everyd that had started it, and nobody saw how it "
			    "ended",
			    words->out);
	else
		(void)fputs("everyd died while it ran", words->out);
	why_process(words, row, 0);
	if (life->again > 0) {
		(void)fputs("; everyd was started again ", words->out);
		why_time(words, life->again);
	}
	say_start(words, row);
}

static void (*const by_verdict[VERDICT_COUNT])(struct why_words *words,
					       const struct reader_row *row) = {
	[VERDICT_OK] = say_ok,
	[VERDICT_FAILED] = say_failed,
	[VERDICT_TIMEOUT] = say_timeout,
	[VERDICT_KILLED] = say_killed,
	[VERDICT_LOST] = say_lost,
	[VERDICT_SKIPPED] = say_skipped,
	[VERDICT_COALESCED] = say_coalesced,
	[VERDICT_MISSED] = say_missed,
	[VERDICT_PAUSED] = say_paused,
	[VERDICT_REFUSED] = say_refused,
	[VERDICT_CANCELLED] = say_cancelled,
};

/* The occurrence is one of several. */
static void say_others(struct why_words *words, const struct reader_row *row)
{
	if (row->count < 2)
		return;
	(void)fprintf(words->out, "; the same goes for all %" PRIu64 " from ", row->count);
	why_slot(words, row->first);
	(void)fputs(" to ", words->out);
	why_slot(words, row->slot);
}

void why_verdict(struct why_words *words, const struct reader_row *row)
{
	by_verdict[row->verdict](words, row);
	say_others(words, row);
}
