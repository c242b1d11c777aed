/*
 * Connections: how many there may be, whose they are, and how long each may take. evhttp does not
 * say when one begins, nor when one ends that never asked for anything; so each is given a
 * bufferevent made here, and looked at in the loop's next round, before anything of it is read.
 *
 * What clients send and are sent has the loop's lowest priority: timers of jobs go first.
 */
#include "control/control_internal.h"

#include "base/log.h"
#include "control/refusal.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* So many are accepted in a row, before others have their turn. */
#define ACCEPT_BURST 8

/* After accepting has failed, which it does for want of descriptors. */
#define ACCEPT_REST USEC_PER_SEC

/* Those who may only read leave room for those who may do more; and those who may do nothing, to be
   told that, are not many. */
#define READERS_MAX   (CONTROL_CLIENTS_MAX - 100)
#define STRANGERS_MAX 32
#define TCP_MAX       100

/* Unread input of a client: a request, and what it sends ahead. Where evhttp has a bound of its own
   it gives up on a client; it gets twice those that hold, which are in dispatch.c. No high
   watermark: at that, a bufferevent whose input nobody takes keeps the loop busy (libevent 2.1.12,
   bufferevent_inbuf_wm_check()). */
#define INPUT_MAX(body) (2 * (CONTROL_HEADERS_MAX + (body)) + 4096)

/* Of those who may change nothing: there can be many. */
#define BODY_READERS_MAX 4096

/* What answers may wait to be taken, of all clients together. */
#define HELD_MAX ((size_t)64 * 1024 * 1024)

#define ALL_METHODS UINT16_MAX

static const char full[] =
	"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
	"Content-Type: application/json\r\nContent-Length: 72\r\n\r\n"
	"{\"error\": {\"code\": \"busy\", \"message\": \"there are too many clients now\"}}";

static struct timeval to_timeval(usec_t span)
{
	return (struct timeval){.tv_sec = span / USEC_PER_SEC, .tv_usec = span % USEC_PER_SEC};
}

static int lowest_priority(struct event_base *base)
{
	return event_base_get_npriorities(base) - 1;
}

/* --- accepting --- */

/* As long as there is room, and nothing else to be done before. */
static void accept_or_not(struct door *door)
{
	if (!door->listener)
		return;
	if (door->clients < door->clients_max && !door->resting)
		(void)evconnlistener_enable(door->listener);
	else
		(void)evconnlistener_disable(door->listener);
}

static void on_open(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	accept_or_not(arg);
}

/* Connections that are freed give their descriptors back when the clients' turn comes: more are
   accepted behind that, or there would be ever more descriptors. */
static void accept_later(struct door *door)
{
	if (door->listener)
		event_active(&door->open, EV_TIMEOUT, 0);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct door *door = arg;

	(void)fd;
	(void)what;
	door->resting = false;
	accept_or_not(door);
}

/* All doors of the process: a listener has one argument, which is evhttp's, and gives that to who
   is told of errors, too. For the loop's thread. */
static LIST_HEAD(every_door, door) every_door = LIST_HEAD_INITIALIZER(every_door);

static struct door *door_of(const struct evconnlistener *listener)
{
	struct door *door = LIST_FIRST(&every_door);

	while (door && door->listener != listener)
		door = LIST_NEXT(door, every);
	return door;
}

/* The loop would otherwise come back at once, to fail again. */
static void on_accept_error(struct evconnlistener *listener, void *http)
{
	struct door *door = door_of(listener);
	struct timeval rest = to_timeval(ACCEPT_REST);

	(void)http;
	if (!door)
		return;
	log_msg(LOG_LEVEL_WARNING, "cannot accept a client: %s", strerrordesc_np(errno));
	door->resting = true;
	accept_or_not(door);
	if (event_add(&door->retry, &rest) < 0) {
		door->resting = false;
		accept_or_not(door);
	}
}

static void on_excess(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	client_drop(arg);
}

/* Not in here: who reads does not expect it to go. */
static void on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct client *client = arg;

	(void)info;
	if (client->connection && evbuffer_get_length(in) > client->input_max)
		event_active(&client->excess, EV_TIMEOUT, 0);
}

/* Likewise. It is written in the loop's next round at the earliest. */
static void on_output(struct evbuffer *out, const struct evbuffer_cb_info *info, void *arg)
{
	struct client *client = arg;

	(void)out;
	if (client->connection && !client->ours && info->n_added > 0)
		event_active(&client->foreign, EV_TIMEOUT, 0);
}

