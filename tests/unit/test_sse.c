/* Streams of events: whole events come out, however the bytes come in. */
#include "ctl/sse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What came out, "NAME(DATA)" each. */
struct heard {
	char text[1000];
	size_t n;
	size_t enough; /* events after which it is to stop; 0: never */
	size_t longest;
};

static bool on_event(void *ctx, const char *name, const char *data)
{
	struct heard *heard = ctx;
	size_t used = strlen(heard->text);

	(void)snprintf(heard->text + used, sizeof(heard->text) - used, "%s(%s)", name, data);
	if (strlen(data) > heard->longest)
		heard->longest = strlen(data);
	return ++heard->n != heard->enough;
}

static const struct {
	const char *in;
	const char *out;
} streams[] = {
	{"", ""},
	{"data: a\n\n", "message(a)"},
	{"event: line\ndata: a\n\ndata: b\n\n", "line(a)message(b)"},
	{"data:a\n\n", "message(a)"},
	{"data:  a\n\n", "message( a)"},
	{"data: a\ndata: b\n\n", "message(a\nb)"},
	{"data: {\"a\": \":\"}\n\n", "message({\"a\": \":\"})"},
	/* Lines end with any of the three. */
	{"data: a\r\n\r\ndata: b\r\rdata: c\n\n", "message(a)message(b)message(c)"},
	/* No data, no event, and its name is forgotten. */
	{"event: x\n\ndata: a\n\n", "message(a)"},
	{"data\n\n", "message()"},
	/* Comments, other members, and what has not ended. */
	{": hello\nid: 7\nretry: 3\ndatax: n\ndata: a\n\ndata: b\n", "message(a)"},
	{"\n\n\ndata: a\n\n", "message(a)"},
};

static void events_come_out_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(streams); i++) {
		/* At once, and cut at each place. */
		for (size_t cut = 0; cut <= strlen(streams[i].in); cut++) {
			struct heard heard = {.n = 0};
			struct sse sse;

			sse_init(&sse, on_event, &heard);
			assert_int_equal(sse_feed(&sse, streams[i].in, cut), 0);
			assert_int_equal(
				sse_feed(&sse, streams[i].in + cut, strlen(streams[i].in) - cut),
				0);
			assert_string_equal(heard.text, streams[i].out);
			sse_done(&sse);
		}
	}
}

static void who_has_enough_gets_no_more(void **state)
{
	static const char in[] = "data: a\n\ndata: b\n\ndata: c\n\n";
	struct heard heard = {.enough = 2};
	struct sse sse;

	(void)state;
	sse_init(&sse, on_event, &heard);
	assert_int_equal(sse_feed(&sse, in, strlen(in)), -ECANCELED);
	assert_string_equal(heard.text, "message(a)message(b)");
	sse_done(&sse);
}

static void events_are_bounded(void **state)
{
	size_t len = SSE_EVENT_MAX - strlen("data: ");
	char *line = malloc(len);
	struct heard heard = {.n = 0};
	struct sse sse;

	(void)state;
	assert_non_null(line);
	memset(line, 'a', len);
	/* One that just fits. */
	sse_init(&sse, on_event, &heard);
	assert_int_equal(sse_feed(&sse, "data: ", 6), 0);
	assert_int_equal(sse_feed(&sse, line, len), 0);
	assert_int_equal(sse_feed(&sse, "\n\n", 2), 0);
	assert_int_equal(heard.longest, len);
	/* A line without end; and lines without end. */
	assert_int_equal(sse_feed(&sse, "data: ", 6), 0);
	assert_int_equal(sse_feed(&sse, line, len), 0);
	assert_int_equal(sse_feed(&sse, "aaaaaaa", 7), -E2BIG);
	sse_done(&sse);
	sse_init(&sse, on_event, &heard);
	assert_int_equal(sse_feed(&sse, "data: ", 6), 0);
	assert_int_equal(sse_feed(&sse, line, len), 0);
	assert_int_equal(sse_feed(&sse, "\ndata: aaaaaaaa\n", 16), -E2BIG);
	sse_done(&sse);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_out_whole),
		cmocka_unit_test(who_has_enough_gets_no_more),
		cmocka_unit_test(events_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
