/*
 * The engine: a pure state machine that decides what is due, what may run, and what became of
 * every occurrence. Events go in, effects come out. It reads no clock, does no I/O, knows no
 * libevent; the daemon, the simulator and the tests drive the same code.
 *
 * All of it belongs to the loop's thread. After engine_prepare() has succeeded nothing in here
 * allocates, so no event can fail for want of memory.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/diff.h"
#include "core/model.h"
#include "core/past.h"
#include "core/result.h"
#include "core/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* A slot that is looked at within this much after it was due was acted on at its time. */
#define ENGINE_LATE (5 * USEC_PER_SEC)

struct engine;
struct engine_group;
struct engine_load;

/* A streak of occurrences that did not run, for the same reason, one after the other. It ends when
   a run of the job starts or gets its verdict. */
struct engine_streak {
	enum verdict verdict : 8;
	enum reason reason : 8;
	uint64_t id : 48; /* counts from 1, over all jobs and lives; 0: it has none yet */
	uint64_t count;   /* 0: no streak */
	usec_t first;     /* slots */
	usec_t last;
};

/* Occurrences that did not run, which somebody is to be told. */
struct engine_missed {
	enum verdict verdict : 8; /* of the last one */
	enum reason reason : 8;
	uint64_t count;
	usec_t last; /* its slot */
};

/* Why and until when a job is paused. Made by malloc(3), freed by the engine. */
struct engine_pause {
	usec_t until; /* wall time; USEC_INFINITY: until somebody resumes it */
	char reason[];
};

/*
 * A job as it lives in the engine, across reloads. Read-only outside core.
 *
 * Every slot up to `accounted` has its verdict, or a live run, or is `held`. That goes for no later
 * one, but for those of the `backlog`, which wait to be caught up: with CATCH_UP_ALL the slots from
 * `backlog` up to, and without, `next`; otherwise that one slot, which may be one that others had
 * overtaken before the daemon started, and is up to `accounted` then.
 *
 * `next` is behind all these, unless the clock was set back: slots up to `accounted` then run again
 * as they come, but nothing is made up for if they do not.
 *
 * That is so of grids. A job of SCHEDULE_AFTER has one slot at a time: `next`, counted from the end
 * of its last run or from the last slot that did not run, moves with the clock when that is set;
 * while a run of it lives or a slot waits there is none. One of SCHEDULE_ON has a slot when an
 * event brings it, which is `next` until its delay is over. Their backlog is that one slot.
 */
struct engine_job {
	const struct job *def; /* in the current model; that of a live run or notice when `gone` */
	usec_t next;           /* the slot that is armed; USEC_INFINITY: none */
	usec_t held;      /* OVERLAP_QUEUE, _REPLACE: the slot that waits; USEC_INFINITY: none */
	usec_t accounted; /* never goes back, whatever the clock does */
	usec_t backlog;   /* USEC_INFINITY: none */
	struct engine_pause *pause;           /* NULL: it is not paused */
	TAILQ_ENTRY(engine_job) backlog_link; /* among those that are caught up, if `in_line` */
	struct engine_streak streak;
	struct engine_missed owed;  /* what HOOK_MISSED has yet to be told of; count 0: nothing */
	struct engine_run *runs;    /* the live ones, newest first */
	struct engine_run *telling; /* its notice that is under way */
	struct engine_run *notice;  /* its notice that waits */
	TAILQ_ENTRY(engine_job) owed_link; /* among those that owe for want of room, if `owes` */
	uint64_t last_id; /* of the last run that ended after it had run; 0: none */
	uint32_t drops;   /* notices that were dropped, for the same reason, since one was not */
	uint32_t agenda_index; /* its place in the agenda */
	uint32_t live;         /* runs accepted and not ended */
	uint32_t failures;     /* in a row, as of the last verdict of a run */
	enum reason drop_reason : 8;
	enum verdict last_verdict : 8;  /* of last_id */
	enum reason backlog_reason : 8; /* why there is one */
	bool told : 1;       /* of these failures; HOOK_RECOVERY is due with the next success */
	bool overdue : 1;    /* no success within expect_within ... */
	bool owes_alarm : 1; /* ... of which nobody could be told yet for want of room */
	bool owes : 1;
	bool gone : 1; /* left the configuration while there were runs or notices */
	/* It has a backlog that has its turn: it is not paused, nor, with CATCH_UP_ALL, as many of
	   its runs live as may. */
	bool in_line : 1;
};

