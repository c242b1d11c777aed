/* A group of cgroup v2 as what it is, a directory with files that say and take few words
   (cgroups(7)). Any thread. */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Room for what a file says. */
#define CGROUP_FILE_SIZE 4096

/* Opens the group `name` in another, or where `name` is. Returns a descriptor or -errno. */
int cgroup_dir_open(int dir, const char *name);

/* Returns 0 or -errno. */
int cgroup_dir_write(int dir, const char *file, const char *text) _must_check_;

/* Reads what there is room for, with a NUL behind it. Returns 0 or -errno. */
int cgroup_dir_read(int dir, const char *file, char buf[static CGROUP_FILE_SIZE]) _must_check_;

/* The number behind a key at the beginning of a line. Returns whether it is there. */
bool cgroup_dir_number(const char *text, const char *key, int64_t *ret_number);

/* Does somebody live in the group or below? By a descriptor of its cgroup.events; one system call.
   Who has just been reaped may count for an instant. */
bool cgroup_dir_is_populated(int events);

/* Waits until nobody does. Returns whether it is so. */
bool cgroup_dir_await_empty(int events, usec_t patience);

/* Calls fn for each process in a group and those below it, until it returns false. Returns 0 or
   -errno. */
int cgroup_dir_each_process(int dir, bool (*fn)(void *ctx, pid_t pid), void *ctx) _must_check_;

/* Calls fn for each group in a group, until it returns false. Returns 0 or -errno. */
int cgroup_dir_each(int dir, bool (*fn)(void *ctx, int dir, const char *name),
		    void *ctx) _must_check_;

/* Removes the group `name` in another with those below it, if nobody lives there. Returns 0, also
   if there is none; or -errno. */
int cgroup_dir_remove(int dir, const char *name) _must_check_;

/* The same after killing who does. */
void cgroup_dir_kill(int dir, const char *name);
