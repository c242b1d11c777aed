/*
 * Files that a job's output goes to or its input comes from, opened by the daemon on behalf of the
 * job's user, who may be hostile: on the way there no symbolic link of another user but root is
 * followed, and what is opened is a plain file with contents that are kept, none of the kernel's
 * controls in proc(5) and the like. Any thread.
 *
 * open(2) and write(2) last as long as the file system takes, and nothing but the end of the
 * process ends one that waits for a server that is silent: no signal does, and a thread cannot be
 * taken back. So no file system is entered that a user other than root and the daemon's own serves
 * (fuse(4)). One of theirs, or by a network, that hangs takes the worker with it.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct identity;

/* What a pattern stands for. */
struct outfile_names {
	const char *job;
	const char *run;
	usec_t wall; /* for strftime(3), in local time */
};

/*
 * Writes the path that a pattern stands for: %j is the job's name, %r the run's number, %% a %, the
 * rest is strftime(3)'s; "~" at the beginning is `home`. Returns 0 or -ENAMETOOLONG.
 */
int outfile_expand(const char *pattern, const struct outfile_names *names, const char *home,
		   char *buf, size_t size) _must_check_;

/*
 * Opens for appending, as that user; makes the file (mode 0640, of umask) and the directories above
 * it (0755) that are missing. Returns a descriptor, or -errno: -ELOOP at another's symbolic link,
 * -EPERM when it is not a plain file, or is another user's or the kernel's, or a user serves the
 * file system, -EMLINK when it has a second name (link(2)), by which somebody may have put it
 * there.
 */
int outfile_open(const char *path, const struct identity *identity) _must_check_;

/*
 * Opens a plain file, or /dev/null, for reading, as that user. `trusted`: as the daemon itself, so
 * that secrets that the user may not read can be passed on; then no symbolic link but root's and
 * the daemon's own is followed, and the file is root's, the daemon's or the user's. Returns a
 * descriptor or -errno, as above.
 */
int outfile_open_input(const char *path, const struct identity *identity,
		       bool trusted) _must_check_;
