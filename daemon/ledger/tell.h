/* What others hear of the ledger: those who wait for it, and the loop. All under the lock. */
#pragma once

#include "ledger/state.h"

/* Lets go of those whose groups are committed, that is up to that number; or of all. */
void tell_waiters(struct ledger *ledger, uint64_t committed, bool all);

/* Something is wrong, and nobody waits any more. */
void tell_trouble(struct ledger *ledger, const struct trouble *trouble);

/* What there was of that is over. */
void tell_recovery(struct ledger *ledger);

/* A broken file has that name now. */
void tell_set_aside(struct ledger *ledger, const char *name);

/* There is a new file. */
void tell_renewed(struct ledger *ledger);
