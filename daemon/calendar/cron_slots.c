/*
 * The slots of cron expressions in a zone. Within a segment, a stretch of constant offset, local
 * time is as even as UTC, and cron_local.c finds what matches. Here is what happens where segments
 * meet: local time that is left out, and local time that comes again.
 */
#include "calendar/civil.h"
#include "calendar/cron_internal.h"
#include "calendar/zone.h"

#include <stddef.h>

/* No local time comes again after more than that, nor is a gap longer. */
#define REACH ((int64_t)2 * ZONE_OFFSET_MAX)

/* The set of all hours. */
#define EVERY_HOUR ((UINT32_C(1) << 24) - 1)

/* UTC of all local times that can match lies in between: years 1 to 9999, and the largest offset.
   Far from the ends of every number, so that sums of times in between and REACH do not overflow. */
#define TIME_FIRST (INT64_C(-62135596800) - ZONE_OFFSET_MAX)
#define TIME_LAST  (INT64_C(253402300799) + ZONE_OFFSET_MAX)

#define NEVER INT64_MAX

/* A stretch of local time: [begin, end). */
struct span {
	int64_t begin;
	int64_t end;
};

static struct zone_segment segment_at(const struct cron *cron, int64_t time)
{
	struct zone_segment segment = zone_segment(cron->zone, time);

	/* What lies beyond has no slots, but would be in the way of sums. */
	if (segment.begin < TIME_FIRST - REACH)
		segment.begin = TIME_FIRST - REACH;
	if (segment.end > TIME_LAST + REACH)
		segment.end = TIME_LAST + REACH;
	return segment;
}

static struct zone_segment segment_before(const struct cron *cron,
					  const struct zone_segment *segment)
{
	return segment_at(cron, segment->begin - 1);
}

static struct zone_segment segment_after(const struct cron *cron,
					 const struct zone_segment *segment)
{
	return segment_at(cron, segment->end);
}

/* Is there one before, near enough to show the same local time as one in `segment`; one after? */
static bool has_before(const struct zone_segment *segment, const struct zone_segment *near)
{
	return near->begin > TIME_FIRST - REACH && near->begin > segment->begin - REACH;
}

static bool has_after(const struct zone_segment *segment, const struct zone_segment *near)
{
	return near->end < TIME_LAST + REACH && near->end < segment->end + REACH;
}

static struct span span_of(const struct zone_segment *segment)
{
	return (struct span){segment->begin + segment->offset, segment->end + segment->offset};
}

/* Narrows `span`, which has `local` in it, to what is in `other` or to what is not in it, as
   `local` is; tells whether it is. */
static bool narrow(struct span *span, struct span other, int64_t local)
{
	bool within = local >= other.begin && local < other.end;

	if (within || local >= other.end) {
		int64_t begin = within ? other.begin : other.end;

		if (begin > span->begin)
			span->begin = begin;
	}
	if (within || local < other.begin) {
		int64_t end = within ? other.end : other.begin;

		if (end < span->end)
			span->end = end;
	}
	return within;
}

/* Do segments before that one show that local time too? *span is narrowed to where the answer is
   the same. */
static bool shown_before(const struct cron *cron, const struct zone_segment *segment, int64_t local,
			 struct span *span)
{
	struct zone_segment near = *segment;
	bool shown = false;

	while (has_before(segment, &near)) {
		near = segment_before(cron, &near);
		shown |= narrow(span, span_of(&near), local);
	}
	return shown;
}

static bool shown_after(const struct cron *cron, const struct zone_segment *segment, int64_t local,
			struct span *span)
{
	struct zone_segment near = *segment;
	bool shown = false;

	while (has_after(segment, &near)) {
		near = segment_after(cron, &near);
		shown |= narrow(span, span_of(&near), local);
	}
	return shown;
}

/*
 * Is it the other time at which a local time that comes again has its slots? Holds for expressions
 * at fixed times of day. *ret_span is a stretch around `local`, within the segment, for which the
 * answer is the same.
 */
static bool is_passed_over(const struct cron *cron, const struct zone_segment *segment,
			   int64_t local, struct span *ret_span)
{
	*ret_span = span_of(segment);
	switch (cron->overlap) {
	case DST_OVERLAP_FIRST:
		return shown_before(cron, segment, local, ret_span);
	case DST_OVERLAP_LAST:
		return shown_after(cron, segment, local, ret_span);
	case DST_OVERLAP_BOTH:
		break;
	}
	return false;
}

/* The same for one match of one expression; most are far from where segments meet. */
static bool has_no_slot(const struct cron *cron, const struct cron_expr *expr,
			const struct zone_segment *segment, int64_t local, struct span *ret_span)
{
	int64_t time = local - segment->offset;

	return cron_is_fixed_time(expr) &&
	       (time - segment->begin < REACH || segment->end - time <= REACH) &&
	       is_passed_over(cron, segment, local, ret_span);
}

/* Has the expression a slot at the meeting of two segments because of what is left out there? What
   is shown at another time all the same, when a clock goes to and fro, is not left out. */
static bool is_shifted(const struct cron *cron, const struct cron_expr *expr,
		       const struct zone_segment *before, const struct zone_segment *after)
{
	struct span gap = {span_of(before).end, span_of(after).begin};
	int64_t local;

	if (cron->gap != DST_GAP_SHIFT || expr->hours == EVERY_HOUR || gap.begin >= gap.end)
		return false;
	for (local = cron_local_next(expr, gap.begin); local < gap.end;) {
		struct span same = gap;
		bool shown = shown_before(cron, after, local, &same);

		shown |= shown_after(cron, before, local, &same);
		if (!shown)
			return true;
		local = cron_local_next(expr, same.end);
	}
	return false;
}

