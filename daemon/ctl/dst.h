/* How changes of the clocks meet the slots of cron jobs, for people to see. Pure; any thread. Times
   are seconds, as in zone.h. */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct cron;
struct zone;

/* The clocks of a zone are set. */
struct dst_change {
	int64_t time;
	int32_t before; /* the offsets from UTC */
	int32_t after;
};

/* The first change later than `time`. False: there is none. */
bool dst_next_change(const struct zone *zone, int64_t time,
		     struct dst_change *ret_change) _must_check_;

/* Room for each text that is written here. */
#define DST_TEXT_SIZE 240

/* "clocks go forward from 02:00 to 03:00". Returns buf. */
const char *dst_describe_change(const struct dst_change *change, char buf[static DST_TEXT_SIZE]);

enum dst_mark {
	DST_PLAIN,
	DST_SHIFTED, /* the slot stands for local times that clocks skip */
	DST_FIRST,   /* clocks show its local time twice: this is the first time */
	DST_SECOND,
};

struct dst_slot {
	enum dst_mark mark;
	struct dst_change change; /* which does it; not DST_PLAIN */
	int64_t local; /* the local time that is skipped, the first one; or shown twice */
};

/* What a slot is. */
struct dst_slot dst_slot(const struct cron *cron, usec_t slot);

/* "shifted" and so on, for programs; NULL for DST_PLAIN. */
const char *dst_mark_name(enum dst_mark mark);

/* "stands for 02:30, which clocks skip". Empty for DST_PLAIN. Returns buf. */
const char *dst_describe_slot(const struct dst_slot *slot, char buf[static DST_TEXT_SIZE]);

/* How many local times that match are skipped, or shown twice, by a change. */
uint64_t dst_count_touched(const struct cron *cron, const struct dst_change *change);

/*
 * What a change does to the slots of local times that it skips or shows twice, and which option
 * would make it otherwise: "02:30, which they skip, is due at 03:00; ...". Empty if there are none.
 * Returns buf.
 */
const char *dst_explain_change(const struct cron *cron, const struct dst_change *change,
			       char buf[static DST_TEXT_SIZE]);
