/* See cgroup.h. */
#include "exec/cgroup.h"

#include "base/clock.h"
#include "exec/cgroup_dir.h"
#include "exec/cgroup_find.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The groups of runs: those that serve one run after the other, and those with limits. */
#define PLAIN_PREFIX   "worker-"
#define LIMITED_PREFIX "run-"

/* How long a group may count a process that has ended. */
#define END_PATIENCE (100 * USEC_PER_MSEC)

/* Names that are tried for a new group. */
#define NAMES_TRIED 1000

/* Groups that were left, and are looked at when another one is made. */
#define LEFT_LOOKED_AT 16

/* By cpu.max (cgroups(7)): microseconds; the shortest share, and the longest period. */
#define CPU_PERIOD     100000
#define CPU_PERIOD_MAX 1000000
#define CPU_QUOTA_MIN  1000

/* One that its run left while processes in it go on. */
struct left {
	struct left *next;
	char name[CGROUP_NAME_SIZE];
};

struct cgroups {
	int fd;
	char *path; /* as in /proc/PID/cgroup */
	bool has[CGROUP_CONTROLLERS];
	_Atomic unsigned made; /* groups so far: each has a number */
	pthread_mutex_t lock;  /* of what follows */
	struct left *left;     /* the first has waited longest */
	struct left **left_end;
	struct left *kept; /* by cgroups_keep() */
	bool cleared;      /* what is there is of this daemon's runs, or adopted */
};

static const char *const controller_names[CGROUP_CONTROLLERS] = {
	[CGROUP_MEMORY] = "memory",
	[CGROUP_CPU] = "cpu",
	[CGROUP_PIDS] = "pids",
};

/* --- the subtree --- */

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; *at; at += strcspn(at, " \n")) {
		at += strspn(at, " \n");
		if (strncmp(at, word, len) == 0 && strchr(" \n", at[len]))
			return true;
	}
	return false;
}