enum engine_run_state {
	RUN_FREE,      /* no occurrence's */
	RUN_WAITING,   /* for its group */
	RUN_SUBMITTED, /* handed to the shell by EFFECT_START */
	RUN_STARTED,   /* ENGINE_STARTED has been seen */
	RUN_BACKOFF,   /* an attempt failed; the next is waited for */
	RUN_STATE_COUNT,
};

/*
 * What somebody is to be told, by hooks and a mail that a worker carries out. A run that has ended
 * becomes the notice of its end: it is the same struct engine_run, with its tail as it was.
 *
 * A job has one notice under way at most, so that they come in order, and one that waits. That of
 * the end of a run, or of a job that is overdue, takes the place of the one that waits; what is
 * missed waits until there is none; what finds no place is dropped.
 */
struct engine_notice {
	unsigned hooks; /* set of 1 << enum hook; 0 with no mail: not a notice but a run */
	bool mail;
	bool alarm; /* tells that the job fails or is overdue ... */
	bool first; /* ... of which nobody has heard yet */
	/* Of the run; with HOOK_MISSED of the streak; of the last run if overdue, VERDICT_SKIPPED
	   if there was none; of no meaning with HOOK_START. */
	enum verdict verdict;
	enum reason reason;
	uint32_t failures; /* in a row; of a success those before it */
	uint64_t missed;   /* HOOK_MISSED: occurrences that nobody was told of yet */
};

/* What a struct engine_run is taken for; there are so many for each. */
enum engine_place {
	PLACE_RUN,    /* an occurrence, until an attempt of it has failed */
	PLACE_RETRY,  /* from then on, so that it takes no room from others */
	PLACE_NOTICE, /* a notice */
	PLACE_COUNT,
};

/* An occurrence that was accepted, until its verdict; or a notice. Read-only outside core. */
struct engine_run {
	uint64_t id; /* counts from 1; of a notice: the run that it tells of, 0: of none, as with
			HOOK_MISSED */
	struct engine_job *job;
	const struct job *def;      /* under which it runs, whatever a reload brings */
	struct model *model;        /* holds def alive */
	struct engine_group *group; /* in whose line or number it is; NULL: none */
	struct engine_notice notice;
	usec_t slot;      /* of a notice with HOOK_MISSED the last one; USEC_INFINITY if overdue */
	unsigned attempt; /* counts from 1; 0 of a notice that tells of no run's start or end */
	usec_t accepted;  /* wall time */
	enum engine_run_state state;
	enum engine_place place;
	enum reason cancelled : 8; /* REASON_NONE: not */
	/* These are no bits of that: a worker may read them while it is set. */
	bool adopted; /* from a daemon before this one, by EFFECT_ADOPT */
	/* By ENGINE_RUN_NOW: its slot is the moment at which it was asked for, and none of the
	   schedule's. It is never counted in a streak. */
	bool manual;
	/* PLACE_RETRY: what came of the last attempt that failed, unless it is adopted. */
	enum verdict verdict;
	struct run_result result;
	struct engine_run *job_next; /* links of engine_job.runs */
	struct engine_run *job_prev;
	TAILQ_ENTRY(engine_run) link;       /* among all runs, all notices, or the free ones */
	TAILQ_ENTRY(engine_run) group_link; /* RUN_WAITING: in the line; RUN_BACKOFF: among those */
};

/* In EFFECT_ENDED already of a run that goes on as the notice of its end. */
static inline bool engine_run_is_notice(const struct engine_run *run)
{
	return run->notice.hooks != 0 || run->notice.mail;
}

enum cancel_mode {
	CANCEL_TERM, /* SIGTERM, the job's kill_grace, SIGKILL */
	CANCEL_KILL, /* SIGKILL */
};

