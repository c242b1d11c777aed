/*
 * The daemon: the shell around the engine. It owns the event loop and all that lives in it, turns
 * what happens into engine events, and the engine's effects into timers, runs and words.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/engine.h"
#include "core/past.h"
#include "exec/run.h"
#include "needs.h"
#include "pool/pool.h"
#include "report.h"

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/* The signals that the loop handles, SIGCHLD apart. */
#define DAEMON_SIGNALS 4

struct control;
struct daemon;
struct directory;
struct expectation;
struct loader;
struct records;
struct reload_waiter;

/* More than all jobs that a ledger will ever have known. */
#define JOB_NUMBER_MAX ((UINT32_C(1) << 28) - 1)

/* Behind each struct engine_job. */
struct job_tail {
	struct event timer;
	struct daemon *daemon;           /* NULL: the timer was never armed */
	struct expectation *expectation; /* of a success; NULL: there never was one */
	usec_t last_ended;               /* wall time; 0: it has not run yet */
	usec_t last_success;             /* wall time; 0: never, or not since the ledger began */
	uint32_t last_msec;              /* how long the last run took */
	enum verdict last_verdict : 4;   /* what it came to */
	uint32_t number : 28;            /* in the ledger; 0: none yet */
};

/* Behind each struct engine_run. */
struct run_tail {
	struct run run;
	struct pool_item item;
	bool in_pool; /* from pool_submit() until the pool has given it back */
	bool starting;
	STAILQ_ENTRY(run_tail) starting_link; /* among those that the step has started */
	struct run_tail *next_failed;
	struct event timer;            /* of the next attempt */
	struct daemon *daemon;         /* NULL: the timer was never armed */
	usec_t retry_due;              /* elapsed time */
	uint32_t number;               /* of its job, for its worker */
	struct text_list *environment; /* what run.environment points to; NULL: nothing */
};

STAILQ_HEAD(run_line, run_tail);
STAILQ_HEAD(reload_waiters, reload_waiter);

/* Room for what is lacking, in words. */
#define NEEDS_TEXT_SIZE 256

struct daemon {
	const char *config_path;
	char host[64]; /* seeds the splay */

	struct event_base *base;
	struct engine *engine;
	struct pool *pool;
	struct run_context *runs;
	struct directory *directory; /* where `runs` puts files */
	struct clockwatch *clockwatch;
	struct loader *loader;
	struct records *records; /* NULL: there is no ledger */
	struct control *control;
	struct past past; /* while the first configuration is put in force */
	char boot[PAST_BOOT_ID_SIZE];
	struct run_line starting; /* started by the step, and not in the pool yet */
	struct run_tail *failed;  /* the pool would not take them; the engine is to hear of it */

	struct event signals[DAEMON_SIGNALS];
	struct event done; /* the pool has finished runs */
	struct event done_pause;
	struct event orphan; /* SIGCHLD */
	struct event orphan_pause;
	struct event reload;    /* SIGHUP came */
	struct event stop_soon; /* somebody wants that, as by SIGTERM */
	struct event rearm;     /* a timer could not be armed: no memory */
	struct event status;    /* STATUS= is out of date */
	struct event look;      /* somebody follows what happens: which runs have started? */
	struct event watchdog;
	struct event catch_up; /* the next run that is caught up */
	struct event stop_limit;
	struct event stop_tick; /* while stopping: tell systemd that it goes on */

	usec_t started;           /* elapsed time */
	usec_t started_wall;      /* the same, as last told; 0: it was not yet */
	usec_t catch_up_due;      /* elapsed time */
	int (*untold)(void);      /* a state that the service manager has not taken yet */
	usec_t status_sent;       /* elapsed time of the last STATUS= */
	usec_t watchdog_interval; /* 0: nobody wants to know */
	unsigned silent;          /* workers that did not answer, as last logged */
	bool unhealthy;           /* the last watchdog tick found a reason not to ping */
	bool running;             /* the first configuration is in force */
	usec_t stop_give_up;      /* elapsed: no more time is asked for; 0: not stopped hard yet */
	bool stopping;
	bool drained;
	bool gave_way;           /* it stops because another daemon has what is this one's */
	bool reload_again;       /* SIGHUP came while the configuration was being read */
	char *reload_error;      /* why the last reload failed; NULL: it did not */
	usec_t loaded;           /* wall time of the load that is in force */
	struct engine_diff diff; /* what it changed */
	struct reload_waiters reload_waiters;       /* for the load that is under way */
	struct reload_waiters reload_waiters_again; /* for that of reload_again */
	struct needs needs;                         /* that are not met */
	char needs_text[NEEDS_TEXT_SIZE]; /* the same, as last told to the control server */
	/* By control_host.c, for as long as the step takes: of the run that is asked for. */
	struct text_list *asked_environment;
	uint64_t asked_run;
	struct report_streaks streaks;
};

/*
 * Makes the daemon with the configuration at `config_path` in force and every handler in place;
 * the path must outlive it. What is wrong is logged. Returns 0; -EINVAL when the configuration
 * cannot be used; or -errno. One at a time: signal handlers are the process's.
 */
int daemon_new(const char *config_path, struct daemon **ret_daemon) _must_check_;

/* Runs until it is told to stop and every run has ended. Returns 0 or -errno. */
int daemon_run(struct daemon *daemon) _must_check_;

/* Joins what daemon_run() left, kills what its jobs left, frees everything. NULL is fine. */
void daemon_free(struct daemon *daemon);

/* The rest is for the files of this room; all of it in the loop's thread. */

/* One event to the engine now, then what followed from it. */
void daemon_step(struct daemon *daemon, const struct engine_event *event);

/* The run whose item this is. Any thread. */
struct run_tail *daemon_tail_of_item(struct pool_item *item);

/* Takes what the workers have done since the last time. */
void daemon_reap(struct daemon *daemon);

/* Some timer could not be set for want of memory: soon all are set anew. */
void daemon_rearm_soon(struct daemon *daemon);

/* Another daemon runs all the jobs as well: stops as by SIGTERM, but not in success. */
void daemon_give_way(struct daemon *daemon);

/* Adds an event of this room to the loop, `span` from now; never fails for one that is pending. */
void daemon_set_timer(struct event *timer, usec_t span);
