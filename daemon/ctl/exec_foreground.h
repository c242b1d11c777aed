/* A run in the foreground: its output is that of everyctl, and a signal to everyctl stops it. */
#pragma once

#include "ctl/exec.h"

struct foreground;

/* Behind every signal being blocked. Returns 0 or -errno. */
int foreground_new(struct foreground **ret_foreground) _must_check_;
void foreground_free(struct foreground *foreground);

/* Where the run prints and says something; valid as long as the foreground. */
struct run_sink foreground_sink(struct foreground *foreground);

/* Where signals for it are read from (signalfd(2)). */
int foreground_signals(const struct foreground *foreground);

/* Runs it. Returns the exit status. */
int foreground_run(struct foreground *foreground, const struct exec *exec);

/* The exit status that stands for a result; `sig` is the signal that made everyctl stop the run, 0:
   none did. Pure. */
int foreground_status(const struct run_result *result, int sig);
