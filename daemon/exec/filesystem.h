/*
 * Which file systems output may go to and input come from: not those whose files are the kernel's
 * own controls, and not one that a user serves, who could let whoever looks into it wait for ever.
 * Any thread.
 */
#pragma once

#include "base/cleanup.h"

#include <sys/types.h>

/*
 * Is it a file with contents that are kept, and none of proc(5), sysfs(5) and the like, where what
 * is read and what a write does may depend on who does it? Returns 0; -EPERM if not; or -errno.
 */
int filesystem_check_file(int fd) _must_check_;

/*
 * Is what was opened with O_PATH in a file system that answers? Not in one by FUSE (fuse(4)) that
 * another user than root or the daemon's own mounted. Asks nobody but the kernel. `*device` is that
 * of the last one that was checked, at first 0: what is in the same is not looked at again. Returns
 * 0; -EPERM if not; or -errno.
 */
int filesystem_check_server(int fd, dev_t *device) _must_check_;
