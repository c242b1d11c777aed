/*
 * The commands of one run on their worker: its condition, its own, its hooks, its mail. They have a
 * user and an environment in common; each is put together, watched, and its output handed on.
 */
#pragma once

#include "base/cleanup.h"
#include "base/log.h"
#include "core/model.h"
#include "core/result.h"
#include "exec/run.h"
#include "exec/spawn.h"

#include <limits.h>
#include <stdbool.h>

struct identity;

struct launch {
	struct run *run;
	const struct run_context *context;
	struct run_local *local;
	const struct run_control *control;
	const struct job_settings *settings; /* of the job */
	const struct identity *identity;     /* NULL: not found yet */
	const char *name; /* of the command under way, in front of notes; NULL: the job's own */
};

void launch_init(struct launch *launch, struct run *run, const struct run_context *context,
		 struct run_local *local, const struct run_control *control);
void launch_done(struct launch *launch);

/* Finds out who the user is, or the daemon's own for NULL. Returns 0; or -1 with what failed in
 *ret_error. */
int launch_find_user(struct launch *launch, const char *user, const char *group,
		     struct spawn_error *ret_error) _must_check_;

/*
 * Begins the environment in launch->local->command, with what the job's settings say of it. What is
 * wrong with a file is noted; if they are not `needed`, it goes on without. The same returns.
 */
int launch_begin(struct launch *launch, bool needed, struct spawn_error *ret_error) _must_check_;

/* One command. */
struct launch_order {
	const struct command_line *line;
	/* What of them is for the kernel, how it is stopped, and what becomes of what is left. */
	const struct job_settings *settings;
	const struct job_settings *output; /* where its output goes */
	const char *directory;             /* absolute; NULL: the user's home */
	bool directory_required;
	int input;        /* becomes its standard input; negative: /dev/null */
	const int *stdio; /* become that, its standard output and its standard error, none of which
			     they are; NULL: what it prints is handed on */
	usec_t timeout;
	usec_t max_runtime;
	bool own;  /* the job's own: its beginning is told, before and after; its output counted */
	bool keep; /* of the output head and tail; for the job's own */
};

/*
 * All that the job's own command and its only_if have in common: finds the user, begins the
 * environment, and an order with the settings and the directory, whose path may be in `directory`.
 * Returns 0; or -1 with what failed in *ret_error.
 */
int launch_prepare(struct launch *launch, char directory[static PATH_MAX],
		   struct launch_order *ret_order, struct spawn_error *ret_error) _must_check_;

/* Carries it out. Fills *result but for `queued`. */
void launch_command(struct launch *launch, const struct launch_order *order,
		    struct run_result *result);

/* The settings for the output of commands that are not the job's own: lines for the log. */
struct job_settings launch_log_settings(const struct job_settings *settings);

/* Writes a path that may begin with the user's home, as "~" or "~/...". Returns 0 or
   -ENAMETOOLONG. */
int launch_expand(const struct launch *launch, const char *path, char *buf,
		  size_t size) _must_check_;

/* Something a user should know, with launch->name in front. */
void launch_note(const struct launch *launch, enum log_level level, const char *format, ...)
	_printf_(3, 4);

/* Is the run to be stopped? */
bool launch_is_cancelled(const struct launch *launch);
