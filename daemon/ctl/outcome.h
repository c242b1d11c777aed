/* What came of a run, for the shell that asked for it. Pure; any thread. */
#pragma once

#include "base/cleanup.h"
#include "ctl/exec.h"

#include <jansson.h>
#include <stddef.h>

#define OUTCOME_TEXT_SIZE 256

/*
 * The exit status that stands for a run that has ended, as everyd describes one: that of its
 * command, or one of enum exec_status. What there is to say of it otherwise goes to `text`; "": it
 * has said all by itself.
 */
int outcome_status(const json_t *run, char text[static OUTCOME_TEXT_SIZE]);
