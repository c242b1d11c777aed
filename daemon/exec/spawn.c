/* See spawn.h. */
#include "exec/spawn.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A sanitizer's bookkeeping of the calling thread must not notice what the child does in the same
 * memory: it enters functions that it never leaves.
 */
#if defined(__has_attribute)
#if __has_attribute(disable_sanitizer_instrumentation)
#define _raw_ __attribute__((disable_sanitizer_instrumentation))
#endif
#endif
#ifndef _raw_
#define _raw_ __attribute__((no_sanitize("address,thread,undefined")))
#endif

/*
 * clone(2) by the name under which ThreadSanitizer does not wrap it: its wrapper takes the child
 * for a copy of the process and puts the bookkeeping to rights in it, which here is the caller's.
 */
int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);

/* What rt_sigaction(2) takes on every architecture, with the handler in front; zeroed: SIG_DFL, no
   flags, no mask. */
struct kernel_action {
	unsigned long handler;
	unsigned long rest[3];
};

/* What rt_sigprocmask(2) takes. */
#define SIGSET_SIZE 8

struct child {
	const struct spawn *spawn;
	struct kernel_action as_new;
	uint64_t no_signals;
	/* Written by the child, read by the caller when it goes on. */
	struct spawn_error error;
};

_raw_ static int child_fail(struct child *child, const char *stage, int code)
{
	child->error.stage = stage;
	child->error.code = code;
	syscall(SYS_exit, 127);
	return 127;
}

_raw_ static int child_main(void *arg)
{
	struct child *child = arg;
	const struct spawn *spawn = child->spawn;
	int code = 0;

	if (syscall(SYS_setsid) < 0)
		return child_fail(child, "setsid", errno);

	/* Handlers go by themselves with exec. One that runs in here, in the instant in which
	   signals are unblocked, finds the loop's descriptors closed and does nothing. */
	for (const int *sig = spawn->signals; *sig; sig++)
		if (syscall(SYS_rt_sigaction, *sig, &child->as_new, NULL, SIGSET_SIZE) < 0)
			return child_fail(child, "signals", errno);

	for (int fd = 0; fd < 3; fd++)
		if (syscall(SYS_dup3, spawn->stdio[fd], fd, 0) < 0)
			return child_fail(child, "stdio", errno);
	if (syscall(SYS_close_range, 3, ~0U, 0) < 0)
		return child_fail(child, "stdio", errno);

	if (spawn->files && syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, spawn->files, NULL) < 0)
		return child_fail(child, "limits", errno);

	if (syscall(SYS_chdir, spawn->directory) < 0 && syscall(SYS_chdir, "/") < 0)
		return child_fail(child, "chdir", errno);

	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &child->no_signals, NULL, SIGSET_SIZE) < 0)
		return child_fail(child, "signals", errno);

	for (const char *const *path = spawn->paths; *path; path++) {
		syscall(SYS_execve, *path, spawn->argv, spawn->envp);
		if (code != EACCES)
			code = errno;
		if (errno != EACCES && errno != ENOENT && errno != ENOTDIR)
			return child_fail(child, "exec", errno);
	}
	return child_fail(child, "exec", code);
}

void spawn_find_ignored(int ret_signals[static SPAWN_SIGNALS])
{
	size_t n = 0;

	/* sigaction(3) does not tell of the signals that glibc keeps for itself. */
	for (int sig = 1; sig < SPAWN_SIGNALS; sig++) {
		struct kernel_action action = {0};

		if (syscall(SYS_rt_sigaction, sig, NULL, &action, SIGSET_SIZE) == 0 &&
		    action.handler == (unsigned long)SIG_IGN)
			ret_signals[n++] = sig;
	}
	ret_signals[n] = 0;
}

int spawn(const struct spawn *spawn, pid_t *ret_pid, int *ret_pidfd, struct spawn_error *ret_error)
{
	struct child child = {.spawn = spawn};
	_cleanup_close_ int pidfd = -1;
	pid_t pid;

	pid = __clone(child_main, (char *)spawn->stack + SPAWN_STACK_SIZE,
		      CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &child, &pidfd);
	if (pid < 0) {
		*ret_error = (struct spawn_error){"clone", errno};
		return -1;
	}
	if (child.error.stage) {
		(void)syscall(SYS_waitid, P_PIDFD, pidfd, NULL, WEXITED, NULL);
		*ret_error = child.error;
		return -1;
	}
	*ret_pid = pid;
	*ret_pidfd = steal_fd(&pidfd);
	return 0;
}
