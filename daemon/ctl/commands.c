/* The table of everyctl's commands. */
#include "ctl/commands.h"

#include <stddef.h>

const struct ctl_command ctl_commands[] = {
	{"check", "[JOB...]", "say what is wrong with the configuration, or what is in force",
	 check_options, check_run},
	{"exec", "JOB", "run a job now, in the foreground, as everyd would", exec_options,
	 exec_run},
	{"explain", "EXPR", "say what a cron expression or an interval means", explain_options,
	 explain_run},
	{"help", "[COMMAND]", "show what there is, or how a command is used", NULL, help_run},
	{"import", "[FILE...]", "make a configuration of what cron runs", import_options,
	 import_run},
	{"names", "", "list the names of the jobs", NULL, names_run},
	{"next", "[JOB...]", "show when jobs are due", next_options, next_run},
	{"simulate", "[JOB...]", "show what comes of the configuration in a span of time",
	 simulate_options, simulate_run},
	{0},
};
