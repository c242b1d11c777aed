/* What /proc tells about processes (proc(5)), for those that nobody can wait for. Any thread. */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROCESS_NAME_SIZE 64

struct process {
	pid_t pid;
	pid_t parent;
	pid_t group;
	pid_t session;
	char state;   /* 'R', 'S', ... of its main thread */
	long threads; /* that have not been reaped */
	char name[PROCESS_NAME_SIZE];
	long start; /* when it began, in clock ticks since boot: with the number, nobody else's */
};

/* Reads one line of /proc/PID/stat. Returns 0 or -EINVAL. */
int process_parse(const char *text, struct process *ret_process) _must_check_;

/* Reads it for a process. Returns 0 or -errno; -ENOENT or -ESRCH: there is none. */
int process_read(pid_t pid, struct process *ret_process) _must_check_;

/* Has it ended, and only its status is left? Other threads may outlive the main one. */
bool process_is_dead(const struct process *process);

/*
 * Calls fn for every process that there is, until it returns false. Those that come and go
 * meanwhile may be left out. Returns 0, or -errno where not all that are there can be read.
 */
int process_each(bool (*fn)(void *ctx, const struct process *process), void *ctx) _must_check_;

/* How many marks there may be. */
#define PROCESS_MARKS 8

/* Are all these assignments (NAME=VALUE; the list ends with NULL) in the environment that it was
   started with, each before any other of the same name, and no variable of which the name alone is
   there? With an empty list it is not so. Reads no further than it has to. Returns 0 or 1, or
   -errno of reading it: -EACCES for a thread that may not trace it (ptrace(2)). */
int process_is_marked(pid_t pid, char *const *marks) _must_check_;

/* Whose it is by its effective user, which a program's file may change (execve(2)), and by the real
   one, which costs more to find out. Return 0 or -errno; -ENOENT or -ESRCH: there is none. */
int process_read_effective_user(pid_t pid, uid_t *ret_uid) _must_check_;
int process_read_real_user(pid_t pid, uid_t *ret_uid) _must_check_;

/* Calls fn for each process that traces one of its threads (ptrace(2)), once per thread. Without
   being let go of by these it is not reaped. Returns 0 or -errno. */
int process_each_tracer(pid_t pid, void (*fn)(void *ctx, pid_t tracer), void *ctx) _must_check_;

/* A descriptor for it (pidfd_open(2)), which polls readable when it has ended; or -errno. */
int process_open(pid_t pid);

/* Such a descriptor, and what the process is now that it is held: the number may have gone from one
   to another before. -ESRCH: it has ended; or -errno, -EMFILE for one. */
int process_hold(pid_t pid, struct process *ret_process) _must_check_;

/* Has it ended, by such a descriptor? What was read of its number before is of it, if not. */
bool process_has_ended(int pidfd);

/* Sends a signal by such a descriptor, never to a process that took over the number. */
void process_signal(int pidfd, int sig);

/* The id of this boot (random(4)): numbers of processes and their beginnings mean nothing in
   another. Returns 0 or -errno. */
#define PROCESS_BOOT_ID_SIZE 37
int process_boot_id(char buf[static PROCESS_BOOT_ID_SIZE]) _must_check_;
