/* What a command line asks of everyctl: the options that all commands have, wherever they stand,
   the command, and what is left for it. */
#pragma once

#include "ctl/ctl.h"

/* Options of all commands; ends with a row whose name is NULL. */
extern const struct ctl_option invocation_options[];

enum invocation_color {
	INVOCATION_COLOR_AUTO,
	INVOCATION_COLOR_ALWAYS,
	INVOCATION_COLOR_NEVER,
};

struct invocation {
	const char *config; /* NULL: not given */
	const char *socket; /* likewise */
	bool json;
	bool no_header;
	bool help;
	bool version;
	enum invocation_color color;
	const struct ctl_command *command; /* NULL: only with help or version */
	struct ctl_args args;
};

/* Sorts the arguments (and changes the order of argv). Returns 0; or -EINVAL, a mistake, which was
   said on standard error. */
int invocation_parse(int argc, char *argv[], struct invocation *ret_invocation) _must_check_;

/* The command of that name. NULL: there is none, which was said, with one that may be meant. */
const struct ctl_command *invocation_find_command(const char *name);
