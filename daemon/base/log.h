/*
 * The logger: the daemon's own messages and the jobs' output lines, on their way to a sink, or to
 * one of several where a target has its own.
 *
 * Between log_start() and log_stop() a thread of its own writes to the sinks, so that a slow or
 * stuck one never holds up a caller; records wait in a bounded buffer. What does not fit is
 * dropped, counted, and said so as soon as there is room. There is one thread and one buffer: a
 * stuck sink holds up the records of all targets, and costs those that do not fit. Before and
 * after, records are written by the caller. Any thread may log; the other functions are for the
 * main thread.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Severities with the numbers of syslog(3), which the journal uses too. */
enum log_level {
	LOG_LEVEL_EMERGENCY = 0, /* up to LOG_LEVEL_CRITICAL: only lines that runs print */
	LOG_LEVEL_ALERT = 1,
	LOG_LEVEL_CRITICAL = 2,
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* Where records may be wanted, whatever the daemon's own sink is. */
enum log_target {
	LOG_TARGET_OWN, /* where the daemon's messages go */
	LOG_TARGET_JOURNAL,
	LOG_TARGET_STDERR,
	LOG_TARGETS,
	LOG_TARGET_TAP = LOG_TARGETS, /* nowhere but to who has the tap (log_tap.h) */
};

/* What messages are about that others may look for by more than their words: each has an id and an
   entry in the journal's catalog (service/messages.h). */
enum log_message {
	LOG_MESSAGE_NONE,
	LOG_MESSAGE_STARTED, /* the first configuration is in force */
	LOG_MESSAGE_STOPPING,
	LOG_MESSAGE_STOPPED,
	LOG_MESSAGE_RELOADED,
	LOG_MESSAGE_RELOAD_FAILED,
	LOG_MESSAGE_RUN_ENDED, /* ok, or skipped or cancelled after it was accepted */
	LOG_MESSAGE_RUN_FAILED,
	LOG_MESSAGE_RUN_TIMEOUT,
	LOG_MESSAGE_RUN_KILLED,
	LOG_MESSAGE_RUN_LOST,
	LOG_MESSAGE_RUN_RETRY, /* an attempt failed, there will be another */
	LOG_MESSAGE_RUN_ADOPTED,
	LOG_MESSAGE_NOT_RUN, /* occurrences that did not run */
	LOG_MESSAGE_OVERDUE,
	LOG_MESSAGE_UNTOLD, /* a hook or mail was dropped */
	LOG_MESSAGE_PAUSED,
	LOG_MESSAGE_RESUMED,
	LOG_MESSAGE_BY_HAND,
	LOG_MESSAGE_QUEUE_FULL,
	LOG_MESSAGE_QUEUE_ROOM,
	LOG_MESSAGE_WORKERS_HANG,
	LOG_MESSAGE_LEDGER_TROUBLE,
	LOG_MESSAGE_LEDGER_WELL,
	LOG_MESSAGE_LEDGER_ASIDE,  /* it was damaged or removed */
	LOG_MESSAGE_LEDGER_LOST,   /* records were, for want of memory */
	LOG_MESSAGE_SECOND_DAEMON, /* it gives way */
	LOG_MESSAGE_CLOCK_SET,
	LOG_MESSAGE_SUSPENDED,
	LOG_MESSAGE_COUNT,
};

/* What a message is about. */
struct log_about {
	enum log_message message;
	const char *job;     /* NULL: the daemon */
	uint64_t run;        /* of that job; 0: none */
	usec_t slot;         /* of it, wall time; 0: none */
	const char *verdict; /* static text; NULL: none */
	const char *reason;  /* likewise */
};

/* A line that a run printed. */
struct log_line {
	enum log_target target;
	enum log_level level; /* by its <N> prefix (sd-daemon(3)), else LOG_LEVEL_INFO */
	const char *job;
	uint64_t run;
	const char *stream; /* "stdout" or "stderr" */
	const char *text;   /* sanitized (text.h), with a NUL behind it */
	size_t len;
};

struct log_record {
	enum log_target target;
	enum log_level level;
	usec_t wall;        /* when it was logged */
	const char *job;    /* whose message this is; NULL: the daemon's */
	uint64_t run;       /* of that job; 0: none */
	const char *stream; /* "stdout" or "stderr" of the run; NULL: said by the daemon */
	enum log_message message;
	usec_t slot; /* these as struct log_about has them */
	const char *verdict;
	const char *reason;
	const char *text; /* one line of UTF-8 without control characters but tab */
	size_t len;       /* of text, which has a NUL behind it */
};

/* Where records go. write() gets those of one target in order, in batches, from one thread at a
   time; it may block. */
struct log_sink {
	void (*write)(void *ctx, const struct log_record *records, size_t count);
	void *ctx;
};

/* Sets the sink of all targets, and the threshold of the daemon's messages; the sink must outlive
   the logger. */
void log_init(struct log_sink sink, enum log_level max_level);

/* Where records of a target go; to the sink of log_init() as long as nothing is said. Before
   log_start(). */
void log_set_target(enum log_target target, struct log_sink sink);

/* Starts the writing thread. Returns 0 or -errno; on failure callers go on writing themselves. */
int log_start(void) _must_check_;

/*
 * Writes what waits and joins the thread. A sink that takes nothing for LOG_STOP_PATIENCE is given
 * up: returns -ETIMEDOUT, and logging is off from then on. Otherwise 0.
 */
int log_stop(void);

/* Would a message of that level be written? For callers whose arguments are dear. */
bool log_enabled(enum log_level level);

/* A message of the daemon. Never blocks after log_start(). */
void log_msg(enum log_level level, const char *format, ...) _printf_(2, 3);

/* A message of the daemon about a job and, unless it is 0, a run of it. Never blocks after
   log_start(). */
void log_job(enum log_level level, const char *job, uint64_t run, const char *format, ...)
	_printf_(4, 5);

/* A message of the daemon with all that it is about. Never blocks after log_start(). */
void log_about(enum log_level level, const struct log_about *about, const char *format, ...)
	_printf_(3, 4);

/*
 * A line that a run printed, whatever its level. Waits a bounded time for room when the sink is
 * slow; when it is stuck the line is dropped and counted: returns false. For workers, not for the
 * loop.
 */
bool log_output(const struct log_line *line);

/*
 * A text for who has the tap (log_tap.h), and for nobody else: it comes behind all that was logged
 * before. Never blocks after log_start(). Returns false if there is no room for it.
 */
bool log_mark(const char *job, uint64_t run, const char *text);

/* Lines dropped since log_init(). */
uint64_t log_dropped(void);

/* "error", "warning", "notice", "info", "debug" -> level. Returns 0 or -EINVAL. */
int log_level_parse(const char *text, enum log_level *ret_level) _must_check_;

/* A sink that writes text lines to file descriptor 2, with the time in front. */
struct log_sink log_stderr_sink(void);
