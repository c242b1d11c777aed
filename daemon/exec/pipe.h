/* The pipes that a command prints into. Any thread. */
#pragma once

#include "base/cleanup.h"

struct identity;

/*
 * Makes one that the run writes to; both ends are the caller's. Its reader, whose open file
 * description is its own, does not wait: another one of the run may have been first. The user may
 * open it by its name in /proc, as one does who writes to /dev/stderr; where that cannot be had,
 * that alone fails. `identity`: who will write; NULL: the daemon. Returns 0 or -errno.
 */
int pipe_make(const struct identity *identity, int *ret_read, int *ret_write) _must_check_;
