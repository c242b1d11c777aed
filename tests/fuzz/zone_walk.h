/* What holds in every zone, whatever it was made from. */
#pragma once

#include "calendar/zone.h"
#include "fuzz.h"

#include <string.h>

/* A local time and the time that it is led back to. */
static inline void zone_walk_local(const struct zone *zone, int64_t local)
{
	int64_t time = zone_time(zone, local);
	struct zone_segment segment = zone_segment(zone, time);
	int64_t shown;

	if (__builtin_add_overflow(time, segment.offset, &shown) || time == INT64_MIN ||
	    time == INT64_MAX)
		return;
	/* It is shown, or it was skipped right here. */
	holds(shown == local || (shown > local && segment.begin == time));
}

/* Walks on for some changes, or back. */
static inline void zone_walk(const struct zone *zone, int64_t time, bool back, int steps)
{
	struct zone_segment segment = zone_segment(zone, time);

	holds(segment.begin <= time && (time < segment.end || segment.end == INT64_MAX));
	while (steps-- > 0) {
		int64_t edge = back ? segment.begin : segment.end;
		struct zone_segment next;

		holds(segment.begin < segment.end);
		holds(segment.offset >= -ZONE_OFFSET_MAX && segment.offset <= ZONE_OFFSET_MAX);
		holds(strlen(segment.abbreviation) < ZONE_FILE_MAX);
		if (edge == INT64_MIN || edge == INT64_MAX)
			break;
		next = zone_segment(zone, back ? edge - 1 : edge);
		holds((back ? next.end : next.begin) == edge);
		if (edge > INT64_MIN / 2 && edge < INT64_MAX / 2) {
			zone_walk_local(zone, edge + segment.offset);
			zone_walk_local(zone, edge + next.offset);
			zone_walk_local(zone, edge + (segment.offset + next.offset) / 2);
		}
		segment = next;
	}
}

static inline void zone_walk_all(const struct zone *zone)
{
	zone_walk(zone, INT64_MIN, false, 500);
	zone_walk(zone, 0, false, 1000);
	zone_walk(zone, 0, true, 500);
	zone_walk(zone, INT64_MAX, true, 500);
	zone_walk_local(zone, INT64_MIN);
	zone_walk_local(zone, INT64_MAX);
	holds(zone_equal(zone, zone));
}
