/* Problems in configuration files, said in one form: file:line: job "x": option: what is wrong. */
#pragma once

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"

/* Longer texts are cut when they are shown. */
#define QUOTED_BYTES 200
#define QUOTED_SIZE  (TEXT_GROWTH * QUOTED_BYTES + sizeof("..."))

/* What a problem is about. */
struct place {
	const char *file;
	unsigned line;       /* 0: the file as a whole */
	const char *section; /* NULL: none */
	const char *title;   /* of the section, as written; NULL: none */
	const char *option;  /* NULL: none in particular */
};

/* Makes `len` foreign bytes fit to be shown: sanitized, cut. Returns buf. Any thread. */
const char *quoted(const char *text, size_t len, char buf[static QUOTED_SIZE]);

/* Adds a problem with its place in front; never fails, as diags_add(). */
void place_report(struct diags *diags, enum diag_severity severity, const struct place *place,
		  const char *format, ...) _printf_(4, 5);
