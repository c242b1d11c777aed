/* The engine's effects, carried out: timers armed, runs handed to the pool, verdicts told. */
#pragma once

#include "core/engine.h"

struct daemon;

/* A sink for engine_step(). */
struct effect_sink effects_sink(struct daemon *daemon);
