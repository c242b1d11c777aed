/* See spans.h. */
#include "spans.h"

#include "base/cleanup.h"
#include "daemon.h"

#include <event2/event.h>
#include <stdlib.h>

/* Of a job of which a success is expected. */
struct expectation {
	struct event timer;
	struct daemon *daemon;
	struct engine_job *job;
	usec_t due; /* elapsed time */
};

/* Sets a timer for an elapsed time; one that cannot be set is tried again. */
static void arm(struct daemon *daemon, struct event *timer, usec_t due)
{
	usec_t span = due - clock_elapsed();
	struct timeval tv;

	if (span < 0)
		span = 0;
	tv = (struct timeval){.tv_sec = span / USEC_PER_SEC, .tv_usec = span % USEC_PER_SEC};
	if (evtimer_add(timer, &tv) < 0)
		daemon_rearm_soon(daemon);
}

/* Now and a span; "never" stays that. */
static usec_t after(usec_t span)
{
	return usec_add(clock_elapsed(), span);
}

/* --- the next attempt --- */

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct engine_run *er = arg;
	struct run_tail *tail = engine_run_tail(er);

	(void)fd;
	(void)what;
	if (spans_left(er) > 0)
		arm(tail->daemon, &tail->timer, tail->retry_due);
	else
		daemon_step(tail->daemon,
			    &(struct engine_event){.kind = ENGINE_RETRY_DUE, .run = er});
}

void spans_retry(struct daemon *daemon, struct engine_run *er, usec_t span)
{
	struct run_tail *tail = engine_run_tail(er);

	if (!tail->daemon) {
		tail->daemon = daemon;
		(void)evtimer_assign(&tail->timer, daemon->base, on_retry, er);
	}
	tail->retry_due = after(span);
	arm(daemon, &tail->timer, tail->retry_due);
}

void spans_retry_off(struct engine_run *er)
{
	struct run_tail *tail = engine_run_tail(er);

	(void)evtimer_del(&tail->timer);
}

usec_t spans_left(const struct engine_run *er)
{
	const struct run_tail *tail = engine_run_look(er);
	usec_t left = tail->retry_due - clock_elapsed();

	return left > 0 ? left : 0;
}

static bool rearm_run(void *ctx, struct engine_run *er)
{
	struct run_tail *tail = engine_run_tail(er);

	if (er->state == RUN_BACKOFF)
		arm(ctx, &tail->timer, tail->retry_due);
	return true;
}

/* --- the next success --- */

static void on_overdue(evutil_socket_t fd, short what, void *arg)
{
	struct expectation *expectation = arg;

	(void)fd;
	(void)what;
	if (expectation->due > clock_elapsed())
		arm(expectation->daemon, &expectation->timer, expectation->due);
	else
		daemon_step(expectation->daemon, &(struct engine_event){
							 .kind = ENGINE_OVERDUE,
							 .job = expectation->job,
						 });
}

static void forget(struct engine_job *job)
{
	struct job_tail *tail = engine_job_tail(job);

	if (!tail->expectation)
		return;
	(void)evtimer_del(&tail->expectation->timer);
	free(tail->expectation);
	tail->expectation = NULL;
}

void spans_expect(struct daemon *daemon, struct engine_job *job, usec_t span)
{
	struct job_tail *tail = engine_job_tail(job);

	if (span == USEC_INFINITY) {
		forget(job);
		return;
	}
	if (!tail->expectation) {
		tail->expectation = calloc(1, sizeof(*tail->expectation));
		if (!tail->expectation) {
			daemon_rearm_soon(daemon);
			return;
		}
		tail->expectation->daemon = daemon;
		tail->expectation->job = job;
		(void)evtimer_assign(&tail->expectation->timer, daemon->base, on_overdue,
				     tail->expectation);
	}
	tail->expectation->due = after(span);
	arm(daemon, &tail->expectation->timer, tail->expectation->due);
}

static bool rearm_job(void *ctx, struct engine_job *job)
{
	const struct job_tail *tail = engine_job_tail(job);
	usec_t within = job->def->settings->expect_within;

	if (within == 0 || job->overdue)
		return true;
	if (tail->expectation)
		arm(ctx, &tail->expectation->timer, tail->expectation->due);
	else
		spans_expect(ctx, job, within); /* there was no memory for it */
	return true;
}

static bool forget_job(void *ctx, struct engine_job *job)
{
	(void)ctx;
	forget(job);
	return true;
}

/* --- the next run that is caught up --- */

static void on_catch_up(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)fd;
	(void)what;
	if (daemon->catch_up_due > clock_elapsed()) {
		arm(daemon, &daemon->catch_up, daemon->catch_up_due);
		return;
	}
	daemon->catch_up_due = 0;
	daemon_step(daemon, &(struct engine_event){.kind = ENGINE_CATCH_UP});
}

void spans_catch_up(struct daemon *daemon, usec_t span)
{
	(void)evtimer_assign(&daemon->catch_up, daemon->base, on_catch_up, daemon);
	daemon->catch_up_due = after(span);
	arm(daemon, &daemon->catch_up, daemon->catch_up_due);
}

/* --- all of them --- */

void spans_rearm(struct daemon *daemon)
{
	if (daemon->stopping)
		return;
	engine_each_run(daemon->engine, rearm_run, daemon);
	engine_each_job(daemon->engine, rearm_job, daemon);
	if (daemon->catch_up_due > 0)
		arm(daemon, &daemon->catch_up, daemon->catch_up_due);
}

void spans_done(struct daemon *daemon)
{
	engine_each_job(daemon->engine, forget_job, NULL);
}
