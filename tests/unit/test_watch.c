/* Commands from spawn to reap: stopping them, what they leave behind, who belongs to them. */
#include "exec/tree.h"

#include "fault.h"
#include "run_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>

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
	static char slot[] = "EVERYD_SLOT=1970-01-01T00:00:00.000000Z";
	static char other_slot[] = "EVERYD_SLOT=1970-01-01T00:00:10.000000Z";
	const struct {
		char *envp[5];
		bool stray;
	} rows[] = {
		{{job, run, slot, NULL}, true},
		{{job, run, slot, hook, NULL}, false},
		{{job, other, slot, NULL}, false},
		{{job, run, other_slot, NULL}, false},
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

/* --- who is traced ----------------------------------------------------------------------- */

/*
 * This program is also a job: "traced HOW" makes a tracer of itself, which is "tracer HOW PID FD",
 * and exits with 3, or says that it is "ready" to be killed. A tracer that does not let go keeps
 * what has ended from being reaped.
 */
enum how {
	BY_CHILD = '0', /* a child of the run, that does not let go */
	FOR_A_WHILE,    /* one that does */
	BY_OTHER,       /* one that nothing tells to be of the run */
	A_THREAD,       /* one such, of a thread, which cannot end then, nor can the process */
};

static int trace(enum how how, pid_t traced, int tell)
{
	bool traces = ptrace(PTRACE_SEIZE, traced, 0, 0) == 0;
	siginfo_t info;

	signal(SIGTERM, SIG_IGN);
	if (write(tell, traces ? "y" : "n", 1) < 0 || !traces)
		return 1;
	if (how == FOR_A_WHILE) {
		(void)waitid(P_PID, (id_t)traced, &info, WEXITED | WNOWAIT);
		/* It is looked for meanwhile. */
		(void)usleep(50000);
		return 0;
	}
	alarm(600);
	for (;;)
		pause();
}

static void make_tracer(enum how how)
{
	char name[] = "tracer";
	char kind[] = {(char)how, '\0'};
	char traced[16];
	char tell[16];
	char *argv[] = {name, name, kind, traced, tell, NULL};
	char *none[] = {NULL};
	char answer = 'n';
	int fds[2];

	if (pipe(fds) < 0)
		_exit(1);
	(void)snprintf(traced, sizeof(traced), "%d", (int)syscall(SYS_gettid));
	(void)snprintf(tell, sizeof(tell), "%d", fds[1]);
	if (fork() == 0) {
		(void)setsid();
		if (how >= BY_OTHER && fork() > 0)
			_exit(0);
		(void)execve("/proc/self/exe", argv, how >= BY_OTHER ? none : environ);
		_exit(1);
	}
	(void)close(fds[1]);
	if (read(fds[0], &answer, 1) != 1 || answer != 'y')
		_exit(77);
}

struct traced_thread {
	enum how how;
	_Atomic pid_t id;
};

static void *be_traced(void *arg)
{
	struct traced_thread *self = arg;

	make_tracer(self->how);
	self->id = (pid_t)syscall(SYS_gettid);
	syscall(SYS_exit, 0);
	return NULL;
}

static int become_traced(enum how how)
{
	struct traced_thread self = {.how = how};
	struct process process = {0};
	pthread_t thread;

	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	if (how != A_THREAD) {
		make_tracer(how);
		return 3;
	}
	if (pthread_create(&thread, NULL, be_traced, &self) != 0)
		return 1;
	/* Which pthread_join(3) cannot tell. */
	while (self.id == 0 || process_read(self.id, &process) < 0 || process.state != 'Z')
		(void)usleep(1000);
	(void)!write(STDOUT_FILENO, "ready\n", 6);
	for (;;)
		pause();
}

static pid_t tracer;

static void see_tracer(void *ctx, pid_t pid)
{
	(void)ctx;
	tracer = pid;
}

static void end_tracer(pid_t traced)
{
	tracer = 0;
	assert_int_equal(process_each_tracer(traced, see_tracer, NULL), 0);
	assert_true(tracer > 0);
	assert_int_equal(kill(tracer, SIGKILL), 0);
	assert_int_equal(waitpid(tracer, NULL, 0), tracer);
}

static void copy_self(char path[static 64])
{
	char command[128];

	(void)snprintf(path, 64, "%s/self", directory);
	(void)snprintf(command, sizeof(command), "cp /proc/%d/exe %s", getpid(), path);
	assert_int_equal(system(command), 0);
}

static void who_is_traced_is_waited_for_so_long(void **state)
{
	static const struct reaction reactions[] = {{"ready", 2}, {0}};
	static const struct {
		enum how how;
		const char *user; /* for root only */
		enum result_kind kind;
		int code;
		const char *note; /* what it begins with */
	} rows[] = {
		{BY_CHILD, NULL, RESULT_EXITED, 3, "killing what traces it"},
		{FOR_A_WHILE, NULL, RESULT_EXITED, 3, ""},
		{BY_OTHER, "65534", RESULT_EXITED, 3, "killing what traces it"},
		{A_THREAD, "65534", RESULT_SIGNALLED, SIGKILL, "killing what traces it"},
		{BY_OTHER, NULL, RESULT_SPAWN_FAILED, ETIMEDOUT, "has ended, but is traced"},
		{A_THREAD, NULL, RESULT_SPAWN_FAILED, ETIMEDOUT, "could not kill"},
	};
	char path[64];

	(void)state;
	copy_self(path);
	/* As the daemon is: who is left becomes its child. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = with(LONG, LONG, LEFTOVER_LEAVE);
		char args[128];
		struct job job = {
			.name = "test", .settings = &settings, .command = {args, 3, false}};
		struct run_result result;
		pid_t pid;

		if (rows[i].user && geteuid() != 0)
			continue;
		settings.user = rows[i].user;
		(void)snprintf(args, sizeof(args), "%s%ctraced%c%c", path, '\0', '\0',
			       (char)rows[i].how);
		result = run_job(&job, reactions);
		if (result.kind == RESULT_EXITED && result.code == 77)
			skip();
		if (result.kind != rows[i].kind || result.code != rows[i].code ||
		    strncmp(heard.notes, rows[i].note, strlen(rows[i].note)) != 0 ||
		    (rows[i].note[0] == '\0' && heard.notes[0] != '\0'))
			fail_msg("row %zu: kind %d, code %d: %s", i, result.kind, result.code,
				 heard.notes);
		assert_int_equal(result.cancelled, rows[i].how == A_THREAD);
		if (rows[i].kind != RESULT_SPAWN_FAILED)
			continue;
		assert_string_equal(result.stage, "wait");
		/* It is reaped when that can be. */
		pid = heard.pid;
		end_tracer(pid);
		(void)shell("true", &settings, NULL);
		assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

/* --- output pipes ------------------------------------------------------------------------ */

/* Who reads from a pipe may come late where others of his user can open it too, and it is not to be
   waited there. Nobody else is concerned. */
static void only_our_end_of_a_pipe_does_not_wait(void **state)
{
	static const char script[] =
		"for i in 1 2; do pipe=$(readlink /proc/$$/fd/$i); "
		"for fd in /proc/$PPID/fd/*; do [ \"$(readlink $fd)\" = \"$pipe\" ] && "
		"sed -n \"s/^flags:/$i/p\" /proc/$PPID/fdinfo/${fd##*/}; done; done; "
		"exec sed -n 's/^flags://p' /proc/$$/fdinfo/1 /proc/$$/fdinfo/2";
	char expected[128];

	(void)state;
	(void)snprintf(expected, sizeof(expected), "1\t0%o|1\t0%o|2\t0%o|2\t0%o|\t0%o|\t0%o|",
		       O_NONBLOCK | O_CLOEXEC, O_WRONLY | O_CLOEXEC, O_NONBLOCK | O_CLOEXEC,
		       O_WRONLY | O_CLOEXEC, O_WRONLY, O_WRONLY);
	(void)shell(script, plain(), NULL);
	assert_string_equal(heard.out, expected);
}

static void other_users_may_open_their_output(void **state)
{
	struct job_settings settings = with(LONG, LONG, LEFTOVER_KILL);

	(void)state;
	if (geteuid() != 0)
		skip();
	settings.user = "65534";
	(void)shell("echo out >/dev/stdout; echo err >/dev/stderr; echo more | tee /dev/stderr",
		    &settings, NULL);
	assert_string_equal(heard.out, "out|more|");
	assert_string_equal(heard.err, "err|more|");
}

/* --- without descriptors ----------------------------------------------------------------- */

static int stops_with_few(void *arg)
{
	static struct job_settings settings;
	struct rlimit limit;
	struct run_result result;
	int next;

	(void)arg;
	/* Taken here and free in the shell, which wants some from 10 on for itself. */
	do
		next = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (next >= 0 && next < 20);
	close(next);
	/* The pipes, the pidfd, the eventfd and what the output takes. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 2;
	limit.rlim_cur = (rlim_t)next + 10;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 2;
	settings = with(LONG, 50 * USEC_PER_MSEC, LEFTOVER_KILL);
	result = shell("trap '' TERM; set -m; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do "
		       "sleep 1000 >/dev/null 2>&1 & done; exit 5",
		       &settings, NULL);
	if (result.kind != RESULT_EXITED || result.code != 5)
		return 3;
	if (result.leftovers != 12 || !strstr(heard.notes, "killing 12 processes"))
		return 4;
	if (!strstr(heard.notes, "not all of its processes could be found or held: Too many"))
		return 5;
	while (waitpid(-1, NULL, 0) > 0)
		;
	return errno != ECHILD;
}

static void nobody_is_overlooked_for_want_of_descriptors(void **state)
{
	(void)state;
	assert_int_equal(fault_call(-1, 0, stops_with_few, NULL), 0);
}

int main(int argc, char **argv)
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
		cmocka_unit_test(who_is_traced_is_waited_for_so_long),
		cmocka_unit_test(only_our_end_of_a_pipe_does_not_wait),
		cmocka_unit_test(other_users_may_open_their_output),
		cmocka_unit_test(nobody_is_overlooked_for_want_of_descriptors),
	};

	/* Without what a sanitizer does at the end, which it cannot do while it is traced. */
	if (argc == 3 && strcmp(argv[1], "traced") == 0)
		_exit(become_traced((enum how)argv[2][0]));
	if (argc == 5 && strcmp(argv[1], "tracer") == 0)
		_exit(trace((enum how)argv[2][0], atoi(argv[3]), atoi(argv[4])));

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("watch", tests, fixture_setup, fixture_teardown);
}
