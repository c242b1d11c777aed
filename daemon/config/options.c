/* See options.h. What is done with the table stands below it. */
#include "config/options.h"

#include "calendar/cron.h"
#include "calendar/schedule.h"

#include <stdio.h>
#include <string.h>

/* A name that is further away than this is not what was meant. */
#define SUGGESTION_DISTANCE 2

/* The most room for the names of all options that may stand in a place. */
#define KNOWN_SIZE 250

/* Of OPTION_SIZE: 2^60, "1048576T". */
#define SIZE_LIMIT (INT64_C(1) << 60)

/* In the order of enum overlap_policy. */
static const char *const overlap_choices[] = {
	[OVERLAP_SKIP] = "skip",
	[OVERLAP_QUEUE] = "queue",
	[OVERLAP_REPLACE] = "replace",
	[OVERLAP_ALLOW] = "allow",
	NULL,
};

/* In the order of the bits of enum schedule_event. */
static const char *const event_choices[] = {"start", "reload", "resume", NULL};
_Static_assert(SCHEDULE_ON_START == 1 << 0 && SCHEDULE_ON_RELOAD == 1 << 1 &&
		       SCHEDULE_ON_RESUME == 1 << 2,
	       "event_choices has them in this order");

/* In the order of enum dst_gap. */
static const char *const gap_choices[] = {
	[DST_GAP_SHIFT] = "shift",
	[DST_GAP_SKIP] = "skip",
	NULL,
};

/* In the order of enum dst_overlap. */
static const char *const repeat_choices[] = {
	[DST_OVERLAP_FIRST] = "first",
	[DST_OVERLAP_LAST] = "last",
	[DST_OVERLAP_BOTH] = "both",
	NULL,
};

/* In the order of enum catch_up_policy. */
static const char *const catch_up_choices[] = {
	[CATCH_UP_LAST] = "last",
	[CATCH_UP_ALL] = "all",
	[CATCH_UP_NONE] = "none",
	NULL,
};

/* In the order of enum durability. */
static const char *const durability_choices[] = {
	[DURABILITY_PROCESS] = "process",
	[DURABILITY_POWER] = "power",
	[DURABILITY_NONE] = "none",
	NULL,
};

/* In the order of enum leftover_policy. */
static const char *const leftover_choices[] = {
	[LEFTOVER_KILL] = "kill",
	[LEFTOVER_LEAVE] = "leave",
	NULL,
};

/* In the order of enum notify_when. */
static const char *const notify_choices[] = {
	[NOTIFY_CHANGE] = "change",
	[NOTIFY_ALWAYS] = "always",
	NULL,
};

/* In the order of enum mail_when. */
static const char *const mail_choices[] = {
	[MAIL_FAILURE] = "failure",
	[MAIL_CHANGE] = "change",
	[MAIL_OUTPUT] = "output",
	[MAIL_ALWAYS] = "always",
	NULL,
};

#define OF_JOBS (IN_JOB | IN_DEFAULTS)

#define MEMBER(member) (((struct option_values *)NULL)->member)

/* The member of struct option_values that an option sets. */
#define SETS(member)                                                                               \
	.offset = offsetof(struct option_values, member),                                          \
	.store = _Generic(MEMBER(member), bool                                                     \
			  : STORE_BOOL, int                                                        \
			  : STORE_INT, unsigned                                                    \
			  : STORE_UNSIGNED, int64_t                                                \
			  : STORE_INT64, struct optional_int                                       \
			  : STORE_OPTIONAL, default                                                \
			  : STORE_NONE)

