/* See state_dir.h. */
#include "state_dir.h"

#include "config/path.h"
#include "process_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct state_dir {
	int lock; /* negative: there is none to be had */
	char path[PATH_MAX];
};

/* What is said of it. */
struct complaint {
	char *text;
	size_t size;
};

/* Says it; returns r. */
#define complain(c, r, ...) ((void)snprintf((c)->text, (c)->size, __VA_ARGS__), r)

/* Where it should be. Returns 0 or -errno. */
static int find(const char *configured, char *path, size_t size, bool *ret_own,
		const struct complaint *c)
{
	int r = path_state(configured, path, size, ret_own);

	if (r == -ENOENT)
		return complain(c, r,
				"there is no HOME in which the ledger could be: set state_dir");
	if (r < 0)
		return complain(c, r,
				"the path of the directory of the ledger is too long: set "
				"state_dir");
	return 0;
}

/* As far as it goes; what is missing shows afterwards. */
static void make_parents(char *path)
{
	for (char *at = path + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		(void)mkdir(path, 0700);
		*at = '/';
	}
}

/* Makes it unless it is there, and opens it. Returns a descriptor or -errno. */
static int open_directory(char *path, bool own, const struct complaint *c)
{
	int made = 0;
	int fd;
	int r;

	if (own)
		make_parents(path);
	if (mkdir(path, 0700) < 0)
		made = -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	r = -errno;
	if (r == -ENOENT && made == -EEXIST)
		return complain(c, r, "%s is a link that leads nowhere: there is no ledger", path);
	if (r == -ENOENT && made < 0)
		return complain(c, made,
				"cannot make %s: %s: there is no ledger; make it, or set state_dir",
				path, strerror(-made));
	return complain(c, r, "cannot open %s: %s: there is no ledger; mend it, or set state_dir",
			path, strerror(-r));
}

/* Nobody else may put files of his own in the place of the ledger's. */
static int check_directory(int fd, const char *path, const struct complaint *c)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return complain(c, -errno, "cannot look at %s: %s", path, strerror(errno));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return complain(c, -EPERM,
				"%s belongs to the user %u, who is neither root nor everyd's: "
				"there is no ledger; chown it to %u, or set state_dir",
				path, (unsigned)st.st_uid, (unsigned)geteuid());
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return complain(c, -EPERM,
				"%s can be written by others: there is no ledger; chmod go-w it, "
				"or set state_dir",
				path);
	return 0;
}

/* Makes the file unless it is there, and opens it. Returns a descriptor or -errno. */
static int open_lock(int dirfd, const char *path, const struct complaint *c)
{
	_cleanup_close_ int fd =
		openat(dirfd, STATE_DIR_LOCK,
		       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0) {
		int r = -errno;

		if (r == -ELOOP || r == -EISDIR || r == -ENXIO)
			return complain(c, r,
					"%s/" STATE_DIR_LOCK " is not a regular file: there is no "
					"ledger; remove it",
					path);
		return complain(c, r, "cannot open %s/" STATE_DIR_LOCK ": %s: there is no ledger",
				path, strerror(-r));
	}
	if (fstat(fd, &st) < 0)
		return complain(c, -errno, "cannot look at %s/" STATE_DIR_LOCK ": %s", path,
				strerror(errno));
	if (!S_ISREG(st.st_mode))
		return complain(c, -EINVAL,
				"%s/" STATE_DIR_LOCK " is not a regular file: there is no ledger; "
				"remove it",
				path);
	return steal_fd(&fd);
}

static int complain_busy(const struct complaint *c, const char *path, pid_t holder)
{
	char pid[32] = "";

	if (holder > 0)
		(void)snprintf(pid, sizeof(pid), " (pid %d)", (int)holder);
	return complain(c, -EBUSY,
			"another everyd%s uses %s: stop it, or give this one a state_dir of its "
			"own",
			pid, path);
}

/* Is it for want of what may come again, and no reason to have no ledger? */
static bool may_pass(int r)
{
	return r == -EROFS || r == -ENOSPC || r == -EDQUOT;
}

/* Returns 0, maybe without a lock; or -errno. */
static int lock_directory(struct state_dir *dir, int dirfd, const struct complaint *c)
{
	_cleanup_close_ int fd = open_lock(dirfd, dir->path, c);
	pid_t holder = 0;
	int r;

	if (may_pass(fd))
		return complain(c, 0, "cannot write to %s: %s; nothing keeps a second everyd out",
				dir->path, strerror(-fd));
	if (fd < 0)
		return fd;
	r = process_lock(fd, &holder);
	if (r == -EBUSY)
		return complain_busy(c, dir->path, holder);
	if (r < 0)
		return complain(c, 0,
				"cannot lock %s/" STATE_DIR_LOCK
				": %s; nothing keeps a second everyd out",
				dir->path, strerror(-r));
	dir->lock = steal_fd(&fd);
	return 0;
}

/* `own`: below the user's own directory. */
static int take(struct state_dir *dir, bool own, const struct complaint *c)
{
	_cleanup_close_ int fd = open_directory(dir->path, own, c);
	int r = fd;

	if (r >= 0)
		r = check_directory(fd, dir->path, c);
	return r < 0 ? r : lock_directory(dir, fd, c);
}

int state_dir_open(const char *configured, struct state_dir **ret_dir, char *error, size_t size)
{
	const struct complaint c = {error, size};
	struct state_dir *dir = malloc(sizeof(*dir));
	bool own;
	int r;

	(void)complain(&c, 0, "%s", "");
	if (!dir)
		return complain(&c, -ENOMEM, "out of memory");
	dir->lock = -1;
	r = find(configured, dir->path, sizeof(dir->path), &own, &c);
	if (r == 0)
		r = take(dir, own, &c);
	if (r < 0) {
		state_dir_free(dir);
		return r;
	}
	*ret_dir = dir;
	return 0;
}

bool state_dir_is_locked(const struct state_dir *dir)
{
	return dir->lock >= 0;
}

int state_dir_lock(struct state_dir *dir, char *error, size_t size)
{
	const struct complaint c = {error, size};

	(void)complain(&c, 0, "%s", "");
	return take(dir, false, &c);
}

const char *state_dir_path(const struct state_dir *dir)
{
	return dir->path;
}

void state_dir_free(struct state_dir *dir)
{
	if (!dir)
		return;
	if (dir->lock >= 0)
		(void)close(dir->lock);
	free(dir);
}
