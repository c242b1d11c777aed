/* See records.h: the ledger's life, and what it has to say of itself. */
#include "records_internal.h"

#include "base/log.h"
#include "control/host.h"
#include "daemon.h"
#include "exec/process.h"
#include "numbers.h"
#include "state_dir.h"
#include "status.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long a daemon that stops waits for what is yet to be written. */
#define CLOSE_PATIENCE (10 * USEC_PER_SEC)

/* How often a state directory is tried again that could not be had; and one that could not be
   locked, as any second daemon that comes first would have the lock. */
#define RETRY_INTERVAL (30 * USEC_PER_SEC)
#define LOCK_INTERVAL  USEC_PER_SEC

/* --- how it is --- */

static void say_trouble(const struct ledger_news *before, const struct ledger_news *now)
{
	if (now->set_aside[0])
		log_about(LOG_LEVEL_ERROR, &(struct log_about){.message = LOG_MESSAGE_LEDGER_ASIDE},
			  "the ledger is damaged: it was set aside as %s, and a new one begun",
			  now->set_aside);
	else if (now->renewed && !before->trouble)
		log_about(LOG_LEVEL_ERROR, &(struct log_about){.message = LOG_MESSAGE_LEDGER_ASIDE},
			  "the ledger was removed: a new one was begun, which "
			  "knows nothing of what was before");
	if (now->trouble && !(before->trouble && strcmp(before->text, now->text) == 0))
		log_about(LOG_LEVEL_ERROR,
			  &(struct log_about){.message = LOG_MESSAGE_LEDGER_TROUBLE},
			  "the ledger cannot be written: %s; jobs run all the same, and what "
			  "becomes of them is kept in memory as far as there is room",
			  now->text);
	if (before->trouble && !now->trouble)
		log_about(LOG_LEVEL_NOTICE, &(struct log_about){.message = LOG_MESSAGE_LEDGER_WELL},
			  "the ledger is written again");
	if (now->dropped > before->dropped)
		log_about(LOG_LEVEL_ERROR, &(struct log_about){.message = LOG_MESSAGE_LEDGER_LOST},
			  "the ledger lost %" PRIu64 " records for want of memory",
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
		records_register(daemon);
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

void records_facts(const struct daemon *daemon, struct control_facts *facts)
{
	const struct records *records = daemon->records;

	facts->has_ledger = records;
	facts->ledger = "";
	if (!records)
		return;
	if (records->state_dir)
		facts->ledger_dir = state_dir_path(records->state_dir);
	if (records->news.trouble)
		facts->ledger = records->news.text;
	ledger_count(records->ledger, &facts->ledger_waiting, &facts->ledger_dropped);
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
		return 0;
	}
	if (text[0])
		log_msg(r < 0 ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "%s", text);
	return r;
}

/* Unless there is nothing left to try. */
static void retry_later(struct records *records)
{
	if (!records->state_dir)
		daemon_set_timer(&records->retry, RETRY_INTERVAL);
	else if (!state_dir_is_locked(records->state_dir))
		daemon_set_timer(&records->retry, LOCK_INTERVAL);
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

/* A second daemon was not kept out, and one of the two has to go, as all jobs run twice: the one
   that came too late for the lock. */
static void give_way(struct daemon *daemon)
{
	log_about(LOG_LEVEL_ERROR, &(struct log_about){.message = LOG_MESSAGE_SECOND_DAEMON},
		  "this everyd stops, so that jobs do not run twice");
	daemon_give_way(daemon);
}

/* Returns 0, also if it could not be had; -EBUSY; or -errno. */
static int find_again(struct records *records)
{
	int r = find_directory(records);

	if (r < 0 || !records->state_dir)
		return r;
	r = ledger_place(records->ledger, state_dir_path(records->state_dir));
	if (r < 0)
		state_dir_free(steal_ptr(records->state_dir));
	return r;
}

/* What is wrong was said when it was tried first, but for that another daemon has it. */
static int lock_again(struct records *records)
{
	char text[LEDGER_TEXT_SIZE];
	int r = state_dir_lock(records->state_dir, text, sizeof(text));

	if (r == -EBUSY)
		log_msg(LOG_LEVEL_ERROR, "%s", text);
	else if (state_dir_is_locked(records->state_dir))
		log_msg(LOG_LEVEL_NOTICE, "%s is locked now: a second everyd is kept out",
			state_dir_path(records->state_dir));
	return r;
}

/* The directory could not be had or locked at the start; maybe now. If it can, the ledger has news
   of it. */
static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;
	struct records *records = daemon->records;
	int r = records->state_dir ? lock_again(records) : find_again(records);

	(void)fd;
	(void)what;
	if (r == -EBUSY)
		give_way(daemon);
	else
		retry_later(records);
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
	if (r == 0) {
		retry_later(records);
		r = open_ledger(daemon, model);
	}
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

static bool take_past(void *ctx, struct engine_job *job)
{
	struct daemon *daemon = ctx;
	struct job_tail *tail = engine_job_tail(job);
	const struct past_job *past = past_find(&daemon->past, job->def->name);
	usec_t msec;

	(void)records_number(daemon, job);
	if (!past || past->last_ended == 0)
		return true;
	tail->last_success = past->last_success;
	/* One that was under way when the daemon died has been told of already. */
	if (tail->last_ended != 0)
		return true;
	msec = past->last_took / USEC_PER_MSEC;
	tail->last_ended = past->last_ended;
	tail->last_verdict = past->last_verdict;
	tail->last_msec = msec > UINT32_MAX ? UINT32_MAX : (uint32_t)msec;
	return true;
}

void records_loaded(struct daemon *daemon)
{
	struct records *records = daemon->records;
	const struct model *model = engine_model(daemon->engine);

	if (!records)
		return;
	engine_each_job(daemon->engine, take_past, daemon);
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
