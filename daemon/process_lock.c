/* See process_lock.h. */
#include "process_lock.h"

#include "base/clock.h"
#include "exec/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <time.h>

/* How long the child of one that was killed may take to its first steps, on a machine that has much
   else to do. */
#define CHILD_PATIENCE (5 * USEC_PER_SEC)

/* A holder may end, and another one come, between two looks at it. */
#define TRIES 5

/* Returns 0, -EBUSY or -errno. */
static int try(int fd, pid_t *ret_holder)
{
	*ret_holder = 0;
	for (int i = 0; i < TRIES; i++) {
		struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

		if (fcntl(fd, F_SETLK, &whole) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES)
			return -errno;
		if (fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type == F_UNLCK)
			continue;
		*ret_holder = whole.l_type != F_UNLCK && whole.l_pid > 0 ? whole.l_pid : 0;
		break;
	}
	return -EBUSY;
}

static bool is_dead(pid_t pid)
{
	struct process process;
	int r = process_read(pid, &process);

	return r < 0 ? r == -ENOENT || r == -ESRCH : process_is_dead(&process);
}

int process_lock(int fd, pid_t *ret_holder)
{
	static const struct timespec pause = {.tv_nsec = 1000000};
	usec_t until = clock_monotonic() + CHILD_PATIENCE;
	int r;

	while ((r = try(fd, ret_holder)) == -EBUSY && *ret_holder > 0 && is_dead(*ret_holder) &&
	       clock_monotonic() < until)
		(void)ppoll(NULL, 0, &pause, NULL);
	return r;
}
