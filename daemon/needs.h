/*
 * What jobs are configured to have and this machine lacks: control groups to bound them by, a
 * program that takes their mails, a journal. They run without it, and somebody is told.
 */
#pragma once

#include "base/cleanup.h"
#include "core/model.h"
#include "exec/cgroup.h"

#include <stdbool.h>
#include <stddef.h>

struct run_context;

enum need {
	NEED_MEMORY_MAX,
	NEED_CPU_MAX,
	NEED_CPU_WEIGHT,
	NEED_TASKS_MAX,
	NEED_MAILTO,
	NEED_JOURNAL,
	NEED_COUNT,
};

/* All zero: nothing is lacking. */
struct needs {
	size_t jobs[NEED_COUNT]; /* that lack it */
	char sendmail[256];      /* the program that is not there */
};

/* What a machine can do. */
struct means {
	bool controllers[CGROUP_CONTROLLERS];
	bool sendmail;
	bool journal;
};

/* Finds out what the jobs of the model lack. O(n). Pure. */
void needs_find(const struct model *model, const struct means *means, struct needs *ret_needs);

/* The same on this machine. */
void needs_update(struct needs *needs, const struct model *model,
		  const struct run_context *context);

/* Logs a warning for each that is not met. */
void needs_report(const struct needs *needs);

/* Writes "memory_max of 3 jobs has no effect, ..."; nothing if nothing is lacking. */
void needs_describe(const struct needs *needs, char *buf, size_t size);