/* The number of a run's group; 0: it is none. */
static unsigned number_of(const char *name)
{
	static const char *const prefixes[] = {PLAIN_PREFIX, LIMITED_PREFIX};

	for (size_t i = 0; i < ARRAY_LENGTH(prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		if (strncmp(name, prefixes[i], len) == 0)
			return (unsigned)strtoul(name + len, NULL, 10);
	}
	return 0;
}

static bool is_kept(const struct cgroups *cgroups, const char *name)
{
	for (const struct left *kept = cgroups->kept; kept; kept = kept->next)
		if (strcmp(kept->name, name) == 0)
			return true;
	return false;
}

static bool remove_one(void *ctx, int dir, const char *name)
{
	struct cgroups *cgroups = ctx;
	unsigned number = number_of(name);

	if (number == 0)
		return true;
	if (!is_kept(cgroups, name))
		cgroup_dir_kill(dir, name);
	else if (number > cgroups->made)
		cgroups->made = number;
	return true;
}

static void free_list(struct left *list)
{
	while (list) {
		struct left *left = list;

		list = left->next;
		free(left);
	}
}

/* What cannot be removed is in nobody's way. */
void cgroups_clear(struct cgroups *cgroups)
{
	if (!cgroups)
		return;
	(void)!cgroup_dir_each(cgroups->fd, remove_one, cgroups);
	free_list(cgroups->kept);
	cgroups->kept = NULL;
	cgroups->cleared = true;
}

/* Into its leaf. */
static int move_in(int fd, bool inside)
{
	_cleanup_close_ int leaf = -1;
	_cleanup_close_ int events = -1;

	if (inside)
		return 0;
	/* One that was killed is of no use: see cgroup_release(). */
	(void)unlinkat(fd, CGROUP_DAEMON, AT_REMOVEDIR);
	if (mkdirat(fd, CGROUP_DAEMON, 0755) < 0 && errno != EEXIST)
		return -errno;
	leaf = cgroup_dir_open(fd, CGROUP_DAEMON);
	if (leaf < 0)
		return leaf;
	events = openat(leaf, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (events < 0)
		return -errno;
	if (!cgroup_dir_await_empty(events, END_PATIENCE))
		return -EBUSY;
	return cgroup_dir_write(leaf, "cgroup.procs", "0");
}

static void enable_controllers(struct cgroups *cgroups)
{
	char text[CGROUP_FILE_SIZE];

	if (cgroup_dir_read(cgroups->fd, "cgroup.controllers", text) < 0)
		return;
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		char order[16];

		if (!has_word(text, controller_names[i]))
			continue;
		(void)snprintf(order, sizeof(order), "+%s", controller_names[i]);
		cgroups->has[i] =
			cgroup_dir_write(cgroups->fd, "cgroup.subtree_control", order) == 0;
	}
}

/* Takes over the path. */
static int take_place(struct cgroup_place *place, struct cgroups **ret_cgroups)
{
	struct cgroups *cgroups = calloc(1, sizeof(*cgroups));
	int r;

	if (!cgroups)
		return -ENOMEM;
	r = cgroup_dir_open(AT_FDCWD, place->directory);
	cgroups->fd = r;
	if (r >= 0)
		r = move_in(cgroups->fd, place->inside);
	if (r < 0) {
		if (cgroups->fd >= 0)
			(void)close(cgroups->fd);
		free(cgroups);
		return r;
	}
	cgroups->path = steal_ptr(place->path);
	cgroups->left_end = &cgroups->left;
	(void)pthread_mutex_init(&cgroups->lock, NULL);
	enable_controllers(cgroups);
	*ret_cgroups = cgroups;
	return 0;
}

int cgroups_new(struct cgroups **ret_cgroups)
{
	_cleanup_(cgroup_place_done) struct cgroup_place place = {0};
	struct cgroups *cgroups = NULL;
	int r = cgroup_find_own(&place);

	if (r == 0)
		r = take_place(&place, &cgroups);
	/* The first process of a container mostly has one that may only be read. */
	if (r == -ENOENT || (!place.marked && (r == -EROFS || r == -EACCES || r == -EPERM)))
		r = 0;
	if (r == 0)
		*ret_cgroups = cgroups;
	return r;
}

void cgroups_free(struct cgroups *cgroups)
{
	if (!cgroups)
		return;
	free_list(cgroups->kept);
	cgroups->kept = NULL;
	if (cgroups->cleared)
		cgroups_clear(cgroups);
	free_list(cgroups->left);
	(void)pthread_mutex_destroy(&cgroups->lock);
	(void)close(cgroups->fd);
	free(cgroups->path);
	free(cgroups);
}

bool cgroups_has(const struct cgroups *cgroups, enum cgroup_controller controller)
{
	return cgroups && cgroups->has[controller];
}

/* --- of which group a process is --- */

/* That which is right below, of the process's or above it. Returns whether there is one. */
static bool find_name(const struct cgroups *cgroups, pid_t pid, char name[static CGROUP_NAME_SIZE])
{
	char file[32];
	char text[CGROUP_FILE_SIZE];
	size_t len = strlen(cgroups->path);

	(void)snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	if (cgroup_dir_read(AT_FDCWD, file, text) < 0)
		return false;
	/* Of v1 there may be other lines before and, never seen so far, behind it. */
	for (const char *line = text; line; line = strchr(line, '\n')) {
		size_t n;

		line += *line == '\n';
		if (strncmp(line, "0::", 3) != 0 || strncmp(line + 3, cgroups->path, len) != 0 ||
		    line[3 + len] != '/')
			continue;
		line += 3 + len + 1;
		n = strcspn(line, "/\n");
		if (n == 0 || n >= CGROUP_NAME_SIZE)
			return false;
		memcpy(name, line, n);
		name[n] = '\0';
		return true;
	}
	return false;
}

int cgroups_keep(struct cgroups *cgroups, pid_t pid)
{
	char name[CGROUP_NAME_SIZE];
	struct left *kept;

	if (!cgroups || !find_name(cgroups, pid, name) || number_of(name) == 0)
		return 0;
	kept = malloc(sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	memcpy(kept->name, name, sizeof(kept->name));
	kept->next = cgroups->kept;
	cgroups->kept = kept;
	return 0;
}

/* --- groups that were left --- */

/* Without memory for it, it is found by cgroups_free(). */
static void leave(struct cgroups *cgroups, const char *name)
{
	struct left *left = malloc(sizeof(*left));

	if (!left)
		return;
	left->next = NULL;
	memcpy(left->name, name, sizeof(left->name));
	(void)pthread_mutex_lock(&cgroups->lock);
	*cgroups->left_end = left;
	cgroups->left_end = &left->next;
	(void)pthread_mutex_unlock(&cgroups->lock);
}

static struct left *take_left(struct cgroups *cgroups)
{
	struct left *left;

	(void)pthread_mutex_lock(&cgroups->lock);
	left = cgroups->left;
	if (left) {
		cgroups->left = left->next;
		if (!left->next)
			cgroups->left_end = &cgroups->left;
	}
	(void)pthread_mutex_unlock(&cgroups->lock);
	return left;
}

/* Removes some of those that have nobody any more, so that they do not pile up. */
static void sweep(struct cgroups *cgroups)
{
	for (int i = 0; i < LEFT_LOOKED_AT; i++) {
		struct left *left = take_left(cgroups);

		if (!left)
			return;
		if (cgroup_dir_remove(cgroups->fd, left->name) < 0)
			leave(cgroups, left->name);
		free(left);
	}
}

/* --- the group of a run --- */

void cgroup_init(struct cgroup *cgroup)
{
	*cgroup = (struct cgroup){.fd = -1, .events = -1};
}

static void close_group(struct cgroup *cgroup)
{
	if (cgroup->fd >= 0)
		(void)close(cgroup->fd);
	if (cgroup->events >= 0)
		(void)close(cgroup->events);
	cgroup_init(cgroup);
}

/* Under the next name that is free: what another daemon left may still be there. */
static int make_directory(struct cgroup *cgroup, struct cgroups *cgroups)
{
	const char *prefix = cgroup->limited ? LIMITED_PREFIX : PLAIN_PREFIX;

	for (int i = 0; i < NAMES_TRIED; i++) {
		unsigned number =
			atomic_fetch_add_explicit(&cgroups->made, 1, memory_order_relaxed) + 1;

		(void)snprintf(cgroup->name, sizeof(cgroup->name), "%s%u", prefix, number);
		if (mkdirat(cgroups->fd, cgroup->name, 0755) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/* By its name. Returns 0, or -errno without a group. */
static int open_group(struct cgroup *cgroup, const struct cgroups *cgroups)
{
	int r = cgroup_dir_open(cgroups->fd, cgroup->name);

	cgroup->in = cgroups;
	cgroup->fd = r;
	if (r >= 0) {
		cgroup->events = openat(r, "cgroup.events", O_RDONLY | O_CLOEXEC);
		if (cgroup->events >= 0)
			return 0;
		r = -errno;
	}
	close_group(cgroup);
	return r;
}

static int make(struct cgroup *cgroup, struct cgroups *cgroups, bool limited)
{
	char name[CGROUP_NAME_SIZE];
	int r;

	sweep(cgroups);
	cgroup->limited = limited;
	r = make_directory(cgroup, cgroups);
	if (r < 0)
		return r;
	memcpy(name, cgroup->name, sizeof(name));
	r = open_group(cgroup, cgroups);
	if (r < 0)
		(void)unlinkat(cgroups->fd, name, AT_REMOVEDIR);
	return r;
}

static int write_number(const struct cgroup *cgroup, const char *name, int64_t number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	return cgroup_dir_write(cgroup->fd, name, text);
}

static int set_memory(const struct cgroup *cgroup, const struct cgroup_limits *limits)
{
	int r;

	if (limits->memory_max == 0)
		return 0;
	r = write_number(cgroup, "memory.max", limits->memory_max);
	/* A run of which a part was killed is of no use. */
	return r < 0 ? r : cgroup_dir_write(cgroup->fd, "memory.oom.group", "1");
}

static int set_cpu(const struct cgroup *cgroup, const struct cgroup_limits *limits)
{
	int64_t quota = limits->cpu_max * (CPU_PERIOD / 1000);
	int64_t period = CPU_PERIOD;
	char text[64];
	int r = 0;

	while (quota < CPU_QUOTA_MIN && period < CPU_PERIOD_MAX) {
		quota *= 10;
		period *= 10;
	}
	(void)snprintf(text, sizeof(text), "%" PRId64 " %" PRId64, quota, period);
	if (limits->cpu_max > 0)
		r = cgroup_dir_write(cgroup->fd, "cpu.max", text);
	if (r == 0 && limits->cpu_weight > 0)
		r = write_number(cgroup, "cpu.weight", limits->cpu_weight);
	return r;
}

static int set_pids(const struct cgroup *cgroup, const struct cgroup_limits *limits)
{
	return limits->tasks_max > 0 ? write_number(cgroup, "pids.max", limits->tasks_max) : 0;
}

static int (*const setters[CGROUP_CONTROLLERS])(const struct cgroup *cgroup,
						const struct cgroup_limits *limits) = {
	[CGROUP_MEMORY] = set_memory,
	[CGROUP_CPU] = set_cpu,
	[CGROUP_PIDS] = set_pids,
};

/* Would any of them be set? */
static bool has_limits(const struct cgroups *cgroups, const struct cgroup_limits *limits)
{
	const bool wanted[CGROUP_CONTROLLERS] = {
		[CGROUP_MEMORY] = limits->memory_max > 0,
		[CGROUP_CPU] = limits->cpu_max > 0 || limits->cpu_weight > 0,
		[CGROUP_PIDS] = limits->tasks_max > 0,
	};

	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		if (wanted[i] && cgroups->has[i])
			return true;
	return false;
}

int cgroup_prepare(struct cgroup *cgroup, struct cgroups *cgroups,
		   const struct cgroup_limits *limits)
{
	bool limited;
	int r;

	if (!cgroups)
		return 0;
	limited = has_limits(cgroups, limits);
	if (cgroup->fd >= 0 && !limited)
		return 0;
	/* A run without limits may come again. */
	if (cgroup->fd >= 0)
		cgroup_done(cgroup, cgroups);
	r = make(cgroup, cgroups, limited);
	for (int i = 0; r == 0 && limited && i < CGROUP_CONTROLLERS; i++)
		if (cgroups->has[i])
			r = setters[i](cgroup, limits);
	if (r < 0)
		cgroup_done(cgroup, cgroups);
	return r;
}

int cgroup_open(struct cgroup *cgroup, struct cgroups *cgroups, pid_t pid)
{
	if (!cgroups || !find_name(cgroups, pid, cgroup->name) || number_of(cgroup->name) == 0)
		return 0;
	return open_group(cgroup, cgroups);
}

static bool stop_at(void *ctx, pid_t pid)
{
	bool *any = ctx;

	(void)pid;
	*any = true;
	return false;
}

/* One that is dying counts for an instant, but is not listed any more. */
static bool has_anybody(const struct cgroup *cgroup)
{
	bool any = false;

	return cgroup_is_populated(cgroup) && (cgroup_each(cgroup, stop_at, &any) < 0 || any);
}

static void drop(struct cgroup *cgroup, struct cgroups *cgroups)
{
	int r = -EBUSY;

	if (!has_anybody(cgroup)) {
		(void)cgroup_dir_await_empty(cgroup->events, END_PATIENCE);
		r = cgroup_dir_remove(cgroups->fd, cgroup->name);
	}
	if (r < 0)
		leave(cgroups, cgroup->name);
	close_group(cgroup);
}

/*
 * Linux (6.18, for one) takes who is born in a group that was ever killed, of a parent in one that
 * was not, or the other way round, for one that the kill just missed, and kills it.
 */
void cgroup_release(struct cgroup *cgroup, struct cgroups *cgroups)
{
	if (cgroup->fd >= 0 && (cgroup->limited || cgroup->killed || has_anybody(cgroup)))
		drop(cgroup, cgroups);
}

void cgroup_done(struct cgroup *cgroup, struct cgroups *cgroups)
{
	if (cgroup->fd >= 0)
		drop(cgroup, cgroups);
}

/* --- who and what is in it --- */

bool cgroup_is_populated(const struct cgroup *cgroup)
{
	return cgroup_dir_is_populated(cgroup->events);
}

bool cgroup_contains(const struct cgroup *cgroup, pid_t pid)
{
	char name[CGROUP_NAME_SIZE];

	return find_name(cgroup->in, pid, name) && strcmp(name, cgroup->name) == 0;
}

int cgroup_kill(struct cgroup *cgroup)
{
	cgroup->killed = true;
	return cgroup_dir_write(cgroup->fd, "cgroup.kill", "1");
}

int cgroup_each(const struct cgroup *cgroup, bool (*fn)(void *ctx, pid_t pid), void *ctx)
{
	return cgroup_dir_each_process(cgroup->fd, fn, ctx);
}

bool cgroup_ran_out_of_memory(const struct cgroup *cgroup)
{
	char text[CGROUP_FILE_SIZE];
	int64_t killed = 0;

	return cgroup->fd >= 0 && cgroup_dir_read(cgroup->fd, "memory.events", text) == 0 &&
	       cgroup_dir_number(text, "oom_kill", &killed) && killed > 0;
}

void cgroup_usage(const struct cgroup *cgroup, int64_t *memory, int64_t *cpu)
{
	char text[CGROUP_FILE_SIZE];

	if (cgroup->fd < 0)
		return;
	if (cgroup_dir_read(cgroup->fd, "memory.peak", text) == 0)
		*memory = strtoll(text, NULL, 10);
	if (cgroup_dir_read(cgroup->fd, "cpu.stat", text) == 0)
		(void)cgroup_dir_number(text, "usage_usec", cpu);
}
