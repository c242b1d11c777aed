/* See spawn.h. */
#include "exec/spawn.h"

#include "core/model.h"
#include "exec/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
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

/* Some architectures have older calls, for numbers of 16 bits, under the plain names. */
#ifdef SYS_setgroups32
#define RAW_SETGROUPS SYS_setgroups32
#define RAW_SETRESGID SYS_setresgid32
#define RAW_GETRESGID SYS_getresgid32
#define RAW_SETRESUID SYS_setresuid32
#define RAW_GETRESUID SYS_getresuid32
#else
#define RAW_SETGROUPS SYS_setgroups
#define RAW_SETRESGID SYS_setresgid
#define RAW_GETRESGID SYS_getresgid
#define RAW_SETRESUID SYS_setresuid
#define RAW_GETRESUID SYS_getresuid
#endif

/* Room for a number as text. */
#define NUMBER_SIZE 12

struct child {
	const struct spawn *spawn;
	const struct job_settings *settings;
	struct kernel_action as_new;
	uint64_t no_signals;
	bool enter_cgroup; /* it was not born there */
	char oom_score_adj[NUMBER_SIZE];
	char nice[NUMBER_SIZE];
	/* Written by the child, read by the caller when it goes on. */
	struct spawn_error error;
};

/* --- the child --- */

_raw_ static int child_fail(struct child *child, const char *stage, int code)
{
	child->error.stage = stage;
	child->error.code = code;
	syscall(SYS_exit, 127);
	return 127;
}

/* Returns 0 or an errno. */
_raw_ static int child_write(int dir, const char *path, const char *text)
{
	size_t len = 0;
	int fd = (int)syscall(SYS_openat, dir, path, O_WRONLY | O_CLOEXEC);
	int code;

	if (fd < 0)
		return errno;
	/* strlen(3) is the C library's, and a sanitizer's. */
	while (text[len])
		len++;
	code = syscall(SYS_write, fd, text, len) < 0 ? errno : 0;
	syscall(SYS_close, fd);
	return code;
}

_raw_ static int child_take_descriptors(struct child *child)
{
	for (int fd = 0; fd < 3; fd++)
		if (syscall(SYS_dup3, child->spawn->stdio[fd], fd, 0) < 0)
			return child_fail(child, "stdio", errno);
	if (syscall(SYS_close_range, 3, ~0U, 0) < 0)
		return child_fail(child, "stdio", errno);
	return 0;
}

_raw_ static int child_set_limits(struct child *child)
{
	const struct job_rlimits *rlimits = &child->settings->rlimits;

	if (child->spawn->files &&
	    syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, child->spawn->files, NULL) < 0)
		return child_fail(child, "limits", errno);
	for (uint32_t i = 0; i < rlimits->n; i++) {
		const struct job_rlimit *item = &rlimits->items[i];
		struct rlimit64 limit;

		limit.rlim_cur = item->soft;
		limit.rlim_max = item->hard;
		if (syscall(SYS_prlimit64, 0, (int)item->resource, &limit, NULL) < 0)
			return child_fail(child, "limits", errno);
	}
	return 0;
}

_raw_ static int child_set_priorities(struct child *child)
{
	const struct job_settings *settings = child->settings;
	int code;

	if (settings->umask.set)
		syscall(SYS_umask, settings->umask.value);
	if (settings->nice.set) {
		if (syscall(SYS_setpriority, PRIO_PROCESS, 0, settings->nice.value) < 0)
			return child_fail(child, "nice", errno);
		/* Where the kernel schedules sessions as groups (sched(7)), the nice value of a
		   process counts within its session only, and that of a session is here. Others
		   than root may set it a few times a second, which has to do. */
		(void)child_write(AT_FDCWD, "/proc/self/autogroup", child->nice);
	}
	if (settings->ioprio.set &&
	    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, settings->ioprio.value) < 0)
		return child_fail(child, "ionice", errno);
	/* The kernel knows a vfork: the daemon, whose memory this is, keeps what it has. */
	if (settings->oom_score_adj.set) {
		code = child_write(AT_FDCWD, "/proc/self/oom_score_adj", child->oom_score_adj);
		if (code != 0)
			return child_fail(child, "oom_score_adj", code);
	}
	if (settings->cpus.bytes && syscall(SYS_sched_setaffinity, 0, (size_t)settings->cpus.size,
					    settings->cpus.bytes) < 0)
		return child_fail(child, "cpu_affinity", errno);
	return child_set_limits(child);
}

/*
 * For good. With the change of user the kernel makes the memory, which is the daemon's, one that no
 * other process of the user may look into (prctl(2), PR_SET_DUMPABLE), and leaves it so: the daemon
 * must never take that back.
 */
_raw_ static int child_take_identity(struct child *child)
{
	const struct identity *identity = child->spawn->identity;
	uid_t uid = identity->uid;
	gid_t gid = identity->gid;
	uid_t uids[3];
	gid_t gids[3];

	if (syscall(RAW_SETGROUPS, identity->n_groups, identity->groups) < 0 ||
	    syscall(RAW_SETRESGID, gid, gid, gid) < 0 ||
	    syscall(RAW_SETRESUID, uid, uid, uid) < 0 ||
	    syscall(RAW_GETRESGID, &gids[0], &gids[1], &gids[2]) < 0 ||
	    syscall(RAW_GETRESUID, &uids[0], &uids[1], &uids[2]) < 0)
		return child_fail(child, "identity", errno);
	for (int i = 0; i < 3; i++)
		if (uids[i] != uid || gids[i] != gid)
			return child_fail(child, "identity", EPERM);
	if (uid != 0 && syscall(RAW_SETRESUID, 0, 0, 0) == 0)
		return child_fail(child, "identity", EPERM);
	return 0;
}

