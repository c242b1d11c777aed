/*
 * The one table of options: the configuration language is what stands here. From a row come the
 * arrays for libconfuse, the checks, the conversion, and the suggestions for a misspelt name.
 */
#pragma once

#include "base/diag.h"
#include "config/place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_id {
	OPT_WORKERS,
	OPT_QUEUE,
	OPT_STOP_TIMEOUT,
	OPT_INCLUDE_DIR,
	OPT_INCLUDE,
	OPT_DEFAULTS,
	OPT_JOB,
	OPT_GROUP,
	OPT_LIMIT,
	OPT_EVERY,
	OPT_OFFSET,
	OPT_COMMAND,
	OPT_SPLAY,
	OPT_TIMEOUT,
	OPT_KILL_GRACE,
	OPT_OVERLAP,
	OPT_MAX_RUNNING,
	OPT_CONCURRENCY_GROUP,
	OPT_LEFTOVER,
	OPT_SHELL,
	OPTION_COUNT,
};

enum option_type {
	OPTION_DURATION, /* number: microseconds */
	OPTION_INTEGER,  /* number */
	OPTION_CHOICE,   /* number: index into choices */
	OPTION_NAME,     /* text: the name of a group */
	OPTION_FILE,     /* text: a path, maybe relative */
	OPTION_PROGRAM,  /* text: an absolute path */
	OPTION_COMMAND,  /* a string for the shell, or a list: program and arguments */
	OPTION_FUNCTION, /* name("argument") */
	OPTION_SECTION,  /* name { }, or name "title" { } */
};

/* Where an option may stand: a set of these. */
enum option_where {
	IN_MAIN = 1,     /* top level of the main file */
	IN_INCLUDED = 2, /* top level of any other */
	IN_DEFAULTS = 4,
	IN_JOB = 8,
	IN_GROUP = 16,
};

struct option {
	const char *name;
	enum option_type type;
	unsigned where; /* set of enum option_where */
	bool required;
	bool titled;              /* OPTION_SECTION: has a title */
	enum option_where inside; /* OPTION_SECTION: what its options are IN_ */
	const char *fallback;     /* the default, as it would be written; NULL: none */
	int64_t min;              /* of OPTION_DURATION and OPTION_INTEGER */
	int64_t max;
	const char *const *choices; /* of OPTION_CHOICE: ends with NULL */
	const char *doc;            /* what it is, in words that follow "it is" */
};

extern const struct option option_table[OPTION_COUNT];

/* An option as a file gives it: one text, or a list of any number of them. */
struct option_given {
	const struct option *option;
	const char *const *texts;
	size_t n_texts;
	bool list;
	unsigned line;
};

/* An option's value after conversion. */
struct option_value {
	int64_t number;
	const char *text; /* the given text itself: lives as long as that */
};

/* Values of several options; those not in `given` mean nothing. */
struct option_set {
	uint32_t given; /* bit 1 << id */
	struct option_value values[OPTION_COUNT];
};

static inline enum option_id option_id(const struct option *option)
{
	return (enum option_id)(option - option_table);
}

static inline bool option_is_given(const struct option_set *set, enum option_id id)
{
	return set->given >> id & 1;
}

/* The option of that name (not NUL-terminated) that may stand there; NULL: none. */
const struct option *option_find(const char *name, size_t len, enum option_where where);

/* Says that no option of this name may stand there, and what might be meant. */
void option_report_unknown(struct diags *diags, const struct place *place, const char *name,
			   size_t len, enum option_where where);

/*
 * Checks what is given and adds it to `set`. Returns 0; or -EINVAL when it is not good, which has
 * then been reported at `place`.
 */
int option_convert(const struct option_given *given, const struct place *place, struct diags *diags,
		   struct option_set *set) _must_check_;

/* The defaults that are built in. */
void option_set_fallbacks(struct option_set *ret_set);

/* Adds the values of `more`, which go before those of `set`. */
void option_set_merge(struct option_set *set, const struct option_set *more);

/* Is this fit to name a job or a group? */
bool option_name_is_valid(const char *name);

/* The rule for names, in words that follow "the name must be". */
extern const char option_name_rule[];