/* clang-format off */
const struct option option_table[OPTION_COUNT] = {
	[OPT_WORKERS] = {
		.name = "workers", .type = OPTION_INTEGER, .where = IN_MAIN,
		SETS(daemon.workers), .fallback = "8", .min = 1, .max = MODEL_WORKERS_MAX,
		.doc = "how many runs may go on at the same time",
	},
	[OPT_QUEUE] = {
		.name = "queue", .type = OPTION_INTEGER, .where = IN_MAIN,
		SETS(daemon.queue), .fallback = "1024", .min = 0, .max = MODEL_QUEUE_MAX,
		.doc = "how many accepted runs may wait for a worker",
	},
	[OPT_STOP_TIMEOUT] = {
		.name = "stop_timeout", .type = OPTION_DURATION, .where = IN_MAIN,
		SETS(daemon.stop_timeout), .fallback = "30s", .min = 0, .max = SCHEDULE_MAX_INTERVAL,
		.doc = "how long running jobs may go on when everyd stops",
	},
	[OPT_STATE_DIR] = {
		.name = "state_dir", .type = OPTION_FILE, .where = IN_MAIN,
		SETS(daemon.state_dir),
		.doc = "the directory of the ledger",
	},
	[OPT_DURABILITY] = {
		.name = "durability", .type = OPTION_CHOICE, .where = IN_MAIN,
		SETS(daemon.durability), .fallback = "process", .choices = durability_choices,
		.doc = "what the ledger outlives",
	},
	[OPT_HISTORY_KEEP] = {
		.name = "history_keep", .type = OPTION_DURATION, .where = IN_MAIN, .infinity = true,
		SETS(daemon.history_keep), .fallback = "30d", .min = USEC_PER_MIN,
		.max = SCHEDULE_MAX_INTERVAL,
		.doc = "how long the ledger keeps what became of an occurrence",
	},
	[OPT_HISTORY_RUNS] = {
		.name = "history_runs", .type = OPTION_INTEGER, .where = IN_MAIN, .infinity = true,
		SETS(daemon.history_runs), .fallback = "1000", .min = 1, .max = 1000000000,
		.doc = "how many runs of a job the ledger keeps",
	},
	[OPT_CATCH_UP_RATE] = {
		.name = "catch_up_rate", .type = OPTION_INTEGER, .where = IN_MAIN, .infinity = true,
		SETS(daemon.catch_up_rate), .fallback = "10", .min = 1, .max = 100000,
		.doc = "how many runs are caught up each second, of all jobs together",
	},
	[OPT_SENDMAIL] = {
		.name = "sendmail", .type = OPTION_PROGRAM, .where = IN_MAIN,
		SETS(daemon.sendmail), .fallback = "/usr/sbin/sendmail",
		.doc = "the program that takes mails",
	},
	[OPT_MAIL_FROM] = {
		.name = "mail_from", .type = OPTION_ADDRESS, .where = IN_MAIN,
		SETS(daemon.mail_from),
		.doc = "the address that mails come from",
	},
	[OPT_STATUS_LISTEN] = {
		.name = "status_listen", .type = OPTION_LISTEN, .where = IN_MAIN,
		SETS(daemon.status_listen),
		.doc = "where everyd listens by TCP for those who only look",
	},
	[OPT_METRICS_JOBS] = {
		.name = "metrics_jobs", .type = OPTION_INTEGER, .where = IN_MAIN,
		SETS(daemon.metrics_jobs), .fallback = "1000", .min = 0, .max = 10000,
		.doc = "how many jobs have metrics of their own",
	},
	[OPT_METRICS_TEXTFILE] = {
		.name = "metrics_textfile", .type = OPTION_FILE, .where = IN_MAIN,
		SETS(daemon.metrics_textfile),
		.doc = "the file that metrics are written to",
	},
	[OPT_INCLUDE_DIR] = {
		.name = "include_dir", .type = OPTION_FILE, .where = IN_MAIN,
		SETS(include_dir),
		.doc = "a directory whose *.conf files are read too",
	},
	[OPT_INCLUDE] = {
		.name = "include", .type = OPTION_FUNCTION, .where = IN_MAIN | IN_INCLUDED,
		.doc = "another file to read",
	},
	[OPT_DEFAULTS] = {
		.name = "defaults", .type = OPTION_SECTION, .where = IN_MAIN | IN_INCLUDED,
		.inside = IN_DEFAULTS,
		.doc = "what jobs get that do not say otherwise",
	},
	[OPT_JOB] = {
		.name = "job", .type = OPTION_SECTION, .where = IN_MAIN | IN_INCLUDED,
		.titled = true, .inside = IN_JOB,
		.doc = "a command and when to run it",
	},
	[OPT_GROUP] = {
		.name = "concurrency_group", .type = OPTION_SECTION, .where = IN_MAIN | IN_INCLUDED,
		.titled = true, .inside = IN_GROUP,
		.doc = "a limit that several jobs share",
	},

	[OPT_LIMIT] = {
		.name = "limit", .type = OPTION_INTEGER, .where = IN_GROUP, .required = true,
		SETS(limit), .min = 1, .max = MODEL_WORKERS_MAX,
		.doc = "how many runs of the group's jobs may go on at the same time",
	},

	[OPT_EVERY] = {
		.name = "every", .type = OPTION_DURATION, .where = IN_JOB,
		SETS(every), .min = SCHEDULE_MIN_INTERVAL, .max = SCHEDULE_MAX_INTERVAL,
		.doc = "the time from one slot to the next, as in every = \"15m\"",
	},
	[OPT_CRON] = {
		.name = "cron", .type = OPTION_CRON, .where = IN_JOB,
		SETS(cron), .min = 1, .max = CRON_EXPRS_MAX,
		.doc = "times of the calendar, as in cron = \"30 7 * * mon-fri\"",
	},
	[OPT_AFTER] = {
		.name = "after", .type = OPTION_DURATION, .where = IN_JOB,
		SETS(after), .min = SCHEDULE_MIN_INTERVAL, .max = SCHEDULE_MAX_INTERVAL,
		.doc = "the time from the end of a run to the next slot",
	},
	[OPT_ON] = {
		.name = "on", .type = OPTION_SET, .where = IN_JOB,
		SETS(on), .choices = event_choices,
		.doc = "what the job is due at, as in on = \"start\"",
	},
	[OPT_OFFSET] = {
		.name = "offset", .type = OPTION_DURATION, .where = IN_JOB,
		SETS(offset), .fallback = "0", .min = 0, .max = SCHEDULE_MAX_INTERVAL - 1,
		.doc = "by how much the slots are shifted",
	},
	[OPT_SPLAY] = {
		.name = "splay", .type = OPTION_DURATION, .where = OF_JOBS,
		SETS(settings.splay), .fallback = "0", .min = 0, .max = SCHEDULE_MAX_INTERVAL,
		.doc = "the bound of a delay that differs from job to job",
	},
	[OPT_TIMEZONE] = {
		.name = "timezone", .type = OPTION_ZONE, .where = OF_JOBS,
		SETS(timezone),
		.doc = "the time zone of cron, as in timezone = \"Europe/Berlin\"",
	},
	[OPT_DST_GAP] = {
		.name = "dst_gap", .type = OPTION_CHOICE, .where = OF_JOBS,
		SETS(dst_gap), .fallback = "shift", .choices = gap_choices,
		.doc = "what happens to a time of day that the clock skips",
	},
	[OPT_DST_OVERLAP] = {
		.name = "dst_overlap", .type = OPTION_CHOICE, .where = OF_JOBS,
		SETS(dst_overlap), .fallback = "first", .choices = repeat_choices,
		.doc = "what happens to a time of day that comes twice",
	},
	[OPT_COMMAND] = {
		.name = "command", .type = OPTION_COMMAND, .where = IN_JOB, .required = true,
		SETS(command),
		.doc = "what to run, as in command = 'date >> log' or command = {\"/bin/date\", \"-u\"}",
	},
	[OPT_SHELL] = {
		.name = "shell", .type = OPTION_PROGRAM, .where = OF_JOBS,
		SETS(settings.shell), .fallback = "/bin/sh",
		.doc = "the program that runs a command given as a string",
	},
	[OPT_ONLY_IF] = {
		.name = "only_if", .type = OPTION_COMMAND, .where = OF_JOBS,
		SETS(settings.only_if),
		.doc = "a command that must succeed, or the occurrence is skipped",
	},

	[OPT_OVERLAP] = {
		.name = "overlap", .type = OPTION_CHOICE, .where = OF_JOBS,
		SETS(settings.overlap), .fallback = "skip", .choices = overlap_choices,
		.doc = "what happens when a job is due while it still runs",
	},
	[OPT_MAX_RUNNING] = {
		.name = "max_running", .type = OPTION_INTEGER, .where = OF_JOBS,
		SETS(settings.max_running), .fallback = "4", .min = 1, .max = 1000,
		.doc = "how many runs of the job may overlap",
	},
	[OPT_CONCURRENCY_GROUP] = {
		.name = "concurrency_group", .type = OPTION_NAME, .where = OF_JOBS,
		SETS(concurrency_group),
		.doc = "the group whose limit the job shares",
	},

	[OPT_CATCH_UP] = {
		.name = "catch_up", .type = OPTION_CHOICE, .where = OF_JOBS,
		SETS(settings.catch_up), .fallback = "last", .choices = catch_up_choices,
		.doc = "what becomes of slots at which everyd could not act",
	},
	[OPT_CATCH_UP_WINDOW] = {
		.name = "catch_up_window", .type = OPTION_DURATION, .where = OF_JOBS, .infinity = true,
		SETS(settings.catch_up_window), .fallback = "1d", .min = 1,
		.max = SCHEDULE_MAX_INTERVAL,
		.doc = "how long ago a slot may be that is caught up",
	},

	[OPT_TIMEOUT] = {
		.name = "timeout", .type = OPTION_DURATION, .where = OF_JOBS,
		SETS(settings.timeout), .fallback = "0", .min = 0, .max = SCHEDULE_MAX_INTERVAL,
		.doc = "how long a run may take",
	},
	[OPT_KILL_SIGNAL] = {
		.name = "kill_signal", .type = OPTION_SIGNAL, .where = OF_JOBS,
		SETS(settings.kill_signal), .fallback = "TERM",
		.doc = "the signal that asks a run to end",
	},
	[OPT_KILL_GRACE] = {
		.name = "kill_grace", .type = OPTION_DURATION, .where = OF_JOBS,
		SETS(settings.kill_grace), .fallback = "10s", .min = 0, .max = SCHEDULE_MAX_INTERVAL,
		.doc = "the time from kill_signal to SIGKILL",
	},
	[OPT_LEFTOVER] = {
		.name = "leftover", .type = OPTION_CHOICE, .where = OF_JOBS,
		SETS(settings.leftover), .fallback = "kill", .choices = leftover_choices,
		.doc = "what happens to processes that a run leaves behind",
	},

	[OPT_USER] = {
		.name = "user", .type = OPTION_ACCOUNT, .where = OF_JOBS,
		SETS(settings.user),
		.doc = "the user that the job runs as, by name or number",
	},
	[OPT_USER_GROUP] = {
		.name = "group", .type = OPTION_ACCOUNT, .where = OF_JOBS,
		SETS(settings.user_group),
		.doc = "the group that the job runs as, by name or number",
	},
	[OPT_ENVIRONMENT] = {
		.name = "environment", .type = OPTION_VARIABLES, .where = OF_JOBS,
		SETS(settings.environment),
		.doc = "variables of the environment, as in environment = {\"A=b\", \"C=d\"}",
	},
	[OPT_ENVIRONMENT_FILE] = {
		.name = "environment_file", .type = OPTION_FILES, .where = OF_JOBS,
		SETS(settings.environment_files),
		.doc = "files with variables of the environment",
	},
	[OPT_PASS_ENVIRONMENT] = {
		.name = "pass_environment", .type = OPTION_NAMES, .where = OF_JOBS,
		SETS(settings.pass_environment),
		.doc = "names of variables of everyd's own environment",
	},
	[OPT_WORKDIR] = {
		.name = "workdir", .type = OPTION_DIRECTORY, .where = OF_JOBS,
		SETS(settings.workdir),
		.doc = "the directory to run in",
	},
	[OPT_STDIN] = {
		.name = "stdin", .type = OPTION_PATH, .where = OF_JOBS,
		SETS(settings.stdin_file),
		.doc = "the file that is standard input",
	},
	[OPT_UMASK] = {
		.name = "umask", .type = OPTION_MODE, .where = OF_JOBS,
		SETS(settings.umask), .fallback = "022",
		.doc = "the file mode creation mask",
	},

	[OPT_NICE] = {
		.name = "nice", .type = OPTION_INTEGER, .where = OF_JOBS,
		SETS(settings.nice), .min = -20, .max = 19,
		.doc = "the priority for the processor, from -20 (most) to 19 (least)",
	},
	[OPT_IONICE] = {
		.name = "ionice", .type = OPTION_IONICE, .where = OF_JOBS,
		SETS(settings.ioprio),
		.doc = "the priority for disks",
	},
	[OPT_OOM_SCORE_ADJ] = {
		.name = "oom_score_adj", .type = OPTION_INTEGER, .where = OF_JOBS,
		SETS(settings.oom_score_adj), .min = -1000, .max = 1000,
		.doc = "how soon the kernel picks the job when memory runs out, 1000 being first",
	},
	[OPT_CPU_AFFINITY] = {
		.name = "cpu_affinity", .type = OPTION_CPUS, .where = OF_JOBS,
		SETS(settings.cpus),
		.doc = "the CPUs to run on, as in cpu_affinity = \"0-3,5\"",
	},
	[OPT_LIMITS] = {
		.name = "limits", .type = OPTION_LIMITS, .where = OF_JOBS,
		SETS(settings.rlimits),
		.doc = "resource limits, as in limits = {\"NOFILE=1024:4096\", \"CORE=0\"}",
	},
	[OPT_NO_NEW_PRIVILEGES] = {
		.name = "no_new_privileges", .type = OPTION_FLAG, .where = OF_JOBS,
		SETS(settings.no_new_privileges), .fallback = "no",
		.doc = "whether set-user-ID programs are to have no effect",
	},
	[OPT_MEMORY_MAX] = {
		.name = "memory_max", .type = OPTION_SIZE, .where = OF_JOBS, .infinity = true,
		SETS(settings.memory_max), .min = 1024 * 1024, .max = SIZE_LIMIT,
		.doc = "the most memory that a run may use",
	},
	[OPT_CPU_MAX] = {
		.name = "cpu_max", .type = OPTION_SHARE, .where = OF_JOBS, .infinity = true,
		SETS(settings.cpu_max), .min = 10, .max = 10000000,
		.doc = "the most processor time that a run may use, as in cpu_max = \"150%\"",
	},
	[OPT_TASKS_MAX] = {
		.name = "tasks_max", .type = OPTION_INTEGER, .where = OF_JOBS, .infinity = true,
		SETS(settings.tasks_max), .min = 1, .max = 4194304,
		.doc = "the most processes and threads that a run may have",
	},
	[OPT_CPU_WEIGHT] = {
		.name = "cpu_weight", .type = OPTION_INTEGER, .where = OF_JOBS,
		SETS(settings.cpu_weight), .min = 1, .max = 10000,
		.doc = "the share of the processor beside others, which have 100",
	},

	[OPT_SUCCESS_EXIT] = {
		.name = "success_exit", .type = OPTION_EXITS, .where = OF_JOBS,
		SETS(settings.success), .min = 0, .max = 255,
		.doc = "exit statuses that are a success too",
	},
	[OPT_RETRIES] = {
		.name = "retries", .type = OPTION_INTEGER, .where = OF_JOBS,
		SETS(settings.retries), .fallback = "0", .min = 0, .max = 1000,
		.doc = "how many times a run that failed is tried again",
	},
	[OPT_RETRY_DELAY] = {
		.name = "retry_delay", .type = OPTION_DURATION, .where = OF_JOBS,
		SETS(settings.retry_delay), .fallback = "10s", .min = 0, .max = SCHEDULE_MAX_INTERVAL,
		.doc = "the time from a failed attempt to the next",
	},
	[OPT_RETRY_BACKOFF] = {
		.name = "retry_backoff", .type = OPTION_FACTOR, .where = OF_JOBS,
		SETS(settings.retry_backoff), .fallback = "1", .min = 1000, .max = 10000,
		.doc = "the factor by which retry_delay grows each time",
	},
	[OPT_RETRY_MAX_DELAY] = {
		.name = "retry_max_delay", .type = OPTION_DURATION, .where = OF_JOBS,
		SETS(settings.retry_max_delay), .fallback = "1h", .min = 1, .max = SCHEDULE_MAX_INTERVAL,
		.doc = "what retry_delay grows to at most",
	},
	[OPT_RETRY_ON] = {
		.name = "retry_on", .type = OPTION_OUTCOMES, .where = OF_JOBS,
		SETS(settings.retry_on), .min = 1, .max = 255,
		.doc = "which failures are tried again, as in retry_on = {75, \"timeout\"}",
	},

	[OPT_OUTPUT] = {
		.name = "output", .type = OPTION_OUTPUT, .where = OF_JOBS,
		SETS(settings.output), .fallback = "log",
		.doc = "where what the job prints goes",
	},
	[OPT_OUTPUT_RATE] = {
		.name = "output_rate", .type = OPTION_SIZE, .where = OF_JOBS,
		SETS(settings.output_rate), .fallback = "0", .min = 0, .max = SIZE_LIMIT,
		.doc = "how much a run may print each second; the rest is dropped",
	},
	[OPT_OUTPUT_MAX] = {
		.name = "output_max", .type = OPTION_SIZE, .where = OF_JOBS,
		SETS(settings.output_max), .fallback = "0", .min = 0, .max = SIZE_LIMIT,
		.doc = "how much a run may print; the rest is dropped",
	},
	[OPT_OUTPUT_KEEP] = {
		.name = "output_keep", .type = OPTION_SIZE, .where = OF_JOBS,
		SETS(settings.output_keep), .fallback = "64K", .min = 0, .max = 16 * 1024 * 1024,
		.doc = "how much of what a run prints is kept for hooks and mails",
	},

	[OPT_ON_START] = {
		.name = "on_start", .type = OPTION_COMMAND, .where = OF_JOBS,
		SETS(settings.hooks[HOOK_START]),
		.doc = "a command for when a run starts",
	},
	[OPT_ON_SUCCESS] = {
		.name = "on_success", .type = OPTION_COMMAND, .where = OF_JOBS,
		SETS(settings.hooks[HOOK_SUCCESS]),
		.doc = "a command for after a run that succeeded",
	},
	[OPT_ON_FAILURE] = {
		.name = "on_failure", .type = OPTION_COMMAND, .where = OF_JOBS,
		SETS(settings.hooks[HOOK_FAILURE]),
		.doc = "a command for when the job fails",
	},
	[OPT_ON_RECOVERY] = {
		.name = "on_recovery", .type = OPTION_COMMAND, .where = OF_JOBS,
		SETS(settings.hooks[HOOK_RECOVERY]),
		.doc = "a command for the first success after failures",
	},
	[OPT_ON_MISSED] = {
		.name = "on_missed", .type = OPTION_COMMAND, .where = OF_JOBS,
		SETS(settings.hooks[HOOK_MISSED]),
		.doc = "a command for when the job should have run and did not",
	},
	[OPT_HOOK_TIMEOUT] = {
		.name = "hook_timeout", .type = OPTION_DURATION, .where = OF_JOBS,
		SETS(settings.hook_timeout), .fallback = "1m", .min = 0, .max = SCHEDULE_MAX_INTERVAL,
		.doc = "how long a hook, only_if or a mail may take",
	},
	[OPT_NOTIFY_AFTER] = {
		.name = "notify_after", .type = OPTION_INTEGER, .where = OF_JOBS,
		SETS(settings.notify_after), .fallback = "1", .min = 1, .max = 1000,
		.doc = "after how many failures in a row somebody is told",
	},
	[OPT_NOTIFY_WHEN] = {
		.name = "notify_when", .type = OPTION_CHOICE, .where = OF_JOBS,
		SETS(settings.notify_when), .fallback = "change", .choices = notify_choices,
		.doc = "whether somebody is told once of failures in a row, or of each",
	},
	[OPT_MAILTO] = {
		.name = "mailto", .type = OPTION_ADDRESSES, .where = OF_JOBS,
		SETS(settings.mail_to),
		.doc = "who gets mails, as in mailto = \"root\"",
	},
	[OPT_MAIL_WHEN] = {
		.name = "mail_when", .type = OPTION_CHOICE, .where = OF_JOBS,
		SETS(settings.mail_when), .fallback = "failure", .choices = mail_choices,
		.doc = "what mails are sent of",
	},

	[OPT_EXPECT_WITHIN] = {
		.name = "expect_within", .type = OPTION_DURATION, .where = OF_JOBS,
		SETS(settings.expect_within), .fallback = "0", .min = 0, .max = SCHEDULE_MAX_INTERVAL,
		.doc = "the longest that the job may go without a success",
	},
	[OPT_MIN_RUNTIME] = {
		.name = "min_runtime", .type = OPTION_DURATION, .where = OF_JOBS,
		SETS(settings.min_runtime), .fallback = "0", .min = 0, .max = SCHEDULE_MAX_INTERVAL,
		.doc = "the least time that a run is expected to take",
	},
	[OPT_MAX_RUNTIME] = {
		.name = "max_runtime", .type = OPTION_DURATION, .where = OF_JOBS,
		SETS(settings.max_runtime), .fallback = "0", .min = 0, .max = SCHEDULE_MAX_INTERVAL,
		.doc = "the most time that a run is expected to take",
	},
};
/* clang-format on */

