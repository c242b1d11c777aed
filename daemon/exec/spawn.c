/* See spawn.h. */
#include "exec/spawn.h"

#include "core/model.h"
#include "exec/clone3.h"
#include "exec/identity.h"
#include "exec/process.h"
#include "exec/seats.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
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

/* In there, on x86 and ARM, and what says that there is a second function to go on with. */
#define ACTION_FLAGS    0
#define ACTION_RESTORER 1
#define ACTION_RESTORES 0x04000000UL

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

/* How long one that was killed may take to vanish. */
#define KILL_PATIENCE_MS 1000

/* Room that the first of two children needs on its stack, which only starts the second. */
#define STARTER_STACK_SIZE 8192

struct child {
	const struct spawn *spawn;
	const struct job_settings *settings;
	struct kernel_action as_new;
	struct kernel_action without_core;
	uint64_t no_signals;
	bool changes;      /* takes on another identity: is no vfork */
	bool enter_cgroup; /* it was not born there */
	int stdio[3];      /* as the spawn has them, or copies */
	char oom_score_adj[NUMBER_SIZE];
	char nice[NUMBER_SIZE];
	/* Written by the child, read by the caller when it goes on. */
	struct spawn_error error;
	const char *step; /* of one that is no vfork: what it may be held up by */
	/* Of one that is no vfork: cleared by the kernel, with a futex(2) wake, when it gives up
	   the memory, by exec or exit (clone(2), CLONE_CHILD_CLEARTID). */
	_Atomic uint32_t busy;
	/* Of the second of two children. */
	pid_t pid;
	int pidfd;
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

/* The table of descriptors is the daemon's, until the kernel has copied what of it is wanted. */
_raw_ static int child_take_descriptors(struct child *child)
{
	int last = 2;

	for (int fd = 0; fd < 3; fd++)
		if (child->stdio[fd] > last)
			last = child->stdio[fd];
	if (syscall(SYS_close_range, last + 1, ~0U, CLOSE_RANGE_UNSHARE) < 0)
		return child_fail(child, "stdio", errno);
	for (int fd = 0; fd < 3; fd++)
		if (syscall(SYS_dup3, child->stdio[fd], fd, 0) < 0)
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

/* The kernel knows a vfork: the daemon, whose memory this is, keeps what it has. Of another kind of
   child it would take that for the daemon's too. */
_raw_ static int child_set_oom_score_adj(struct child *child)
{
	int code = child_write(AT_FDCWD, "/proc/self/oom_score_adj", child->oom_score_adj);

	return code != 0 ? child_fail(child, "oom_score_adj", code) : 0;
}

_raw_ static int child_set_priorities(struct child *child)
{
	const struct job_settings *settings = child->settings;

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
	if (settings->oom_score_adj.set && !child->changes)
		child_set_oom_score_adj(child);
	if (settings->cpus.bytes && syscall(SYS_sched_setaffinity, 0, (size_t)settings->cpus.size,
					    settings->cpus.bytes) < 0)
		return child_fail(child, "cpu_affinity", errno);
	return child_set_limits(child);
}

/* Of a signal that would dump the daemon's memory: it ends the process as well without. */
_raw_ static void child_die(int sig)
{
	(void)sig;
	syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

/*
 * The memory is the daemon's, and the process will be the user's: to be signalled by him, and, as
 * far as the kernel lets him, to be looked into and dumped. It mostly does not, as a change of user
 * makes the memory what fs.suid_dumpable says, 0 by default (proc(5)), and leaves it so: the daemon
 * must never take that back. But
 *
 * - where it is 1, only he can trace the process who has all capabilities that it has: so it keeps
 *   root's, to no effect, until exec takes them away (capabilities(7));
 * - where it is not 0, a core dump would show the memory to whom dumps go, and before Linux 5.16
 *   kill all who share it. So no signal makes one. Handlers go with exec.
 */
_raw_ static int child_guard_memory(struct child *child)
{
	static const int dumping[] = {SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,
				      SIGFPE,  SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS};

	syscall(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	for (size_t i = 0; i < sizeof(dumping) / sizeof(dumping[0]); i++)
		if (syscall(SYS_rt_sigaction, dumping[i], &child->without_core, NULL, SIGSET_SIZE) <
		    0)
			return child_fail(child, "signals", errno);
	return 0;
}

/*
 * The daemon's session keyring (session-keyring(7)) would be one for all users, and each could read
 * in there what another has put. Where there are none for us, or no more, it is nobody's business.
 */
_raw_ static int child_leave_keyring(struct child *child)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS &&
	    errno != EPERM && errno != EACCES && errno != EDQUOT)
		return child_fail(child, "keyring", errno);
	return 0;
}

/* Those that the daemon may have been given, by a container for one: with them a program whose file
   has the same would have them in truth (capabilities(7)). */
_raw_ static int child_drop_inheritable(struct child *child)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return child_fail(child, "identity", errno);
	for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		data[i].inheritable = 0;
	if (syscall(SYS_capset, &header, data) < 0)
		return child_fail(child, "identity", errno);
	return 0;
}

/* For good. */
_raw_ static int child_take_identity(struct child *child)
{
	const struct identity *identity = child->spawn->identity;
	uid_t uid = identity->uid;
	gid_t gid = identity->gid;
	uid_t uids[3];
	gid_t gids[3];

	child_guard_memory(child);
	child_leave_keyring(child);
	child->step = "identity";
	if (syscall(RAW_SETGROUPS, identity->n_groups, identity->groups) < 0 ||
	    syscall(RAW_SETRESGID, gid, gid, gid) < 0 ||
	    syscall(RAW_SETRESUID, uid, uid, uid) < 0 ||
	    syscall(RAW_GETRESGID, &gids[0], &gids[1], &gids[2]) < 0 ||
	    syscall(RAW_GETRESUID, &uids[0], &uids[1], &uids[2]) < 0)
		return child_fail(child, "identity", errno);
	for (int i = 0; i < 3; i++)
		if (uids[i] != uid || gids[i] != gid)
			return child_fail(child, "identity", EPERM);
	if (uid == 0)
		return 0;
	if (syscall(RAW_SETRESUID, 0, 0, 0) == 0)
		return child_fail(child, "identity", EPERM);
	return child_drop_inheritable(child);
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
	if (child->changes)
		child_take_identity(child);
	if (child->settings->no_new_privileges &&
	    syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return child_fail(child, "no_new_privileges", errno);

	child->step = "chdir";
	if (syscall(SYS_chdir, spawn->directory) < 0) {
		code = errno;
		if (spawn->directory_required || syscall(SYS_chdir, "/") < 0)
			return child_fail(child, "chdir", code);
	}
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &child->no_signals, NULL, SIGSET_SIZE) < 0)
		return child_fail(child, "signals", errno);
	child->step = "exec";
	return child_exec(child);
}

