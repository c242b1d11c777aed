/*
 * Requests and answers, as the handlers of routes see them. A route is a row in the table of
 * routes.c; its handler is in the file of its subject (status.c, jobs.c, runs.c, act.c, ...).
 * Answers are JSON objects unless said otherwise; errors are
 *   {"error": {"code": "no-such-job", "message": "there is no job \"bakcup\"; did you mean ...?"}}
 * Loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "control/host.h"

#include <jansson.h>
#include <stdbool.h>

struct control;
struct evbuffer;
struct exchange; /* a request that is being answered */

/* Of answers (RFC 9110, section 15; RFC 6585). */
enum http_status {
	STATUS_CONTINUE = 100,
	STATUS_OK = 200,
	STATUS_ACCEPTED = 202,
	STATUS_BAD_REQUEST = 400,
	STATUS_FORBIDDEN = 403,
	STATUS_NOT_FOUND = 404,
	STATUS_BAD_METHOD = 405,
	STATUS_CONFLICT = 409,
	STATUS_TOO_LARGE = 413,
	STATUS_BAD_EXPECTATION = 417,
	STATUS_UNPROCESSABLE = 422,
	STATUS_HEADERS_TOO_LARGE = 431,
	STATUS_INTERNAL = 500,
	STATUS_NOT_IMPLEMENTED = 501,
	STATUS_UNAVAILABLE = 503,
	STATUS_BAD_VERSION = 505,
};

enum route_access {
	ACCESS_READ,   /* root, the daemon's user, members of CONTROL_GROUP */
	ACCESS_CHANGE, /* root and the daemon's user */
};

enum route_method {
	METHOD_GET,
	METHOD_POST,
};

/* The most parameters of a route. */
#define ROUTE_PARAMS_MAX 8

struct route {
	enum route_method method;
	const char *path; /* "/v1/jobs/{job}/pause": a "{...}" is one segment, percent-decoded */
	enum route_access access;
	bool on_tcp; /* may be asked for over TCP, without credentials: nothing of output,
			environment or commands */
	bool stream; /* answered by exchange_stream(): there is no HEAD of it */
	void (*handle)(struct exchange *exchange);
	const char *params[ROUTE_PARAMS_MAX + 1]; /* that its query may have; NULL after the last */
};

/* Ends with a row whose path is NULL. */
extern const struct route routes[];

/* --- the request --- */

const struct control_host *exchange_host(const struct exchange *exchange);
struct control *exchange_control(const struct exchange *exchange);
bool exchange_is_tcp(const struct exchange *exchange);
/* The nth "{...}" of the path. */
const char *exchange_segment(const struct exchange *exchange, unsigned n);
/* A parameter of the query, percent-decoded; NULL: it was not given. */
const char *exchange_param(const struct exchange *exchange, const char *name);
/* A header of the request; NULL: it has none. */
const char *exchange_header(const struct exchange *exchange, const char *name);
/* The body, a JSON object; an empty one for no body. Borrowed. */
json_t *exchange_body(const struct exchange *exchange);
/* Who asks, as "root (uid 0, pid 812)", for logs. */
const char *exchange_client(const struct exchange *exchange);

/* The job of segment n, or of that name; or NULL after the error was answered. */
struct engine_job *exchange_job(struct exchange *exchange, unsigned n);
struct engine_job *exchange_find_job(struct exchange *exchange, const char *name);

/* --- the answer: exactly one of these, once; with it the exchange is over, and what was borrowed
   from it is gone --- */

/* Takes `body` over; NULL: out of memory, which is answered by 503. */
void exchange_reply(struct exchange *exchange, enum http_status status, json_t *body);
/* Plain text of that type, copied. */
void exchange_reply_text(struct exchange *exchange, enum http_status status, const char *type,
			 const char *text, size_t len);
/* The same of a text that is taken over, for free(3). */
void exchange_reply_own(struct exchange *exchange, enum http_status status, const char *type,
			char *text, size_t len);
/* The same of what a buffer (event2/buffer.h) has, which is taken. */
void exchange_reply_buffer(struct exchange *exchange, enum http_status status, const char *type,
			   struct evbuffer *content);
void exchange_error(struct exchange *exchange, enum http_status status, const char *code,
		    const char *format, ...) _printf_(4, 5);
/*
 * The answer comes later; gone() is called instead if the client goes before, after which the
 * exchange must not be touched. With gone() or the answer it is over. gone() comes from the loop,
 * or from control_free(), never from within one of these functions.
 */
void exchange_wait(struct exchange *exchange, void (*gone)(void *ctx), void *ctx);

/*
 * An answer that goes on (text/event-stream, chunked): pieces are sent some milliseconds after they
 * came, with what else came in these. What a client has not taken is bounded by EXCHANGE_LAG_MAX:
 * beyond that it is cut off with a last event that says so, and gone() is called. Set gone() with
 * exchange_wait() before.
 */
#define EXCHANGE_LAG_MAX ((size_t)256 * 1024)
void exchange_stream(struct exchange *exchange, const char *type);
void exchange_send(struct exchange *exchange, const char *data, size_t len);
void exchange_end(struct exchange *exchange);
