/* The engine's effects, carried out: timers armed, runs handed to the pool, verdicts told. */
#pragma once

#include "core/engine.h"

struct daemon;
struct run_tail;

/* A sink for engine_step(). */
struct effect_sink effects_sink(struct daemon *daemon);

/* Frees what a run printed: nobody is to be told of it, or everybody was. */
void effects_drop_output(struct run_tail *tail);
