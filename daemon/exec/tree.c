/* See tree.h. */
#include "exec/tree.h"

#include "exec/census.h"
#include "exec/cgroup.h"
#include "exec/identity.h"

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

/* How often a control group is gone through for those that were born meanwhile, where it cannot be
   signalled as a whole. */
#define SIGNAL_ROUNDS 8

/* Numbers of processes. */
struct pids {
	pid_t *items;
	size_t n;
	size_t size;
};

static void cleanup_pids(struct pids *pids)
{
	free(pids->items);
}

static bool has_cgroup(const struct tree *tree)
{
	return tree->cgroup && tree->cgroup->fd >= 0;
}

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

/*
 * May the process belong to the run, by its environment? Where root was left without the right to
 * trace everybody (a container), the user whose process it is has it.
 */
static bool is_marked(const struct tree *tree, pid_t pid)
{
	int r = process_is_marked(pid, tree->marks);
	struct identity_before before;

	if (r == -EACCES && tree->identity && identity_enter(tree->identity, &before) == 0) {
		r = process_is_marked(pid, tree->marks);
		identity_leave(tree->identity, &before);
	}
	return r > 0;
}

/* The environment is that of whoever had the number when it was read: of the one that is held, if
   that has not ended since. */
static bool add_stray(struct tree *tree, pid_t pid)
{
	struct process process;
	int pidfd = process_hold(pid, &process);

	if (pidfd < 0)
		return false;
	if (process.parent != getpid() || !is_marked(tree, pid) || has_ended(pidfd)) {
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
		if (is_marked(tree, (pid_t)strtol(end, NULL, 10)))
			return true;
	}
	return false;
}

/* --- by control group --- */

struct joining {
	struct tree *tree;
	pid_t except;
};

static bool is_member(const struct tree *tree, pid_t pid)
{
	for (size_t i = 0; i < tree->n; i++)
		if (tree->members[i].pid == pid)
			return true;
	return false;
}

/* Nobody has to be held who could not be kept. */
static bool join(void *ctx, pid_t pid)
{
	struct joining *joining = ctx;
	struct tree *tree = joining->tree;
	struct process process = {.pid = pid, .name = "?"};
	int pidfd;

	if (pid == joining->except || is_member(tree, pid))
		return true;
	if (tree->n == TREE_MEMBERS) {
		tree->count++;
		return true;
	}
	pidfd = process_hold(pid, &process);
	if (pidfd == -ESRCH)
		return true;
	if (cgroup_contains(tree->cgroup, pid))
		add(tree, &process, pidfd);
	else if (pidfd >= 0)
		(void)close(pidfd);
	return true;
}

static bool collect(void *ctx, pid_t pid)
{
	struct pids *pids = ctx;

	if (pids->n == pids->size) {
		size_t size = pids->size > 0 ? 2 * pids->size : TREE_MEMBERS;
		pid_t *items = reallocarray(pids->items, size, sizeof(*items));

		if (!items)
			return false;
		pids->items = items;
		pids->size = size;
	}
	pids->items[pids->n++] = pid;
	return true;
}

static int compare(const void *a, const void *b)
{
	const pid_t *first = a;
	const pid_t *second = b;

	return (*first > *second) - (*first < *second);
}

static bool has_pid(const struct pids *pids, pid_t pid)
{
	return pids->n > 0 && bsearch(&pid, pids->items, pids->n, sizeof(pid), compare);
}

static void signal_one(int pidfd, int sig)
{
	process_signal(pidfd, sig);
	process_signal(pidfd, SIGCONT);
}

/* Those of the group that are not `known`, which afterwards are those who are there. `except`: a
   process group that has had the signal, or -1. Returns whether there were any. */
static bool signal_unknown(const struct tree *tree, struct pids *known, pid_t except, int sig)
{
	struct pids present = {0};
	bool any = false;

	if (cgroup_each(tree->cgroup, collect, &present) < 0)
		present.n = 0;
	for (size_t i = 0; i < present.n; i++) {
		struct process process;
		int pidfd;

		if (has_pid(known, present.items[i]))
			continue;
		pidfd = process_hold(present.items[i], &process);
		if (pidfd < 0)
			continue;
		if (process.group != except && cgroup_contains(tree->cgroup, process.pid)) {
			signal_one(pidfd, sig);
			any = true;
		}
		(void)close(pidfd);
	}
	cleanup_pids(known);
	*known = present;
	if (known->n > 0)
		qsort(known->items, known->n, sizeof(*known->items), compare);
	return any;
}

static void signal_cgroup(const struct tree *tree, bool group, int sig)
{
	_cleanup_(cleanup_pids) struct pids known = {0};

	if (sig == SIGKILL && cgroup_kill(tree->cgroup) == 0)
		return;
	for (size_t i = 0; i < tree->n; i++)
		if (tree->members[i].pidfd >= 0 && !collect(&known, tree->members[i].pid))
			break;
	if (known.n > 0)
		qsort(known.items, known.n, sizeof(*known.items), compare);
	for (int i = 0; i < SIGNAL_ROUNDS; i++)
		if (!signal_unknown(tree, &known, group ? tree->leader : -1, sig))
			break;
}

static bool see(void *ctx, pid_t pid)
{
	bool *any = ctx;

	(void)pid;
	*any = true;
	return false;
}

/* One who has just been reaped may count for an instant, but is not listed. */
static bool is_empty(const struct cgroup *cgroup)
{
	bool any = false;

	return !cgroup_is_populated(cgroup) || (cgroup_each(cgroup, see, &any) == 0 && !any);
}

/* --- a tree --- */

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

void tree_begin(struct tree *tree, pid_t leader, struct cgroup *cgroup, char *const *marks,
		const struct identity *identity)
{
	tree->leader = leader;
	tree->cgroup = cgroup;
	tree->marks = marks;
	tree->identity = identity;
	tree->group = false;
	tree->homeless = false;
	tree->count = 0;
	tree->n = 0;
}

bool tree_is_alone(const struct tree *tree)
{
	if (has_cgroup(tree))
		return is_empty(tree->cgroup);
	return kill(-tree->leader, 0) < 0 && errno == ESRCH && !has_stray(tree);
}

/* By session, group, parents and environment. */
static void scan_all(struct tree *tree, struct census *census, bool reaped)
{
	if (reaped && census_find(census, tree->leader))
		tree->homeless = true;
	if (!tree->homeless && !find_home(tree, census))
		tree->homeless = reaped;
	if (!has_cgroup(tree))
		find_strays(tree, census, reaped);
	census_follow(census, reaped ? -1 : tree->leader, add_descendant, tree);
}

void tree_scan(struct tree *tree, bool reaped)
{
	_cleanup_(census_done) struct census census = {0};
	struct joining joining = {tree, reaped ? -1 : tree->leader};
	/* Without /proc there is nothing to be known of those who were not found before. */
	bool known = (!has_cgroup(tree) || !reaped) && census_take(&census) == 0;

	keep_living(tree, &census);
	if (known)
		scan_all(tree, &census, reaped);
	/* What cannot be listed is no longer there. */
	if (has_cgroup(tree))
		(void)!cgroup_each(tree->cgroup, join, &joining);
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
	for (size_t i = 0; i < tree->n; i++)
		if (tree->members[i].pidfd >= 0 && !(group && tree->members[i].in_group))
			signal_one(tree->members[i].pidfd, sig);
	if (has_cgroup(tree))
		signal_cgroup(tree, group, sig);
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
