/*
 * A stream whose text is gathered in memory, as that of open_memstream(3), but that tells when
 * there was no memory for it: the C library's (glibc 2.36) drops what is written then, and neither
 * ferror(3) nor fclose(3) says so.
 */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>
#include <stdio.h>

/*
 * Opens one. When fclose(3) has returned 0, *ret_text is what was written, with a NUL behind it,
 * for free(3), and *ret_len how long that is; NULL and 0 until then, and if it failed, as it does
 * after any write that did. NULL: out of memory. One thread at a time.
 */
FILE *text_file_open(char **ret_text, size_t *ret_len) _must_check_;
