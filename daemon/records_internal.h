/* What both halves of records.h share. */
#pragma once

#include "ledger/ledger.h"
#include "records.h"

#include <event2/event_struct.h>

struct engine_job;
struct numbers;
struct state_dir;

struct records {
	struct ledger *ledger;
	struct state_dir *state_dir; /* NULL: it could not be had yet */
	char *configured;            /* where that should be; NULL: the usual place */
	struct event retry;          /* of having it, or locking it */
	struct numbers *numbers;
	struct event news_event;
	struct ledger_news news; /* as of the last time */
};

/* The number of the job in the ledger, which it gets now if it has none. */
uint32_t records_number(struct daemon *daemon, struct engine_job *job);

/* Posts all jobs and runs, for a file that knows nothing. */
void records_register(struct daemon *daemon);
