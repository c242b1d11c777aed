/* See listen.h. */
#include "control/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* What is said of it. */
struct complaint {
	char *text;
	size_t size;
};

/* Says it; returns r. */
#define complain(c, r, ...) ((void)snprintf((c)->text, (c)->size, __VA_ARGS__), r)

/* Makes it unless it is there, and opens it. Returns a descriptor or -errno. */
static int open_directory(const char *path, const struct complaint *c)
{
	int made = mkdir(path, 0755) < 0 ? -errno : 0;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r = -errno;

	if (fd < 0 && r == -ENOENT && made < 0)
		return complain(c, made, "cannot make %s: %s", path, strerror(-made));
	if (fd < 0)
		return complain(c, r, "cannot open %s: %s", path, strerror(-r));
	if (fstat(fd, &st) < 0)
		r = complain(c, -errno, "cannot look at %s: %s", path, strerror(errno));
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		r = complain(c, -EPERM,
			     "%s belongs to the user %u, who is neither root nor everyd's", path,
			     (unsigned)st.st_uid);
	else if (st.st_mode & (S_IWGRP | S_IWOTH))
		r = complain(c, -EPERM, "%s can be written by others: chmod go-w it", path);
	else
		return fd;
	(void)close(fd);
	return r;
}

/* By way of the directory's descriptor: a path may be longer than an address, and its parents
   anybody's. */
static struct sockaddr_un address_in(int dirfd, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dirfd,
		       name);
	return address;
}

/* Does anybody listen there? Returns 0, 1, or -errno where that cannot be told. */
static int is_alive(const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* EAGAIN: somebody, whose backlog is full. */
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	    errno == EAGAIN || errno == EPROTOTYPE)
		return 1;
	return errno == ECONNREFUSED || errno == ENOENT ? 0 : -errno;
}

/* Removes what a daemon before has left. */
static int remove_stale(int dirfd, const char *path, const char *name, const struct complaint *c)
{
	struct sockaddr_un address = address_in(dirfd, name);
	struct stat st;
	int alive;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0
				       : complain(c, -errno, "cannot look at %s/%s: %s", path, name,
						  strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return complain(c, -EEXIST, "%s/%s is not a socket: remove it", path, name);
	alive = is_alive(&address);
	if (alive > 0)
		return complain(c, -EADDRINUSE, "%s/%s is in use by another process", path, name);
	if (alive < 0)
		return complain(c, alive, "cannot tell whether %s/%s is in use: %s", path, name,
				strerror(-alive));
	return unlinkat(dirfd, name, 0) == 0 || errno == ENOENT
		       ? 0
		       : complain(c, -errno, "cannot remove %s/%s: %s", path, name,
				  strerror(errno));
}

/* Returns the socket or -errno. */
static int bind_unix(int dirfd, const char *path, const char *name, const struct complaint *c)
{
	struct sockaddr_un address = address_in(dirfd, name);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r = remove_stale(dirfd, path, name, c);

	if (r < 0)
		return r;
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return complain(c, -errno, "cannot make the socket %s/%s: %s", path, name,
				strerror(errno));
	if (fchmodat(dirfd, name, 0666, 0) < 0 || listen(fd, LISTEN_BACKLOG) < 0) {
		r = complain(c, -errno, "cannot listen on %s/%s: %s", path, name, strerror(errno));
		(void)unlinkat(dirfd, name, 0);
		return r;
	}
	return steal_fd(&fd);
}

int listen_unix(const char *directory, const char *name, struct unix_socket *ret_socket,
		char *error, size_t size)
{
	const struct complaint c = {error, size};
	_cleanup_close_ int dirfd = open_directory(directory, &c);
	_cleanup_free_ char *path = NULL;
	struct stat st;
	int fd;

	if (dirfd < 0)
		return dirfd;
	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return complain(&c, -ENOMEM, "out of memory");
	}
	fd = bind_unix(dirfd, directory, name, &c);
	if (fd < 0)
		return fd;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		(void)close(fd);
		return complain(&c, -errno, "cannot look at %s: %s", path, strerror(errno));
	}
	*ret_socket = (struct unix_socket){
		.fd = fd,
		.dirfd = steal_fd(&dirfd),
		.dev = st.st_dev,
		.ino = st.st_ino,
		.path = steal_ptr(path),
	};
	return 0;
}

void listen_unix_remove(struct unix_socket *socket)
{
	const char *name;
	struct stat st;

	if (!socket->path)
		return;
	name = strrchr(socket->path, '/') + 1;
	if (fstatat(socket->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == socket->dev && st.st_ino == socket->ino)
		(void)unlinkat(socket->dirfd, name, 0);
	(void)close(socket->dirfd);
	free(socket->path);
	*socket = (struct unix_socket){.fd = -1, .dirfd = -1};
}

/* getaddrinfo(3) takes what is beyond 65535 for what is left when it is cut off. */
static bool is_port(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len <= 5 && strspn(text, "0123456789") == len &&
	       strtoul(text, NULL, 10) <= UINT16_MAX;
}

/* Returns 0 or -EINVAL. */
static int parse_address(const char *text, struct addrinfo **ret_info)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	_cleanup_free_ char *copy = strdup(text);
	char *host = copy;
	char *port = copy ? strrchr(copy, ':') : NULL;
	size_t len;

	if (!port)
		return -EINVAL;
	*port++ = '\0';
	len = strlen(host);
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		host++;
	} else if (strchr(host, ':')) {
		return -EINVAL;
	}
	if (!*host || !is_port(port))
		return -EINVAL;
	return getaddrinfo(host, port, &hints, ret_info) == 0 ? 0 : -EINVAL;
}

int listen_tcp(const char *address, char *error, size_t size)
{
	const struct complaint c = {error, size};
	_cleanup_close_ int fd = -1;
	struct addrinfo *info;
	const int on = 1;
	int r = 0;

	if (parse_address(address, &info) < 0)
		return complain(&c, -EINVAL, "\"%s\" is not ADDRESS:PORT", address);
	fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
		r = complain(&c, -errno, "cannot listen on %s: %s", address, strerror(errno));
	freeaddrinfo(info);
	return r < 0 ? r : steal_fd(&fd);
}
