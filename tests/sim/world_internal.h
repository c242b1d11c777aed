/* What the world's own files share. */
#pragma once

#include "grids.h"
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
	bool accepted; /* is on record */
	bool told_started;
	bool is_notice;       /* in the pool */
	bool adopted;         /* its process is that of a life before this one */
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

/* world.c */

/* One event, and all that must hold after it. */
void world_step(struct world *world, const struct engine_event *event);

/* trace.c */

void trace_effect(const struct world *world, const struct effect *effect);

/* shell.c */

/* Is there a ledger? */
bool shell_records(const struct world *world);
void shell_effect(struct world *world, const struct effect *effect);
void shell_step_done(struct world *world);
/* An attempt is about to be made. */
void shell_intend(struct world *world, const struct engine_run *run);
/* How long a run of the past has to wait for its next attempt. */
usec_t shell_wait(const struct world *world, const struct row *row);
/* What is on record; to be given back by shell_past_done(). */
void shell_past(const struct world *world, struct past *ret_past);
void shell_past_done(struct past *past);
void shell_forget_accepted(struct world *world);
/* The job is not configured any more. */
void shell_bury(struct world *world, size_t number);

/* lives.c */

/* The row that a run of a life before this one has on record. */
const struct row *lives_row(struct world *world, const struct engine_run *run);
/* Is its slot one that had been accepted, but not started, when this life began? */
bool lives_had_accepted(const struct world *world, const struct engine_run *run);
/* One that somebody had asked for in a life before this one, and that was not started. */
void lives_accepted(struct world *world, const struct engine_run *run);
void lives_adopt(struct world *world, const struct effect *effect);
void lives_retry(struct world *world, const struct effect *effect);
void lives_put_off(struct world *world, struct engine_run *run);

/* plans.c */

struct model *plan_model(const struct plan *plan);

/* books.c */

void books_init(struct world *world);
void books_done(struct world *world);
/* So many runs of the job at a time. */
unsigned books_limit(const struct job_plan *plan);
/* What an event makes due, before the engine hears of it; why that is late, if it is. */
void books_due(struct world *world, size_t number, enum reason reason);
/* The slots of a job that is new, or has others than before. */
void books_begin(struct world *world, size_t number, const struct schedule *schedule);
/* Those of a grid go on behind the last one that was acted on, unless the clock was set far back.
 */
void books_continue(struct world *world, size_t number, const struct schedule *schedule);
/* Wall time has jumped by so much. */
void books_clock_stepped(struct world *world, usec_t by, bool suspended);
/* Slots of the jobs that wait for it. */
void books_event(struct world *world, enum schedule_event event);
void books_load(struct world *world, const struct plan *plan);
/* An occurrence has its verdict. */
void books_settle(struct world *world, size_t number, usec_t slot, enum verdict verdict,
		  enum reason reason);
/* The same of a run, whose slot may be none of the schedule's. */
void books_end(struct world *world, const struct engine_run *run, enum verdict verdict,
	       enum reason reason);
void books_post_settled(struct world *world, size_t number, struct range range);
/* Whatever must hold after a step. */
void books_check(struct world *world);

/* effects.c */

void books_run_ends(struct world *world, struct engine_run *run);
/* Whatever must hold of an effect, and what it settles. */
void books_effect(struct world *world, const struct effect *effect);

/* catchup.c: slots that nobody acted on at their time */

/* What is acted on within this was in time. */
#define CATCHUP_IN_TIME (5 * USEC_PER_SEC)

/* What must come of those that are due now, of which there may be none, and of those that wait. */
void catchup_expect(struct world *world, size_t number, const struct slots *fresh,
		    enum reason reason);
/* The same in a life that begins; not `continued`: nothing is known of it that counts. */
void catchup_find(struct world *world, size_t number, bool continued);
/* Another plan is about to be in force. */
void catchup_load(struct world *world, size_t number, const struct job_plan *before,
		  const struct job_plan *after);
/* A slot that had been acted on runs a second time. */
void catchup_again(struct world *world, size_t number);
/* It is paused until then, and resumed; nothing of it is to wait. */
void catchup_pause(struct world *world, size_t number, usec_t until);
void catchup_resume(struct world *world, size_t number);
void catchup_withdraw(struct world *world, size_t number);
/* So many did not run. */
void catchup_came(struct world *world, size_t number, const struct engine_streak *streak,
		  uint64_t count);
void catchup_timer(struct world *world, usec_t span);
/* After a step: what waits now; the slots of the job that are in nobody's hands; all else. */
void catchup_check_job(struct world *world, const struct engine_job *job);
void catchup_check_slots(struct world *world, size_t number, const struct slots *left);
void catchup_check(struct world *world);

/* streaks.c */

/* Books what an effect says of a streak. */
void streaks_effect(struct world *world, const struct effect *effect);
void streaks_check(struct world *world, const struct engine_job *job);

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
/* Its process has outlived the daemon. */
void pool_adopt(struct world *world, struct engine_run *run, const struct row *row);
void pool_stop(struct world *world, struct engine_run *run, enum cancel_mode mode);
void pool_forget(struct world *world, struct engine_run *run);
/* Workers take from the queue and finish, up to the present. */
void pool_work(struct world *world);
