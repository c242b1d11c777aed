/*
 * Processes that a daemon which was killed was about to make: they have its memory and environment
 * until they become their programs, and nothing tells yet of which run they are.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>

/* Waits until each has become its program or ended, for at most so long. Blocks; before other
   threads are about to make any. Returns whether there are none any more. */
bool nascent_await(usec_t patience);
