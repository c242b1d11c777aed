/*
 * everyctl exec: one run of a job in the foreground, by the same code by which the daemon runs it,
 * or what it would be like. One thread, with all signals blocked.
 */
#pragma once

#include "core/model.h"
#include "core/result.h"
#include "ctl/ctl.h"
#include "ctl/surroundings.h"
#include "exec/run.h"

/* Exit statuses beside those of the command; see everyctl(1). */
enum exec_status {
	EXEC_UNWANTED = 123,   /* only_if said no */
	EXEC_TIMEOUT = 124,    /* as timeout(1) has it, and the next three env(1) */
	EXEC_FAILED = 125,     /* everyctl could not do what was asked for */
	EXEC_NO_PROGRAM = 126, /* it could not be executed */
	EXEC_NOT_FOUND = 127,
	EXEC_SIGNALLED = 128, /* and the number of the signal */
};

/* The daemon's, and so that of jobs that do not set one. */
#define EXEC_UMASK 0022U

struct exec {
	struct ctl *ctl;
	const struct job *job;           /* as it is to be run */
	struct text_list environment;    /* for this run only, over the job's */
	struct daemon_settings daemon;   /* as far as they matter to a run */
	struct surroundings caller;      /* of who asks */
	mode_t umask;                    /* likewise */
	const struct surroundings *base; /* what a job has them from: the daemon's, or those */
	struct run_context *context;
	struct run_local *local;
};

/* The run that stands for the occurrence of this instant. */
struct run exec_make_run(const struct exec *exec);

/* Says something about the job, on standard error. */
void exec_say(const struct exec *exec, const char *format, ...) _printf_(2, 3);
