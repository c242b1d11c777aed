/* What there is to say of a run: in words, and in an environment. */
#include "exec/facts.h"

#include "core/verdict.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void how_it_ended_in_words(void **state)
{
	static const struct {
		struct run_result result;
		const char *expected;
	} rows[] = {
		{{.kind = RESULT_EXITED}, "exit status 0"},
		{{.kind = RESULT_EXITED, .code = 255}, "exit status 255"},
		{{.kind = RESULT_SIGNALLED, .code = SIGTERM}, "killed by SIGTERM"},
		{{.kind = RESULT_SIGNALLED, .code = 64}, "killed by signal 64"},
		{{.kind = RESULT_SPAWN_FAILED, .code = EACCES, .stage = "exec"},
		 "exec: Permission denied"},
		{{.kind = RESULT_SPAWN_FAILED, .code = ENOENT, .stage = "chdir"},
		 "chdir: No such file or directory"},
		{{.kind = RESULT_SPAWN_FAILED, .code = ENOENT, .stage = "user"},
		 "user: there is none of that name"},
		{{.kind = RESULT_SPAWN_FAILED, .code = ENOENT, .stage = "group"},
		 "group: there is none of that name"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char buf[FACTS_END_SIZE];

		assert_string_equal(facts_end(&rows[i].result, buf), rows[i].expected);
	}
}

static void subjects(void **state)
{
	static const struct {
		enum verdict verdict;
		enum reason reason;
		uint32_t failures;
		struct run_result result;
		const char *expected;
	} rows[] = {
		{VERDICT_OK, REASON_NONE, 0, {.ended = 1}, "everyd: j on h succeeded"},
		{VERDICT_OK, REASON_NONE, 1, {.ended = 1}, "everyd: j on h recovered"},
		{VERDICT_OK, REASON_OVERDUE, 0, {0}, "everyd: j on h is overdue"},
		{VERDICT_SKIPPED, REASON_OVERDUE, 0, {0}, "everyd: j on h is overdue"},
		{VERDICT_TIMEOUT, REASON_NONE, 1, {.ended = 1}, "everyd: j on h timed out"},
		{VERDICT_KILLED, REASON_OPERATOR, 1, {.ended = 1}, "everyd: j on h killed"},
		{VERDICT_FAILED,
		 REASON_NONE,
		 1,
		 {.ended = 1, .code = 2},
		 "everyd: j on h failed (exit status 2)"},
		{VERDICT_FAILED,
		 REASON_MEMORY,
		 1,
		 {.ended = 1, .kind = RESULT_SIGNALLED, .code = SIGKILL},
		 "everyd: j on h failed (out of memory)"},
		{VERDICT_FAILED,
		 REASON_NONE,
		 1,
		 {.kind = RESULT_SPAWN_FAILED, .code = ENOENT, .stage = "exec"},
		 "everyd: j on h failed (exec: No such file or directory)"},
		/* Of which nothing more is known. */
		{VERDICT_FAILED, REASON_NONE, 1, {0}, "everyd: j on h failed"},
	};
	static const struct job job = {.name = "j"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct run run = {
			.job = &job,
			.result = rows[i].result,
			.notice = {.mail = true,
				   .verdict = rows[i].verdict,
				   .reason = rows[i].reason,
				   .failures = rows[i].failures},
		};
		char buf[FACTS_LINE_SIZE];

		facts_subject(&run, "h", buf);
		assert_string_equal(buf, rows[i].expected);
	}
}

/* Elapsed times become wall times by what both clocks say now. */
static void times_are_those_of_the_wall(void **state)
{
	static const struct job job = {.name = "j"};
	const usec_t now = 1700000000 * USEC_PER_SEC;
	struct run run = {
		.job = &job,
		.id = 5,
		.slot = now - 10 * USEC_PER_SEC,
		.attempt = 2,
		.result = {.started = 100 * USEC_PER_SEC, .ended = 103 * USEC_PER_SEC},
		.notice = {.mail = true, .verdict = VERDICT_OK},
	};
	char *text;

	(void)state;
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	assert_int_equal(facts_text(&run, now, 105 * USEC_PER_SEC, &text), 0);
	assert_string_equal(text, "Job:       j\n"
				  "Run:       5\n"
				  "Slot:      2023-11-14 22:13:10.000\n"
				  "Started:   2023-11-14 22:13:15.000\n"
				  "Ended:     2023-11-14 22:13:18.000\n"
				  "Duration:  3.000 s\n"
				  "End:       exit status 0\n"
				  "Verdict:   ok\n"
				  "Attempts:  2\n");
	free(text);
}

static void what_is_not_there_is_not_set(void **state)
{
	static const char *const names[] = {
		"EVERYD_VERDICT",  "EVERYD_REASON",   "EVERYD_EXIT",   "EVERYD_SIGNAL",
		"EVERYD_DURATION", "EVERYD_FAILURES", "EVERYD_MISSED",
	};
	static const struct {
		struct engine_notice notice;
		struct run_result result;
		const char *expected; /* a value, or "-", for each */
	} rows[] = {
		{{.hooks = 1U << HOOK_START}, {0}, "- - - - - - - "},
		{{.hooks = 1U << HOOK_SUCCESS},
		 {.started = 1, .ended = 1000001},
		 "ok - 0 - 1.000 0 - "},
		{{.hooks = 1U << HOOK_FAILURE, .verdict = VERDICT_TIMEOUT, .failures = 4},
		 {.kind = RESULT_SIGNALLED, .code = 35, .started = 1, .ended = 2},
		 "timeout timeout - 35 0.000 4 - "},
		{{.hooks = 1U << HOOK_FAILURE, .verdict = VERDICT_FAILED, .failures = 1},
		 {.kind = RESULT_SPAWN_FAILED, .code = 2, .stage = "exec"},
		 "failed exec - - - 1 - "},
		{{.hooks = 1U << HOOK_MISSED,
		  .verdict = VERDICT_REFUSED,
		  .reason = REASON_QUEUE_FULL,
		  .missed = 7},
		 {0},
		 "refused queue_full - - - - 7 "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct run run = {.notice = rows[i].notice, .result = rows[i].result};
		struct environment environment;
		char text[256] = "";
		char *at = text;

		environment_init(&environment);
		assert_int_equal(facts_set(&environment, &run), 0);
		for (size_t j = 0; j < ARRAY_LENGTH(names); j++) {
			const char *value = environment_get(&environment, names[j]);

			at = stpcpy(stpcpy(at, value ? value : "-"), " ");
		}
		assert_string_equal(text, rows[i].expected);
		environment_done(&environment);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_it_ended_in_words),
		cmocka_unit_test(subjects),
		cmocka_unit_test(times_are_those_of_the_wall),
		cmocka_unit_test(what_is_not_there_is_not_set),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
