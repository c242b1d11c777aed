/*
 * everyctl: what its commands have in common. A command is a row in the table of commands.c and a
 * file of its own, and its options are rows as well: help, completions and the manual are checked
 * against them. One thread.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>

struct diags;
struct job;
struct model;

/* Exit statuses, see everyctl(1). */
enum ctl_status {
	CTL_OK = 0,
	CTL_FAILED = 1, /* what was asked for did not hold or could not be done */
	CTL_USAGE = 2,
	/* Of those that ask the daemon: */
	CTL_UNREACHABLE = 3, /* it does not run, or does not answer as it should */
	CTL_DENIED = 4,
	CTL_REFUSED = 5, /* not now: something is in the way */
};

/* What stands before and behind the command on the command line, for all of them. */
struct ctl {
	const char *config; /* path of the main configuration file; NULL: nobody can tell */
	const char *socket; /* --socket; NULL: the usual one */
	bool json;          /* --json */
	bool header;        /* tables have one: not --no-header */
	bool color;         /* a terminal, and not NO_COLOR */
	unsigned width;     /* columns of the terminal; 0: it is none, lines may be of any length */
	bool progress;      /* standard error is a terminal */
};

struct ctl_option {
	char letter;          /* 0: none */
	const char *name;     /* long, without "--" */
	const char *argument; /* as help shows it, "TIME"; NULL: it takes none */
	const char *doc;      /* half a sentence, no capital, no full stop */
};

/* The arguments of a command, behind its name. */
struct ctl_args {
	const struct ctl_command *command;
	int argc;
	char **argv; /* argv[0] is the command's name */
	int next;    /* as optind(3) */
	const char
		*letters; /* of a word of several options, "-ab", those that are left; NULL: none */
};

struct ctl_command {
	const char *name;
	const char *arguments;            /* as help shows them, "[JOB...]"; "" if there are none */
	const char *doc;                  /* half a sentence */
	const struct ctl_option *options; /* its own, ends with one whose name is NULL; or NULL */
	/* Returns the exit status. */
	int (*run)(struct ctl *ctl, struct ctl_args *args);
};

/* Ends with a row whose name is NULL. */
extern const struct ctl_command ctl_commands[];

/*
 * The next of the command's own options: its index in command->options, with *ret_value its
 * argument or NULL. -1: there are no more, what is left are the arguments from
 * args->argv[args->next] on. -2: a mistake, which was said: return CTL_USAGE. Options that all
 * commands have were taken out before. Options may stand between arguments; "--" ends them (exec
 * JOB: what is behind it is the command's).
 */
int ctl_option(struct ctl_args *args, const char **ret_value);

/* Says on standard error "everyctl COMMAND: ..." and where help is. Returns CTL_USAGE. */
int ctl_usage(const struct ctl_args *args, const char *format, ...) _printf_(2, 3);

/* Says on standard error "everyctl: ...". Returns CTL_FAILED. */
int ctl_fail(const char *format, ...) _printf_(1, 2);

/*
 * Reads the configuration, with all problems on standard error as `everyd -t` has them (warnings
 * only if `warnings`). Returns 0 with a model to be given back by model_unref(), or -errno after
 * all is said.
 */
int ctl_load(const struct ctl *ctl, bool warnings, struct model **ret_model) _must_check_;

/* The same, but problems are added to `diags`, for the caller to tell; only that there is no path
   is said. */
int ctl_load_diags(const struct ctl *ctl, struct diags *diags,
		   struct model **ret_model) _must_check_;

/* The job of that name. NULL: there is none, which was said, with one that may be meant. */
const struct job *ctl_find_job(const struct model *model, const char *name) _must_check_;

/*
 * The jobs that the words name which are left, each once, in *ret_jobs, which is to be freed, and
 * how many. Returns 0; -ENOENT or -ENOMEM after it was said.
 */
int ctl_find_jobs(const struct model *model, const struct ctl_args *args,
		  const struct job ***ret_jobs, size_t *ret_n) _must_check_;
