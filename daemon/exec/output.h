/*
 * Cuts a stream of bytes into lines, in bounded memory. A line that is too long comes in pieces,
 * cut between characters. Pure; one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The most bytes handed on as one line. */
#define OUTPUT_LINE_MAX ((size_t)16 * 1024)

/* Called with each line, without its newline; `bytes` are valid during the call. */
typedef void output_line_fn(void *ctx, const char *bytes, size_t len);

struct output {
	bool continues; /* what is handed on next goes on with the line of the piece before */
	size_t len;
	char pending[OUTPUT_LINE_MAX]; /* the beginning of a line whose end has not come */
};

/* Begins a new stream. */
void output_begin(struct output *output);

/* Takes the next bytes of the stream. */
void output_feed(struct output *output, const char *data, size_t len, output_line_fn *line,
		 void *ctx);

/* The stream has ended: hands on a last line that has no newline. */
void output_end(struct output *output, output_line_fn *line, void *ctx);
