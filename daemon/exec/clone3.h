/* A system call for which the C library has no function. */
#pragma once

#include "base/cleanup.h"

#include <linux/sched.h>
#include <stddef.h>

/*
 * clone3(2): the child runs fn(arg), which does not return, on the stack in args. Returns the
 * child's number, or -1 with errno; ENOSYS, too, on a machine for which it is not written. Any
 * thread.
 */
long clone3(struct clone_args *args, size_t size, int (*fn)(void *), void *arg);
