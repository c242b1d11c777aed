/* Commands from spawn to reap: stopping them, what they leave behind, who belongs to them. */
#include "exec/tree.h"

#include "fault.h"
#include "run_fixture.h"

#include <errno.h>
#include <fcntl.h>

/* No process of the last run lives any more. */
static void assert_all_gone(void)
{
	static char *const marks[] = {NULL};
	static struct tree tree;

	tree_init(&tree);
	tree_begin(&tree, heard.pid, NULL, marks, NULL);
	tree_scan(&tree, true);
	tree_done(&tree);
	assert_int_equal(tree.count, 0);
}

static void a_time_out_stops_the_whole_tree(void **state)
{
	struct job_settings settings = with(50 * USEC_PER_MSEC, LONG, LEFTOVER_KILL);
	struct run_result result = shell("sleep 1000 & (sleep 1000; :) & wait", &settings, NULL);

	(void)state;
	assert_int_equal(result.kind, RESULT_SIGNALLED);
	assert_int_equal(result.code, SIGTERM);
	assert_true(result.timed_out);
	assert_false(result.cancelled);
	assert_true(result.ended - result.started >= settings.timeout);
	assert_int_equal(result.leftovers, 0);
	assert_all_gone();
}

static void who_ignores_sigterm_is_killed_after_the_grace(void **state)
{
	struct job_settings settings = with(50 * USEC_PER_MSEC, 50 * USEC_PER_MSEC, LEFTOVER_KILL);
	struct run_result result =
		shell("trap '' TERM; sleep 1000 & (sleep 1000; :) & wait", &settings, NULL);

	(void)state;
	assert_int_equal(result.kind, RESULT_SIGNALLED);
	assert_int_equal(result.code, SIGKILL);
	assert_true(result.timed_out);
	assert_true(result.ended - result.started >= settings.timeout + settings.kill_grace);
	assert_all_gone();
}

static void without_grace_it_is_killed_at_once(void **state)
{
	struct job_settings settings = with(50 * USEC_PER_MSEC, 0, LEFTOVER_KILL);
	struct run_result result = shell("trap '' TERM; sleep 1000 & wait", &settings, NULL);

	(void)state;
	assert_int_equal(result.code, SIGKILL);
	assert_true(result.timed_out);
	assert_all_gone();
}

static void printing_without_end_is_timed_out_too(void **state)
{
	struct job_settings settings = with(200 * USEC_PER_MSEC, LONG, LEFTOVER_KILL);
	struct run_result result = shell("exec yes", &settings, NULL);

	(void)state;
	assert_true(result.timed_out);
	assert_int_equal(result.kind, RESULT_SIGNALLED);
	assert_int_equal(result.code, SIGTERM);
	assert_true(heard.lines > 1000);
}

/* Asked to stop at its first line, "ready". A shell with a trap starts no process behind that: one
   that is not its program yet when SIGTERM comes would lose it to the trap. */
