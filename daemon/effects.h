/* The engine's effects, carried out: timers armed, runs handed to the pool, verdicts told. */
#pragma once

#include "core/engine.h"

struct daemon;
struct run_tail;

/* A sink for engine_step(). */
struct effect_sink effects_sink(struct daemon *daemon);

/* Hands to the pool what a step has started, after records_flush(): what a worker puts on record is
   not to come before what the step did. */
void effects_start(struct daemon *daemon);

/* Frees what a run printed, and the environment it was asked for with: nobody is to be told of it,
   or everybody was. */
void effects_let_go(struct run_tail *tail);
