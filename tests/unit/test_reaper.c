/* Orphans are reaped, and nobody else's children. */
#include "exec/reaper.h"

#include "exec/process.h"
#include "exec/spawn.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

/* Longer than it can take. */
#define PATIENCE_MS 60000

static void await_end(int pidfd)
{
	struct pollfd pollfd = {.fd = pidfd, .events = POLLIN};

	assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
}

/* A process whose parent has gone, so that it is ours, and which ends when `hold` is closed. */
static pid_t make_orphan(int hold[2])
{
	int tell[2];
	pid_t parent;
	pid_t orphan;

	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	parent = fork();
	if (parent == 0) {
		orphan = fork();
		if (orphan == 0) {
			char c;

			close(hold[1]);
			_exit(read(hold[0], &c, 1) == 0 ? 3 : 4);
		}
		_exit(write(tell[1], &orphan, sizeof(orphan)) == sizeof(orphan) ? 0 : 1);
	}
	close(tell[1]);
	assert_int_equal(read(tell[0], &orphan, sizeof(orphan)), sizeof(orphan));
	close(tell[0]);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	return orphan;
}

static void orphans_are_reaped(void **state)
{
	int hold[2];
	int pidfds[3];

	(void)state;
	assert_int_equal(reaper_init(), 0);
	assert_int_equal(reaper_collect(), 0);
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	for (int i = 0; i < 3; i++)
		pidfds[i] = process_open(make_orphan(hold));
	assert_int_equal(reaper_collect(), 0);
	close(hold[1]);
	close(hold[0]);
	for (int i = 0; i < 3; i++) {
		await_end(pidfds[i]);
		close(pidfds[i]);
	}
	assert_int_equal(reaper_collect(), 3);
	assert_int_equal(reaper_collect(), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* A worker: starts a process, lets the other thread try to reap it, reaps it itself. */
struct worker {
	pthread_barrier_t ended;
	pthread_barrier_t tried;
	int status;
};

static void *work(void *arg)
{
	static _Alignas(16) char stack[SPAWN_STACK_SIZE];
	static const char *const paths[] = {"/bin/sh", NULL};
	static const int signals[] = {0};
	char name[] = "sh";
	char option[] = "-c";
	char script[] = "exit 7";
	char *argv[] = {name, option, script, NULL};
	char *envp[] = {NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct spawn plan = {
		.paths = paths,
		.argv = argv,
		.envp = envp,
		.directory = "/",
		.stdio = {null, null, null},
		.cgroup = -1,
		.signals = signals,
		.stack = stack,
	};
	struct spawn_error error;
	struct worker *worker = arg;
	struct pollfd pollfd = {.events = POLLIN};
	siginfo_t info = {0};
	pid_t pid;

	if (spawn(&plan, &pid, &pollfd.fd, &error) < 0)
		pollfd.fd = -1;
	(void)poll(&pollfd, 1, PATIENCE_MS);
	pthread_barrier_wait(&worker->ended);
	pthread_barrier_wait(&worker->tried);
	if (pollfd.fd >= 0 && waitid(P_PIDFD, (id_t)pollfd.fd, &info, WEXITED) == 0)
		worker->status = info.si_status;
	close(pollfd.fd);
	close(null);
	return NULL;
}

static void the_exit_status_of_a_run_is_not_stolen(void **state)
{
	struct worker worker = {.status = -1};
	pthread_t thread;
	sigset_t all;
	sigset_t before;

	(void)state;
	sigfillset(&all);
	pthread_barrier_init(&worker.ended, NULL, 2);
	pthread_barrier_init(&worker.tried, NULL, 2);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	assert_int_equal(pthread_create(&thread, NULL, work, &worker), 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_barrier_wait(&worker.ended);
	assert_int_equal(reaper_collect(), 0);
	pthread_barrier_wait(&worker.tried);
	pthread_join(thread, NULL);
	assert_int_equal(worker.status, 7);
	pthread_barrier_destroy(&worker.ended);
	pthread_barrier_destroy(&worker.tried);
}

/* Starts a shell and waits for its first line. Returns what the rest is to be read from. */
static int start_reading(const char *script)
{
	int out[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(127);
	}
	close(out[1]);
	do
		assert_int_equal(read(out[0], &c, 1), 1);
	while (c != '\n');
	return out[0];
}

static void start(const char *script)
{
	close(start_reading(script));
}

/* What the shell's trap says, which only SIGTERM makes it say. */
static void every_descendant_may_end_by_itself(void **state)
{
	static const char *const rows[] = {
		"trap 'echo told; exit' TERM; echo ready; while :; do :; done",
		"trap 'echo told; exit' TERM; echo ready; kill -STOP $$; while :; do :; done",
		"trap : TERM; setsid sh -c \"trap 'echo told; exit' TERM; echo ready;"
		"while :; do :; done\" & wait; wait",
		"setsid sh -c \"trap 'echo told; exit' TERM; echo ready; while :; do :; done\" &"
		"wait",
	};

	(void)state;
	assert_int_equal(reaper_init(), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64] = "";
		int out = start_reading(rows[i]);
		ssize_t n;

		(void)reaper_kill_all();
		n = read(out, text, sizeof(text) - 1);
		close(out);
		if (n != 5 || memcmp(text, "told\n", 5) != 0)
			fail_msg("row %zu: \"%s\"", i, text);
	}
}

static void every_descendant_is_killed(void **state)
{
	static const struct {
		const char *script;
		unsigned killed;
	} rows[] = {
		{"echo; exec sleep 1000", 1},
		{"sleep 1000 >&- & sleep 1000 >&- & echo; wait", 3},
		/* In sessions of their own, ignoring what can be ignored. */
		{"trap '' TERM HUP; setsid sh -c 'sleep 1000 & echo; exec sleep 1000' & wait", 3},
		{"(sleep 1000 & echo; exec sleep 1000) & exec sleep 1000", 3},
		{"n=0; while [ $n -lt 100 ]; do sleep 1000 & n=$((n + 1)); done; echo; wait", 101},
	};

	(void)state;
	assert_int_equal(reaper_init(), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned killed;

		start(rows[i].script);
		killed = reaper_kill_all();
		if (killed != rows[i].killed)
			fail_msg("row %zu: %u stopped", i, killed);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
	}
	assert_int_equal(reaper_kill_all(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orphans_are_reaped),
		cmocka_unit_test(the_exit_status_of_a_run_is_not_stolen),
		cmocka_unit_test(every_descendant_may_end_by_itself),
		cmocka_unit_test(every_descendant_is_killed),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("reaper", tests, NULL, NULL);
}
