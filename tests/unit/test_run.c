/* Attempts at runs: what comes of them, their surroundings, their output. */
#include "exec/output.h"

#include "fault.h"
#include "run_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mount.h>
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
			assert_int_equal(heard.intended, strcmp(rows[i].stage, "clone") == 0);
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

/* --- only_if --- */

static void a_condition_decides(void **state)
{
	static const struct {
		struct command_line only_if;
		enum result_kind kind;
		int code;
		const char *notes;
	} rows[] = {
		{{"exit 0", 1, true}, RESULT_EXITED, 5, ""},
		{{"true", 1, false}, RESULT_EXITED, 5, ""},
		{{"exit 1", 1, true}, RESULT_UNWANTED, 1, ""},
		{{"exit 255", 1, true}, RESULT_UNWANTED, 255, ""},
		{{"kill -KILL $$", 1, true},
		 RESULT_SPAWN_FAILED,
		 ECANCELED,
		 "only_if: killed by SIGKILL|"},
		{{"exec sleep 1000", 1, true},
		 RESULT_SPAWN_FAILED,
		 ETIMEDOUT,
		 "only_if: stopped after hook_timeout|"},
		{{"/no/such", 1, false},
		 RESULT_SPAWN_FAILED,
		 ENOENT,
		 "only_if: exec: No such file or directory|"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = *plain();
		struct run_result result;

		settings.only_if = rows[i].only_if;
		settings.hook_timeout = USEC_PER_SEC;
		result = shell("echo ran; exit 5", &settings, NULL);
		if (result.kind != rows[i].kind || result.code != rows[i].code)
			fail_msg("row %zu: kind %d, code %d", i, result.kind, result.code);
		if (result.kind == RESULT_SPAWN_FAILED)
			assert_string_equal(result.stage, "only_if");
		assert_false(result.timed_out || result.cancelled);
		assert_string_equal(heard.notes, rows[i].notes);
		assert_string_equal(heard.out, result.kind == RESULT_EXITED ? "ran|" : "");
	}
}

static void a_condition_is_run_as_the_job_would_be(void **state)
{
	struct job_settings settings = *plain();
	struct run_result result;

	(void)state;
	settings.workdir = directory;
	settings.environment = (struct text_list){"A=b", 1};
	settings.only_if = (struct command_line){
		"echo $EVERYD_JOB $EVERYD_ATTEMPT $A; [ \"$PWD\" = \"$D\" ] || pwd", 1, true};
	settings.output_keep = 100;
	settings.hooks[HOOK_SUCCESS] = (struct command_line){"true", 1, false};
	result = shell("echo more", &settings, NULL);
	assert_int_equal(strncmp(heard.out, "test 1 b|/", 10), 0);
	/* What it prints is not the job's. */
	assert_int_equal(result.printed, 5);
	assert_non_null(heard.kept);
	assert_int_equal(heard.kept->total, 5);
}

static void told_to_stop_during_its_condition_it_does_not_start(void **state)
{
	static const struct reaction reactions[] = {{"ready", 1}, {0}};
	static const char *const conditions[] = {
		"echo ready; exec sleep 1000",
		"trap 'exit 0' TERM; echo ready; while :; do :; done",
		/* Said by what it left behind, when it had said yes. */
		("trap 'exit 0' USR1; (trap 'echo ready; exit' TERM; kill -USR1 $$; "
		 "while :; do :; done) & wait"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(conditions); i++) {
		struct job_settings settings = *plain();
		struct run_result result;

		settings.only_if = (struct command_line){conditions[i], 1, true};
		result = shell("echo ran", &settings, reactions);
		assert_int_equal(result.kind, RESULT_NOT_STARTED);
		assert_true(result.cancelled);
		assert_string_equal(heard.out, "ready|");
	}
}

/* --- before it starts --- */

static void what_is_intended_is_told_last(void **state)
{
	static const struct {
		struct command_line only_if;
		const char *user;
		const char *command;
		unsigned intended;
		size_t lines;
	} rows[] = {
		{{0}, NULL, "/bin/true", 1, 0},
		{{"echo one; echo two", 1, true}, NULL, "/bin/true", 1, 2},
		{{"echo one; exit 1", 1, true}, NULL, "/bin/true", 0, 0},
		{{0}, "no-such-user-at-all", "/bin/true", 0, 0},
		/* Nothing tells before it is tried. */
		{{0}, NULL, "/no/such", 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = *plain();
		struct job job = {
			.name = "test",
			.settings = &settings,
			.command = {rows[i].command, 1, false},
		};

		settings.only_if = rows[i].only_if;
		settings.user = rows[i].user;
		(void)run_job(&job, NULL);
		assert_int_equal(heard.intended, rows[i].intended);
		assert_int_equal(heard.lines_before, rows[i].lines);
	}
}

static void told_to_stop_while_that_is_put_on_record_it_does_not_start(void **state)
{
	unsigned before = count_fds();

	(void)state;
	for (int level = 1; level <= 2; level++) {
		const struct reaction reactions[] = {{AT_INTENT, level}, {0}};
		struct run_result result = shell("echo ran", plain(), reactions);

		assert_int_equal(result.kind, RESULT_NOT_STARTED);
		assert_true(result.cancelled);
		assert_int_equal(heard.intended, 1);
		assert_string_equal(heard.out, "");
		assert_string_equal(heard.notes, "");
		assert_null(heard.kept);
		assert_int_equal(count_fds(), before);
	}
}

/* --- output --- */

static void output_goes_to_a_file(void **state)
{
	struct job_settings settings = *plain();
	struct run_result result;
	char path[256];
	char text[64] = "";
	FILE *file;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/logs/%%j-%%r.log", directory);
	settings.output = OUTPUT_FILE;
	settings.output_file = path;
	(void)shell("echo one; echo two >&2", &settings, NULL);
	result = shell("echo three", &settings, NULL);
	assert_int_equal(result.printed, 6);
	assert_int_equal(heard.lines, 0);
	assert_string_equal(heard.notes, "");
	(void)snprintf(path, sizeof(path), "%s/logs/test-7.log", directory);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, file), 14);
	(void)fclose(file);
	assert_string_equal(strstr(text, "three"), "three\n");
}

static void a_file_that_cannot_be_opened_costs_the_output_alone(void **state)
{
	struct job_settings settings = *plain();
	struct run_result result;

	(void)state;
	settings.output = OUTPUT_FILE;
	settings.output_file = "/dev/null/%j.log";
	settings.output_keep = 100;
	settings.mail_to = (struct text_list){"root", 1};
	result = shell("echo one", &settings, NULL);
	assert_int_equal(result.kind, RESULT_EXITED);
	assert_int_equal(result.printed, 4);
	assert_int_equal(heard.lines, 0);
	assert_non_null(strstr(heard.notes, "output /dev/null/test.log: Not a directory; "));
	assert_non_null(heard.kept);
	assert_memory_equal(heard.kept->bytes, "one\n", 4);
}

static void only_wanted_output_is_kept(void **state)
{
	static const struct command_line hook = {"true", 1, false};
	static const struct {
		enum durability durability;
		enum hook hook; /* HOOK_COUNT: a mail */
		int64_t keep;
		bool kept;
	} rows[] = {
		{DURABILITY_NONE, HOOK_FAILURE, 100, true},
		{DURABILITY_NONE, HOOK_SUCCESS, 100, true},
		{DURABILITY_NONE, HOOK_RECOVERY, 100, true},
		{DURABILITY_NONE, HOOK_START, 100, false},
		{DURABILITY_NONE, HOOK_MISSED, 100, false},
		{DURABILITY_NONE, HOOK_COUNT, 100, true},
		{DURABILITY_NONE, HOOK_COUNT, 0, false},
		/* The ledger has all. */
		{DURABILITY_PROCESS, HOOK_MISSED, 100, true},
		{DURABILITY_POWER, HOOK_MISSED, 100, true},
		{DURABILITY_PROCESS, HOOK_FAILURE, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = *plain();

		if (rows[i].hook == HOOK_COUNT)
			settings.mail_to = (struct text_list){"root", 1};
		else
			settings.hooks[rows[i].hook] = hook;
		settings.output_keep = rows[i].keep;
		daemon_settings.durability = rows[i].durability;
		(void)shell("echo one", &settings, NULL);
		assert_int_equal(heard.kept != NULL, rows[i].kept);
		(void)shell("true", &settings, NULL);
		assert_null(heard.kept);
	}
	daemon_settings.durability = DURABILITY_PROCESS;
}

/* --- expectations --- */

static void who_is_through_too_soon_is_named(void **state)
{
	static const struct {
		const char *script;
		usec_t min_runtime;
		bool named;
	} rows[] = {
		{"true", LONG, true}, {"exit 3", LONG, true}, {"exit 4", LONG, false},
		{"true", 0, false},   {"true", 1, false},     {"kill $$", LONG, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = *plain();

		settings.min_runtime = rows[i].min_runtime;
		settings.success.exits[0] = 1 << 3;
		(void)shell(rows[i].script, &settings, NULL);
		assert_int_equal(strstr(heard.notes, "sooner than min_runtime") != NULL,
				 rows[i].named);
	}
}

static void what_was_left_for_hooks_is_removed_at_start(void **state)
{
	struct run_sink sink = {.line = line, .note = note};
	struct run_context *other;
	char path[256];

	(void)state;
	(void)make_text("hooks/output-abc", "x");
	(void)make_text("hooks/other", "x");
	assert_int_equal(run_context_new(&sink, hook_directory, &other), 0);
	run_context_free(other);
	(void)snprintf(path, sizeof(path), "%s/output-abc", hook_directory);
	assert_int_equal(access(path, F_OK), -1);
	(void)snprintf(path, sizeof(path), "%s/other", hook_directory);
	assert_int_equal(access(path, F_OK), 0);
}

static void collect_raw(void *ctx, int stream, const char *data, size_t len)
{
	char *collected = ctx;
	size_t at = strlen(collected);

	(void)snprintf(collected + at, KEPT - at, "%d(%.*s)", stream, (int)len, data);
}

/* Without a directory for hooks: what only runs one job for somebody who watches. */
static void output_can_be_had_as_it_is(void **state)
{
	char collected[KEPT] = "";
	struct run_sink sink = {
		.output = collect_raw,
		.line = line,
		.note = note,
		.ctx = collected,
	};
	struct job_settings settings = *plain();
	struct job job = {
		.name = "test",
		.settings = &settings,
		.command = {"printf 'a\\033\\n<3>b\\000'; echo err >&2; exit 3", 1, true},
	};
	struct run run = {.job = &job, .daemon = &daemon_settings, .attempt = 1};
	struct run_control controls = control(&run, NULL);
	struct run_context *other;
	char path[256];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/not-made", directory);
	settings.output = OUTPUT_FILE;
	settings.output_file = path;
	settings.only_if = (struct command_line){"echo asked", 1, true};
	assert_int_equal(run_context_new(&sink, NULL, &other), 0);
	run_execute(&run, other, local, &controls);
	assert_int_equal(run.result.code, 3);
	assert_int_equal(run.result.printed, 12);
	assert_true(strcmp(collected, "0(a\033\n<3>b)1(err\n)") == 0 ||
		    strcmp(collected, "1(err\n)0(a\033\n<3>b)") == 0);
	assert_string_equal(heard.out, "asked|");
	assert_string_equal(heard.notes, "");
	assert_int_equal(access(path, F_OK), -1);
	close(heard.wakefd);
	run_context_free(other);
}

static void an_environment_for_one_run_is_over_that_of_its_job(void **state)
{
	static const struct text_list given = {"A=given\0EVERYD_JOB=false", 2};
	static const struct text_list wrong = {"=", 1};
	struct job_settings settings = *plain();
	struct job job = {
		.name = "test",
		.settings = &settings,
		.command = {"echo $A $B $EVERYD_JOB", 1, true},
	};
	struct run run = {.job = &job, .daemon = &daemon_settings, .id = 1, .environment = &given};
	struct run_control controls = control(&run, NULL);

	(void)state;
	settings.environment = (struct text_list){"A=set\0B=set", 2};
	settings.environment_files = (struct text_list){make_text("env", "A=file\nB=file\n"), 1};
	run_execute(&run, context, local, &controls);
	assert_string_equal(heard.out, "given file test|");
	run.environment = &wrong;
	run_execute(&run, context, local, &controls);
	assert_int_equal(run.result.kind, RESULT_SPAWN_FAILED);
	assert_string_equal(run.result.stage, "environment");
	close(heard.wakefd);
}

/* In a file system of two pages. Exit status 77: this kernel lets nobody make one. */
static int fill_disk(const char *path)
{
	struct job_settings settings = *plain();
	struct run_result result;
	char file[300];

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", path, "tmpfs", 0, "size=8k") < 0)
		return 77;
	(void)snprintf(file, sizeof(file), "%s/log", path);
	settings.output = OUTPUT_FILE;
	settings.output_file = file;
	settings.output_keep = 100;
	settings.mail_to = (struct text_list){"root", 1};
	result = shell("head -c 100000 /dev/zero; echo end; exit 5", &settings, NULL);
	assert_int_equal(result.kind, RESULT_EXITED);
	assert_int_equal(result.code, 5);
	assert_int_equal(result.printed, 100004);
	assert_true(result.dropped > 90000 && result.dropped < 100004);
	assert_non_null(strstr(heard.notes, "No space left on device"));
	assert_memory_equal(heard.kept->bytes + heard.kept->head + heard.kept->tail - 4, "end\n",
			    4);
	return 0;
}

static void a_full_disk_costs_the_output_alone(void **state)
{
	char path[256];
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	(void)snprintf(path, sizeof(path), "%s/full", directory);
	assert_int_equal(mkdir(path, 0755), 0);
	pid = fork();
	if (pid == 0) {
		(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
		_exit(fill_disk(path));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

/* --- workers --- */

#define WORKERS 4
#define ROUNDS  50

static struct run_context *common;
static atomic_uint common_lines;

static void count_line(void *ctx, const struct log_line *said)
{
	(void)ctx;
	common_lines += strcmp(said->text, "one") == 0;
}

static void no_note(void *ctx, const struct run *run, enum log_level level, const char *text)
{
	(void)ctx;
	(void)run;
	(void)level;
	(void)text;
}

static int not_woken(void *ctx)
{
	(void)ctx;
	return 0;
}

static void nothing_started(void *ctx)
{
	(void)ctx;
}

static void *work(void *arg)
{
	struct job_settings settings = with(0, LONG, LEFTOVER_KILL);
	struct job job = {.name = "test", .settings = &settings, .command = {"echo one", 1, true}};
	struct run_control controls = {
		.wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.woken = not_woken,
		.started = nothing_started,
	};
	struct run_local *own = run_local_new();

	settings.user = arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct run run = {
			.job = &job,
			.daemon = &daemon_settings,
			.id = (uint64_t)i + 1,
			.attempt = 1,
		};

		run_execute(&run, common, own, &controls);
		if (run.result.kind != RESULT_EXITED || run.result.code != 0)
			abort();
		if (i % 10 == 0)
			run_context_forget_users(common);
	}
	run_local_free(own);
	close(controls.wakefd);
	return NULL;
}

static void workers_share_the_context_alone(void **state)
{
	static char nobody[] = "nobody";
	struct run_sink sink = {.line = count_line, .note = no_note};
	pthread_t threads[WORKERS];

	(void)state;
	assert_int_equal(run_context_new(&sink, hook_directory, &common), 0);
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work,
						geteuid() == 0 && i % 2 == 0 ? nobody : NULL),
				 0);
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(common_lines, WORKERS * ROUNDS);
	run_context_free(common);
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
		cmocka_unit_test(a_condition_decides),
		cmocka_unit_test(a_condition_is_run_as_the_job_would_be),
		cmocka_unit_test(told_to_stop_during_its_condition_it_does_not_start),
		cmocka_unit_test(what_is_intended_is_told_last),
		cmocka_unit_test(told_to_stop_while_that_is_put_on_record_it_does_not_start),
		cmocka_unit_test(output_goes_to_a_file),
		cmocka_unit_test(a_file_that_cannot_be_opened_costs_the_output_alone),
		cmocka_unit_test(only_wanted_output_is_kept),
		cmocka_unit_test(who_is_through_too_soon_is_named),
		cmocka_unit_test(what_was_left_for_hooks_is_removed_at_start),
		cmocka_unit_test(output_can_be_had_as_it_is),
		cmocka_unit_test(an_environment_for_one_run_is_over_that_of_its_job),
		cmocka_unit_test(a_full_disk_costs_the_output_alone),
		cmocka_unit_test(workers_share_the_context_alone),
		cmocka_unit_test(a_system_call_that_fails_fails_one_run),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("run", tests, fixture_setup, fixture_teardown);
}
