/* See tree.h. */
#include "exec/tree.h"

#include "exec/census.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In a description. */
#define NAMES_MAX 8

/* Room for a list of orphans, and how many of them, the last to come, are looked at when a run
   ends: so much it costs at most, whatever other runs left behind. */
#define ORPHANS_SIZE 16384
#define ORPHANS_MAX  256

/* By number alone: in the leader's session or group. */
static bool is_home(const struct tree *tree, pid_t pid, pid_t session, pid_t group)
{
	return pid != tree->leader && (session == tree->leader || group == tree->leader);
}

/* Counts it, and keeps the descriptor if there is room. */
static void add(struct tree *tree, const struct process *process, int pidfd)
{
	bool in_group = process->group == tree->leader;
	struct tree_member *member = &tree->members[tree->n];

	tree->count++;
	tree->group |= in_group;
	if (tree->n >= (in_group ? TREE_GROUP_MEMBERS : TREE_MEMBERS)) {
		if (pidfd >= 0)
			(void)close(pidfd);
		return;
	}
	member->pidfd = pidfd;
	member->pid = process->pid;
	member->in_group = in_group;
	memcpy(member->name, process->name, sizeof(member->name));
	tree->n++;
}

static bool has_ended(int pidfd)
{
	struct pollfd pollfd = {.fd = pidfd, .events = POLLIN};

	return poll(&pollfd, 1, 0) > 0;
}

/* What cannot be held for want of descriptors is counted all the same. */
static bool add_home(struct tree *tree, const struct census_entry *entry)
{
	struct process process = {.pid = entry->pid, .group = entry->group, .name = "?"};
	int pidfd = process_hold(entry->pid, &process);

	if (pidfd == -ESRCH)
		return false;
	if (pidfd >= 0 && !is_home(tree, process.pid, process.session, process.group)) {
		(void)close(pidfd);
		return false;
	}
	add(tree, &process, pidfd);
	return pidfd >= 0;
}

static bool add_descendant(void *ctx, const struct census_entry *entry)
{
	struct tree *tree = ctx;
	struct process process;
	int pidfd = process_hold(entry->pid, &process);

	if (pidfd < 0)
		return false;
	if (process.parent != entry->parent) {
		(void)close(pidfd);
		return false;
	}
	add(tree, &process, pidfd);
	return true;
}

/* The environment is that of whoever had the number when it was read: of the one that is held, if
   that has not ended since. */
static bool add_stray(struct tree *tree, pid_t pid)
{
	struct process process;
	int pidfd = process_hold(pid, &process);

	if (pidfd < 0)
		return false;
	if (process.parent != getpid() || !process_is_marked(pid, tree->marks) ||
	    has_ended(pidfd)) {
		(void)close(pidfd);
		return false;
	}
	add(tree, &process, pidfd);
	return true;
}

/* Those who live after the census had their numbers in it. */
static void keep_living(struct tree *tree, const struct census *census)
{
	size_t n = tree->n;

	tree->n = 0;
	tree->group = false;
	for (size_t i = 0; i < n; i++) {
		struct tree_member member = tree->members[i];
		struct census_entry *entry = census_find(census, member.pid);

		if (member.pidfd < 0)
			continue;
		if (has_ended(member.pidfd)) {
			(void)close(member.pidfd);
			continue;
		}
		if (entry) {
			entry->in = true;
			member.in_group = entry->group == tree->leader;
		}
		tree->group |= member.in_group;
		tree->members[tree->n++] = member;
	}
	tree->count = tree->n;
}

/* Returns whether the session or the group has somebody. */
static bool find_home(struct tree *tree, const struct census *census)
{
	bool any = false;

	for (size_t i = 0; i < census->n; i++) {
		struct census_entry *entry = &census->entries[i];

		if (entry->dead || !is_home(tree, entry->pid, entry->session, entry->group))
			continue;
		any = true;
		if (!entry->in)
			entry->in = add_home(tree, entry);
	}
	return any;
}

static void find_strays(struct tree *tree, const struct census *census, bool reaped)
{
	for (size_t i = 0; i < census->n; i++) {
		struct census_entry *entry = &census->entries[i];

		if (!entry->dead && !entry->in && entry->parent == getpid() &&
		    (reaped || entry->pid != tree->leader))
			entry->in = add_stray(tree, entry->pid);
	}
}

/*
 * Is any of the last orphans of this run? The kernel makes them children of the process's first
 * thread, behind those that it has.
 */
static bool has_stray(const struct tree *tree)
{
	char list[ORPHANS_SIZE];
	ssize_t n = tree->orphans < 0 ? 0 : pread(tree->orphans, list, sizeof(list) - 1, 0);
	char *end;

	if (n <= 0)
		return false;
	/* Where the newest do not fit, somebody has to look at all processes. */
	if ((size_t)n == sizeof(list) - 1)
		return true;
	list[n] = '\0';
	end = list + n;
	for (int looked = 0; looked < ORPHANS_MAX && end > list; looked++) {
		/* Each number has a blank behind it. */
		*--end = '\0';
		while (end > list && end[-1] != ' ')
			end--;
		if (process_is_marked((pid_t)strtol(end, NULL, 10), tree->marks))
			return true;
	}
	return false;
}

void tree_init(struct tree *tree)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	tree->orphans = open(path, O_RDONLY | O_CLOEXEC);
	tree->n = 0;
}

void tree_done(struct tree *tree)
{
	tree_close(tree);
	if (tree->orphans >= 0)
		(void)close(tree->orphans);
	tree->orphans = -1;
}

void tree_begin(struct tree *tree, pid_t leader, const struct cgroup *cgroup, char *const *marks)
{
	tree->leader = leader;
	tree->cgroup = cgroup;
	tree->marks = marks;
	tree->group = false;
	tree->homeless = false;
	tree->count = 0;
	tree->n = 0;
}

bool tree_is_alone(const struct tree *tree)
{
	return kill(-tree->leader, 0) < 0 && errno == ESRCH && !has_stray(tree);
}

void tree_scan(struct tree *tree, bool reaped)
{
	_cleanup_(census_done) struct census census = {0};
	/* Without /proc there is nothing to be known of those who were not found before. */
	bool known = census_take(&census) == 0;

	keep_living(tree, &census);
	if (!known)
		return;
	if (reaped && census_find(&census, tree->leader))
		tree->homeless = true;
	if (!tree->homeless && !find_home(tree, &census))
		tree->homeless = reaped;
	find_strays(tree, &census, reaped);
	census_follow(&census, reaped ? -1 : tree->leader, add_descendant, tree);
}

void tree_close(struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++)
		if (tree->members[i].pidfd >= 0)
			(void)close(tree->members[i].pidfd);
	tree->n = 0;
}

void tree_signal(const struct tree *tree, bool reaped, int sig)
{
	bool group = !reaped || tree->group;

	if (group) {
		(void)kill(-tree->leader, sig);
		(void)kill(-tree->leader, SIGCONT);
	}
	for (size_t i = 0; i < tree->n; i++) {
		if (tree->members[i].in_group || tree->members[i].pidfd < 0)
			continue;
		process_signal(tree->members[i].pidfd, sig);
		process_signal(tree->members[i].pidfd, SIGCONT);
	}
}

void tree_describe(const struct tree *tree, char *buf, size_t size)
{
	size_t shown = tree->n < NAMES_MAX ? tree->n : NAMES_MAX;
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < shown && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s (%d)", i > 0 ? ", " : "",
					tree->members[i].name, tree->members[i].pid);
	if (tree->count > shown && len < size)
		(void)snprintf(buf + len, size - len, " and %zu more", tree->count - shown);
}
