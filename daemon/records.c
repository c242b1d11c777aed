/* See records.h. */
#include "records.h"

#include "base/log.h"
#include "daemon.h"
#include "exec/process.h"
#include "ledger/ledger.h"
#include "numbers.h"
#include "spans.h"
#include "state_dir.h"
#include "status.h"
#include "words.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long a run waits to be on record before it starts all the same: beyond that, being late would
   be worse than having no record. */
#define INTEND_PATIENCE (5 * USEC_PER_SEC)

/* How long a daemon that stops waits for what is yet to be written. */
#define CLOSE_PATIENCE (10 * USEC_PER_SEC)

/* How often a state directory is tried again that could not be had. */
#define RETRY_INTERVAL (30 * USEC_PER_SEC)

struct records {
	struct ledger *ledger;
	struct state_dir *state_dir; /* NULL: it could not be had yet */
	char *configured;            /* where that should be; NULL: the usual place */
	struct event retry;          /* of having it */
	struct numbers *numbers;
	struct event news_event;
	struct ledger_news news; /* as of the last time */
};

/* --- jobs and runs as the ledger knows them --- */

static uint32_t number_of(struct daemon *daemon, struct engine_job *job)
{
	struct job_tail *tail = engine_job_tail(job);
	const struct past_job *past;

	if (tail->number != 0)
		return tail->number;
	past = past_find(&daemon->past, job->def->name);
	tail->number = past ? past->number : numbers_take(daemon->records->numbers, job->def->name);
	return tail->number;
}

static struct ledger_run run_of(struct daemon *daemon, const struct engine_run *er,
				unsigned attempt)
{
	return (struct ledger_run){
		.id = er->id,
		.job = number_of(daemon, er->job),
		.attempt = attempt,
		.slot = er->slot,
		.due = usec_add(er->slot, er->def->schedule.delay),
		.accepted = er->accepted,
	};
}

static void post_job(struct daemon *daemon, struct engine_job *job, usec_t since)
{
	char grid[SCHEDULE_GRID_SIZE];

	ledger_job(daemon->records->ledger,
		   &(struct ledger_job){
			   .number = number_of(daemon, job),
			   .name = job->def->name,
			   .schedule = schedule_grid(&job->def->schedule, grid),
			   .since = since,
		   });
}

static void post_state(struct daemon *daemon, struct engine_job *job)
{
	const struct engine_pause *pause = job->pause;

	ledger_job_state(daemon->records->ledger, &(struct ledger_job_state){
							  .job = number_of(daemon, job),
							  .failures = job->failures,
							  .told = job->told,
							  .paused = pause,
							  .until = pause ? pause->until : 0,
							  .reason = pause ? pause->reason : "",
						  });
}

static struct ledger_attempt attempt_of(struct daemon *daemon, struct engine_run *er,
					const struct effect *effect)
{
	const struct run_result *result = effect->result;

	return (struct ledger_attempt){
		.run = run_of(daemon, er, result ? words_attempt(er, result) : er->attempt),
		.verdict = effect->verdict,
		.reason = effect->reason,
		.result = result,
		.elapsed_offset = clock_wall() - clock_elapsed(),
		.pid = result ? result->pid : 0,
	};
}

static void post_ended(struct daemon *daemon, struct engine_run *er, const struct effect *effect)
{
	struct ledger_attempt attempt = attempt_of(daemon, er, effect);
	const struct run_tail *tail = engine_run_tail(er);
	const struct kept_output *output = tail->run.output;

	if (output) {
		attempt.head = output->bytes;
		attempt.head_len = output->head;
		attempt.tail = output->bytes + output->head;
		attempt.tail_len = output->tail;
	}
	ledger_ended(daemon->records->ledger, &attempt);
}

static void post_retry(struct daemon *daemon, struct engine_run *er, const struct effect *effect)
{
	struct ledger_attempt attempt = attempt_of(daemon, er, effect);

	attempt.next = usec_add(clock_wall(), effect->span);
	ledger_retry(daemon->records->ledger, &attempt);
}

static void post_streak(struct daemon *daemon, const struct effect *effect)
{
	const struct engine_streak *streak = effect->streak;

	ledger_streak(daemon->records->ledger,
		      &(struct ledger_streak){
			      .id = streak->id,
			      .job = number_of(daemon, effect->job),
			      .verdict = streak->verdict,
			      .reason = streak->reason,
			      .count = streak->count,
			      .first = streak->first,
			      .last = streak->last,
			      .at = clock_wall(),
			      .unrun = effect->unrun ? effect->unrun->id : 0,
		      });
}

/* What was taken back for the stop is done after the next start. */
static bool is_put_off(enum verdict verdict, enum reason reason)
{
	return verdict == VERDICT_CANCELLED && reason == REASON_STOPPING;
}

