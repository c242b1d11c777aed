/* See tree.h. Here: the members of a tree that has a control group. */
#include "exec/tree_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

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

struct joining {
	struct tree *tree;
	pid_t except;
};

/* Nobody has to be held who could not be kept. */
static bool join(void *ctx, pid_t pid)
{
	struct joining *joining = ctx;
	struct tree *tree = joining->tree;
	struct process process = {.pid = pid, .name = "?"};
	int pidfd;

	if (pid == joining->except || tree_has(tree, pid))
		return true;
	if (tree->n == TREE_MEMBERS) {
		tree->count++;
		return true;
	}
	pidfd = tree_hold(tree, pid, &process);
	if (pidfd < 0 && pidfd != -ESRCH)
		tree->trouble = -pidfd;
	if (pidfd != -ESRCH && cgroup_contains(tree->cgroup, pid))
		tree_add(tree, &process, pidfd);
	else
		tree_let_go(tree, pidfd);
	tree_keep_spares(tree);
	return true;
}

void tree_join_cgroup(struct tree *tree, pid_t except)
{
	struct joining joining = {tree, except};

	/* What cannot be listed is no longer there. */
	(void)!cgroup_each(tree->cgroup, join, &joining);
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

/* Those of the group that are not `known`, which afterwards are those who are there. `except`: a
   process group that has had the signal, or -1. Returns whether there were any. */
static bool signal_unknown(struct tree *tree, struct pids *known, pid_t except, int sig)
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
		pidfd = tree_hold(tree, present.items[i], &process);
		if (pidfd >= 0 && process.group != except &&
		    cgroup_contains(tree->cgroup, process.pid)) {
			tree_signal_one(pidfd, sig);
			any = true;
		}
		tree_let_go(tree, pidfd);
	}
	cleanup_pids(known);
	*known = present;
	if (known->n > 0)
		qsort(known->items, known->n, sizeof(*known->items), compare);
	return any;
}

void tree_signal_cgroup(struct tree *tree, bool group, int sig)
{
	_cleanup_(cleanup_pids) struct pids known = {0};

	if (sig == SIGKILL && cgroup_kill(tree->cgroup) == 0)
		return;
	/* Who has had it. */
	if (tree_is_adopted(tree))
		(void)collect(&known, tree->leader);
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

bool tree_cgroup_is_empty(const struct tree *tree)
{
	bool any = false;

	return !cgroup_is_populated(tree->cgroup) ||
	       (cgroup_each(tree->cgroup, see, &any) == 0 && !any);
}
