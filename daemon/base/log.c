/* See log.h. */
#include "base/log.h"

#include "base/log_buffer.h"
#include "base/log_tap.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that may wait for the sink; twice that while a batch is being written. */
#define LOG_BUFFER_SIZE ((size_t)1024 * 1024)

/* Of these only the daemon's own messages may use the last, so that output cannot crowd them out.
 */
#define LOG_BUFFER_RESERVED ((size_t)64 * 1024)

/* After a write, more is gathered for the next one for so long or until so much is there: a daemon
   under load writes hundreds of times a second, not tens of thousands. */
#define LOG_GATHER      (2 * USEC_PER_MSEC)
#define LOG_GATHER_SIZE (LOG_BUFFER_SIZE / 2)

/* How long a worker waits for room before it takes the sink for stuck. */
#define LOG_OUTPUT_PATIENCE USEC_PER_SEC

/* How long log_stop() waits for a sink that takes nothing. */
#define LOG_STOP_PATIENCE (3 * USEC_PER_SEC)

/* Longest message of the daemon; what is beyond is cut off. */
#define LOG_MESSAGE_MAX 2048

/* Records handed to the sink in one call. */
#define LOG_BATCH 64

enum writer_state {
	WRITER_BUSY,
	WRITER_IDLE,      /* waits for anything to write */
	WRITER_GATHERING, /* waits for LOG_GATHER or LOG_GATHER_SIZE */
};

/*
 * The lock guards all below it. The writer swaps the buffers under the lock and writes `writing`
 * without it; nothing but the writer touches that one meanwhile.
 */
