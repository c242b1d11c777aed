/* Help, from the table of commands. */
#pragma once

#include "base/cleanup.h"

struct ctl_command;

/* Prints on standard output what everyctl is and has. Returns the exit status. */
int help_all(void) _must_check_;

/* The same of one command. */
int help_command(const struct ctl_command *command) _must_check_;
