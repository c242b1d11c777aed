/* Sockets that the service manager listens on for the daemon (socket activation,
   sd_listen_fds(3)). */
#pragma once

#include <stddef.h>

/* More are closed. */
#define SOCKETS_MAX 8

enum socket_kind {
	SOCKET_UNIX,
	SOCKET_TCP,
};

struct passed_socket {
	int fd;
	enum socket_kind kind;
};

/*
 * Takes those that were passed, once in the life of a process: they are the caller's then, close on
 * exec and do not block. What is no listening stream socket is closed. Returns how many there are;
 * *ret_others counts those that were closed.
 */
size_t sockets_take(struct passed_socket ret_sockets[static SOCKETS_MAX], size_t *ret_others);
