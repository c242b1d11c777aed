/*
 * What the engine's files share: engine.c (events), engine_load.c (putting a model in force),
 * engine_begin.c (from when on a job has slots), engine_past.c (what lives of the daemon before
 * this one have left), engine_due.c (which slots nobody has acted on), engine_catch_up.c (those
 * that wait for that), engine_pause.c (jobs that are not to run), engine_policy.c (what becomes of
 * an occurrence), engine_run.c (runs and groups), engine_attempt.c (what becomes of an attempt),
 * engine_told.c (what is told of its end), engine_notice.c (how it is told).
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
TAILQ_HEAD(job_queue, engine_job);
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
	uint64_t last_streak;

	struct run_queue live;    /* runs, in the order they were accepted */
	struct run_queue backoff; /* those of them in RUN_BACKOFF */
	struct run_queue notices; /* in the order they were made */
	struct run_queue free;
	size_t n_runs; /* objects: live, notices and free */
	size_t bounds[PLACE_COUNT];
	size_t taken[PLACE_COUNT];
	size_t submitted;
	size_t waiting;           /* runs, not notices */
	struct group_queue ready; /* with both waiters and room, for want of room in the pool */

	/* Lines of the engine's own. */
	struct engine_group notice_line;
	struct engine_group retry_line; /* of runs without a group, for the pool */
	struct job_queue owing;         /* would have a notice but for want of room */

	/* Jobs whose turn to be caught up comes; those with CATCH_UP_ALL stand in a line of their
	   own, since they wait for room besides. */
	struct job_queue lines[2];
	unsigned turn; /* which of the lines has the next one, if both could */
	bool pacing;   /* ENGINE_CATCH_UP will come */

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

/* Some slots of a job, in order. */
struct span {
	usec_t first;
	usec_t last;
	uint64_t count; /* 0: none, and nothing is said of the others */
};

/* Of the past, what is to be put in force besides the model. Zero: nothing. */
struct past_load {
	const struct past *past; /* NULL: there is none */
	struct past_entry *jobs; /* in the order of the model's */
	struct past_live *live;  /* runs that were begun, in the order of their numbers */
	size_t n_live;
	usec_t *slots;              /* that waited: job after job, those of each in order */
	size_t places[PLACE_COUNT]; /* that `live` takes */
};

/* A run that was begun, and the number of its job in the model. */
struct past_live {
	const struct past_run *run;
	size_t job;
};

/* What is known of a job. */
struct past_entry {
	const struct past_job *job; /* NULL: nothing */
	bool continued;             /* its slots are accounted for: its schedule is what it was */
	size_t n_slots;             /* of past_load.slots */
};

static inline void emit(const struct step *step, const struct effect *effect)
{
	step->sink.apply(step->sink.ctx, effect);
}

/* engine.c */

/* The armed slot is `next` from now on, perhaps none; arms the timer for it, or for the end of the
   pause, or disarms it. */
void job_arm(const struct step *step, struct engine_job *job, usec_t next);
/* Is it armed for that already? */
bool job_is_armed(const struct step *step, const struct engine_job *job);
/* Arms it if it is not. */
void job_rearm(const struct step *step, struct engine_job *job);
void job_free(struct engine_job *job);
/* Records failures, told or pause of the job, one of which has changed. */
void job_state(const struct step *step, struct engine_job *job);
/* Records what is on record as held: a slot, or USEC_INFINITY. */
void job_held(const struct step *step, struct engine_job *job, usec_t slot);
/* Call when a run or a notice of the job is no more, while the model that its definition was in is
   held: a job that is gone goes with the last of them. */
void job_left(const struct step *step, struct engine_job *job);
/* Whatever the step made possible: waiters start, bursts end, a stopped engine is drained. */
void engine_settle(struct step *step);

/* engine_load.c */

/* Puts a load in force and frees it. */
void load_apply(struct step *step, struct engine_load *load);

/* engine_begin.c */

/* The job has other slots than before, if it had any. What an old schedule left undone is no miss:
   nothing is caught up. Slots begin behind those that are on record, as they do after a start; the
   span of SCHEDULE_AFTER is counted from `since`. A slot that is due now is not armed. */
