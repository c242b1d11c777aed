/* The logger: order, levels, and that a slow or stuck sink costs lines, never the caller. */
#include "base/log.h"
#include "service/messages.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Holds what was written; write() waits at the gate if there is one. */
static struct {
	pthread_mutex_t lock;
	char *text;
	size_t size;
	FILE *stream;
	sem_t *gate;
	sem_t *arrived;
} sink = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void sink_write(void *ctx, const struct log_record *records, size_t count)
{
	(void)ctx;
	if (sink.gate) {
		assert_int_equal(sem_post(sink.arrived), 0);
		while (sem_wait(sink.gate) < 0)
			;
	}
	assert_int_equal(pthread_mutex_lock(&sink.lock), 0);
	for (size_t i = 0; i < count; i++) {
		const struct log_record *r = &records[i];

		assert_int_equal(strlen(r->text), r->len);
		(void)fprintf(sink.stream, "%d|%s|%llu|%s|%s", (int)r->level, r->job ? r->job : "-",
			      (unsigned long long)r->run, r->stream ? r->stream : "-", r->text);
		if (r->message != LOG_MESSAGE_NONE)
			(void)fprintf(sink.stream, "|%s|%lld|%s|%s", message_info(r->message)->name,
				      (long long)r->slot, r->verdict, r->reason);
		(void)fputc('\n', sink.stream);
	}
	assert_int_equal(pthread_mutex_unlock(&sink.lock), 0);
}

static void output(const char *job, uint64_t run, const char *stream, const char *text, size_t len)
{
	(void)log_output(&(struct log_line){
		.level = LOG_LEVEL_INFO,
		.job = job,
		.run = run,
		.stream = stream,
		.text = text,
		.len = len,
	});
}

static int setup(void **state)
{
	(void)state;
	sink.stream = open_memstream(&sink.text, &sink.size);
	sink.gate = sink.arrived = NULL;
	log_init((struct log_sink){.write = sink_write}, LOG_LEVEL_INFO);
	return sink.stream ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	(void)fclose(sink.stream);
	free(sink.text);
	return 0;
}

static const char *written(void)
{
	(void)fflush(sink.stream);
	return sink.text;
}

static void say_all(void)
{
	log_msg(LOG_LEVEL_ERROR, "one %d", 1);
	log_msg(LOG_LEVEL_DEBUG, "below the threshold");
	log_job(LOG_LEVEL_WARNING, "backup", 7, "two\nlines");
	output("backup", 7, "stderr", "a line", 6);
	output("backup", 7, "stdout", "", 0);
	log_about(LOG_LEVEL_NOTICE,
		  &(struct log_about){.message = LOG_MESSAGE_RUN_FAILED,
				      .job = "backup",
				      .run = 8,
				      .slot = 5000000,
				      .verdict = "failed",
				      .reason = "memory"},
		  "three %s", "and more");
}

/* A sink of one target. */
static void own_sink_write(void *ctx, const struct log_record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(records[i].target, *(const enum log_target *)ctx);
		(void)fputs("own: ", sink.stream);
		sink_write(NULL, &records[i], 1);
	}
}

static void output_to(enum log_target target, enum log_level level, const char *text)
{
	(void)log_output(&(struct log_line){
		.target = target,
		.level = level,
		.job = "backup",
		.run = 7,
		.stream = "stdout",
		.text = text,
		.len = strlen(text),
	});
}

/* Records of a target that has none go where the daemon's do. */
static void targets_have_their_own_sinks(void **state)
{
	static enum log_target target = LOG_TARGET_STDERR;

	(void)state;
	for (int threaded = 0; threaded < 2; threaded++) {
		rewind(sink.stream);
		log_init((struct log_sink){.write = sink_write}, LOG_LEVEL_WARNING);
		log_set_target(LOG_TARGET_STDERR, (struct log_sink){own_sink_write, &target});
		if (threaded)
			assert_int_equal(log_start(), 0);
		/* Of all levels: the threshold is that of the daemon's messages. */
		for (int level = LOG_LEVEL_EMERGENCY; level <= LOG_LEVEL_DEBUG; level++)
			output_to(level % 3 ? LOG_TARGET_STDERR : LOG_TARGET_JOURNAL,
				  (enum log_level)level, "line");
		log_msg(LOG_LEVEL_WARNING, "said");
		log_msg(LOG_LEVEL_NOTICE, "not said");
		output_to(LOG_TARGET_OWN, LOG_LEVEL_DEBUG, "ours");
		assert_int_equal(log_stop(), 0);
		(void)fputc('\0', sink.stream);
		assert_string_equal(written(), "0|backup|7|stdout|line\n"
					       "own: 1|backup|7|stdout|line\n"
					       "own: 2|backup|7|stdout|line\n"
					       "3|backup|7|stdout|line\n"
					       "own: 4|backup|7|stdout|line\n"
					       "own: 5|backup|7|stdout|line\n"
					       "6|backup|7|stdout|line\n"
					       "own: 7|backup|7|stdout|line\n"
					       "4|-|0|-|said\n"
					       "7|backup|7|stdout|ours\n");
	}
}

