/*
 * Reads crontabs line by line, as crontab(5) of cronie and of Debian's cron have them, and
 * anacrontabs, as anacrontab(5). What a line says is taken apart, not judged: whether there is such
 * a user or such a time is for the caller. Pure; one thread at a time.
 */
#pragma once

#include "base/arena.h"
#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

/* The longest line that means something: more is no argument for a shell either. */
#define CRONTAB_LINE_MAX ((size_t)128 * 1024 - 1)

enum crontab_format {
	CRONTAB_USER,   /* of one user: time, command */
	CRONTAB_SYSTEM, /* /etc/crontab and those in /etc/cron.d: time, user, command */
	CRONTAB_ANACRON,
};

enum crontab_kind {
	CRONTAB_BLANK,
	CRONTAB_COMMENT,
	CRONTAB_VARIABLE,
	CRONTAB_JOB,
	CRONTAB_BAD, /* it is none of these */
};

/* Texts live until the next line is read. They have no NUL in them but may be no UTF-8. */
struct crontab_line {
	enum crontab_kind kind;
	unsigned number;  /* from 1; where it begins */
	const char *text; /* as written, without its end; may have NULs if it is BAD */
	size_t len;
	bool unended; /* the file ends before the line does, which cron(8) does not take */

	const char *problem; /* BAD: why, half a sentence */

	const char *name; /* VARIABLE: not checked */
	const char *value;

	/* JOB. */
	const char *when;    /* "30 4 1,15 * 5", "@daily"; of an anacrontab "7", "@monthly" */
	const char *user;    /* SYSTEM */
	const char *command; /* what goes to the shell: "%" is resolved */
	const char *input;   /* its standard input; NULL: none */
	unsigned delay;      /* ANACRON: minutes */
	const char *id;      /* ANACRON */
	bool single;         /* "-s": not while it still runs */
	bool failures_only;  /* "-n": no mail of success */
};

struct crontab {
	enum crontab_format format;
	bool debian;
	const char *text;
	size_t len;
	size_t at;
	unsigned number;
	struct arena arena; /* of the line in hand */
};

/* Begins; the text is the caller's. `debian`: it is for Debian's cron, to which two backslashes in
   a command are one. */
void crontab_init(struct crontab *crontab, enum crontab_format format, bool debian,
		  const char *text, size_t len);
void crontab_done(struct crontab *crontab);

/* The next line. Returns 1; 0 when there are no more; or -ENOMEM. */
int crontab_next(struct crontab *crontab, struct crontab_line *ret_line) _must_check_;
