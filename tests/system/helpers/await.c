/*
 * await FILE SECONDS COUNT REGEX: waits until COUNT lines of FILE match the extended regular
 * expression and prints them. Wakes up when the file changes, and not otherwise. Exit status 0;
 * 1 when SECONDS have passed, then with what the file says on standard error.
 *
 * await --end PID SECONDS: waits until the process has ended. Exit status 0, or 1.
 *
 * await --clock MICROSECONDS: waits until the wall clock shows that or more.
 */
#include <errno.h>
#include <poll.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int await_end(const char *pid, const char *seconds)
{
	struct pollfd fd = {.events = POLLIN};

	fd.fd = (int)syscall(SYS_pidfd_open, atoi(pid), 0);
	if (fd.fd < 0)
		return errno == ESRCH ? 0 : 1;
	return poll(&fd, 1, atoi(seconds) * 1000) == 1 ? 0 : 1;
}

static int await_clock(const char *microseconds)
{
	long long at = atoll(microseconds);
	struct timespec ts = {at / 1000000, at % 1000000 * 1000};

	while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
	return 0;
}

/* Reads on from where it ended; counts, and prints, the complete lines that match. */
static int read_lines(FILE *file, const regex_t *regex, int want)
{
	static char *line;
	static size_t size;
	int found = 0;
	ssize_t n;

	while (found < want) {
		long at = ftell(file);

		clearerr(file);
		n = getline(&line, &size, file);
		if (n <= 0)
			break;
		if (line[n - 1] != '\n') {
			fseek(file, at, SEEK_SET);
			break;
		}
		line[n - 1] = '\0';
		if (regexec(regex, line, 0, NULL, 0) == 0) {
			puts(line);
			found++;
		}
	}
	return found;
}

int main(int argc, char *argv[])
{
	struct pollfd fd = {.events = POLLIN};
	char events[4096];
	regex_t regex;
	long long end;
	FILE *file;
	int want;

	if (argc == 4 && strcmp(argv[1], "--end") == 0)
		return await_end(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "--clock") == 0)
		return await_clock(argv[2]);
	if (argc != 5 || regcomp(&regex, argv[4], REG_EXTENDED | REG_NOSUB) != 0) {
		fprintf(stderr, "usage: await FILE SECONDS COUNT REGEX\n");
		return 2;
	}
	want = atoi(argv[3]);
	end = now_ms() + atoi(argv[2]) * 1000LL;
	file = fopen(argv[1], "r");
	fd.fd = inotify_init1(IN_NONBLOCK);
	if (!file || inotify_add_watch(fd.fd, argv[1], IN_MODIFY) < 0) {
		perror(argv[1]);
		return 2;
	}
	for (;;) {
		long long left = end - now_ms();

		want -= read_lines(file, &regex, want);
		if (want <= 0)
			return 0;
		if (left <= 0 || poll(&fd, 1, (int)left) == 0)
			break;
		while (read(fd.fd, events, sizeof(events)) > 0)
			;
	}
	fprintf(stderr, "await: %d more lines of %s should match: %s\n", want, argv[1], argv[4]);
	return 1;
}
