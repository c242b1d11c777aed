/* See schedule.h. */
#include "calendar/schedule.h"

#include "base/hash.h"
#include "calendar/duration.h"

#include <stdio.h>
#include <string.h>

/* How far t is behind the last slot: 0 to interval - 1. Nothing here overflows for any t. */
static usec_t since_last(const struct schedule *schedule, usec_t t)
{
	usec_t phase = t % schedule->interval - schedule->offset;

	/* C's remainder has the sign of t, so that phase is between -2 and 1 intervals. */
	while (phase < 0)
		phase += schedule->interval;
	return phase;
}

usec_t schedule_next(const struct schedule *schedule, usec_t t)
{
	usec_t next;

	if (__builtin_add_overflow(t, schedule->interval - since_last(schedule, t), &next))
		return USEC_INFINITY;
	return next;
}

usec_t schedule_last(const struct schedule *schedule, usec_t t)
{
	usec_t last;

	/* "Never" is no instant, even where the grid would meet it. */
	if (t == USEC_INFINITY)
		t--;
	if (__builtin_sub_overflow(t, since_last(schedule, t), &last))
		return USEC_INFINITY;
	return last;
}

/* k of the last slot, offset + k * interval, at or before t. */
static int64_t slot_index(const struct schedule *schedule, usec_t t)
{
	int64_t index = t / schedule->interval;
	usec_t phase = t % schedule->interval - schedule->offset;

	for (; phase < 0; phase += schedule->interval)
		index--;
	return index;
}

uint64_t schedule_count(const struct schedule *schedule, usec_t after, usec_t until)
{
	if (until == USEC_INFINITY)
		until--;
	if (until <= after)
		return 0;
	return (uint64_t)(slot_index(schedule, until) - slot_index(schedule, after));
}

const char *schedule_grid(const struct schedule *schedule, char buf[static SCHEDULE_GRID_SIZE])
{
	char interval[DURATION_TEXT_SIZE];
	char offset[DURATION_TEXT_SIZE];

	(void)snprintf(buf, SCHEDULE_GRID_SIZE, "every %s offset %s",
		       duration_format(schedule->interval, interval),
		       duration_format(schedule->offset, offset));
	return buf;
}

bool schedule_same_grid(const struct schedule *a, const struct schedule *b)
{
	return a->interval == b->interval && a->offset == b->offset;
}

bool schedule_equal(const struct schedule *a, const struct schedule *b)
{
	return schedule_same_grid(a, b) && a->delay == b->delay;
}

usec_t schedule_splay(usec_t splay, const char *host, const char *job)
{
	uint64_t hash = HASH_INIT;

	if (splay <= 0)
		return 0;
	/* The NUL between them keeps "ab" + "c" apart from "a" + "bc". */
	hash = hash_bytes(hash, host, strlen(host) + 1);
	hash = hash_bytes(hash, job, strlen(job));
	return (usec_t)(hash_finish(hash) % (uint64_t)splay);
}
