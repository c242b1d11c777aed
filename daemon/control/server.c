/* See server.h. */
#include "control/control_internal.h"

#include "base/log.h"

#include "service/sockets.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUP_FILE "/etc/group"

/* From one attempt to listen by TCP to the next: twice as long each time, up to the latter. */
#define TCP_REST     USEC_PER_SEC
#define TCP_REST_MAX (60 * USEC_PER_SEC)

static void on_cut(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	exchange_cut_lagging(arg);
}

static void on_send(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	exchange_send_gathered(arg);
}

/* Takes the descriptor over. */
static struct door *open_door(struct control *control, int fd, bool is_tcp, const char *what)
{
	struct door *door = door_open(control, fd, is_tcp);

	if (!door)
		log_msg(LOG_LEVEL_ERROR, "there is no %s: out of memory", what);
	return door;
}

/* What the service manager has for us. Is a Unix socket among it? */
static bool take_passed(struct control *control)
{
	struct passed_socket sockets[SOCKETS_MAX];
	size_t others;
	size_t n = sockets_take(sockets, &others);
	bool taken = false;

	for (size_t i = 0; i < n; i++) {
		(void)open_door(control, sockets[i].fd, sockets[i].kind == SOCKET_TCP,
				"control socket, although one was passed");
		taken |= sockets[i].kind == SOCKET_UNIX;
	}
	if (others > 0)
		log_msg(LOG_LEVEL_WARNING,
			"%zu of the passed sockets %s no listening stream socket, and closed",
			others, others == 1 ? "is" : "are");
	return taken;
}

static void listen_in(struct control *control, const char *runtime_dir)
{
	char error[LISTEN_TEXT_SIZE];

	if (listen_unix(runtime_dir, CONTROL_SOCKET, &control->socket, error, sizeof(error)) < 0)
		log_msg(LOG_LEVEL_ERROR, "there is no control socket: %s", error);
	else
		(void)open_door(control, control->socket.fd, false, "control socket");
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Forgets where it listens by TCP, if it does. */
static void leave_tcp(struct control *control)
{
	(void)event_del(&control->tcp_retry);
	if (control->tcp)
		door_close(control->tcp);
	control->tcp = NULL;
	free(control->tcp_address);
	control->tcp_address = NULL;
	free(control->tcp_error);
	control->tcp_error = NULL;
}

/* At tcp_address. Returns 0 or -errno; then tcp_error is set, and it will be tried again. */
static int listen_by_tcp(struct control *control)
{
	char error[LISTEN_TEXT_SIZE] = "out of memory";
	struct timeval rest = {.tv_sec = control->tcp_rest / USEC_PER_SEC};
	int r = listen_tcp(control->tcp_address, error, sizeof(error));

	free(control->tcp_error);
	control->tcp_error = NULL;
	if (r >= 0)
		control->tcp = door_open(control, r, true);
	if (control->tcp)
		return 0;
	control->tcp_error = strdup(error);
	(void)evtimer_add(&control->tcp_retry, &rest);
	return r < 0 ? r : -ENOMEM;
}

static void on_tcp_retry(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;

	(void)fd;
	(void)what;
	control->tcp_rest = 2 * control->tcp_rest;
	if (control->tcp_rest > TCP_REST_MAX)
		control->tcp_rest = TCP_REST_MAX;
	if (listen_by_tcp(control) == 0)
		log_msg(LOG_LEVEL_NOTICE, "there is a status listener now: %s",
			control->tcp_address);
}

void control_listen(struct control *control, const char *address)
{
	if (control->tcp && same(control->tcp_address, address))
		return;
	leave_tcp(control);
	if (!address)
		return;
	control->tcp_address = strdup(address);
	control->tcp_rest = TCP_REST;
	if (!control->tcp_address)
		log_msg(LOG_LEVEL_ERROR, "there is no status listener: out of memory");
	else if (listen_by_tcp(control) < 0)
		log_msg(LOG_LEVEL_ERROR, "there is no status listener: %s; it is tried again",
			control->tcp_error ? control->tcp_error : "out of memory");
}

int control_new(const struct control_host *host, const char *runtime_dir,
		struct control **ret_control)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control)
		return -ENOMEM;
	control->host = *host;
	control->group = credentials_group(GROUP_FILE, CONTROL_GROUP);
	(void)gethostname(control->node, sizeof(control->node) - 1);
	TAILQ_INIT(&control->lagging);
	TAILQ_INIT(&control->gathering);
	(void)event_assign(&control->cut, host->base, -1, 0, on_cut, control);
	(void)evtimer_assign(&control->send, host->base, on_send, control);
	(void)event_priority_set(&control->send, event_base_get_npriorities(host->base) - 1);
	(void)evtimer_assign(&control->tcp_retry, host->base, on_tcp_retry, control);
	(void)event_priority_set(&control->tcp_retry, event_base_get_npriorities(host->base) - 1);
	clients_init(control);
	if (!take_passed(control))
		listen_in(control, runtime_dir);
	*ret_control = control;
	return 0;
}

void control_configure(struct control *control, const struct model *model)
{
	control_listen(control, model->daemon.status_listen);
	control->group = credentials_group(GROUP_FILE, CONTROL_GROUP);
	monitoring_configure(&control->monitoring, &control->host);
}

void control_free(struct control *control)
{
	if (!control)
		return;
	listen_unix_remove(&control->socket);
	events_flush(&control->events);
	exchange_send_gathered(control);
	leave_tcp(control);
	clients_done(control);
	acts_done(&control->acts);
	reading_done(&control->reading);
	monitoring_done(&control->monitoring);
	(void)event_del(&control->cut);
	(void)event_del(&control->send);
	free(control);
}

void control_effect(struct control *control, const struct effect *effect)
{
	acts_effect(&control->acts, effect);
	events_effect(&control->events, effect);
	logs_effect(&control->logs, effect);
	monitoring_effect(&control->monitoring, effect);
}

void control_late(struct control *control, usec_t late)
{
	metrics_late(&control->monitoring.metrics, late);
}

void control_event(struct control *control, const struct engine_event *event)
{
	events_event(&control->events, &control->host, event);
}

void control_reload_failed(struct control *control, size_t errors, const char *error)
{
	events_reload_failed(&control->events, errors, error);
}
