/*
 * The engine's world under a virtual clock: its timers, a pool of workers, and books of every
 * occurrence that are kept without asking the engine. Each step is checked against the books;
 * whatever does not hold ends the scenario with a message.
 */
#pragma once

#include "base/cleanup.h"
#include "core/engine.h"
#include "record.h"
#include "slots.h"

#include <setjmp.h>
#include <stdbool.h>

#define WORLD_GROUPS 3

struct rng {
	uint64_t state;
};

/* A random number in [0, below). */
uint64_t rng_below(struct rng *rng, uint64_t below);
static inline bool rng_chance(struct rng *rng, unsigned percent)
{
	return rng_below(rng, 100) < percent;
}

struct job_plan {
	bool present;
	struct schedule schedule;
	enum overlap_policy overlap;
	unsigned max_running;
	int group; /* -1: none */
	int command;
	unsigned retries;
	unsigned retry_backoff;
	usec_t retry_delay;
	usec_t retry_max_delay;
	bool retry_timeouts_only;
	unsigned hooks; /* set of 1 << enum hook */
	bool mail;
	enum mail_when mail_when;
	enum notify_when notify_when;
	unsigned notify_after;
	usec_t expect_within;
	enum catch_up_policy catch_up;
	usec_t catch_up_window;
};

/* A configuration; job i is named so that names sort as their numbers. */
struct plan {
	unsigned workers;
	unsigned queue;
	unsigned limits[WORLD_GROUPS]; /* 0: the group is not there */
	unsigned catch_up_rate;
	enum durability durability;
	size_t n_jobs;
	struct job_plan *jobs;
};

struct plan plan_copy(const struct plan *plan);
void plan_done(struct plan *plan);

/* How runs turn out. */
struct behaviour {
	usec_t shortest;
	usec_t longest;
	unsigned failing;      /* percent that exit with 1 */
	unsigned timing_out;   /* percent */
	unsigned no_resources; /* percent that the pool cannot take */
	unsigned unwanted;     /* percent whose condition does not hold */
	unsigned too_late;     /* percent of cancels that find the run at its end */
	unsigned slow_notices; /* percent that take ten times as long as a run */
	unsigned slow_disk;    /* percent of steps after which nothing is committed */
	unsigned surviving;    /* percent of processes that live on without the daemon */
	usec_t grace;          /* within which a cancelled run ends */
};

/* What a step should bring for slots that were not acted on at their time. */
enum fate {
	FATE_COALESCED,
	FATE_MISSED,
	FATE_WINDOW, /* missed: too long ago */
	FATE_PAUSED,
	FATE_COUNT,
};

/* Where an account of a job's slots stands. */
struct book {
	struct engine_job *job; /* the engine's, while it has one */
	usec_t cursor; /* the first slot that is not yet due, or was not yet told of; USEC_INFINITY:
			  there is none */
	usec_t since;  /* when it was known, which is what the first span counts from */
	bool renewed;  /* in this step: its zone has other data, which count from then on */
	usec_t accounted;     /* the last slot that was acted on */
	struct slots open;    /* due, without a verdict */
	struct slots in_hand; /* of these: of a run, held, or waiting; for one check */
	struct slots waiting; /* of these: to be caught up, as of the last check */
	usec_t held;          /* as of the last check; USEC_INFINITY: none */
	uint64_t streak;      /* occurrences of its streak that have been booked */
	uint64_t streak_id;
	uint64_t grown;      /* occurrences in this step that ran not, and are not named */
	uint64_t unrecorded; /* those of them that are to be looked at anew */
	uint64_t ran;        /* runs handed to the pool */
	unsigned live;       /* runs; for one check */
	uint64_t newest;     /* of them */

	/* What it should come to in this step, and what it does. */
	struct slots expected[FATE_COUNT];
	unsigned reasons[FATE_COUNT]; /* sets of 1 << enum reason */
	uint64_t came_to[FATE_COUNT];
	struct slots may_wait; /* those that did, and those that may from now on */
	enum reason waits_because;
	bool has_turn;      /* to be caught up, as of the last check */
	uint64_t passed_by; /* so many others were since it has */
	bool withdrawn;     /* all that wait need not any more */

	struct schedule known; /* as was said last */
	bool looked_at;        /* in a load, since its timer is not right any more */
	bool paused;
	usec_t until;
	struct job_facts posted; /* what was said of it last */

	/* Who is told. */
	uint32_t failures;
	bool told;
	uint64_t last_id;
	enum verdict last_verdict;
	uint64_t missed;          /* not told yet */
	usec_t expect_at;         /* elapsed time; 0: nothing is expected */
	struct engine_run *ended; /* the notice of an end that has to come still */
	struct engine_run *waits; /* the notice that waits, as of the last check */
	uint64_t line;            /* where it stands; 0: in no line, or another one does now */
	bool waits_with_alarm;    /* likewise */
	bool waits_unheard;       /* with one that is the first */
	bool waited_unheard;      /* as of the check before */
	bool owes_alarm;          /* it is overdue, which nobody could be told yet */
	uint64_t drops;           /* of notices in a row */
	enum reason drop_reason;
	uint64_t waits_with_missed; /* likewise */
};

