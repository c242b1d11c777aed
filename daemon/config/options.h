/*
 * The one table of options: the configuration language is what stands here. From a row come the
 * arrays for libconfuse, the checks, the conversion, and the suggestions for a misspelt name.
 */
#pragma once

#include "base/diag.h"
#include "config/place.h"
#include "core/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cron_expr;
struct zone;

enum option_id {
	/* The top level. */
	OPT_WORKERS,
	OPT_QUEUE,
	OPT_STOP_TIMEOUT,
	OPT_STATE_DIR,
	OPT_DURABILITY,
	OPT_HISTORY_KEEP,
	OPT_HISTORY_RUNS,
	OPT_CATCH_UP_RATE,
	OPT_SENDMAIL,
	OPT_MAIL_FROM,
	OPT_STATUS_LISTEN,
	OPT_METRICS_JOBS,
	OPT_METRICS_TEXTFILE,
	OPT_INCLUDE_DIR,
	OPT_INCLUDE,
	OPT_DEFAULTS,
	OPT_JOB,
	OPT_GROUP,
	/* A concurrency_group. */
	OPT_LIMIT,
	/* Jobs: when, and what. */
	OPT_EVERY,
	OPT_CRON,
	OPT_AFTER,
	OPT_ON,
	OPT_OFFSET,
	OPT_SPLAY,
	OPT_TIMEZONE,
	OPT_DST_GAP,
	OPT_DST_OVERLAP,
	OPT_COMMAND,
	OPT_SHELL,
	OPT_ONLY_IF,
	/* Overlap. */
	OPT_OVERLAP,
	OPT_MAX_RUNNING,
	OPT_CONCURRENCY_GROUP,
	/* Slots that were not acted on. */
	OPT_CATCH_UP,
	OPT_CATCH_UP_WINDOW,
	/* Stopping. */
	OPT_TIMEOUT,
	OPT_KILL_SIGNAL,
	OPT_KILL_GRACE,
	OPT_LEFTOVER,
	/* Identity and surroundings. */
	OPT_USER,
	OPT_USER_GROUP,
	OPT_ENVIRONMENT,
	OPT_ENVIRONMENT_FILE,
	OPT_PASS_ENVIRONMENT,
	OPT_WORKDIR,
	OPT_STDIN,
	OPT_UMASK,
	/* Limits. */
	OPT_NICE,
	OPT_IONICE,
	OPT_OOM_SCORE_ADJ,
	OPT_CPU_AFFINITY,
	OPT_LIMITS,
	OPT_NO_NEW_PRIVILEGES,
	OPT_MEMORY_MAX,
	OPT_CPU_MAX,
	OPT_TASKS_MAX,
	OPT_CPU_WEIGHT,
	/* Verdict and retries. */
	OPT_SUCCESS_EXIT,
	OPT_RETRIES,
	OPT_RETRY_DELAY,
	OPT_RETRY_BACKOFF,
	OPT_RETRY_MAX_DELAY,
	OPT_RETRY_ON,
	/* Output. */
	OPT_OUTPUT,
	OPT_OUTPUT_RATE,
	OPT_OUTPUT_MAX,
	OPT_OUTPUT_KEEP,
	/* Who is told. */
	OPT_ON_START,
	OPT_ON_SUCCESS,
	OPT_ON_FAILURE,
	OPT_ON_RECOVERY,
	OPT_ON_MISSED,
	OPT_HOOK_TIMEOUT,
	OPT_NOTIFY_AFTER,
	OPT_NOTIFY_WHEN,
	OPT_MAILTO,
	OPT_MAIL_WHEN,
	/* Expectations. */
	OPT_EXPECT_WITHIN,
	OPT_MIN_RUNTIME,
	OPT_MAX_RUNTIME,
	OPTION_COUNT,
};

