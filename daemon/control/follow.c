/* See follow.h. */
#include "control/follow.h"

#include "base/values.h"
#include "control/describe_row.h"
#include "control/glob.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_ALIVE_MAX 3600

/* Sent at once, so that it can be seen that what follows will come. */
static const char greeting[] = ": everyd " EVERYD_VERSION "\n\n";
static const char comment[] = ":\n\n";

/* --- what is asked for --- */

/* A number of the query; 0 if it is not given. Others are answered, and then false is returned. */
static bool read_number(struct exchange *exchange, const char *param, uint64_t max,
			uint64_t *ret_number)
{
	const char *text = exchange_param(exchange, param);
	char *end = NULL;

	*ret_number = 0;
	if (!text)
		return true;
	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	if (!errno && *text >= '0' && *text <= '9' && !*end && *ret_number > 0 &&
	    *ret_number <= max)
		return true;
	exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
		       "%s is a number of 1 or more, not \"%.100s\"", param, text);
	return false;
}

/* Of what is not there nothing will come. */
static bool check_there(struct exchange *exchange, const struct follower *follower)
{
	const struct control_host *host = exchange_host(exchange);

	if (follower->job && !strpbrk(follower->job, "*?") &&
	    !engine_find_job(host->engine, follower->job)) {
		exchange_error(exchange, STATUS_NOT_FOUND, "no-such-job",
			       "there is no job \"%.200s\"", follower->job);
		return false;
	}
	if (follower->run > 0 && !find_live(host, follower->run)) {
		exchange_error(exchange, STATUS_NOT_FOUND, "no-such-run",
			       "run %" PRIu64 " has ended, or never was", follower->run);
		return false;
	}
	return true;
}

/* --- life --- */

static void set_comment(struct follower *follower)
{
	struct timeval span = {.tv_sec = follower->keep_alive};

	if (follower->keep_alive > 0)
		(void)evtimer_add(&follower->comment, &span);
}

static void on_comment(evutil_socket_t fd, short what, void *arg)
{
	struct follower *follower = arg;

	(void)fd;
	(void)what;
	exchange_send(follower->exchange, comment, strlen(comment));
	set_comment(follower);
}

static void free_follower(struct follower *follower)
{
	(void)event_del(&follower->comment);
	LIST_REMOVE(follower, link);
	follower->left(follower->ctx);
	free(follower);
}

static void on_gone(void *ctx)
{
	free_follower(ctx);
}

bool follow_begin(struct exchange *exchange, struct followers *followers, void (*left)(void *ctx),
		  void *ctx)
{
	struct event_base *base = exchange_host(exchange)->base;
	struct follower wish = {
		.exchange = exchange,
		.job = exchange_param(exchange, "job"),
		.left = left,
		.ctx = ctx,
	};
	struct follower *follower;
	uint64_t keep_alive;

	if (!read_number(exchange, "run", UINT64_MAX, &wish.run) ||
	    !read_number(exchange, "keepalive", KEEP_ALIVE_MAX, &keep_alive))
		return false;
	wish.keep_alive = (unsigned)keep_alive;
	if (wish.job && strlen(wish.job) > MODEL_NAME_MAX) {
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
			       "job is a pattern of at most %d characters", MODEL_NAME_MAX);
		return false;
	}
	if (!check_there(exchange, &wish))
		return false;
	follower = malloc(sizeof(*follower));
	if (!follower) {
		exchange_error(exchange, STATUS_UNAVAILABLE, "no-memory", "out of memory");
		return false;
	}
	*follower = wish;
	(void)evtimer_assign(&follower->comment, base, on_comment, follower);
	(void)event_priority_set(&follower->comment, event_base_get_npriorities(base) - 1);
	LIST_INSERT_HEAD(followers, follower, link);
	exchange_wait(exchange, on_gone, follower);
	exchange_stream(exchange, "text/event-stream");
	exchange_send(exchange, greeting, strlen(greeting));
	set_comment(follower);
	return true;
}

/* --- what happens --- */

static bool is_of(const struct follower *follower, const char *job, uint64_t run)
{
	return (follower->run == 0 || follower->run == run) &&
	       (!follower->job || (job && glob_matches(follower->job, job)));
}

bool follow_is_wanted(const struct followers *followers, const char *job, uint64_t run)
{
	const struct follower *follower;

	for (follower = LIST_FIRST(followers); follower; follower = LIST_NEXT(follower, link))
		if (is_of(follower, job, run))
			return true;
	return false;
}

/* To all of them, or to those who want what is of that job and run. */
static void send_event(const struct followers *followers, bool all, const char *event,
		       const char *job, uint64_t run, const char *data)
{
	const struct follower *follower;
	_cleanup_free_ char *text = NULL;
	int len = asprintf(&text, "event: %s\ndata: %s\n\n", event, data);

	if (len < 0) {
		text = NULL;
		return;
	}
	for (follower = LIST_FIRST(followers); follower; follower = LIST_NEXT(follower, link))
		if (all || is_of(follower, job, run))
			exchange_send(follower->exchange, text, (size_t)len);
}

void follow_send(const struct followers *followers, const char *event, const char *job,
		 uint64_t run, const char *data)
{
	send_event(followers, false, event, job, run, data);
}

void follow_send_apart(const struct followers *followers, const char *event, const char *data,
		       const char *open)
{
	const struct follower *follower;

	for (follower = LIST_FIRST(followers); follower; follower = LIST_NEXT(follower, link)) {
		_cleanup_free_ char *text = NULL;
		const char *what = exchange_is_tcp(follower->exchange) ? open : data;
		int len = is_of(follower, NULL, 0)
				  ? asprintf(&text, "event: %s\ndata: %s\n\n", event, what)
				  : -1;

		if (len < 0)
			text = NULL;
		else
			exchange_send(follower->exchange, text, (size_t)len);
	}
}

void follow_send_value(const struct followers *followers, const char *event, const char *job,
		       uint64_t run, json_t *data)
{
	_cleanup_free_ char *text =
		data ? json_dumps(data, JSON_REAL_PRECISION(VALUE_DIGITS)) : NULL;

	if (text)
		follow_send(followers, event, job, run, text);
	json_decref(data);
}

static void end(struct follower *follower)
{
	struct exchange *exchange = follower->exchange;

	free_follower(follower);
	exchange_end(exchange);
}

void follow_end_run(struct followers *followers, uint64_t run)
{
	struct follower *follower = LIST_FIRST(followers);

	while (follower) {
		struct follower *next = LIST_NEXT(follower, link);

		if (follower->run == run)
			end(follower);
		follower = next;
	}
}

void follow_cut_off(struct followers *followers, const char *why)
{
	_cleanup_free_ char *data = NULL;
	struct follower *follower;

	if (asprintf(&data, "{\"error\": {\"code\": \"lagged\", \"message\": \"%s\"}}", why) < 0)
		data = NULL;
	else
		send_event(followers, true, "lagged", NULL, 0, data);
	while ((follower = LIST_FIRST(followers)))
		end(follower);
}
