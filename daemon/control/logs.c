/* See logs.h. */
#include "control/logs.h"

#include "base/log_tap.h"
#include "base/values.h"
#include "control/control_internal.h"
#include "control/describe.h"
#include "control/handlers.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

/* What is sent before others have their turn, of all followers together. */
#define SENDS_MAX 400

static const char *const levels[] = {
	[LOG_LEVEL_EMERGENCY] = "emergency", [LOG_LEVEL_ALERT] = "alert",
	[LOG_LEVEL_CRITICAL] = "critical",   [LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",     [LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",           [LOG_LEVEL_DEBUG] = "debug",
};

/* --- lines --- */

static void send_line(const struct logs *logs, const struct log_record *record)
{
	json_t *data;

	if (!follow_is_wanted(&logs->followers, record->job, record->run))
		return;
	data = json_pack("{so ss so so so so}", "time", value_time(record->wall), "level",
			 levels[record->level], "job", value_text(record->job), "run",
			 record->run ? json_integer((json_int_t)record->run) : json_null(),
			 "stream", value_text(record->stream), "text",
			 value_textn(record->text, record->len));
	follow_send_value(&logs->followers, "line", record->job, record->run, data);
}

/* A mark in the log, the name of an event, a space, and its data: nothing of the run comes behind
   it. */
static void send_end(struct logs *logs, const char *job, uint64_t run, const char *text)
{
	char event[16];
	size_t len = strcspn(text, " ");

	if (len >= sizeof(event) || !text[len])
		return;
	*(char *)mempcpy(event, text, len) = '\0';
	follow_send(&logs->followers, event, job, run, text + len + 1);
	follow_end_run(&logs->followers, run);
}

static void take_record(void *ctx, const struct log_record *record)
{
	struct logs *logs = ctx;

	if (record->target == LOG_TARGET_TAP)
		send_end(logs, record->job, record->run, record->text);
	else
		send_line(logs, record);
}

/* --- the tap --- */

static void close_unless_followed(struct logs *logs)
{
	if (!logs->is_open || logs->taking || !LIST_EMPTY(&logs->followers))
		return;
	(void)event_del(&logs->tap);
	log_tap_close();
	logs->is_open = false;
}

static void on_tap(evutil_socket_t fd, short what, void *arg)
{
	struct logs *logs = arg;
	const struct follower *follower;
	size_t each = 1;
	uint64_t dropped;

	(void)fd;
	(void)what;
	for (follower = LIST_FIRST(&logs->followers); follower;
	     follower = LIST_NEXT(follower, link))
		each++;
	logs->taking = true;
	dropped = log_tap_take(1 + SENDS_MAX / each, take_record, logs);
	if (dropped > 0)
		follow_cut_off(&logs->followers,
			       "lines were logged faster than they could be sent");
	logs->taking = false;
	close_unless_followed(logs);
}

static int open_tap(struct logs *logs, struct event_base *base)
{
	int r;

	if (logs->is_open)
		return 0;
	r = log_tap_open();
	if (r < 0)
		return r;
	logs->is_open = true;
	(void)event_assign(&logs->tap, base, log_tap_fd(), EV_READ | EV_PERSIST, on_tap, logs);
	(void)event_priority_set(&logs->tap, event_base_get_npriorities(base) - 1);
	if (event_add(&logs->tap, NULL) == 0)
		return 0;
	close_unless_followed(logs);
	return -ENOMEM;
}

static void on_left(void *ctx)
{
	close_unless_followed(ctx);
}

/* --- ends --- */

/* What an effect is the end of. NULL: nothing, as most. */
static const struct engine_run *find_end(const struct effect *effect, const char **ret_name)
{
	switch (effect->kind) {
	case EFFECT_ENDED:
		*ret_name = "ended";
		return effect->run;
	case EFFECT_PUT_OFF:
		*ret_name = "put-off";
		return effect->run;
	case EFFECT_NOT_RUN:
		*ret_name = "withdrawn";
		return effect->unrun;
	default:
		return NULL;
	}
}

static json_t *describe_what(const struct effect *effect)
{
	switch (effect->kind) {
	case EFFECT_ENDED:
		return describe_end(effect);
	case EFFECT_NOT_RUN:
		return describe_streak(effect->streak);
	default:
		return json_object();
	}
}

void logs_effect(struct logs *logs, const struct effect *effect)
{
	_cleanup_(cleanup_value) json_t *data = NULL;
	_cleanup_(cleanup_value) json_t *what = NULL;
	_cleanup_free_ char *json = NULL;
	_cleanup_free_ char *text = NULL;
	const struct engine_run *run;
	const char *name;
	const char *job;

	if (!logs->is_open)
		return;
	run = find_end(effect, &name);
	job = run ? run->def->name : NULL;
	if (!run || !follow_is_wanted(&logs->followers, job, run->id))
		return;
	data = json_pack("{so ss so sI}", "time", value_time(clock_wall()), "event", name, "job",
			 value_text(job), "run", (json_int_t)run->id);
	what = describe_what(effect);
	if (data && what && json_object_update(data, what) == 0)
		json = json_dumps(data, JSON_REAL_PRECISION(VALUE_DIGITS));
	if (!json || asprintf(&text, "%s %s", name, json) < 0)
		text = NULL;
	else if (!log_mark(job, run->id, text))
		send_end(logs, job, run->id, text);
}

void handle_logs(struct exchange *exchange)
{
	struct logs *logs = &exchange_control(exchange)->logs;
	int r = open_tap(logs, exchange_host(exchange)->base);

	if (r < 0)
		exchange_error(exchange, STATUS_UNAVAILABLE, "no-memory",
			       "cannot follow the log: %s", strerrordesc_np(-r));
	else if (!follow_begin(exchange, &logs->followers, on_left, logs))
		close_unless_followed(logs);
}
