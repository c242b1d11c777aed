/*
 * What a job's command becomes: the program's path, its arguments and its environment, which is
 * built, not inherited.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/model.h"
#include "exec/spawn.h"

#include <stddef.h>
#include <stdint.h>

/* PATH HOME SHELL USER LOGNAME LANG TZ EVERYD_JOB EVERYD_RUN EVERYD_SLOT, and NULL. */
#define COMMAND_ENV_MAX 11

/* In PATH. */
#define COMMAND_DIRECTORIES 6

/* What all commands share. Read-only once made: any thread. */
struct command_base {
	char *home;
	char *env[COMMAND_ENV_MAX]; /* what is the same for each; ends with NULL */
	size_t n_env;
};

/* From the daemon's user (getpwuid_r(3)), LANG and TZ. Returns 0 or -errno. */
int command_base_init(struct command_base *base) _must_check_;
void command_base_done(struct command_base *base);

/* One command, ready to be spawned. Its buffers serve one after the other; one thread at a time. */
struct command {
	const char *paths[COMMAND_DIRECTORIES + 1];
	char *envp[COMMAND_ENV_MAX];
	char **argv;
	size_t argv_size;
	char *text; /* what was put together for paths and envp */
	size_t text_size;
};

void command_init(struct command *command);
void command_done(struct command *command);

/* Makes paths, argv and envp for a run of the job; they point into base, job and command. Returns 0
   or -ENOMEM. */
int command_prepare(struct command *command, const struct command_base *base, const struct job *job,
		    uint64_t run, usec_t slot) _must_check_;
