/*
 * Reading the ledger while the daemon writes it: a thread of its own with a connection of its own,
 * read-only, so that the loop never waits for the disk. Questions are answered in order, on the
 * loop's thread by reader_dispatch(); they are bounded, and so are answers. The database is opened
 * for as long as there are questions and not held open between them, and each answer is one short
 * read transaction: neither the writer nor its checkpoints wait for a reader.
 */
#pragma once

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "core/result.h"
#include "core/verdict.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader;

/* The most rows of an answer, and questions that wait. */
#define READER_ROWS_MAX  1000
#define READER_QUEUE_MAX 256

/* The most rows of the database that a READER_HISTORY looks at; where these end, so does the page.
 */
#define READER_LOOKS_MAX 50000

enum reader_kind {
	READER_HISTORY, /* runs and streaks, newest first */
	READER_RUN,     /* one run, by id */
	READER_OUTPUT,  /* the same, and what it printed: head and tail */
	READER_NEAR,    /* what became of the occurrence of a job that is nearest to a time */
};

/* Where a page of READER_HISTORY ended: the last run and the last streak that were looked at. */
struct reader_cursor {
	usec_t slot; /* of that run; of all jobs' of no meaning */
	uint64_t run;
	usec_t last; /* slot of that streak; likewise */
	uint64_t streak;
};

/* Before the first page. */
#define READER_CURSOR_FIRST ((struct reader_cursor){INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX})

struct reader_answer;

struct reader_question {
	enum reader_kind kind;
	const char *job; /* HISTORY: NULL: of all; NEAR */
	uint64_t run;    /* RUN, OUTPUT */
	/* HISTORY. Of one job in the order of slots; of all in that in which they were accepted or
	   began, runs and streaks merged by slot. */
	usec_t from; /* slots in [from, to), of a streak one of them */
	usec_t to;
	struct reader_cursor after; /* that of the page before */
	uint32_t verdicts; /* set of 1 << enum verdict; 0: all, and those that have none yet */
	bool no_runs;
	bool no_streaks;
	unsigned limit; /* at most so many rows, 1 to READER_ROWS_MAX */
	/* NEAR. */
	usec_t at;
	usec_t slot;  /* the slot that the schedule has near `at`; USEC_INFINITY: none */
	usec_t delay; /* from a slot to when it is due */
	/* Called in the reader's thread with the answer, for what takes long and needs nothing of
	   the loop's: may set `prepared`, of the answer's arena, or `page`. NULL: nothing. */
	void (*prepare)(struct reader_answer *answer);
};

enum reader_state {
	READER_ENDED, /* it has its verdict */
	READER_ACCEPTED,
	READER_STARTED,
	READER_BACKOFF,
};

/* A run or a streak. */
struct reader_row {
	const char *job; /* the answer's; "": the job is not on record any more */
	bool is_streak;
	uint64_t id; /* of the run or of the streak */
	usec_t slot; /* of a streak the last one */
	usec_t first;
	uint64_t count; /* occurrences */
	enum reader_state state;
	enum verdict verdict; /* READER_BACKOFF: of the last attempt; READER_ENDED */
	enum reason reason;
	usec_t at; /* of a streak: wall time at which it grew last */
	/* Of a run. Times are wall time, 0: never, or not on record. */
	bool manual; /* asked for by somebody, not by the schedule */
	unsigned attempts;
	usec_t due;
	usec_t accepted;
	usec_t started; /* this and what follows: of its last attempt */
	usec_t ended;
	usec_t next; /* READER_BACKOFF: when the next attempt is due */
	bool has_result;
	enum result_kind result;
	int exit;          /* -1: none */
	int signal;        /* 0: none */
	const char *stage; /* static; NULL: none */
	int error;         /* errno; 0: none */
	usec_t cpu;        /* -1: not known */
	long memory;       /* kilobytes; -1: not known */
	uint64_t printed;  /* bytes */
	uint64_t dropped;  /* of these */
	uint64_t leftovers;
	int pid; /* 0: not on record */
};

