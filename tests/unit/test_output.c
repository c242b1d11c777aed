/* Lines out of a stream: whole ones, long ones, last ones. */
#include "exec/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX OUTPUT_LINE_MAX

/* The lines, each with a '|' behind it. */
struct sink {
	const struct output *output;
	char *text;
	size_t len;
	size_t longest;
	size_t continuing; /* of them go on with the one before */
};

static void take(void *ctx, const char *bytes, size_t len)
{
	struct sink *sink = ctx;

	sink->text = realloc(sink->text, sink->len + len + 2);
	assert_non_null(sink->text);
	memcpy(sink->text + sink->len, bytes, len);
	sink->len += len;
	sink->text[sink->len++] = '|';
	sink->text[sink->len] = '\0';
	if (len > sink->longest)
		sink->longest = len;
	sink->continuing += sink->output->continues;
}

/* Feeds `text` in steps of `step` bytes. */
static struct sink cut(const char *text, size_t len, size_t step)
{
	static struct output output;
	struct sink sink = {.output = &output};

	output_begin(&output);
	for (size_t at = 0; at < len; at += step)
		output_feed(&output, text + at, len - at < step ? len - at : step, take, &sink);
	output_end(&output, take, &sink);
	return sink;
}

static void lines_come_out_whole_however_they_arrive(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} rows[] = {
		{"", NULL},
		{"\n", "|"},
		{"a\n", "a|"},
		{"a\nbc\n\nd\n", "a|bc||d|"},
		{"no end", "no end|"},
		{"a\nno end", "a|no end|"},
		{"\r\nb\r\n", "\r|b\r|"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t step = 1; step <= strlen(rows[i].in) + 1; step++) {
			struct sink sink = cut(rows[i].in, strlen(rows[i].in), step);

			if (rows[i].out)
				assert_string_equal(sink.text, rows[i].out);
			else
				assert_null(sink.text);
			assert_int_equal(sink.continuing, 0);
			free(sink.text);
		}
	}
}

static void bytes_are_kept_as_they_are(void **state)
{
	static const char in[] = {'a', '\0', 'b', '\xff', '\n', '\0', '\n'};
	static const char out[] = {'a', '\0', 'b', '\xff', '|', '\0', '|'};
	struct sink sink = cut(in, sizeof(in), 2);

	(void)state;
	assert_int_equal(sink.len, sizeof(out));
	assert_memory_equal(sink.text, out, sizeof(out));
	free(sink.text);
}

/* A line is `count` bytes 'x', then `tail`. Where are the cuts? */
static void long_lines_come_in_pieces(void **state)
{
	static const struct {
		size_t count;
		const char *tail;
		size_t first; /* length of the first piece */
		size_t pieces;
	} rows[] = {
		{MAX - 1, "\n", MAX - 1, 1},
		{MAX, "\n", MAX, 1},
		{MAX, "", MAX, 1},
		{MAX + 1, "\n", MAX, 2},
		{3 * MAX, "\n", MAX, 3},
		{3 * MAX, "", MAX, 3},
		/* Characters of two, three and four bytes across the limit stay whole... */
		{MAX - 1, "\xc3\xa4\n", MAX - 1, 2},
		{MAX - 2, "\xe2\x82\xac\n", MAX - 2, 2},
		{MAX - 3, "\xf0\x9f\x98\x80\n", MAX - 3, 2},
		{MAX - 1, "\xf0\x9f\x98\x80\n", MAX - 1, 2},
		/* ... what is none is cut anywhere... */
		{MAX - 4, "\x80\x80\x80\x80\x80\n", MAX, 2},
		/* ... and a carriage return stays with the end of its line. */
		{MAX - 1, "\r\n", MAX, 1},
		{MAX, "\r\n", MAX, 2},
		{MAX - 1, "\ry\n", MAX - 1, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = rows[i].count + strlen(rows[i].tail);
		char *in = malloc(len + 1);

		assert_non_null(in);
		memset(in, 'x', rows[i].count);
		strcpy(in + rows[i].count, rows[i].tail);
		for (size_t step = 1; step <= 2 * MAX; step = step * 7 + 1) {
			struct sink sink = cut(in, len, step);
			size_t pieces = 0;
			size_t bytes = 0;

			for (size_t j = 0; j < sink.len; j++)
				pieces += sink.text[j] == '|';
			bytes = sink.len - pieces;
			if (pieces != rows[i].pieces)
				fail_msg("row %zu, step %zu: %zu pieces", i, step, pieces);
			assert_int_equal(strcspn(sink.text, "|"), rows[i].first);
			assert_int_equal(bytes, len - (in[len - 1] == '\n'));
			assert_true(sink.longest <= MAX);
			assert_int_equal(sink.continuing, pieces - 1);
			free(sink.text);
		}
		free(in);
	}
}

static void only_pieces_of_one_line_continue_it(void **state)
{
	static char in[4 * MAX];
	struct sink sink;

	(void)state;
	memset(in, 'x', sizeof(in));
	memcpy(in + 2 * MAX + 10, "\nnext\n", 6);
	memcpy(in + sizeof(in) - 3, "\nz", 2);
	sink = cut(in, sizeof(in), 1000);
	/* Two more of the first, one more of the third. */
	assert_int_equal(sink.continuing, 3);
	free(sink.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_out_whole_however_they_arrive),
		cmocka_unit_test(bytes_are_kept_as_they_are),
		cmocka_unit_test(long_lines_come_in_pieces),
		cmocka_unit_test(only_pieces_of_one_line_continue_it),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
