/*
 * What happens, put on record: the engine's effects become postings to the ledger, and what the
 * ledger has to say of itself becomes words. Without a ledger (durability = "none") all of this
 * does nothing.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/engine.h"
#include "core/past.h"

#include <stddef.h>
#include <sys/types.h>

struct control_facts;
struct daemon;
struct model;
struct run_tail;

/* Finds the state directory, opens the ledger in it, and reads the past into daemon->past. What
   cannot be had is logged and done without. Returns 0; -EBUSY when another daemon has the
   directory, which has been said; or -errno. Once. */
int records_open(struct daemon *daemon, const struct model *model) _must_check_;

/* Other settings are in force. */
void records_configure(struct daemon *daemon, const struct model *model);

/* The first configuration is in force, and daemon->past no longer needed. */
void records_loaded(struct daemon *daemon);

/* Writes what there is to be written, and closes it. `clean`: the daemon stopped as it should. */
void records_close(struct daemon *daemon, bool clean);

/* An effect of the engine, before it is carried out. */
void records_effect(struct daemon *daemon, const struct effect *effect);

/* An occurrence of the past whose job is not there any more gets its verdict. */
void records_past_ended(struct daemon *daemon, const struct past_job *job,
			const struct past_run *run, enum verdict verdict, enum reason reason);
void records_past_gone(struct daemon *daemon, const struct past_job *job);

/* One whose slot is looked at anew. */
void records_forget(struct daemon *daemon, const struct past_run *run);

/* The clock was set by that much. */
void records_clock_stepped(struct daemon *daemon, usec_t by);

/* All that was posted since the last call belongs together. */
void records_flush(struct daemon *daemon);

/* A process of the run is about to be made, and is there. On its worker's thread. */
void records_intend(struct daemon *daemon, struct run_tail *tail);
void records_process(struct daemon *daemon, const struct run_tail *tail, pid_t pid);

/* Writes what is wrong with the ledger; nothing if nothing is. */
void records_describe(const struct daemon *daemon, char *buf, size_t size);

/* The same for the control server, with the numbers. */
void records_facts(const struct daemon *daemon, struct control_facts *facts);
