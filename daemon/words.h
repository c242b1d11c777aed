/* Words that the daemon's reports have in common. For the loop's thread. */
#pragma once

#include "base/clock.h"
#include "core/engine.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* "" for one, "s" for any other number. */
const char *words_plural(uint64_t n);

/* A slot in local time, with as much of the second's fraction as it has. Returns buf. */
const char *words_slot(usec_t slot, char buf[static CLOCK_TEXT_SIZE]);

/* For how long a worker has had a run or notice, or it has waited for one or for its group: by the
   clock that is never set, once it is in the pool. */
usec_t words_age(const struct engine_run *er);

/* The main process of its attempt, also one that was adopted; 0: it has none. */
pid_t words_pid(const struct engine_run *er);

/* Which of its attempts the result of a run is of, that has ended or is about to try again. */
unsigned words_attempt(const struct engine_run *run, const struct run_result *result);

/* Room for any text of words_notice(). */
#define WORDS_NOTICE_SIZE 80

/* Who is told by a notice: "on_failure, on_recovery, mail". Returns buf. */
const char *words_notice(const struct engine_notice *notice, char buf[static WORDS_NOTICE_SIZE]);
