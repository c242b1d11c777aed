/* See threads.h. */
#include "base/threads.h"

#include <signal.h>

int threads_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int error = pthread_condattr_init(&attr);

	if (error != 0)
		return -error;
	error = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (error == 0)
		error = pthread_cond_init(cond, &attr);
	(void)pthread_condattr_destroy(&attr);
	return -error;
}

int threads_attr_init(pthread_attr_t *attr)
{
	sigset_t all;
	int error = pthread_attr_init(attr);

	if (error != 0)
		return -error;
	(void)sigfillset(&all);
	error = pthread_attr_setsigmask_np(attr, &all);
	if (error != 0)
		(void)pthread_attr_destroy(attr);
	return -error;
}

struct timespec threads_timespec(usec_t monotonic)
{
	return (struct timespec){.tv_sec = monotonic / USEC_PER_SEC,
				 .tv_nsec = monotonic % USEC_PER_SEC * 1000};
}
