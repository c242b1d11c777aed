/* The exit status that stands for what became of a run in the foreground. */
#include "ctl/exec_foreground.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	struct run_result result;
	int sig;
	int status;
} rows[] = {
	{{.kind = RESULT_EXITED, .code = 0}, 0, 0},
	{{.kind = RESULT_EXITED, .code = 3}, 0, 3},
	{{.kind = RESULT_EXITED, .code = 255}, 0, 255},
	{{.kind = RESULT_SIGNALLED, .code = SIGKILL}, 0, 137},
	{{.kind = RESULT_SIGNALLED, .code = SIGTERM, .timed_out = true}, 0, 124},
	/* It may have taken the time-out well. */
	{{.kind = RESULT_EXITED, .code = 0, .timed_out = true}, 0, 124},
	{{.kind = RESULT_SIGNALLED, .code = SIGKILL, .cancelled = true}, SIGINT, 130},
	{{.kind = RESULT_EXITED, .code = 0, .cancelled = true}, SIGTERM, 143},
	{{.kind = RESULT_NOT_STARTED, .cancelled = true}, SIGHUP, 129},
	{{.kind = RESULT_UNWANTED, .code = 1}, 0, 123},
	{{.kind = RESULT_SPAWN_FAILED, .stage = "exec", .code = ENOENT}, 0, 127},
	{{.kind = RESULT_SPAWN_FAILED, .stage = "exec", .code = EACCES}, 0, 126},
	{{.kind = RESULT_SPAWN_FAILED, .stage = "user", .code = ENOENT}, 0, 125},
	{{.kind = RESULT_SPAWN_FAILED, .stage = "only_if", .code = ETIMEDOUT}, 0, 125},
};

static void a_status_says_what_became_of_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(foreground_status(&rows[i].result, rows[i].sig), rows[i].status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_says_what_became_of_it),
	};

	return cmocka_run_group_tests_name("exec_foreground", tests, NULL, NULL);
}
