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
};

/* Reads one line of /proc/PID/stat. Returns 0 or -EINVAL. */
int process_parse(const char *text, struct process *ret_process) _must_check_;

/* Reads it for a process. Returns 0 or -errno; -ENOENT or -ESRCH: there is none. */
int process_read(pid_t pid, struct process *ret_process) _must_check_;

/* Has it ended, and only its status is left? Other threads may outlive the main one. */
bool process_is_dead(const struct process *process);

/*
 * Calls fn for every process that there is, until it returns false. Those that come and go
 * meanwhile may be left out. Returns 0 or -errno of opening /proc.
 */
int process_each(bool (*fn)(void *ctx, const struct process *process), void *ctx) _must_check_;

/* Are all these assignments (NAME=VALUE; the list ends with NULL) in the environment that it was
   started with, and no variable of which the name alone is there? With an empty list it is not so.
   Returns 0 or 1, or -errno of reading it: -EACCES for a thread that may not trace it (ptrace(2)).
 */
int process_is_marked(pid_t pid, char *const *marks) _must_check_;

/* A descriptor for it (pidfd_open(2)), which polls readable when it has ended; or -errno. */
int process_open(pid_t pid);

/* Such a descriptor, and what the process is now that it is held: the number may have gone from one
   to another before. -ESRCH: it has ended; or -errno. */
int process_hold(pid_t pid, struct process *ret_process) _must_check_;

/* Sends a signal by such a descriptor, never to a process that took over the number. */
void process_signal(int pidfd, int sig);
