/*
 * A first look at a configuration file: finds what libconfuse would not tell, or not survive, and
 * leaves a text that it reads without error. Unknown names, repeated options and statements with a
 * syntax error are reported and overwritten with spaces, and reading goes on with the next line
 * that can begin a statement. Where the text cannot be read any further, as at a string without an
 * end, it is cut where the section begins.
 */
#pragma once

#include "base/cleanup.h"
#include "base/diag.h"
#include "config/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where an option, a section or an include stands. */
struct scan_mark {
	unsigned line;
	uint8_t option; /* enum option_id */
	bool list;      /* its value stands in braces */
	bool inside;    /* it belongs to the section before it */
	bool flawed;    /* a section in which something could not be read: options may be missing */
};

struct scan {
	size_t len;              /* how much of the text libconfuse may have */
	struct scan_mark *marks; /* sections with their options, and includes, in their order */
	size_t n_marks;
	struct scan_mark top[OPTION_COUNT]; /* options of the top level; line 0: not given */
	size_t defaults_begin;              /* the text of the section; equal: there is none */
	size_t defaults_end;
};

/*
 * Looks at a whole file. `where` is IN_MAIN or IN_INCLUDED. Problems go to `diags`. Returns 0,
 * problems or not; or -ENOMEM.
 */
int scan_text(char *text, size_t len, const char *file, enum option_where where,
	      struct diags *diags, struct scan *ret_scan) _must_check_;

void scan_done(struct scan *scan);
