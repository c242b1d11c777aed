/* See seats.h. */
#include "exec/seats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* Spawns at a time that have them: each takes a fraction of a millisecond. */
#define SEATS 8

struct seats {
	_Atomic unsigned taken; /* set of 1 << seat */
	int nothing;            /* what keeps the numbers of seats that are free */
	int fds[SEATS][3];
};

int seats_new(int fd, struct seats **ret_seats)
{
	struct seats *seats = calloc(1, sizeof(*seats));
	int r;

	if (!seats)
		return -ENOMEM;
	seats->nothing = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	for (int i = 0; i < SEATS * 3; i++) {
		seats->fds[i / 3][i % 3] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (seats->nothing < 0 || seats->fds[i / 3][i % 3] < 0) {
			r = -errno;
			seats_free(seats);
			return r;
		}
	}
	*ret_seats = seats;
	return 0;
}

void seats_free(struct seats *seats)
{
	if (!seats)
		return;
	/* 0 is none of them. */
	for (int i = 0; i < SEATS * 3; i++)
		if (seats->fds[i / 3][i % 3] > 0)
			(void)close(seats->fds[i / 3][i % 3]);
	if (seats->nothing > 0)
		(void)close(seats->nothing);
	free(seats);
}

/* Puts three descriptors there, or, for NULL, what keeps the numbers. Neither can fail: both are
   open, and the number is below the limit (dup(2)). */
static void place(const struct seats *seats, int seat, const int *fds)
{
	for (int i = 0; i < 3; i++)
		(void)dup3(fds ? fds[i] : seats->nothing, seats->fds[seat][i], O_CLOEXEC);
}

int seats_take(struct seats *seats, const int fds[static 3], int ret_fds[static 3])
{
	unsigned taken = atomic_load_explicit(&seats->taken, memory_order_relaxed);
	int seat;

	do {
		for (seat = 0; seat < SEATS && taken & 1U << seat; seat++)
			;
		if (seat == SEATS)
			return -1;
	} while (!atomic_compare_exchange_weak_explicit(&seats->taken, &taken, taken | 1U << seat,
							memory_order_acquire,
							memory_order_relaxed));
	place(seats, seat, fds);
	for (int i = 0; i < 3; i++)
		ret_fds[i] = seats->fds[seat][i];
	return seat;
}

void seats_leave(struct seats *seats, int seat)
{
	if (seat < 0)
		return;
	place(seats, seat, NULL);
	(void)atomic_fetch_and_explicit(&seats->taken, ~(1U << seat), memory_order_release);
}