/* The first slot at or after a time. */
static int64_t next_of(const struct cron *cron, const struct cron_expr *expr, int64_t time)
{
	while (time <= TIME_LAST) {
		struct zone_segment segment = segment_at(cron, time);
		int64_t local = cron_local_next(expr, time + segment.offset);
		struct zone_segment before;
		struct span span;
		bool comes_again = false;

		if (time == segment.begin) {
			before = segment_before(cron, &segment);
			if (is_shifted(cron, expr, &before, &segment))
				return time;
		}
		while (local < span_of(&segment).end &&
		       has_no_slot(cron, expr, &segment, local, &span)) {
			local = cron_local_next(expr, span.end);
			comes_again = true;
		}
		if (local < span_of(&segment).end)
			return local - segment.offset;

		/* Clocks show what they have shown for REACH at most, and then, until shortly
		   before the next match, nothing that matches. */
		if (local == CRON_LOCAL_NEVER)
			local = TIME_LAST + REACH;
		if (segment.end - time >= REACH && local - ZONE_OFFSET_MAX > segment.end &&
		    !comes_again)
			time = local - ZONE_OFFSET_MAX;
		else
			time = segment.end;
	}
	return NEVER;
}

/* The last slot at or before a time. */
static int64_t last_of(const struct cron *cron, const struct cron_expr *expr, int64_t time)
{
	while (time >= TIME_FIRST) {
		struct zone_segment segment = segment_at(cron, time);
		int64_t local = cron_local_last(expr, time + segment.offset);
		struct zone_segment before;
		struct span span;
		bool came_before = false;

		while (local >= span_of(&segment).begin &&
		       has_no_slot(cron, expr, &segment, local, &span)) {
			local = cron_local_last(expr, span.begin - 1);
			came_before = true;
		}
		if (local >= span_of(&segment).begin)
			return local - segment.offset;

		before = segment_before(cron, &segment);
		if (is_shifted(cron, expr, &before, &segment))
			return segment.begin;
		if (local == CRON_LOCAL_BEFORE)
			local = TIME_FIRST - REACH;
		if (time - segment.begin >= REACH && local + ZONE_OFFSET_MAX < segment.begin &&
		    !came_before)
			time = local + ZONE_OFFSET_MAX;
		else
			time = segment.begin - 1;
	}
	return NEVER;
}

/* Whole seconds at or before. */
static int64_t seconds_of(usec_t t)
{
	return t / USEC_PER_SEC - (t % USEC_PER_SEC < 0);
}

usec_t cron_next(const struct cron *cron, usec_t t)
{
	int64_t time = seconds_of(t) + 1;
	int64_t next = NEVER;

	if (time < TIME_FIRST)
		time = TIME_FIRST;
	for (uint32_t i = 0; i < cron->n_exprs; i++) {
		int64_t own = next_of(cron, &cron->exprs[i], time);

		if (own < next)
			next = own;
	}
	return next == NEVER ? USEC_INFINITY : next * USEC_PER_SEC;
}

usec_t cron_last(const struct cron *cron, usec_t t)
{
	int64_t time = seconds_of(t);
	int64_t last = NEVER;

	if (time > TIME_LAST)
		time = TIME_LAST;
	for (uint32_t i = 0; i < cron->n_exprs; i++) {
		int64_t own = last_of(cron, &cron->exprs[i], time);

		if (own != NEVER && (last == NEVER || own > last))
			last = own;
	}
	return last == NEVER ? USEC_INFINITY : last * USEC_PER_SEC;
}

/* The slots of a segment in [first, last], which lie in it, but for what is shifted to its
   beginning. */
static uint64_t count_segment(const struct cron *cron, const struct zone_segment *segment,
			      int64_t first, int64_t last)
{
	uint32_t all = (uint32_t)((UINT64_C(1) << cron->n_exprs) - 1);
	uint32_t fixed = 0;
	uint64_t count = 0;
	int64_t local = first + segment->offset;

	for (uint32_t i = 0; i < cron->n_exprs; i++)
		fixed |= (uint32_t)cron_is_fixed_time(&cron->exprs[i]) << i;
	last += segment->offset;
	while (local <= last) {
		struct span span = span_of(segment);
		bool passed_over = fixed != 0 && is_passed_over(cron, segment, local, &span);

		if (span.end > last)
			span.end = last + 1;
		count += cron_local_count(cron->exprs, passed_over ? all & ~fixed : all, local,
					  span.end - 1);
		local = span.end;
	}
	return count;
}

/* Is there a slot at the beginning of a segment that is only there because of a gap? */
static bool begins_shifted(const struct cron *cron, const struct zone_segment *segment)
{
	struct zone_segment before = segment_before(cron, segment);

	if (count_segment(cron, segment, segment->begin, segment->begin) > 0)
		return false;
	for (uint32_t i = 0; i < cron->n_exprs; i++)
		if (is_shifted(cron, &cron->exprs[i], &before, segment))
			return true;
	return false;
}

uint64_t cron_count(const struct cron *cron, usec_t after, usec_t until)
{
	int64_t first = seconds_of(after) + 1;
	int64_t last = seconds_of(until);
	uint64_t count = 0;

	if (first < TIME_FIRST)
		first = TIME_FIRST;
	if (last > TIME_LAST)
		last = TIME_LAST;
	while (first <= last) {
		struct zone_segment segment = segment_at(cron, first);
		int64_t end = segment.end - 1 < last ? segment.end - 1 : last;

		count += count_segment(cron, &segment, first, end);
		if (first == segment.begin)
			count += begins_shifted(cron, &segment);
		first = segment.end;
	}
	return count;
}
