/*
 * The measure of all things: threads that start a program, wait for it, and start it again, and do
 * nothing else.
 *
 *	bare THREADS RUNS|SECONDSs PROGRAM [ARGUMENT]...
 *
 * Runs it RUNS times altogether, or for so many seconds; its output goes to /dev/null. Prints one
 * line: runs, and the wall time of beginning and end in microseconds.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 4096

extern char **environ;

struct bare {
	char **argv;
	atomic_long left; /* runs to be started */
	atomic_long done;
	atomic_bool failed;
	int64_t until; /* wall time */
};

static int64_t wall(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void *loop(void *arg)
{
	struct bare *bare = arg;

	while (atomic_fetch_sub(&bare->left, 1) > 0 && wall() < bare->until) {
		siginfo_t info;
		/* The thing itself: nothing is cheaper. */
		pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */

		if (pid == 0) {
			(void)execve(bare->argv[0], bare->argv, environ);
			_exit(127);
		}
		if (pid < 0 || waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 ||
		    info.si_code != CLD_EXITED || info.si_status != 0) {
			atomic_store(&bare->failed, true);
			break;
		}
		atomic_fetch_add(&bare->done, 1);
	}
	return NULL;
}

int main(int argc, char *argv[])
{
	struct bare bare = {.left = LONG_MAX, .until = INT64_MAX};
	pthread_t threads[THREADS_MAX];
	int64_t began;
	long n_threads;
	long amount;
	char *unit;
	FILE *out;

	if (argc < 4) {
		(void)fputs("usage: bare THREADS RUNS|SECONDSs PROGRAM [ARGUMENT]...\n", stderr);
		return 2;
	}
	n_threads = strtol(argv[1], NULL, 10);
	amount = strtol(argv[2], &unit, 10);
	if (n_threads < 1 || n_threads > THREADS_MAX || amount < 1)
		return 2;
	bare.argv = argv + 3;

	/* The programs inherit descriptor 1; what is said at the end goes where that led before. */
	out = fdopen(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), "w");
	if (!out || !freopen("/dev/null", "w", stdout)) {
		perror("bare");
		return 1;
	}

	began = wall();
	if (*unit == 's')
		bare.until = began + amount * 1000000;
	else
		atomic_store(&bare.left, amount);
	for (long i = 0; i < n_threads; i++) {
		if (pthread_create(&threads[i], NULL, loop, &bare) != 0) {
			(void)fputs("bare: cannot make a thread\n", stderr);
			return 1;
		}
	}
	for (long i = 0; i < n_threads; i++)
		(void)pthread_join(threads[i], NULL);
	if (atomic_load(&bare.failed)) {
		(void)fprintf(stderr, "bare: %s could not be run\n", bare.argv[0]);
		return 1;
	}
	(void)fprintf(out, "%ld %" PRId64 " %" PRId64 "\n", atomic_load(&bare.done), began, wall());
	return 0;
}
