/* See logs.h. */
#include "control/logs.h"

#include "base/log_tap.h"
#include "control/control_internal.h"
#include "control/describe.h"
#include "control/handlers.h"
#include "control/values.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

/* Lines that are sent before others have their turn. */
#define LINES_MAX 200

/* Digits of a number that is no integer: a microsecond in thirty years. */
#define DIGITS 15

/* What a mark in the log says: the name of an event, a space, and its data. */
#define ENDED   "ended"
#define PUT_OFF "put-off"

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

/* Nothing of the run comes behind it. */
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
	uint64_t dropped;

	(void)fd;
	(void)what;
	logs->taking = true;
	dropped = log_tap_take(LINES_MAX, take_record, logs);
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

void logs_effect(struct logs *logs, const struct effect *effect)
{
	bool ended = effect->kind == EFFECT_ENDED;
	_cleanup_(cleanup_value) json_t *data = NULL;
	_cleanup_free_ char *json = NULL;
	_cleanup_free_ char *text = NULL;
	const char *job;

	if (!logs->is_open || (!ended && effect->kind != EFFECT_PUT_OFF))
		return;
	job = effect->run->def->name;
	if (!follow_is_wanted(&logs->followers, job, effect->run->id))
		return;
	data = ended ? describe_end(effect)
		     : json_pack("{sI so}", "run", (json_int_t)effect->run->id, "job",
				 value_text(job));
	json = data ? json_dumps(data, JSON_REAL_PRECISION(DIGITS)) : NULL;
	if (!json || asprintf(&text, "%s %s", ended ? ENDED : PUT_OFF, json) < 0)
		text = NULL;
	else if (!log_mark(job, effect->run->id, text))
		send_end(logs, job, effect->run->id, text);
}

void handle_logs(struct exchange *exchange)
{
	struct logs *logs = &exchange_control(exchange)->logs;
	int r = open_tap(logs, exchange_host(exchange)->base);

	if (r < 0)
		exchange_error(exchange, STATUS_UNAVAILABLE, "no-memory", "cannot follow the log: %s",
			       strerrordesc_np(-r));
	else if (!follow_begin(exchange, &logs->followers, on_left, logs))
		close_unless_followed(logs);
}
