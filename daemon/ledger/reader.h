/*
 * Reading the ledger while the daemon writes it: a thread of its own with a connection of its own,
 * read-only, so that the loop never waits for the disk. Questions are answered in order, on the
 * loop's thread by reader_dispatch(); they are bounded, and so are answers. Also used without a
 * loop by everyctl (reader_ask_now()).
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader;

/* The most rows of an answer, and questions that wait. */
#define READER_ROWS_MAX  1000
#define READER_QUEUE_MAX 256

enum reader_kind {
	READER_HISTORY, /* runs and streaks, newest first */
	READER_RUN,     /* one run, by id */
	READER_OUTPUT,  /* what it printed: head and tail */
	READER_NEAR,    /* the occurrence of a job whose slot is nearest to a time, and the run that
			   was    live then, for `why` */
};

struct reader_question {
	enum reader_kind kind;
	const char *job; /* NULL: of all; HISTORY, NEAR */
	uint64_t run;    /* RUN, OUTPUT */
	usec_t from;     /* HISTORY: slots in [from, to) */
	usec_t to;
	uint64_t before;   /* HISTORY: the `cursor` of the page before; 0: the first page */
	uint32_t verdicts; /* HISTORY: set of 1 << enum verdict; 0: all, those under way included */
	unsigned limit;    /* HISTORY: at most so many rows */
	usec_t at;         /* NEAR */
};

/* A run or a streak. Texts are the answer's. */
struct reader_row {
	const char *job;
	bool is_streak;
	uint64_t id; /* of the run or of the streak */
	usec_t slot; /* of a streak the last one */
	usec_t first;
	usec_t due;
	uint64_t count;
	const char *state; /* NULL: it has its verdict */
	const char *verdict;
	const char *reason; /* reason_word(); NULL: none */
	unsigned attempts;
	usec_t accepted;
	usec_t started; /* 0: never */
	usec_t ended;
	const char *result; /* "exited", ...; NULL */
	int exit;           /* -1: none */
	int signal;         /* 0: none */
	const char *stage;
	int error;
	usec_t cpu;
	long memory; /* kilobytes */
	uint64_t printed;
	uint64_t dropped;
	int pid;
	bool manual; /* asked for by somebody, not by the schedule */
};

struct reader_answer {
	int r; /* 0; -ENOENT: no such run or job; another -errno: it cannot be read ... */
	const char *text; /* ... which is why */
	struct reader_row *rows;
	size_t n_rows;
	uint64_t cursor; /* HISTORY: for the next page; 0: there is none */
	const char *head;
	size_t head_len;
	const char *tail;
	size_t tail_len;
	uint64_t gap; /* OUTPUT: bytes between head and tail that were not kept */
};

/* A reader of the ledger in that directory; it is opened with the first question. Returns 0 or
   -errno. */
int reader_new(const char *directory, struct reader **ret_reader) _must_check_;
/* Joins the thread; questions that wait are dropped. NULL is fine. */
void reader_free(struct reader *reader);

/* Readable when there are answers. */
int reader_fd(const struct reader *reader);
/* Hands them to who asked. */
void reader_dispatch(struct reader *reader);

/* Copies the question; answered() is called once, from reader_dispatch(), unless forgotten. Returns
   0, -EAGAIN when too many wait, or -ENOMEM. */
int reader_ask(struct reader *reader, const struct reader_question *question,
	       void (*answered)(void *ctx, const struct reader_answer *answer),
	       void *ctx) _must_check_;
void reader_forget(struct reader *reader, void *ctx);
