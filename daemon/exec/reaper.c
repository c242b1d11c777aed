/* See reaper.h. */
#include "exec/reaper.h"

#include "base/cleanup.h"
#include "exec/census.h"
#include "exec/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Each round kills all children there are and waits for one to end; their own children are ours in
   the next round. More rounds than that: something forks faster than it is killed. */
#define KILL_ROUNDS 100000

/* Processes that are waited for at once while they have their grace. */
#define HELD_MAX 64

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

/* --- SIGTERM --- */

struct grace {
	usec_t deadline; /* elapsed */
	bool tell;       /* the first time they are told to end */
	unsigned count;  /* how many there are */
	unsigned n;      /* of them in `held` */
	struct pollfd held[HELD_MAX];
};

/* Its parent may have just ended of what it was told: then it is ours. */
static bool find(void *ctx, const struct census_entry *entry)
{
	struct grace *grace = ctx;
	struct process process;
	_cleanup_close_ int pidfd = process_hold(entry->pid, &process);

	if (pidfd < 0 || (process.parent != entry->parent && process.parent != getpid()))
		return false;
	grace->count++;
	if (grace->tell) {
		process_signal(pidfd, SIGTERM);
		process_signal(pidfd, SIGCONT);
	}
	if (grace->n < HELD_MAX)
		grace->held[grace->n++] = (struct pollfd){steal_fd(&pidfd), POLLIN, 0};
	return true;
}

/* Until all that are held have ended or the deadline comes. Returns whether they have. */
static bool await_held(struct grace *grace)
{
	for (unsigned left = grace->n; left > 0;) {
		usec_t span = grace->deadline - clock_elapsed();
		struct timespec timeout = {span / USEC_PER_SEC, span % USEC_PER_SEC * 1000};

		if (span <= 0 || ppoll(grace->held, grace->n, &timeout, NULL) < 0)
			return false;
		for (unsigned i = 0; i < grace->n; i++) {
			if (grace->held[i].fd < 0 || !grace->held[i].revents)
				continue;
			(void)close(grace->held[i].fd);
			grace->held[i].fd = -1;
			left--;
		}
	}
	return true;
}

/* Tells every descendant to end and waits for them. Returns how many were told to. */
static unsigned give_grace(void)
{
	struct grace grace = {.deadline = clock_elapsed() + REAPER_GRACE, .tell = true};
	unsigned told = 0;

	for (bool ended = true; ended;) {
		_cleanup_(census_done) struct census census = {0};

		grace.count = 0;
		grace.n = 0;
		if (census_take(&census) < 0)
			break;
		census_follow(&census, getpid(), find, &grace);
		if (grace.tell)
			told = grace.count;
		grace.tell = false;
		ended = grace.n > 0 && await_held(&grace);
		for (unsigned i = 0; i < grace.n; i++)
			if (grace.held[i].fd >= 0)
				(void)close(grace.held[i].fd);
		(void)reaper_collect();
	}
	return told;
}

/* --- SIGKILL --- */

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

static unsigned kill_children(void)
{
	unsigned killed = 0;

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

unsigned reaper_kill_all(void)
{
	int subreaper = 0;
	unsigned told;
	unsigned killed;

	(void)prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
	if (!subreaper && getpid() != 1)
		return 0;
	(void)reaper_collect();
	told = give_grace();
	killed = kill_children();
	/* Mostly those who were killed had been told. */
	return told > killed ? told : killed;
}
