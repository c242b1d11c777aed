/* See reaper.h. */
#include "exec/reaper.h"

#include "exec/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each round kills all children there are and waits for one to end; their own children are ours in
   the next round. More rounds than that: something forks faster than it is killed. */
#define KILL_ROUNDS 100000

/* How long a killed process may take to vanish. */
#define KILL_PATIENCE_MS 5000

int reaper_init(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? -errno : 0;
}

/* Reaps what has ended. Returns how many; those that SIGKILL ended are also added to *killed. */
static unsigned reap(unsigned *killed)
{
	unsigned count = 0;

	for (;;) {
		siginfo_t info = {0};

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WNOTHREAD) < 0 ||
		    info.si_pid == 0)
			return count;
		count++;
		if (info.si_code == CLD_KILLED && info.si_status == SIGKILL)
			(*killed)++;
	}
}

unsigned reaper_collect(void)
{
	unsigned killed = 0;

	return reap(&killed);
}

struct round {
	pid_t self;
	bool found;
	int pidfd; /* of one that was found; -1: none */
};

/* A child that is not reaped keeps its number, and only this thread reaps. */
static bool kill_child(void *ctx, const struct process *process)
{
	struct round *round = ctx;

	if (process->parent != round->self)
		return true;
	round->found = true;
	(void)kill(process->pid, SIGKILL);
	if (round->pidfd < 0)
		round->pidfd = process_open(process->pid);
	return true;
}

unsigned reaper_kill_all(void)
{
	unsigned killed = 0;
	int subreaper = 0;

	(void)prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
	if (!subreaper && getpid() != 1)
		return 0;
	(void)reaper_collect();
	for (int i = 0; i < KILL_ROUNDS; i++) {
		struct round round = {.self = getpid(), .pidfd = -1};
		struct pollfd pollfd;
		int n = 0;

		if (process_each(kill_child, &round) < 0 || !round.found)
			break;
		if (round.pidfd >= 0) {
			/* One is enough to wait for: the next round comes to the others. */
			pollfd = (struct pollfd){.fd = round.pidfd, .events = POLLIN};
			n = poll(&pollfd, 1, KILL_PATIENCE_MS);
			(void)close(round.pidfd);
		}
		if (n <= 0)
			break;
		(void)reap(&killed);
	}
	return killed;
}
