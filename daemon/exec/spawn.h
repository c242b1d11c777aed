/*
 * Becomes another program in the time it takes to say so: vfork-style, in a session of its own.
 *
 * The child borrows the caller's memory, on a stack of its own, until it has become the program;
 * meanwhile the calling thread waits. Between the two there are only raw system calls on data that
 * was prepared before (signal-safety(7)): no lock is taken, no allocator is entered, nothing is
 * copied, however large the daemon is.
 *
 * One that takes on another identity is the user's to stop, and waits for what the user may hold
 * up: a lease on the program (fcntl(2)), a file system that does not answer (fuse(4)), where not
 * even SIGKILL ends the wait. So it has a bound, while a vfork has none.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Room that the child needs on its stack. */
#define SPAWN_STACK_SIZE ((size_t)32 * 1024)

struct identity;
struct job_settings;
struct seats;

struct spawn {
	/* Ends with NULL. Tried in turn while there is no such file; what is only not permitted
	   is remembered, as execvp(3) does. */
	const char *const *paths;
	char *const *argv;
	char *const *envp;
	const char *directory;   /* working directory */
	bool directory_required; /* or else "/" where it is not there */
	int stdio[3];            /* become descriptors 0, 1 and 2; none of them is one of these */
	struct seats *seats;     /* for these, meanwhile; NULL: there are none */
	int cgroup; /* a directory of cgroup v2 to be born in; negative: the caller's */
	const struct identity *identity;     /* to take on, for good; NULL: the caller's */
	const struct job_settings *settings; /* what of it is for the kernel: umask, nice, ioprio,
						oom_score_adj, cpus, rlimits, no_new_privileges;
						NULL: nothing */
	const int *signals;                  /* of spawn_find_ignored(): are no longer ignored */
	const struct rlimit64 *files; /* becomes RLIMIT_NOFILE, but for what settings say of it;
					 NULL: it is as the caller's */
	usec_t patience; /* how long it may take to become the program with another identity */
	void *stack;     /* SPAWN_STACK_SIZE bytes, aligned to 16 */
};

/* Room for every signal and the end. */
#define SPAWN_SIGNALS (64 + 1)

/*
 * Lists the signals that this process ignores, those too that the C library keeps for itself: what
 * is ignored stays ignored in a new program (execve(2)), while handlers go by themselves. Ends with
 * 0. Any thread.
 */
void spawn_find_ignored(int ret_signals[static SPAWN_SIGNALS]);

/* Kernel errors of a spawn. */
struct spawn_error {
	/* "clone", "cgroup", "setsid", "signals", "stdio", "nice", "ionice", "oom_score_adj",
	   "cpu_affinity", "limits", "keyring", "identity", "no_new_privileges", "chdir" or "exec"
	 */
	const char *stage;
	int code; /* errno; ETIMEDOUT: it got no further than that in spawn.patience */
};

/* What spawn() returns when it failed, and the child was killed and has not ended. */
#define SPAWN_LEFT (-2)

/*
 * Starts it. Every other descriptor is closed in it, its signal mask is empty, and it leads a
 * session and process group of its own. Returns 0, then *ret_pidfd is the caller's and *ret_pid
 * is to be waited for by the calling thread; or -1, then *ret_error says why and nothing is left
 * behind; or SPAWN_LEFT, the same, but the calling thread has a child that it has to reap when that
 * ends. What was passed in is no longer needed in any case. Any thread that has all signals
 * blocked.
 */
int spawn(const struct spawn *spawn, pid_t *ret_pid, int *ret_pidfd,
	  struct spawn_error *ret_error) _must_check_;
