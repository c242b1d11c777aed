/* Two sides that have names with values: what one has and the other does not, or has otherwise.
   Pure; one thread at a time. */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct difference {
	const char *section; /* static text */
	char *name;
	char *here; /* NULL: it has none */
	char *there;
};

struct comparison {
	struct difference *items; /* in order */
	size_t n;
	size_t size;
};

void comparison_init(struct comparison *comparison);
void comparison_done(struct comparison *comparison);

/* Adds it if the two differ; NULL is a side that has none. The texts are copied. Returns 0 or
   -ENOMEM. */
int comparison_add(struct comparison *comparison, const char *section, const char *name,
		   const char *here, const char *there) _must_check_;

/* The same for all variables of two environments (environ(7)), by name. Of one that is there twice
   the first counts, as for getenv(3). */
int comparison_add_environment(struct comparison *comparison, const char *section,
			       char *const *here, char *const *there) _must_check_;

/* Prints it as diff -u would, values sanitized (text.h). Nothing where there is no difference.
   Returns 0 or -ENOMEM. */
int comparison_print(const struct comparison *comparison, const char *here, const char *there,
		     bool color, FILE *file) _must_check_;
