/*
 * Runs libconfuse over a text that scan_text() has prepared, and hands over what it finds as
 * texts with their lines. libconfuse's scanner is global to the process and its callbacks carry no
 * context: one thread at a time, and one parse.
 */
#pragma once

#include "base/cleanup.h"
#include "base/diag.h"
#include "config/options.h"
#include "config/scan.h"

#include <stddef.h>

/* Where the finds go. What they are given lives until they return. 0 to go on; -errno ends it. */
struct parse_sink {
	/* A section; its title NULL if it has none. `whole`: all that stands in it could be read.
	   `defaults` comes before all else. */
	int (*section)(void *ctx, const struct option *section, const char *title, unsigned line,
		       bool whole, const struct option_given *given, size_t n_given);
	int (*include)(void *ctx, const char *path, unsigned line);
	/* An option of the top level; after all else. */
	int (*top)(void *ctx, const struct option_given *given);
	void *ctx;
};

/*
 * Parses. Overwrites the text of `defaults` with spaces. Returns 0, what the sink returned, or
 * -ENOMEM. Should libconfuse refuse the text all the same, that is reported to `diags` and is 0.
 */
int parse_text(char *text, const struct scan *scan, const char *file, enum option_where where,
	       const struct parse_sink *sink, struct diags *diags) _must_check_;