const struct option *option_find(const char *name, size_t len, enum option_where where)
{
	if (len == 0)
		return NULL;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];

		/* Most differ in the first letter: a million jobs have some million options. */
		if (option->name[0] == name[0] && (option->where & where) &&
		    !strncmp(option->name, name, len) && !option->name[len])
			return option;
	}
	return NULL;
}

/* Where it would be right, in words that follow "it stands". */
static const char *where_text(const struct option *option)
{
	if (option->where & IN_INCLUDED)
		return "at the top level of a file (is a \"}\" missing above?)";
	if (option->where & IN_MAIN)
		return "at the top level of the main file";
	if (option->where & IN_DEFAULTS)
		return "in a job or in defaults";
	if (option->where & IN_JOB)
		return "in a job";
	return "in a concurrency_group";
}

void option_report_unknown(struct diags *diags, const struct place *place, const char *name,
			   size_t len, enum option_where where)
{
	char shown[QUOTED_SIZE];
	char known[KNOWN_SIZE];
	unsigned nearest = SUGGESTION_DISTANCE + 1;
	const char *suggestion = NULL;
	size_t used = 0;

	quoted(name, len, shown);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];
		unsigned distance = text_distance(shown, option->name);

		if (distance == 0) {
			place_report(diags, DIAG_ERROR, place,
				     "\"%s\" does not belong here; it stands %s", shown,
				     where_text(option));
			return;
		}
		if (!(option->where & where))
			continue;
		/* Every name of two letters is near to "on". */
		if (distance < nearest && distance < strlen(option->name)) {
			nearest = distance;
			suggestion = option->name;
		}
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
						 used ? ", " : "", option->name);
	}
	if (suggestion)
		place_report(diags, DIAG_ERROR, place,
			     "unknown option \"%s\"; did you mean \"%s\"?", shown, suggestion);
	else if (used < sizeof(known))
		place_report(diags, DIAG_ERROR, place, "unknown option \"%s\"; possible here: %s",
			     shown, known);
	else
		place_report(diags, DIAG_ERROR, place,
			     "unknown option \"%s\"; everyd.conf(5) has those that jobs have",
			     shown);
}
