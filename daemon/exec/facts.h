/*
 * What there is to say of a run to those who are told of it: in the environment of a hook, and in
 * words for a mail. Pure; one thread at a time.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/result.h"
#include "exec/environment.h"
#include "exec/run.h"

#include <stddef.h>

/* Room for what facts_end() writes, and for a line about a run. */
#define FACTS_END_SIZE  256
#define FACTS_LINE_SIZE 768

/* How a command came to its end: "exit status 3", "killed by SIGTERM", "exec: Permission denied".
   Returns buf. */
const char *facts_end(const struct run_result *result, char buf[static FACTS_END_SIZE]);

/* Sets EVERYD_VERDICT and the like, those that there are, of run->notice and the run that it tells
   of. Returns 0, -E2BIG or -ENOMEM. */
int facts_set(struct environment *environment, const struct run *run) _must_check_;

/* One line: "everyd: backup on HOST failed (exit status 1)". */
void facts_subject(const struct run *run, const char *host, char buf[static FACTS_LINE_SIZE]);

/* All of them, a line each. `wall` and `elapsed` are now. *ret_text is to be freed. Returns 0 or
   -ENOMEM. */
int facts_text(const struct run *run, usec_t wall, usec_t elapsed, char **ret_text) _must_check_;
