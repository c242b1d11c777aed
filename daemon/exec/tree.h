/*
 * The processes of a run: the members of the session and process group that its main process
 * leads, and the descendants of these and of the leader, whatever session they went to. One thread
 * at a time.
 *
 * Numbers are safe while the leader is not reaped, and after that while a member is left: the
 * kernel gives no number away that is still a session's or a group's. A process that has the
 * leader's number after the leader was reaped shows that no member is left.
 *
 * A descendant in another session is one only as long as the chain of its parents holds. So who
 * was found once is held, by its pidfd, from one scan to the next.
 */
#pragma once

#include "base/cleanup.h"
#include "exec/process.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Those beyond are counted, and signalled with their group. */
#define TREE_MEMBERS 64

/* Of these for the leader's group, which can be signalled without being held. */
#define TREE_GROUP_MEMBERS 32

struct tree_member {
	pid_t pid;
	bool in_group; /* of the leader */
	int pidfd;     /* negative: it could not be opened */
	char name[PROCESS_NAME_SIZE];
};

struct tree {
	pid_t leader;
	bool group;    /* a member is in the leader's process group */
	bool homeless; /* nobody is left in session or group: their number may be another's */
	size_t count;  /* living members, without the leader */
	size_t n;      /* of them in `members` */
	struct tree_member members[TREE_MEMBERS];
};

/* Of the process with that number, which leads a session and group; nobody is found yet. */
void tree_begin(struct tree *tree, pid_t leader);

/* Finds the members that live now; of those found before, keeps the living. `reaped`: the leader
   has been. Close it when nothing is to be kept, whatever it found. */
void tree_scan(struct tree *tree, bool reaped);
void tree_close(struct tree *tree);

/* Sends a signal to the members that were just found, and to all of the leader's group if it
   is not reaped or one of them is in it. SIGCONT goes behind, lest a stopped one never sees it. */
void tree_signal(const struct tree *tree, bool reaped, int sig);

/* Writes "sleep (123), cat (124) and 3 more", cut off where there is no room. */
void tree_describe(const struct tree *tree, char *buf, size_t size);