enum option_type {
	OPTION_DURATION,  /* a number of microseconds */
	OPTION_INTEGER,   /* a number */
	OPTION_SIZE,      /* a number of bytes, as in "64K" */
	OPTION_FACTOR,    /* a number of thousandths, as in "1.5" */
	OPTION_SHARE,     /* a number of thousandths of a CPU, as in "150%" */
	OPTION_MODE,      /* an octal number */
	OPTION_FLAG,      /* yes or no */
	OPTION_CHOICE,    /* a number: index into choices */
	OPTION_SET,       /* a number: bit N for choice N, one or more; text or list */
	OPTION_SIGNAL,    /* a number */
	OPTION_IONICE,    /* a number, as ioprio_set(2) takes it */
	OPTION_CPUS,      /* a struct cpu_mask */
	OPTION_LIMITS,    /* a struct job_rlimits; text or list */
	OPTION_EXITS,     /* a struct outcome_set of exit statuses; text or list */
	OPTION_OUTCOMES,  /* a struct outcome_set; text or list */
	OPTION_CRON,      /* a struct cron_list; text or list */
	OPTION_NAME,      /* a text: the name of a group of jobs */
	OPTION_ZONE,      /* a text: the name of a time zone */
	OPTION_ACCOUNT,   /* a text: a user or group of the system */
	OPTION_FILE,      /* a text: a path, maybe relative */
	OPTION_PROGRAM,   /* a text: an absolute path */
	OPTION_PATH,      /* a text: an absolute path, or one in a user's home */
	OPTION_DIRECTORY, /* likewise, or the home itself */
	OPTION_OUTPUT,    /* a word or the pattern of a path, for two members */
	OPTION_VARIABLES, /* a struct text_list of NAME=VALUE; text or list */
	OPTION_NAMES,     /* a struct text_list of names of variables; text or list */
	OPTION_FILES,     /* a struct text_list of paths that may have a "-"; text or list */
	OPTION_ADDRESS,   /* a text: a mail address */
	OPTION_ADDRESSES, /* a struct text_list of those; text or list */
	OPTION_LISTEN,    /* a text: ADDRESS:PORT of the network */
	OPTION_COMMAND,   /* a struct command_line; text or list */
	OPTION_FUNCTION,  /* name("argument") */
	OPTION_SECTION,   /* name { }, or name "title" { } */
	OPTION_TYPE_COUNT,
};

/* Where an option may stand: a set of these. */
enum option_where {
	IN_MAIN = 1,     /* top level of the main file */
	IN_INCLUDED = 2, /* top level of any other */
	IN_DEFAULTS = 4,
	IN_JOB = 8,
	IN_GROUP = 16,
};

/* How a number is kept. */
enum option_store {
	STORE_NONE, /* it is no number */
	STORE_BOOL,
	STORE_INT,
	STORE_UNSIGNED, /* or an enum */
	STORE_INT64,
	STORE_OPTIONAL, /* struct optional_int */
};

struct option {
	const char *name;
	enum option_type type;
	unsigned where; /* set of enum option_where */
	bool required;
	bool infinity;            /* "infinity" is a value too: 0 */
	bool titled;              /* OPTION_SECTION: has a title */
	enum option_where inside; /* OPTION_SECTION: what its options are IN_ */
	enum option_store store;
	size_t offset;        /* where in struct option_values the value goes */
	const char *fallback; /* the default, as it would be written; NULL: none */
	int64_t min;          /* of numbers but OPTION_MODE, _SIGNAL and _IONICE */
	int64_t max;
	const char *const *choices; /* of OPTION_CHOICE and OPTION_SET: ends with NULL */
	const char *doc;            /* what it is, in words that follow "it is" */
};

/* What the option timezone calls the system's local time. */
#define OPTION_LOCAL_ZONE "local"

extern const struct option option_table[OPTION_COUNT];

/* Cron expressions. */
struct cron_list {
	const struct cron_expr *exprs;
	uint32_t n;
};

/* What the options of a section come to, with the defaults behind them. Texts and lists belong to
   the section's text or to an arena. */
struct option_values {
	struct daemon_settings daemon;
	const char *include_dir;
	unsigned limit;
	usec_t every;
	struct cron_list cron;
	usec_t after;
	unsigned on; /* set of enum schedule_event */
	usec_t offset;
	const char *timezone;    /* as written */
	const struct zone *zone; /* what that means; NULL: the system's local time */
	unsigned dst_gap;        /* enum dst_gap */
	unsigned dst_overlap;    /* enum dst_overlap */
	struct command_line command;
	const char *concurrency_group;
	struct job_settings settings; /* but for its group */
};

/* An option as a file gives it: one text, or a list of any number of them. */
struct option_given {
	const struct option *option;
	const char *const *texts;
	size_t n_texts;
	bool list;
	unsigned line;
};

/* A set of options; all zero is an empty one. */
struct option_set {
	uint64_t words[(OPTION_COUNT + 63) / 64];
};

static inline enum option_id option_id(const struct option *option)
{
	return (enum option_id)(option - option_table);
}

static inline void option_set_add(struct option_set *set, enum option_id id)
{
	set->words[id / 64] |= UINT64_C(1) << id % 64;
}

static inline bool option_set_has(const struct option_set *set, enum option_id id)
{
	return set->words[id / 64] >> id % 64 & 1;
}

static inline void option_set_merge(struct option_set *set, const struct option_set *more)
{
	for (size_t i = 0; i < ARRAY_LENGTH(set->words); i++)
		set->words[i] |= more->words[i];
}

/* The option of that name (not NUL-terminated) that may stand there; NULL: none. */
const struct option *option_find(const char *name, size_t len, enum option_where where);

/* Says that no option of this name may stand there, and what might be meant. */
void option_report_unknown(struct diags *diags, const struct place *place, const char *name,
			   size_t len, enum option_where where);
