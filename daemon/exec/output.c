/* See output.h. */
#include "exec/output.h"

#include <string.h>

void output_begin(struct output *output)
{
	output->len = 0;
	output->continues = false;
}

/*
 * How much of a full buffer is handed on as a piece: a character (UTF-8) that may be incomplete
 * stays for the next one, and so does a carriage return, which may belong to the line's end.
 */
static size_t piece_length(const char *bytes, size_t len)
{
	const unsigned char *s = (const unsigned char *)bytes;
	size_t at = len;

	if (s[len - 1] == '\r')
		return len - 1;
	/* Back over at most three bytes to one that begins a character of several. */
	while (at > 0 && len - at < 3 && (s[at - 1] & 0xc0) == 0x80)
		at--;
	if (at == 0 || s[at - 1] < 0xc0)
		return len;
	return at - 1;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

void output_feed(struct output *output, const char *data, size_t len, output_line_fn *line,
		 void *ctx)
{
	while (len > 0) {
		size_t room = OUTPUT_LINE_MAX - output->len;
		/* One byte further, so that a line that just fits stays in one piece. */
		const char *newline = memchr(data, '\n', smaller(len, room + 1));
		size_t n = newline ? (size_t)(newline - data) : smaller(len, room);

		if (newline && output->len == 0) {
			line(ctx, data, n);
			output->continues = false;
		} else if (n == 0 && !newline) {
			size_t piece = piece_length(output->pending, output->len);

			line(ctx, output->pending, piece);
			output->continues = true;
			output->len -= piece;
			memmove(output->pending, output->pending + piece, output->len);
		} else {
			memcpy(output->pending + output->len, data, n);
			output->len += n;
			if (newline)
				output_end(output, line, ctx);
		}
		if (newline)
			n++;
		data += n;
		len -= n;
	}
}

void output_end(struct output *output, output_line_fn *line, void *ctx)
{
	if (output->len > 0)
		line(ctx, output->pending, output->len);
	output_begin(output);
}