/* A run that somebody asks for. */
struct engine_asked {
	bool force;             /* however many runs of the job live */
	struct engine_run *run; /* set by the engine; NULL: it was refused ... */
	enum reason refused;    /* ... because of this, and no occurrence */
};

enum engine_event_kind {
	ENGINE_LOAD,      /* .load: put the prepared model in force */
	ENGINE_DUE,       /* .job: its timer fired */
	ENGINE_STARTED,   /* .run: its process is there, that of the command, not of only_if */
	ENGINE_FINISHED,  /* .run, .result: it ended, or could not be started. A notice is free
			     then; RESULT_NOT_STARTED or RESULT_NO_RESOURCES of it: it was not
			     carried out. So is a run that comes to nothing before its first
			     attempt, unless it is cancelled: it is counted in a streak */
	ENGINE_RETRY_DUE, /* .run: the span of EFFECT_RETRY is over */
	ENGINE_OVERDUE,   /* .job: the span of EFFECT_EXPECT is over */
	ENGINE_CATCH_UP,  /* the span of EFFECT_CATCH_UP is over */
	ENGINE_PAUSE,     /* .job, .pause: consumed, instead of any before */
	ENGINE_RESUME,    /* .job; of one that is not paused: nothing */
	/*
	 * .job, .asked: an occurrence now, outside of the schedule, whose slots stay what they are;
	 * also of a job that is paused. It waits for its group and for a worker as others do, but
	 * neither behind runs of its own job nor in their place: refused with REASON_OVERLAP or
	 * _MAX_RUNNING unless forced, with _QUEUE_FULL for want of room, with _STOPPING and
	 * _REMOVED.
	 */
	ENGINE_RUN_NOW,
	ENGINE_KILL,     /* .run, .mode: an operator wants it, or a notice, stopped */
	ENGINE_WITHDRAW, /* .job: an operator wants what waits of it, without being a run yet, not
			    to run */
	ENGINE_CLOCK_STEPPED, /* .shift, .suspended: wall time jumped by so much against elapsed
				 time, or the machine was suspended */
	ENGINE_STOP,          /* start nothing more; let the pool drain */
	ENGINE_HURRY,         /* after ENGINE_STOP: CANCEL_TERM for what runs, then CANCEL_KILL */
};

struct engine_event {
	enum engine_event_kind kind;
	union {
		struct engine_load *load; /* consumed */
		struct {
			struct engine_job *job;
			union {
				struct engine_pause *pause;
				struct engine_asked *asked;
			};
		};
		struct {
			struct engine_run *run;
			const struct run_result *result;
			enum cancel_mode mode;
		};
		struct {
			usec_t shift;
			bool suspended;
		};
	};
};

/* What a load changed. */
struct engine_diff {
	size_t added;
	size_t changed;
	size_t removed;
	size_t unchanged;
};

/* Some jobs that it added, changed or removed: of each fate the first by name. */
#define ENGINE_NAMED_MAX 100
struct engine_named {
	const char *names[DIFF_UNCHANGED][ENGINE_NAMED_MAX];
	size_t n[DIFF_UNCHANGED];
};

