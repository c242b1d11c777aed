/*
 * The control server: HTTP/1.1 (RFC 9112) by libevent's evhttp in the loop, on a Unix socket and,
 * if the configuration says so, on TCP. Who asks is known by SO_PEERCRED (unix(7)); bounds on
 * everything that comes from outside; a client that is slow, silent or gone holds up nobody.
 * All of it is for the loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "control/host.h"

#include <stdbool.h>

/* The name of the socket in the runtime directory. */
#define CONTROL_SOCKET "control.sock"

/* The group whose members may read. */
#define CONTROL_GROUP "everyd"

/* Bounds, of each listener and client. */
#define CONTROL_CLIENTS_MAX  600
#define CONTROL_STREAMS_MAX  500 /* answers that go on */
#define CONTROL_HEADERS_MAX  (16 * 1024)
#define CONTROL_BODY_MAX     (64 * 1024)
#define CONTROL_IDLE_TIMEOUT (60 * USEC_PER_SEC) /* without a request, or in the midst of one */

struct control;

/*
 * Makes the server and listens: on the sockets that socket activation passed (sd_listen_fds(3)),
 * and unless a Unix socket is among them on runtime_dir/control.sock, mode 0666 (what a client may
 * do is decided by who it is); a stale one is replaced. What cannot be had is said by log_msg(),
 * and the daemon goes on without. `host` is copied; its base should have several priorities, of
 * which clients get the last. Returns 0, or -ENOMEM.
 */
int control_new(const struct control_host *host, const char *runtime_dir,
		struct control **ret_control) _must_check_;
/* Another configuration is in force. */
void control_configure(struct control *control, const struct model *model);
/*
 * Listens by TCP, too, for those who only look: at "ADDRESS:PORT", instead of any before; NULL: not
 * at all. If it cannot, that is logged, and tried again until it can. There a client is nobody: it
 * may GET what routes.c has for it, by an address, as "localhost", or by the machine's host name,
 * so that no name of somebody else's leads a browser here (DNS rebinding).
 */
void control_listen(struct control *control, const char *address);
/* Closes everything; who waits for an answer gets none. NULL is fine. */
void control_free(struct control *control);

/* What happened, for whoever follows it and whoever waits for the end of a run: call it for each
   effect of the engine (core/engine.h), after the shell has carried it out but while what it points
   to is there. */
void control_effect(struct control *control, const struct effect *effect);

/* A timer of a job fired so long after it was due. */
void control_late(struct control *control, usec_t late);

/* Likewise, an event that the engine was given: call it for each after its effects. */
void control_event(struct control *control, const struct engine_event *event);

/* A reload has failed by so many errors, of which this is the first; NULL: it is not known. */
void control_reload_failed(struct control *control, size_t errors, const char *error);
