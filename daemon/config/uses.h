/*
 * Places that name what may not exist: groups of jobs, users and groups of the system. They are
 * looked up when all files are read, each name once.
 */
#pragma once

#include "base/cleanup.h"
#include "base/diag.h"
#include "core/model.h"

#include <stddef.h>

enum use_kind {
	USE_GROUP,      /* a concurrency_group */
	USE_USER,       /* of the system */
	USE_USER_GROUP, /* likewise */
};

struct use {
	enum use_kind kind;
	unsigned line;
	const char *name; /* the texts live as long as the uses */
	const char *file;
	const char *job; /* NULL: the file's defaults */
};

/* All zero is none. */
struct uses {
	struct use *items;
	size_t count;
	size_t capacity;
};

/* Returns 0 or -ENOMEM. */
int uses_add(struct uses *uses, const struct use *use) _must_check_;

/*
 * Reports the names of groups that the model has not; of users and groups that the system has not,
 * by account_find() (which may block); and of those that this process, if it is not root's, cannot
 * run jobs as. Sorts the uses.
 */
void uses_check(struct uses *uses, const struct model *model, struct diags *diags);

void uses_done(struct uses *uses);
