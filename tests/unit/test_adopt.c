/* Runs of a daemon before this one: finding their processes, watching over them. */
#include "exec/adopt.h"

#include "exec/process.h"

#include "cgroup_fixture.h"
#include "fault.h"
#include "run_fixture.h"

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>

#define RUN 7

/* Nobody's children here, as after the death of their daemon: those of a process that inherits
   orphans, as process 1 does, and tells how they ended. */
struct former {
	pid_t heir;
	pid_t pid; /* of the run's main process */
	long start;
	int ends; /* a struct end_of of each */
	int go;   /* its standard input, on which it may wait until it is watched */
};

struct end_of {
	pid_t pid;
	int status;
};

/* The tests' own: others may be running. */
static char job_mark[32];
static const char *job_name;
static char run_mark[] = "EVERYD_RUN=7";
static char slot_mark[] = "EVERYD_SLOT=1970-01-01T00:00:00.000000Z";
static char other_slot_mark[] = "EVERYD_SLOT=1970-01-01T00:00:10.000000Z";
static char other_run_mark[] = "EVERYD_RUN=8";
static char other_job_mark[] = "EVERYD_JOB=best";
static char hook_mark[] = "EVERYD_HOOK=start";
static char path[] = "PATH=/usr/bin:/bin";
static char *const marks[] = {path, job_mark, run_mark, slot_mark, NULL};

/* The script's first line on its standard output tells that it is there. */
static _Noreturn void be_run(const char *script, char *const *envp, uid_t user, int go, int tell)
{
	static char shell[] = "sh";
	static char option[] = "-c";
	char *argv[] = {shell, option, strdup(script), NULL};
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	(void)dup2(go, STDIN_FILENO);
	(void)dup2(tell, STDOUT_FILENO);
	if (user == 0 || setresuid(user, user, user) == 0)
		(void)execve("/bin/sh", argv, envp);
	_exit(127);
}

static _Noreturn void inherit(const char *script, char *const *envp, uid_t user, int go, int tell,
			      int ends)
{
	struct end_of end;
	pid_t daemon;

	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	daemon = fork();
	if (daemon == 0) {
		pid_t pid = fork();

		if (pid == 0)
			be_run(script, envp, user, go, tell);
		_exit(write(ends, &pid, sizeof(pid)) < 0);
	}
	(void)close(tell);
	(void)waitpid(daemon, NULL, 0);
	(void)!write(ends, "", 1);
	while ((end.pid = waitpid(-1, &end.status, 0)) > 0)
		if (write(ends, &end, sizeof(end)) < 0)
			break;
	_exit(0);
}

static struct former start_as(const char *script, char *const *envp, uid_t user)
{
	struct former former = {0};
	struct process process;
	usec_t made;
	char first[2];
	int go[2];
	int tell[2];
	int ends[2];

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	former.heir = fork();
	if (former.heir == 0)
		inherit(script, envp, user, go[0], tell[1], ends[1]);
	close(go[0]);
	close(tell[1]);
	close(ends[1]);
	former.go = go[1];
	former.ends = ends[0];
	assert_int_equal(read(ends[0], &former.pid, sizeof(former.pid)), sizeof(former.pid));
	assert_int_equal(read(ends[0], first, 1), 1);
	assert_int_equal(read(tell[0], first, sizeof(first)), sizeof(first));
	close(tell[0]);
	assert_int_equal(process_read(former.pid, &process), 0);
	former.start = process.start;
	/* Later, by the kernel's clock of processes, than all that it has made: what begins while
	   it is looked at may be another's. */
	made = clock_elapsed() / (USEC_PER_SEC / sysconf(_SC_CLK_TCK));
	while (clock_elapsed() / (USEC_PER_SEC / sysconf(_SC_CLK_TCK)) <= made)
		;
	return former;
}

static struct former start(const char *script)
{
	return start_as(script, marks, 0);
}

/* How that process ended; it has, or will. */
static int status_of(const struct former *former, pid_t pid)
{
	struct pollfd pollfd = {.fd = former->ends, .events = POLLIN};
	struct end_of end;

	do {
		assert_int_equal(poll(&pollfd, 1, 60000), 1);
		assert_int_equal(read(former->ends, &end, sizeof(end)), sizeof(end));
	} while (end.pid != pid);
	return end.status;
}

static bool lives(pid_t pid)
{
	struct process process;

	return process_read(pid, &process) == 0 && !process_is_dead(&process);
}

