/* See verdict.h. */
#include "core/verdict.h"

#include <assert.h>

/* clang-format off */
static const struct verdict_info verdicts[VERDICT_COUNT] = {
	[VERDICT_OK]        = {"ok",        LOG_LEVEL_INFO},
	[VERDICT_FAILED]    = {"failed",    LOG_LEVEL_WARNING},
	[VERDICT_TIMEOUT]   = {"timeout",   LOG_LEVEL_WARNING},
	[VERDICT_KILLED]    = {"killed",    LOG_LEVEL_NOTICE},
	[VERDICT_LOST]      = {"lost",      LOG_LEVEL_WARNING},
	[VERDICT_SKIPPED]   = {"skipped",   LOG_LEVEL_NOTICE},
	[VERDICT_COALESCED] = {"coalesced", LOG_LEVEL_NOTICE},
	[VERDICT_MISSED]    = {"missed",    LOG_LEVEL_NOTICE},
	[VERDICT_PAUSED]    = {"paused",    LOG_LEVEL_INFO},
	[VERDICT_REFUSED]   = {"refused",   LOG_LEVEL_INFO},
	[VERDICT_CANCELLED] = {"cancelled", LOG_LEVEL_NOTICE},
};

static const struct {
	const char *word;
	const char *text;
} reasons[REASON_COUNT] = {
	[REASON_NONE]         = {"",             ""},
	[REASON_OVERLAP]      = {"overlap",      "the previous run has not ended"},
	[REASON_HELD]         = {"held",         "another occurrence waits for the previous run already"},
	[REASON_MAX_RUNNING]  = {"max_running",  "max_running runs have not ended"},
	[REASON_REPLACED]     = {"replaced",     "a later occurrence took its place"},
	[REASON_LATE]         = {"late",         "the daemon could not act at the time"},
	[REASON_DOWN]         = {"down",         "the daemon was not running"},
	[REASON_STEPPED]      = {"stepped",      "the clock was set forward, or the machine was suspended"},
	[REASON_PAUSED]       = {"paused",       "the job is paused"},
	[REASON_WINDOW]       = {"window",       "that is longer ago than catch_up_window"},
	[REASON_RESCHEDULED]  = {"rescheduled",  "the job has another schedule now"},
	[REASON_CRASH]        = {"crash",        "the daemon died while it ran"},
	[REASON_ADOPTED]      = {"adopted",      "it outlived the daemon, and nobody saw how it ended"},
	[REASON_QUEUE_FULL]   = {"queue_full",   "the queue is full"},
	[REASON_NO_ROOM]      = {"no_room",      "too many others are waiting"},
	[REASON_NO_RESOURCES] = {"no_resources", "there was no memory or no thread to run it"},
	[REASON_STOPPING]     = {"stopping",     "the daemon is stopping"},
	[REASON_REMOVED]      = {"removed",      "the job left the configuration"},
	[REASON_CONDITION]    = {"condition",    "its condition does not hold"},
	[REASON_MEMORY]       = {"memory",       "out of memory"},
	[REASON_OPERATOR]     = {"operator",     "an operator asked for it"},
	[REASON_OVERDUE]      = {"overdue",      "no success for too long"},
};
/* clang-format on */

const struct verdict_info *verdict_info(enum verdict verdict)
{
	assert(verdict < VERDICT_COUNT);
	return &verdicts[verdict];
}

const char *reason_word(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return reasons[reason].word;
}

const char *reason_text(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return reasons[reason].text;
}
