/* The command line of everyd, and the files it leads to. */
#pragma once

#include "base/cleanup.h"
#include "base/log.h"

#include <stdbool.h>

enum cli_log {
	CLI_LOG_AUTO, /* the journal if standard error is connected to it, else standard error */
	CLI_LOG_JOURNAL,
	CLI_LOG_STDERR,
};

struct cli {
	char *config; /* path of the main configuration file; owned */
	bool test;
	enum cli_log log;
	enum log_level level;
};

/*
 * Parses the arguments. Returns 0 with *ret_cli to be freed by cli_done(), or, when all is said
 * already (--help, --version, a mistake), a negative number with the exit status in *ret_status.
 */
int cli_parse(int argc, char *argv[], struct cli *ret_cli, int *ret_status) _must_check_;
void cli_done(struct cli *cli);