struct heirs {
	pid_t heir;
	unsigned found;
};

static bool kill_child(void *ctx, const struct process *process)
{
	struct heirs *heirs = ctx;

	if (process->parent == heirs->heir && !process_is_dead(process)) {
		(void)kill(process->pid, SIGKILL);
		heirs->found++;
	}
	return true;
}

/* Kills all of them until there are no more. Returns how many its heir had. */
static unsigned finish(struct former *former)
{
	struct heirs heirs = {.heir = former->heir};

	unsigned found;

	assert_int_equal(process_each(kill_child, &heirs), 0);
	found = heirs.found;
	while (waitpid(former->heir, NULL, WNOHANG) == 0)
		assert_int_equal(process_each(kill_child, &heirs), 0);
	close(former->go);
	close(former->ends);
	return found;
}

/* --- finding it -------------------------------------------------------------------------- */

static pid_t find(uint64_t id, const char *job, const struct job_settings *settings, pid_t pid,
		  long from)
{
	const struct past_run run = {.id = id, .pid = pid, .start = from};
	long found = -1;
	pid_t r = run_find_process(context, &run, job, settings, &found);
	struct process process;

	assert_int_equal(r == 0, found == -1);
	if (r > 0) {
		assert_int_equal(process_read(r, &process), 0);
		assert_int_equal(found, process.start);
	}
	return r;
}

static void a_process_is_known_by_number_and_beginning(void **state)
{
	static char *const bare[] = {path, NULL};
	/* What is in its environment does not count then. */
	struct former former = start_as("echo 1; exec sleep 1000", bare, 0);

	(void)state;
	assert_int_equal(find(RUN, job_name, plain(), former.pid, former.start), former.pid);
	assert_int_equal(find(RUN, job_name, NULL, former.pid, former.start), former.pid);
	assert_int_equal(find(RUN, job_name, plain(), former.pid, former.start + 1), 0);
	assert_int_equal(find(RUN, job_name, plain(), former.pid, 0), 0);
	assert_int_equal(kill(former.pid, SIGKILL), 0);
	(void)status_of(&former, former.pid);
	assert_int_equal(find(RUN, job_name, plain(), former.pid, former.start), 0);
	(void)finish(&former);
}

static void or_by_its_environment(void **state)
{
	static char *const rows[][5] = {
		{job_mark, run_mark, slot_mark},
		{run_mark, path, slot_mark, job_mark},
		{job_mark, other_run_mark, slot_mark},
		{other_job_mark, run_mark, slot_mark},
		{job_mark, run_mark, other_slot_mark},
		{job_mark, run_mark},
		{job_mark, slot_mark},
		{run_mark, slot_mark},
		{job_mark, run_mark, slot_mark, hook_mark},
	};
	static const bool found[ARRAY_LENGTH(rows)] = {true, true};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct former former = start_as("echo 1; exec /bin/sleep 1000", rows[i], 0);
		pid_t expected = found[i] ? former.pid : 0;

		assert_int_equal(find(RUN, job_name, plain(), 0, 0), expected);
		assert_int_equal(find(RUN, job_name, plain(), former.pid, 0), expected);
		assert_int_equal(find(RUN, job_name, plain(), former.heir, 0), 0);
		assert_int_equal(find(RUN, job_name, NULL, 0, 0), 0);
		assert_int_equal(finish(&former), 1);
	}
}

/* Who is made by it bears the same marks, and may lead a session as well. */
static void the_first_is_the_main_process(void **state)
{
	struct former former = start("setsid -f sh -c 'sleep 1000' & echo 1; wait; "
				     "sleep 1000 & wait");

	(void)state;
	assert_int_equal(find(RUN, job_name, plain(), 0, 0), former.pid);
	assert_int_equal(kill(former.pid, SIGKILL), 0);
	(void)status_of(&former, former.pid);
	(void)finish(&former);
	assert_int_equal(find(RUN, job_name, plain(), 0, 0), 0);
}

/* Anybody can write marks. */
static void it_has_the_users_rights(void **state)
{
	static const struct {
		uid_t uid;
		const char *user;
		bool found;
	} rows[] = {
		{0, NULL, true},         {65534, NULL, false}, {65534, "65534", true},
		{65533, "65534", false}, {0, "65534", true},   {0, "no-such-user-at-all", false},
	};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct former former = start_as("echo 1; exec sleep 1000", marks, rows[i].uid);
		struct job_settings settings = *plain();

		settings.user = rows[i].user;
		assert_int_equal(find(RUN, job_name, &settings, 0, 0),
				 rows[i].found ? former.pid : 0);
		(void)finish(&former);
	}
}

