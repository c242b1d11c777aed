/* See server.h. */
#include "control/control_internal.h"

#include "base/log.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#define GROUP_FILE "/etc/group"

static void on_cut(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	exchange_cut_lagging(arg);
}

static void listen_in(struct control *control, const char *runtime_dir)
{
	char error[LISTEN_TEXT_SIZE];
	int r = listen_unix(runtime_dir, CONTROL_SOCKET, &control->socket, error, sizeof(error));

	if (r == 0 && door_open(control, control->socket.fd, false) < 0) {
		listen_unix_remove(&control->socket);
		(void)snprintf(error, sizeof(error), "out of memory");
		r = -ENOMEM;
	}
	if (r < 0)
		log_msg(LOG_LEVEL_ERROR, "there is no control socket: %s", error);
}

int control_new(const struct control_host *host, const char *runtime_dir,
		struct control **ret_control)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control)
		return -ENOMEM;
	control->host = *host;
	control->group = credentials_group(GROUP_FILE, CONTROL_GROUP);
	TAILQ_INIT(&control->lagging);
	(void)event_assign(&control->cut, host->base, -1, 0, on_cut, control);
	clients_init(control);
	listen_in(control, runtime_dir);
	*ret_control = control;
	return 0;
}

void control_configure(struct control *control, const struct model *model)
{
	(void)model;
	control->group = credentials_group(GROUP_FILE, CONTROL_GROUP);
}

void control_free(struct control *control)
{
	if (!control)
		return;
	listen_unix_remove(&control->socket);
	clients_done(control);
	(void)event_del(&control->cut);
	free(control);
}

void control_effect(struct control *control, const struct effect *effect)
{
	(void)control;
	(void)effect;
}