static void on_foreign(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;
	struct evbuffer *out = bufferevent_get_output(client->bev);

	(void)fd;
	(void)what;
	client->ours = true;
	(void)evbuffer_unfreeze(out, true);
	client->ours = refusal_replace(out);
	(void)evbuffer_freeze(out, true);
}

/* Is about to be freed, or was lost before it had a connection. */
static void unwatch(struct client *client)
{
	(void)event_del(&client->excess);
	(void)event_del(&client->foreign);
	(void)evbuffer_remove_cb_entry(bufferevent_get_input(client->bev), client->input_cb);
	(void)evbuffer_remove_cb_entry(bufferevent_get_output(client->bev), client->output_cb);
}

/* evhttp has accepted a connection and wants a bufferevent for it. NULL: it makes its own, whose
   requests will not be answered, as there is no client. */
static struct bufferevent *on_accept(struct event_base *base, void *arg)
{
	struct door *door = arg;
	struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	struct client *client = calloc(1, sizeof(*client));
	struct timeval patience = to_timeval(CONTROL_IDLE_TIMEOUT);
	unsigned n = 0;

	if (bev && client) {
		client->input_cb = evbuffer_add_cb(bufferevent_get_input(bev), on_input, client);
		client->output_cb = evbuffer_add_cb(bufferevent_get_output(bev), on_output, client);
	}
	if (!bev || !client || !client->input_cb || !client->output_cb) {
		if (bev)
			bufferevent_free(bev);
		free(client);
		return NULL;
	}
	client->input_max = INPUT_MAX(BODY_READERS_MAX);
	(void)event_assign(&client->excess, base, -1, 0, on_excess, client);
	(void)event_priority_set(&client->excess, lowest_priority(base));
	(void)event_assign(&client->foreign, base, -1, 0, on_foreign, client);
	(void)event_priority_set(&client->foreign, lowest_priority(base));
	(void)bufferevent_set_timeouts(bev, NULL, &patience);
	bufferevent_incref(bev);
	client->door = door;
	client->bev = bev;
	TAILQ_INSERT_TAIL(&door->fresh, client, link);
	door->clients++;
	TAILQ_FOREACH(client, &door->fresh, link)
	{
		n++;
	}
	if (n >= ACCEPT_BURST || door->clients >= door->clients_max)
		(void)evconnlistener_disable(door->listener);
	event_active(&door->look, EV_TIMEOUT, 0);
	return bev;
}

/* --- clients --- */

static struct client_list *bucket_of(struct control *control,
				     const struct evhttp_connection *connection)
{
	return &control->buckets[(uintptr_t)connection / 64 % CONTROL_BUCKETS];
}

struct client *client_of(struct control *control, struct evhttp_request *request)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request);
	struct client *client = LIST_FIRST(bucket_of(control, connection));

	while (client && client->connection != connection)
		client = LIST_NEXT(client, all);
	return client;
}

static void arm_deadline(struct control *control)
{
	struct client *first = TAILQ_FIRST(&control->awaited);
	struct timeval span;

	if (!first || evtimer_pending(&control->deadline, NULL))
		return;
	span = to_timeval(first->deadline > clock_elapsed() ? first->deadline - clock_elapsed() + 1
							    : 0);
	(void)event_add(&control->deadline, &span);
}

void client_await(struct client *client, bool something)
{
	struct control *control = client->door->control;

	if (client->awaited)
		TAILQ_REMOVE(&control->awaited, client, link);
	client->awaited = something;
	if (!something)
		return;
	client->deadline = clock_elapsed() + CONTROL_IDLE_TIMEOUT;
	TAILQ_INSERT_TAIL(&control->awaited, client, link);
	arm_deadline(control);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;
	struct client *client;

	(void)fd;
	(void)what;
	while ((client = TAILQ_FIRST(&control->awaited)) && client->deadline <= clock_elapsed())
		client_drop(client);
	arm_deadline(control);
}

void client_drop(struct client *client)
{
	/* on_close() does the rest. */
	evhttp_connection_free(client->connection);
}

