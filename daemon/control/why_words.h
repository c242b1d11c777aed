/* How times, spans, runs and verdicts are worded in an explanation. */
#pragma once

#include "calendar/times.h"
#include "control/why_text.h"

#include <stdio.h>

/* A text that is being written. */
struct why_words {
	const struct why_facts *facts;
	FILE *out;
	char date[TIMES_TEXT_SIZE]; /* that a time without a date is of */
	bool named;                 /* the zone was */
};

void why_words_init(struct why_words *words, const struct why_facts *facts, FILE *out);

/* A slot, exactly: "03:00", "2026-03-01 03:00:00.250". The date only where it is another one than
   that of the time before, or of today; the zone with the first, if it is foreign. */
void why_slot(struct why_words *words, usec_t slot);
/* Another instant: to the second. */
void why_time(struct why_words *words, usec_t time);
void why_span(struct why_words *words, usec_t span);

/* "the run of 02:00" or "the run that was asked for at 02:00". */
void why_run(struct why_words *words, const struct reader_row *row);
/* " (pid 812, for 1h4m)", as of `at`; nothing if neither is known. */
void why_process(struct why_words *words, const struct reader_row *row, usec_t at);
/* What became of it: "; it ended 03:12 ok", or that it still runs. */
void why_end(struct why_words *words, const struct reader_row *row, const struct why_live *live);
/* How a live one is: "runs as pid 812 for 1h4m", "waits for a worker". */
void why_live(struct why_words *words, const struct why_live *live);
/* How the main process of its last attempt came to its end: "exit status 3 after 1.2s". */
void why_result(struct why_words *words, const struct reader_row *row);

/* The pause that there is now: " until 06:00 (the reason)". */
void why_pause(struct why_words *words);

/* --- why_verdict.c --- */

/* What follows the slot of a row that has its verdict: " was skipped: ...". */
void why_verdict(struct why_words *words, const struct reader_row *row);
