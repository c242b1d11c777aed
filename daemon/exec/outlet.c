/* See outlet.h. */
#include "exec/outlet.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "exec/identity.h"
#include "exec/outfile.h"
#include "exec/output.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NOTE_SIZE (PATH_MAX + 200)

/* Beyond it a bound of bytes per second is none, and the sums below stay in range. */
#define RATE_MAX (INT64_MAX / USEC_PER_SEC)

/* Why output is dropped. */
enum cause {
	CAUSE_RATE,
	CAUSE_MAX,
	CAUSE_FILE,
	CAUSES,
};

/* What is said at the end, behind the count. */
static const char *const cause_texts[CAUSES] = {
	[CAUSE_RATE] = "more than output_rate allows",
	[CAUSE_MAX] = "more than output_max allows",
	[CAUSE_FILE] = "the file could not be written",
};

static const char *const stream_names[OUTLET_STREAMS] = {
	[OUTLET_STDOUT] = "stdout",
	[OUTLET_STDERR] = "stderr",
};

struct stream {
	struct outlet *outlet;
	const char *name;
	struct output lines;
	enum log_level level; /* of the line whose pieces are handed on */
	bool open;            /* a line has been passed on whose end has not */
	bool skipping;        /* the beginning of a line was dropped, and so is the rest */
};

struct outlet {
	struct outlet_source source;
	struct outlet_sink sink;
	struct stream streams[OUTLET_STREAMS];
	struct keep keep;

	int fd; /* of OUTPUT_FILE; negative: none, what would go there is dropped */
	char path[PATH_MAX];

	/* A token bucket; one second's worth at most. */
	int64_t rate;   /* bytes each second; 0: no bound */
	int64_t tokens; /* millionths of a byte, so that nothing is lost by rounding */
	usec_t filled;  /* elapsed time up to which it has been */

	bool full; /* output_max has been reached */
	uint64_t printed;
	uint64_t passed;
	uint64_t dropped[CAUSES];

	char clean[TEXT_GROWTH * OUTPUT_LINE_MAX + 1];
};

struct outlet *outlet_new(void)
{
	struct outlet *outlet = malloc(sizeof(*outlet));

	if (!outlet)
		return NULL;
	outlet->fd = -1;
	keep_init(&outlet->keep);
	for (int i = 0; i < OUTLET_STREAMS; i++) {
		outlet->streams[i].outlet = outlet;
		outlet->streams[i].name = stream_names[i];
	}
	return outlet;
}

static void close_file(struct outlet *outlet)
{
	if (outlet->fd >= 0)
		(void)close(outlet->fd);
	outlet->fd = -1;
}

void outlet_free(struct outlet *outlet)
{
	if (!outlet)
		return;
	close_file(outlet);
	keep_done(&outlet->keep);
	free(outlet);
}

static int open_file(struct outlet *outlet)
{
	const struct outlet_source *source = &outlet->source;
	char run[24];
	int r;

	(void)snprintf(run, sizeof(run), "%" PRIu64, source->run);
	r = outfile_expand(
		source->settings->output_file,
		&(struct outfile_names){.job = source->job, .run = run, .wall = source->wall},
		source->identity->home, outlet->path, sizeof(outlet->path));
	if (r < 0) {
		(void)snprintf(outlet->path, sizeof(outlet->path), "%s",
			       source->settings->output_file);
		return r;
	}
	r = outfile_open(outlet->path, source->identity);
	if (r < 0)
		return r;
	outlet->fd = r;
	return 0;
}

const char *outlet_path(const struct outlet *outlet)
{
	return outlet->path;
}

int outlet_begin(struct outlet *outlet, const struct outlet_source *source,
		 const struct outlet_sink *sink)
{
	const struct job_settings *settings = source->settings;

	outlet->source = *source;
	outlet->sink = *sink;
	for (int i = 0; i < OUTLET_STREAMS; i++) {
		output_begin(&outlet->streams[i].lines);
		outlet->streams[i].open = false;
		outlet->streams[i].skipping = false;
	}
	keep_begin(&outlet->keep, source->keep ? (size_t)settings->output_keep : 0);
	outlet->rate = settings->output_rate < RATE_MAX ? settings->output_rate : 0;
	outlet->tokens = outlet->rate * USEC_PER_SEC;
	outlet->filled = 0;
	outlet->full = false;
	outlet->printed = 0;
	outlet->passed = 0;
	memset(outlet->dropped, 0, sizeof(outlet->dropped));
	close_file(outlet);
	return settings->output == OUTPUT_FILE ? open_file(outlet) : 0;
}

