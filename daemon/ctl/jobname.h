/* Names for jobs that had none: made of what they run, valid, and each once. One thread. */
#pragma once

#include "base/cleanup.h"
#include "core/model.h"

#include <stddef.h>

#define JOBNAME_SIZE (MODEL_NAME_MAX + 1)

/* Names that were given. All zero is none. */
struct jobnames {
	struct jobname *slots; /* by the hash of their text */
	size_t size;           /* a power of two, or 0 */
	size_t count;
};

void jobnames_done(struct jobnames *names);

/* Makes a valid name of a text; "job" if nothing is left of it. Returns buf. Pure. */
const char *jobname_of_text(const char *text, size_t len, char buf[static JOBNAME_SIZE]);

/* The same of a shell command: the name of the program, or of the script that it is given, that
   does the work, as far as one can tell. Returns buf. Pure. */
const char *jobname_of_command(const char *command, char buf[static JOBNAME_SIZE]);

/* Makes a valid name one that was not given yet, by a number behind it, and gives it. Returns 0 or
   -ENOMEM. */
int jobnames_take(struct jobnames *names, char name[static JOBNAME_SIZE]) _must_check_;
