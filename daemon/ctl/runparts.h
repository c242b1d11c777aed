/* Lines of crontabs that run the scripts of a directory by run-parts(8), and what it would run. */
#pragma once

#include "base/cleanup.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* The most files of a directory that are looked at. */
#define RUNPARTS_MAX 10000

struct runparts {
	char dir[PATH_MAX];  /* absolute */
	bool unless_anacron; /* the line does nothing where there is anacron(8) */
	bool nice;           /* run by nice(1) */
};

/*
 * Is this command nothing but a run of run-parts, as in "cd / && run-parts --report DIR"? Only then
 * can its scripts be jobs of their own. Pure.
 */
bool runparts_recognize(const char *command, struct runparts *ret_runparts);

enum runparts_fit {
	RUNPARTS_RUN,
	RUNPARTS_BAD_NAME,       /* it passes over names such as this */
	RUNPARTS_NOT_EXECUTABLE, /* or is no file */
	RUNPARTS_ANACRON,        /* it would start anacron, or tell it that cron was first */
};

struct runparts_script {
	char *name;
	enum runparts_fit fit;
};

struct runparts_scripts {
	struct runparts_script *items; /* in the order of their names' bytes */
	size_t count;
};

/* Would run-parts, and cron(8) in /etc/cron.d, take a file of this name? `debian`: those of Debian,
   else those of Red Hat. Pure. */
bool runparts_takes_name(const char *name, bool debian);

/* The files of a directory, but those whose names begin with a dot; `root` as for root_open().
   Returns 0, then they are to be given back; or -errno. */
int runparts_list(const char *root, const char *dir, bool debian,
		  struct runparts_scripts *ret_scripts) _must_check_;
void runparts_done(struct runparts_scripts *scripts);