/* A worker may have been about to start it. */
static void post_not_started(struct daemon *daemon, struct engine_run *er)
{
	struct ledger_run run = run_of(daemon, er, 1);

	ledger_forget(daemon->records->ledger, er->id);
	ledger_accepted(daemon->records->ledger, &run);
}

/* The same of the next attempt of one that has failed. The process of one that was adopted still
   runs, for all that is known. */
static void post_put_off(struct daemon *daemon, struct engine_run *er)
{
	struct ledger_attempt attempt;

	if (er->adopted)
		return;
	attempt = (struct ledger_attempt){
		.run = run_of(daemon, er, words_attempt(er, &er->result)),
		.verdict = er->verdict,
		.result = &er->result,
		.elapsed_offset = clock_wall() - clock_elapsed(),
		.next = usec_add(clock_wall(), spans_left(er)),
	};
	ledger_retry(daemon->records->ledger, &attempt);
}

static void forget_job(struct daemon *daemon, struct engine_job *job)
{
	struct job_tail *tail = engine_job_tail(job);

	if (tail->number != 0)
		numbers_keep(daemon->records->numbers, job->def->name, tail->number);
}

void records_effect(struct daemon *daemon, const struct effect *effect)
{
	struct records *records = daemon->records;
	struct ledger_run run;

	if (!records)
		return;
	switch (effect->kind) {
	case EFFECT_ACCEPTED:
		run = run_of(daemon, effect->run, 1);
		ledger_accepted(records->ledger, &run);
		break;
	case EFFECT_RETRY:
		post_retry(daemon, effect->run, effect);
		break;
	case EFFECT_ENDED:
		if (is_put_off(effect->verdict, effect->reason))
			post_not_started(daemon, effect->run);
		else
			post_ended(daemon, effect->run, effect);
		break;
	case EFFECT_PUT_OFF:
		post_put_off(daemon, effect->run);
		break;
	case EFFECT_NOT_RUN:
		if (!is_put_off(effect->streak->verdict, effect->streak->reason))
			post_streak(daemon, effect);
		break;
	case EFFECT_HELD:
		if (!daemon->stopping)
			ledger_held(records->ledger, number_of(daemon, effect->job), effect->at);
		break;
	case EFFECT_JOB_KNOWN:
		post_job(daemon, effect->job, effect->at);
		break;
	case EFFECT_JOB_GONE:
		ledger_job_gone(records->ledger, number_of(daemon, effect->job), clock_wall());
		break;
	case EFFECT_JOB_STATE:
		post_state(daemon, effect->job);
		break;
	case EFFECT_JOB_FREE:
		forget_job(daemon, effect->job);
		break;
	default:
		break;
	}
}

/* --- a file that knows nothing --- */

static bool register_job(void *ctx, struct engine_job *job)
{
	struct daemon *daemon = ctx;

	post_job(daemon, job, job->accounted);
	if (job->failures > 0 || job->told || job->pause)
		post_state(daemon, job);
	if (job->held != USEC_INFINITY)
		ledger_held(daemon->records->ledger, number_of(daemon, job), job->held);
	return true;
}

/* Its worker may be no further than about to make the process. */
static void post_begun(struct daemon *daemon, struct run_tail *tail, const struct ledger_run *run)
{
	struct records *records = daemon->records;
	pid_t pid = atomic_load_explicit(&tail->run.pid, memory_order_relaxed);
	usec_t begun = atomic_load_explicit(&tail->run.begun, memory_order_relaxed);
	usec_t since = clock_wall() - (clock_elapsed() - begun);

	ledger_begun(records->ledger, run, since);
	if (pid > 0)
		ledger_process(records->ledger, run->id, pid, since);
}

static bool register_run(void *ctx, struct engine_run *er)
{
	struct daemon *daemon = ctx;
	struct run_tail *tail = engine_run_tail(er);
	struct ledger_run run;

	if (engine_run_is_notice(er))
		return true;
	run = run_of(daemon, er, er->attempt);
	ledger_accepted(daemon->records->ledger, &run);
	if (er->state == RUN_BACKOFF)
		post_put_off(daemon, er);
	else if (tail->in_pool && atomic_load_explicit(&tail->run.begun, memory_order_relaxed) != 0)
		post_begun(daemon, tail, &run);
	return true;
}

static void register_all(struct daemon *daemon)
{
	engine_each_job(daemon->engine, register_job, daemon);
	engine_each_run(daemon->engine, register_run, daemon);
	records_flush(daemon);
}

/* --- how it is --- */

