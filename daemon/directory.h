/*
 * The directory in which files for hooks are put, one for each daemon: that which systemd made
 * (RUNTIME_DIRECTORY, systemd.exec(5)), else /run/everyd, or everyd in XDG_RUNTIME_DIR if not root;
 * and where that cannot be had, or another daemon has it, a new one in /tmp.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>

struct directory;

/* Finds it or makes it, and keeps others of the same user from it. Returns 0 or -errno. */
int directory_new(struct directory **ret_directory) _must_check_;

/* Lets go of it; removes it if it is in /tmp. NULL is fine. */
void directory_free(struct directory *directory);

const char *directory_path(const struct directory *directory);

/* The one that should be, if it could not be had, else NULL; and whether another daemon has it. */
const char *directory_missed(const struct directory *directory, bool *ret_taken);