/* A stretch of time in which the daemon was there, or not. */
struct reader_life {
	usec_t started; /* of the daemon that was started last before the slot; 0: none is known */
	usec_t stopped; /* 0: it died, or goes on */
	usec_t again;   /* when the next one was started; 0: none was */
};

/* What READER_NEAR finds. */
struct reader_near {
	/* The job as the ledger has it. */
	usec_t floor; /* no slot up to this one is waited for */
	usec_t held;  /* a slot that waits; USEC_INFINITY: none */
	usec_t gone;  /* when it left the configuration; 0: it is in it */
	bool paused;
	usec_t until;
	const char *reason; /* of the pause; the answer's; "": none */
	usec_t oldest; /* slot of the oldest occurrence on record; USEC_INFINITY: there is none */
	/* Of the occurrence. */
	usec_t slot;                     /* which it is; USEC_INFINITY: none can be told */
	const struct reader_row *row;    /* NULL: nothing is on record of it */
	const struct reader_row *live;   /* a run of the job that had not ended then; NULL: none */
	const struct reader_row *after;  /* the first run of the job with a later slot; NULL */
	const struct reader_row *before; /* the last run with an earlier one; NULL */
	struct reader_life life;         /* about the slot; of a run about its start */
	usec_t stepped; /* when the clock was set next after the slot; 0: never ... */
	usec_t step;    /* ... and by how much */
};

/* A text that is too long to be copied by the loop: for free(3), unless somebody took it over and
   left NULL. */
struct reader_page {
	char *text;
	size_t len;
};

struct reader_answer {
	int r; /* 0; -ENOENT: no such run or job, or no ledger; another -errno: it cannot be read */
	char text[LEDGER_TEXT_SIZE]; /* why it cannot be read, without full stop; "": it can */
	struct reader_row *rows;     /* HISTORY, RUN, OUTPUT */
	size_t n_rows;
	bool more;                   /* HISTORY: there may be more rows, after ... */
	struct reader_cursor cursor; /* ... this */
	/* OUTPUT. */
	const char *head;
	size_t head_len;
	const char *tail;
	size_t tail_len;
	uint64_t gap; /* bytes between head and tail that were not kept */
	struct reader_near near;
	const char *const *prepared; /* by prepare(); NULL otherwise */
	struct reader_page *page;    /* likewise, by reader_give_page() */
	struct arena arena;          /* owns what the rest points to */
};

/* Answers a question now: waits for the disk. The answer is to be given back by
   reader_answer_done(), whatever it is. Any thread. */
void reader_look(const char *directory, const struct reader_question *question,
		 struct reader_answer *ret_answer);
void reader_answer_done(struct reader_answer *answer);

/* For prepare(): sets `page`, and takes the text over, which may be NULL: out of memory. What the
   rest of the answer points to is gone, and so are its rows. */
void reader_give_page(struct reader_answer *answer, char *text, size_t len);

/* --- for the loop's thread --- */

/* A reader of the ledger in that directory, with its thread. Returns 0 or -errno. */
int reader_new(const char *directory, struct reader **ret_reader) _must_check_;
/* Ends the thread; questions that wait are dropped. Waits for the disk for `patience` at most:
   after that the thread ends when it can. NULL is fine. */
void reader_free(struct reader *reader, usec_t patience);

/* Readable when there are answers. */
int reader_fd(const struct reader *reader);
/* Hands them to who asked. */
void reader_dispatch(struct reader *reader);

/* Copies what it is given. answered() is called once, from reader_dispatch(), unless forgotten; the
   answer is gone when it returns. Returns 0, -EAGAIN when too many wait, or -ENOMEM. */
int reader_ask(struct reader *reader, const struct reader_question *question,
	       void (*answered)(void *ctx, const struct reader_answer *answer),
	       void *ctx) _must_check_;
/* answered() is not called any more for whatever was asked with that `ctx`. */
void reader_forget(struct reader *reader, const void *ctx);
