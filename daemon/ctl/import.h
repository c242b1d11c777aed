/*
 * Crontabs become a configuration: jobs that do what cron(8) and anacron(8) did, with the comments
 * that stood beside them. What cannot be carried over is said where it stood, as a comment, and
 * among the problems. Looks up users, zones and the files of directories: may block. One thread.
 */
#pragma once

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/diag.h"
#include "config/zones.h"
#include "ctl/crontab.h"
#include "ctl/jobname.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The most bytes of a crontab, and of what is made of all. */
#define IMPORT_FILE_MAX   ((size_t)16 * 1024 * 1024)
#define IMPORT_OUTPUT_MAX ((size_t)64 * 1024 * 1024)

/* The most variables that a crontab may set. */
#define IMPORT_VARIABLES_MAX 500

struct import {
	const char *root;   /* below which the machine's files are; "": this machine's */
	bool debian;        /* its cron and run-parts are Debian's, else Red Hat's */
	bool anacron;       /* it has one */
	struct diags diags; /* errors: what could not be carried over; warnings: what is not quite
			       the same */
	size_t jobs;
	size_t tabs;

	FILE *out;
	char *text; /* what `out` has written, once it is flushed */
	size_t len;
	struct jobnames names;
	struct jobnames groups;
	struct arena arena; /* of the zones */
	struct zones zones;
	char *user; /* who was looked up last */
	bool user_known;
	unsigned scripts; /* directories of scripts that were imported: bit N: the Nth of those
			     that every machine has */
};

/* A crontab. */
struct import_source {
	enum crontab_format format;
	const char *path; /* as it is shown */
	/* The user whose it is, who gets the mails and runs the jobs; of an anacrontab, root.
	   SYSTEM: not used. */
	const char *owner;
};

/* Begins, with the text that all imports begin with. `root` must outlive it. Returns 0 or -ENOMEM;
   done is to be called in any case. */
int import_init(struct import *import, const char *root) _must_check_;
void import_done(struct import *import);

/* Imports the text of a crontab. Returns 0; -EFBIG with IMPORT_OUTPUT_MAX reached; or -ENOMEM. */
int import_tab(struct import *import, const struct import_source *source, const char *text,
	       size_t len) _must_check_;

/* Imports a directory of scripts of that path on the machine, such as /etc/cron.daily, at the times
   that Debian's /etc/crontab has for it. -EINVAL: it is none of those. Else as import_tab(). */
int import_directory(struct import *import, const char *path) _must_check_;

/* Imports all crontabs of the machine: /etc/crontab, /etc/cron.d, /etc/anacrontab if there is
   anacron, those of users, and with them the scripts that they run by run-parts. Returns as
   import_tab(). */
int import_machine(struct import *import) _must_check_;

/*
 * Imports a file of that path on the machine, or standard input for "-". What it is is told by
 * `source`, or if that has no path, guessed from its own. Returns as import_tab(), with what could
 * not be read among the problems.
 */
int import_path(struct import *import, const struct import_source *source,
		const char *path) _must_check_;

/* Ends it: `text` and `len` are there. Returns 0 or -ENOMEM. */
int import_finish(struct import *import) _must_check_;