static void say_trouble(const struct ledger_news *before, const struct ledger_news *now)
{
	if (now->set_aside[0])
		log_msg(LOG_LEVEL_ERROR,
			"the ledger is damaged: it was set aside as %s, and a new one begun",
			now->set_aside);
	else if (now->renewed && !before->trouble)
		log_msg(LOG_LEVEL_ERROR, "the ledger was removed: a new one was begun, which "
					 "knows nothing of what was before");
	if (now->trouble && !(before->trouble && strcmp(before->text, now->text) == 0))
		log_msg(LOG_LEVEL_ERROR,
			"the ledger cannot be written: %s; jobs run all the same, and what "
			"becomes of them is kept in memory as far as there is room",
			now->text);
	if (before->trouble && !now->trouble)
		log_msg(LOG_LEVEL_NOTICE, "the ledger is written again");
	if (now->dropped > before->dropped)
		log_msg(LOG_LEVEL_ERROR, "the ledger lost %" PRIu64 " records for want of memory",
			now->dropped - before->dropped);
	if (now->outputs_dropped > before->outputs_dropped)
		log_msg(LOG_LEVEL_WARNING,
			"the output of %" PRIu64 " runs is not in the ledger, for want of memory",
			now->outputs_dropped - before->outputs_dropped);
}

static void hear_news(struct records *records)
{
	struct ledger_news before = records->news;

	ledger_news(records->ledger, &records->news);
	say_trouble(&before, &records->news);
}

static void take_news(struct daemon *daemon)
{
	struct records *records = daemon->records;

	hear_news(records);
	if (records->news.renewed && engine_model(daemon->engine))
		register_all(daemon);
	status_touch(daemon);
}

static void on_news(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	take_news(arg);
}

void records_describe(const struct daemon *daemon, char *buf, size_t size)
{
	const struct records *records = daemon->records;

	buf[0] = '\0';
	if (records && records->news.trouble)
		(void)snprintf(buf, size, "THE LEDGER CANNOT BE WRITTEN: %s", records->news.text);
}

/* --- life --- */

static struct ledger_settings settings_of(const struct model *model)
{
	return (struct ledger_settings){
		.durability = model->daemon.durability,
		.history_keep = model->daemon.history_keep,
		.history_runs = model->daemon.history_runs,
	};
}

static long start_of(pid_t pid)
{
	struct process process;

	return process_read(pid, &process) < 0 ? 0 : process.start;
}

/* Finds the directory. What is wrong with it is trouble, which is told, and then there is none yet.
   Returns 0; -EBUSY; or -ENOMEM. */
static int find_directory(struct records *records)
{
	struct ledger_news before = records->news;
	char text[LEDGER_TEXT_SIZE] = "";
	int r = state_dir_open(records->configured, &records->state_dir, text, sizeof(text));

	if (r < 0 && r != -EBUSY && r != -ENOMEM) {
		records->news.trouble = true;
		(void)snprintf(records->news.text, sizeof(records->news.text), "%s", text);
		say_trouble(&before, &records->news);
		daemon_set_timer(&records->retry, RETRY_INTERVAL);
		return 0;
	}
	if (text[0])
		log_msg(r < 0 ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "%s", text);
	return r;
}

static int open_ledger(struct daemon *daemon, const struct model *model)
{
	struct records *records = daemon->records;
	struct ledger_settings settings = settings_of(model);
	struct ledger_life life = {
		.started = clock_wall(),
		.pid = getpid(),
		.version = EVERYD_VERSION,
		.boot = daemon->boot,
	};
	const char *directory = records->state_dir ? state_dir_path(records->state_dir) : NULL;
	int r = ledger_open(directory, &settings, &life, start_of, &records->ledger, &daemon->past);

	if (r < 0) {
		log_msg(LOG_LEVEL_ERROR, "the ledger cannot be opened: %s", strerrordesc_np(-r));
		return r;
	}
	if (directory)
		hear_news(records);
	(void)event_assign(&records->news_event, daemon->base, ledger_fd(records->ledger),
			   EV_READ | EV_PERSIST, on_news, daemon);
	return event_add(&records->news_event, NULL) < 0 ? -ENOMEM : 0;
}

/* The directory could not be had at the start; maybe now. If it can, the ledger has news of it. */
static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;
	struct records *records = daemon->records;
	int r = find_directory(records);

	(void)fd;
	(void)what;
	if (r == 0 && records->state_dir)
		r = ledger_place(records->ledger, state_dir_path(records->state_dir));
	if (r < 0) {
		state_dir_free(steal_ptr(records->state_dir));
		daemon_set_timer(&records->retry, RETRY_INTERVAL);
	}
	status_touch(daemon);
}

