/*
 * Standard error as a log sink. What a run printed is "TIME JOB[RUN]: text"; what the daemon says
 * is "TIME everyd: text" or, of a run, "TIME everyd: JOB[RUN]: text". A batch goes out in one
 * write, so that lines do not mix with those of other writers.
 */
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* A prefix fits, whatever the names; MODEL_NAME_MAX is far below. */
#define PREFIX_MAX 512

#define OUT_SIZE ((size_t)64 * 1024)

struct out {
	char bytes[OUT_SIZE];
	size_t used;
};

/* Standard error may be somebody else's non-blocking pipe. Nobody is left to hear of a failure. */
static void out_flush(struct out *out)
{
	size_t at = 0;

	while (at < out->used) {
		ssize_t n = write(STDERR_FILENO, out->bytes + at, out->used - at);

		if (n > 0)
			at += (size_t)n;
		else if (n < 0 && errno == EAGAIN) {
			struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};

			(void)poll(&fd, 1, -1);
		} else if (n == 0 || errno != EINTR)
			break;
	}
	out->used = 0;
}

static void out_put(struct out *out, const char *bytes, size_t len)
{
	while (len > 0) {
		size_t n = OUT_SIZE - out->used;

		if (n > len)
			n = len;
		memcpy(out->bytes + out->used, bytes, n);
		out->used += n;
		bytes += n;
		len -= n;
		if (out->used == OUT_SIZE)
			out_flush(out);
	}
}

/* The second that was written last, as text: a sink is written to by one thread at a time, and
   under load thousands of lines share a second. */
static struct {
	usec_t begin;
	char text[CLOCK_TEXT_SIZE];
} second;

static size_t put_time(char *buf, size_t size, usec_t wall)
{
	usec_t usec = wall % USEC_PER_SEC;

	if (second.text[0] == '\0' || wall - usec != second.begin) {
		second.begin = wall - usec;
		(void)clock_format_local(second.begin, 0, second.text);
	}
	return (size_t)snprintf(buf, size, "%s.%03u ", second.text,
				(unsigned)(usec / USEC_PER_MSEC) % 1000);
}

static void put_record(struct out *out, const struct log_record *record)
{
	char prefix[PREFIX_MAX];
	size_t at = put_time(prefix, sizeof(prefix), record->wall);
	int n;

	/* Keep a line in one write where it fits in one. */
	if (OUT_SIZE - out->used < record->len + PREFIX_MAX)
		out_flush(out);

	n = snprintf(prefix + at, sizeof(prefix) - at, "%s", record->stream ? "" : "everyd: ");
	at += (size_t)n;
	if (record->job && record->run == 0)
		n = snprintf(prefix + at, sizeof(prefix) - at, "%s: ", record->job);
	else if (record->job)
		n = snprintf(prefix + at, sizeof(prefix) - at, "%s[%" PRIu64 "]: ", record->job,
			     record->run);
	else
		n = 0;
	at += (size_t)n;
	out_put(out, prefix, at < sizeof(prefix) ? at : sizeof(prefix) - 1);
	out_put(out, record->text, record->len);
	out_put(out, "\n", 1);
}

static void stderr_write(void *ctx, const struct log_record *records, size_t count)
{
	struct out out;

	(void)ctx;
	out.used = 0;
	for (size_t i = 0; i < count; i++)
		put_record(&out, &records[i]);
	out_flush(&out);
}

struct log_sink log_stderr_sink(void)
{
	return (struct log_sink){.write = stderr_write};
}
