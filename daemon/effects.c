/* See effects.h. */
#include "effects.h"

#include "base/log.h"
#include "daemon.h"
#include "report.h"

#include <event2/event.h>
#include <inttypes.h>

/* After which a timer that could not be armed for want of memory is tried again. */
#define REARM_DELAY USEC_PER_SEC

static void on_due(evutil_socket_t fd, short what, void *arg)
{
	struct engine_job *job = arg;
	struct job_tail *tail = engine_job_tail(job);

	(void)fd;
	(void)what;
	daemon_step(tail->daemon, &(struct engine_event){.kind = ENGINE_DUE, .job = job});
}

static void arm(struct daemon *daemon, struct engine_job *job, usec_t at)
{
	struct job_tail *tail = engine_job_tail(job);
	usec_t span = at - clock_wall();
	struct timeval tv;

	if (!tail->daemon) {
		tail->daemon = daemon;
		(void)evtimer_assign(&tail->timer, daemon->base, on_due, job);
	}
	if (span < 0)
		span = 0;
	tv = (struct timeval){.tv_sec = span / USEC_PER_SEC, .tv_usec = span % USEC_PER_SEC};
	if (evtimer_add(&tail->timer, &tv) < 0)
		daemon_set_timer(&daemon->rearm, REARM_DELAY);
}

static void disarm(struct engine_job *job)
{
	struct job_tail *tail = engine_job_tail(job);

	if (tail->daemon)
		(void)evtimer_del(&tail->timer);
}

static void start(struct daemon *daemon, struct engine_run *er)
{
	struct run_tail *tail = engine_run_tail(er);
	int r;

	tail->run.job = er->def;
	tail->run.id = er->id;
	tail->run.slot = er->slot;
	tail->run.queued = clock_elapsed();
	r = pool_submit(daemon->pool, &tail->item);
	tail->in_pool = r == 0;
	if (r < 0) {
		tail->run.result = (struct run_result){.kind = RESULT_NO_RESOURCES, .code = -r};
		tail->next_failed = daemon->failed;
		daemon->failed = tail;
	}
}

static void cancel(struct daemon *daemon, struct engine_run *er, enum cancel_mode mode)
{
	struct run_tail *tail = engine_run_tail(er);

	if (!tail->in_pool)
		return; /* among the failed: its end is on the way */
	if (pool_cancel(daemon->pool, &tail->item, mode == CANCEL_KILL ? 2 : 1)) {
		tail->in_pool = false;
		tail->run.result = (struct run_result){.kind = RESULT_NOT_STARTED};
		tail->next_failed = daemon->failed;
		daemon->failed = tail;
	}
}

static void ended(struct engine_run *er, const struct effect *effect)
{
	struct job_tail *tail = engine_job_tail(er->job);
	const struct run_result *result = effect->result;

	report_ended(er, effect->verdict, effect->reason, result);
	if (result && result->ended > 0) {
		usec_t msec = (result->ended - result->started) / USEC_PER_MSEC;

		tail->last_ended = clock_wall() - (clock_elapsed() - result->ended);
		tail->last_msec = msec > UINT32_MAX ? UINT32_MAX : (uint32_t)msec;
		tail->last_verdict = effect->verdict;
	}
}

static void apply(void *ctx, const struct effect *effect)
{
	struct daemon *daemon = ctx;

	switch (effect->kind) {
	case EFFECT_ARM:
		arm(daemon, effect->job, effect->at);
		break;
	case EFFECT_DISARM:
	case EFFECT_JOB_FREE:
		disarm(effect->job);
		break;
	case EFFECT_START:
		start(daemon, effect->run);
		break;
	case EFFECT_CANCEL:
		cancel(daemon, effect->run, effect->mode);
		break;
	case EFFECT_ENDED:
		ended(effect->run, effect);
		break;
	case EFFECT_STREAK_BEGIN:
		report_streak_begin(effect->job, effect->streak);
		break;
	case EFFECT_STREAK_END:
		report_streak_end(effect->job, effect->streak);
		break;
	case EFFECT_BURST_BEGIN:
		log_msg(LOG_LEVEL_WARNING,
			"the queue is full: occurrences are refused until there is room; "
			"raise 'queue' or 'workers', or spread the jobs with 'splay'");
		break;
	case EFFECT_BURST_END:
		log_msg(LOG_LEVEL_NOTICE, "the queue has room again: %" PRIu64 " refused",
			effect->count);
		break;
	case EFFECT_LOADED:
		report_loaded(daemon, &effect->diff);
		break;
	case EFFECT_DRAINED:
		daemon->drained = true;
		(void)event_base_loopexit(daemon->base, NULL);
		break;
	}
}

struct effect_sink effects_sink(struct daemon *daemon)
{
	return (struct effect_sink){.apply = apply, .ctx = daemon};
}
