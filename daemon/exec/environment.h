/*
 * The environment of a job as it is put together: a later value of a variable takes the place of an
 * earlier one. One thread at a time.
 */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>

/* Bounds of one environment. */
#define ENVIRONMENT_MAX      1000
#define ENVIRONMENT_FILE_MAX ((size_t)256 * 1024)

struct environment {
	char **items; /* NAME=VALUE, ends with NULL */
	size_t n;
	size_t size;
	char *text; /* what the items point into */
	size_t used;
	size_t text_size;
};

void environment_init(struct environment *environment);
void environment_done(struct environment *environment);

/* Empties it; keeps its memory. */
void environment_clear(struct environment *environment);

/* Makes it the same as another. Returns 0 or -ENOMEM. */
int environment_copy(struct environment *environment, const struct environment *from) _must_check_;

/* Returns 0, -E2BIG or -ENOMEM. */
int environment_set(struct environment *environment, const char *name,
		    const char *value) _must_check_;

/* The same of "NAME=VALUE"; -EINVAL when it is not that. */
int environment_put(struct environment *environment, const char *assignment) _must_check_;

/*
 * Adds what a file says, in the format of systemd's EnvironmentFile= (systemd.exec(5)):
 * assignments, comments with # or ;, quotes, lines joined by a backslash; as there, a line without
 * a = is passed over. What systemd leaves out with a warning or guesses at is an error here: a name
 * that is none ("export A=b"), a value that is not UTF-8, a quote that is not closed. Returns 0;
 * -EINVAL with the line in *ret_line, counted from 1, then some of it may have been added; -E2BIG
 * or -ENOMEM.
 */
int environment_read(struct environment *environment, const char *text, size_t len,
		     unsigned *ret_line) _must_check_;

/* The value of a variable; NULL: not set. Valid until the next change. */
const char *environment_get(const struct environment *environment, const char *name);

/* The same with the name, NAME=VALUE. */
char *environment_item(const struct environment *environment, const char *name);

/* Ends it, so that `items` may be given to execve(2); it may be changed and ended again. Returns 0
   or -ENOMEM. */
int environment_finish(struct environment *environment) _must_check_;
