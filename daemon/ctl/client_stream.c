/* Answers that go on, see client.h. */
#include "ctl/client_internal.h"

#include "ctl/json.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* As long as it may take until everyd has taken a stream up. */
#define OPEN_TIMEOUT (30 * USEC_PER_SEC)

struct client_stream {
	struct client *client;
	CURL *easy;
	struct sse sse;
	bool (*event)(void *ctx, const char *name, json_t *data);
	void *ctx;
	struct client_body refusal; /* the answer, if its status is none of success */
	int failed;                 /* -errno of what came */
	bool open;
	bool ended;
};

static bool on_event(void *ctx, const char *name, const char *data)
{
	struct client_stream *stream = ctx;
	_cleanup_(cleanup_value) json_t *json =
		json_loads(data, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	if (!json) {
		stream->failed = -EBADMSG;
		return false;
	}
	return stream->event(stream->ctx, name, json);
}

static long status_of(const struct client_stream *stream)
{
	long status = 0;

	(void)curl_easy_getinfo(stream->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *ctx)
{
	struct client_stream *stream = ctx;
	int r;

	if (status_of(stream) != 200)
		return client_take_body(bytes, size, n, &stream->refusal);
	r = sse_feed(&stream->sse, bytes, size * n);
	if (r < 0 && r != -ECANCELED && stream->failed == 0)
		stream->failed = r;
	return r < 0 ? CURL_WRITEFUNC_ERROR : size * n;
}

/* The last header is an empty line. */
static size_t on_header(char *bytes, size_t size, size_t n, void *ctx)
{
	struct client_stream *stream = ctx;

	if (size * n == 2 && memcmp(bytes, "\r\n", 2) == 0 && status_of(stream) == 200)
		stream->open = true;
	return size * n;
}

static bool prepare(struct client_stream *stream, const struct url *url)
{
	CURL *easy = stream->easy;

	return client_prepare(stream->client, easy, url) &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, stream) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADERDATA, stream) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PRIVATE, stream) == CURLE_OK;
}

int client_stream_new(struct client *client, const struct url *url,
		      bool (*event)(void *ctx, const char *name, json_t *data), void *ctx,
		      struct client_stream **ret_stream)
{
	struct client_stream *stream = calloc(1, sizeof(*stream));
	usec_t deadline = clock_elapsed() + OPEN_TIMEOUT;
	int r = CTL_OK;

	if (!stream)
		return client_fail(client, CTL_FAILED, "failed", "out of memory");
	*stream = (struct client_stream){
		.client = client,
		.event = event,
		.ctx = ctx,
		.easy = curl_easy_init(),
	};
	sse_init(&stream->sse, on_event, stream);
	if (!stream->easy || !prepare(stream, url) ||
	    curl_multi_add_handle(client->multi, stream->easy) != CURLM_OK)
		r = client_fail(client, CTL_FAILED, "failed", "out of memory");
	while (r == CTL_OK && !stream->open && !stream->ended) {
		usec_t left = deadline - clock_elapsed();

		r = left > 0 ? client_streams_wait(client, left)
			     : client_fail_curl(client, stream->easy, CURLE_OPERATION_TIMEDOUT);
	}
	if (r != CTL_OK) {
		client_stream_free(stream);
		return r;
	}
	*ret_stream = stream;
	return CTL_OK;
}

void client_stream_free(struct client_stream *stream)
{
	if (!stream)
		return;
	if (stream->easy) {
		(void)curl_multi_remove_handle(stream->client->multi, stream->easy);
		curl_easy_cleanup(stream->easy);
	}
	sse_done(&stream->sse);
	free(stream->refusal.text);
	free(stream);
}

bool client_stream_ended(const struct client_stream *stream)
{
	return stream->ended;
}

/* It is over. Returns an exit status: was that to be? */
static int end_stream(struct client_stream *stream, CURLcode code)
{
	struct client *client = stream->client;
	long status = status_of(stream);

	stream->ended = true;
	if (stream->failed == -ENOMEM)
		return client_fail(client, CTL_FAILED, "failed", "out of memory");
	if (stream->failed < 0 || stream->refusal.too_large)
		return client_fail_nonsense(client);
	if (code == CURLE_WRITE_ERROR) /* event() wants no more */
		return CTL_OK;
	if (code != CURLE_OK && !stream->open)
		return client_fail_curl(client, stream->easy, code);
	if (status != 200)
		return client_fail_status(client, status,
					  stream->refusal.text ? stream->refusal.text : "",
					  stream->refusal.len, false);
	/* everyd stops, or is gone. */
	return CTL_OK;
}

int client_streams_wait(struct client *client, usec_t timeout)
{
	usec_t ms = timeout / USEC_PER_MSEC + 1;
	int status = CTL_OK;
	CURLMsg *message;
	int running;
	int queued;

	if (curl_multi_perform(client->multi, &running) == CURLM_OK && running > 0)
		(void)curl_multi_poll(client->multi, NULL, 0, ms < INT_MAX ? (int)ms : INT_MAX,
				      NULL);
	(void)curl_multi_perform(client->multi, &running);
	while ((message = curl_multi_info_read(client->multi, &queued))) {
		struct client_stream *stream = NULL;
		CURLcode code = message->data.result;

		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &stream);
		if (message->msg == CURLMSG_DONE && stream) {
			int r = end_stream(stream, code);

			status = status == CTL_OK ? r : status;
		}
	}
	return status;
}
