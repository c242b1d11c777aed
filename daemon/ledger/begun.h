/*
 * Which attempts of runs have been begun: marks in a file, each written by one system call, without
 * a commit.
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

/* That attempt (1 or more) of the run. Returns false if there is no room, or it cannot be written.
 */
bool begun_mark(struct begun *begun, uint64_t run, unsigned attempt);

/* The highest attempt of the run that is marked; 0: none is. */
unsigned begun_attempt(struct begun *begun, uint64_t run);

/* More of the run is in the database by now than that these attempts, up to that one, were begun:
   their marks say nothing any more, and their places are free. */
void begun_release(struct begun *begun, uint64_t run, unsigned attempt);

/* It was not begun after all. */
void begun_unmark(struct begun *begun, uint64_t run);

/* Runs of the past of which a later attempt is marked than the database knows have been started
   with that, in that boot. Marks of other runs go. Before any is made. */
void begun_recall(struct begun *begun, const char *boot, struct past *past);
