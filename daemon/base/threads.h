/* What threads are made with. Any thread. */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <pthread.h>
#include <time.h>

/* A condition whose time-outs are by CLOCK_MONOTONIC. Returns 0 or -errno. */
int threads_cond_init(pthread_cond_t *cond) _must_check_;

/* Attributes of a thread that takes no signal. Returns 0, to be given back by
   pthread_attr_destroy(3); or -errno. */
int threads_attr_init(pthread_attr_t *attr) _must_check_;

/* An instant by CLOCK_MONOTONIC. */
struct timespec threads_timespec(usec_t monotonic);
