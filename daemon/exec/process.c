/* See process.h. */
#include "exec/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* More than the fields up to the start can take; and more than the first lines of a status. */
#define STAT_HEAD   512
#define STAT_SIZE   2048
#define STATUS_HEAD 1024

/* Of an environment: room to begin with, and what is read at most. */
#define ENVIRON_SIZE     ((size_t)8 * 1024)
#define ENVIRON_SIZE_MAX ((size_t)1024 * 1024)

/* How often one that is about to become another program is looked at again, and after how long. */
#define EXEC_LOOKS      50
#define EXEC_PAUSE_NSEC 1000000

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
	FIELD_START = 18,
	FIELD_COUNT,
	FIELD_ENVIRON_END = 47,
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
	process.start = fields[FIELD_START];
	len = (size_t)(close - open) - 1;
	if (len >= sizeof(process.name))
		len = sizeof(process.name) - 1;
	memcpy(process.name, open + 1, len);
	*ret_process = process;
	return 0;
}

/* Reads the beginning of a file. Returns 0 or -errno. */
static int read_head(const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return 0;
}

int process_read(pid_t pid, struct process *ret_process)
{
	char path[32];
	char text[STAT_HEAD];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	r = read_head(path, text, sizeof(text));
	return r < 0 ? r : process_parse(text, ret_process);
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
		int r = pid <= 0 || *end ? -ENOENT : process_read((pid_t)pid, &process);

		/* Not one of those that come and go. */
		if (r == -EMFILE || r == -ENFILE || r == -ENOMEM)
			return r;
		if (r < 0)
			continue;
		if (!fn(ctx, &process))
			break;
	}
	return 0;
}

/* --- environment --- */

/* What is known of the marks when part of an environment has been read. */
struct marking {
	char *const *marks;
	unsigned seen; /* bits, of assignments */
	bool none;     /* cannot be marked any more */
	bool empty;    /* there are no variables at all */
};

/* Takes the next variable, with its end in `size`. */
static void take_variable(struct marking *marking, const char *text, size_t size)
{
	for (size_t i = 0; i < PROCESS_MARKS && marking->marks[i]; i++) {
		const char *mark = marking->marks[i];
		size_t name = strcspn(mark, "=");

		if (size <= name || memcmp(text, mark, name) != 0 || text[name] != '=' ||
		    marking->seen >> i & 1)
			continue;
		if (mark[name] && strcmp(text, mark) == 0)
			marking->seen |= 1U << i;
		else
			marking->none = true;
	}
}

static bool all_seen(const struct marking *marking)
{
	for (size_t i = 0; i < PROCESS_MARKS && marking->marks[i]; i++)
		if (strchr(marking->marks[i], '=') && !(marking->seen >> i & 1))
			return false;
	return !marking->none;
}

/* Looks at what is in the file up to where it is clear. Returns 0 or -errno. */
static int read_variables(int fd, struct marking *marking)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	size_t len = 0;
	size_t at = 0; /* of the first variable of which the end is still to be read */

	while (!marking->none) {
		ssize_t n;
		const char *end;

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
		marking->empty = false;
		while (!marking->none && (end = memchr(text + at, '\0', len - at))) {
			size_t next = (size_t)(end - text) + 1;

			take_variable(marking, text + at, next - at);
			at = next;
		}
	}
	return 0;
}

static int read_environment(pid_t pid, struct marking *marking)
{
	_cleanup_close_ int fd = -1;
	char path[32];

	marking->empty = true;
	(void)snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : read_variables(fd, marking);
}

/* Is it about to become another program, which for an instant has no environment, not even an empty
   one with its place? Nor has one that has ended. */
static bool is_in_exec(pid_t pid)
{
	struct process process;
	long fields[FIELD_ENVIRON_END + 1];
	char path[32];
	char text[STAT_SIZE];
	const char *close;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_head(path, text, sizeof(text)) < 0 || process_parse(text, &process) < 0 ||
	    process_is_dead(&process))
		return false;
	close = strrchr(text, ')');
	return numbers(close + 3, fields, ARRAY_LENGTH(fields)) && fields[FIELD_ENVIRON_END] == 0;
}

int process_is_marked(pid_t pid, char *const *marks)
{
	static const struct timespec pause = {.tv_nsec = EXEC_PAUSE_NSEC};
	struct marking marking = {.marks = marks};
	int r;

	if (!*marks)
		return 0;
	r = read_environment(pid, &marking);
	/* One that was opened before the change and read behind it is empty too. */
	for (int looks = 0, calm = 0; r == 0 && marking.empty && looks < EXEC_LOOKS && calm < 3;
	     looks++) {
		if (is_in_exec(pid)) {
			(void)ppoll(NULL, 0, &pause, NULL);
			calm = 0;
		} else {
			calm++;
		}
		r = read_environment(pid, &marking);
	}
	return r < 0 ? r : all_seen(&marking);
}

/* --- status --- */

int process_read_effective_user(pid_t pid, uid_t *ret_uid)
{
	struct stat st;
	char path[32];

	/* Of the directory, and of nothing in it, this is so whatever else the process is. */
	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	if (stat(path, &st) < 0)
		return -errno;
	*ret_uid = st.st_uid;
	return 0;
}

/* Reads the first number behind a name in a status file. Names of processes have no line ends in
   there. Returns 0 or -errno. */
static int read_status(const char *path, const char *name, long *ret_number)
{
	char text[STATUS_HEAD];
	int r = read_head(path, text, sizeof(text));
	const char *at;

	if (r < 0)
		return r;
	at = strstr(text, name);
	return at && numbers(at + strlen(name), ret_number, 1) ? 0 : -EINVAL;
}

int process_read_real_user(pid_t pid, uid_t *ret_uid)
{
	char path[32];
	long uid;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	r = read_status(path, "\nUid:", &uid);
	if (r == 0)
		*ret_uid = (uid_t)uid;
	return r;
}

int process_each_tracer(pid_t pid, void (*fn)(void *ctx, pid_t tracer), void *ctx)
{
	_cleanup_(cleanup_dir) DIR *dir = NULL;
	struct dirent *entry;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		long tracer;
		long thread = strtol(entry->d_name, NULL, 10);

		(void)snprintf(path, sizeof(path), "/proc/%d/task/%ld/status", pid, thread);
		if (thread > 0 && read_status(path, "\nTracerPid:", &tracer) == 0 && tracer > 0)
			fn(ctx, (pid_t)tracer);
	}
	return 0;
}

/* --- by descriptor --- */

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

bool process_has_ended(int pidfd)
{
	struct pollfd pollfd = {.fd = pidfd, .events = POLLIN};

	return poll(&pollfd, 1, 0) > 0;
}

int process_boot_id(char buf[static PROCESS_BOOT_ID_SIZE])
{
	char text[STAT_HEAD];
	int r = read_head("/proc/sys/kernel/random/boot_id", text, sizeof(text));

	if (r < 0)
		return r;
	if (strcspn(text, "\n") != PROCESS_BOOT_ID_SIZE - 1)
		return -EINVAL;
	text[PROCESS_BOOT_ID_SIZE - 1] = '\0';
	memcpy(buf, text, PROCESS_BOOT_ID_SIZE);
	return 0;
}

void process_signal(int pidfd, int sig)
{
	/* Fails if it has ended, which is as good, or may not be signalled, which shows. */
	(void)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}
