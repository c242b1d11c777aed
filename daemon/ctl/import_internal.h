/* What the files of the import share. */
#pragma once

#include "base/cleanup.h"
#include "ctl/import.h"
#include "ctl/runparts.h"

#include <stdbool.h>
#include <stddef.h>

/* Directories of scripts that every machine has, and when Debian's /etc/crontab runs them. */
#define IMPORT_DIRECTORIES 4
extern const struct import_directory {
	const char *path;
	const char *cron;
} import_directories[IMPORT_DIRECTORIES];

/* PATH as cron(8) and anacron(8) set it. */
#define IMPORT_PATH "/usr/bin:/bin"

/* What the variables of a crontab say up to a line. Texts are its own. */
struct import_state {
	struct import_variable {
		char *name;
		char *value;
	} * variables; /* of the environment */
	size_t n_variables;
	char *shell;  /* NULL: not set, as all of these */
	char *home;   /* absolute */
	char *mailto; /* as written */
	char *zone;
	bool zone_unknown;
	unsigned random_delay; /* minutes */
	int first_hour;        /* -1: not set */
	bool path;             /* is among the variables */
	bool hinted;           /* that it may be a system crontab */
	unsigned bad_line;     /* the first that nobody understands; 0: none yet */
};

void import_state_done(struct import_state *state);

/* Takes a variable. Returns 1; 0 if it cannot be carried over, which has been said; or -ENOMEM. */
int import_variable(struct import *import, struct import_state *state,
		    const struct import_source *source,
		    const struct crontab_line *line) _must_check_;

/* A place in a crontab. */
struct import_place {
	const char *path;
	unsigned line;
};

/* Says a problem in a comment and among the problems; an error is what is not carried over. Returns
   0 or -ENOMEM. */
int import_note(struct import *import, enum diag_severity severity,
		const struct import_place *place, const char *format, ...)
	_printf_(4, 5) _must_check_;

/* The addresses that a MAILTO names when `user` is who runs the job: good ones are written as the
   elements of a list, *ret_n of them. Returns a new text, NULL: out of memory. *ret_bad is the
   first that is none, or NULL; it is to be freed. */
char *import_addresses(const char *mailto, const char *user, size_t *ret_n,
		       char **ret_bad) _must_check_;

/* Is more written than may be? Returns 0 or -EFBIG. */
int import_check_size(const struct import *import) _must_check_;

/* A job to be written. */
struct import_job {
	struct import_place place;
	const char *name; /* what the name is made of; NULL: the command */
	/* One of these: */
	const char *cron;
	const char *on;
	const char *every;
	const char *offset; /* of `every`; NULL: none */
	const char *user;
	const char *command; /* for the shell ... */
	const char *input;   /* NULL: none */
	const char *program; /* ... or this, which is run directly */
	const char *workdir; /* NULL: the user's home */
	const char *shell;   /* NULL: /bin/sh */
	const char *group;   /* its concurrency_group; NULL: none */
	unsigned splay;      /* minutes */
	bool nice;
	bool catch_up; /* also if the machine was off for long */
	bool single;
	bool failures_only;
};

/*
 * Writes a job. Returns 1; 0 if it could not be carried over, which has been said, the job being
 * left out; -EFBIG; or -ENOMEM.
 */
int import_job(struct import *import, const struct import_state *state,
	       const struct import_job *job) _must_check_;

/*
 * Writes a job for each script of a directory that a job, which is its pattern, would run by
 * run-parts. Returns as import_tab().
 */
int import_scripts(struct import *import, const struct import_state *state,
		   const struct import_job *pattern, const char *dir) _must_check_;
