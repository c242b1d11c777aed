/*
 * What the control server knows of the daemon that it is in, and can have it do: given by the
 * shell, so that this room need not know it. Everything is for the loop's thread; nothing blocks.
 */
#pragma once

#include "base/clock.h"
#include "core/engine.h"
#include "core/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct control_host;

#define CONTROL_TEXT_SIZE 2048

/* How the daemon is. Texts are valid until the loop goes on. */
struct control_facts {
	const char *config_path;
	usec_t started; /* wall time */
	usec_t uptime;
	unsigned workers;
	unsigned busy;
	size_t queued;
	bool stopping;
	bool loading;             /* the configuration is being read */
	const char *reload_error; /* NULL: the last load was fine */
	usec_t loaded;            /* wall time of the load that is in force */
	const char *needs;        /* what the machine lacks for some jobs; "": nothing */
	/* The ledger. */
	bool has_ledger;        /* not durability = "none" */
	const char *ledger_dir; /* NULL: it could not be had yet */
	const char *ledger;     /* what is wrong with it; "": nothing */
	uint64_t ledger_waiting;
	uint64_t ledger_dropped;
	uint64_t log_dropped;
	/* Sums over runs that have ended, for metrics: see control/metrics.h. */
};

/* Of a job, beside struct engine_job. */
struct control_job_facts {
	uint32_t number;   /* in the ledger; 0: none */
	usec_t last_ended; /* wall time; 0: no run of it has ended yet */
	usec_t last_took;
	enum verdict last_verdict;
	usec_t last_success; /* wall time; 0: none that is known of */
};

/* Of a run that has not ended, beside struct engine_run. */
struct control_run_facts {
	pid_t pid;      /* 0: no process */
	usec_t age;     /* since it was taken by a worker, or accepted */
	usec_t started; /* wall time; 0: it has no process yet */
	usec_t wait;    /* RUN_BACKOFF: until its next attempt */
};

/* What came of a reload that somebody waits for. `text` as `everyd -t` would print it, lines. */
struct control_reloaded {
	int r; /* 0 or -errno */
	struct engine_diff diff;
	const struct engine_named *named; /* NULL: no names */
	const char *text;
};

struct control_host_ops {
	void (*facts)(void *daemon, struct control_facts *ret_facts);
	void (*job_facts)(void *daemon, const struct engine_job *job,
			  struct control_job_facts *ret_facts);
	void (*run_facts)(void *daemon, const struct engine_run *run,
			  struct control_run_facts *ret_facts);
	/* One event to the engine, and all that follows. */
	void (*step)(void *daemon, const struct engine_event *event);
	/* An occurrence of the job now, outside of its schedule, by ENGINE_RUN_NOW: see
	   core/engine.h. `environment` (NAME=VALUE) is copied. Returns 0 with the id of the run; or
	   -EBUSY (its overlap policy says no), -EAGAIN (no room), -ESHUTDOWN (stopping), -ENOMEM.
	 */
	int (*run_now)(void *daemon, struct engine_job *job, const struct text_list *environment,
		       bool force, uint64_t *ret_run);
	/* Begins a reload; done() is called when it is over, unless forgotten before. Returns 0 or
	   -errno. */
	int (*reload)(void *daemon, void (*done)(void *ctx, const struct control_reloaded *what),
		      void *ctx);
	void (*forget)(void *daemon, void *ctx);
	/* As SIGTERM. */
	void (*stop)(void *daemon);
	/* Somebody follows events from now on: ENGINE_STARTED is to come soon, and not with the
	   end of the run, as it may otherwise. Or nobody does any more. */
	void (*followed)(void *daemon, bool is);
};

struct control_host {
	const struct control_host_ops *ops;
	void *daemon;
	struct engine *engine;
	struct event_base *base;
};
