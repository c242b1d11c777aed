/* Every occurrence gets exactly one verdict; this is the list of them. */
#pragma once

#include "base/log.h"

enum verdict {
	VERDICT_OK,        /* ran and succeeded */
	VERDICT_FAILED,    /* ran and failed, or could not be started */
	VERDICT_TIMEOUT,   /* ran and was stopped at its time-out */
	VERDICT_KILLED,    /* ran and was stopped: replaced, daemon stopping, operator */
	VERDICT_LOST,      /* ran; what came of it is not known: the daemon died meanwhile */
	VERDICT_SKIPPED,   /* did not run: overlap, or its condition did not hold */
	VERDICT_COALESCED, /* did not run: a later slot's run stands for it */
	VERDICT_MISSED,    /* did not run: nobody was there at its time, and it is not caught up */
	VERDICT_PAUSED,    /* did not run: its job was paused */
	VERDICT_REFUSED,   /* did not run: no room in the queue */
	VERDICT_CANCELLED, /* did not run: taken back before it could: the daemon stopped, the job
			      went, operator */
	VERDICT_COUNT,
};

/* Why an occurrence got its verdict, where the verdict alone does not say. */
enum reason {
	REASON_NONE,
	REASON_OVERLAP,      /* skipped: the previous run has not ended */
	REASON_HELD,         /* skipped: one occurrence is held already */
	REASON_MAX_RUNNING,  /* skipped: max_running runs have not ended */
	REASON_REPLACED,     /* killed, skipped, or not tried again: a later one took its place */
	REASON_LATE,         /* coalesced or missed: the daemon could not act at the time */
	REASON_DOWN,         /* coalesced or missed: the daemon was not running */
	REASON_STEPPED,      /* likewise: the clock was set forward, or the machine was suspended */
	REASON_PAUSED,       /* paused: somebody asked for it */
	REASON_WINDOW,       /* missed: longer ago than catch_up_window */
	REASON_RESCHEDULED,  /* cancelled: the job got another schedule before it could run */
	REASON_CRASH,        /* lost: the daemon died, and so did the process, or nobody knows */
	REASON_ADOPTED,      /* lost: the process outlived the daemon; nobody saw how it ended */
	REASON_QUEUE_FULL,   /* refused: `queue` occurrences wait already */
	REASON_NO_ROOM,      /* not tried again, or a notice dropped: too many wait already */
	REASON_NO_RESOURCES, /* refused or not tried again: no memory or no thread to run it */
	REASON_STOPPING,     /* killed, cancelled or not tried again: the daemon stops */
	REASON_REMOVED,      /* cancelled or not tried again: the job left the configuration */
	REASON_CONDITION,    /* skipped or not tried again: only_if said no */
	REASON_MEMORY,       /* failed: out of memory at its memory_max */
	REASON_OPERATOR,     /* killed, cancelled or not tried again: somebody asked for it */
	REASON_OVERDUE,      /* a notice: no success within expect_within */
	REASON_COUNT,
};

struct verdict_info {
	const char *name; /* as in logs, status and the ledger */
	/* At which it is logged. Refusals are: the warning is one for the whole burst. */
	enum log_level level;
};

/* The row of a verdict. Any thread. */
const struct verdict_info *verdict_info(enum verdict verdict);

/* A reason in one word, as EVERYD_REASON and the ledger have it: "overlap"; "" for REASON_NONE. Any
   thread. */
const char *reason_word(enum reason reason);

/* A reason in words that follow "because": "the previous run has not ended". Any thread. */
const char *reason_text(enum reason reason);