/* --- watching over it -------------------------------------------------------------------- */

static int go;

/* It is being watched. */
static int let_go(void *ctx)
{
	if (go >= 0)
		(void)!write(go, "\n", 1);
	go = -1;
	return woken(ctx);
}

static struct run_result adopt(const struct former *former, const struct job_settings *settings,
			       usec_t since, int level)
{
	struct job job = {.name = job_name, .settings = settings, .command = {"false", 1, false}};
	struct run run = {
		.job = &job,
		.id = RUN,
		.queued = 42,
		.attempt = 1,
		.adopted = former->pid,
		.adopted_start = former->start,
		.adopted_since = since,
	};
	struct run_control controls = control(&run, NULL);
	usec_t before = clock_elapsed();

	go = former->go;
	heard.level = level;
	controls.woken = let_go;
	eventfd_write(heard.wakefd, 1);
	run_adopt(&run, context, local, &controls);
	close(heard.wakefd);
	assert_int_equal(run.pid, 0);
	assert_null(run.output);
	assert_int_equal(heard.intended + heard.started, 0);
	assert_int_equal(run.result.kind, RESULT_UNSEEN);
	assert_int_equal(run.result.queued, 42);
	assert_int_equal(run.result.started, since);
	assert_int_equal(run.result.pid, former->pid);
	assert_true(run.result.ended >= before && run.result.ended <= clock_elapsed());
	return run.result;
}

static void its_end_is_seen(void **state)
{
	struct job_settings settings = with(LONG, LONG, LEFTOVER_KILL);
	struct former former = start("echo 1; read go; exit 3");
	struct run_result result = adopt(&former, &settings, clock_elapsed(), 0);

	(void)state;
	assert_false(result.timed_out || result.cancelled);
	assert_int_equal(result.leftovers, 0);
	assert_string_equal(heard.notes, "");
	assert_int_equal(WEXITSTATUS(status_of(&former, former.pid)), 3);
	assert_int_equal(finish(&former), 0);
}

static void who_has_gone_is_not_waited_for(void **state)
{
	struct former former = start("echo 1; exec sleep 1000");
	struct former other = former;

	(void)state;
	other.start++;
	(void)adopt(&other, plain(), 0, 2);
	assert_true(lives(former.pid));
	assert_int_equal(kill(former.pid, SIGKILL), 0);
	(void)status_of(&former, former.pid);
	(void)adopt(&former, plain(), 0, 0);
	assert_string_equal(heard.notes, "");
	assert_int_equal(finish(&former), 0);
}

static void it_is_stopped_as_any_run(void **state)
{
	static const struct {
		const char *script;
		usec_t age; /* when it is adopted */
		usec_t timeout;
		usec_t grace;
		int level;
		int sig; /* that ended it */
	} rows[] = {
		/* The time before it was adopted counts. */
		{"echo 1; exec sleep 1000", 2 * USEC_PER_MIN, USEC_PER_MIN, LONG, 0, SIGTERM},
		{"echo 1; exec sleep 1000", 0, 50 * USEC_PER_MSEC, LONG, 0, SIGTERM},
		{"trap '' TERM; echo 1; exec sleep 1000", 0, 50 * USEC_PER_MSEC, 50 * USEC_PER_MSEC,
		 0, SIGKILL},
		{"echo 1; exec sleep 1000", 0, 50 * USEC_PER_MSEC, 0, 0, SIGKILL},
		{"echo 1; exec sleep 1000", 0, LONG, LONG, 1, SIGTERM},
		{"trap '' TERM; echo 1; exec sleep 1000", 0, LONG, 50 * USEC_PER_MSEC, 1, SIGKILL},
		{"trap '' TERM; echo 1; exec sleep 1000", 0, LONG, LONG, 2, SIGKILL},
		{"echo 1; kill -STOP $$", 0, LONG, LONG, 1, SIGTERM},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = with(rows[i].timeout, rows[i].grace, LEFTOVER_KILL);
		struct former former = start(rows[i].script);
		struct run_result result =
			adopt(&former, &settings, clock_elapsed() - rows[i].age, rows[i].level);
		int status = status_of(&former, former.pid);

		assert_int_equal(result.timed_out, rows[i].level == 0);
		assert_int_equal(result.cancelled, rows[i].level > 0);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), rows[i].sig);
		assert_int_equal(finish(&former), 0);
	}
}