void begin_slots(struct step *step, struct engine_job *job, usec_t since);
/* What `since` is when such a job gets another span. */
usec_t begin_since(const struct step *step, const struct engine_job *job);
/* Of two of the same grid: do the data of their zones differ? */
bool begin_has_other_data(const struct schedule *a, const struct schedule *b);
/* Then: what was acted on stays so, and what will be is derived anew; what is due now by the new
   data alone is no miss. */
void begin_renewed(struct step *step, struct engine_job *job);

/* engine_past.c */

/* Fills in what a load needs of the past; the jobs are new. Returns 0 or -ENOMEM. */
int past_prepare(struct engine_job *const *jobs, const struct model *model, const struct past *past,
		 struct past_load *ret_load) _must_check_;
void past_load_done(struct past_load *load);
/* How long until a job with that past is overdue that is to succeed `within` a span. */
usec_t past_expect(const struct step *step, const struct past_job *past, usec_t within);
/* Runs that were begun: they go on, or get their verdict. */
void past_restore_runs(struct step *step, const struct past_load *load);
/* Then slots that nobody acted on; arms the jobs whose slots are continued. */
void past_restore_slots(struct step *step, const struct past_load *load);

/* engine_due.c */

/* The time whose slots become due at `now`. */
usec_t due_at(const struct schedule *schedule, usec_t now);
/*
 * The slot of a grid to wait for, if that is the next one that is neither accounted for nor in the
 * backlog: this, or the first that is due after now. That is so where waiting would be a standstill
 * since the clock was set back: one beyond all patience, which is not for the delay alone.
 */
usec_t due_wait_for(const struct step *step, const struct schedule *schedule, usec_t slot);
/* Of a grid: the slot to be armed, if no slot that is not accounted for is due. */
usec_t due_after_accounted(const struct step *step, const struct engine_job *job);
/* Something of the job may be due, by its timer or since the clock was set: acts on it, and arms
   the next. `reason`: why slots that are found too late are. */
void due_look(struct step *step, struct engine_job *job, enum reason reason);
/* The same when the clock was set by `shift` against elapsed time. */
void due_rederive(struct step *step, struct engine_job *job, usec_t shift);
/* The event is there: jobs of SCHEDULE_ON that wait for it have a slot. */
void due_event(struct step *step, enum schedule_event event);
/* A job of SCHEDULE_AFTER waits for its next slot if nothing of it is under way; else for none.
   Call where that may have changed. Nothing happens to others. */
void due_follow(const struct step *step, struct engine_job *job);
/* Does a run of it live, or a slot wait? */
static inline bool due_is_busy(const struct engine_job *job)
{
	return job->live > 0 || job->held != USEC_INFINITY || job->backlog != USEC_INFINITY;
}
/* Decides on slots that nobody acted on: those listed, which are in order and up to job->accounted,
   and those of `grid`, which are beyond that and up to job->next. */
void due_catch_up(struct step *step, struct engine_job *job, const usec_t *listed, size_t n_listed,
		  struct span grid, enum reason reason);

/* engine_catch_up.c */

/* Slots of the schedule in (after, until]. */
struct span span_between(const struct schedule *schedule, usec_t after, usec_t until);
/* The slot from which on the job is to be caught up: those before it are out of the window. */
usec_t catch_up_begin(const struct step *step, const struct job *def);
/* What becomes of slots that are found too late. Where there is never more than one, all are the
   last. */
static inline enum catch_up_policy catch_up_how(const struct job *def)
{
	enum catch_up_policy policy = def->settings->catch_up;

	return policy == CATCH_UP_ALL && !schedule_is_grid(&def->schedule) ? CATCH_UP_LAST : policy;
}
/* Is the whole range from the backlog on to be caught up? */
static inline bool catch_up_all(const struct engine_job *job)
{
	return catch_up_how(job->def) == CATCH_UP_ALL;
}
/* So many slots wait to be caught up. */
uint64_t catch_up_count(const struct engine_job *job);
/* There is a backlog from now on, or another one. */
void catch_up_set(struct step *step, struct engine_job *job, usec_t slot, enum reason reason);
/* Gives up the backlog, if there is any. */
void catch_up_withdraw(struct step *step, struct engine_job *job, enum verdict verdict,
		       enum reason reason);
/* Gives up what is out of the window. */
void catch_up_expire(struct step *step, struct engine_job *job, enum verdict verdict,
		     enum reason reason);