/* Counts anew what they hold: what was taken since is not noticed otherwise. */
static void recount(struct control *control)
{
	struct client *client;

	control->held = 0;
	for (size_t i = 0; i < CONTROL_BUCKETS; i++) {
		for (client = LIST_FIRST(&control->buckets[i]); client;
		     client = LIST_NEXT(client, all)) {
			client->held = evbuffer_get_length(bufferevent_get_output(client->bev));
			if (client->exchange)
				client->held += exchange_unsent(client->exchange);
			control->held += client->held;
		}
	}
}

bool client_hold(struct client *client, size_t len)
{
	struct control *control = client->door->control;

	if (control->held + len > HELD_MAX)
		recount(control);
	if (control->held + len > HELD_MAX)
		return false;
	client->held += len;
	control->held += len;
	return true;
}

/*
 * What a client has sent ahead of its answer evhttp would go on with in the loop's next round, one
 * request of each client, before timers have had their turn. So it does not get to see it until the
 * clients' turn has come.
 */
void client_answered(struct client *client)
{
	struct evbuffer *in = bufferevent_get_input(client->bev);

	client->ours = false;
	client->door->control->held -= client->held;
	client->held = 0;
	client_await(client, true);
	if (evbuffer_get_length(in) == 0)
		return;
	if (!client->ahead)
		client->ahead = evbuffer_new();
	if (client->ahead && evbuffer_add_buffer(client->ahead, in) == 0)
		event_active(&client->resume, EV_TIMEOUT, 0);
}

/* Nothing else of it has been read since: this was made active before its descriptor could be. */
static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;

	(void)fd;
	(void)what;
	if (evbuffer_prepend_buffer(bufferevent_get_input(client->bev), client->ahead) < 0)
		client_drop(client);
	else
		bufferevent_trigger(client->bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS);
}

static void on_close(struct evhttp_connection *connection, void *arg)
{
	struct client *client = arg;
	struct door *door = client->door;

	(void)connection;
	if (client->exchange)
		exchange_lose(client->exchange);
	client_await(client, false);
	LIST_REMOVE(client, all);
	(void)event_del(&client->resume);
	unwatch(client);
	if (client->ahead)
		evbuffer_free(client->ahead);
	door->control->held -= client->held;
	if (!door->is_tcp)
		door->control->by_privilege[client->who.privilege]--;
	door->clients--;
	free(client);
	accept_later(door);
}

static bool has_room(const struct door *door, const struct client *client)
{
	const unsigned *by = door->control->by_privilege;

	switch (client->who.privilege) {
	case PRIVILEGE_NONE:
		return door->is_tcp || by[PRIVILEGE_NONE] <= STRANGERS_MAX;
	case PRIVILEGE_READ:
		return by[PRIVILEGE_NONE] + by[PRIVILEGE_READ] <= READERS_MAX;
	case PRIVILEGE_CHANGE:
		break;
	}
	return true;
}

