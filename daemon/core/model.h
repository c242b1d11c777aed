/*
 * The configuration as the engine sees it: complete, valid, and immutable once built. Built by
 * config, swapped as a whole on reload, reference-counted because runs outlive reloads.
 * Whoever builds it hands it over to the loop's thread, which alone references and frees; workers
 * only read what a run in hand points to.
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "calendar/schedule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone;

#define MODEL_WORKERS_MAX 4096
#define MODEL_QUEUE_MAX   1000000
#define MODEL_NAME_MAX    200 /* bytes in the name of a job or group */

enum overlap_policy {
	OVERLAP_SKIP,    /* start nothing while a run of the job has not ended */
	OVERLAP_QUEUE,   /* hold one occurrence, the first, until it has */
	OVERLAP_REPLACE, /* stop that run; start when it has ended */
	OVERLAP_ALLOW,   /* up to max_running at once */
};

/* What becomes of slots that nobody acted on at their time: the daemon was not running, the machine
   suspended, the clock set forward, the job paused. */
enum catch_up_policy {
	CATCH_UP_LAST, /* one run for all of them, that of the last */
	CATCH_UP_ALL,  /* a run for each, one after the other */
	CATCH_UP_NONE, /* no run */
};

/* What the ledger outlives. */
enum durability {
	DURABILITY_PROCESS, /* the death of the daemon, by SIGKILL too */
	DURABILITY_POWER,   /* that of the machine: waits for the disk */
	DURABILITY_NONE,    /* there is no ledger */
};

enum leftover_policy {
	LEFTOVER_KILL,  /* stop what a run's main process left behind */
	LEFTOVER_LEAVE, /* leave it alone */
};

/* Where a run's output goes. */
enum output_kind {
	OUTPUT_LOG,     /* where everyd's own messages go */
	OUTPUT_JOURNAL, /* the journal, wherever those go */
	OUTPUT_STDERR,  /* everyd's standard error, likewise */
	OUTPUT_DISCARD,
	OUTPUT_FILE, /* job_settings.output_file */
};

/* What commands may be hung on, beside the job's own. */
enum hook {
	HOOK_START,    /* a run has started */
	HOOK_SUCCESS,  /* a run succeeded */
	HOOK_FAILURE,  /* the job has failed notify_after times in a row, or is overdue */
	HOOK_RECOVERY, /* it succeeded after a failure that was told */
	HOOK_MISSED,   /* an occurrence did not run that should have */
	HOOK_COUNT,
};

/* How often failures are told. */
enum notify_when {
	NOTIFY_CHANGE, /* once, until the job has succeeded again */
	NOTIFY_ALWAYS, /* each */
};

enum mail_when {
	MAIL_FAILURE, /* with HOOK_FAILURE */
	MAIL_CHANGE,  /* with HOOK_FAILURE and HOOK_RECOVERY */
	MAIL_OUTPUT,  /* of each run that printed something */
	MAIL_ALWAYS,  /* of each run */
};

/* `n` strings, one after the other, each with its NUL. */
struct text_list {
	const char *texts; /* NULL: none */
	uint32_t n;
};

/* What is to be executed. */
struct command_line {
	const char *args; /* as in struct text_list: the program and its arguments; NULL: none */
	uint32_t n_args;  /* 1 or more */
	bool use_shell;   /* the one string goes to the job's shell */
};

/* A number that need not be given; if it is not, what the daemon has is inherited. */
struct optional_int {
	bool set;
	int value;
};

/* A bound of setrlimit(2); RLIM64_INFINITY in both: none. */
struct job_rlimit {
	int64_t resource; /* RLIMIT_... */
	uint64_t soft;
	uint64_t hard;
};

struct job_rlimits {
	const struct job_rlimit *items;
	uint32_t n;
};

/* A set of CPUs as sched_setaffinity(2) takes it. */
struct cpu_mask {
	const unsigned char *bytes; /* NULL: all that the daemon may use */
	uint32_t size;
};

/* Ways for an attempt to end. */
struct outcome_set {
	uint64_t exits[4]; /* bit N % 64 of word N / 64: exit status N */
	bool timeout;
	bool signal; /* killed by one, out of memory included */
	bool start;  /* could not be started */
};

/* At most `limit` runs of the jobs of a group at once; the others wait in order. */
struct group {
	const char *name;
	unsigned limit; /* 1 or more */
	const char *file;
	unsigned line;
};

/*
 * A job's policy apart from schedule and command. Jobs with equal settings share one. All zero but
 * for kill_signal, max_running and shell are the plainest settings there are.
 */
struct job_settings {
	enum overlap_policy overlap;
	unsigned max_running;      /* with OVERLAP_ALLOW; 1 otherwise */
	const struct group *group; /* NULL: none */

	usec_t splay; /* of which the delay of each job's schedule is a part */

	/* Slots that were not acted on. */
	enum catch_up_policy catch_up;
	usec_t catch_up_window; /* older ones are missed; 0: no bound */

	/* Stopping it. */
	usec_t timeout; /* of an attempt; 0: none */
	int kill_signal;
	usec_t kill_grace; /* from kill_signal to SIGKILL */
	enum leftover_policy leftover;

