/* The jobs in force, in pages, and one with all that is known of it. */
#include "base/values.h"
#include "calendar/cron.h"
#include "calendar/schedule.h"
#include "calendar/times.h"
#include "calendar/zone.h"
#include "config/dump.h"
#include "control/describe.h"
#include "control/describe_row.h"
#include "control/handlers.h"
#include "control/listing.h"
#include "control/params.h"
#include "control/slices.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Slots that are told of a job. */
#define SLOTS_TOLD 5

/* Live runs that are told of a job, the newest first. */
#define RUNS_TOLD 100

/* --- the list --- */

/* Which of the words is it? Others are answered, and then false is returned. */
static bool find_word(struct exchange *exchange, const char *param, const char *const *words,
		      size_t count, unsigned *ret_index)
{
	const char *value = exchange_param(exchange, param);
	char list[200] = "";
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (value && strcmp(value, words[i]) == 0) {
			*ret_index = (unsigned)i;
			return true;
		}
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
					 i == 0           ? ""
					 : i + 1 == count ? " or "
							  : ", ",
					 words[i]);
		assert(used < sizeof(list));
	}
	exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter", "%s is %s, not \"%.100s\"",
		       param, list, value);
	return false;
}

/* What is asked for; if that makes no sense, it was answered. */
static bool read_filter(struct exchange *exchange, struct listing_filter *ret_filter,
			enum listing_order *ret_order, unsigned *ret_limit)
{
	struct listing_filter filter = {
		.name = exchange_param(exchange, "name"),
		.group = exchange_param(exchange, "group"),
		.user = exchange_param(exchange, "user"),
	};
	unsigned state = 0;
	unsigned order = LISTING_BY_NAME;

	if (filter.name && strlen(filter.name) > MODEL_NAME_MAX) {
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
			       "name is a pattern of at most %d characters", MODEL_NAME_MAX);
		return false;
	}
	/* What is not told there could be found out by asking for it. */
	if (filter.user && exchange_is_tcp(exchange)) {
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
			       "jobs cannot be asked for by user here");
		return false;
	}
	if (exchange_param(exchange, "state")) {
		if (!find_word(exchange, "state", listing_states, LISTING_STATES, &state))
			return false;
		filter.states = 1U << state;
	}
	if (exchange_param(exchange, "sort") &&
	    !find_word(exchange, "sort", listing_orders, LISTING_ORDERS, &order))
		return false;
	if (!param_verdicts(exchange, &filter.verdicts) || !param_limit(exchange, ret_limit))
		return false;
	*ret_filter = filter;
	*ret_order = (enum listing_order)order;
	return true;
}

static int work_on(void *listing)
{
	return listing_work(listing);
}

static struct evbuffer *text_of(void *listing)
{
	return listing_text(listing);
}

static void free_listing(void *listing)
{
	listing_free(listing);
}

static const struct slices_ops listing_slices = {
	.work = work_on,
	.text = text_of,
	.free = free_listing,
};

void handle_jobs(struct exchange *exchange)
{
	struct listing_filter filter;
	enum listing_order order;
	unsigned limit;
	struct listing *listing = NULL;
	int r;

	if (!read_filter(exchange, &filter, &order, &limit))
		return;
	r = listing_new(exchange_host(exchange), &filter, order, limit,
			exchange_param(exchange, "cursor"), exchange_is_tcp(exchange), &listing);
	if (r == -EINVAL)
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
			       "the cursor is none that a page before has given");
	else
		slices_answer(exchange, &listing_slices, listing);
}

/* --- one job --- */

/* That of its clocks; NULL: it names none, and nobody else does. */
static const struct zone *zone_of(const struct model *model, const struct job *job)
{
	return job->schedule.kind == SCHEDULE_CRON ? job->schedule.cron->zone : model->local_zone;
}

static json_t *describe_slot(const struct schedule *schedule, const struct zone *zone, usec_t slot)
{
	char local[TIMES_TEXT_SIZE];
	usec_t due = usec_add(slot, schedule->delay);

	return json_pack("{so so so}", "slot", value_time(slot), "due", value_time(due), "local",
			 zone ? value_text(times_format_rfc3339(slot, zone, local)) : json_null());
}