static void stopping(void **state)
{
	static const struct {
		const char *script;
		usec_t grace;
		struct reaction reactions[3];
		enum result_kind kind;
		int code;
	} rows[] = {
		{"echo ready; exec sleep 1000", LONG, {{"ready", 1}}, RESULT_SIGNALLED, SIGTERM},
		{"trap 'exit 5' TERM; echo ready; while :; do :; done",
		 LONG,
		 {{"ready", 1}},
		 RESULT_EXITED,
		 5},
		{"trap '' TERM; echo ready; exec sleep 1000",
		 1,
		 {{"ready", 1}},
		 RESULT_SIGNALLED,
		 SIGKILL},
		{"trap '' TERM; echo ready; exec sleep 1000",
		 LONG,
		 {{"ready", 2}},
		 RESULT_SIGNALLED,
		 SIGKILL},
		{"trap 'echo again' TERM; echo ready; while :; do :; done",
		 LONG,
		 {{"ready", 1}, {"again", 2}},
		 RESULT_SIGNALLED,
		 SIGKILL},
		/* Output without end hides nothing. */
		{"trap '' TERM; echo ready; exec yes",
		 LONG,
		 {{"ready", 2}},
		 RESULT_SIGNALLED,
		 SIGKILL},
		/* What is stopped has to go on to end. */
		{"echo ready; kill -STOP $$; exit 0",
		 LONG,
		 {{"ready", 1}},
		 RESULT_SIGNALLED,
		 SIGTERM},
		/* Process groups of their own do not escape. */
		{"set -m; sleep 1000 & sleep 1000 & echo ready; wait",
		 LONG,
		 {{"ready", 1}},
		 RESULT_SIGNALLED,
		 SIGTERM},
		{"set -m; trap '' TERM; sleep 1000 & echo ready; wait",
		 LONG,
		 {{"ready", 2}},
		 RESULT_SIGNALLED,
		 SIGKILL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = with(LONG, rows[i].grace, LEFTOVER_KILL);
		struct run_result result = shell(rows[i].script, &settings, rows[i].reactions);

		if (result.kind != rows[i].kind || result.code != rows[i].code)
			fail_msg("row %zu: kind %d, code %d", i, result.kind, result.code);
		assert_true(result.cancelled);
		assert_false(result.timed_out);
		assert_int_equal(result.leftovers, 0);
		assert_all_gone();
	}
}

/* "ready" is said by the last process, after its number. */
static void leaving_the_session_is_no_escape(void **state)
{
	static const struct {
		const char *script;
		usec_t grace;
		int level;
		const char *note; /* what it begins with */
	} rows[] = {
		{"setsid -w sh -c 'echo $$; echo ready; exec sleep 1000'", LONG, 1, ""},
		{"setsid -w sh -c 'trap \"\" TERM; echo $$; echo ready; exec sleep 1000'",
		 50 * USEC_PER_MSEC, 1, "killing 1 process "},
		{"setsid -w sh -c 'trap \"\" TERM; echo $$; echo ready; exec sleep 1000'", LONG, 2,
		 ""},
		{"setsid -w sh -c 'trap \"\" TERM; echo $$; echo ready; exec sleep 1000'", 0, 1,
		 ""},
		/* Whose parent goes at SIGTERM. */
		{"setsid -w setsid -w sh -c "
		 "'trap \"\" TERM; echo $$; echo ready; exec sleep 1000'; :",
		 50 * USEC_PER_MSEC, 1, "killing 1 process "},
		{"trap '' TERM; setsid -w sh -c 'echo $$; echo ready; exec sleep 1000'; :",
		 50 * USEC_PER_MSEC, 1, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const struct reaction reactions[] = {{"ready", rows[i].level}, {0}};
		struct job_settings settings = with(LONG, rows[i].grace, LEFTOVER_LEAVE);
		struct run_result result = shell(rows[i].script, &settings, reactions);
		struct process process;
		pid_t pid = atoi(heard.out);

		assert_true(result.cancelled);
		assert_true(pid > 0);
		if (process_read(pid, &process) == 0 && !process_is_dead(&process))
			fail_msg("row %zu: %d lives", i, pid);
		if (strncmp(heard.notes, rows[i].note, strlen(rows[i].note)) != 0 ||
		    (rows[i].note[0] == '\0' && heard.notes[0] != '\0'))
			fail_msg("row %zu: %s", i, heard.notes);
	}
}

static void what_is_left_behind_is_stopped_and_named(void **state)
{
	static const struct {
		const char *script;
		usec_t grace;
		unsigned leftovers;
		const char *note; /* what it begins with */
		bool killed;
	} rows[] = {
		{"sleep 1000 & echo main", LONG, 1, "left 1 process running", false},
		{"sleep 1000 & sleep 1000 & sleep 1000 & echo main", LONG, 3,
		 "left 3 processes running", false},
		{"trap '' TERM; sleep 1000 & echo main", 50 * USEC_PER_MSEC, 1,
		 "left 1 process running", true},
		{"sleep 1000 & echo main", 0, 1, "left 1 process running", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = with(0, rows[i].grace, LEFTOVER_KILL);
		struct run_result result = shell(rows[i].script, &settings, NULL);

		assert_int_equal(result.kind, RESULT_EXITED);
		assert_int_equal(result.code, 0);
		assert_false(result.timed_out || result.cancelled);
		assert_int_equal(result.leftovers, rows[i].leftovers);
		assert_string_equal(heard.out, "main|");
		assert_int_equal(strncmp(heard.notes, rows[i].note, strlen(rows[i].note)), 0);
		assert_int_equal(heard.note_level, LOG_LEVEL_WARNING);
		assert_int_equal(strstr(heard.notes, "|killing 1 process ") != NULL,
				 rows[i].killed);
		assert_all_gone();
	}
}

static void output_goes_on_while_leftovers_have_their_grace(void **state)
{
	struct job_settings settings = with(0, LONG, LEFTOVER_KILL);
	struct run_result result = shell(
		"trap 'exit 0' USR1; "
		"(trap 'echo bye; exit' TERM; echo ready; kill -USR1 $$; while :; do :; done) & "
		"wait",
		&settings, NULL);

	(void)state;
	assert_true(result.leftovers > 0);
	assert_string_equal(heard.out, "ready|bye|");
	assert_all_gone();
}

static void hurrying_kills_leftovers_at_once(void **state)
{
	static const struct reaction reactions[] = {{"told", 2}, {0}};
	struct job_settings settings = with(0, LONG, LEFTOVER_KILL);
	struct run_result result =
		shell("trap 'exit 0' USR1; "
		      "(trap 'echo told' TERM; kill -USR1 $$; while :; do :; done) & "
		      "wait",
		      &settings, reactions);

	(void)state;
	assert_int_equal(result.kind, RESULT_EXITED);
	assert_false(result.cancelled);
	assert_int_equal(strncmp(heard.out, "told|", 5), 0);
	assert_all_gone();
}

static void what_may_stay_stays(void **state)
{
	struct job_settings settings = with(0, LONG, LEFTOVER_LEAVE);
	struct run_result result = shell("sleep 1000 & echo $!", &settings, NULL);
	pid_t pid = atoi(heard.out);

	(void)state;
	assert_int_equal(result.leftovers, 1);
	assert_int_equal(heard.note_level, LOG_LEVEL_INFO);
	assert_int_equal(strncmp(heard.notes, "left 1 process running: ", 24), 0);
	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
}

static void a_stopped_run_takes_what_may_stay_along(void **state)
{
	static const struct reaction reactions[] = {{"ready", 1}, {"alone", 2}, {0}};
	struct job_settings settings = with(0, LONG, LEFTOVER_LEAVE);
	struct run_result result =
		shell("(trap '' TERM; echo ready; while kill -0 $$ 2>/dev/null; do :; done; "
		      "echo alone; while :; do :; done) & wait",
		      &settings, reactions);

	(void)state;
	assert_true(result.cancelled);
	assert_int_equal(result.code, SIGTERM);
	assert_int_equal(result.leftovers, 1);
	assert_int_equal(strncmp(heard.notes, "killing 1 process ", 18), 0);
	assert_all_gone();
}

static void process_names_do_no_harm(void **state)
{
	struct job_settings settings = with(0, LONG, LEFTOVER_LEAVE);

	(void)state;
	(void)shell("sh -c 'printf \"\\033[2J\" >/proc/$$/comm; echo set; kill -STOP $$' & "
		    "while read -r name </proc/$!/comm; [ \"$name\" = sh ]; do :; done",
		    &settings, NULL);
	assert_non_null(strstr(heard.notes, "\\x1b[2J ("));
	assert_int_equal(kill(-heard.pid, SIGKILL), 0);
}

static void the_signal_to_stop_with_is_the_jobs(void **state)
{
	static const struct {
		int signal;
		const char *trap; /* that of the shell */
	} rows[] = {{SIGTERM, "TERM"}, {SIGINT, "INT"}, {SIGUSR2, "USR2"}};
	static const struct reaction reactions[] = {{"ready", 1}, {0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = with(LONG, LONG, LEFTOVER_KILL);
		struct run_result result;
		char script[128];

		settings.kill_signal = rows[i].signal;
		(void)snprintf(script, sizeof(script),
			       "trap 'echo %s; exit 5' %s; echo ready; while :; do :; done",
			       rows[i].trap, rows[i].trap);
		result = shell(script, &settings, reactions);
		assert_int_equal(result.kind, RESULT_EXITED);
		assert_int_equal(result.code, 5);
		assert_true(result.cancelled);
	}
}

static void who_takes_longer_than_expected_goes_on(void **state)
{
	static const struct {
		usec_t max_runtime;
		const char *notes;
	} rows[] = {
		{50 * USEC_PER_MSEC, "takes longer than max_runtime|"},
		{LONG, ""},
		{0, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = with(LONG, LONG, LEFTOVER_KILL);
		struct run_result result;

		settings.max_runtime = rows[i].max_runtime;
		/* Prints, so that there is more than one reason to look at the clock. */
		result = shell("sleep 0.2; echo more; sleep 0.2; exit 3", &settings, NULL);
		assert_int_equal(result.kind, RESULT_EXITED);
		assert_int_equal(result.code, 3);
		assert_false(result.timed_out);
		assert_string_equal(heard.notes, rows[i].notes);
	}
}

/* A process as an orphan of the run would be, or as a hook is that goes on beside it. */
static pid_t beside(char *const *envp)
{
	static char name[] = "sleep";
	static char span[] = "1000";
	static char *const argv[] = {name, span, NULL};
	int fds[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)setsid();
		execve("/bin/sleep", argv, envp);
		_exit(127);
	}
	assert_true(pid > 0);
	/* Ends when exec has closed it. */
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	return pid;
}

static void a_hook_is_no_stray_of_its_run(void **state)
{
	static char job[] = "EVERYD_JOB=test";
	static char run[] = "EVERYD_RUN=7";
	static char other[] = "EVERYD_RUN=8";
	static char hook[] = "EVERYD_HOOK=start";
	const struct {
		char *envp[4];
		bool stray;
	} rows[] = {
		{{job, run, NULL}, true},
		{{job, run, hook, NULL}, false},
		{{job, other, NULL}, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		pid_t pid = beside(rows[i].envp);
		struct job_settings settings = with(0, LONG, LEFTOVER_KILL);
		struct run_result result = shell("true", &settings, NULL);
		int status;

		assert_int_equal(result.leftovers, rows[i].stray);
		if (!rows[i].stray) {
			assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
			assert_int_equal(kill(pid, SIGKILL), 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), rows[i].stray ? SIGTERM : SIGKILL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_out_stops_the_whole_tree),
		cmocka_unit_test(who_ignores_sigterm_is_killed_after_the_grace),
		cmocka_unit_test(without_grace_it_is_killed_at_once),
		cmocka_unit_test(printing_without_end_is_timed_out_too),
		cmocka_unit_test(stopping),
		cmocka_unit_test(leaving_the_session_is_no_escape),
		cmocka_unit_test(what_is_left_behind_is_stopped_and_named),
		cmocka_unit_test(output_goes_on_while_leftovers_have_their_grace),
		cmocka_unit_test(hurrying_kills_leftovers_at_once),
		cmocka_unit_test(what_may_stay_stays),
		cmocka_unit_test(a_stopped_run_takes_what_may_stay_along),
		cmocka_unit_test(process_names_do_no_harm),
		cmocka_unit_test(the_signal_to_stop_with_is_the_jobs),
		cmocka_unit_test(who_takes_longer_than_expected_goes_on),
		cmocka_unit_test(a_hook_is_no_stray_of_its_run),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("watch", tests, fixture_setup, fixture_teardown);
}
