/*
 * Where the output of a run goes: cut into lines for a log, or as it is into a file, or nowhere;
 * within output_rate and output_max; head and tail kept. One for each worker; for its thread.
 */
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "core/model.h"
#include "exec/keep.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct identity;

enum outlet_stream {
	OUTLET_STDOUT,
	OUTLET_STDERR,
	OUTLET_STREAMS,
};

/* Where lines and notes go. Called on workers' threads. */
struct outlet_sink {
	/* Sanitized (text.h), with a NUL behind it. */
	void (*line)(void *ctx, const struct log_line *line);
	/* Something a user should know. */
	void (*note)(void *ctx, enum log_level level, const char *text);
	void *ctx;
};

/* Of whose output it is. */
struct outlet_source {
	const char *job;
	uint64_t run;
	const struct job_settings *settings;
	const struct identity *identity;
	usec_t wall; /* when it began */
	bool keep;   /* head and tail are wanted */
};

struct outlet;

/* NULL: out of memory. */
struct outlet *outlet_new(void) _must_check_;
void outlet_free(struct outlet *outlet);

/* Begins with another run. Returns 0, or -errno when its file cannot be opened: it is then said by
   the caller, who may go on, and nothing is written. */
int outlet_begin(struct outlet *outlet, const struct outlet_source *source,
		 const struct outlet_sink *sink) _must_check_;

/* Where the file is that outlet_begin() opened, or could not: what output_file stands for in this
   run, or that itself if it is too long. Valid until the next one. */
const char *outlet_path(const struct outlet *outlet);

/* Takes what was read. `now` is elapsed time. */
void outlet_feed(struct outlet *outlet, enum outlet_stream stream, const char *data, size_t len,
		 usec_t now);

/* Both streams have ended: hands on lines without a newline, says what was dropped and why, closes
   the file. The counts are of bytes. */
void outlet_end(struct outlet *outlet, uint64_t *ret_printed, uint64_t *ret_dropped,
		struct kept_output **ret_kept);