/* It gets the signal once, as a job may take the second for impatience. */
static void the_signal_comes_once(void **state)
{
	struct job_settings settings = with(LONG, LONG, LEFTOVER_KILL);
	struct former former = start("n=0; trap 'n=$((n + 1))' USR1; echo 1; "
				     "while [ $n -eq 0 ]; do :; done; i=0; while [ $i -lt 20000 ]; "
				     "do i=$((i + 1)); done; exit $n");

	(void)state;
	settings.kill_signal = SIGUSR1;
	assert_true(adopt(&former, &settings, clock_elapsed(), 1).cancelled);
	assert_int_equal(WEXITSTATUS(status_of(&former, former.pid)), 1);
	(void)finish(&former);
}

/* Whom it made, wherever they went. */
static void all_that_it_made_is_stopped(void **state)
{
	static const char *const scripts[] = {
		"sleep 1000 & (sleep 1000; :) & echo 1; wait",
		"set -m; sleep 1000 & sleep 1000 & echo 1; wait",
		"setsid -w sh -c 'sleep 1000 & echo 1; wait' & wait",
		/* Without marks: by its session, in a group of its own. */
		"set -m; (env -i sleep 1000 &); echo 1; sleep 1000",
		/* An orphan in a session of its own. */
		"setsid -f sleep 1000; echo 1; exec sleep 1000",
		/* With more than are held. */
		"for i in $(seq 100); do sleep 1000 & done; echo 1; wait",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
		for (int level = 1; level <= 2; level++) {
			struct job_settings settings = with(LONG, LONG, LEFTOVER_KILL);
			struct former former = start(scripts[i]);

			(void)adopt(&former, &settings, clock_elapsed(), level);
			(void)status_of(&former, former.pid);
			if (finish(&former) != 0)
				fail_msg("row %zu, level %d", i, level);
		}
	}
}

static void what_it_leaves_behind_is_named(void **state)
{
#define BECOMES_SLEEP "& until read c </proc/$!/comm && [ \"$c\" = sleep ]; do :; done"
	static const struct {
		const char *script;
		enum leftover_policy leftover;
		const char *note;
	} rows[] = {
		{"sleep 1000 " BECOMES_SLEEP "; echo 1; read go", LEFTOVER_KILL,
		 "left 1 process running, which will be stopped: sleep ("},
		{"sleep 1000 " BECOMES_SLEEP "; echo 1; read go", LEFTOVER_LEAVE,
		 "left 1 process running: sleep ("},
		{"(env -i sleep 1000 " BECOMES_SLEEP "); echo 1; read go", LEFTOVER_KILL,
		 "left 1 process running, which will be stopped: sleep ("},
		{"setsid sleep 1000 " BECOMES_SLEEP "; echo 1; read go", LEFTOVER_KILL,
		 "left 1 process running, which will be stopped: sleep ("},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = with(LONG, LONG, rows[i].leftover);
		struct former former = start(rows[i].script);
		struct run_result result = adopt(&former, &settings, clock_elapsed(), 0);

		(void)status_of(&former, former.pid);
		assert_false(result.timed_out || result.cancelled);
		assert_int_equal(result.leftovers, 1);
		assert_int_equal(strncmp(heard.notes, rows[i].note, strlen(rows[i].note)), 0);
		assert_int_equal(finish(&former), rows[i].leftover == LEFTOVER_LEAVE);
	}
}

/* Whose marks are another run's, or a hook's, and who has none. */
static void others_are_left_alone(void **state)
{
	static char *const rows[][5] = {
		{job_mark, other_run_mark, slot_mark},      {job_mark, run_mark, other_slot_mark},
		{other_job_mark, run_mark, slot_mark},      {path},
		{job_mark, run_mark, slot_mark, hook_mark},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = with(LONG, 0, LEFTOVER_KILL);
		struct former former = start("echo 1; exec sleep 1000");
		struct former other = start_as("echo 1; exec /bin/sleep 1000", rows[i], 0);

		assert_true(adopt(&former, &settings, clock_elapsed(), 2).cancelled);
		assert_true(lives(other.pid));
		(void)finish(&former);
		assert_int_equal(finish(&other), 1);
	}
}