enum effect_kind {
	EFFECT_ARM,      /* .job, .at: call ENGINE_DUE at that wall time; replaces an earlier one */
	EFFECT_DISARM,   /* .job: forget its timer; one that is gone may come back and be armed */
	EFFECT_JOB_FREE, /* .job: last chance to let go of it; it was disarmed before */
	EFFECT_ACCEPTED, /* .run: record it; before its first EFFECT_START. Also of one that is
			    `manual` and on record as that from a life before this one */
	EFFECT_START,    /* .run: hand it to the pool; also each further attempt */
	EFFECT_ADOPT, /* .run, .past: the same for one whose process has outlived the daemon before
			 this one; answered by ENGINE_FINISHED with RESULT_UNSEEN. If nobody watched
			 it after all: RESULT_NO_RESOURCES, and it is lost; or RESULT_NOT_STARTED,
			 and it is lost too, or put off if the daemon stops */
	EFFECT_RETRY, /* .run, .verdict, .reason, .result, .span: an attempt failed; call
			 ENGINE_RETRY_DUE after that span of elapsed time */
	EFFECT_RETRY_RESTORED, /* .run, .span: the same call, for one that waited for its next
				  attempt when the daemon ended */
	EFFECT_RETRY_OFF,      /* .run: forget that; it ends */
	EFFECT_PUT_OFF, /* .run: the daemon stops while it waits for its next attempt, which is to
			   be made after the next start, or to be watched again: it has no verdict
			   yet, and is free */
	EFFECT_NOTICE,  /* .run: hand it to the pool, as what follows from a run: also when that is
			   closed. Answered by ENGINE_FINISHED */
	EFFECT_NOTICE_DROPPED, /* .run, .reason, .result (NULL: it was never handed over): it is not
				  carried out, and free then. Say so if job->drops, which counts
				  those in a row for the same reason, is 1 */
	EFFECT_DROPS_END,      /* .job: say that there were job->drops, which is more than 1 */
	EFFECT_EXPECT,         /* .job, .span: call ENGINE_OVERDUE after that span of elapsed time;
				  replaces an earlier one. USEC_INFINITY: never */
	EFFECT_OVERDUE,        /* .job: say so; a notice may follow */
	EFFECT_CANCEL,         /* .run, .mode: stop it, or take it back from the queue */
	/*
	 * .run, .verdict, .reason, .result (NULL: it was never handed over): record; the run is
	 * free afterwards, or goes on as the notice of its end. Verdict and result are those of the
	 * last attempt that ran: one that waits for its next and is replaced, killed or taken back
	 * has failed, and the reason says why that was the end of it.
	 */
	EFFECT_ENDED,
	/*
	 * .job, .streak, .unrun: record that the streak has grown to what it is, or begun, perhaps
	 * by many; `unrun` is the run that came to nothing, whose record this takes the place of,
	 * or NULL. Comes before the EFFECT_STREAK_ of the same occurrence, and also for those that
	 * have no beginning.
	 */
	EFFECT_NOT_RUN,
	/* .job, .at: record the one slot up to job->accounted that is neither recorded as a run nor
	   in a streak, but waits, instead of any before; USEC_INFINITY: there is none. */
	EFFECT_HELD,
	/*
	 * .job, .at: record the job: it is new, came back, or has other slots than before. Those up
	 * to and with `at` do not count, which is the nominal time of what is due now or, where
	 * that is later, the last slot that was accounted for; unless one would wait for that time
	 * to come again after the clock was set back. SCHEDULE_AFTER: the first slot counts from
	 * there.
	 */
	EFFECT_JOB_KNOWN,
	EFFECT_JOB_GONE,  /* .job: record that it left the configuration */
	EFFECT_JOB_STATE, /* .job: record failures, told, pause: one of them has changed */
	EFFECT_PAUSED,    /* .job: say so, and until when */
	EFFECT_RESUMED,   /* .job: say so */
	EFFECT_CATCH_UP,  /* .span: call ENGINE_CATCH_UP after that span of elapsed time; there is
			     never a second one under way */
	EFFECT_STREAK_BEGIN, /* .job, .streak with count 1, .result (NULL: it was never handed
				over): say so. Not for VERDICT_COALESCED and VERDICT_MISSED: they
				come complete, by EFFECT_STREAK_END alone */
	EFFECT_STREAK_END,   /* .job, .streak: record `count` occurrences; one row, one line */
	EFFECT_BURST_BEGIN,  /* the queue is full, occurrences are refused from here on */
	EFFECT_BURST_END,    /* .count were refused since then; there is room again */
	EFFECT_LOADED,       /* .diff */
	EFFECT_DRAINED,      /* after ENGINE_STOP: no run and no notice is left */
};

struct effect {
	enum effect_kind kind;
	usec_t span;
	const struct run_result *result;
	union {
		struct {
			struct engine_job *job;
			usec_t at;
			const struct engine_streak *streak;
			const struct engine_run *unrun;
		};
		struct {
			struct engine_run *run;
			enum cancel_mode mode;
			enum verdict verdict;
			enum reason reason;
			const struct past_run *past;
		};
		uint64_t count;
		struct engine_diff diff;
	};
};

