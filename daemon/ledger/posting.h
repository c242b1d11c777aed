/*
 * What is posted, as it waits in memory: one record after the other, each with its texts behind it.
 */
#pragma once

#include "ledger/ledger.h"

#include <stddef.h>
#include <stdint.h>

enum posting_kind {
	POSTING_JOB,
	POSTING_JOB_GONE,
	POSTING_JOB_STATE,
	POSTING_HELD,
	POSTING_ACCEPTED,
	POSTING_INTENT,
	POSTING_RETRY,
	POSTING_ENDED,
	POSTING_FORGET,
	POSTING_STREAK,
	POSTING_CLOCK_STEPPED,
	POSTING_LIFE_END,
	POSTING_COUNT,
};

struct posting {
	uint32_t size; /* of the record: this, its texts, and what rounds it up */
	uint8_t kind;  /* enum posting_kind */
	bool skip;     /* the writer's: a later one of the batch says all that this says */
	/* Pointers in here mean nothing before posting_open(). */
	union {
		struct ledger_job job;
		struct ledger_job_state state;
		struct {
			uint32_t job;
			usec_t at;
		} when; /* POSTING_JOB_GONE, POSTING_HELD */
		struct {
			struct ledger_run run;
			usec_t now;
		} intent; /* of POSTING_ACCEPTED the run alone */
		struct {
			struct ledger_attempt attempt;
			struct run_result result; /* if attempt.result */
		} end;
		uint64_t forget;
		struct ledger_streak streak;
		struct {
			usec_t at;
			usec_t by;
		} clock;
		usec_t life_end;
	};
};

/* Texts that go behind a record. */
struct posting_text {
	const void *bytes;
	size_t len;
};
#define POSTING_TEXTS 2

/* How much a record of that kind with such texts takes. Any thread, as all of this. */
size_t posting_size(enum posting_kind kind, const struct posting_text texts[POSTING_TEXTS]);

/* Writes it to `to`, which is aligned as any type is: what is in *from, which is of that kind, and
   behind it the texts. */
void posting_write(void *to, const struct posting *from, enum posting_kind kind,
		   const struct posting_text texts[POSTING_TEXTS]);

/* Makes the pointers of a record point to what is behind it. It must stay where it is. */
void posting_open(struct posting *posting);

/* The run that a record is about: it says what is to be known of it, so that an earlier one of the
   same run may be left out. 0: it is of no such kind. */
uint64_t posting_run(const struct posting *posting);
