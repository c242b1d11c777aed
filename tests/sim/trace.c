/* What --verbose shows. */
#include "world_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void trace(const struct world *world, const char *format, ...)
{
	va_list ap;

	if (!world->verbose)
		return;
	printf("# %12.6f ", (double)world->wall / 1e6);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

void trace_effect(const struct world *world, const struct effect *effect)
{
	static const char *const names[] = {
		[EFFECT_ARM] = "arm",
		[EFFECT_DISARM] = "disarm",
		[EFFECT_JOB_FREE] = "free",
		[EFFECT_START] = "start",
		[EFFECT_RETRY] = "another attempt:",
		[EFFECT_RETRY_OFF] = "no other attempt:",
		[EFFECT_NOTICE] = "tell:",
		[EFFECT_NOTICE_DROPPED] = "do not tell:",
		[EFFECT_DROPS_END] = "drops end:",
		[EFFECT_EXPECT] = "expect",
		[EFFECT_OVERDUE] = "overdue:",
		[EFFECT_CANCEL] = "cancel",
		[EFFECT_ENDED] = "ended",
		[EFFECT_STREAK_BEGIN] = "streak begins",
		[EFFECT_STREAK_END] = "streak ends",
		[EFFECT_BURST_BEGIN] = "burst begins",
		[EFFECT_BURST_END] = "burst ends",
		[EFFECT_LOADED] = "loaded",
		[EFFECT_ACCEPTED] = "accepted:",
		[EFFECT_ADOPT] = "adopt",
		[EFFECT_RETRY_RESTORED] = "another attempt as before:",
		[EFFECT_PUT_OFF] = "put off:",
		[EFFECT_NOT_RUN] = "not run:",
		[EFFECT_HELD] = "held:",
		[EFFECT_JOB_KNOWN] = "known:",
		[EFFECT_JOB_GONE] = "gone:",
		[EFFECT_JOB_STATE] = "state of",
		[EFFECT_PAUSED] = "paused:",
		[EFFECT_RESUMED] = "resumed:",
		[EFFECT_CATCH_UP] = "catch up later",
		[EFFECT_DRAINED] = "drained",
	};
	const char *name = names[effect->kind];

	switch (effect->kind) {
	case EFFECT_ARM:
	case EFFECT_HELD:
	case EFFECT_JOB_KNOWN:
		trace(world, "    %s %s %.6f", name, effect->job->def->name,
		      (double)effect->at / 1e6);
		break;
	case EFFECT_DROPS_END:
	case EFFECT_EXPECT:
	case EFFECT_OVERDUE:
	case EFFECT_DISARM:
	case EFFECT_JOB_FREE:
	case EFFECT_JOB_GONE:
	case EFFECT_JOB_STATE:
	case EFFECT_PAUSED:
	case EFFECT_RESUMED:
		trace(world, "    %s %s", name, effect->job->def->name);
		break;
	case EFFECT_START:
	case EFFECT_CANCEL:
	case EFFECT_RETRY:
	case EFFECT_RETRY_OFF:
	case EFFECT_ACCEPTED:
	case EFFECT_ADOPT:
	case EFFECT_RETRY_RESTORED:
	case EFFECT_PUT_OFF:
		trace(world, "    %s run %" PRIu64 " of %s, slot %.6f, attempt %u", name,
		      effect->run->id, effect->run->def->name, (double)effect->run->slot / 1e6,
		      effect->run->attempt);
		break;
	case EFFECT_NOTICE:
	case EFFECT_NOTICE_DROPPED:
		trace(world, "    %s run %" PRIu64 " of %s: hooks %x, mail %d, %d missed", name,
		      effect->run->id, effect->run->def->name, effect->run->notice.hooks,
		      effect->run->notice.mail, (int)effect->run->notice.missed);
		break;
	case EFFECT_ENDED:
		trace(world, "    %s run %" PRIu64 " of %s: %s %s", name, effect->run->id,
		      effect->run->def->name, verdict_info(effect->verdict)->name,
		      reason_text(effect->reason));
		break;
	case EFFECT_NOT_RUN:
	case EFFECT_STREAK_BEGIN:
	case EFFECT_STREAK_END:
		trace(world, "    %s: %s %s, %s, %" PRIu64 ", slots %.6f to %.6f", name,
		      effect->job->def->name, verdict_info(effect->streak->verdict)->name,
		      reason_text(effect->streak->reason), effect->streak->count,
		      (double)effect->streak->first / 1e6, (double)effect->streak->last / 1e6);
		break;
	case EFFECT_BURST_BEGIN:
	case EFFECT_BURST_END:
	case EFFECT_LOADED:
	case EFFECT_CATCH_UP:
	case EFFECT_DRAINED:
		trace(world, "    %s", name);
		break;
	}
}