struct world {
	struct record record;
	uint64_t lives;
	uint64_t first_id; /* runs and streaks that were numbered before this life */
	uint64_t newest_streak;
	usec_t catch_up_at;   /* elapsed time of the timer of those who are caught up; 0: none */
	bool catch_up_was_on; /* before this step */
	uint64_t released;    /* of those who waited to be caught up, in all */
	uint64_t n_released;  /* in this step */
	size_t n_caught_up;   /* jobs that will be; for one check */
	uint64_t loads;       /* in this life */
	uint64_t occurred;    /* slots that events have brought */
	usec_t ahead;         /* wall time minus elapsed time, as far as the engine knows */

	struct engine *engine;
	struct plan plan;
	struct behaviour behaviour;
	struct rng rng;
	usec_t wall;
	usec_t elapsed;
	bool verbose;
	jmp_buf failed;
	char message[300];

	struct book *books;       /* by job number */
	struct engine_run **pool; /* in order of submission */
	size_t n_pool;
	size_t pool_capacity;
	size_t group_running[WORLD_GROUPS];
	unsigned group_limit[WORLD_GROUPS]; /* in force, or the last that was */

	const struct engine_event *event; /* in progress */
	struct engine_diff diff;          /* what the load in progress should say */
	uint64_t verdicts[VERDICT_COUNT]; /* in this life, as all that follows */
	uint64_t reasons[REASON_COUNT];
	uint64_t started;
	uint64_t retries;
	uint64_t notices;
	uint64_t dropped;
	uint64_t forgotten; /* notices that were dropped with nothing to tell it by */
	uint64_t told[HOOK_COUNT];
	uint64_t mails;
	uint64_t lines;      /* of those who lined up */
	size_t n_accepted;   /* runs that are on record as such */
	size_t n_live;       /* for one check */
	size_t backed_off;   /* runs of which an attempt has failed */
	size_t n_backed_off; /* for one check */
	size_t n_notices;    /* for one check */
	size_t had_notices;
	size_t n_telling;
	size_t n_lined_up;
	size_t n_waiting;   /* runs; for one check */
	uint64_t id_before; /* of the run that was looked at last; for one check */
	bool overdue_seen;
	bool start_seen;
	bool shrunk;      /* a bound was lowered once */
	uint64_t last_id; /* of the runs that there were before this step */
	uint64_t newest_id;
	uint64_t refused; /* in this burst */
	uint64_t bursts;
	uint64_t steps;
	bool in_burst;
	bool loaded;
	bool stopping;
	bool hurried;
	bool drained;
};

/* A world whose clock stands at `wall`, without a plan in force. On failure it jumps to
   world->failed, which the caller sets next. */
struct world *world_new(uint64_t seed, usec_t wall, size_t n_jobs);
void world_free(struct world *world);

/* Ends the scenario. */
_Noreturn void world_fail(struct world *world, const char *format, ...) _printf_(2, 3);

/* Puts a plan in force, of which it keeps a copy. */
void world_load(struct world *world, const struct plan *plan);

/* Nothing happens but that time passes, on both clocks or on wall time alone; or the machine is
   suspended meanwhile. */
void world_pass(struct world *world, usec_t span);
void world_sleep(struct world *world, usec_t span);
void world_set_clock(struct world *world, usec_t wall);

/* The earliest time, on the wall, at which there is something to do: a timer or the end of a run.
   USEC_INFINITY: never. */
usec_t world_next(const struct world *world);

/* Delivers one event that has come to be, in random order. False: there is none. */
bool world_deliver(struct world *world);

/* Time passes up to `wall`, and everything is delivered as it happens. */
void world_run(struct world *world, usec_t wall);

/* The daemon dies, and with the machine (`reboot`) all processes do; then it is started again, when
   so much time has passed, with another plan. */
void world_crash(struct world *world, bool reboot);
void world_begin(struct world *world, const struct plan *plan);

/* An operator pauses a job until then, and resumes it. */
void world_pause(struct world *world, size_t number, usec_t until);
void world_resume(struct world *world, size_t number);

/* Somebody wants a job to be run at once. */
void world_run_now(struct world *world, size_t number, bool force);

/* Events without a cause in the world. */
void world_send(struct world *world, enum engine_event_kind kind);
/* An operator kills a run or a notice at random, if there is any. */
void world_kill(struct world *world, enum cancel_mode mode);
/* He wants nothing of a job to wait. */
void world_withdraw(struct world *world, size_t number);
void world_fire_early(struct world *world, size_t number);

/* Delivers until the engine says that it is drained. */
void world_drain(struct world *world);
