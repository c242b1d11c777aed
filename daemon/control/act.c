/* What root and the daemon's user may have it do: run a job now, kill runs, reload, stop. */
#include "control/act.h"

#include "base/log.h"
#include "base/text.h"
#include "base/values.h"
#include "control/body.h"
#include "control/control_internal.h"
#include "control/describe.h"
#include "control/handlers.h"
#include "core/names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Variables that a run may be given. */
#define VARIABLES_MAX 500

/* Of an exchange that waits for the end of a run. */
struct act_waiter {
	struct acts *acts;
	struct exchange *exchange;
	uint64_t run; /* 0: it is not accepted yet */
	LIST_ENTRY(act_waiter) link;
};

bool act_is_stopping(struct exchange *exchange)
{
	const struct control_host *host = exchange_host(exchange);
	struct control_facts facts = {.config_path = ""};

	host->ops->facts(host->daemon, &facts);
	if (facts.stopping)
		exchange_error(exchange, STATUS_UNAVAILABLE, "stopping", "everyd is stopping");
	return facts.stopping;
}

/* --- who waits for a run --- */

static void forget_waiter(struct act_waiter *waiter)
{
	LIST_REMOVE(waiter, link);
	if (waiter->acts->asking == waiter)
		waiter->acts->asking = NULL;
	free(waiter);
}

static void on_waiter_gone(void *ctx)
{
	forget_waiter(ctx);
}

/* NULL: out of memory. */
static struct act_waiter *wait_for_run(struct exchange *exchange)
{
	struct acts *acts = &exchange->control->acts;
	struct act_waiter *waiter = malloc(sizeof(*waiter));

	if (!waiter)
		return NULL;
	*waiter = (struct act_waiter){.acts = acts, .exchange = exchange};
	LIST_INSERT_HEAD(&acts->waiters, waiter, link);
	acts->asking = waiter;
	exchange_wait(exchange, on_waiter_gone, waiter);
	return waiter;
}

static void answer(struct act_waiter *waiter, const struct effect *effect)
{
	struct exchange *exchange = waiter->exchange;

	forget_waiter(waiter);
	if (effect->kind == EFFECT_ENDED &&
	    !(effect->verdict == VERDICT_CANCELLED && effect->reason == REASON_STOPPING))
		exchange_reply(exchange, STATUS_OK, describe_end(effect));
	else
		exchange_error(exchange, STATUS_UNAVAILABLE, "stopping",
			       "everyd is stopping; the run did not begin, or is to go on");
}

void acts_effect(struct acts *acts, const struct effect *effect)
{
	struct act_waiter *waiter;

	if (effect->kind == EFFECT_ACCEPTED && acts->asking && effect->run->manual)
		acts->asking->run = effect->run->id;
	if (effect->kind != EFFECT_ENDED && effect->kind != EFFECT_PUT_OFF)
		return;
	waiter = LIST_FIRST(&acts->waiters);
	while (waiter && waiter->run != effect->run->id)
		waiter = LIST_NEXT(waiter, link);
	if (waiter)
		answer(waiter, effect);
}

void acts_done(struct acts *acts)
{
	struct act_waiter *waiter;

	while ((waiter = LIST_FIRST(&acts->waiters)))
		forget_waiter(waiter);
	act_sweeps_done(acts);
}

/* --- run --- */

/* The variables of an array, one after the other, in *ret_texts, to be freed. If they cannot be
   had, that was answered. */
static bool take_variables(struct exchange *exchange, const json_t *array,
			   struct text_list *ret_list, char **ret_texts)
{
	size_t size = 1;
	const json_t *item;
	char *at;
	size_t i;

	json_array_foreach(array, i, item)
	{
		const char *text = json_string_value(item);
		size_t name = strcspn(text, "=");

		if (!text[name] || !name_is_variable(text, name)) {
			exchange_error(exchange, STATUS_BAD_REQUEST, "bad-environment",
				       "\"%.100s\" is not NAME=VALUE", text);
			return false;
		}
		size += strlen(text) + 1;
	}
	if (json_array_size(array) > VARIABLES_MAX) {
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-environment",
			       "there are more than %d variables", VARIABLES_MAX);
		return false;
	}
	*ret_texts = at = malloc(size);
	if (!at) {
		exchange_error(exchange, STATUS_UNAVAILABLE, "no-memory", "out of memory");
		return false;
	}
	json_array_foreach(array, i, item) at = stpcpy(at, json_string_value(item)) + 1;
	*ret_list = (struct text_list){.texts = *ret_texts, .n = (uint32_t)json_array_size(array)};
	return true;
}

static void refuse(struct exchange *exchange, const char *job, int r)
{
	switch (r) {
	case -EBUSY:
		exchange_error(exchange, STATUS_CONFLICT, "busy",
			       "%s runs already, and is not to run more often at once, unless by "
			       "force",
			       job);
		break;
	case -EAGAIN:
		exchange_error(exchange, STATUS_UNAVAILABLE, "queue-full",
			       "the queue is full: too many runs wait for a worker");
		break;
	case -ESHUTDOWN:
		exchange_error(exchange, STATUS_UNAVAILABLE, "stopping", "everyd is stopping");
		break;
	default:
		exchange_error(exchange, STATUS_UNAVAILABLE, "no-memory", "out of memory");
		break;
	}
}

