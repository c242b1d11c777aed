/* See schedule.h. */
#include "calendar/schedule.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "calendar/cron.h"
#include "calendar/duration.h"
#include "calendar/zone.h"

#include <inttypes.h>
#include <stdarg.h>
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

	if (schedule->kind == SCHEDULE_CRON)
		return cron_next(schedule->cron, t);
	if (schedule->kind != SCHEDULE_EVERY)
		return USEC_INFINITY;
	if (__builtin_add_overflow(t, schedule->interval - since_last(schedule, t), &next))
		return USEC_INFINITY;
	return next;
}

usec_t schedule_last(const struct schedule *schedule, usec_t t)
{
	usec_t last;

	if (schedule->kind == SCHEDULE_CRON)
		return cron_last(schedule->cron, t);
	if (schedule->kind != SCHEDULE_EVERY)
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
	if (schedule->kind == SCHEDULE_CRON)
		return cron_count(schedule->cron, after, until);
	return (uint64_t)(slot_index(schedule, until) - slot_index(schedule, after));
}

/* The least patience with jobs at fixed times: clocks are mended by hours, or by a day. */
#define FIXED_TIME_PATIENCE (2 * USEC_PER_DAY)

usec_t schedule_patience(const struct schedule *schedule, usec_t slot)
{
	usec_t patience;
	usec_t before;

	if (schedule->kind != SCHEDULE_CRON)
		return 2 * schedule->interval;
	before = cron_last(schedule->cron, slot - 1);
	if (before == USEC_INFINITY)
		return USEC_INFINITY;
	patience = 2 * (slot - before);
	if (cron_has_fixed_times(schedule->cron) && patience < FIXED_TIME_PATIENCE)
		return FIXED_TIME_PATIENCE;
	return patience;
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

/* What may follow the phrases of cron expressions: how many more there are, and the zone. */
#define DESCRIBE_REST 300

/* Text that is written as far as there is room, and hashed beyond. */
struct writer {
	char *buf;
	size_t size;
	size_t used; /* may be beyond size */
	uint64_t hash;
};

static void put(struct writer *w, const char *text)
{
	size_t len = strlen(text);

	w->hash = hash_bytes(w->hash, text, len);
	if (w->used < w->size)
		(void)snprintf(w->buf + w->used, w->size - w->used, "%s", text);
	w->used += len;
}

static const char *const gap_words[] = {[DST_GAP_SHIFT] = "shift", [DST_GAP_SKIP] = "skip"};
static const char *const overlap_words[] = {
	[DST_OVERLAP_FIRST] = "first",
	[DST_OVERLAP_LAST] = "last",
	[DST_OVERLAP_BOTH] = "both",
};

/* "cron 30 7 * * 1-5; 0 0 1 * * in Europe/Berlin gap shift overlap first" */
static void format_cron(const struct cron *cron, char buf[static SCHEDULE_GRID_SIZE])
{
	struct writer w = {.buf = buf, .size = SCHEDULE_GRID_SIZE, .hash = HASH_INIT};
	char text[CRON_TEXT_SIZE];
	char tail[24];

	for (uint32_t i = 0; i < cron->n_exprs; i++) {
		put(&w, i == 0 ? "cron " : "; ");
		put(&w, cron_expr_format(&cron->exprs[i], text));
	}
	put(&w, " in ");
	put(&w, zone_name(cron->zone));
	put(&w, " gap ");
	put(&w, gap_words[cron->gap]);
	put(&w, " overlap ");
	put(&w, overlap_words[cron->overlap]);
	if (w.used >= w.size) {
		int len = snprintf(tail, sizeof(tail), "... %016" PRIx64, hash_finish(w.hash));

		memcpy(buf + SCHEDULE_GRID_SIZE - len - 1, tail, (size_t)len + 1);
	}
}

/* "at 07:30 on Monday to Friday; at 00:00 on day 1 of the month, Europe/Berlin" */
static void describe_cron(const struct cron *cron, char buf[static SCHEDULE_DESCRIBE_SIZE])
{
	struct writer w = {.buf = buf, .size = SCHEDULE_DESCRIBE_SIZE, .hash = HASH_INIT};
	char phrase[CRON_DESCRIBE_SIZE];
	char more[24];

	for (uint32_t i = 0; i < cron->n_exprs; i++) {
		size_t needed = strlen(cron_expr_describe(&cron->exprs[i], phrase));

		/* The first always fits. */
		if (i > 0 && w.used + needed + DESCRIBE_REST > w.size) {
			(void)snprintf(more, sizeof(more), "; and %" PRIu32 " more",
				       cron->n_exprs - i);
			put(&w, more);
			break;
		}
		put(&w, i == 0 ? "" : "; ");
		put(&w, phrase);
	}
	put(&w, ", ");
	put(&w, zone_name(cron->zone));
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
		format_cron(schedule->cron, buf);
		break;
	case SCHEDULE_AFTER:
		(void)snprintf(buf, SCHEDULE_GRID_SIZE, "after %s",
			       duration_format(schedule->interval, interval));
		break;
	case SCHEDULE_ON:
		(void)snprintf(buf, SCHEDULE_GRID_SIZE, "on ");
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
		describe_cron(schedule->cron, buf);
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
		return cron_same_rules(a->cron, b->cron);
	case SCHEDULE_AFTER:
		return a->interval == b->interval;
	case SCHEDULE_ON:
		return a->on == b->on;
	}
	return false;
}

bool schedule_equal(const struct schedule *a, const struct schedule *b)
{
	if (!schedule_same_grid(a, b) || a->delay != b->delay)
		return false;
	return a->kind != SCHEDULE_CRON || cron_equal(a->cron, b->cron);
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
