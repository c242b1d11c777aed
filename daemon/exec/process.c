/* See process.h. */
#include "exec/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* More than the fields up to the number of threads can take. */
#define STAT_HEAD 512

/* Of an environment: room to begin with, and what is read at most. */
#define ENVIRON_SIZE     ((size_t)8 * 1024)
#define ENVIRON_SIZE_MAX ((size_t)1024 * 1024)

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

/* The numbers behind the state, by their place there. */
enum field {
	FIELD_PARENT = 0,
	FIELD_GROUP = 1,
	FIELD_SESSION = 2,
	FIELD_THREADS = 16,
	FIELD_COUNT,
};

/* Reads so many numbers. Returns whether they were there. */
static bool numbers(const char *text, long *ret_numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *end;

		ret_numbers[i] = strtol(text, &end, 10);
		if (end == text)
			return false;
		text = end;
	}
	return true;
}

int process_parse(const char *text, struct process *ret_process)
{
	const char *open = strchr(text, '(');
	/* A name may itself contain parentheses and blanks. */
	const char *close = strrchr(text, ')');
	struct process process = {0};
	long fields[FIELD_COUNT];
	long pid;
	size_t len;

	if (!open || !close || close < open || close[1] != ' ' || close[2] == '\0' ||
	    !numbers(text, &pid, 1) || !numbers(close + 3, fields, FIELD_COUNT))
		return -EINVAL;
	process.pid = (pid_t)pid;
	process.state = close[2];
	process.parent = (pid_t)fields[FIELD_PARENT];
	process.group = (pid_t)fields[FIELD_GROUP];
	process.session = (pid_t)fields[FIELD_SESSION];
	process.threads = fields[FIELD_THREADS];
	len = (size_t)(close - open) - 1;
	if (len >= sizeof(process.name))
		len = sizeof(process.name) - 1;
	memcpy(process.name, open + 1, len);
	*ret_process = process;
	return 0;
}

int process_read(pid_t pid, struct process *ret_process)
{
	_cleanup_close_ int fd = -1;
	char path[32];
	char text[STAT_HEAD];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return process_parse(text, ret_process);
}

bool process_is_dead(const struct process *process)
{
	return process->state == 'X' || (process->state == 'Z' && process->threads <= 1);
}

int process_each(bool (*fn)(void *ctx, const struct process *process), void *ctx)
{
	_cleanup_(cleanup_dir) DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		struct process process;
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (pid <= 0 || *end || process_read((pid_t)pid, &process) < 0)
			continue;
		if (!fn(ctx, &process))
			break;
	}
	return 0;
}

/* Reads a file into a block of its own, as far as there is room. Returns its length or -errno. */
static ssize_t read_all(const char *path, char **ret_text)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	size_t len = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t n;

		if (len == size) {
			char *more;

			if (size == ENVIRON_SIZE_MAX)
				break;
			size = size > 0 ? 2 * size : ENVIRON_SIZE;
			more = realloc(text, size);
			if (!more)
				return -ENOMEM;
			text = more;
		}
		n = read(fd, text + len, size - len);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_text = steal_ptr(text);
	return (ssize_t)len;
}

/* An assignment, or any of the variable if the mark is a name alone. */
static bool has_mark(const char *text, size_t len, const char *mark, bool name)
{
	size_t size = strlen(mark);

	for (const char *at = text; len > 0;) {
		size_t n = strnlen(at, len) + 1;

		if (n > len)
			return false;
		if (n > size && memcmp(at, mark, size) == 0 && at[size] == (name ? '=' : '\0'))
			return true;
		at += n;
		len -= n;
	}
	return false;
}

int process_is_marked(pid_t pid, char *const *marks)
{
	_cleanup_free_ char *text = NULL;
	char path[32];
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	len = *marks ? read_all(path, &text) : 0;
	if (len <= 0 || !text)
		return (int)len;
	for (; *marks; marks++) {
		bool name = !strchr(*marks, '=');

		if (has_mark(text, (size_t)len, *marks, name) == name)
			return 0;
	}
	return 1;
}

int process_open(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

int process_hold(pid_t pid, struct process *ret_process)
{
	_cleanup_close_ int fd = process_open(pid);
	struct process process = {0};
	int r;

	if (fd < 0)
		return fd;
	r = process_read(pid, &process);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	if (process_is_dead(&process))
		return -ESRCH;
	*ret_process = process;
	return steal_fd(&fd);
}

void process_signal(int pidfd, int sig)
{
	/* Fails if it has ended, which is as good, or may not be signalled, which shows. */
	(void)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}
