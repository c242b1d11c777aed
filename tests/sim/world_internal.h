/* What the world's own files share. */
#pragma once

#include "world.h"

/* Behind each engine_job. */
struct job_tail {
	bool armed;
	usec_t at;
	usec_t expect_at; /* elapsed time; 0: never */
};

enum pool_state {
	POOL_NEVER,   /* not submitted: it waits for its group */
	POOL_BETWEEN, /* two attempts */
	POOL_ENDED,   /* it has its verdict, of which somebody is to be told */
	POOL_QUEUED,
	POOL_WORKING,
	POOL_BACK, /* the result is there, the engine has not heard of it */
};

/* Behind each engine_run. */
struct run_tail {
	enum pool_state state;
	bool told_started;
	bool is_notice;       /* in the pool */
	bool known;           /* as a notice */
	unsigned attempts;    /* handed to the pool */
	uint64_t line;        /* its number among those who lined up; 0: it does not wait */
	usec_t retry_at;      /* elapsed time, of the timer of POOL_BETWEEN; 0: it has fired */
	enum verdict verdict; /* of the last attempt that failed */
	struct run_result last;
	enum reason cancelled; /* why, as far as the world saw */
	usec_t ends;           /* elapsed time */
	struct run_result result;
};

size_t job_number(const struct job *def);
int group_number(const struct job *def);
void trace(const struct world *world, const char *format, ...) _printf_(2, 3);

/* plans.c */

struct model *plan_model(const struct plan *plan);

/* books.c */

/* What an event makes due, before the engine hears of it. */
void books_due(struct world *world, size_t number);
void books_clock_stepped(struct world *world);
void books_load(struct world *world, const struct plan *plan);
/* An occurrence has its verdict. */
void books_settle(struct world *world, size_t number, usec_t slot, enum verdict verdict,
		  enum reason reason);
/* Whatever must hold of an effect, and what it settles. */
void books_effect(struct world *world, const struct effect *effect);
/* Whatever must hold after a step. */
void books_check(struct world *world);

/* streaks.c */

/* Books what an effect says of a streak; or what has come to one since it was looked at last. */
void streaks_effect(struct world *world, const struct effect *effect);
void streaks_look(struct world *world, const struct engine_job *job);
/* After a step, when it is known which slots are in hand: settles those that no effect has named.
 */
void streaks_settle(struct book *book);

/* attempts.c */

/* What must hold of the end of a run; of an attempt that is followed by another. */
void attempts_ended(struct world *world, const struct effect *effect);
void attempts_retry(struct world *world, const struct effect *effect);

/* telling.c: who is told of what */

/* What must hold of the notice of a verdict, and what that changes for the job. */
void telling_end(struct world *world, const struct effect *effect);
void telling_notice(struct world *world, struct engine_run *run);
void telling_dropped(struct world *world, struct engine_run *run, enum reason reason);
/* It comes back from the pool; so many were dropped. */
void telling_returned(struct world *world, struct engine_run *run);
void telling_drops_end(struct world *world, const struct engine_job *job);
void telling_expect(struct world *world, struct engine_job *job, usec_t span);
void telling_overdue(struct world *world, struct engine_job *job);
/* `count` occurrences were missed; `begins`: and those before were not, for the same reason. */
void telling_missed(struct world *world, size_t number, uint64_t count, bool begins);
/* Another plan is about to be in force. */
void telling_load(struct world *world, const struct plan *plan);
void telling_stop(struct world *world);
/* A notice that is there after a step; then, whatever must hold after it. */
void telling_check_notice(struct world *world, struct engine_run *run);
void telling_check_job(struct world *world, const struct engine_job *job);
void telling_check(struct world *world);

/* pool.c */

void pool_take(struct world *world, struct engine_run *run);
void pool_stop(struct world *world, struct engine_run *run, enum cancel_mode mode);
void pool_forget(struct world *world, struct engine_run *run);
/* Workers take from the queue and finish, up to the present. */
void pool_work(struct world *world);
