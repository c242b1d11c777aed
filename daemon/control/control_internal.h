/*
 * What the files of the control server share: server.c (listeners), client.c (connections),
 * exchange.c (answers), dispatch.c (from requests to routes).
 */
#pragma once

#include "base/clock.h"
#include "control/act.h"
#include "control/credentials.h"
#include "control/events.h"
#include "control/listen.h"
#include "control/logs.h"
#include "control/monitoring.h"
#include "control/reading.h"
#include "control/request.h"
#include "control/route.h"
#include "control/server.h"

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct bufferevent;
struct evbuffer;
struct evbuffer_cb_entry;
struct evconnlistener;
struct evhttp;
struct evhttp_connection;
struct evhttp_request;

TAILQ_HEAD(client_line, client);

/* Where clients come in. */
struct door {
	struct control *control;
	struct evhttp *http;
	struct evconnlistener *listener;
	struct event look;  /* at those that were accepted */
	struct event open;  /* accepts more, when those that went before have gone */
	struct event retry; /* accepting, which failed */
	unsigned clients;
	unsigned clients_max;
	bool is_tcp;
	bool resting;             /* accepting failed a moment ago */
	struct client_line fresh; /* accepted, and not looked at yet */
	LIST_ENTRY(door) link;
	LIST_ENTRY(door) every; /* of the process */
};

/* A connection. */
struct client {
	struct door *door;
	struct bufferevent *bev;
	struct evhttp_connection *connection; /* NULL: it is fresh */
	struct credentials who;               /* of a Unix socket */
	struct exchange *exchange;            /* NULL: none is under way */
	usec_t deadline;                      /* elapsed; of what is awaited of it */
	bool awaited;                         /* is in control->awaited */
	size_t held;                          /* of its answers, as last counted */
	struct evbuffer *ahead;               /* what it sent before its turn */
	struct event resume;                  /* its turn has come */
	size_t input_max;                     /* of what it sent and evhttp has not taken */
	struct evbuffer_cb_entry *input_cb;
	struct event excess; /* there is more */
	bool ours;           /* what it is sent now, and not evhttp's own */
	struct evbuffer_cb_entry *output_cb;
	struct event foreign;     /* there is something of evhttp's own */
	TAILQ_ENTRY(client) link; /* in door->fresh or control->awaited */
	LIST_ENTRY(client) all;
};

struct exchange {
	struct control *control;
	struct client *client;
	struct evhttp_request *request;
	const struct route *route; /* NULL: it came to none */
	struct request_uri uri;
	json_t *body;
	bool head;   /* HEAD: as GET, without the content */
	bool stream; /* exchange_stream() was called */
	bool cut;    /* it lags, or has ended: nothing more is sent */
	void (*gone)(void *ctx);
	void *ctx;
	char who[CREDENTIALS_NAME_SIZE];
	struct evbuffer *gathered; /* what is to be sent next; NULL: nothing */
	TAILQ_ENTRY(exchange) gathering;
	TAILQ_ENTRY(exchange) lagging;
};

/* Clients by the address of their connection. */
#define CONTROL_BUCKETS 256
LIST_HEAD(client_list, client);

struct control {
	struct control_host host;
	gid_t group; /* CONTROL_GROUP's */
	struct unix_socket socket;
	struct door *tcp;       /* of control_listen(); NULL: none */
	char *tcp_address;      /* where that is, or should be */
	char *tcp_error;        /* why it is not; NULL: it is, or should not be */
	struct event tcp_retry; /* to listen there */
	usec_t tcp_rest;        /* before that */
	char node[65];          /* the machine's host name */
	LIST_HEAD(door_list, door) doors;
	unsigned by_privilege[PRIVILEGE_CHANGE + 1]; /* clients of Unix sockets */
	struct client_list buckets[CONTROL_BUCKETS];
	struct client_line awaited;                  /* by deadline */
	TAILQ_HEAD(exchange_line, exchange) lagging; /* to be cut off */
	struct exchange_line gathering;              /* something is to be sent to them */
	struct event deadline;                       /* of the first of the awaited */
	struct event cut;                            /* there are lagging ones */
	struct event send;                           /* what was gathered */
	size_t held;                                 /* by all clients, as last counted */
	struct acts acts;                            /* for which clients wait */
	struct reading reading;                      /* what clients want of the ledger */
	struct events events;                        /* for who follows them */
	struct logs logs;                            /* likewise */
	struct monitoring monitoring;
};

/* --- client.c --- */

/* Begins to take clients from a listening socket, which it takes over even if it fails. NULL: out
   of memory. */
struct door *door_open(struct control *control, int fd, bool is_tcp);
/* Closes all of its connections, too. */
void door_close(struct door *door);

void clients_init(struct control *control);
void clients_done(struct control *control);

/* The client of a request; NULL: it could not be had. */
struct client *client_of(struct control *control, struct evhttp_request *request);
/* Something is awaited of it, within CONTROL_IDLE_TIMEOUT, or nothing. */
void client_await(struct client *client, bool something);
/* Cuts the connection. */
void client_drop(struct client *client);
/* It has taken its answer, and may ask for the next. */
void client_answered(struct client *client);
/* May it hold `len` bytes more that it has not taken yet? Then they count. */
bool client_hold(struct client *client, size_t len);

/* --- exchange.c --- */

/* Begins to answer a request. NULL: out of memory. */
struct exchange *exchange_new(struct control *control, struct client *client,
			      struct evhttp_request *request);
/* The connection is gone, and with it whatever was to be answered. */
void exchange_lose(struct exchange *exchange);
/* Cuts off those that lag. */
void exchange_cut_lagging(struct control *control);
/* Sends all that exchange_send() was given. */
void exchange_send_gathered(struct control *control);
/* How much of that waits, in bytes. */
size_t exchange_unsent(const struct exchange *exchange);

/* --- dispatch.c --- */

void dispatch_request(struct evhttp_request *request, void *door);
