/* Where the configuration is when nobody says. */
#pragma once

#include "base/cleanup.h"

/*
 * The path of the main configuration file: where systemd puts it (CONFIGURATION_DIRECTORY,
 * systemd.exec(5)), for root the system's place, for others XDG's. The file need not be there.
 * Returns 0 with *ret_path the caller's to free; -ENOENT if nothing tells where it might be; or
 * -ENOMEM. Reads the environment: one thread.
 */
int path_default(char **ret_path) _must_check_;
