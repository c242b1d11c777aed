/* Objects of what everyd answers, as rows of a table or as one page, by a table of their members.
   Pure but for standard output; one thread. */
#pragma once

#include "base/cleanup.h"
#include "ctl/field.h"

#include <jansson.h>

enum view_kind {
	VIEW_TEXT,
	VIEW_WORD,     /* a text, coloured as a verdict or a state */
	VIEW_INTEGER,  /* a number */
	VIEW_TIME,     /* a time, as the zone's clocks show it */
	VIEW_RELATIVE, /* a time, as how far it is from now */
	VIEW_BOTH,     /* both of them */
	VIEW_SPAN,
	VIEW_BYTES,
	VIEW_KILOBYTES,
	VIEW_YES,    /* "yes" for true; absent for false */
	VIEW_CUSTOM, /* what `format` makes of the whole object */
};

struct view_member {
	const char *title;
	enum view_kind kind;
	const char *name; /* as field() has it */
	/* VIEW_CUSTOM: writes into buf, "" for absent, and returns the colour. */
	enum table_color (*format)(const json_t *object, const struct when *when,
				   char buf[static FIELD_TEXT_SIZE]);
};

/* A row for each of the items, a column for each member; what is absent is "-". To fit a terminal
   texts are cut, and the columns of these titles left out, the first first; it ends with NULL, or
   is NULL. Returns 0 or -errno. */
int view_table(const struct ctl *ctl, const struct when *when, const struct view_member *members,
	       size_t n_members, const char *const *spare, const json_t *items) _must_check_;

/* "title: value", a line for each member that is there; one without a title goes on with the line
   before. Returns 0 or -errno. */
int view_page(const struct ctl *ctl, const struct when *when, const struct view_member *members,
	      size_t n_members, const json_t *object) _must_check_;
