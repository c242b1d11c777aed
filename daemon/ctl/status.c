/* everyctl status: how the daemon is. */
#include "ctl/commands.h"

#include "ctl/json.h"
#include "ctl/online.h"
#include "ctl/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* States of jobs that somebody should know of, the worst first. */
static const struct {
	const char *name;
	enum table_color color;
} states[] = {
	{"failing", TABLE_BAD},
	{"overdue", TABLE_BAD},
	{"paused", TABLE_WARN},
};

/* Jobs in a state that are asked for. */
#define LISTED_MAX "1000"

static enum table_color format_state(const json_t *object, const struct when *when,
				     char buf[static FIELD_TEXT_SIZE])
{
	char since[FIELD_TEXT_SIZE];
	bool stopping = field_true(object, "stopping");

	(void)snprintf(buf, FIELD_TEXT_SIZE, "%s, started %s", stopping ? "stopping" : "running",
		       field_format_relative(object, "started", when, since));
	return stopping ? TABLE_WARN : TABLE_GOOD;
}

/* What fits of it: the whole is told below the page. */
static enum table_color format_config(const json_t *object, const struct when *when,
				      char buf[static FIELD_TEXT_SIZE])
{
	char loaded[FIELD_TEXT_SIZE];
	bool failed = field_true(object, "config.failed");

	(void)snprintf(buf, FIELD_TEXT_SIZE, "loaded %s%s%s",
		       field_format_relative(object, "config.loaded", when, loaded),
		       field_true(object, "config.loading") ? ", being read again" : "",
		       failed ? "; what it is now was refused, see below" : "");
	return failed ? TABLE_BAD : TABLE_PLAIN;
}

/* The lists of those in a state are members by its name. */
static enum table_color format_jobs(const json_t *object, const struct when *when,
				    char buf[static FIELD_TEXT_SIZE])
{
	enum table_color color = TABLE_PLAIN;

	(void)when;
	(void)snprintf(buf, FIELD_TEXT_SIZE, "%" PRId64, field_integer(object, "jobs", 0));
	for (size_t i = 0; i < ARRAY_LENGTH(states); i++) {
		const json_t *list = json_object_get(object, states[i].name);
		size_t n = json_array_size(field_array(list, "items"));
		size_t used = strlen(buf);

		if (n == 0)
			continue;
		(void)snprintf(buf + used, FIELD_TEXT_SIZE - used, ", %zu%s %s", n,
			       field(list, "next") ? " or more" : "", states[i].name);
		if (color == TABLE_PLAIN)
			color = states[i].color;
	}
	return color;
}

static enum table_color format_next(const json_t *object, const struct when *when,
				    char buf[static FIELD_TEXT_SIZE])
{
	const char *job = field_text(object, "next.job");
	char due[FIELD_TEXT_SIZE];

	if (job)
		(void)snprintf(buf, FIELD_TEXT_SIZE, "%.80s %s", job,
			       field_format_relative(object, "next.due", when, due));
	return TABLE_PLAIN;
}

static enum table_color format_runs(const json_t *object, const struct when *when,
				    char buf[static FIELD_TEXT_SIZE])
{
	(void)when;
	(void)snprintf(buf, FIELD_TEXT_SIZE,
		       "%" PRId64 " of %" PRId64 " workers busy, %" PRId64 " queued, %" PRId64
		       " waiting",
		       field_integer(object, "busy", 0), field_integer(object, "workers", 0),
		       field_integer(object, "queued", 0), field_integer(object, "waiting", 0));
	return TABLE_PLAIN;
}

static enum table_color format_ledger(const json_t *object, const struct when *when,
				      char buf[static FIELD_TEXT_SIZE])
{
	const char *problem = field_text(object, "ledger.problem");
	int64_t dropped = field_integer(object, "ledger.dropped", 0);

	(void)when;
	if (!field(object, "ledger"))
		(void)snprintf(buf, FIELD_TEXT_SIZE, "none");
	else
		(void)snprintf(buf, FIELD_TEXT_SIZE, "%.80s", problem ? problem : "ok");
	if (dropped > 0) {
		size_t used = strlen(buf);

		(void)snprintf(buf + used, FIELD_TEXT_SIZE - used, ", %" PRId64 " entries dropped",
			       dropped);
	}
	return problem || dropped > 0 ? TABLE_BAD : TABLE_PLAIN;
}

static enum table_color format_log(const json_t *object, const struct when *when,
				   char buf[static FIELD_TEXT_SIZE])
{
	int64_t dropped = field_integer(object, "log_dropped", 0);

	(void)when;
	if (dropped > 0)
		(void)snprintf(buf, FIELD_TEXT_SIZE, "%" PRId64 " lines dropped", dropped);
	return TABLE_WARN;
}

/* As for the configuration: the whole is told below the page. */
static enum table_color format_listener(const json_t *object, const struct when *when,
					char buf[static FIELD_TEXT_SIZE])
{
	const char *address = field_text(object, "status_listen.address");
	bool failed = field(object, "status_listen.error");

	(void)when;
	if (address)
		(void)snprintf(buf, FIELD_TEXT_SIZE, "%.80s%s", address,
			       failed ? ", not open, see below" : "");
	return failed ? TABLE_BAD : TABLE_PLAIN;
}

static const struct view_member members[] = {
	{"everyd", VIEW_TEXT, "version", NULL},
	{"state", VIEW_CUSTOM, NULL, format_state},
	{"process", VIEW_INTEGER, "pid", NULL},
	{"configuration", VIEW_TEXT, "config.path", NULL},
	{"", VIEW_CUSTOM, NULL, format_config},
	{"jobs", VIEW_CUSTOM, NULL, format_jobs},
	{"next", VIEW_CUSTOM, NULL, format_next},
	{"runs", VIEW_CUSTOM, NULL, format_runs},
	{"ledger", VIEW_CUSTOM, NULL, format_ledger},
	{"status listener", VIEW_CUSTOM, NULL, format_listener},
	{"log", VIEW_CUSTOM, NULL, format_log},
	{"lacking", VIEW_TEXT, "needs", NULL},
};

/* Adds the jobs in each state to the answer; what cannot be had is not told. */
static void add_jobs(struct online *online, json_t *answer)
{
	for (size_t i = 0; i < ARRAY_LENGTH(states); i++) {
		json_t *list = NULL;
		struct url url;

		url_begin(&url, "/v1/jobs");
		url_param(&url, "state", states[i].name);
		url_param(&url, "limit", LISTED_MAX);
		if (client_ask_json(online->client, &url, NULL, &list) == CTL_OK)
			(void)json_object_set_new(answer, states[i].name, list);
	}
}

static int status(struct online *online, void *ctx)
{
	static const char *const errors[] = {"config.error", "status_listen.error"};
	_cleanup_(cleanup_value) json_t *answer = NULL;
	struct url url;
	int r;

	(void)ctx;
	url_begin(&url, "/v1/status");
	r = online_get(online, &url, &answer);
	if (r != CTL_OK)
		return r;
	if (online->ctl->json)
		return online_printed(json_print(json_incref(answer)));
	add_jobs(online, answer);
	r = view_page(online->ctl, &online->when, members, ARRAY_LENGTH(members), answer);
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(errors); i++) {
		const char *error = field_text(answer, errors[i]);

		if (error)
			online_print_text("\n", error);
	}
	return online_printed(r);
}

int status_run(struct ctl *ctl, struct ctl_args *args)
{
	return online_do_plain(ctl, args, status);
}
