/*
 * Questions to the ledger on behalf of clients: asked of the reader's thread, answered in the loop
 * later. Loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "control/route.h"
#include "ledger/reader.h"

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>

struct control;

/* Part of struct control; all zero at first. */
struct reading {
	struct reader *reader; /* NULL: nothing was asked yet */
	struct event answers;
};

/* Ends it; when no client is left. */
void reading_done(struct reading *reading);

/* Is there a ledger that can be asked? */
bool reading_is_possible(const struct exchange *exchange);

/*
 * Asks. answered() is called later, with `data`, a copy of `size` bytes, unless the client goes
 * before; it answers the exchange. The answer is 0 or -ENOENT by then: another error has been
 * answered. If it cannot be asked, that is answered at once.
 */
void reading_ask(struct exchange *exchange, const struct reader_question *question,
		 void (*answered)(struct exchange *exchange, const void *data,
				  const struct reader_answer *answer),
		 const void *data, size_t size);
