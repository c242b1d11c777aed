/* See clone3.h. The child is on another stack: only in assembly it can be told what to do there. */
#include "exec/clone3.h"

#include <errno.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
long clone3(struct clone_args *args, size_t size, int (*fn)(void *), void *arg)
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
long clone3(struct clone_args *args, size_t size, int (*fn)(void *), void *arg)
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
long clone3(struct clone_args *args, size_t size, int (*fn)(void *), void *arg)
{
	(void)args;
	(void)size;
	(void)fn;
	(void)arg;
	errno = ENOSYS;
	return -1;
}
#endif