_raw_ static int child_exec(struct child *child)
{
	const struct spawn *spawn = child->spawn;
	int code = 0;

	for (const char *const *path = spawn->paths; *path; path++) {
		syscall(SYS_execve, *path, spawn->argv, spawn->envp);
		if (code != EACCES)
			code = errno;
		if (errno != EACCES && errno != ENOENT && errno != ENOTDIR)
			return child_fail(child, "exec", errno);
	}
	return child_fail(child, "exec", code);
}

/* A step that fails does not return: each ends the process. */
_raw_ static int child_main(void *arg)
{
	struct child *child = arg;
	const struct spawn *spawn = child->spawn;
	int code;

	if (child->enter_cgroup) {
		code = child_write(spawn->cgroup, "cgroup.procs", "0");
		if (code != 0)
			return child_fail(child, "cgroup", code);
	}
	if (syscall(SYS_setsid) < 0)
		return child_fail(child, "setsid", errno);

	/* Handlers go by themselves with exec. One that runs in here, in the instant in which
	   signals are unblocked, finds the loop's descriptors closed and does nothing. */
	for (const int *sig = spawn->signals; *sig; sig++)
		if (syscall(SYS_rt_sigaction, *sig, &child->as_new, NULL, SIGSET_SIZE) < 0)
			return child_fail(child, "signals", errno);

	child_take_descriptors(child);
	child_set_priorities(child);
	if (spawn->identity && spawn->identity->change)
		child_take_identity(child);
	if (child->settings->no_new_privileges &&
	    syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return child_fail(child, "no_new_privileges", errno);

	if (syscall(SYS_chdir, spawn->directory) < 0) {
		code = errno;
		if (spawn->directory_required || syscall(SYS_chdir, "/") < 0)
			return child_fail(child, "chdir", code);
	}
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &child->no_signals, NULL, SIGSET_SIZE) < 0)
		return child_fail(child, "signals", errno);
	return child_exec(child);
}

/* --- the caller --- */

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

/*
 * clone3(2), for which glibc has no function: the child runs fn(arg), which does not return, on the
 * stack in args. Returns the child's number or -1 with errno.
 */
#if defined(__x86_64__)
static long clone3(struct clone_args *args, size_t size, int (*fn)(void *), void *arg)
{
	register int (*child_fn)(void *) __asm__("r8") = fn;
	register void *child_arg __asm__("r9") = arg;
	long result;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r9, %%rdi\n\t"
			 "call *%%r8\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(result)
			 : "a"(SYS_clone3), "D"(args), "S"(size), "r"(child_fn), "r"(child_arg)
			 : "rcx", "r11", "cc", "memory");
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}
#elif defined(__aarch64__)
static long clone3(struct clone_args *args, size_t size, int (*fn)(void *), void *arg)
{
	register long call __asm__("x8") = SYS_clone3;
	register long result __asm__("x0") = (long)args;
	register size_t args_size __asm__("x1") = size;
	register int (*child_fn)(void *) __asm__("x10") = fn;
	register void *child_arg __asm__("x11") = arg;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x0, x11\n\t"
			 "blr x10\n\t"
			 "brk #1\n"
			 "1:"
			 : "+r"(result)
			 : "r"(call), "r"(args_size), "r"(child_fn), "r"(child_arg)
			 : "cc", "memory");
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}
#else
static long clone3(struct clone_args *args, size_t size, int (*fn)(void *), void *arg)
{
	(void)args;
	(void)size;
	(void)fn;
	(void)arg;
	errno = ENOSYS;
	return -1;
}
#endif

/* An older kernel cannot do it, or a filter of system calls (seccomp(2)) does not know it. */
static bool cannot_clone_into(int code)
{
	return code == ENOSYS || code == EINVAL || code == E2BIG || code == EOPNOTSUPP ||
	       code == EPERM;
}

static pid_t clone_into(struct child *child, int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_INTO_CGROUP,
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)child->spawn->stack,
		.stack_size = SPAWN_STACK_SIZE,
		.cgroup = (uint64_t)child->spawn->cgroup,
	};

	return (pid_t)clone3(&args, sizeof(args), child_main, child);
}

int spawn(const struct spawn *spawn, pid_t *ret_pid, int *ret_pidfd, struct spawn_error *ret_error)
{
	static const struct job_settings nothing;
	struct child child = {
		.spawn = spawn,
		.settings = spawn->settings ? spawn->settings : &nothing,
	};
	_cleanup_close_ int pidfd = -1;
	pid_t pid = -1;

	if (child.settings->nice.set)
		(void)snprintf(child.nice, sizeof(child.nice), "%d", child.settings->nice.value);
	if (child.settings->oom_score_adj.set)
		(void)snprintf(child.oom_score_adj, sizeof(child.oom_score_adj), "%d",
			       child.settings->oom_score_adj.value);
	if (spawn->cgroup >= 0) {
		pid = clone_into(&child, &pidfd);
		child.enter_cgroup = pid < 0 && cannot_clone_into(errno);
	}
	if (spawn->cgroup < 0 || child.enter_cgroup)
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
