/* Where the configuration is, and the ledger, when nobody says. */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The path of the main configuration file: where systemd puts it (CONFIGURATION_DIRECTORY,
 * systemd.exec(5)), for root the system's place, for others XDG's. The file need not be there.
 * Returns 0 with *ret_path the caller's to free; -ENOENT if nothing tells where it might be; or
 * -ENOMEM. Reads the environment: one thread.
 */
int path_default(char **ret_path) _must_check_;

/*
 * The directory of the ledger: `configured` if that is not NULL; else the first of those that
 * systemd made (STATE_DIRECTORY, systemd.exec(5)); else /var/lib/everyd, or everyd in
 * XDG_STATE_HOME or ~/.local/state if not root, then with *ret_own: below the user's own. It
 * need not be there. Returns 0; -ENOENT if nothing tells where it might be; or -ENAMETOOLONG. One
 * thread.
 */
int path_state(const char *configured, char *path, size_t size, bool *ret_own) _must_check_;