static void run_job(struct exchange *exchange, struct engine_job *job,
		    const struct text_list *environment)
{
	const struct control_host *host = exchange_host(exchange);
	struct acts *acts = &exchange->control->acts;
	bool wait = body_bool(exchange, "wait");
	bool force = body_bool(exchange, "force");
	char name[MODEL_NAME_MAX + 1];
	char who[CREDENTIALS_NAME_SIZE];
	struct act_waiter *waiter = NULL;
	uint64_t run;
	int r;

	if (wait && !(waiter = wait_for_run(exchange))) {
		refuse(exchange, job->def->name, -ENOMEM);
		return;
	}
	/* With the end of the run they may be gone. */
	(void)snprintf(name, sizeof(name), "%s", job->def->name);
	(void)snprintf(who, sizeof(who), "%s", exchange_client(exchange));
	r = host->ops->run_now(host->daemon, job, environment, force, &run);
	if (r < 0) {
		if (waiter)
			forget_waiter(waiter);
		refuse(exchange, name, r);
		return;
	}
	log_about(LOG_LEVEL_NOTICE,
		  &(struct log_about){.message = LOG_MESSAGE_BY_HAND, .job = name, .run = run},
		  "run by hand, by %s", who);
	acts->asking = NULL;
	if (!wait)
		exchange_reply(
			exchange, STATUS_ACCEPTED,
			json_pack("{sI so}", "run", (json_int_t)run, "job", value_text(name)));
}

void handle_run(struct exchange *exchange)
{
	static const struct body_member members[] = {
		{"environment", BODY_TEXTS},
		{"wait", BODY_BOOL},
		{"force", BODY_BOOL},
		{.name = NULL},
	};
	_cleanup_free_ char *texts = NULL;
	struct text_list environment;
	struct engine_job *job;

	if (!body_check(exchange, members) || !(job = exchange_job(exchange, 0)) ||
	    !take_variables(exchange, body_texts(exchange, "environment"), &environment, &texts))
		return;
	run_job(exchange, job, &environment);
}

/* --- kill --- */

static const struct body_member kill_members[] = {{"signal", BODY_TEXT}, {.name = NULL}};

static bool take_mode(struct exchange *exchange, enum cancel_mode *ret_mode)
{
	const char *signal;

	if (!body_check(exchange, kill_members))
		return false;
	signal = body_text(exchange, "signal");
	if (!signal || strcmp(signal, "term") == 0) {
		*ret_mode = CANCEL_TERM;
	} else if (strcmp(signal, "kill") == 0) {
		*ret_mode = CANCEL_KILL;
	} else {
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-signal",
			       "\"signal\" must be \"term\" or \"kill\"");
		return false;
	}
	return true;
}

static void kill_run(struct exchange *exchange, struct engine_run *run, enum cancel_mode mode)
{
	const struct control_host *host = exchange_host(exchange);

	log_job(LOG_LEVEL_NOTICE, run->def->name, run->id, "killed by %s",
		exchange_client(exchange));
	host->ops->step(host->daemon, &(struct engine_event){
					      .kind = ENGINE_KILL,
					      .run = run,
					      .mode = mode,
				      });
}

struct search {
	uint64_t id;
	struct engine_run *found;
};

static bool is_sought(void *ctx, struct engine_run *run)
{
	struct search *search = ctx;

	if (run->id == search->id && run->place != PLACE_NOTICE)
		search->found = run;
	return !search->found;
}

/* The run of segment 0, or NULL after the error was answered. */
static struct engine_run *find_run(struct exchange *exchange)
{
	const char *text = exchange_segment(exchange, 0);
	struct search search = {.id = 0};
	char *end;

	search.id = *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
	if (search.id == 0 || *end) {
		exchange_error(exchange, STATUS_NOT_FOUND, "no-such-run",
			       "\"%.100s\" is not the number of a run", text);
		return NULL;
	}
	engine_each_run(exchange_host(exchange)->engine, is_sought, &search);
	if (!search.found)
		exchange_error(exchange, STATUS_NOT_FOUND, "no-such-run",
			       "no run %.20s is under way", text);
	return search.found;
}

void handle_kill_run(struct exchange *exchange)
{
	enum cancel_mode mode;
	struct engine_run *run;
	json_t *reply;

	if (!take_mode(exchange, &mode) || !(run = find_run(exchange)))
		return;
	reply = json_pack("{s[I] si so}", "runs", (json_int_t)run->id, "withdrawn", 0, "job",
			  value_text(run->def->name));
	kill_run(exchange, run, mode);
	exchange_reply(exchange, STATUS_ACCEPTED, reply);
}

struct of_job {
	const char *name;
	json_t *runs;
	bool failed; /* for want of memory */
};

static bool add_of_job(void *ctx, struct engine_run *run)
{
	struct of_job *of = ctx;

	if (run->place != PLACE_NOTICE && strcmp(run->def->name, of->name) == 0 &&
	    json_array_append_new(of->runs, json_integer((json_int_t)run->id)) < 0)
		of->failed = true;
	return !of->failed;
}