static void _printf_(2, 3) note(const struct outlet *outlet, const char *format, ...)
{
	char text[NOTE_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	outlet->sink.note(outlet->sink.ctx, LOG_LEVEL_WARNING, text);
}

/* --- where it goes --- */

/* Is there a "<N>" as sd-daemon(3) has it? */
static bool has_prefix(const char *bytes, size_t len)
{
	return len >= 3 && bytes[0] == '<' && bytes[1] >= '0' && bytes[1] <= '7' && bytes[2] == '>';
}

static void hand_on(void *ctx, const char *bytes, size_t len)
{
	static const enum log_target targets[] = {
		[OUTPUT_LOG] = LOG_TARGET_OWN,
		[OUTPUT_JOURNAL] = LOG_TARGET_JOURNAL,
		[OUTPUT_STDERR] = LOG_TARGET_STDERR,
	};
	struct stream *stream = ctx;
	struct outlet *outlet = stream->outlet;

	if (!stream->lines.continues) {
		stream->level = LOG_LEVEL_INFO;
		if (has_prefix(bytes, len)) {
			stream->level = (enum log_level)(bytes[1] - '0');
			bytes += 3;
			len -= 3;
		}
	}
	len = text_sanitize(outlet->clean, bytes, len);
	outlet->sink.line(outlet->sink.ctx,
			  &(struct log_line){
				  .target = targets[outlet->source.settings->output],
				  .level = stream->level,
				  .job = outlet->source.job,
				  .run = outlet->source.run,
				  .stream = stream->name,
				  .text = outlet->clean,
				  .len = len,
			  });
}

/*
 * Writes all of it, or as much as can be, as the job's user: what the last blocks of a file system
 * and the bounds of a quota are to root, they are not to him. Returns 0, or -errno with how much is
 * left.
 */
static int write_as_user(const struct outlet *outlet, const char *data, size_t len,
			 size_t *ret_left)
{
	const struct identity *identity = outlet->source.identity;
	struct identity_before before;
	int r = identity_enter(identity, &before);

	*ret_left = len;
	if (r < 0)
		return r;
	while (r == 0 && *ret_left > 0) {
		ssize_t n = write(outlet->fd, data + len - *ret_left, *ret_left);

		if (n > 0)
			*ret_left -= (size_t)n;
		else if (n == 0 || errno != EINTR)
			r = n < 0 ? -errno : -EIO;
	}
	identity_leave(identity, &before);
	return r;
}

/* What a full disk or a failing one does not take is lost; it is tried again with what comes next.
   That there is no file has been said by who began. */
static void write_file(struct outlet *outlet, const char *data, size_t len)
{
	size_t left = len;
	int r = outlet->fd < 0 ? 0 : write_as_user(outlet, data, len, &left);

	if (r < 0 && outlet->dropped[CAUSE_FILE] == 0)
		note(outlet, "%s: %s; output is dropped while this lasts", outlet->path,
		     strerrordesc_np(-r));
	outlet->dropped[CAUSE_FILE] += left;
}

static void pass(struct stream *stream, const char *data, size_t len)
{
	struct outlet *outlet = stream->outlet;

	if (len == 0)
		return;
	stream->open = data[len - 1] != '\n';
	outlet->passed += len;
	if (outlet->source.settings->output == OUTPUT_FILE)
		write_file(outlet, data, len);
	else
		output_feed(&stream->lines, data, len, hand_on, stream);
}

/* --- how much of it --- */

/* What follows is not passed on: a line that has begun ends here, lest another be joined to it. */
static void drop(struct stream *stream, enum cause cause, const char *data, size_t len)
{
	struct outlet *outlet = stream->outlet;
	size_t left;

	if (len == 0)
		return;
	if (stream->open && outlet->fd >= 0)
		(void)write_as_user(outlet, "\n", 1, &left);
	output_end(&stream->lines, hand_on, stream);
	stream->open = false;
	if (outlet->dropped[cause] == 0 && cause == CAUSE_RATE)
		note(outlet,
		     "prints more than output_rate allows, %" PRIi64
		     " bytes a second; lines are dropped while this lasts",
		     outlet->rate);
	else if (outlet->dropped[cause] == 0)
		note(outlet,
		     "has printed as much as output_max allows, %" PRIi64
		     " bytes; the rest is dropped",
		     outlet->source.settings->output_max);
	outlet->dropped[cause] += len;
	stream->skipping = data[len - 1] != '\n';
}

static void fill_bucket(struct outlet *outlet, usec_t now)
{
	int64_t brim = outlet->rate * USEC_PER_SEC;
	usec_t gone = now - outlet->filled;

	if (gone >= USEC_PER_SEC || outlet->rate * gone > brim - outlet->tokens)
		outlet->tokens = brim;
	else
		outlet->tokens += outlet->rate * gone;
	outlet->filled = now;
}

/* How many of `len` bytes may pass if `bound` may: those of whole lines if there are any; or else,
   if they may be `torn`, as many as there are. */
static size_t fit(const char *data, size_t len, uint64_t bound, bool torn)
{
	const char *newline;

	if (len <= bound)
		return len;
	newline = memrchr(data, '\n', bound);
	if (newline)
		return (size_t)(newline + 1 - data);
	return torn ? bound : 0;
}

/* Of the rate. A line that is longer than ever will be allowed begins with what is. */
static size_t fit_rate(struct outlet *outlet, const char *data, size_t len, usec_t now)
{
	uint64_t bytes;

	if (outlet->rate == 0)
		return len;
	fill_bucket(outlet, now);
	bytes = (uint64_t)(outlet->tokens / USEC_PER_SEC);
	return fit(data, len, bytes, bytes == (uint64_t)outlet->rate);
}

/* Of the run. Once it has been reached, no shorter line slips through. */
static size_t fit_max(struct outlet *outlet, const char *data, size_t len)
{
	int64_t max = outlet->source.settings->output_max;
	size_t n;

	if (max == 0)
		return len;
	n = fit(data, len, (uint64_t)max - outlet->passed, true);
	outlet->full = n < len;
	return n;
}

void outlet_feed(struct outlet *outlet, enum outlet_stream which, const char *data, size_t len,
		 usec_t now)
{
	struct stream *stream = &outlet->streams[which];
	size_t rated;
	size_t n;

	outlet->printed += len;
	keep_add(&outlet->keep, data, len);
	if (outlet->source.settings->output == OUTPUT_DISCARD)
		return;
	if (outlet->full) {
		drop(stream, CAUSE_MAX, data, len);
		return;
	}
	if (stream->skipping) {
		const char *newline = memchr(data, '\n', len);
		size_t rest = newline ? (size_t)(newline + 1 - data) : len;

		drop(stream, CAUSE_RATE, data, rest);
		data += rest;
		len -= rest;
	}
	rated = fit_rate(outlet, data, len, now);
	n = fit_max(outlet, data, rated);
	if (outlet->rate > 0)
		outlet->tokens -= (int64_t)n * USEC_PER_SEC;
	pass(stream, data, n);
	drop(stream, CAUSE_MAX, data + n, rated - n);
	drop(stream, CAUSE_RATE, data + rated, len - rated);
}

void outlet_end(struct outlet *outlet, uint64_t *ret_printed, uint64_t *ret_dropped,
		struct kept_output **ret_kept)
{
	uint64_t dropped = 0;

	for (int i = 0; i < OUTLET_STREAMS; i++)
		output_end(&outlet->streams[i].lines, hand_on, &outlet->streams[i]);
	for (int i = 0; i < CAUSES; i++) {
		dropped += outlet->dropped[i];
		if (outlet->dropped[i] > 0)
			note(outlet, "dropped %" PRIu64 " bytes of output: %s", outlet->dropped[i],
			     cause_texts[i]);
	}
	close_file(outlet);
	*ret_printed = outlet->printed;
	*ret_dropped = dropped;
	*ret_kept = keep_take(&outlet->keep);
}
