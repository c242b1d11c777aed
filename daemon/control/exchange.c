/* See route.h. */
#include "control/control_internal.h"

#include "base/text.h"
#include "base/values.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is sent ahead of an answer that is waited for. */
#define AHEAD_MAX (16 * 1024)

#define JSON_TYPE "application/json"

/* So long pieces of an answer that goes on are gathered: for each there are a chunk and a system
   call, which would be most of what a follower costs. */
#define GATHER_USEC 5000

/* The last event of who is cut off. */
static const char lagged[] = "event: lagged\ndata: {\"error\": {\"code\": \"lagged\", \"message\": "
			     "\"what was to be sent is more than is kept for a client\"}}\n\n";

/* Instead of an answer for which there is no room. */
static const char crowded[] =
	"{\"error\": {\"code\": \"busy\", \"message\": \"too much waits for other "
	"clients to take it\"}}";

/* --- the request --- */

const struct control_host *exchange_host(const struct exchange *exchange)
{
	return &exchange->control->host;
}

struct control *exchange_control(const struct exchange *exchange)
{
	return exchange->control;
}

bool exchange_is_tcp(const struct exchange *exchange)
{
	return exchange->client->door->is_tcp;
}

const char *exchange_segment(const struct exchange *exchange, unsigned n)
{
	return exchange->uri.segments[n];
}

const char *exchange_param(const struct exchange *exchange, const char *name)
{
	return request_uri_param(&exchange->uri, name);
}

const char *exchange_header(const struct exchange *exchange, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(exchange->request), name);
}

json_t *exchange_body(const struct exchange *exchange)
{
	return exchange->body;
}

const char *exchange_client(const struct exchange *exchange)
{
	return exchange->who;
}

/* Jobs that a name is compared with at most, to find what was meant. */
#define GUESSES_MAX 2000

/* The name that is least unlike, if it is like it at all. */
static const char *guess_job(const struct model *model, const char *name)
{
	unsigned least = strlen(name) < 4 ? 2 : 3;
	const char *guess = NULL;

	for (size_t i = 0; i < model->n_jobs && model->n_jobs <= GUESSES_MAX; i++) {
		unsigned distance = text_distance_within(name, model->jobs[i].name, least - 1);

		if (distance < least) {
			least = distance;
			guess = model->jobs[i].name;
		}
	}
	return guess;
}

struct engine_job *exchange_find_job(struct exchange *exchange, const char *name)
{
	const struct engine *engine = exchange->control->host.engine;
	struct engine_job *job = engine_find_job(engine, name);
	const char *guess;

	if (job)
		return job;
	guess = engine_model(engine) ? guess_job(engine_model(engine), name) : NULL;
	exchange_error(exchange, STATUS_NOT_FOUND, "no-such-job",
		       guess ? "there is no job \"%.200s\"; did you mean \"%s\"?"
			     : "there is no job \"%.200s\"",
		       name, guess);
	return NULL;
}

struct engine_job *exchange_job(struct exchange *exchange, unsigned n)
{
	return exchange_find_job(exchange, exchange_segment(exchange, n));
}

/* --- life --- */

struct exchange *exchange_new(struct control *control, struct client *client,
			      struct evhttp_request *request)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange)
		return NULL;
	exchange->control = control;
	exchange->client = client;
	exchange->request = request;
	exchange->head = evhttp_request_get_command(request) == EVHTTP_REQ_HEAD;
	if (client->door->is_tcp)
		(void)strcpy(exchange->who, "a client by TCP");
	else
		(void)credentials_name(&client->who, exchange->who);
	client->exchange = exchange;
	client->ours = true;
	client_await(client, false);
	return exchange;
}

static void on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg);

/* It is over; what there is to be sent is evhttp's. */
static void exchange_free(struct exchange *exchange)
{
	if (exchange->stream)
		(void)evbuffer_remove_cb(bufferevent_get_input(exchange->client->bev), on_input,
					 exchange);
	exchange->client->exchange = NULL;
	if (exchange->cut)
		TAILQ_REMOVE(&exchange->control->lagging, exchange, lagging);
	if (exchange->gathered) {
		TAILQ_REMOVE(&exchange->control->gathering, exchange, gathering);
		evbuffer_free(exchange->gathered);
	}
	json_decref(exchange->body);
	request_uri_done(&exchange->uri);
	free(exchange);
}

