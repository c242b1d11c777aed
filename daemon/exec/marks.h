/* Processes that only their environment shows to be of a run. Any thread. */
#pragma once

#include "base/cleanup.h"

#include <sys/types.h>

struct identity;

/*
 * May the process belong to the run that has these marks (process_is_marked()), and runs as that
 * user; NULL: the daemon? Marks can be forged, users cannot: its real user has to be the run's, or
 * root; a program that is setuid root has an effective user who is not him that started it. What is
 * said is of whoever had the number meanwhile. Returns 0 or 1, or -errno.
 */
int marks_match(pid_t pid, char *const *marks, const struct identity *identity) _must_check_;