/* What a child that changes is made with, and every other. */
#define CHANGING_FLAGS (CLONE_VM | CLONE_FILES | CLONE_PIDFD | CLONE_CHILD_CLEARTID)
#define VFORK_FLAGS    (CLONE_VM | CLONE_FILES | CLONE_PIDFD | CLONE_VFORK)

/*
 * A vfork, which may have an oom_score_adj, and hands it on to what it starts in its place: a child
 * of the same parent. They share the stack between them. As they share the caller's descriptors,
 * too, the second one's pidfd is the caller's.
 */
_raw_ static int starter_main(void *arg)
{
	struct child *child = arg;
	char *stack = child->spawn->stack;
	void *no_tls = NULL;

	child_set_oom_score_adj(child);
	child->pid = __clone(child_main, stack + SPAWN_STACK_SIZE - STARTER_STACK_SIZE,
			     CHANGING_FLAGS | CLONE_PARENT | SIGCHLD, child, &child->pidfd, no_tls,
			     &child->busy);
	if (child->pid < 0)
		return child_fail(child, "clone", errno);
	syscall(SYS_exit, 0);
	return 0;
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

/* An older kernel cannot do it, or a filter of system calls (seccomp(2)) does not know it. */
static bool cannot_clone_into(int code)
{
	return code == ENOSYS || code == EINVAL || code == E2BIG || code == EOPNOTSUPP ||
	       code == EPERM;
}

static pid_t clone_into(struct child *child, int (*fn)(void *), uint64_t flags, int *pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_INTO_CGROUP,
		.pidfd = (uintptr_t)pidfd,
		.child_tid = (uintptr_t)&child->busy,
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)child->spawn->stack,
		.stack_size = SPAWN_STACK_SIZE,
		.cgroup = (uint64_t)child->spawn->cgroup,
	};

	return (pid_t)clone3(&args, sizeof(args), fn, child);
}

/* The same returns. The arguments behind `fn` are what clone(2) takes. */
static pid_t start(struct child *child, int (*fn)(void *), int flags, int *pidfd)
{
	const struct spawn *spawn = child->spawn;
	void *no_tls = NULL;

	if (spawn->cgroup >= 0) {
		pid_t pid = clone_into(child, fn, (uint64_t)flags, pidfd);

		child->enter_cgroup = pid < 0 && cannot_clone_into(errno);
		if (!child->enter_cgroup)
			return pid;
	}
	return __clone(fn, (char *)spawn->stack + SPAWN_STACK_SIZE, flags | SIGCHLD, child, pidfd,
		       no_tls, &child->busy);
}

