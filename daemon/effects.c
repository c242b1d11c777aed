/* See effects.h. */
#include "effects.h"

#include "base/log.h"
#include "control/server.h"
#include "control_host.h"
#include "daemon.h"
#include "records.h"
#include "report.h"
#include "spans.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of what is later than that, a clock or a suspend is the cause, and not the loop. */
static void tell_lateness(struct daemon *daemon, const struct engine_job *job)
{
	usec_t due = engine_job_due(job);
	usec_t late;

	if (!daemon->control || due == USEC_INFINITY)
		return;
	late = clock_wall() - due;
	if (late >= 0 && late <= ENGINE_LATE)
		control_late(daemon->control, late);
}

static void on_due(evutil_socket_t fd, short what, void *arg)
{
	struct engine_job *job = arg;
	struct job_tail *tail = engine_job_tail(job);

	(void)fd;
	(void)what;
	tell_lateness(tail->daemon, job);
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
		daemon_rearm_soon(daemon);
}

static void disarm(struct engine_job *job)
{
	struct job_tail *tail = engine_job_tail(job);

	if (tail->daemon)
		(void)evtimer_del(&tail->timer);
}

/* Lets a step behind this one hear that it ended. */
static void give_back(struct daemon *daemon, struct run_tail *tail)
{
	tail->in_pool = false;
	tail->next_failed = daemon->failed;
	daemon->failed = tail;
}

/* Fills in what the worker is to know. What came of the run that a notice tells of stays. */
static struct run_tail *prepare(struct engine_run *er)
{
	struct run_tail *tail = engine_run_tail(er);
	const struct job_tail *job_tail = engine_job_tail(er->job);

	tail->run.job = er->def;
	tail->run.daemon = &er->model->daemon;
	tail->run.id = er->id;
	tail->run.slot = er->slot;
	tail->run.attempt = er->attempt;
	tail->run.notice = er->notice;
	tail->run.adopted = 0;
	tail->number = job_tail->number;
	tail->run.queued = clock_elapsed();
	atomic_store_explicit(&tail->run.begun, 0, memory_order_relaxed);
	return tail;
}

static void submit(struct daemon *daemon, struct run_tail *tail,
		   int (*how)(struct pool *pool, struct pool_item *item))
{
	int r = how(daemon->pool, &tail->item);

	tail->in_pool = true;
	if (r < 0) {
		tail->run.result = (struct run_result){.kind = RESULT_NO_RESOURCES, .code = -r};
		give_back(daemon, tail);
	}
}

static void start(struct daemon *daemon, struct engine_run *er)
{
	struct run_tail *tail = prepare(er);

	tail->starting = true;
	STAILQ_INSERT_TAIL(&daemon->starting, tail, starting_link);
}

static void leave_line(struct daemon *daemon, struct run_tail *tail)
{
	STAILQ_REMOVE(&daemon->starting, tail, run_tail, starting_link);
	tail->starting = false;
}

void effects_start(struct daemon *daemon)
{
	struct run_tail *tail;

	while ((tail = STAILQ_FIRST(&daemon->starting))) {
		leave_line(daemon, tail);
		submit(daemon, tail, pool_submit);
	}
}

/* Begins, in elapsed time, of a process by its clock ticks since boot. */
static usec_t since(long ticks)
{
	return (usec_t)ticks * USEC_PER_SEC / sysconf(_SC_CLK_TCK);
}

static void adopt(struct daemon *daemon, struct engine_run *er, const struct past_run *past)
{
	struct run_tail *tail = prepare(er);

	tail->run.adopted = past->pid;
	tail->run.adopted_start = past->start;
	tail->run.adopted_since = since(past->start);
	report_adopted(er, past->pid);
	/* It runs, whether there is room for it or not. */
	submit(daemon, tail, pool_submit_follow_up);
}

static void start_notice(struct daemon *daemon, struct engine_run *er)
{
	submit(daemon, prepare(er), pool_submit_follow_up);
}

/* Takes it back, if no worker has it yet; otherwise its end is on the way. */
static bool take_back(struct daemon *daemon, struct run_tail *tail, int level)
{
	if (tail->starting) {
		leave_line(daemon, tail);
		return true;
	}
	/* The process of an adopted one runs, whether a worker has come to it yet or not. */
	if (tail->in_pool && tail->run.adopted > 0)
		pool_urge(daemon->pool, &tail->item, level);
	else if (tail->in_pool)
		return pool_cancel(daemon->pool, &tail->item, level);
	return false;
}

static void cancel(struct daemon *daemon, struct engine_run *er, enum cancel_mode mode)
{
	struct run_tail *tail = engine_run_tail(er);

	if (!take_back(daemon, tail, mode == CANCEL_KILL ? 2 : 1))
		return;
	tail->run.result = (struct run_result){.kind = RESULT_NOT_STARTED};
	give_back(daemon, tail);
}

void effects_let_go(struct run_tail *tail)
{
	free(tail->run.output);
	tail->run.output = NULL;
	free(tail->environment);
	tail->environment = NULL;
	tail->run.environment = NULL;
}

