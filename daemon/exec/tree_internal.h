/* What the files of trees share: tree.c, and tree_cgroup.c for those with a control group. */
#pragma once

#include "exec/cgroup.h"
#include "exec/tree.h"

#include <signal.h>

static inline bool tree_has_cgroup(const struct tree *tree)
{
	return tree->cgroup && tree->cgroup->fd >= 0;
}

static inline bool tree_is_adopted(const struct tree *tree)
{
	return tree->leader_fd >= 0;
}

static inline void tree_signal_one(int pidfd, int sig)
{
	process_signal(pidfd, sig);
	process_signal(pidfd, SIGCONT);
}

/* tree.c */

/* Makes the spare descriptors that are not there. */
void tree_keep_spares(struct tree *tree);
/* As process_hold(). Where descriptors have run out the spare ones serve: then it has to be given
   to tree_let_go() or tree_add() at once, and tree_keep_spares() called behind the latter. */
int tree_hold(struct tree *tree, pid_t pid, struct process *ret_process);
/* Closes what tree_hold() returned. */
void tree_let_go(struct tree *tree, int pidfd);
/* Is it a member already? */
bool tree_has(const struct tree *tree, pid_t pid);
/* Counts it, and keeps the descriptor if there is room. */
void tree_add(struct tree *tree, const struct process *process, int pidfd);

/* tree_cgroup.c */

/* Adds who is in the group; `except` is none of them. */
void tree_join_cgroup(struct tree *tree, pid_t except);
/* Signals all that are in the group. `group`: those of the leader's process group have had it. */
void tree_signal_cgroup(struct tree *tree, bool group, int sig);
/* Is nobody in there? One who has just been reaped may count for an instant, but is not listed. */
bool tree_cgroup_is_empty(const struct tree *tree);
