/*
 * Low numbers for the descriptors that a child is to have as its standard streams. For a child the
 * kernel copies the table of descriptors up to the last one that it wants (close_range(2),
 * CLOSE_RANGE_UNSHARE): with these among the first, a spawn takes as long with thousands of live
 * runs and clients as it does without. Any thread.
 */
#pragma once

#include "base/cleanup.h"

struct seats;

/* Early, while low numbers are free. `fd`, of which copies keep the numbers, need not stay open.
   Returns 0 or -errno. */
int seats_new(int fd, struct seats **ret_seats) _must_check_;
/* NULL is fine. */
void seats_free(struct seats *seats);

/* Copies three descriptors to such numbers until seats_leave(), and returns what that takes; or
   returns -1: all are taken. */
int seats_take(struct seats *seats, const int fds[static 3], int ret_fds[static 3]) _must_check_;
/* -1 is fine. */
void seats_leave(struct seats *seats, int seat);
