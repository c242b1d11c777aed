/* Getting hold of the file: the first time, again, or a new one in its place. */
#pragma once

#include "ledger/state.h"

/* Opens the database, sets it aside if that is what it takes, and reads what it knows. Returns
   whether it is open; if not, *ret_past is untouched and the trouble is told. Before there is a
   thread. */
bool opening_first(struct ledger *ledger, struct past *ret_past);

/* Opens it again, or at last. The next two are the writer's. Return false with what is wrong. */
bool opening_again(struct ledger *ledger, struct trouble *ret_trouble);

/* Marks (begun.h) could not be made in the directory; maybe now. They are none of the present life;
   those of before stay only if the file is yet to be read. The writer's. */
void opening_marks(struct ledger *ledger);

/* Renames what is there, so that a new one can be begun. */
bool opening_set_aside(struct ledger *ledger, struct trouble *ret_trouble);
