/* Runs from spawn to reap: what comes of them, their output, stopping them, what they leave. */
#include "exec/run.h"

#include "base/cleanup.h"
#include "exec/output.h"
#include "exec/tree.h"

#include "fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#define KEPT 4096

/* Longer than any test may take. */
#define LONG USEC_PER_HOUR

static struct run_context *context;
static struct run_local *local;

/* What one run had to say. All of it happens on the test's thread. */
static struct heard {
	char out[KEPT]; /* lines, each with a '|' behind it; what does not fit is only counted */
	char err[KEPT];
	char notes[KEPT];
	enum log_level note_level;
	size_t lines;
	size_t bytes;
	size_t longest;
	unsigned started;
	pid_t pid;
	int level;
	int wakefd;
	const struct reaction *reactions;
} heard;

/* A line at which the run is asked to stop. */
struct reaction {
	const char *line;
	int level;
};

static void add(char *to, const char *text, size_t len)
{
	size_t have = strlen(to);

	if (have + len + 2 > KEPT)
		return;
	memcpy(to + have, text, len);
	strcpy(to + have + len, "|");
}

static void line(void *ctx, const struct log_line *said)
{
	const char *text = said->text;
	size_t len = said->len;

	(void)ctx;
	assert_int_equal(text[len], 0);
	heard.lines++;
	heard.bytes += len;
	if (len > heard.longest)
		heard.longest = len;
	add(strcmp(said->stream, "stdout") == 0 ? heard.out : heard.err, text, len);
	for (const struct reaction *r = heard.reactions; r && r->line; r++) {
		if (strcmp(r->line, text) == 0 && r->level > heard.level) {
			heard.level = r->level;
			eventfd_write(heard.wakefd, 1);
		}
	}
}

static void note(void *ctx, const struct run *run, enum log_level level, const char *text)
{
	(void)ctx;
	(void)run;
	heard.note_level = level;
	add(heard.notes, text, strlen(text));
}

static int woken(void *ctx)
{
	eventfd_t count;

	(void)ctx;
	(void)eventfd_read(heard.wakefd, &count);
	return heard.level;
}

static void started(void *ctx)
{
	const struct run *run = ctx;

	heard.started++;
	heard.pid = run->pid;
}

static struct run_result run_job(const struct job *job, const struct reaction *reactions)
{
	struct run run = {.job = job, .id = 7, .slot = 0, .queued = 42};
	struct run_control control = {
		.wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.woken = woken,
		.started = started,
		.ctx = &run,
	};

	heard = (struct heard){.wakefd = control.wakefd, .reactions = reactions};
	run_execute(&run, context, local, &control);
	if (control.wakefd >= 0)
		close(control.wakefd);
	assert_int_equal(run.pid, 0);
	assert_int_equal(run.result.queued, 42);
	if (run.result.kind == RESULT_SPAWN_FAILED) {
		assert_int_equal(heard.started, 0);
		assert_int_equal(run.result.started, 0);
		assert_int_equal(run.result.ended, 0);
	} else {
		assert_int_equal(heard.started, 1);
		assert_true(heard.pid > 0);
		assert_true(run.result.started > 0 && run.result.ended >= run.result.started);
	}
	return run.result;
}

static struct job_settings with(usec_t timeout, usec_t grace, enum leftover_policy leftover)
{
	return (struct job_settings){
		.timeout = timeout,
		.kill_grace = grace,
		.leftover = leftover,
		.shell = "/bin/sh",
	};
}

static struct run_result shell(const char *script, const struct job_settings *settings,
			       const struct reaction *reactions)
{
	struct job job = {
		.name = "test",
		.settings = settings,
		.command = {script, 1, true},
	};

	return run_job(&job, reactions);
}

static const struct job_settings *plain(void)
{
	static struct job_settings settings;

	settings = with(0, LONG, LEFTOVER_KILL);
	return &settings;
}

/* No process of the last run lives any more. */
static void assert_all_gone(void)
{
	static char *const marks[] = {NULL};
	static struct tree tree;

	tree_init(&tree);
	tree_begin(&tree, heard.pid, NULL, marks);
	tree_scan(&tree, true);
	tree_done(&tree);
	assert_int_equal(tree.count, 0);
}

