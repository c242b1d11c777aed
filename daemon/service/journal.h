/*
 * The journal as a log sink (native protocol, systemd.journal-fields(7)): a job's records carry
 * SYSLOG_IDENTIFIER=JOB, EVERYD_JOB, EVERYD_RUN, EVERYD_SLOT, EVERYD_VERDICT, EVERYD_REASON and
 * EVERYD_STREAM, as far as there are such; messages that the catalog explains a MESSAGE_ID.
 */
#pragma once

#include "base/log.h"

#include <stdbool.h>

/* Is standard error connected to the journal (JOURNAL_STREAM, systemd.exec(5))? */
bool journal_is_stderr(void);

/* Is there a journal to write to? libsystemd says nothing when there is none. */
bool journal_is_there(void);

/* Writes with sd_journal_sendv(3), which may block; from one thread at a time. */
struct log_sink journal_sink(void);