void exchange_lose(struct exchange *exchange)
{
	void (*gone)(void *ctx) = exchange->gone;
	void *ctx = exchange->ctx;

	/* evhttp leaves those to us that it has parted from their connection. */
	if (!evhttp_request_get_connection(exchange->request))
		evhttp_request_free(exchange->request);
	exchange_free(exchange);
	if (gone)
		gone(ctx);
}

/* --- the answer --- */

static void add_header(struct exchange *exchange, const char *name, const char *value)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(exchange->request), name, value);
}

static void add_headers(struct exchange *exchange)
{
	add_header(exchange, "Cache-Control", "no-store");
	add_header(exchange, "X-Content-Type-Options", "nosniff");
}

/* All of it has been sent; the next request may come. */
static void on_complete(struct evhttp_request *request, void *arg)
{
	(void)request;
	client_answered(arg);
}

static void free_content(const void *data, size_t len, void *content)
{
	(void)data;
	(void)len;
	free(content);
}

/* There is no memory for an answer: the connection ends. */
static void give_up(struct exchange *exchange)
{
	exchange->gone = NULL;
	client_drop(exchange->client);
}

/* Empties `content`. */
static void send_buffer(struct exchange *exchange, enum http_status status, const char *type,
			struct evbuffer *content)
{
	struct client *client = exchange->client;
	struct evhttp_request *request = exchange->request;
	struct evbuffer *out = evhttp_request_get_output_buffer(request);
	char length[24];
	int r = 0;

	if (!client_hold(client, evbuffer_get_length(content))) {
		status = STATUS_UNAVAILABLE;
		type = JSON_TYPE;
		(void)evbuffer_drain(content, evbuffer_get_length(content));
		r = evbuffer_add(content, crowded, sizeof(crowded) - 1);
	}
	(void)snprintf(length, sizeof(length), "%zu", evbuffer_get_length(content));
	if (r < 0 || (!exchange->head && evbuffer_add_buffer(out, content) < 0)) {
		give_up(exchange);
		return;
	}
	add_header(exchange, "Content-Type", type);
	add_headers(exchange);
	if (exchange->head)
		add_header(exchange, "Content-Length", length);
	evhttp_request_set_on_complete_cb(request, on_complete, client);
	client_await(client, true);
	exchange_free(exchange);
	evhttp_send_reply(request, status, NULL, NULL);
	/* A client that has nothing more to say may close its half of the connection: evhttp would
	   take that for the end. One that is gone is noticed by writing. */
	(void)bufferevent_disable(client->bev, EV_READ);
}

/* Takes `content` over, which free(3) frees; NULL: out of memory. */
static void send_answer(struct exchange *exchange, enum http_status status, const char *type,
			char *content, size_t len)
{
	struct evbuffer *buffer = content ? evbuffer_new() : NULL;

	if (!buffer || evbuffer_add_reference(buffer, content, len, free_content, content) < 0) {
		free(content);
		give_up(exchange);
	} else {
		send_buffer(exchange, status, type, buffer);
	}
	if (buffer)
		evbuffer_free(buffer);
}

void exchange_reply(struct exchange *exchange, enum http_status status, json_t *body)
{
	char *content = body ? json_dumps(body, JSON_REAL_PRECISION(VALUE_DIGITS)) : NULL;

	json_decref(body);
	if (content)
		send_answer(exchange, status, JSON_TYPE, content, strlen(content));
	else
		exchange_error(exchange, STATUS_UNAVAILABLE, "no-memory", "out of memory");
}

void exchange_reply_text(struct exchange *exchange, enum http_status status, const char *type,
			 const char *text, size_t len)
{
	char *content = malloc(len + 1);

	if (content)
		memcpy(content, text, len);
	send_answer(exchange, status, type, content, len);
}

void exchange_reply_own(struct exchange *exchange, enum http_status status, const char *type,
			char *text, size_t len)
{
	send_answer(exchange, status, type, text, len);
}

void exchange_reply_buffer(struct exchange *exchange, enum http_status status, const char *type,
			   struct evbuffer *content)
{
	send_buffer(exchange, status, type, content);
}

void exchange_error(struct exchange *exchange, enum http_status status, const char *code,
		    const char *format, ...)
{
	_cleanup_(cleanup_value) json_t *body = NULL;
	_cleanup_free_ char *text = NULL;
	char *content = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0)
		text = NULL;
	else
		body = json_pack("{s{ss so}}", "error", "code", code, "message", value_text(text));
	if (body)
		content = json_dumps(body, 0);
	send_answer(exchange, status, JSON_TYPE, content, content ? strlen(content) : 0);
}

/* --- waiting --- */