static struct {
	struct log_sink sinks[LOG_TARGETS];
	enum log_level max_level;
	bool started; /* set and cleared while no other thread of ours logs */
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t filled; /* for the writer: something waits, or it shall stop */
	pthread_cond_t room;   /* for callers: the buffers were swapped, or the writer has ended */
	struct log_buffer filling;
	struct log_buffer writing;
	uint64_t progress;       /* batches that the sink has taken */
	uint64_t dropped;        /* lines since log_init() */
	uint64_t dropped_unsaid; /* of them not yet reported */
	enum writer_state writer;
	bool stuck; /* the sink took nothing for LOG_OUTPUT_PATIENCE */
	bool stopping;
	bool ended; /* the writer has written all and touches nothing any more */
	bool off;   /* given up */
} logger = {
	.max_level = LOG_LEVEL_INFO,
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static const struct {
	const char *name;
	enum log_level level;
} level_names[] = {
	{"error", LOG_LEVEL_ERROR}, {"warning", LOG_LEVEL_WARNING}, {"notice", LOG_LEVEL_NOTICE},
	{"info", LOG_LEVEL_INFO},   {"debug", LOG_LEVEL_DEBUG},
};

int log_level_parse(const char *text, enum log_level *ret_level)
{
	for (size_t i = 0; i < ARRAY_LENGTH(level_names); i++) {
		if (strcmp(text, level_names[i].name) == 0) {
			*ret_level = level_names[i].level;
			return 0;
		}
	}
	return -EINVAL;
}

void log_init(struct log_sink sink, enum log_level max_level)
{
	assert(!logger.started);
	for (size_t i = 0; i < LOG_TARGETS; i++)
		logger.sinks[i] = sink;
	logger.max_level = max_level;
	logger.dropped = 0;
	logger.dropped_unsaid = 0;
	logger.off = false;
}

void log_set_target(enum log_target target, struct log_sink sink)
{
	assert(!logger.started);
	logger.sinks[target] = sink;
}

/* Records of one target. */
static void write_records(const struct log_record *records, size_t count)
{
	enum log_target target = records[0].target;
	const struct log_sink *sink;

	/* A sink that is stuck does not stop those who follow. */
	log_tap_put(records, count);
	if (target == LOG_TARGET_TAP)
		return;
	sink = &logger.sinks[target];
	if (sink->write)
		sink->write(sink->ctx, records, count);
}

bool log_enabled(enum log_level level)
{
	return level <= logger.max_level && !logger.off;
}

static void note_progress(void)
{
	(void)pthread_mutex_lock(&logger.lock);
	logger.progress++;
	logger.stuck = false;
	(void)pthread_mutex_unlock(&logger.lock);
}

static void write_buffer(struct log_buffer *buffer)
{
	struct log_record records[LOG_BATCH];
	size_t count = 0;

	for (size_t at = 0; at < buffer->used;) {
		struct log_record record;

		at = log_buffer_get(buffer, at, &record);
		if (count == LOG_BATCH || (count > 0 && record.target != records[0].target)) {
			write_records(records, count);
			count = 0;
			note_progress();
		}
		records[count++] = record;
	}
	if (count > 0) {
		write_records(records, count);
		note_progress();
	}
	buffer->used = 0;
}

static void write_dropped(uint64_t dropped)
{
	char text[128];
	int n = snprintf(text, sizeof(text),
			 "%" PRIu64 " lines were dropped: the log takes them too slowly", dropped);
	struct log_record record = {
		.level = LOG_LEVEL_WARNING,
		.wall = clock_wall(),
		.text = text,
		.len = (size_t)n,
	};

	write_records(&record, 1);
}

static struct timespec to_timespec(usec_t t)
{
	return (struct timespec){.tv_sec = t / USEC_PER_SEC, .tv_nsec = t % USEC_PER_SEC * 1000};
}

/* Gives what is there to the sink. With the lock held; lets go of it meanwhile. */
static void write_filled(void)
{
	struct log_buffer filled = logger.filling;
	uint64_t dropped = logger.dropped_unsaid;

	logger.filling = logger.writing;
	logger.writing = filled;
	logger.dropped_unsaid = 0;
	(void)pthread_cond_broadcast(&logger.room);
	(void)pthread_mutex_unlock(&logger.lock);

	write_buffer(&logger.writing);
	if (dropped > 0)
		write_dropped(dropped);

	(void)pthread_mutex_lock(&logger.lock);
}

static void gather(void)
{
	struct timespec until = to_timespec(clock_monotonic() + LOG_GATHER);
	int r = 0;

	logger.writer = WRITER_GATHERING;
	while (r == 0 && !logger.stopping && logger.filling.used < LOG_GATHER_SIZE)
		r = pthread_cond_timedwait(&logger.filled, &logger.lock, &until);
	logger.writer = WRITER_BUSY;
}

static void *writer(void *unused)
{
	(void)unused;
	(void)pthread_mutex_lock(&logger.lock);
	for (;;) {
		if (logger.filling.used > 0 || logger.dropped_unsaid > 0) {
			write_filled();
			gather();
		} else if (logger.stopping) {
			break;
		} else {
			logger.writer = WRITER_IDLE;
			(void)pthread_cond_wait(&logger.filled, &logger.lock);
			logger.writer = WRITER_BUSY;
		}
	}
	logger.ended = true;
	(void)pthread_cond_broadcast(&logger.room);
	(void)pthread_mutex_unlock(&logger.lock);
	return NULL;
}

int log_start(void)
{
	sigset_t all;
	sigset_t old;
	pthread_condattr_t attr;
	int r;

	assert(!logger.started);
	logger.filling = (struct log_buffer){.bytes = malloc(LOG_BUFFER_SIZE)};
	logger.writing = (struct log_buffer){.bytes = malloc(LOG_BUFFER_SIZE)};
	logger.stopping = false;
	logger.ended = false;
	logger.stuck = false;
	if (!logger.filling.bytes || !logger.writing.bytes) {
		r = ENOMEM;
		goto fail;
	}
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	r = pthread_cond_init(&logger.room, &attr);
	if (r == 0)
		r = pthread_cond_init(&logger.filled, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (r != 0)
		goto fail;

	/* Signals are the loop's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&logger.thread, NULL, writer, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r != 0)
		goto no_thread;
	logger.started = true;
	return 0;
no_thread:
	(void)pthread_cond_destroy(&logger.room);
	(void)pthread_cond_destroy(&logger.filled);
fail:
	free(logger.filling.bytes);
	free(logger.writing.bytes);
	logger.filling = logger.writing = (struct log_buffer){0};
	return -r;
}

/* Waits, with the lock held, until the writer has ended. Returns false when the sink takes nothing
   any more. */
static bool await_writer(void)
{
	uint64_t progress = logger.progress;
	struct timespec until = to_timespec(clock_monotonic() + LOG_STOP_PATIENCE);

	while (!logger.ended) {
		if (pthread_cond_timedwait(&logger.room, &logger.lock, &until) != ETIMEDOUT)
			continue;
		if (progress == logger.progress)
			return false;
		progress = logger.progress;
		until = to_timespec(clock_monotonic() + LOG_STOP_PATIENCE);
	}
	return true;
}

int log_stop(void)
{
	if (!logger.started)
		return 0;
	(void)pthread_mutex_lock(&logger.lock);
	logger.stopping = true;
	(void)pthread_cond_signal(&logger.filled);
	logger.off = !await_writer();
	(void)pthread_mutex_unlock(&logger.lock);
	if (logger.off) {
		/* It is inside the sink and may use the buffers whenever that returns. */
		(void)pthread_detach(logger.thread);
		return -ETIMEDOUT;
	}
	(void)pthread_join(logger.thread, NULL);
	logger.started = false;
	(void)pthread_cond_destroy(&logger.room);
	(void)pthread_cond_destroy(&logger.filled);
	free(logger.filling.bytes);
	free(logger.writing.bytes);
	logger.filling = logger.writing = (struct log_buffer){0};
	return 0;
}

uint64_t log_dropped(void)
{
	uint64_t dropped;

	(void)pthread_mutex_lock(&logger.lock);
	dropped = logger.dropped;
	(void)pthread_mutex_unlock(&logger.lock);
	return dropped;
}

/* Waits, with the lock held, until `size` bytes fit below `limit`; as long as the sink goes on
   taking what it is given, or LOG_OUTPUT_PATIENCE. */
static void wait_for_room(size_t size, size_t limit)
{
	uint64_t progress = logger.progress;
	struct timespec until = to_timespec(clock_monotonic() + LOG_OUTPUT_PATIENCE);

	while (!logger.stuck && logger.filling.used + size > limit) {
		if (pthread_cond_timedwait(&logger.room, &logger.lock, &until) != ETIMEDOUT)
			continue;
		logger.stuck = progress == logger.progress;
		progress = logger.progress;
		until = to_timespec(clock_monotonic() + LOG_OUTPUT_PATIENCE);
	}
}

/* Returns whether it was taken. */
static bool submit(const struct log_record *record, bool may_wait)
{
	size_t limit = may_wait ? LOG_BUFFER_SIZE - LOG_BUFFER_RESERVED : LOG_BUFFER_SIZE;
	size_t size = log_buffer_size(record);
	bool taken;

	if (!logger.started) {
		if (!logger.off)
			write_records(record, 1);
		return !logger.off;
	}
	(void)pthread_mutex_lock(&logger.lock);
	if (may_wait)
		wait_for_room(size, limit);
	taken = !logger.off && logger.filling.used + size <= limit;
	if (!taken) {
		logger.dropped++;
		logger.dropped_unsaid++;
	} else {
		log_buffer_put(&logger.filling, record, size);
		if (logger.writer == WRITER_IDLE ||
		    (logger.writer == WRITER_GATHERING && logger.filling.used >= LOG_GATHER_SIZE))
			(void)pthread_cond_signal(&logger.filled);
	}
	(void)pthread_mutex_unlock(&logger.lock);
	return taken;
}

static void _printf_(3, 0)
	vlog(enum log_level level, const struct log_about *about, const char *format, va_list ap)
{
	char raw[LOG_MESSAGE_MAX];
	char text[LOG_MESSAGE_MAX * TEXT_GROWTH + 1];
	int saved = errno;
	int n = vsnprintf(raw, sizeof(raw), format, ap);
	struct log_record record = {
		.level = level,
		.wall = clock_wall(),
		.job = about->job,
		.run = about->run,
		.message = about->message,
		.slot = about->slot,
		.verdict = about->verdict,
		.reason = about->reason,
		.text = text,
	};

	if (n < 0)
		return;
	if ((size_t)n >= sizeof(raw))
		n = (int)sizeof(raw) - 1;
	record.len = text_sanitize(text, raw, (size_t)n);
	(void)submit(&record, false);
	errno = saved;
}

void log_msg(enum log_level level, const char *format, ...)
{
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, format);
	vlog(level, &(struct log_about){.run = 0}, format, ap);
	va_end(ap);
}

void log_job(enum log_level level, const char *job, uint64_t run, const char *format, ...)
{
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, format);
	vlog(level, &(struct log_about){.job = job, .run = run}, format, ap);
	va_end(ap);
}

void log_about(enum log_level level, const struct log_about *about, const char *format, ...)
{
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, format);
	vlog(level, about, format, ap);
	va_end(ap);
}

bool log_output(const struct log_line *line)
{
	struct log_record record = {
		.target = line->target,
		.level = line->level,
		.wall = clock_wall(),
		.job = line->job,
		.run = line->run,
		.stream = line->stream,
		.text = line->text,
		.len = line->len,
	};

	return submit(&record, true);
}

bool log_mark(const char *job, uint64_t run, const char *text)
{
	struct log_record record = {
		.target = LOG_TARGET_TAP,
		.level = LOG_LEVEL_INFO,
		.wall = clock_wall(),
		.job = job,
		.run = run,
		.text = text,
		.len = strlen(text),
	};

	return submit(&record, false);
}
