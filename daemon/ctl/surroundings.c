/* See surroundings.h. */
#include "ctl/surroundings.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/ioprio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The most that a process can have been started with is far less. */
#define ENVIRON_MAX ((size_t)8 * 1024 * 1024)
#define FILE_SIZE   4096

/* What is said of a process, with NGROUPS_MAX groups. */
#define STATUS_MAX ((size_t)1024 * 1024)

/* Reads a file of proc(5) as a whole, with a NUL behind it. Returns 0 or -errno. */
static int read_file(const char *path, size_t max, char **ret_text, size_t *ret_len)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	size_t len = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t n;

		if (len + 1 >= size) {
			char *more = realloc(text, size += FILE_SIZE);

			if (!more)
				return -ENOMEM;
			text = more;
		}
		n = read(fd, text + len, size - len - 1);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return -E2BIG;
	}
	text[len] = '\0';
	*ret_text = steal_ptr(text);
	*ret_len = len;
	return 0;
}

/* The strings of a text, each with its NUL. */
static int point(struct surroundings *surroundings, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += surroundings->text[i] == '\0';
	/* The last one may lack its own. */
	surroundings->environment = calloc(n + 2, sizeof(*surroundings->environment));
	if (!surroundings->environment)
		return -ENOMEM;
	n = 0;
	for (char *at = surroundings->text; at < surroundings->text + len; at += strlen(at) + 1)
		surroundings->environment[n++] = at;
	return 0;
}

static int copy_own_environment(struct surroundings *surroundings)
{
	size_t len = 0;
	char *at;

	for (char **item = environ; *item; item++)
		len += strlen(*item) + 1;
	surroundings->text = malloc(len + 1);
	if (!surroundings->text)
		return -ENOMEM;
	at = surroundings->text;
	for (char **item = environ; *item; item++)
		at = stpcpy(at, *item) + 1;
	return point(surroundings, len);
}

static int read_environment(pid_t pid, struct surroundings *surroundings)
{
	char path[32];
	size_t len = 0;
	int r;

	if (pid == getpid())
		return copy_own_environment(surroundings);
	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	r = read_file(path, ENVIRON_MAX, &surroundings->text, &len);
	return r < 0 ? r : point(surroundings, len);
}

/* Reads a small file of a process. Returns 0 or -errno. */
static int read_small(pid_t pid, const char *file, char **ret_text)
{
	char path[40];
	size_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return read_file(path, STATUS_MAX, ret_text, &len);
}

/* The numbers behind a name that begins a line. */
static int read_groups(const char *status, struct surroundings *surroundings)
{
	const char *at = strstr(status, "\nGroups:");
	char *end;

	if (!at)
		return -EINVAL;
	at += strlen("\nGroups:");
	surroundings->groups = calloc(strcspn(at, "\n") / 2 + 1, sizeof(*surroundings->groups));
	if (!surroundings->groups)
		return -ENOMEM;
	for (;;) {
		unsigned long gid;

		at += strspn(at, " \t");
		if (*at == '\n' || *at == '\0')
			return 0;
		gid = strtoul(at, &end, 10);
		if (end == at)
			return -EINVAL;
		surroundings->groups[surroundings->n_groups++] = (gid_t)gid;
		at = end;
	}
}

static int read_status(pid_t pid, struct surroundings *surroundings)
{
	_cleanup_free_ char *text = NULL;
	int r = read_small(pid, "status", &text);

	if (r < 0)
		return r;
	surroundings->no_new_privileges = strstr(text, "\nNoNewPrivs:\t1\n");
	return read_groups(text, surroundings);
}

static int read_oom_score_adj(pid_t pid, struct surroundings *surroundings)
{
	_cleanup_free_ char *text = NULL;
	int r = read_small(pid, "oom_score_adj", &text);

	if (r == 0)
		surroundings->oom_score_adj = (int)strtol(text, NULL, 10);
	return r;
}

static int read_priorities(pid_t pid, struct surroundings *surroundings)
{
	errno = 0;
	surroundings->nice = getpriority(PRIO_PROCESS, (id_t)pid);
	if (errno != 0)
		return -errno;
	surroundings->ioprio = (int)syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, pid);
	if (surroundings->ioprio < 0 ||
	    sched_getaffinity(pid, sizeof(surroundings->cpus), &surroundings->cpus) < 0)
		return -errno;
	return read_oom_score_adj(pid, surroundings);
}

