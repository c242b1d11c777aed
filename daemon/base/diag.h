/*
 * What a user will read about a problem in a file: collected where it is found, printed by the
 * outermost caller, so that one pass reports every problem.
 */
#pragma once

#include "base/cleanup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* More than a person reads; what comes beyond is only counted. */
#define DIAGS_KEPT 500

enum diag_severity {
	DIAG_ERROR,   /* the thing cannot be used */
	DIAG_WARNING, /* it can, but probably not as meant */
};

struct diag {
	enum diag_severity severity;
	char *file;    /* NULL: about no file */
	unsigned line; /* 0: about the file as a whole */
	char *text;
};

struct diags {
	struct diag *items; /* in the order they were found */
	size_t count;
	size_t capacity;
	size_t errors;   /* found, kept or not */
	size_t warnings; /* found, kept or not */
};

/* An empty collection; allocates nothing. One thread at a time, as all of this. */
void diags_init(struct diags *diags);
void diags_done(struct diags *diags);

/*
 * Adds one problem; the texts are copied. Never fails: without memory, or beyond DIAGS_KEPT, the
 * problem still counts, so that `errors` tells whether the thing may be used.
 */
void diags_add(struct diags *diags, enum diag_severity severity, const char *file, unsigned line,
	       const char *format, ...) _printf_(5, 6);
void diags_vadd(struct diags *diags, enum diag_severity severity, const char *file, unsigned line,
		const char *format, va_list ap) _printf_(5, 0);

/* Sorts by file (in order of first appearance), then line; stable. */
void diags_sort(struct diags *diags);

/* "file:line: text", "file: text" or "text", on one line and fit for a terminal as text.h says; a
   warning has "warning: " before its text. Returns a new string, NULL without memory. */
char *diag_format(const struct diag *diag) _must_check_;

/* Prints the errors, or the warnings too, on a line each, and how many more there were. Whether it
   could be written is for the caller to ask the stream. */
void diags_print(const struct diags *diags, bool warnings, FILE *file);