static void how_it_ended_is_told(void **state)
{
	static const struct {
		const char *script;
		enum result_kind kind;
		int code;
	} rows[] = {
		{"exit 0", RESULT_EXITED, 0},
		{"exit 7", RESULT_EXITED, 7},
		{"exit 255", RESULT_EXITED, 255},
		{"kill -KILL $$", RESULT_SIGNALLED, SIGKILL},
		{"kill -SEGV $$", RESULT_SIGNALLED, SIGSEGV},
		{"no-such-command-at-all", RESULT_EXITED, 127},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct run_result result = shell(rows[i].script, plain(), NULL);

		assert_int_equal(result.kind, rows[i].kind);
		assert_int_equal(result.code, rows[i].code);
		assert_false(result.timed_out || result.cancelled);
		assert_int_equal(result.leftovers, 0);
		assert_true(result.max_rss > 0);
		assert_string_equal(heard.notes, "");
	}
}

static void what_it_used_is_told(void **state)
{
	struct run_result result =
		shell("i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done", plain(), NULL);

	(void)state;
	assert_true(result.cpu > 0);
}

static void what_cannot_be_started_is_told(void **state)
{
	static const struct {
		const char *command;
		int code;
	} rows[] = {
		{"/no/such", ENOENT},
		{"no-such-command-at-all", ENOENT},
		{"/etc/passwd", EACCES},
		{"/", EACCES},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job job = {
			.name = "test",
			.settings = plain(),
			.command = {rows[i].command, 1, false},
		};
		struct run_result result = run_job(&job, NULL);

		assert_int_equal(result.kind, RESULT_SPAWN_FAILED);
		assert_string_equal(result.stage, "exec");
		assert_int_equal(result.code, rows[i].code);
	}
}

static unsigned count_fds(void)
{
	unsigned count = 0;
	DIR *dir = opendir("/proc/self/fd");

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* With room for so many descriptors: the first of the run itself is after the test's own. */
static void without_descriptors_one_run_fails(void **state)
{
	static const struct {
		unsigned room;
		const char *stage; /* NULL: it runs */
	} rows[] = {{0, "pipe"}, {1, "pipe"}, {2, "pipe"}, {3, "pipe"}, {4, "clone"}, {5, NULL}};
	struct rlimit saved;
	int next = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct rlimit limit = {(rlim_t)next + 1 + rows[i].room, saved.rlim_max};
		unsigned before = count_fds();
		struct run_result result;

		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		result = shell("echo there", plain(), NULL);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &saved), 0);
		assert_int_equal(count_fds(), before);
		if (rows[i].stage) {
			assert_int_equal(result.kind, RESULT_SPAWN_FAILED);
			assert_string_equal(result.stage, rows[i].stage);
			assert_int_equal(result.code, EMFILE);
		} else {
			assert_int_equal(result.kind, RESULT_EXITED);
			assert_string_equal(heard.out, "there|");
		}
	}
}

