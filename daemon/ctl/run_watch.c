/* See run_watch.h. */
#include "ctl/run_watch.h"

#include "base/text.h"
#include "ctl/field.h"
#include "ctl/json.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* What comes of a run beside its lines, behind the last of them. */
#define EVENT_LINE    "line"
#define EVENT_PUT_OFF "put-off"

/* The code of an error: a run has ended, or never was. */
#define NO_RUN "no-such-run"

/* How often it is asked what a run that has ended came to. */
#define RECORD_TRIES    100
#define RECORD_PAUSE_MS 100

/* A line that the run has printed; what everyd says of the run is told by how it ends. */
static void print_line(const struct run_watch *watch, const json_t *line)
{
	const char *stream = field_text(line, "stream");
	const char *text = field_text(line, "text");
	size_t len = text ? strlen(text) : 0;
	_cleanup_free_ char *clean = malloc(TEXT_GROWTH * len + 1);
	FILE *out = stream && strcmp(stream, "stdout") == 0 ? stdout : stderr;

	if (!clean || !text || !stream || watch->online->ctl->json)
		return;
	(void)text_sanitize(clean, text, len);
	(void)fprintf(out, "%s\n", clean);
	(void)fflush(out);
}

static bool on_event(void *ctx, const char *name, json_t *data)
{
	struct run_watch *watch = ctx;
	const char *message = field_text(data, "error.message");

	if (message) {
		watch->cut_off = true;
		return false;
	}
	if (watch->run == 0 || (uint64_t)field_integer(data, "run", 0) != watch->run)
		return true;
	if (strcmp(name, EVENT_LINE) == 0) {
		print_line(watch, data);
		return true;
	}
	if (strcmp(name, EVENT_PUT_OFF) == 0)
		watch->put_off = true;
	else
		watch->end = json_incref(data);
	return false;
}

static int listen_to(struct run_watch *watch, const char *run)
{
	struct url url;

	url_begin(&url, "/v1/logs");
	url_param(&url, "job", watch->job);
	url_param(&url, "run", run);
	return client_stream_new(watch->online->client, &url, on_event, watch, &watch->stream);
}

int run_watch_begin(struct run_watch *watch, struct online *online, const char *job)
{
	int status;

	*watch = (struct run_watch){.online = online, .job = job};
	status = listen_to(watch, NULL);
	return status == CTL_OK ? status : client_complain(online->client);
}

void run_watch_done(struct run_watch *watch)
{
	client_stream_free(watch->stream);
	json_decref(watch->end);
}

/* It has ended meanwhile: what came of it is on record, or about to be. */
static int ask_for_end(struct run_watch *watch, const char *run)
{
	struct url url;
	int status = CTL_OK;

	url_begin(&url, "/v1/runs");
	url_segment(&url, run);
	for (int i = 0; status == CTL_OK && !watch->end && i < RECORD_TRIES; i++) {
		_cleanup_(cleanup_value) json_t *row = NULL;

		status = client_ask_json(watch->online->client, &url, NULL, &row);
		if (status == CTL_OK && field_text(row, "verdict"))
			watch->end = steal_ptr(row);
		else if (status == CTL_OK)
			(void)poll(NULL, 0, RECORD_PAUSE_MS);
	}
	return status;
}

/* Goes on behind what was not shown. */
static int listen_again(struct run_watch *watch)
{
	char run[24];
	int status;

	(void)ctl_fail("%s[%" PRIu64 "] prints faster than it can be shown; some of it is left out",
		       watch->job, watch->run);
	(void)snprintf(run, sizeof(run), "%" PRIu64, watch->run);
	client_stream_free(watch->stream);
	watch->stream = NULL;
	watch->cut_off = false;
	status = listen_to(watch, run);
	if (status != CTL_OK && strcmp(client_failure(watch->online->client)->code, NO_RUN) == 0)
		status = ask_for_end(watch, run);
	return status;
}

int run_watch_end(struct run_watch *watch, uint64_t run, json_t **ret_run)
{
	int status = CTL_OK;

	/* Nothing that came before was taken up: only this function does. */
	watch->run = run;
	while (status == CTL_OK && watch->stream) {
		/* That can happen as soon as it listens again. */
		if (watch->cut_off)
			status = listen_again(watch);
		else if (client_stream_ended(watch->stream))
			break;
		else
			status = client_streams_wait(watch->online->client, USEC_PER_DAY);
	}
	if (status != CTL_OK)
		return client_complain(watch->online->client);
	if (watch->end) {
		*ret_run = json_incref(watch->end);
		return CTL_OK;
	}
	if (watch->put_off)
		(void)client_fail(watch->online->client, CTL_FAILED, "put-off",
				  "everyd stops; run %" PRIu64 " is put off until it starts again",
				  run);
	else
		(void)client_fail(watch->online->client, CTL_FAILED, "gone",
				  "everyd is gone; what came of run %" PRIu64
				  " is told by: everyctl history %s",
				  run, watch->job);
	return client_complain(watch->online->client);
}
