/* The table of everyctl's commands. */
#include "ctl/commands.h"

#include <stddef.h>

const struct ctl_command ctl_commands[] = {
	{"check", "[JOB...]", "say what is wrong with the configuration, or what is in force",
	 check_options, check_run},
	{"check-health", "[JOB]", "say how well everyd, or a job, does, as a plugin of Nagios",
	 NULL, check_health_run},
	{"events", "[JOB]", "show what happens, as it happens", NULL, events_run},
	{"exec", "JOB", "run a job now, in the foreground, as everyd would", exec_options,
	 exec_run},
	{"explain", "EXPR", "say what a cron expression or an interval means", explain_options,
	 explain_run},
	{"help", "[COMMAND]", "show what there is, or how a command is used", NULL, help_run},
	{"history", "[JOB]", "list what came of the last occurrences", history_options,
	 history_run},
	{"import", "[FILE...]", "make a configuration of what cron runs", import_options,
	 import_run},
	{"kill", "[JOB...]", "stop what runs, and what waits to", kill_options, kill_run},
	{"list", "[PATTERN]", "list the jobs, and how they do", list_options, list_run},
	{"logs", "[JOB]", "show what runs have printed, or print", logs_options, logs_run},
	{"names", "", "list the names of the jobs", NULL, names_run},
	{"next", "[JOB...]", "show when jobs are due", next_options, next_run},
	{"pause", "[JOB...]", "have jobs not run for a while", pause_options, pause_run},
	{"reload", "", "have everyd read its configuration again", NULL, reload_run},
	{"resume", "[JOB...]", "have paused jobs run again", resume_options, resume_run},
	{"run", "JOB", "have everyd run a job now", run_options, run_run},
	{"show", "JOB", "show all about a job", NULL, show_run},
	{"simulate", "[JOB...]", "show what comes of the configuration in a span of time",
	 simulate_options, simulate_run},
	{"status", "", "show how everyd is", NULL, status_run},
	{"stop", "", "have everyd end", NULL, stop_run},
	{"why", "JOB [TIME]", "say what came of the occurrence at a time, and why", NULL, why_run},
	{0},
};