/* The armed slot is an earlier one than before: what will be due again does not wait any more. */
void catch_up_forget_future(struct step *step, struct engine_job *job);
/* Whether the job is in line is looked at anew. */
void catch_up_line_up(struct engine *engine, struct engine_job *job);
/* Gives the job another definition; what that does not let wait any more is given up. */
void catch_up_redefine(struct step *step, struct engine_job *job, const struct job *def);
/* Starts those whose turn it is. */
void catch_up_settle(struct step *step);

/* engine_pause.c */

/* Consumes the pause. */
void pause_begin(struct step *step, struct engine_job *job, struct engine_pause *pause);
/* Ends that of a job that is paused, whose timer is to be armed after it. */
void pause_end(struct step *step, struct engine_job *job);
/* Somebody wants that, of a job that need not be paused. */
void pause_stop(struct step *step, struct engine_job *job);
/* It is over by itself. */
static inline bool pause_is_over(const struct engine_job *job, usec_t now)
{
	return job->pause && job->pause->until <= now;
}

/* engine_policy.c */

/* An occurrence that is due: runs it, holds it, or gives it its verdict. */
void policy_consider(struct step *step, struct engine_job *job, usec_t slot);
/* Slots that do not run, perhaps none. */
void policy_not_run(struct step *step, struct engine_job *job, struct span slots,
		    enum verdict verdict, enum reason reason);
/* So many runs of the job at once. Those of SCHEDULE_AFTER follow each other, by its nature. */
unsigned policy_limit(const struct job *def);
/* Runs it outside of its schedule, or says why not. */
void policy_run_now(struct step *step, struct engine_job *job, struct engine_asked *asked);
/* Runs the held occurrence, if there is one and its turn has come. */
void policy_release(struct step *step, struct engine_job *job);
/* Gives up the held occurrence and the backlog, if there are any, and ends the streak. */
void policy_withdraw(struct step *step, struct engine_job *job, enum reason reason);
/* A run that was accepted and comes to nothing before its first attempt: as if it had not been. */
void policy_unrun(struct step *step, const struct engine_run *run, enum verdict verdict,
		  enum reason reason, const struct run_result *result);
/* A run of the job has started or gets its verdict. */
void policy_end_streak(const struct step *step, struct engine_job *job);

/* engine_run.c */

/* The places that there are with these settings, when so many runs may be tried again and so many
   jobs may have notices. */
void run_bounds(const struct daemon_settings *settings, size_t retrying, size_t telling,
		size_t ret_bounds[PLACE_COUNT]);
/* Frees free runs that no place needs. */
void run_trim(struct engine *engine);
/* A run to be filled in, from among the free ones, of which there must be one. */
struct engine_run *run_take(const struct step *step, struct engine_job *job,
			    enum engine_place place);
/* Back to the free ones, out of whatever list and line it was in; gives its model back. */
void run_give_back(struct engine *engine, struct engine_run *run);
/* Every change of a run's state, and of the sums that follow from the states. */
void run_move(struct engine *engine, struct engine_run *run, enum engine_run_state to);
void run_leave_group(struct engine *engine, struct engine_run *run);
void run_change_place(struct engine *engine, struct engine_run *run, enum engine_place place);
struct engine_group *run_find_group(const struct engine *engine, const struct job *def);
static inline bool run_is_submitted(const struct engine_run *run)
{
	return run->state == RUN_SUBMITTED || run->state == RUN_STARTED;
}
/* Is there room for one more of the job's? `released`: it was held, and does not have to compete
   for the room that the end of a run has made. */
bool run_has_room(const struct engine *engine, const struct engine_job *job, bool released);
/* Is there, for one that can wait until those that are due find room? */
bool run_has_room_to_catch_up(const struct engine *engine);
/* The occurrence becomes a run, which starts or waits for its group. */
void run_accept(struct step *step, struct engine_job *job, usec_t slot);
/* The same of one that is asked for now. */
struct engine_run *run_accept_manual(struct step *step, struct engine_job *job);
/* The place of a run of the past. */
static inline enum engine_place run_place_of(const struct past_run *past)
{
	return past->attempt > 1 || past->state == PAST_BACKOFF ? PLACE_RETRY : PLACE_RUN;
}
/* It is one of the job again, in no state yet. There must be a free run for it. */
struct engine_run *run_restore(struct step *step, struct engine_job *job,
			       const struct past_run *past);
