/* The writer: the thread that takes what waits and commits it. */
#pragma once

#include "ledger/state.h"

/* The thread. */
void *writer_main(void *ledger);

/* Frees it all; whoever is the last to have it. */
void writer_release(struct ledger *ledger);

/* Wakes it in any case. Under the lock. */
void writer_awaken(struct ledger *ledger);

/* There is something to do for which it is to be woken from that sleep or a deeper one. Under the
   lock. */
void writer_wake(struct ledger *ledger, enum writer_sleep lightest);
