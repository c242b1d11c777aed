/* What a simulation shows that somebody should know: sentences, the most pressing first. */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>

struct simulation;

/* The most sentences there are; of others only the number is told. */
#define SIM_ADVICE_MAX  24
#define SIM_ADVICE_SIZE 700

struct sim_advice {
	size_t count;
	size_t unlisted;
	char texts[SIM_ADVICE_MAX][SIM_ADVICE_SIZE]; /* sanitized, without a full stop */
};

/* Looks at the jobs that are shown, and at the pool. */
void sim_advice_find(const struct simulation *simulation, struct sim_advice *ret_advice);
