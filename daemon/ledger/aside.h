/* Setting a file aside that cannot be gone on with. */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stddef.h>

/*
 * Renames the database and what belongs to it (-wal, -shm), none of which may be open, to
 * PATH.broken-YYYYMMDDTHHMMSSZ, with a number behind that if there is such a file. Returns 0, then
 * *ret_name is how it is named now, to be freed by free(3), or NULL if there was none; or -errno.
 */
int aside_put(const char *path, usec_t now, char **ret_name) _must_check_;
