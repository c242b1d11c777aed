/* See directory.h. */
#include "directory.h"

#include "process_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In it. Nobody else may open it: a directory can be locked by whoever may read it. */
#define LOCK_NAME ".lock"

struct directory {
	char path[PATH_MAX];
	char wanted[PATH_MAX]; /* empty: `path`, or nothing says what */
	bool taken;            /* another daemon has that */
	int fd;                /* holds the lock; negative: none is needed */
};

/* Where it should be. Returns false if nothing says so. */
static bool find(char *path, size_t size)
{
	const char *runtime = getenv("RUNTIME_DIRECTORY");
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	int n;

	if (runtime && runtime[0] == '/')
		n = snprintf(path, size, "%.*s", (int)strcspn(runtime, ":"), runtime);
	else if (geteuid() == 0)
		n = snprintf(path, size, "/run/everyd");
	else if (xdg && xdg[0] == '/')
		n = snprintf(path, size, "%s/everyd", xdg);
	else
		return false;
	return n > 0 && (size_t)n < size;
}

/* Takes the one that should be. Returns false if it cannot be had. */
static bool take(struct directory *directory)
{
	_cleanup_close_ int fd = -1;
	pid_t holder;
	int r;

	if (!find(directory->path, sizeof(directory->path)))
		return false;
	(void)mkdir(directory->path, 0755); /* shows with the next call */
	fd = open(directory->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		directory->fd =
			openat(fd, LOCK_NAME,
			       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	r = directory->fd < 0 ? -EBADF : process_lock(directory->fd, &holder);
	if (r == 0)
		return true;
	directory->taken = r == -EBUSY;
	if (directory->fd >= 0)
		(void)close(steal_fd(&directory->fd));
	memcpy(directory->wanted, directory->path, sizeof(directory->wanted));
	return false;
}

/* Makes one that nobody else can have. Users of jobs are to get at their files in it. Returns 0 or
   -errno. */
static int make(struct directory *directory)
{
	strcpy(directory->path, "/tmp/everyd-XXXXXX");
	if (!mkdtemp(directory->path) || chmod(directory->path, 0711) < 0)
		return -errno;
	return 0;
}

int directory_new(struct directory **ret_directory)
{
	struct directory *directory = calloc(1, sizeof(*directory));
	int r;

	if (!directory)
		return -ENOMEM;
	directory->fd = -1;
	r = take(directory) ? 0 : make(directory);
	if (r < 0) {
		free(directory);
		return r;
	}
	*ret_directory = directory;
	return 0;
}

void directory_free(struct directory *directory)
{
	if (!directory)
		return;
	if (directory->fd >= 0)
		(void)close(directory->fd);
	else
		(void)rmdir(directory->path);
	free(directory);
}

const char *directory_missed(const struct directory *directory, bool *ret_taken)
{
	*ret_taken = directory->taken;
	return directory->wanted[0] ? directory->wanted : NULL;
}

const char *directory_path(const struct directory *directory)
{
	return directory->path;
}
