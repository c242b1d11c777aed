/*
 * A file that one process at a time has locked (fcntl(2), F_SETLK). Whatever thread; what has it
 * locked twice in one process does not notice.
 */
#pragma once

#include "base/cleanup.h"

#include <sys/types.h>

/*
 * Locks a file that is open for writing, until any descriptor of it in this process is closed. A
 * daemon that was killed in the midst of a spawn is outlived for a moment by the child, which has
 * its descriptors until it has taken its own (exec/spawn.h): that is waited for. Returns 0; -EBUSY
 * with *ret_holder, which is 0 if it is not known; or -errno.
 */
int process_lock(int fd, pid_t *ret_holder) _must_check_;
