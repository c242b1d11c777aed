/*
 * The processes of a run. One thread at a time.
 *
 * With a control group of its own they are those in it and below. As long as its main process has
 * not been reaped, so are those that others put elsewhere: the members of the session and process
 * group that it leads, and the descendants of these and of the leader, whatever session they went
 * to. (A login manager moves what su(1) starts to a group of its own.)
 *
 * Without, they are the latter, and strays: orphans that the kernel gave to the daemon, as the
 * reaper of its descendants, and whose environment shows that they are of this run; with their
 * descendants. As anybody can give a process any environment, a stray's real user is the run's or
 * root: who got to be another by su(1), and an orphan in a session of his own, is overlooked.
 *
 * Numbers are safe while the leader is not reaped, and after that while a member is left: the
 * kernel gives no number away that is still a session's or a group's. A process that has the
 * leader's number after the leader was reaped shows that no member is left.
 *
 * A leader that is another's child (tree_adopt()) may be reaped at any time, and its number then be
 * anybody's: so nobody is signalled but by a pidfd. A member of its session counts that was one
 * while the leader lived: when it began earlier than the leader was last seen alive, or when the
 * leader is alive after it was looked at. Strays are orphans that the kernel gave to whom it gave
 * the leader to.
 *
 * A descendant in another session is one only as long as the chain of its parents holds. So who
 * was found once is held, by its pidfd, from one scan to the next. Where descriptors have run out,
 * a member is counted all the same and signalled if it is found again; `trouble` says so.
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

struct cgroup;
struct identity;

struct tree_member {
	pid_t pid;
	bool in_group; /* of the leader */
	int pidfd;     /* negative: it could not be opened, or kept */
	long start;    /* as in struct process; 0: not known */
	char name[PROCESS_NAME_SIZE];
};

/* Descriptors that are kept for when there are no others: to look at one process after the other.
   That takes two at a time. */
#define TREE_SPARES 2

struct tree {
	int orphans; /* lists them; negative: the kernel does not */
	int spares[TREE_SPARES];
	pid_t leader;
	int leader_fd; /* of one that is another's child; negative: it is not */
	pid_t heir;    /* whose children orphans become */
	long seen;     /* alive, the leader with leader_fd; in clock ticks since boot (proc(5)) */
	struct cgroup *cgroup;
	char *const *marks;
	const struct identity *identity;
	bool group;    /* a member is in the leader's process group */
	bool homeless; /* nobody is left in session or group: their number may be another's */
	int trouble;   /* errno of not holding everybody, or not finding anybody; 0: none */
	size_t count;  /* living members, without the leader */
	size_t n;      /* of them in `members` */
	struct tree_member members[TREE_MEMBERS];
};

/* Makes one ready for runs; gives back what it holds. */
void tree_init(struct tree *tree);
void tree_done(struct tree *tree);

/*
 * Of the process with that number, which leads a session and group; nobody is found yet. `cgroup`:
 * has all of its processes and no others; NULL, or one without a descriptor: it has none. `marks`:
 * assignments (NAME=VALUE) that are in the environment of its processes and, all of them together,
 * in nobody else's; a name alone: not in theirs; ends with NULL. `identity`: who they run as; NULL:
 * the daemon. All are the caller's and stay as they are until tree_close().
 */
void tree_begin(struct tree *tree, pid_t leader, struct cgroup *cgroup, char *const *marks,
		const struct identity *identity);

/* Behind tree_begin(): the leader is another's child. It is held by that pidfd, which is the
   caller's, and what it was found to be then. */
void tree_adopt(struct tree *tree, int leader_fd, const struct process *leader);

/* Looks whether such a leader lives. The more often, the less is overlooked when it has ended. */
void tree_see_leader(struct tree *tree);

/* Is nobody left, now that the leader has been reaped? Costs one or two system calls when it is so.
   Without a control group somebody is overlooked who hides in a session of his own below another
   process than the daemon; and it is never so of one with tree_adopt(), for which it takes a scan.
 */
bool tree_is_alone(const struct tree *tree);

/* Finds the members that live now; of those found before, keeps the living. `reaped`: the leader
   has been. Close it when nothing is to be kept, whatever it found. */
void tree_scan(struct tree *tree, bool reaped);
void tree_close(struct tree *tree);

/* Sends a signal to the members that were just found, and to all of the leader's group if it
   is not reaped or one of them is in it; with a control group, to all that are in it, found or not.
   With tree_adopt() it goes to the leader, and to its session one by one. SIGCONT goes behind, lest
   a stopped one never sees it. */
void tree_signal(struct tree *tree, bool reaped, int sig);

/*
 * Kills who traces the leader: one that has ended cannot be reaped, nor can its last thread end,
 * before its tracer has seen it, whoever else waits. Only a tracer that was just found as a member,
 * or that has the run's user where that is not the daemon's. Returns whether there was one, with
 * the last of them in *ret_tracer.
 */
bool tree_kill_tracers(struct tree *tree, struct process *ret_tracer);

/* Writes "sleep (123), cat (124) and 3 more", cut off where there is no room. */
void tree_describe(const struct tree *tree, char *buf, size_t size);