int surroundings_read(pid_t pid, struct surroundings *ret_surroundings)
{
	struct surroundings surroundings = {.environment = NULL};
	int r = read_environment(pid, &surroundings);

	for (int i = 0; r == 0 && i < RLIM_NLIMITS; i++)
		if (prlimit64(pid, i, NULL, &surroundings.limits[i]) < 0)
			r = -errno;
	if (r == 0)
		r = read_priorities(pid, &surroundings);
	if (r == 0)
		r = read_status(pid, &surroundings);
	if (r < 0) {
		surroundings_done(&surroundings);
		return r;
	}
	*ret_surroundings = surroundings;
	return 0;
}

void surroundings_done(struct surroundings *surroundings)
{
	free(surroundings->environment);
	free(surroundings->text);
	free(surroundings->groups);
	*surroundings = (struct surroundings){.environment = NULL};
}

/* Not of one who has them and may not set any. */
static int take_groups(const struct surroundings *surroundings)
{
	int n = getgroups(0, NULL);
	_cleanup_free_ gid_t *own = n < 0 ? NULL : calloc((size_t)n + 1, sizeof(*own));

	if (!own)
		return n < 0 ? -errno : -ENOMEM;
	n = getgroups(n, own);
	if (n < 0)
		return -errno;
	if ((size_t)n == surroundings->n_groups &&
	    memcmp(own, surroundings->groups, (size_t)n * sizeof(*own)) == 0)
		return 0;
	return setgroups(surroundings->n_groups, surroundings->groups) < 0 ? -errno : 0;
}

/* Of those that cannot be had none keeps the others from being taken. */
static int take_limits(const struct surroundings *surroundings)
{
	int first = 0;

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit64 limit = surroundings->limits[i];
		struct rlimit64 own;

		if (getrlimit64(i, &own) < 0)
			return -errno;
		if (i == RLIMIT_NOFILE && own.rlim_cur < limit.rlim_cur)
			limit.rlim_cur = own.rlim_cur;
		if (setrlimit64(i, &limit) < 0 && first == 0)
			first = -errno;
	}
	return first;
}

static int take_nice(const struct surroundings *surroundings)
{
	return setpriority(PRIO_PROCESS, 0, surroundings->nice) < 0 ? -errno : 0;
}

static int take_ioprio(const struct surroundings *surroundings)
{
	return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, surroundings->ioprio) < 0 ? -errno
											: 0;
}

static int take_cpus(const struct surroundings *surroundings)
{
	return sched_setaffinity(0, sizeof(surroundings->cpus), &surroundings->cpus) < 0 ? -errno
											 : 0;
}

static int take_oom_score_adj(const struct surroundings *surroundings)
{
	_cleanup_close_ int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%d", surroundings->oom_score_adj) < 0 ? -errno : 0;
}

static int take_no_new_privileges(const struct surroundings *surroundings)
{
	if (!surroundings->no_new_privileges)
		return 0;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int surroundings_take(const struct surroundings *surroundings, const char **ret_what)
{
	static const struct {
		const char *what;
		int (*take)(const struct surroundings *surroundings);
	} steps[] = {
		{"groups", take_groups},
		{"limits", take_limits},
		{"nice value", take_nice},
		{"I/O priority", take_ioprio},
		{"CPUs", take_cpus},
		{"oom_score_adj", take_oom_score_adj},
		{"no_new_privileges", take_no_new_privileges},
	};
	int first = 0;

	environ = surroundings->environment;
	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		int r = steps[i].take(surroundings);

		if (r < 0 && first == 0) {
			first = r;
			*ret_what = steps[i].what;
		}
	}
	return first;
}

pid_t surroundings_find_daemon(const char *lock)
{
	_cleanup_close_ int fd =
		open(lock, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fd < 0 || fcntl(fd, F_GETLK, &whole) < 0 || whole.l_type == F_UNLCK || whole.l_pid <= 0)
		return 0;
	return whole.l_pid;
}