static void runs_leak_no_descriptor_and_no_process(void **state)
{
	struct job job = {
		.name = "test",
		.settings = plain(),
		.command = {"true", 1, false},
	};
	unsigned before = count_fds();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct run_result result;

		job.command.args = i % 3 == 0 ? "/no/such" : "true";
		result = run_job(&job, NULL);
		assert_int_equal(result.kind, i % 3 == 0 ? RESULT_SPAWN_FAILED : RESULT_EXITED);
	}
	assert_int_equal(count_fds(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void output_comes_by_line_and_stream(void **state)
{
	static const struct {
		const char *script;
		const char *out;
		const char *err;
	} rows[] = {
		{"echo a; echo b >&2; echo c", "a|c|", "b|"},
		{"printf 'no end'", "no end|", ""},
		{"printf 'x\\ny' >&2", "", "x|y|"},
		{"printf 'a\\000b\\n'", "a\\x00b|", ""},
		{"printf '\\377\\303\\244\\n'", "\\xff\xc3\xa4|", ""},
		{"printf 'a\\r\\n\\n'", "a||", ""},
		{"printf 'a'; printf 'b' >&2; printf 'c\\n'; printf 'd\\n' >&2", "ac|", "bd|"},
		{"exec >&- 2>&-; exit 0", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct run_result result = shell(rows[i].script, plain(), NULL);

		assert_int_equal(result.code, 0);
		assert_string_equal(heard.out, rows[i].out);
		assert_string_equal(heard.err, rows[i].err);
	}
}

static void a_megabyte_in_a_line_comes_in_pieces(void **state)
{
	(void)state;
	(void)shell("head -c 1048576 /dev/zero | tr '\\000' x", plain(), NULL);
	assert_int_equal(heard.bytes, 1048576);
	assert_int_equal(heard.longest, OUTPUT_LINE_MAX);
	assert_int_equal(heard.lines, 1048576 / OUTPUT_LINE_MAX);
}

/* More than a pipe holds, so that some is left when the process ends. */
static void output_is_complete(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		(void)shell("seq 20000; seq 20000 >&2", plain(), NULL);
		assert_int_equal(heard.lines, 40000);
		assert_int_equal(heard.bytes, 2 * (108894 - 20000));
	}
}

static void it_finds_what_was_promised(void **state)
{
	struct job_settings settings = with(0, LONG, LEFTOVER_KILL);
	struct job job = {
		.name = "a job",
		.settings = &settings,
		.command = {"printf\0%s.%s.%s\0a b\0\0c", 5, false},
	};

	(void)state;
	(void)run_job(&job, NULL);
	assert_string_equal(heard.out, "a b..c|");

	(void)shell("echo \"$EVERYD_JOB,$EVERYD_RUN,$EVERYD_SLOT,$SHELL,$SECRET\"; "
		    "[ -d \"$HOME\" ] || HOME=/; [ \"$PWD\" = \"$HOME\" ] && [ \"$(readlink "
		    "/proc/self/fd/0)\" = /dev/null ] && "
		    "echo home; exec sed -n '/^Sig[BIC]/s/[^0]//gp' /proc/self/status",
		    plain(), NULL);
	assert_string_equal(heard.out, "test,7,1970-01-01T00:00:00.000000Z,/bin/sh,|home|"
				       "0000000000000000|0000000000000000|0000000000000000|");
}

static void the_limit_of_files_is_raised_for_the_daemon_alone(void **state)
{
	static const rlim64_t soft[] = {100, 200}; /* the second: the hard one */
	struct run_sink sink = {.line = line, .note = note};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(soft); i++) {
		struct rlimit64 limit = {soft[i], 200};
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			struct rlimit64 now;
			char expected[32];

			(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
			assert_int_equal(setrlimit64(RLIMIT_NOFILE, &limit), 0);
			assert_int_equal(run_context_new(&sink, "/run/everyd", &context), 0);
			assert_int_equal(getrlimit64(RLIMIT_NOFILE, &now), 0);
			assert_int_equal(now.rlim_cur, 200);
			(void)snprintf(expected, sizeof(expected), "%d|200|", (int)soft[i]);
			(void)shell("ulimit -Sn; ulimit -Hn", plain(), NULL);
			assert_string_equal(heard.out, expected);
			run_context_free(context);
			assert_int_equal(getrlimit64(RLIMIT_NOFILE, &now), 0);
			assert_int_equal(now.rlim_cur, soft[i]);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
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

static int no_resources(void *arg)
{
	struct run_result result = shell("echo x", plain(), NULL);

	return result.kind != RESULT_SPAWN_FAILED || strcmp(result.stage, arg) != 0;
}

static void a_system_call_that_fails_fails_one_run(void **state)
{
	static struct {
		long number;
		int error;
		char stage[8];
	} rows[] = {
		{SYS_pipe2, ENFILE, "pipe"},   {SYS_clone, EAGAIN, "clone"},
		{SYS_setsid, EPERM, "setsid"}, {SYS_chdir, EACCES, "chdir"},
		{SYS_execve, ENOMEM, "exec"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(
			fault_call(rows[i].number, rows[i].error, no_resources, rows[i].stage), 0);
}

static int setup(void **state)
{
	struct run_sink sink = {.line = line, .note = note};
	sigset_t all;

	(void)state;
	sigfillset(&all);
	signal(SIGPIPE, SIG_IGN);
	setenv("SECRET", "secret", 1);
	/* Descriptors are counted here: none is to be whoever's started this. */
	closefrom(STDERR_FILENO + 1);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0 || run_context_new(&sink, "/run/everyd", &context) < 0)
		return -1;
	local = run_local_new();
	return local ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	run_local_free(local);
	run_context_free(context);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_it_ended_is_told),
		cmocka_unit_test(what_it_used_is_told),
		cmocka_unit_test(what_cannot_be_started_is_told),
		cmocka_unit_test(without_descriptors_one_run_fails),
		cmocka_unit_test(runs_leak_no_descriptor_and_no_process),
		cmocka_unit_test(output_comes_by_line_and_stream),
		cmocka_unit_test(a_megabyte_in_a_line_comes_in_pieces),
		cmocka_unit_test(output_is_complete),
		cmocka_unit_test(it_finds_what_was_promised),
		cmocka_unit_test(the_limit_of_files_is_raised_for_the_daemon_alone),
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
		cmocka_unit_test(a_system_call_that_fails_fails_one_run),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("run", tests, setup, teardown);
}
