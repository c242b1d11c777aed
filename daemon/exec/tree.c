/* See tree.h. */
#include "exec/tree.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In a description. */
#define NAMES_MAX 8

struct scan {
	struct tree *tree;
	bool taken; /* a process has the leader's number */
};

static bool is_member(const struct tree *tree, const struct process *process)
{
	return process->pid != tree->leader && !process_is_dead(process) &&
	       (process->session == tree->leader || process->group == tree->leader);
}

static bool visit(void *ctx, const struct process *process)
{
	struct scan *scan = ctx;
	struct tree *tree = scan->tree;
	struct tree_member *member = &tree->members[tree->n];
	struct process now = *process;
	int pidfd;

	if (process->pid == tree->leader)
		scan->taken = true;
	if (!is_member(tree, process))
		return true;
	pidfd = process_hold(process->pid, &now);
	if (pidfd == -ESRCH)
		return true;
	if (pidfd >= 0 && !is_member(tree, &now)) {
		(void)close(pidfd);
		return true;
	}
	tree->count++;
	if (now.group == tree->leader)
		tree->group = true;
	if (tree->n == TREE_MEMBERS) {
		if (pidfd >= 0)
			(void)close(pidfd);
		return true;
	}
	member->pidfd = pidfd;
	member->pid = now.pid;
	member->in_group = now.group == tree->leader;
	memcpy(member->name, now.name, sizeof(member->name));
	tree->n++;
	return true;
}

void tree_scan(struct tree *tree, pid_t leader, bool reaped)
{
	struct scan scan = {.tree = tree};

	tree->leader = leader;
	tree->group = false;
	tree->count = 0;
	tree->n = 0;
	/* Without /proc there is nothing to be known of them. */
	if (process_each(visit, &scan) < 0 || !(reaped && scan.taken))
		return;
	tree_close(tree);
	tree->group = false;
	tree->count = 0;
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
