/* See sockets.h. */
#include "service/sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* Returns -1 for what cannot be used. */
static int kind_of(int fd)
{
	if (sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) > 0)
		return SOCKET_UNIX;
	return sd_is_socket_inet(fd, AF_UNSPEC, SOCK_STREAM, 1, 0) > 0 ? SOCKET_TCP : -1;
}

size_t sockets_take(struct passed_socket ret_sockets[static SOCKETS_MAX], size_t *ret_others)
{
	/* Sets FD_CLOEXEC of them. The jobs' environment is made anew; hooks' as well. */
	int passed = sd_listen_fds(1);
	size_t others = 0;
	size_t n = 0;

	for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + passed; fd++) {
		int kind = kind_of(fd);
		int flags = fcntl(fd, F_GETFL);

		if (kind < 0 || n == SOCKETS_MAX || flags < 0 ||
		    fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
			(void)close(fd);
			others++;
			continue;
		}
		ret_sockets[n++] = (struct passed_socket){fd, (enum socket_kind)kind};
	}
	*ret_others = others;
	return n;
}