static void that_it_takes_long_is_told(void **state)
{
	struct job_settings settings = with(LONG, LONG, LEFTOVER_KILL);
	struct former former = start("echo 1; read go");

	(void)state;
	settings.max_runtime = USEC_PER_MIN;
	(void)adopt(&former, &settings, clock_elapsed() - USEC_PER_HOUR, 0);
	assert_string_equal(heard.notes, "takes longer than max_runtime|");
	(void)finish(&former);
}

static int adopts_without_room(void *arg)
{
	struct former former = start("echo 1; exec sleep 1000");
	struct rlimit none = {0, 0};
	struct job job = {.name = job_name, .settings = plain()};
	struct run run = {
		.job = &job, .adopted = former.pid, .adopted_start = former.start, .id = RUN};
	struct run_control controls = control(&run, NULL);

	(void)arg;
	if (setrlimit(RLIMIT_NOFILE, &none) < 0)
		return 2;
	run_adopt(&run, context, local, &controls);
	if (run.result.kind != RESULT_UNSEEN || run.result.ended == 0 || kill(former.pid, 0) < 0)
		return 3;
	(void)kill(former.heir, SIGKILL);
	(void)kill(former.pid, SIGKILL);
	return strstr(heard.notes, "without being watched: Too many open files") == NULL;
}

static void one_that_cannot_be_held_is_told_of(void **state)
{
	(void)state;
	assert_int_equal(fault_call(-1, 0, adopts_without_room, NULL), 0);
}

/* --- control groups ---------------------------------------------------------------------- */

static void enter(const char *at, const char *name)
{
	char file[8300];

	(void)snprintf(file, sizeof(file), "%s/%s", at, name);
	assert_true(mkdir(file, 0755) == 0 || errno == EEXIST);
}

/* A daemon had one run in a group, and left another's there that ended unseen. */
static void check_group(struct cgroup_fixture *fixture)
{
	struct run_sink sink = {.line = line, .note = note};
	struct job_settings settings = with(LONG, 0, LEFTOVER_KILL);
	struct former former;
	struct former other;
	char script[9000];

	enter(fixture->directory, "worker-3");
	enter(fixture->directory, "worker-4");
	run_context_free(context);
	assert_int_equal(run_context_new(&sink, hook_directory, &context), 0);
	/* Who is known by nothing but the group. */
	(void)snprintf(script, sizeof(script),
		       "echo 0 >%s/worker-3/cgroup.procs; env -i setsid -f sleep 1000; echo 1; "
		       "exec sleep 1000",
		       fixture->directory);
	former = start(script);
	(void)snprintf(script, sizeof(script),
		       "echo 0 >%s/worker-4/cgroup.procs; echo 1; exec sleep 1000",
		       fixture->directory);
	other = start(script);
	assert_int_equal(find(RUN, job_name, plain(), former.pid, former.start), former.pid);
	run_context_clear(context);
	assert_true(lives(former.pid));
	assert_int_equal(WTERMSIG(status_of(&other, other.pid)), SIGKILL);
	(void)finish(&other);
	assert_true(adopt(&former, &settings, clock_elapsed(), 1).cancelled);
	(void)status_of(&former, former.pid);
	assert_int_equal(finish(&former), 0);
	run_context_free(context);
	context = NULL;
}

static void its_control_group_is_taken_over(void **state)
{
	(void)state;
	in_subtree(check_group);
}

static int setup(void **state)
{
	(void)snprintf(job_mark, sizeof(job_mark), "EVERYD_JOB=test.%d", getpid());
	job_name = strchr(job_mark, '=') + 1;
	return fixture_setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_is_known_by_number_and_beginning),
		cmocka_unit_test(or_by_its_environment),
		cmocka_unit_test(the_first_is_the_main_process),
		cmocka_unit_test(it_has_the_users_rights),
		cmocka_unit_test(its_end_is_seen),
		cmocka_unit_test(who_has_gone_is_not_waited_for),
		cmocka_unit_test(it_is_stopped_as_any_run),
		cmocka_unit_test(the_signal_comes_once),
		cmocka_unit_test(all_that_it_made_is_stopped),
		cmocka_unit_test(what_it_leaves_behind_is_named),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(that_it_takes_long_is_told),
		cmocka_unit_test(one_that_cannot_be_held_is_told_of),
		cmocka_unit_test(its_control_group_is_taken_over),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("adopt", tests, setup, fixture_teardown);
}
