/*
 * Which runs have been begun: marks in a file, each written by one system call, without a commit.
 * A mark is there as soon as it is made, whatever becomes of the daemon; it need not outlive the
 * machine, and is for no longer than until more of the run is in the database. Any thread, unless
 * it says otherwise; each of these may wait for the disk.
 */
#pragma once

#include "base/cleanup.h"
#include "core/past.h"

#include <stdbool.h>
#include <stdint.h>

/* Of the file; in the state directory. */
#define BEGUN_NAME "ledger.begun"

struct begun;

/* Opens or makes the file in that directory; marks of another boot are none. NULL: it cannot be
   had, or the boot is not known (""), and runs have to be put on record otherwise. */
struct begun *begun_open(const char *directory, const char *boot) _must_check_;
/* NULL is fine. The marks stay in the file. */
void begun_close(struct begun *begun);

/* Makes the file anew, with the same marks, if it was removed or replaced. */
void begun_renew(struct begun *begun);

/* Returns false if there is no room, or it cannot be written. */
bool begun_mark(struct begun *begun, uint64_t run);

/* More of the run is in the database by now than that it was accepted: its mark says nothing any
   more, and its place is free. */
void begun_release(struct begun *begun, uint64_t run);

/* It was not begun after all. */
void begun_unmark(struct begun *begun, uint64_t run);

/* Runs of the past that are marked, and of which the database only knows that they were accepted,
   have been started in that boot. Other marks go. Before any is made. */
void begun_recall(struct begun *begun, const char *boot, struct past *past);
