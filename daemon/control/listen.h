/* The sockets that the control server listens on. */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>
#include <sys/types.h>

/* Room for what is said of a socket that cannot be had. */
#define LISTEN_TEXT_SIZE 512

/* Clients that wait to be accepted, at most; more wait in connect(2). */
#define LISTEN_BACKLOG 64

/* A socket in the file system. */
struct unix_socket {
	int fd;
	int dirfd;
	dev_t dev; /* of the file, to know it again */
	ino_t ino;
	char *path;
};

/*
 * Makes the directory unless it is there, and a listening Unix socket of that name in it, mode
 * 0666. One that nobody listens on any more is replaced; one that a living process has, and what is
 * no socket, stays. The directory must be its owner's alone, root's or this user's; and of daemons
 * this one's, or two that begin at once might each take the other's new socket for an old one.
 * Returns 0 or -errno; `error` says why then, in a sentence without its full stop.
 */
int listen_unix(const char *directory, const char *name, struct unix_socket *ret_socket,
		char *error, size_t size) _must_check_;

/* Removes the file, unless it is another's by now, and lets go of the directory. Not of the fd,
   which is its listener's; while that is open no other file can be taken for this one. */
void listen_unix_remove(struct unix_socket *socket);

/* Listens on "ADDRESS:PORT" ("[ADDRESS]:PORT" with IPv6), an address and no name. Returns a
   descriptor or -errno, with `error` as above. */
int listen_tcp(const char *address, char *error, size_t size) _must_check_;
