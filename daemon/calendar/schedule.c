/* See schedule.h. */
#include "calendar/schedule.h"

#include "base/cleanup.h"
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

	if (!schedule_is_grid(schedule))
		return USEC_INFINITY;
	if (__builtin_add_overflow(t, schedule->interval - since_last(schedule, t), &next))
		return USEC_INFINITY;
	return next;
}

usec_t schedule_last(const struct schedule *schedule, usec_t t)
{
	usec_t last;

	if (!schedule_is_grid(schedule))
		return USEC_INFINITY;
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
	if (until <= after || !schedule_is_grid(schedule))
		return 0;
	return (uint64_t)(slot_index(schedule, until) - slot_index(schedule, after));
}

usec_t schedule_patience(const struct schedule *schedule, usec_t slot)
{
	(void)slot;
	return 2 * schedule->interval;
}

/* In the order of enum schedule_event. */
static const struct {
	const char *word;
	const char *phrase;
} events[] = {
	{"start", "when everyd starts"},
	{"reload", "when the configuration was reloaded"},
	{"resume", "when the machine resumes from suspend"},
};

/* The words or phrases of the events of a schedule. */
static void format_events(const struct schedule *schedule, bool phrases, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(events); i++) {
		if (!(schedule->on >> i & 1))
			continue;
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 used == 0 ? ""
					 : phrases ? ", and "
						   : " ",
					 phrases ? events[i].phrase : events[i].word);
	}
}

const char *schedule_grid(const struct schedule *schedule, char buf[static SCHEDULE_GRID_SIZE])
{
	char interval[DURATION_TEXT_SIZE];
	char offset[DURATION_TEXT_SIZE];

	switch (schedule->kind) {
	case SCHEDULE_EVERY:
		(void)snprintf(buf, SCHEDULE_GRID_SIZE, "every %s offset %s",
			       duration_format(schedule->interval, interval),
			       duration_format(schedule->offset, offset));
		break;
	case SCHEDULE_CRON:
		break;
	case SCHEDULE_AFTER:
		(void)snprintf(buf, SCHEDULE_GRID_SIZE, "after %s",
			       duration_format(schedule->interval, interval));
		break;
	case SCHEDULE_ON:
		memcpy(buf, "on ", 3);
		format_events(schedule, false, buf + 3, SCHEDULE_GRID_SIZE - 3);
		break;
	}
	return buf;
}

const char *schedule_describe(const struct schedule *schedule,
			      char buf[static SCHEDULE_DESCRIBE_SIZE])
{
	char interval[DURATION_TEXT_SIZE];
	char offset[DURATION_TEXT_SIZE];

	switch (schedule->kind) {
	case SCHEDULE_EVERY:
		(void)duration_format(schedule->interval, interval);
		(void)snprintf(buf, SCHEDULE_DESCRIBE_SIZE,
			       schedule->offset == 0 ? "every %s" : "every %s, shifted by %s",
			       interval, duration_format(schedule->offset, offset));
		break;
	case SCHEDULE_CRON:
		break;
	case SCHEDULE_AFTER:
		(void)snprintf(buf, SCHEDULE_DESCRIBE_SIZE, "%s after the end of the run before",
			       duration_format(schedule->interval, interval));
		break;
	case SCHEDULE_ON:
		format_events(schedule, true, buf, SCHEDULE_DESCRIBE_SIZE);
		break;
	}
	return buf;
}

bool schedule_same_grid(const struct schedule *a, const struct schedule *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case SCHEDULE_EVERY:
		return a->interval == b->interval && a->offset == b->offset;
	case SCHEDULE_CRON:
		break;
	case SCHEDULE_AFTER:
		return a->interval == b->interval;
	case SCHEDULE_ON:
		return a->on == b->on;
	}
	return false;
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
