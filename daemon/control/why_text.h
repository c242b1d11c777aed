/*
 * What became of an occurrence, and why, in a sentence or a few: made from facts alone, so that it
 * can be tested by tables. Any thread.
 */
#pragma once

#include "base/cleanup.h"
#include "core/engine.h"
#include "core/model.h"
#include "ledger/reader.h"

#include <stdbool.h>

struct zone;

/* A run that has not ended, as the engine has it. */
struct why_live {
	enum engine_run_state state;
	bool adopted;
	unsigned attempt;
	int pid;     /* 0: none */
	usec_t age;  /* since it was taken by a worker, or accepted */
	usec_t wait; /* RUN_BACKOFF: until the next attempt */
};

struct why_facts {
	const char *job;
	const struct job *def;                /* NULL: it is not in the configuration */
	const struct daemon_settings *daemon; /* in force */
	const struct zone *zone;              /* in which times are told; NULL: local time */
	bool foreign; /* that zone is not everybody's: it is named with the first time */
	usec_t now;
	usec_t asked;   /* the time that was asked about; USEC_INFINITY: none, the last slot */
	usec_t earlier; /* slots that the schedule has around it; USEC_INFINITY: none */
	usec_t later;
	usec_t slot; /* the occurrence; USEC_INFINITY: there is none to tell of */
	const struct reader_near *near; /* NULL: nothing can be read */
	const char *unread;             /* then: why, "there is no ledger"; follows "because" */
	const struct why_live *live; /* of the run of the slot; NULL: it has ended, or none lives */
	const struct why_live *blocker; /* of near->live; NULL: it has ended */
	/* As the engine has the job; nothing of a job that is gone. */
	bool waits;   /* the slot waits, for the run before or to be caught up */
	bool is_held; /* for the run before */
	bool pending; /* the slot is yet to be looked at: its job is due at `due` */
	usec_t due;   /* when the job is due next; USEC_INFINITY: it is not */
	bool paused;
	usec_t until; /* of the pause; USEC_INFINITY: until somebody resumes it */
	const char *reason;
};

/* The text, to be freed by free(3); NULL: out of memory. */
char *why_text(const struct why_facts *facts) _must_check_;

/* When everyd was not there around the slot: from *ret_from (0: it is not known, it died) to
 *ret_to (0: until now). Returns whether it was not. */
bool why_down(const struct why_facts *facts, usec_t *ret_from, usec_t *ret_to);
