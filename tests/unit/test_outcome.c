/* Exit statuses of `run --wait`: what came of the run. */
#include "ctl/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *run;
	int status;
	const char *text;
} runs[] = {
	{"{\"verdict\": \"ok\", \"exit\": 0}", 0, ""},
	{"{\"verdict\": \"ok\"}", 0, ""},
	/* success_exit */
	{"{\"verdict\": \"ok\", \"exit\": 75}", 75, ""},
	{"{\"verdict\": \"failed\", \"exit\": 3}", 3, ""},
	{"{\"verdict\": \"failed\", \"exit\": 255}", 255, ""},
	/* success_exit without 0 */
	{"{\"verdict\": \"failed\", \"exit\": 0}", 125, "failed"},
	{"{\"verdict\": \"failed\", \"exit\": 1000}", 125, "failed"},
	{"{\"verdict\": \"failed\", \"signal\": 9}", 137, "killed by SIGKILL"},
	{"{\"verdict\": \"killed\", \"signal\": 15, \"because\": \"an operator asked for it\"}",
	 143, "killed by SIGTERM: an operator asked for it"},
	{"{\"verdict\": \"failed\", \"signal\": 1000}", 125, "failed"},
	{"{\"verdict\": \"killed\", \"exit\": 0, \"reason\": \"operator\", \"because\": \"an "
	 "operator asked for it\"}",
	 125, "killed: an operator asked for it"},
	{"{\"verdict\": \"timeout\", \"signal\": 15}", 124, "timeout"},
	{"{\"verdict\": \"skipped\", \"reason\": \"condition\", \"because\": \"it is so\"}", 123,
	 "skipped: it is so"},
	{"{\"verdict\": \"skipped\", \"reason\": \"overlap\"}", 125, "skipped"},
	{"{\"verdict\": \"cancelled\", \"because\": \"the daemon is stopping\"}", 125,
	 "cancelled: the daemon is stopping"},
	{"{\"verdict\": \"failed\", \"stage\": \"exec\", \"errno\": 2,"
	 " \"problem\": \"exec: No such file or directory\"}",
	 127, "could not be started: exec: No such file or directory"},
	{"{\"verdict\": \"failed\", \"stage\": \"exec\", \"errno\": 13,"
	 " \"problem\": \"exec: Permission denied\"}",
	 126, "could not be started: exec: Permission denied"},
	{"{\"verdict\": \"failed\", \"stage\": \"workdir\", \"errno\": 2,"
	 " \"problem\": \"workdir: No such file or directory\"}",
	 125, "could not be started: workdir: No such file or directory"},
	{"{\"verdict\": \"failed\", \"stage\": null, \"errno\": 12,"
	 " \"problem\": \"Cannot allocate memory\"}",
	 125, "could not be started: Cannot allocate memory"},
	{"{}", 125, "what came of it is not known"},
	{"{\"verdict\": 7}", 125, "what came of it is not known"},
	{"{\"verdict\": \"novel\", \"exit\": 0}", 125, "novel"},
};

static void runs_have_statuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(runs); i++) {
		json_t *run = json_loads(runs[i].run, 0, NULL);
		char text[OUTCOME_TEXT_SIZE];

		assert_non_null(run);
		assert_int_equal(outcome_status(run, text), runs[i].status);
		assert_string_equal(text, runs[i].text);
		json_decref(run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_have_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