	/* Who it runs as, and in what surroundings. */
	const char *user;             /* name or number; NULL: the daemon's own */
	const char *user_group;       /* name or number; NULL: the user's */
	const char *shell;            /* runs commands given as a string, as SHELL -c COMMAND */
	struct text_list environment; /* NAME=VALUE */
	struct text_list environment_files; /* absolute; one with "-" in front may be missing */
	struct text_list pass_environment;  /* names of variables of the daemon */
	const char *workdir;    /* absolute, or ~ or ~/... of the user; NULL: the user's home */
	const char *stdin_file; /* likewise; NULL: /dev/null */
	struct optional_int umask;

	/* What the kernel is to hold it to. */
	struct optional_int nice;
	struct optional_int ioprio; /* as ioprio_set(2) takes it */
	struct optional_int oom_score_adj;
	struct cpu_mask cpus;
	struct job_rlimits rlimits;
	bool no_new_privileges;
	/* By a cgroup of its own (cgroup v2); 0: not. */
	int64_t memory_max; /* bytes */
	int64_t cpu_max;    /* thousandths of a CPU */
	int64_t tasks_max;
	int64_t cpu_weight;

	/* Trying again. */
	unsigned retries;
	unsigned retry_backoff; /* by which the delay grows each time, in thousandths */
	usec_t retry_delay;
	usec_t retry_max_delay;      /* at which it stops growing; 0: no bound */
	struct outcome_set retry_on; /* all zero: whatever is a failure */
	struct outcome_set success;  /* exit statuses that are no failure, beside 0 */

	/* Its output. */
	enum output_kind output;
	const char *output_file; /* with %j, %r and those of strftime(3) */
	int64_t output_rate;     /* bytes each second; 0: no bound */
	int64_t output_max;      /* bytes of a run; 0: no bound */
	int64_t output_keep;     /* bytes of head and tail together that are kept */

	/* Who is told. */
	struct command_line hooks[HOOK_COUNT];
	struct command_line only_if; /* must exit with 0, or the occurrence is skipped */
	usec_t hook_timeout;         /* of a hook, of only_if and of a mail; 0: none */
	unsigned notify_after;       /* failures in a row; 0 is as 1 */
	enum notify_when notify_when;
	enum mail_when mail_when;
	struct text_list mail_to; /* addresses */

	/* What is expected of it; 0: nothing. */
	usec_t expect_within; /* from one success to the next */
	usec_t min_runtime;
	usec_t max_runtime;
};

struct job {
	const char *name;
	struct schedule schedule;
	const struct job_settings *settings;
	struct command_line command;
	/* Where the section begins; 0: nowhere. Else there is more behind the NUL of the name: see
	   config/origins.h. */
	unsigned line;
	unsigned file; /* and in which of the model's files */
};

/* A file that was read. The main file's defaults are for all others, too. */
struct model_file {
	const char *path;
	const unsigned char *defaults; /* where they stand: config/origins.h; NULL: nowhere */
};

/* What the daemon itself needs to know. */
struct daemon_settings {
	unsigned workers;       /* 1 to MODEL_WORKERS_MAX runs at the same time */
	unsigned queue;         /* 0 to MODEL_QUEUE_MAX accepted occurrences that wait */
	usec_t stop_timeout;    /* how long running jobs may go on after SIGTERM */
	unsigned catch_up_rate; /* runs that are caught up each second, of all jobs; 0: no bound */
	enum durability durability;
	usec_t history_keep;          /* how long the ledger keeps occurrences; 0: no bound */
	unsigned history_runs;        /* and how many of a job; 0: no bound */
	const char *state_dir;        /* where it is, absolute; NULL: the usual place */
	const char *sendmail;         /* the program that takes mails */
	const char *mail_from;        /* NULL: the program's choice */
	const char *status_listen;    /* "ADDRESS:PORT" for those who look by TCP; NULL: nowhere */
	unsigned metrics_jobs;        /* so many jobs have metrics of their own */
	const char *metrics_textfile; /* to which they are written, absolute; NULL: none */
};

struct model {
	unsigned refs;
	struct arena arena; /* owns all that follows and every text in it */
	struct daemon_settings daemon;
	struct job *jobs; /* sorted by name (strcmp), names unique */
	size_t n_jobs;
	struct group *groups; /* sorted by name, names unique */
	size_t n_groups;
	struct model_file *files; /* the main file first */
	size_t n_files;
	const struct zone *local_zone; /* that of jobs that name none; NULL: no job needs it */
};

/* An empty model with one reference and no jobs. NULL: out of memory. */
struct model *model_new(void) _must_check_;

/* One more reference. Returns its argument. */
struct model *model_ref(struct model *model);

/* Gives a reference back; frees the model with the last. NULL is fine. */
void model_unref(struct model *model);
static inline void cleanup_model(struct model **model)
{
	model_unref(*model);
}

/* By name; NULL if there is none. O(log n). */
const struct job *model_find_job(const struct model *model, const char *name);
const struct group *model_find_group(const struct model *model, const char *name);

/* The number of the first job behind a name, which need not be one's; n_jobs: there is none.
   O(log n). */
size_t model_job_behind(const struct model *model, const char *name);

/* Is it a command at all? */
static inline bool command_line_is_set(const struct command_line *command)
{
	return command->args;
}

/* The program that a command of the job executes. */
static inline const char *command_line_program(const struct command_line *command,
					       const struct job_settings *settings)
{
	return command->use_shell ? settings->shell : command->args;
}

/* Same schedule, command and policy (groups are compared by name)? Place in the file, and limits
   of the group, do not count. */
bool job_equal(const struct job *a, const struct job *b);
