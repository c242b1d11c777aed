/* Attempts at runs: what comes of them, their surroundings, their output. */
#include "exec/output.h"

#include "fault.h"
#include "run_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

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
			assert_int_equal(run_context_new(&sink, hook_directory, &context), 0);
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
		cmocka_unit_test(a_system_call_that_fails_fails_one_run),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("run", tests, fixture_setup, fixture_teardown);
}
