/* Where the daemon listens. Reads the environment; one thread. */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>

/* Whose daemon it is that listens there, as far as one can tell by the place. */
enum socket_owner {
	SOCKET_SYSTEM, /* everyd.service */
	SOCKET_USER,   /* the user's own everyd.service */
	SOCKET_OTHER,  /* somebody named it */
};

/*
 * The path of the control socket: `given` if that is not NULL; else in the first of those that
 * systemd made (RUNTIME_DIRECTORY, systemd.exec(5)); else, if not root, the one of the user's own
 * daemon in XDG_RUNTIME_DIR if there is one; else the system's. Returns 0 or -ENAMETOOLONG: it is
 * longer than a socket's path can be (unix(7)).
 */
int socket_path(const char *given, char *path, size_t size,
		enum socket_owner *ret_owner) _must_check_;