int records_open(struct daemon *daemon, const struct model *model)
{
	struct records *records;
	int r;

	if (model->daemon.durability == DURABILITY_NONE)
		return 0;
	records = calloc(1, sizeof(*records));
	if (!records)
		return -ENOMEM;
	daemon->records = records;
	(void)evtimer_assign(&records->retry, daemon->base, on_retry, daemon);
	if (model->daemon.state_dir) {
		records->configured = strdup(model->daemon.state_dir);
		if (!records->configured)
			return -ENOMEM;
	}
	if (process_boot_id(daemon->boot) < 0)
		daemon->boot[0] = '\0';
	r = find_directory(records);
	if (r == 0)
		r = open_ledger(daemon, model);
	if (r < 0)
		return r;
	records->numbers = numbers_new(daemon->past.last_job);
	return records->numbers ? 0 : -ENOMEM;
}

void records_configure(struct daemon *daemon, const struct model *model)
{
	struct records *records = daemon->records;
	bool wanted = model->daemon.durability != DURABILITY_NONE;
	struct ledger_settings settings;

	if (wanted != (records != NULL))
		log_msg(LOG_LEVEL_WARNING, "durability: there is %s ledger from the next start on",
			wanted ? "a" : "no");
	if (!records || !wanted)
		return;
	settings = settings_of(model);
	ledger_configure(records->ledger, &settings);
}

static bool give_number(void *ctx, struct engine_job *job)
{
	(void)number_of(ctx, job);
	return true;
}

void records_loaded(struct daemon *daemon)
{
	struct records *records = daemon->records;
	const struct model *model = engine_model(daemon->engine);

	if (!records)
		return;
	engine_each_job(daemon->engine, give_number, daemon);
	for (size_t i = 0; i < daemon->past.n_jobs; i++) {
		const struct past_job *job = &daemon->past.jobs[i];

		if (!model_find_job(model, job->name))
			numbers_keep(records->numbers, job->name, job->number);
	}
	past_done(&daemon->past);
}

void records_close(struct daemon *daemon, bool clean)
{
	struct records *records = daemon->records;
	uint64_t lost = 0;

	if (!records)
		return;
	(void)evtimer_del(&records->retry);
	if (records->ledger) {
		(void)event_del(&records->news_event);
		lost = ledger_close(records->ledger, clean, clock_wall(), CLOSE_PATIENCE);
	}
	if (lost > 0)
		log_msg(LOG_LEVEL_ERROR, "%" PRIu64 " records never came into the ledger: %s", lost,
			records->news.text);
	past_done(&daemon->past);
	numbers_free(records->numbers);
	state_dir_free(records->state_dir);
	free(records->configured);
	free(records);
	daemon->records = NULL;
}

/* --- postings that are no effects --- */

void records_past_ended(struct daemon *daemon, const struct past_job *job,
			const struct past_run *run, enum verdict verdict, enum reason reason)
{
	static const struct run_result unseen = {.kind = RESULT_UNSEEN};
	const struct run_result *results[] = {
		[PAST_ACCEPTED] = NULL,
		[PAST_STARTED] = &unseen,
		[PAST_BACKOFF] = &run->result,
	};

	ledger_ended(daemon->records->ledger, &(struct ledger_attempt){
						      .run = {.id = run->id,
							      .job = job->number,
							      .attempt = run->attempt,
							      .slot = run->slot,
							      .due = run->slot,
							      .accepted = clock_wall()},
						      .verdict = verdict,
						      .reason = reason,
						      .result = results[run->state],
						      .pid = run->pid,
					      });
}

void records_past_gone(struct daemon *daemon, const struct past_job *job)
{
	ledger_job_gone(daemon->records->ledger, job->number, clock_wall());
}

void records_forget(struct daemon *daemon, const struct past_run *run)
{
	ledger_forget(daemon->records->ledger, run->id);
}

void records_clock_stepped(struct daemon *daemon, usec_t by)
{
	if (daemon->records)
		ledger_clock_stepped(daemon->records->ledger, clock_wall(), by);
}

void records_flush(struct daemon *daemon)
{
	if (daemon->records)
		ledger_flush(daemon->records->ledger);
}

/* --- on workers' threads --- */

void records_intend(struct daemon *daemon, struct run_tail *tail)
{
	struct records *records = daemon->records;
	const struct engine_run *er = engine_run_of_tail(tail);
	const struct run *run = &tail->run;
	struct ledger_run record;

	if (!records)
		return;
	record = (struct ledger_run){
		.id = run->id,
		.job = tail->number,
		.attempt = run->attempt,
		.slot = run->slot,
		.due = usec_add(run->slot, run->job->schedule.delay),
		.accepted = er->accepted, /* does not change while a worker has the run */
	};
	(void)ledger_intend(records->ledger, &record, clock_wall(), INTEND_PATIENCE);
}

void records_process(struct daemon *daemon, const struct run_tail *tail, pid_t pid)
{
	struct records *records = daemon->records;

	if (records)
		ledger_process(records->ledger, tail->run.id, pid, clock_wall());
}
