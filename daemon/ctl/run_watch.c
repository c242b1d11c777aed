/* See run_watch.h. */
#include "ctl/run_watch.h"

#include "base/text.h"
#include "ctl/field.h"
#include "ctl/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Lines that come between the end of a run and silence. */
#define SILENCE (300 * USEC_PER_MSEC)

/* The event of the end of a run. */
#define EVENT_ENDED "ended"

static void print_line(struct run_watch *watch, const json_t *line)
{
	const char *stream = field_text(line, "stream");
	const char *text = field_text(line, "text");
	FILE *out = stream && strcmp(stream, "stdout") == 0 ? stdout : stderr;
	size_t len = text ? strlen(text) : 0;
	_cleanup_free_ char *clean = malloc(TEXT_GROWTH * len + 1);

	if (!clean || !text || (uint64_t)field_integer(line, "run", 0) != watch->run)
		return;
	/* What everyd says of it: only what is more than its end, which is told otherwise. */
	if (!stream) {
		watch->told |= watch->end != NULL;
		return;
	}
	if (watch->online->ctl->json)
		return;
	(void)text_sanitize(clean, text, len);
	(void)fprintf(out, "%s\n", clean);
	(void)fflush(out);
}

static bool on_line(void *ctx, const char *name, json_t *data)
{
	struct run_watch *watch = ctx;
	const char *message = field_text(data, "error.message");

	(void)name;
	watch->heard = true;
	if (message)
		(void)ctl_fail("what it prints is not shown any more: %s", message);
	else if (watch->run > 0)
		print_line(watch, data);
	return !message;
}

static bool on_event(void *ctx, const char *name, json_t *data)
{
	struct run_watch *watch = ctx;
	const char *event = field_text(data, "event");

	watch->heard = true;
	if (strcmp(event ? event : name, EVENT_ENDED) == 0 && watch->run > 0 &&
	    (uint64_t)field_integer(data, "run", 0) == watch->run) {
		json_decref(watch->end);
		watch->end = json_incref(data);
	}
	return true;
}

static int listen_to(struct run_watch *watch, const char *path, const char *job,
		     bool (*fn)(void *ctx, const char *name, json_t *data),
		     struct client_stream **ret_stream)
{
	struct url url;
	int status;

	url_begin(&url, path);
	url_param(&url, "job", job);
	status = client_stream_new(watch->online->client, &url, fn, watch, ret_stream);
	return status == CTL_OK ? status : client_complain(watch->online->client);
}

int run_watch_begin(struct run_watch *watch, struct online *online, const char *job)
{
	int status;

	*watch = (struct run_watch){.online = online};
	status = listen_to(watch, "/v1/logs", job, on_line, &watch->lines);
	if (status == CTL_OK)
		status = listen_to(watch, "/v1/events", job, on_event, &watch->events);
	return status;
}

void run_watch_done(struct run_watch *watch)
{
	client_stream_free(watch->lines);
	client_stream_free(watch->events);
	json_decref(watch->end);
}

static int wait_for_more(struct run_watch *watch, usec_t timeout)
{
	int status;

	watch->heard = false;
	status = client_streams_wait(watch->online->client, timeout);
	return status == CTL_OK ? status : client_complain(watch->online->client);
}

int run_watch_end(struct run_watch *watch, uint64_t run, json_t **ret_run)
{
	int status = CTL_OK;

	/* Nothing of it was taken up before: only this function does. */
	watch->run = run;
	while (status == CTL_OK && !watch->end && !client_stream_ended(watch->events))
		status = wait_for_more(watch, USEC_PER_DAY);
	if (status != CTL_OK)
		return status;
	if (!watch->end)
		return ctl_fail("everyd went away; what became of run %" PRIu64
				" is told by: everyctl history",
				run);
	/* What it printed comes on another way. */
	do
		status = wait_for_more(watch, SILENCE);
	while (status == CTL_OK && watch->heard && !watch->told &&
	       !client_stream_ended(watch->lines));
	*ret_run = json_incref(watch->end);
	return CTL_OK;
}