static void ended(struct engine_run *er, const struct effect *effect)
{
	struct job_tail *tail = engine_job_tail(er->job);
	struct run_tail *run_tail = engine_run_tail(er);
	const struct run_result *result = effect->result;

	/* Of an attempt before the one that came to nothing: that is what is told of. */
	if (result && result != &run_tail->run.result)
		run_tail->run.result = *result;
	report_ended(er, effect->verdict, effect->reason, result);
	if (result && result->ended > 0) {
		usec_t msec = (result->ended - result->started) / USEC_PER_MSEC;

		tail->last_ended = clock_wall() - (clock_elapsed() - result->ended);
		tail->last_msec = msec > UINT32_MAX ? UINT32_MAX : (uint32_t)msec;
		tail->last_verdict = effect->verdict;
		if (effect->verdict == VERDICT_OK)
			tail->last_success = tail->last_ended;
	} else if (effect->verdict <= VERDICT_LOST) {
		/* It could not be started, or nobody saw when it ended: this is when it was found
		   out. */
		tail->last_ended = clock_wall();
		tail->last_msec = 0;
		tail->last_verdict = effect->verdict;
	}
	if (!engine_run_is_notice(er))
		effects_let_go(run_tail);
}

static void apply(void *ctx, const struct effect *effect)
{
	struct daemon *daemon = ctx;

	/* What it is to be run with is on record, too. */
	if (effect->kind == EFFECT_ACCEPTED)
		control_host_accepted(daemon, effect->run);
	records_effect(daemon, effect);
	switch (effect->kind) {
	case EFFECT_ARM:
		arm(daemon, effect->job, effect->at);
		break;
	case EFFECT_DISARM:
		disarm(effect->job);
		break;
	case EFFECT_JOB_FREE:
		disarm(effect->job);
		spans_expect(daemon, effect->job, USEC_INFINITY);
		break;
	case EFFECT_START:
		start(daemon, effect->run);
		break;
	case EFFECT_RETRY:
		report_retry(effect->run, effect->verdict, effect->reason, effect->result,
			     effect->span);
		spans_retry(daemon, effect->run, effect->span);
		break;
	case EFFECT_RETRY_OFF:
		spans_retry_off(effect->run);
		break;
	case EFFECT_NOTICE:
		start_notice(daemon, effect->run);
		break;
	case EFFECT_NOTICE_DROPPED:
		report_notice_dropped(effect->run, effect->reason, effect->result);
		effects_let_go(engine_run_tail(effect->run));
		break;
	case EFFECT_DROPS_END:
		report_drops_end(effect->job);
		break;
	case EFFECT_EXPECT:
		spans_expect(daemon, effect->job, effect->span);
		break;
	case EFFECT_OVERDUE:
		report_overdue(effect->job);
		break;
	case EFFECT_CANCEL:
		cancel(daemon, effect->run, effect->mode);
		break;
	case EFFECT_ENDED:
		ended(effect->run, effect);
		break;
	case EFFECT_STREAK_BEGIN:
		report_streak_begin(daemon, effect->job, effect->streak, effect->result);
		break;
	case EFFECT_STREAK_END:
		report_streak_end(daemon, effect->job, effect->streak);
		break;
	case EFFECT_BURST_BEGIN:
		log_about(LOG_LEVEL_WARNING, &(struct log_about){.message = LOG_MESSAGE_QUEUE_FULL},
			  "the queue is full: occurrences are refused until there is room; "
			  "raise 'queue' or 'workers', or spread the jobs with 'splay'");
		break;
	case EFFECT_BURST_END:
		log_about(LOG_LEVEL_NOTICE, &(struct log_about){.message = LOG_MESSAGE_QUEUE_ROOM},
			  "the queue has room again: %" PRIu64 " refused", effect->count);
		break;
	case EFFECT_LOADED:
		daemon->diff = effect->diff;
		report_loaded(daemon, &effect->diff);
		break;
	case EFFECT_ADOPT:
		adopt(daemon, effect->run, effect->past);
		break;
	case EFFECT_RETRY_RESTORED:
		report_retry_restored(effect->run, effect->span);
		spans_retry(daemon, effect->run, effect->span);
		break;
	case EFFECT_PUT_OFF:
		report_put_off(effect->run);
		effects_let_go(engine_run_tail(effect->run));
		break;
	case EFFECT_PAUSED:
		report_paused(effect->job);
		break;
	case EFFECT_RESUMED:
		report_resumed(effect->job);
		break;
	case EFFECT_CATCH_UP:
		spans_catch_up(daemon, effect->span);
		break;
	/* Only to be recorded. */
	case EFFECT_ACCEPTED:
	case EFFECT_NOT_RUN:
	case EFFECT_HELD:
	case EFFECT_JOB_KNOWN:
	case EFFECT_JOB_GONE:
	case EFFECT_JOB_STATE:
		break;
	case EFFECT_DRAINED:
		daemon->drained = true;
		(void)event_base_loopexit(daemon->base, NULL);
		break;
	}
	if (daemon->control)
		control_effect(daemon->control, effect);
}

struct effect_sink effects_sink(struct daemon *daemon)
{
	return (struct effect_sink){.apply = apply, .ctx = daemon};
}
