/*
 * obstruct trace: exits, traced by a process of the same user that does not let go of it and that
 * nothing tells to be of the same run. obstruct lease FILE: says "leased" and lets nobody open or
 * execute the file.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

/* With an environment of its own but for what system tests know their processes by. */
static int trace(char **argv)
{
	char zone[64];
	char pid[16];
	char fd[16];
	char *args[] = {argv[0], "tracer", pid, fd, NULL};
	char *environment[] = {zone, NULL};
	int fds[2];
	char c;

	if (pipe(fds) < 0)
		return 1;
	snprintf(zone, sizeof(zone), "TZ=%s", getenv("TZ"));
	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(fd, sizeof(fd), "%d", fds[1]);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	if (fork() == 0) {
		setsid();
		if (fork() == 0)
			execve(argv[0], args, environment);
		_exit(0);
	}
	close(fds[1]);
	return read(fds[0], &c, 1) == 1 ? 0 : 1;
}

static int become_tracer(char **argv)
{
	signal(SIGTERM, SIG_IGN);
	if (ptrace(PTRACE_SEIZE, atoi(argv[2]), 0, 0) < 0 || write(atoi(argv[3]), "", 1) < 0)
		return 1;
	for (;;)
		pause();
}

static int lease(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	signal(SIGIO, SIG_IGN);
	if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		return 1;
	puts("leased");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "trace") == 0)
		return trace(argv);
	if (argc == 4 && strcmp(argv[1], "tracer") == 0)
		return become_tracer(argv);
	if (argc == 3 && strcmp(argv[1], "lease") == 0)
		return lease(argv[2]);
	return 2;
}
