/* See cgroup_dir.h. */
#include "exec/cgroup_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* Groups in groups that are looked into; runs of root can make such. */
#define DEPTH_MAX 32

/* How long what was killed may take to vanish. */
#define KILL_PATIENCE (2 * USEC_PER_SEC)

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

int cgroup_dir_open(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int cgroup_dir_write(int dir, const char *file, const char *text)
{
	_cleanup_close_ int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int cgroup_dir_read(int dir, const char *file, char buf[static CGROUP_FILE_SIZE])
{
	_cleanup_close_ int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, CGROUP_FILE_SIZE - 1);

	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return 0;
}

bool cgroup_dir_number(const char *text, const char *key, int64_t *ret_number)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) == 0 && line[len] == ' ') {
			*ret_number = strtoll(line + len, NULL, 10);
			return true;
		}
	}
	return false;
}

bool cgroup_dir_is_populated(int events)
{
	char text[128];
	ssize_t n = pread(events, text, sizeof(text) - 1, 0);
	int64_t populated = 0;

	if (n <= 0)
		return false;
	text[n] = '\0';
	return cgroup_dir_number(text, "populated", &populated) && populated != 0;
}

bool cgroup_dir_await_empty(int events, usec_t patience)
{
	usec_t deadline = clock_elapsed() + patience;

	while (cgroup_dir_is_populated(events)) {
		struct pollfd pollfd = {.fd = events, .events = POLLPRI};
		usec_t left = deadline - clock_elapsed();

		if (left <= 0 || poll(&pollfd, 1, (int)(left / USEC_PER_MSEC) + 1) < 0)
			return false;
	}
	return true;
}

/* --- groups in groups --- */

int cgroup_dir_each(int dir, bool (*fn)(void *ctx, int dir, const char *name), void *ctx)
{
	/* A descriptor of its own: reading moves it on. */
	_cleanup_close_ int fd = cgroup_dir_open(dir, ".");
	_cleanup_(cleanup_dir) DIR *stream = NULL;
	struct dirent *entry;

	if (fd < 0)
		return fd;
	stream = fdopendir(fd);
	if (!stream)
		return -errno;
	(void)steal_fd(&fd);
	while ((entry = readdir(stream)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
		    !fn(ctx, dir, entry->d_name))
			break;
	return 0;
}

static int open_events(int dir)
{
	return openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
}

static int remove_to(int dir, const char *name, int depth);

static bool remove_below(void *ctx, int dir, const char *name)
{
	const int *depth = ctx;

	(void)remove_to(dir, name, *depth);
	return true;
}

static int remove_to(int dir, const char *name, int depth)
{
	_cleanup_close_ int fd = -1;
	_cleanup_close_ int events = -1;
	int below = depth - 1;

	if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY || depth == 0)
		return -errno;
	fd = cgroup_dir_open(dir, name);
	if (fd < 0)
		return fd;
	/* Who lives there goes on having what is below. */
	events = open_events(fd);
	if (events < 0 || cgroup_dir_is_populated(events) ||
	    cgroup_dir_each(fd, remove_below, &below) < 0)
		return -EBUSY;
	return unlinkat(dir, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int cgroup_dir_remove(int dir, const char *name)
{
	return remove_to(dir, name, DEPTH_MAX);
}

void cgroup_dir_kill(int dir, const char *name)
{
	_cleanup_close_ int fd = cgroup_dir_open(dir, name);
	_cleanup_close_ int events = fd < 0 ? -1 : open_events(fd);

	if (events >= 0 && cgroup_dir_is_populated(events) &&
	    cgroup_dir_write(fd, "cgroup.kill", "1") == 0)
		(void)cgroup_dir_await_empty(events, KILL_PATIENCE);
	/* What stays is found again by the next daemon. */
	(void)!cgroup_dir_remove(dir, name);
}

/* --- processes --- */

struct each {
	bool (*fn)(void *ctx, pid_t pid);
	void *ctx;
	int depth;
	bool stopped;
};

static bool each_below(void *ctx, int dir, const char *name);

static int each_in(struct each *each, int dir)
{
	_cleanup_close_ int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[32];

	if (!file)
		return -errno;
	(void)steal_fd(&fd);
	while (!each->stopped && fgets(line, sizeof(line), file)) {
		pid_t pid = (pid_t)strtol(line, NULL, 10);

		/* 0 is one of another namespace, out of reach. */
		each->stopped = pid > 0 && !each->fn(each->ctx, pid);
	}
	(void)fclose(file);
	return each->stopped || each->depth == 0 ? 0 : cgroup_dir_each(dir, each_below, each);
}

static bool each_below(void *ctx, int dir, const char *name)
{
	_cleanup_close_ int fd = cgroup_dir_open(dir, name);
	struct each *each = ctx;

	each->depth--;
	if (fd >= 0)
		(void)each_in(each, fd);
	each->depth++;
	return !each->stopped;
}

int cgroup_dir_each_process(int dir, bool (*fn)(void *ctx, pid_t pid), void *ctx)
{
	struct each each = {.fn = fn, .ctx = ctx, .depth = DEPTH_MAX};

	return each_in(&each, dir);
}