/* Starts a run that is in no group yet, or puts it at the end of that group's line. */
void run_enter(struct step *step, struct engine_run *run, struct engine_group *group);
/* Starts waiting runs while their groups and the pool have room. */
void run_promote(struct step *step);
/* The verdict; then the run, and with its last run a job that is gone, are no more. One that is
   skipped or refused counts in the streak of its job, unless somebody asked for it. */
void run_end(struct step *step, struct engine_run *run, enum verdict verdict, enum reason reason,
	     const struct run_result *result);
/* The daemon stops: it is for the next one to go on with, and has no verdict. */
void run_put_off(struct step *step, struct engine_run *run);
/* Asks the shell to stop a run or a notice that it has. */
void run_cancel(struct step *step, struct engine_run *run, enum reason reason,
		enum cancel_mode mode);
void run_started(struct step *step, struct engine_run *run);
/* Call when a limit may have changed. */
void group_update(struct engine *engine, struct engine_group *group);
static inline bool group_is_idle(const struct engine_group *group)
{
	return group->running == 0 && TAILQ_EMPTY(&group->waiters);
}

/* engine_attempt.c */

/* The attempt that the shell had has ended. */
void attempt_finished(struct step *step, struct engine_run *run, const struct run_result *result);
/* There will be no further attempt of a run that the shell does not have. `result`: that of one
   that was handed over in vain, or NULL. */
void attempt_give_up(struct step *step, struct engine_run *run, enum reason reason,
		     const struct run_result *result);
/* A run of the past in whose place there is one again: it starts, is watched, waits for its next
   attempt, or has its verdict. */
void attempt_restore(struct step *step, struct engine_run *run, const struct past_run *past);
/* The daemon stops, and the run is not under way. */
void attempt_stop(struct step *step, struct engine_run *run);
/* The time has come for the next attempt. */
void attempt_due(struct step *step, struct engine_run *run);
/* Another model is in force: next attempts are made under it. */
void attempt_reload(struct step *step);

/* engine_told.c */

static inline bool notice_has_hook(const struct job_settings *settings, enum hook hook)
{
	return command_line_is_set(&settings->hooks[hook]);
}
/* The bit of a hook that is set; otherwise 0. */
static inline unsigned notice_hook(const struct job_settings *settings, enum hook hook)
{
	return notice_has_hook(settings, hook) ? 1U << hook : 0;
}
/* May these settings ever lead to a notice? */
bool notice_is_possible(const struct job_settings *settings);
/* And to one when the job is overdue? */
bool notice_of_overdue_is_possible(const struct job_settings *settings);
/* Is there anybody who cares that the job fails, or that it no longer does? Otherwise its failures
   are not told, and those that a reload brings hear of the next one. */
bool notice_has_audience(const struct job_settings *settings);
/* What is to be told of the end of a run, which it books for the job. */
struct engine_notice notice_of_end(struct engine *engine, const struct engine_run *run,
				   enum verdict verdict, enum reason reason,
				   const struct run_result *result);

/* engine_notice.c */

/* A run that has ended, and left everything else, goes on as the notice of it. */
void notice_begin(struct step *step, struct engine_run *run);
void notice_of_start(struct step *step, const struct engine_run *run);
/* Occurrences did not run; `begins`: a streak does with them. */
void notice_missed(struct step *step, struct engine_job *job, struct engine_missed missed,
		   bool begins);
void notice_overdue(struct step *step, struct engine_job *job);
/* Makes those that are owed, as far as there is room. */
void notice_settle(struct step *step);
/* It was handed to the shell; it has come back. */
void notice_submitted(struct step *step, struct engine_run *run);
void notice_finished(struct step *step, struct engine_run *run, const struct run_result *result);
/* One that waits will not be carried out. */
void notice_drop(struct step *step, struct engine_run *run, enum reason reason);
/* Nobody will be told of what is owed for want of room: what was missed, that it is overdue. */
void notice_forget(struct engine *engine, struct engine_job *job, bool missed, bool alarm);
/* A notice of the job was carried out, or there will be none. */
void notice_end_drops(const struct step *step, struct engine_job *job);
/* Expects the next success of the job within `span`; USEC_INFINITY: no longer. */
void notice_expect(const struct step *step, struct engine_job *job, usec_t span);
