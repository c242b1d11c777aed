/* What the world's own files share. */
#pragma once

#include "world.h"

/* Behind each engine_job. */
struct job_tail {
	bool armed;
	usec_t at;
};

enum pool_state {
	POOL_NEVER, /* not submitted: it waits for its group */
	POOL_QUEUED,
	POOL_WORKING,
	POOL_BACK, /* the result is there, the engine has not heard of it */
};

/* Behind each engine_run. */
struct run_tail {
	enum pool_state state;
	bool told_started;
	enum reason cancelled; /* why, as far as the world saw */
	usec_t ends;           /* elapsed time */
	struct run_result result;
};

size_t job_number(const struct job *def);
int group_number(const struct job *def);
void trace(const struct world *world, const char *format, ...) _printf_(2, 3);

/* books.c */

/* What an event makes due, before the engine hears of it. */
void books_due(struct world *world, size_t number);
void books_clock_stepped(struct world *world);
void books_load(struct world *world, const struct plan *plan);
/* Whatever must hold of an effect, and what it settles. */
void books_effect(struct world *world, const struct effect *effect);
/* Whatever must hold after a step. */
void books_check(struct world *world);

/* pool.c */

void pool_take(struct world *world, struct engine_run *run);
void pool_stop(struct world *world, struct engine_run *run, enum cancel_mode mode);
void pool_forget(struct world *world, struct engine_run *run);
/* Workers take from the queue and finish, up to the present. */
void pool_work(struct world *world);
