/*
 * Asking the daemon: HTTP/1.1 by libcurl over its control socket. One thread.
 *
 * What goes wrong is put in words that help: that everyd does not run and how to start it, what one
 * lacks to be let in, what everyd says of the request.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/sse.h"
#include "ctl/url.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct client;

/* The code of a failure: the connection ended instead of an answer. */
#define CLIENT_GONE "gone"

/* Why there is no answer that can be used. */
struct client_failure {
	enum ctl_status status;
	char code[48]; /* everyd's, "no-such-job"; or one of "unreachable", CLIENT_GONE, "timeout",
			  "nonsense", "failed" */
	const char *text; /* for people; may be of many lines */
	char *made;       /* what of it is to be freed */
};

/* An answer with a status of success. */
struct client_answer {
	json_t *json; /* NULL: it is none */
	char *text;   /* as it came */
	size_t len;
	bool is_plain; /* its type is text/plain */
};

void client_answer_done(struct client_answer *answer);

/* A client of the socket that ctl->socket names, or of the usual one. Returns 0 or -errno, which
   was said. */
int client_new(const struct ctl *ctl, struct client **ret_client) _must_check_;
void client_free(struct client *client);

static inline void cleanup_client(struct client **client)
{
	client_free(*client);
}

/* From now on each answer is waited for that long; USEC_INFINITY: however long it takes, as far as
   everyd lives. */
void client_wait_for(struct client *client, usec_t patience);

/*
 * Asks and waits for the answer: by GET, or by POST if there is a `body` (which is taken over).
 * Returns CTL_OK with *ret_answer, to be given back by client_answer_done(); or another exit
 * status, after which client_failure() has more.
 */
int client_ask(struct client *client, const struct url *url, json_t *body,
	       struct client_answer *ret_answer) _must_check_;
/* Puts a failure down, in words. Returns its exit status. */
int client_fail(struct client *client, enum ctl_status status, const char *code, const char *format,
		...) _printf_(4, 5);
const struct client_failure *client_failure(const struct client *client);

/* It as everyd writes errors; NULL: out of memory. */
json_t *client_failure_json(const struct client *client) _must_check_;

/* Says it on standard error. Returns its exit status. */
int client_say(const struct client *client);
/* The same; with --json on standard output as well. */
int client_complain(const struct client *client);

/* As client_ask(), for an answer that is a JSON object. */
int client_ask_json(struct client *client, const struct url *url, json_t *body,
		    json_t **ret_json) _must_check_;

/* The same, after a failure was told by client_complain(). */
int client_get(struct client *client, const struct url *url, json_t **ret_json) _must_check_;
int client_post(struct client *client, const struct url *url, json_t *body,
		json_t **ret_json) _must_check_;

/* An answer that goes on, of events with data that are JSON. */
struct client_stream;

/*
 * Begins one, and waits until everyd has taken it up: what happens from then on comes. event() gets
 * each, from within client_streams_wait(); it returns whether to go on. Returns CTL_OK, to be given
 * back by client_stream_free(); or another exit status, as client_ask().
 */
int client_stream_new(struct client *client, const struct url *url,
		      bool (*event)(void *ctx, const char *name, json_t *data), void *ctx,
		      struct client_stream **ret_stream) _must_check_;
void client_stream_free(struct client_stream *stream);

static inline void cleanup_client_stream(struct client_stream **stream)
{
	client_stream_free(*stream);
}

/* Waits for more on any stream of the client, for `timeout` at most. Returns CTL_OK; or another
   exit status when one of them broke off otherwise than by event(). */
int client_streams_wait(struct client *client, usec_t timeout) _must_check_;

/* Is it over, by event() or by everyd? */
bool client_stream_ended(const struct client_stream *stream);
