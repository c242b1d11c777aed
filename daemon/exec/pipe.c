/* See pipe.h. */
#include "exec/pipe.h"

#include "exec/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int pipe_make(const struct identity *identity, int *ret_read, int *ret_write)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	if (identity && identity->change)
		(void)!fchown(fds[0], identity->uid, identity->gid);
	*ret_read = fds[0];
	*ret_write = fds[1];
	return 0;
}