/* The next ones, as far as they can be known. */
static json_t *describe_slots(const struct engine_job *job, const struct zone *zone)
{
	const struct schedule *schedule = &job->def->schedule;
	usec_t next = describe_next(job);
	usec_t slot = next == USEC_INFINITY ? next : next - schedule->delay;
	_cleanup_(cleanup_value) json_t *slots = json_array();

	for (int i = 0; slots && i < SLOTS_TOLD && slot < VALUE_TIME_END; i++) {
		if (json_array_append_new(slots, describe_slot(schedule, zone, slot)) < 0)
			return NULL;
		slot = schedule_is_grid(schedule) ? schedule_next(schedule, slot) : USEC_INFINITY;
	}
	return steal_ptr(slots);
}

static json_t *describe_runs(const struct control_host *host, const struct engine_job *job)
{
	_cleanup_(cleanup_value) json_t *runs = json_array();
	int left = RUNS_TOLD;

	for (const struct engine_run *run = job->runs; runs && run && left-- > 0;
	     run = run->job_next)
		if (json_array_append_new(runs, describe_live(host, run)) < 0)
			return NULL;
	return steal_ptr(runs);
}

/* Settings, on their way into an array. */
struct settings {
	json_t *array;
	bool open; /* for anybody */
};

static bool take_setting(void *ctx, const struct config_setting *setting)
{
	const struct settings *settings = ctx;

	if (settings->open && !setting->harmless)
		return true;
	return json_array_append_new(
		       settings->array,
		       json_pack("{ss so so so}", "name", setting->name, "value",
				 value_text(setting->value), "file",
				 value_text(settings->open ? NULL : setting->file), "line",
				 setting->file ? json_integer(setting->line) : json_null())) == 0;
}

static json_t *describe_settings(const struct model *model, const struct job *job, bool open)
{
	_cleanup_(cleanup_value) json_t *array = json_array();
	struct settings settings = {.array = array, .open = open};

	if (!array || config_each_setting(model, job, take_setting, &settings) < 0)
		return NULL;
	return steal_ptr(array);
}

void handle_job(struct exchange *exchange)
{
	const struct control_host *host = exchange_host(exchange);
	bool open = exchange_is_tcp(exchange);
	const struct engine_job *job = exchange_job(exchange, 0);
	_cleanup_(cleanup_value) json_t *more = NULL;
	_cleanup_(cleanup_value) json_t *all = NULL;
	const struct model *model;
	const struct zone *zone;

	if (!job)
		return;
	model = engine_model(host->engine);
	zone = zone_of(model, job->def);
	all = describe_job(host, job, open);
	more = json_pack("{so so so so so so}", "file",
			 value_text(open ? NULL : model->files[job->def->file].path), "line",
			 json_integer(job->def->line), "zone",
			 value_text(zone ? zone_name(zone) : NULL), "slots",
			 describe_slots(job, zone), "runs", describe_runs(host, job), "settings",
			 describe_settings(model, job->def, open));
	if (!all || !more || json_object_update(all, more) < 0)
		exchange_reply(exchange, STATUS_OK, NULL);
	else
		exchange_reply(exchange, STATUS_OK, steal_ptr(all));
}

/* --- groups --- */

static json_t *describe_group(const struct control_host *host, const struct group *group, bool open)
{
	return json_pack("{so sI sI so so}", "name", value_text(group->name), "limit",
			 (json_int_t)group->limit, "running",
			 (json_int_t)engine_group_running(host->engine, group->name), "file",
			 value_text(open ? NULL : group->file), "line", json_integer(group->line));
}

/* Behind the one that the cursor names. */
void handle_groups(struct exchange *exchange)
{
	const struct control_host *host = exchange_host(exchange);
	const struct model *model = engine_model(host->engine);
	const char *cursor = exchange_param(exchange, "cursor");
	_cleanup_(cleanup_value) json_t *items = json_array();
	const char *last = NULL; /* of this page */
	const char *next = NULL; /* the same, if there are more */
	unsigned limit;

	if (!param_limit(exchange, &limit))
		return;
	for (size_t i = 0; model && i < model->n_groups; i++) {
		const struct group *group = &model->groups[i];

		if (cursor && strcmp(group->name, cursor) <= 0)
			continue;
		if (json_array_size(items) == limit) {
			next = last;
			break;
		}
		last = group->name;
		if (json_array_append_new(
			    items, describe_group(host, group, exchange_is_tcp(exchange))) < 0) {
			exchange_reply(exchange, STATUS_OK, NULL);
			return;
		}
	}
	exchange_reply(exchange, STATUS_OK,
		       json_pack("{sO so}", "items", items, "next", value_text(next)));
}
