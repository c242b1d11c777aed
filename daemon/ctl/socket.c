/* See socket.h. */
#include "ctl/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* As the daemon has it. */
#define NAME   "control.sock"
#define SYSTEM "/run/everyd/" NAME

int socket_path(const char *given, char *path, size_t size, enum socket_owner *ret_owner)
{
	const char *runtime = getenv("RUNTIME_DIRECTORY");
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	enum socket_owner owner = SOCKET_OTHER;
	int n;

	if (given) {
		n = snprintf(path, size, "%s", given);
	} else if (runtime && runtime[0] == '/') {
		n = snprintf(path, size, "%.*s/" NAME, (int)strcspn(runtime, ":"), runtime);
	} else {
		owner = SOCKET_USER;
		n = geteuid() != 0 && xdg && xdg[0] == '/'
			    ? snprintf(path, size, "%s/everyd/" NAME, xdg)
			    : 0;
		if (n <= 0 || (size_t)n >= size || access(path, F_OK) < 0) {
			owner = SOCKET_SYSTEM;
			n = snprintf(path, size, SYSTEM);
		}
	}
	if (n < 0 || (size_t)n >= size ||
	    (size_t)n >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return -ENAMETOOLONG;
	*ret_owner = owner;
	return 0;
}
