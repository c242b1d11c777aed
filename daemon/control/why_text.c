/* See why_text.h. */
#include "control/why_text.h"

#include "base/text_file.h"
#include "calendar/schedule.h"
#include "control/why_words.h"

#include <inttypes.h>
#include <stdlib.h>

/* A slot that is no further away than this is what was meant; beyond that, that is said. */
#define MEANT_WITHIN USEC_PER_MIN
/* Beyond this there is none near. */
#define NEAR_WITHIN USEC_PER_HOUR

static usec_t distance(usec_t a, usec_t b)
{
	usec_t span;

	return __builtin_sub_overflow(a > b ? a : b, a > b ? b : a, &span) ? USEC_INFINITY : span;
}

static void say_open(struct why_words *words, const struct reader_row *row)
{
	static const char *const states[] = {
		[READER_ENDED] = "",
		[READER_ACCEPTED] = "was accepted",
		[READER_STARTED] = "was started",
		[READER_BACKOFF] = "failed, and is to be tried again",
	};

	if (words->facts->live) {
		(void)fputc(' ', words->out);
		why_live(words, words->facts->live);
		return;
	}
	(void)fprintf(words->out, " %s", states[row->state]);
	if (row->state == READER_STARTED && row->started > 0) {
		(void)fputc(' ', words->out);
		why_time(words, row->started);
	}
	(void)fputs("; how it ended is about to be recorded", words->out);
}

/* The slot is due, but nothing has been done about it. */
static void say_waiting(struct why_words *words)
{
	const struct reader_near *near = words->facts->near;

	(void)fputs(" waits: ", words->out);
	if (words->facts->paused) {
		(void)fputs("the job is paused", words->out);
		why_pause(words);
	} else if (words->facts->is_held && near && near->live) {
		why_run(words, near->live);
		(void)fputs(" has not ended", words->out);
		why_end(words, near->live, words->facts->blocker);
	} else if (words->facts->is_held) {
		(void)fputs("the run before has not ended", words->out);
	} else {
		(void)fputs("it is to be made up for, and its turn has not come", words->out);
	}
}

static void say_future(struct why_words *words)
{
	const struct why_facts *facts = words->facts;
	usec_t delay = facts->def ? facts->def->schedule.delay : 0;
	usec_t due = usec_add(facts->slot, delay);

	(void)fputs(" is not due yet: it is ", words->out);
	if (delay > 0) {
		(void)fputs("at ", words->out);
		why_time(words, due);
		(void)fputs(", by its splay, ", words->out);
	}
	(void)fputs("in ", words->out);
	why_span(words, due > facts->now ? due - facts->now : 0);
	if (facts->paused && facts->until > due) {
		(void)fputs("; but the job is paused", words->out);
		why_pause(words);
	}
}

/* Nothing is on record of a slot that everyd was to look at. */
static void say_unknown(struct why_words *words)
{
	const struct why_facts *facts = words->facts;
	const struct daemon_settings *daemon = facts->daemon;
	const struct reader_near *near = facts->near;
	usec_t age = distance(facts->now, facts->slot);

	if (!near) {
		(void)fprintf(words->out, ": what became of it cannot be told, because %s",
			      facts->unread);
		return;
	}
	if (daemon && daemon->history_keep > 0 && age > daemon->history_keep) {
		(void)fputs(" is not on record any more: history_keep is ", words->out);
		why_span(words, daemon->history_keep);
	} else if (facts->slot <= near->floor) {
		(void)fputs(" is not on record: everyd did not know the job then", words->out);
		if (daemon && daemon->history_runs > 0)
			(void)fprintf(words->out, ", or more than history_runs = %u have run since",
				      daemon->history_runs);
	} else {
		(void)fputs(" is not on record", words->out);
		if (facts->paused) {
			(void)fputs(": the job is paused", words->out);
			why_pause(words);
		} else if (near->gone > 0) {
			(void)fputs(": the job left the configuration ", words->out);
			why_time(words, near->gone);
		} else {
			(void)fputs(": the schedule had no such slot then, or the ledger could not "
				    "be written",
				    words->out);
		}
		return;
	}
	if (near->oldest != USEC_INFINITY) {
		(void)fputs("; the oldest of it on record is ", words->out);
		why_slot(words, near->oldest);
	}
}

static void say_schedule(struct why_words *words)
{
	char buf[SCHEDULE_DESCRIBE_SIZE];

	if (!words->facts->def)
		(void)fputs("it is not in the configuration", words->out);
	else
		(void)fprintf(words->out, "it is due %s",
			      schedule_describe(&words->facts->def->schedule, buf));
}

/* What was asked about is no slot. */
static void say_other_time(struct why_words *words)
{
	const struct why_facts *facts = words->facts;
	usec_t off = distance(facts->asked, facts->slot);

	if (facts->asked == USEC_INFINITY || off <= MEANT_WITHIN)
		return;
	if (off <= NEAR_WITHIN) {
		(void)fputs("There is no slot at ", words->out);
		why_time(words, facts->asked);
		(void)fputs("; the nearest is ", words->out);
		why_slot(words, facts->slot);
		(void)fputs(". ", words->out);
		return;
	}
	(void)fprintf(words->out, "%s has no slot near ", facts->job);
	why_time(words, facts->asked);
	(void)fputs(": ", words->out);
	say_schedule(words);
	if (facts->earlier != USEC_INFINITY || facts->later != USEC_INFINITY)
		(void)fputs(";", words->out);
	if (facts->earlier != USEC_INFINITY) {
		(void)fputs(" before that at ", words->out);
		why_slot(words, facts->earlier);
	}
	if (facts->later != USEC_INFINITY) {
		(void)fputs(facts->earlier == USEC_INFINITY ? " after that at "
							    : ", after that at ",
			    words->out);
		why_slot(words, facts->later);
	}
	(void)fputs(". ", words->out);
}

/* There is no occurrence at all. */
static void say_nothing(struct why_words *words)
{
	const struct why_facts *facts = words->facts;

	(void)fprintf(words->out, "Nothing is on record of %s", facts->job);
	if (!facts->near)
		(void)fprintf(words->out, ", because %s", facts->unread);
	(void)fputs(": ", words->out);
	say_schedule(words);
	if (facts->due != USEC_INFINITY) {
		(void)fputs(", next ", words->out);
		why_time(words, facts->due);
	}
	if (facts->paused) {
		(void)fputs("; it is paused", words->out);
		why_pause(words);
	}
}

static void say_occurrence(struct why_words *words)
{
	const struct why_facts *facts = words->facts;
	const struct reader_row *row = facts->near ? facts->near->row : NULL;

	say_other_time(words);
	why_slot(words, facts->slot);
	if (row && row->manual)
		(void)fputs(", asked for by hand,", words->out);
	if (row && row->state != READER_ENDED) {
		say_open(words, row);
	} else if (row) {
		why_verdict(words, row);
	} else if (facts->live) {
		(void)fputc(' ', words->out);
		why_live(words, facts->live);
	} else if (facts->waits) {
		say_waiting(words);
	} else if (facts->pending) {
		say_future(words);
	} else {
		say_unknown(words);
	}
}

char *why_text(const struct why_facts *facts)
{
	struct why_words words;
	char *text = NULL;
	size_t size = 0;
	FILE *out = text_file_open(&text, &size);
	bool failed;

	if (!out)
		return NULL;
	why_words_init(&words, facts, out);
	if (facts->slot == USEC_INFINITY)
		say_nothing(&words);
	else
		say_occurrence(&words);
	failed = ferror(out);
	if (fclose(out) != 0 || failed) {
		free(text);
		return NULL;
	}
	return text;
}
