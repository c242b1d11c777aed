/*
 * What outlives the daemon: what its effects say, committed in groups, as the ledger keeps it; and
 * beside that what the books know to be true, of which nobody else is told. What was posted and not
 * committed is lost when the daemon dies.
 */
#pragma once

#include "core/engine.h"
#include "slots.h"

enum row_state {
	ROW_ACCEPTED,
	ROW_STARTED,
	ROW_BACKOFF,
};

/* An occurrence without a verdict. */
struct row {
	uint64_t id;
	usec_t slot;
	bool manual; /* the slot is none of the schedule's */
	enum row_state state;
	unsigned attempt; /* the last that was made, or about to be */
	enum verdict verdict;
	struct run_result result;
	usec_t next; /* ROW_BACKOFF: wall time of the next attempt */
	usec_t span; /* and how long it was to be waited for */
	usec_t ends; /* ROW_STARTED, when the daemon has died: elapsed time at which its process
			ends; 0: it has none */
};

/* What is known of a job beside its slots. */
struct job_facts {
	uint32_t failures;
	bool told;
	bool paused;
	usec_t until;
};

struct record_job {
	/* As the ledger has it. */
	bool known;
	bool gone;
	struct schedule schedule;
	usec_t accounted;
	usec_t held;
	struct job_facts facts;
	uint64_t last_id;
	enum verdict last_verdict;
	usec_t last_success; /* 0: never */
	usec_t last_ended;
	struct row *rows; /* by id */
	size_t n_rows;
	size_t capacity;
	uint64_t streak; /* the last one, and how many of it there are */
	uint64_t streak_count;
	uint64_t verdicts; /* all that it has on record */

	/* As it is. */
	struct slots open;    /* without a verdict, before `cursor` */
	usec_t cursor;        /* later ones have none */
	usec_t again;         /* those before this may be seen twice: the clock went back */
	struct slots started; /* of runs that were started */
	struct job_facts truth;
	uint64_t settled; /* verdicts that there were */
};

enum posting_kind {
	POST_KNOWN, /* .at, .schedule */
	POST_GONE,
	POST_STATE,    /* .facts */
	POST_HELD,     /* .at */
	POST_ACCEPTED, /* .row */
	POST_RETRY,    /* .row */
	POST_ENDED,    /* .row, .at */
	POST_STREAK,   /* .streak, .row.id: the run that came to nothing */
	POST_FORGET,   /* .row.id */
	POST_DROPPED,  /* .range: a truth; they are none any more */
	POST_OPEN,     /* .at: a truth; a slot that is due, of a job that has no grid */
	POST_BY_HAND,  /* a truth; a run that somebody asked for has its verdict */
	POST_SETTLED,  /* .range: a truth; .at: the first slot that is not due */
	POST_TRUTH,    /* .facts: a truth */
};

struct posting {
	enum posting_kind kind;
	size_t job;
	uint64_t group;
	usec_t at;
	union {
		struct schedule schedule;
		struct job_facts facts;
		struct row row;
		struct range range;
	};
	struct engine_streak streak;
};

struct record {
	struct record_job *jobs; /* by number */
	size_t n_jobs;
	struct posting *postings; /* not committed, in order */
	size_t n;
	size_t capacity;
	uint64_t group;    /* the one that is open */
	uint64_t last_run; /* the highest numbers that were ever committed */
	uint64_t last_streak;
};

void record_init(struct record *record, size_t n_jobs);
void record_done(struct record *record);

void record_post(struct record *record, const struct posting *posting);
/* What was posted since the last call is a group. */
void record_flush(struct record *record);
/* Commits all groups before that one; UINT64_MAX: all. */
void record_commit(struct record *record, uint64_t before);
/* Forgets what is not committed. */
void record_lose(struct record *record);

/* An attempt of a run is about to be made; all that was posted is committed before. */
void record_intend(struct record *record, size_t job, const struct row *row);

struct row *record_find(struct record_job *job, uint64_t id);

/* Behind `at` the job has the slots of that schedule. */
void record_renew(struct record_job *job, const struct schedule *schedule, usec_t at);

/* The slots of the job that are due at or before `until` and have no verdict. */
void record_unsettled(const struct record_job *job, usec_t until, struct slots *ret_slots);
