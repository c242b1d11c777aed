/*
 * What a command of a job becomes: the program's path, its arguments and its environment, which is
 * built, not inherited. A job has several: its own, only_if, hooks.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/model.h"
#include "exec/environment.h"

#include <stddef.h>
#include <stdint.h>

struct identity;

/* Of PATH, so many elements are looked at. */
#define COMMAND_DIRECTORIES 64

/* By which its processes are known: EVERYD_JOB, EVERYD_RUN, EVERYD_SLOT, EVERYD_HOOK, and NULL. */
#define COMMAND_MARKS 5

/* What all commands share. Read-only once made: any thread. */
struct command_base {
	struct environment environment; /* of the daemon's own user */
};

/* From the daemon's user, LANG and TZ. Returns 0 or -ENOMEM. */
int command_base_init(struct command_base *base, const struct identity *own) _must_check_;
void command_base_done(struct command_base *base);

/* Commands, one after the other, that have an environment in common but for what is set in between.
   The buffers serve again and again; one thread at a time. */
struct command {
	struct environment environment;
	char *marks[COMMAND_MARKS];
	const char *paths[COMMAND_DIRECTORIES + 1];
	char **argv;
	size_t argv_size;
	char *text; /* what was put together for paths */
	size_t text_size;
};

void command_init(struct command *command);
void command_done(struct command *command);

/*
 * Begins anew, with the environment of a user's jobs: PATH HOME USER LOGNAME LANG TZ SHELL, then
 * pass_environment and environment of the settings. Environment files are the caller's, by
 * environment_read() of command->environment, and then command_mark(). Returns 0, -E2BIG or
 * -ENOMEM.
 */
int command_begin(struct command *command, const struct command_base *base,
		  const struct job_settings *settings,
		  const struct identity *identity) _must_check_;

/* Adds assignments. The same returns, or -EINVAL for one that is none. */
int command_put(struct command *command, const struct text_list *assignments) _must_check_;

/* Adds EVERYD_JOB and, unless they are 0, USEC_INFINITY and 0, EVERYD_RUN, EVERYD_SLOT and
   EVERYD_ATTEMPT. The same returns. */
int command_mark(struct command *command, const char *job, uint64_t run, usec_t slot,
		 unsigned attempt) _must_check_;

/* Only makes marks, those of the processes of that run; for a command that is none. Returns 0,
   -E2BIG or -ENOMEM. */
int command_identify(struct command *command, const char *job, uint64_t run,
		     usec_t slot) _must_check_;

/*
 * Makes paths, argv and marks, and ends the environment; a program without a slash is looked for in
 * its PATH, where what does not begin with a slash is passed over. They point into the command, the
 * line and the shell. Returns 0, -ENOENT when there is nowhere to look for it, or -ENOMEM.
 */
int command_finish(struct command *command, const struct command_line *line,
		   const char *shell) _must_check_;