static void a_line_is_written_to_stderr_whatever_its_level(void **state)
{
	char text[1024];
	int kept = dup(STDERR_FILENO);
	int ends[2];
	ssize_t n;
	char *at = text;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	log_set_target(LOG_TARGET_STDERR, log_stderr_sink());
	for (int level = LOG_LEVEL_EMERGENCY; level <= LOG_LEVEL_DEBUG; level++)
		output_to(LOG_TARGET_STDERR, (enum log_level)level, "line");
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	n = read(ends[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	for (int level = LOG_LEVEL_EMERGENCY; level <= LOG_LEVEL_DEBUG; level++) {
		at = strstr(at, " backup[7]: line\n");
		assert_non_null(at);
		at++;
	}
	assert_int_equal(close(ends[0]) + close(ends[1]) + close(kept), 0);
}

static const char all[] = "3|-|0|-|one 1\n"
			  "4|backup|7|-|two\\x0alines\n"
			  "6|backup|7|stderr|a line\n"
			  "6|backup|7|stdout|\n"
			  "5|backup|8|-|three and more|run-failed|5000000|failed|memory\n";

static void records_arrive_in_order(void **state)
{
	(void)state;
	say_all();
	assert_string_equal(written(), all);
}

static void records_arrive_in_order_through_the_thread(void **state)
{
	(void)state;
	assert_int_equal(log_start(), 0);
	say_all();
	assert_int_equal(log_stop(), 0);
	assert_string_equal(written(), all);
	assert_int_equal(log_dropped(), 0);
}

static void *chatter(void *arg)
{
	for (int i = 0; i < 5000; i++)
		output(arg, (uint64_t)i + 1, "stdout", "x", 1);
	return NULL;
}

static void nothing_is_lost_to_a_sink_that_keeps_up(void **state)
{
	pthread_t threads[4];
	static char names[4][2] = {"a", "b", "c", "d"};
	unsigned next[4] = {1, 1, 1, 1};

	(void)state;
	assert_int_equal(log_start(), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, chatter, names[i]), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(log_stop(), 0);

	/* Each thread's lines are all there, in its order. */
	for (const char *p = written(); *p; p = strchr(p, '\n') + 1) {
		char name;
		unsigned run;

		assert_int_equal(sscanf(p, "6|%c|%u|stdout|x", &name, &run), 2);
		assert_int_equal(run, next[name - 'a']++);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(next[i], 5001);
}

/* A sink that does not return: workers wait once, then lines are dropped; the daemon's own
   messages still find room; when the sink comes back it is told what was lost. */
static void a_stuck_sink_costs_lines_only(void **state)
{
	static char line[4000];
	sem_t gate;
	sem_t arrived;
	uint64_t dropped;
	char expected[64];

	(void)state;
	memset(line, 'y', sizeof(line) - 1);
	assert_int_equal(sem_init(&gate, 0, 0), 0);
	assert_int_equal(sem_init(&arrived, 0, 0), 0);
	sink.gate = &gate;
	sink.arrived = &arrived;
	assert_int_equal(log_start(), 0);
	log_msg(LOG_LEVEL_NOTICE, "first");
	assert_int_equal(sem_wait(&arrived), 0);

	for (int i = 0; i < 1000; i++)
		output("noisy", 1, "stdout", line, sizeof(line) - 1);
	dropped = log_dropped();
	assert_in_range(dropped, 100, 900);
	log_msg(LOG_LEVEL_NOTICE, "still heard");
	assert_int_equal(log_dropped(), dropped);

	for (int i = 0; i < 10000; i++)
		assert_int_equal(sem_post(&gate), 0);
	assert_int_equal(log_stop(), 0);
	assert_non_null(strstr(written(), "5|-|0|-|still heard\n"));
	(void)snprintf(expected, sizeof(expected), "%llu lines were dropped",
		       (unsigned long long)dropped);
	assert_non_null(strstr(written(), expected));
	sink.gate = NULL;
	assert_int_equal(sem_destroy(&gate), 0);
	assert_int_equal(sem_destroy(&arrived), 0);
}

static void levels_have_names(void **state)
{
	enum log_level level = LOG_LEVEL_ERROR;

	(void)state;
	assert_int_equal(log_level_parse("debug", &level), 0);
	assert_int_equal(level, LOG_LEVEL_DEBUG);
	assert_int_equal(log_level_parse("loud", &level), -EINVAL);
	assert_int_equal(level, LOG_LEVEL_DEBUG);
	assert_true(log_enabled(LOG_LEVEL_INFO));
	assert_false(log_enabled(LOG_LEVEL_DEBUG));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_arrive_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(records_arrive_in_order_through_the_thread, setup,
						teardown),
		cmocka_unit_test_setup_teardown(targets_have_their_own_sinks, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_is_written_to_stderr_whatever_its_level,
						setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_lost_to_a_sink_that_keeps_up, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_stuck_sink_costs_lines_only, setup, teardown),
		cmocka_unit_test_setup_teardown(levels_have_names, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
