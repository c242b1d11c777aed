/* See root.h. */
#include "ctl/root.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Before Linux 5.6, links with an absolute path lead to this machine. */
static int open_joined(const char *root, const char *path, int flags)
{
	_cleanup_free_ char *full = NULL;
	int fd;

	if (asprintf(&full, "%s%s", root, path) < 0) {
		full = NULL;
		return -ENOMEM;
	}
	fd = open(full, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int root_open(const char *root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT,
	};
	_cleanup_close_ int dir = -1;
	long fd;

	if (!root[0])
		return open_joined(root, path, flags);
	dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	if (fd < 0 && errno == ENOSYS)
		return open_joined(root, path, flags);
	return fd < 0 ? -errno : (int)fd;
}
