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

static const char *const reasons[REASON_COUNT] = {
	[REASON_NONE]         = "",
	[REASON_OVERLAP]      = "the previous run has not ended",
	[REASON_HELD]         = "another occurrence waits for the previous run already",
	[REASON_MAX_RUNNING]  = "max_running runs have not ended",
	[REASON_REPLACED]     = "a later occurrence took its place",
	[REASON_LATE]         = "the daemon could not act at the time",
	[REASON_DOWN]         = "the daemon was not running",
	[REASON_STEPPED]      = "the clock was set forward, or the machine was suspended",
	[REASON_PAUSED]       = "the job is paused",
	[REASON_WINDOW]       = "that is longer ago than catch_up_window",
	[REASON_RESCHEDULED]  = "the job has another schedule now",
	[REASON_CRASH]        = "the daemon died while it ran",
	[REASON_ADOPTED]      = "it outlived the daemon that started it, and nobody saw how it ended",
	[REASON_QUEUE_FULL]   = "the queue is full",
	[REASON_NO_ROOM]      = "too many others are waiting",
	[REASON_NO_RESOURCES] = "there was no memory or no thread to run it",
	[REASON_STOPPING]     = "the daemon is stopping",
	[REASON_REMOVED]      = "the job left the configuration",
	[REASON_CONDITION]    = "its condition does not hold",
	[REASON_MEMORY]       = "out of memory",
	[REASON_OPERATOR]     = "an operator asked for it",
	[REASON_OVERDUE]      = "no success for too long",
};
/* clang-format on */

const struct verdict_info *verdict_info(enum verdict verdict)
{
	assert(verdict < VERDICT_COUNT);
	return &verdicts[verdict];
}

const char *reason_text(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return reasons[reason];
}
