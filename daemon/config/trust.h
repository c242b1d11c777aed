/*
 * Reads files whose content decides what everyd runs: only those that nobody but root or everyd's
 * own user can have written. The check is made on the descriptor that is then read.
 */
#pragma once

#include "base/cleanup.h"
#include "config/place.h"

#include <stddef.h>
#include <sys/types.h>

/* The most bytes that one file may have. */
#define TRUST_FILE_MAX ((size_t)256 * 1024 * 1024)

/* A file in memory. */
struct trusted_file {
	char *text; /* len bytes and a NUL; the caller's to free */
	size_t len;
	dev_t dev;
	ino_t ino;
};

/*
 * Opens, checks and reads a regular file. Returns 0; or -errno, and unless it is -ENOMEM the
 * reason has been reported: at `from` if there is no such file, at the file otherwise.
 */
int trust_read(const char *path, const struct place *from, struct diags *diags,
	       struct trusted_file *ret_file) _must_check_;

/* Opens and checks a directory. Returns a descriptor; or -errno, as trust_read(). */
int trust_open_dir(const char *path, const struct place *from, struct diags *diags) _must_check_;