/* Whose it is. Its callbacks' argument is evhttp's connection; none when that is gone. */
static void look_at(struct door *door, struct client *client)
{
	struct control *control = door->control;
	bufferevent_event_cb event_cb;
	void *connection;
	int fd = bufferevent_getfd(client->bev);

	bufferevent_getcb(client->bev, NULL, NULL, &event_cb, &connection);
	if (!event_cb)
		unwatch(client);
	(void)bufferevent_decref(client->bev);
	if (!event_cb) {
		door->clients--;
		free(client);
		return;
	}
	client->connection = connection;
	if (!door->is_tcp) {
		if (credentials_of_peer(fd, control->group, &client->who) < 0)
			client->who.privilege = PRIVILEGE_NONE;
		control->by_privilege[client->who.privilege]++;
	}
	LIST_INSERT_HEAD(bucket_of(control, connection), client, all);
	evhttp_connection_set_closecb(connection, on_close, client);
	/* Not before: with its descriptor a bufferevent gets the usual one. */
	(void)bufferevent_priority_set(client->bev, lowest_priority(control->host.base));
	(void)event_assign(&client->resume, control->host.base, -1, 0, on_resume, client);
	(void)event_priority_set(&client->resume, lowest_priority(control->host.base));
	if (client->who.privilege == PRIVILEGE_CHANGE) {
		client->input_max = INPUT_MAX(CONTROL_BODY_MAX);
		evhttp_connection_set_max_body_size(connection, 2 * CONTROL_BODY_MAX);
	}
	on_input(bufferevent_get_input(client->bev), NULL, client);
	client_await(client, true);
	if (has_room(door, client))
		return;
	(void)send(fd, full, sizeof(full) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	client_drop(client);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct door *door = arg;
	struct client *client;

	(void)fd;
	(void)what;
	while ((client = TAILQ_FIRST(&door->fresh))) {
		TAILQ_REMOVE(&door->fresh, client, link);
		look_at(door, client);
	}
	(void)evconnlistener_disable(door->listener);
	accept_later(door);
}

/* --- doors --- */

/* Takes fd over. */
static int open_http(struct door *door, int fd)
{
	door->http = evhttp_new(door->control->host.base);
	if (!door->http) {
		(void)close(fd);
		return -ENOMEM;
	}
	evhttp_set_gencb(door->http, dispatch_request, door);
	evhttp_set_bevcb(door->http, on_accept, door);
	evhttp_set_allowed_methods(door->http, ALL_METHODS);
	evhttp_set_default_content_type(door->http, NULL);
	evhttp_set_max_headers_size(door->http, 2 * CONTROL_HEADERS_MAX);
	evhttp_set_max_body_size(door->http, 2 * BODY_READERS_MAX);
	(void)evhttp_set_flags(door->http, EVHTTP_SERVER_LINGERING_CLOSE);
	door->listener = evconnlistener_new(door->control->host.base, NULL, NULL,
					    LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE, 0, fd);
	if (!door->listener) {
		(void)close(fd);
		return -ENOMEM;
	}
	if (!evhttp_bind_listener(door->http, door->listener)) {
		evconnlistener_free(door->listener);
		return -ENOMEM;
	}
	evconnlistener_set_error_cb(door->listener, on_accept_error);
	return 0;
}

struct door *door_open(struct control *control, int fd, bool is_tcp)
{
	struct door *door = calloc(1, sizeof(*door));

	if (!door) {
		(void)close(fd);
		return NULL;
	}
	door->control = control;
	door->is_tcp = is_tcp;
	door->clients_max = is_tcp ? TCP_MAX : CONTROL_CLIENTS_MAX;
	TAILQ_INIT(&door->fresh);
	(void)event_assign(&door->look, control->host.base, -1, 0, on_look, door);
	(void)event_assign(&door->open, control->host.base, -1, 0, on_open, door);
	(void)event_priority_set(&door->open, lowest_priority(control->host.base));
	(void)evtimer_assign(&door->retry, control->host.base, on_retry, door);
	if (open_http(door, fd) < 0) {
		if (door->http)
			evhttp_free(door->http);
		free(door);
		return NULL;
	}
	LIST_INSERT_HEAD(&control->doors, door, link);
	LIST_INSERT_HEAD(&every_door, door, every);
	return door;
}

void door_close(struct door *door)
{
	struct client *client;

	LIST_REMOVE(door, link);
	LIST_REMOVE(door, every);
	(void)event_del(&door->look);
	(void)event_del(&door->open);
	(void)event_del(&door->retry);
	while ((client = TAILQ_FIRST(&door->fresh))) {
		TAILQ_REMOVE(&door->fresh, client, link);
		unwatch(client);
		(void)bufferevent_decref(client->bev);
		free(client);
	}
	/* Frees the listener first, then the connections. */
	door->listener = NULL;
	evhttp_free(door->http);
	free(door);
}

void clients_init(struct control *control)
{
	LIST_INIT(&control->doors);
	TAILQ_INIT(&control->awaited);
	for (size_t i = 0; i < CONTROL_BUCKETS; i++)
		LIST_INIT(&control->buckets[i]);
	(void)evtimer_assign(&control->deadline, control->host.base, on_deadline, control);
}

/* What it was answered in the loop's last rounds, as far as it takes it at once: the end of a run,
   with which the daemon stopped. */
static void flush(struct client *client)
{
	struct evbuffer *out = bufferevent_get_output(client->bev);
	int fd = bufferevent_getfd(client->bev);

	(void)evbuffer_unfreeze(out, true);
	while (evbuffer_get_length(out) > 0 && evbuffer_write(out, fd) > 0)
		continue;
}

void clients_done(struct control *control)
{
	struct client *client;
	struct door *door;

	for (size_t i = 0; i < CONTROL_BUCKETS; i++)
		for (client = LIST_FIRST(&control->buckets[i]); client;
		     client = LIST_NEXT(client, all))
			flush(client);
	while ((door = LIST_FIRST(&control->doors)))
		door_close(door);
	(void)event_del(&control->deadline);
}
