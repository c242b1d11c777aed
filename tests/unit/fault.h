/* What the kernel can do, and making it fail. */
#pragma once

#include <assert.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Is this a whole kernel? valgrind stands in for one that has no pidfds and makes a fork of each
   vfork, whose failure then nobody sees. */
static inline bool kernel_is_whole(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* What a test program prints that needs one and has none: TAP, one test, skipped. */
#define KERNEL_SKIP "1..1\nok 1 # SKIP needs pidfds, which this kernel does not have"

/* Makes a system call fail, for good, in this process and its children: a seccomp(2) filter. */
static inline void fault_inject(long number, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
	int r = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	assert(r == 0);
	r = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	assert(r == 0);
	(void)r;
}

/* Calls fn(arg) in a child with that fault. Returns its exit status: what fn returned. */
static inline int fault_call(long number, int error, int (*fn)(void *arg), void *arg)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		/* An assertion of cmocka that fails is not to go on with the next test in here. */
		(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
		fault_inject(number, error);
		_exit(fn(arg));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
