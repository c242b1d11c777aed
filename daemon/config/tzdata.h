/*
 * The system's time zone files, tzdata: in $TZDIR, or /usr/share/zoneinfo. Reads files: may block.
 * Any thread.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

#define TZDATA_DIR "/usr/share/zoneinfo"

/* The longest name of a zone. */
#define TZDATA_NAME_MAX 255

/* Where the files are. */
const char *tzdata_dir(void);

/* Can it be the name of a zone: relative, without dots, without empty parts? */
bool tzdata_name_is_valid(const char *name);

/*
 * Reads a regular file of at most ZONE_FILE_MAX bytes; *ret_bytes is to be freed. Returns 0;
 * -EISDIR for a directory, -EINVAL for what else is no regular file; -EFBIG; or another -errno.
 */
int tzdata_read(const char *path, void **ret_bytes, size_t *ret_size) _must_check_;

/* The name of a zone that is there and may have been meant: in other letter case, misspelt, or
   without its region. NULL: there is none, or no memory; else to be freed. */
char *tzdata_suggest(const char *name) _must_check_;
