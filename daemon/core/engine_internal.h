/*
 * What the engine's files share: engine.c (events), engine_load.c (putting a model in force),
 * engine_policy.c (what becomes of an occurrence), engine_run.c (runs and groups).
 */
#pragma once

#include "core/agenda.h"
#include "core/engine.h"

#include <stdalign.h>

/* A struct and what the shell keeps behind it, which starts aligned for any type. */
#define TAIL_ALIGN(size) (((size) + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1))
#define JOB_SIZE         TAIL_ALIGN(sizeof(struct engine_job))
#define RUN_SIZE         TAIL_ALIGN(sizeof(struct engine_run))

TAILQ_HEAD(run_queue, engine_run);
TAILQ_HEAD(group_queue, engine_group);

/* A concurrency group, across reloads. In force it has the index of its definition in the model. */
struct engine_group {
	unsigned limit;
	size_t running;           /* submitted and not ended */
	struct run_queue waiters; /* RUN_WAITING, in order */
	bool in_force;            /* else it left the configuration and goes when it is idle */
	bool ready;               /* linked in engine.ready */
	TAILQ_ENTRY(engine_group) ready_link;
};

struct engine {
	size_t job_tail;
	size_t run_tail;
	struct model *model;          /* a reference; NULL before the first load */
	struct engine_job **jobs;     /* in the order of model->jobs */
	struct engine_group **groups; /* in the order of model->groups */
	struct agenda agenda;
	struct engine_counters counters;
	uint64_t last_id;

	struct run_queue live; /* in the order they were accepted */
	struct run_queue free;
	size_t n_runs; /* live and free */
	size_t submitted;
	size_t waiting;
	struct group_queue ready; /* with both waiters and room, for want of room in the pool */

	bool in_burst; /* occurrences are being refused */
	uint64_t burst;
	bool stopping;
	bool hurried;
	bool drained;
};

/* An event on its way through. */
struct step {
	struct engine *engine;
	usec_t now;
	struct effect_sink sink;
	bool eased; /* a run ended or a bound changed: a burst of refusals may be over */
};

static inline void emit(const struct step *step, const struct effect *effect)
{
	step->sink.apply(step->sink.ctx, effect);
}

/* engine.c */

/* The armed slot is `next` from now on; arms the timer for it. */
void job_arm(const struct step *step, struct engine_job *job, usec_t next);
/* The first slot that is due after now. */
usec_t job_first_slot(const struct step *step, const struct job *def);
/* Whatever the step made possible: waiters start, bursts end, a stopped engine is drained. */
void engine_settle(struct step *step);

/* engine_load.c */

/* Puts a load in force and frees it. */
void load_apply(struct step *step, struct engine_load *load);

/* engine_policy.c */

/* An occurrence that is due: runs it, holds it, or gives it its verdict. */
void policy_consider(struct step *step, struct engine_job *job, usec_t slot);
/* `count` slots, `first` to `last`, that a later one stands for. */
void policy_coalesce(struct step *step, struct engine_job *job, usec_t first, usec_t last,
		     uint64_t count);
/* Runs the held occurrence, if there is one and its turn has come. */
void policy_release(struct step *step, struct engine_job *job);
/* Gives the held occurrence up, if there is one, and ends the streak. */
void policy_withdraw(struct step *step, struct engine_job *job, enum reason reason);

/* engine_run.c */

/* How many runs there can be at a time with these settings. */
size_t run_bound(const struct daemon_settings *settings);
/* Is there room for one more of the job's? `released`: it was held, and does not have to compete
   for the room that the end of a run has made. */
bool run_has_room(const struct engine *engine, const struct engine_job *job, bool released);
/* The occurrence becomes a run, which starts or waits for its group. */
void run_accept(struct step *step, struct engine_job *job, usec_t slot);
/* The verdict; then the run, and with its last run a job that is gone, are no more. */
void run_end(struct step *step, struct engine_run *run, enum verdict verdict, enum reason reason,
	     const struct run_result *result);
void run_cancel(struct step *step, struct engine_run *run, enum reason reason,
		enum cancel_mode mode);
void run_started(struct step *step, struct engine_run *run);
void run_finished(struct step *step, struct engine_run *run, const struct run_result *result);
/* Starts waiting runs while their groups and the pool have room. */
void run_promote(struct step *step);
/* Frees free runs until there are at most `bound` in all. */
void run_trim(struct engine *engine, size_t bound);
/* Call when a limit may have changed. */
void group_update(struct engine *engine, struct engine_group *group);
static inline bool group_is_idle(const struct engine_group *group)
{
	return group->running == 0 && TAILQ_EMPTY(&group->waiters);
}
