/* See nascent.h. */
#include "exec/nascent.h"

#include "exec/process.h"

#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* From one look at it to the next. */
#define PAUSE_NSEC 1000000

struct wait {
	struct stat own; /* the program that we are */
	usec_t deadline;
	bool in_vain;
};

/* Returns false too if we may not know; then it is not one of ours. */
static bool runs_the_same(pid_t pid, const struct stat *own)
{
	char path[32];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return stat(path, &st) == 0 && st.st_dev == own->st_dev && st.st_ino == own->st_ino;
}

/* A daemon that lives has more threads than one, and those that it is about to make have it as
   their parent. */
static bool is_nascent(const struct wait *wait, const struct process *process)
{
	return process->pid != getpid() && process->threads == 1 && !process_is_dead(process) &&
	       runs_the_same(process->pid, &wait->own) &&
	       !runs_the_same(process->parent, &wait->own);
}

static bool wait_for(void *ctx, const struct process *process)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_NSEC};
	struct process now = *process;
	struct wait *wait = ctx;

	while (now.start == process->start && is_nascent(wait, &now)) {
		if (clock_monotonic() >= wait->deadline) {
			wait->in_vain = true;
			return false;
		}
		(void)ppoll(NULL, 0, &pause, NULL);
		if (process_read(process->pid, &now) < 0)
			break;
	}
	return true;
}

bool nascent_await(usec_t patience)
{
	struct wait wait = {.deadline = clock_monotonic() + patience};

	if (stat("/proc/self/exe", &wait.own) < 0)
		return false;
	return process_each(wait_for, &wait) == 0 && !wait.in_vain;
}