/* Sent ahead of the answer, which waits: bounded, or the end of the connection could not be seen
   behind it. */
static void on_ahead(struct bufferevent *bev, void *connection)
{
	if (evbuffer_get_length(bufferevent_get_input(bev)) > AHEAD_MAX)
		evhttp_connection_free(connection);
}

void exchange_wait(struct exchange *exchange, void (*gone)(void *ctx), void *ctx)
{
	struct bufferevent *bev = exchange->client->bev;
	bufferevent_data_cb write_cb;
	bufferevent_event_cb event_cb;
	void *connection;

	exchange->gone = gone;
	exchange->ctx = ctx;
	/* evhttp does not read while it waits for us, and so would not see the client go; its own
	   callback must not see what comes, though. It sets all of them with the answer. */
	bufferevent_getcb(bev, NULL, &write_cb, &event_cb, &connection);
	bufferevent_setcb(bev, on_ahead, write_cb, event_cb, connection);
	(void)bufferevent_enable(bev, EV_READ);
}

/* --- an answer that goes on --- */

/* Who lags is cut off. Not at once: who sends to many does not expect one to go in between. */
static void cut_off(struct exchange *exchange)
{
	exchange->cut = true;
	TAILQ_INSERT_TAIL(&exchange->control->lagging, exchange, lagging);
	event_active(&exchange->control->cut, EV_TIMEOUT, 0);
}

/* evhttp has no callback for what is read while it writes. */
static void on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct exchange *exchange = arg;

	(void)info;
	if (evbuffer_get_length(in) > AHEAD_MAX && !exchange->cut)
		cut_off(exchange);
}

void exchange_stream(struct exchange *exchange, const char *type)
{
	struct evbuffer *in = bufferevent_get_input(exchange->client->bev);

	exchange->stream = true;
	(void)evbuffer_add_cb(in, on_input, exchange);
	add_header(exchange, "Content-Type", type);
	add_headers(exchange);
	evhttp_send_reply_start(exchange->request, STATUS_OK, NULL);
}

/* Sends what has been gathered. */
static void send_gathered(struct exchange *exchange)
{
	if (!exchange->gathered)
		return;
	TAILQ_REMOVE(&exchange->control->gathering, exchange, gathering);
	evhttp_send_reply_chunk(exchange->request, exchange->gathered);
	evbuffer_free(steal_ptr(exchange->gathered));
}

void exchange_send_gathered(struct control *control)
{
	struct exchange *exchange;

	while ((exchange = TAILQ_FIRST(&control->gathering)))
		send_gathered(exchange);
}

/* Returns false when it was not taken. */
static bool gather(struct exchange *exchange, const char *data, size_t len)
{
	struct control *control = exchange->control;
	struct timeval span = {.tv_usec = GATHER_USEC};

	if (!exchange->gathered) {
		exchange->gathered = evbuffer_new();
		if (!exchange->gathered)
			return false;
		TAILQ_INSERT_TAIL(&control->gathering, exchange, gathering);
	}
	return evbuffer_add(exchange->gathered, data, len) == 0 &&
	       (evtimer_pending(&control->send, NULL) || evtimer_add(&control->send, &span) == 0);
}

size_t exchange_unsent(const struct exchange *exchange)
{
	return exchange->gathered ? evbuffer_get_length(exchange->gathered) : 0;
}

void exchange_send(struct exchange *exchange, const char *data, size_t len)
{
	struct evbuffer *out = bufferevent_get_output(exchange->client->bev);

	if (exchange->cut)
		return;
	if (evbuffer_get_length(out) + exchange_unsent(exchange) + len <= EXCHANGE_LAG_MAX &&
	    client_hold(exchange->client, len) && gather(exchange, data, len))
		return;
	cut_off(exchange);
}

void exchange_end(struct exchange *exchange)
{
	struct evhttp_request *request = exchange->request;

	send_gathered(exchange);
	add_header(exchange, "Connection", "close");
	evhttp_request_set_on_complete_cb(request, on_complete, exchange->client);
	client_await(exchange->client, true);
	exchange_free(exchange);
	evhttp_send_reply_end(request);
}

void exchange_cut_lagging(struct control *control)
{
	struct exchange *exchange;

	while ((exchange = TAILQ_FIRST(&control->lagging))) {
		void (*gone)(void *ctx) = exchange->gone;
		void *ctx = exchange->ctx;

		(void)gather(exchange, lagged, sizeof(lagged) - 1);
		exchange_end(exchange);
		if (gone)
			gone(ctx);
	}
}