/* With an oom_score_adj to be set. The same returns. */
static pid_t start_by_another(struct child *child, int *pidfd)
{
	_cleanup_close_ int starter = -1;
	pid_t pid = start(child, starter_main, VFORK_FLAGS, &starter);

	if (pid < 0)
		return pid;
	(void)syscall(SYS_waitid, P_PIDFD, starter, NULL, WEXITED, NULL);
	*pidfd = child->pidfd;
	return child->pid;
}

/*
 * Waits until it has become the program or ended, for as long as that may take. Returns whether it
 * has. Both use one errno meanwhile: it is the child's.
 */
static bool await_program(struct child *child)
{
	usec_t deadline = clock_elapsed() + child->spawn->patience;

	while (atomic_load_explicit(&child->busy, memory_order_acquire)) {
		usec_t left = deadline - clock_elapsed();
		struct timespec timeout = {left / USEC_PER_SEC, left % USEC_PER_SEC * 1000};

		if (left <= 0)
			return false;
		(void)syscall(SYS_futex, &child->busy, FUTEX_WAIT, 1, &timeout, NULL, 0);
	}
	return true;
}

/* Reaps one that ends. Returns whether it has. */
static bool bury(int pidfd)
{
	struct pollfd pollfd = {.fd = pidfd, .events = POLLIN};
	siginfo_t info = {0};

	(void)poll(&pollfd, 1, KILL_PATIENCE_MS);
	return syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG, NULL) < 0 ||
	       info.si_pid != 0;
}

/* From the first of it to the program: a child that needs its caller no more. Otherwise, of one
   that is late, it was killed. Returns its number or -1 with errno. */
static pid_t make_child(struct child *child, int *ret_pidfd, bool *ret_late)
{
	pid_t pid;

	if (!child->changes)
		return start(child, child_main, VFORK_FLAGS, ret_pidfd);
	if (!child->settings->oom_score_adj.set)
		pid = start(child, child_main, CHANGING_FLAGS, ret_pidfd);
	else
		pid = start_by_another(child, ret_pidfd);
	if (pid >= 0 && !await_program(child)) {
		*ret_late = true;
		/* Behind this it runs no instruction any more, even where it does not end. */
		process_signal(*ret_pidfd, SIGKILL);
	}
	return pid;
}

int spawn(const struct spawn *spawn, pid_t *ret_pid, int *ret_pidfd, struct spawn_error *ret_error)
{
	static const struct job_settings nothing;
	struct child child = {
		.spawn = spawn,
		.settings = spawn->settings ? spawn->settings : &nothing,
		.without_core = {.handler = (unsigned long)child_die},
		.changes = spawn->identity && spawn->identity->change,
		.step = "clone",
		.busy = 1,
		.pid = -1,
		.pidfd = -1,
	};
	_cleanup_close_ int pidfd = -1;
	bool late = false;
	pid_t pid;
	int seat;
	int code;

	if (child.settings->nice.set)
		(void)snprintf(child.nice, sizeof(child.nice), "%d", child.settings->nice.value);
	if (child.settings->oom_score_adj.set)
		(void)snprintf(child.oom_score_adj, sizeof(child.oom_score_adj), "%d",
			       child.settings->oom_score_adj.value);
	child.without_core.rest[ACTION_FLAGS] = ACTION_RESTORES;
	child.without_core.rest[ACTION_RESTORER] = (unsigned long)child_die;

	memcpy(child.stdio, spawn->stdio, sizeof(child.stdio));
	seat = spawn->seats ? seats_take(spawn->seats, spawn->stdio, child.stdio) : -1;
	pid = make_child(&child, &pidfd, &late);
	code = errno;
	seats_leave(spawn->seats, seat);
	if (pid < 0 && !child.error.stage) {
		*ret_error = (struct spawn_error){"clone", code};
		return -1;
	}
	if (late || child.error.stage) {
		int r = pid < 0 || bury(pidfd) ? -1 : SPAWN_LEFT;

		*ret_error = child.error;
		if (!child.error.stage)
			*ret_error = (struct spawn_error){child.step, ETIMEDOUT};
		return r;
	}
	*ret_pid = pid;
	*ret_pidfd = steal_fd(&pidfd);
	return 0;
}
