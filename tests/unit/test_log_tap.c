/* Holds: who has the tap of the logger gets every record, and holds up nobody. */
#include "base/log_tap.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- a sink, which may be stuck --- */

static struct {
	sem_t *gate;
	size_t count;
} sink;

static void sink_write(void *ctx, const struct log_record *records, size_t count)
{
	(void)ctx;
	(void)records;
	if (sink.gate)
		while (sem_wait(sink.gate) < 0)
			;
	sink.count += count;
}

/* --- what came of the tap --- */

struct taken {
	char text[4096];
	unsigned count;
};

static void take_one(void *ctx, const struct log_record *record)
{
	struct taken *taken = ctx;
	size_t used = strlen(taken->text);

	taken->count++;
	if (used < sizeof(taken->text) - 200)
		sprintf(taken->text + used, "%s %d %s: %.100s\n", record->job ? record->job : "-",
			(int)record->run, record->stream ? record->stream : "-", record->text);
}

/* Waits until there are `count` records, or more. Returns how many were dropped. */
static uint64_t take(struct taken *taken, unsigned count)
{
	uint64_t dropped = 0;

	while (taken->count < count) {
		struct pollfd pollfd = {.fd = log_tap_fd(), .events = POLLIN};

		assert_int_equal(poll(&pollfd, 1, 10000), 1);
		dropped += log_tap_take(SIZE_MAX, take_one, taken);
	}
	return dropped;
}

static bool is_readable(void)
{
	return poll(&(struct pollfd){.fd = log_tap_fd(), .events = POLLIN}, 1, 0) == 1;
}

static void line(const char *text)
{
	assert_true(log_output(&(struct log_line){.level = LOG_LEVEL_INFO,
						  .job = "backup",
						  .run = 7,
						  .stream = "stderr",
						  .text = text,
						  .len = strlen(text)}));
}

static int setup(void **state)
{
	(void)state;
	sink.gate = NULL;
	sink.count = 0;
	log_init((struct log_sink){.write = sink_write}, LOG_LEVEL_INFO);
	return log_start();
}

static int teardown(void **state)
{
	(void)state;
	log_tap_close();
	return log_stop();
}

static void records_come_as_they_are(void **state)
{
	struct taken taken = {.count = 0};

	(void)state;
	assert_int_equal(log_tap_open(), 0);
	assert_false(is_readable());
	log_msg(LOG_LEVEL_NOTICE, "hello %d", 1);
	log_msg(LOG_LEVEL_DEBUG, "below the threshold");
	line("a line");
	log_job(LOG_LEVEL_INFO, "backup", 7, "ok");
	assert_int_equal(take(&taken, 3), 0);
	assert_string_equal(taken.text, "- 0 -: hello 1\n"
					"backup 7 stderr: a line\n"
					"backup 7 -: ok\n");
	assert_false(is_readable());
}

static void what_was_before_does_not_come(void **state)
{
	struct taken taken = {.count = 0};

	(void)state;
	line("before");
	/* Until it is out of the buffer. */
	assert_int_equal(log_stop(), 0);
	assert_int_equal(log_start(), 0);
	assert_int_equal(log_tap_open(), 0);
	line("after");
	assert_int_equal(take(&taken, 1), 0);
	assert_string_equal(taken.text, "backup 7 stderr: after\n");
	log_tap_close();
	log_tap_close();
	line("later");
	assert_int_equal(log_tap_open(), 0);
	assert_int_equal(log_stop(), 0);
	assert_int_equal(log_start(), 0);
	assert_true(taken.count == 1);
}

/* A mark comes behind what was logged before it, and no sink sees it. */
static void marks_are_for_the_tap_alone(void **state)
{
	struct taken taken = {.count = 0};

	(void)state;
	assert_int_equal(log_tap_open(), 0);
	line("last");
	assert_true(log_mark("backup", 7, "end"));
	assert_int_equal(take(&taken, 2), 0);
	assert_string_equal(taken.text, "backup 7 stderr: last\nbackup 7 -: end\n");
	assert_int_equal(log_stop(), 0);
	assert_int_equal(sink.count, 1);
	assert_int_equal(log_start(), 0);
}

/* Followers see what a sink does not take. */
static void a_stuck_sink_does_not_stop_it(void **state)
{
	struct taken taken = {.count = 0};
	sem_t gate;

	(void)state;
	assert_int_equal(sem_init(&gate, 0, 0), 0);
	sink.gate = &gate;
	assert_int_equal(log_tap_open(), 0);
	line("one");
	assert_int_equal(take(&taken, 1), 0);
	assert_int_equal(sink.count, 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(sem_post(&gate), 0);
	assert_int_equal(log_stop(), 0);
	sink.gate = NULL;
	assert_int_equal(sem_destroy(&gate), 0);
	assert_int_equal(log_start(), 0);
}

/* Nobody takes anything: the sink goes on, and the gap has an end. */
static void a_full_tap_drops_and_tells(void **state)
{
	static char text[1000];
	struct taken taken = {.count = 0};
	size_t lines = 2 * LOG_TAP_SIZE / sizeof(text);
	uint64_t dropped = 0;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(log_tap_open(), 0);
	for (size_t i = 0; i < lines; i++)
		line(text);
	assert_int_equal(log_stop(), 0);
	assert_int_equal(sink.count, lines);
	assert_true(is_readable());
	dropped = log_tap_take(SIZE_MAX, take_one, &taken);
	assert_true(dropped > 0);
	assert_true(taken.count > lines / 4);
	assert_int_equal(taken.count + dropped, lines);
	assert_int_equal(log_start(), 0);
	line("again");
	assert_int_equal(take(&taken, taken.count + 1), 0);
}

/* As many at a time as are wanted; the descriptor tells that there are more. */
static void records_come_a_few_at_a_time(void **state)
{
	struct taken taken = {.count = 0};

	(void)state;
	assert_int_equal(log_tap_open(), 0);
	for (int i = 0; i < 5; i++)
		log_msg(LOG_LEVEL_INFO, "%d", i);
	assert_int_equal(log_stop(), 0);
	for (unsigned n = 2; n < 8; n += 2) {
		assert_true(is_readable());
		assert_int_equal(log_tap_take(2, take_one, &taken), 0);
		assert_int_equal(taken.count, n < 5 ? n : 5);
	}
	assert_false(is_readable());
	assert_string_equal(taken.text, "- 0 -: 0\n- 0 -: 1\n- 0 -: 2\n- 0 -: 3\n- 0 -: 4\n");
	assert_int_equal(log_start(), 0);
}

/* Threads that log while the tap is opened, taken from and closed. */
#define LINES 2000

static void *log_lines(void *unused)
{
	(void)unused;
	for (int i = 0; i < LINES; i++)
		line("x");
	return NULL;
}

static void it_may_be_opened_and_closed_at_any_time(void **state)
{
	struct taken taken = {.count = 0};
	pthread_t threads[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, log_lines, NULL), 0);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(log_tap_open(), 0);
		(void)log_tap_take(SIZE_MAX, take_one, &taken);
		log_tap_close();
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(log_stop(), 0);
	assert_int_equal(sink.count, 2 * LINES);
	assert_int_equal(log_start(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_come_as_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_before_does_not_come, setup, teardown),
		cmocka_unit_test_setup_teardown(marks_are_for_the_tap_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stuck_sink_does_not_stop_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_tap_drops_and_tells, setup, teardown),
		cmocka_unit_test_setup_teardown(records_come_a_few_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(it_may_be_opened_and_closed_at_any_time, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
