/*
 * The directory in which the ledger is: that of the configuration, else the first of those that
 * systemd made (STATE_DIRECTORY, systemd.exec(5)), else /var/lib/everyd, or everyd in
 * XDG_STATE_HOME or ~/.local/state if not root. It is for one daemon at a time, which holds a lock
 * in it.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

/* Of the lock, in the directory. */
#define STATE_DIR_LOCK "everyd.lock"

/* Room for what is said of it. */
#define STATE_DIR_TEXT_SIZE 512

struct state_dir;

/*
 * Finds or makes it, checks that nobody else can write to it, and locks it: once at a time in a
 * process, whose lock it is. `configured`: an absolute path; NULL: the usual place. May block on
 * the disk. Returns 0, in which case `error` is "" or says, in a sentence without its full stop,
 * why nothing keeps a second daemon out; -EBUSY if another one has it; or another -errno if it
 * cannot be had, now or ever. `error` says why then, and what to do.
 */
int state_dir_open(const char *configured, struct state_dir **ret_dir, char *error,
		   size_t size) _must_check_;

/* Is it locked? */
bool state_dir_is_locked(const struct state_dir *dir);

/* Tries once more to lock one that is not. The same returns. */
int state_dir_lock(struct state_dir *dir, char *error, size_t size) _must_check_;

const char *state_dir_path(const struct state_dir *dir);

/* Lets go of the lock; the file stays. NULL is fine. */
void state_dir_free(struct state_dir *dir);