/* What would begin with the end of its runs, or with its turn. Returns how many occurrences. */
static uint64_t withdraw(struct exchange *exchange, struct engine_job *job)
{
	const struct control_host *host = exchange_host(exchange);
	uint64_t n = engine_job_waiting(job);

	if (n == 0)
		return 0;
	log_job(LOG_LEVEL_NOTICE, job->def->name, 0, "what waits (%" PRIu64 ") is withdrawn by %s",
		n, exchange_client(exchange));
	host->ops->step(host->daemon, &(struct engine_event){.kind = ENGINE_WITHDRAW, .job = job});
	return n;
}

/* All that there is of it now. A job that has left the configuration can still have runs. */
void handle_kill_job(struct exchange *exchange)
{
	struct engine *engine = exchange_host(exchange)->engine;
	_cleanup_(cleanup_value) json_t *runs = json_array();
	struct of_job of = {exchange_segment(exchange, 0), runs, !runs};
	struct engine_job *job = engine_find_job(engine, of.name);
	enum cancel_mode mode;
	uint64_t withdrawn = 0;
	json_t *id;
	size_t i;

	if (!take_mode(exchange, &mode))
		return;
	engine_each_run(engine, add_of_job, &of);
	if (of.failed) {
		refuse(exchange, of.name, -ENOMEM);
		return;
	}
	if (json_array_size(runs) == 0 && !exchange_job(exchange, 0))
		return;
	if (job)
		withdrawn = withdraw(exchange, job);
	json_array_foreach(runs, i, id)
	{
		struct search search = {.id = (uint64_t)json_integer_value(id)};

		engine_each_run(engine, is_sought, &search);
		if (search.found)
			kill_run(exchange, search.found, mode);
	}
	exchange_reply(exchange, STATUS_ACCEPTED,
		       json_pack("{sO sI so}", "runs", runs, "withdrawn", (json_int_t)withdrawn,
				 "job", value_text(of.name)));
}

/* --- reload, stop --- */

static const struct body_member no_members[] = {{.name = NULL}};

/* Of an exchange that waits for the end of a reload. */
struct reloading {
	const struct control_host *host;
	struct exchange *exchange;
};

static void on_reloader_gone(void *ctx)
{
	struct reloading *reloading = ctx;

	reloading->host->ops->forget(reloading->host->daemon, reloading);
	free(reloading);
}

/* The first of the jobs that were added, changed or removed. NULL: out of memory. */
static json_t *list_names(const struct engine_named *named, enum diff_fate fate)
{
	json_t *list = json_array();

	for (size_t i = 0; list && named && i < named->n[fate]; i++) {
		if (json_array_append_new(list, value_text(named->names[fate][i])) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static void on_reloaded(void *ctx, const struct control_reloaded *what)
{
	struct reloading *reloading = ctx;
	struct exchange *exchange = reloading->exchange;

	free(reloading);
	if (what->r == -ESHUTDOWN)
		exchange_error(exchange, STATUS_UNAVAILABLE, "stopping", "everyd is stopping");
	else if (what->r < 0)
		exchange_error(exchange, STATUS_UNPROCESSABLE, "bad-configuration", "%s",
			       what->text);
	else
		exchange_reply(exchange, STATUS_OK,
			       json_pack("{sI sI sI sI s{so so so} so}", "added",
					 (json_int_t)what->diff.added, "changed",
					 (json_int_t)what->diff.changed, "removed",
					 (json_int_t)what->diff.removed, "unchanged",
					 (json_int_t)what->diff.unchanged, "jobs", "added",
					 list_names(what->named, DIFF_ADDED), "changed",
					 list_names(what->named, DIFF_CHANGED), "removed",
					 list_names(what->named, DIFF_REMOVED), "warnings",
					 value_filled(what->text)));
}

void handle_reload(struct exchange *exchange)
{
	const struct control_host *host = exchange_host(exchange);
	struct reloading *reloading;
	int r;

	if (!body_check(exchange, no_members))
		return;
	reloading = malloc(sizeof(*reloading));
	if (!reloading) {
		refuse(exchange, "", -ENOMEM);
		return;
	}
	*reloading = (struct reloading){.host = host, .exchange = exchange};
	r = host->ops->reload(host->daemon, on_reloaded, reloading);
	if (r < 0) {
		free(reloading);
		refuse(exchange, "", r);
		return;
	}
	exchange_wait(exchange, on_reloader_gone, reloading);
	log_msg(LOG_LEVEL_NOTICE, "a reload was asked for by %s", exchange_client(exchange));
}

void handle_stop(struct exchange *exchange)
{
	const struct control_host *host = exchange_host(exchange);

	if (!body_check(exchange, no_members))
		return;
	log_msg(LOG_LEVEL_NOTICE, "a stop was asked for by %s", exchange_client(exchange));
	host->ops->stop(host->daemon);
	exchange_reply(exchange, STATUS_ACCEPTED, json_pack("{sb}", "stopping", true));
}