/* Takes the effects of a step, in order. Must not call back into the engine; an EFFECT_START that
   fails is answered by a later ENGINE_FINISHED with RESULT_NO_RESOURCES. */
struct effect_sink {
	void (*apply)(void *ctx, const struct effect *effect);
	void *ctx;
};

struct engine_counters {
	uint64_t verdicts[VERDICT_COUNT]; /* occurrences */
	uint64_t started;                 /* runs handed to the pool */
	uint64_t retries;                 /* further attempts of them that were */
	uint64_t notices;                 /* likewise */
	uint64_t notices_dropped;
};

/*
 * An engine without jobs. `job_tail` and `run_tail` bytes, zeroed when a job or a run begins, are
 * kept behind every struct engine_job and struct engine_run for the shell (engine_job_tail(),
 * engine_run_tail()). Returns 0 or -ENOMEM.
 */
int engine_new(size_t job_tail, size_t run_tail, struct engine **ret_engine) _must_check_;

/* Frees engine, jobs and runs, without effects. NULL is fine. */
void engine_free(struct engine *engine);

/*
 * Allocates all that putting `model` in force needs; takes a reference to it. `past` is what is
 * known of jobs from lives of the daemon before this one, for the first load; it must stay as it is
 * until the load is in force. NULL: nothing, no job has been here before. Nothing changes until
 * ENGINE_LOAD, which must come before any other load is put in force. Returns 0 or -ENOMEM, then
 * with nothing taken.
 */
int engine_prepare(struct engine *engine, struct model *model, const struct past *past,
		   struct engine_load **ret_load) _must_check_;

/* Which jobs it will change. The names are of its model, and of the one in force until then. */
const struct engine_named *engine_load_named(const struct engine_load *load);

/* Drops a load that was not put in force. NULL is fine. */
void engine_load_free(struct engine_load *load);

/* One event at wall time `now`. Effects go to `sink` while it is processed. */
void engine_step(struct engine *engine, const struct engine_event *event, usec_t now,
		 struct effect_sink sink);

void *engine_job_tail(struct engine_job *job);
void *engine_run_tail(struct engine_run *run);
/* The same, for who only looks. */
const void *engine_job_look(const struct engine_job *job);
const void *engine_run_look(const struct engine_run *run);
/* The run whose tail this is. */
struct engine_run *engine_run_of_tail(void *tail);

/* The earliest time at which a job is due (slot and delay) or the end of its pause, which is when
   ENGINE_DUE is to come, and the job; USEC_INFINITY and NULL if there is none. O(1). */
usec_t engine_next_due(const struct engine *engine, struct engine_job **ret_job);

/* When the job's armed slot is due; USEC_INFINITY: there is none. */
usec_t engine_job_due(const struct engine_job *job);

/* Occurrences of the job that wait without being a run: held, or to be caught up. */
uint64_t engine_job_waiting(const struct engine_job *job);

const struct model *engine_model(const struct engine *engine); /* NULL before the first load */
struct model *engine_ref_model(struct engine *engine);         /* the same, with a reference */
const struct engine_counters *engine_counters(const struct engine *engine);

/* Runs and notices handed to the shell and not ended; runs that wait for their group or for room in
   the pool. */
size_t engine_submitted(const struct engine *engine);
size_t engine_waiting(const struct engine *engine);

/* Runs of a group that are submitted; 0 for a name that is not in force. */
size_t engine_group_running(const struct engine *engine, const char *name);

/* A job in force by its name; NULL: there is none. O(log n). */
struct engine_job *engine_find_job(const struct engine *engine, const char *name);

/* The one of engine_model()->jobs[n]. O(1). */
struct engine_job *engine_nth_job(const struct engine *engine, size_t n);

/* Calls fn for the jobs in force, by name, until it returns false. */
void engine_each_job(struct engine *engine, bool (*fn)(void *ctx, struct engine_job *job),
		     void *ctx);

/* Calls fn for the live runs, those of jobs that are gone included, in the order they were
   accepted, and then for the notices, until it returns false. */
void engine_each_run(struct engine *engine, bool (*fn)(void *ctx, struct engine_run *run),
		     void *ctx);
