/* See dst.h. */
#include "ctl/dst.h"

#include "calendar/civil.h"
#include "calendar/cron.h"
#include "calendar/zone.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Room for a local time, whatever year it is of. */
#define LOCAL_SIZE 48

static const char *const mark_names[] = {
	[DST_PLAIN] = NULL,
	[DST_SHIFTED] = "shifted",
	[DST_FIRST] = "first",
	[DST_SECOND] = "second",
};

bool dst_next_change(const struct zone *zone, int64_t time, struct dst_change *ret_change)
{
	struct zone_segment segment = zone_segment(zone, time);

	while (segment.end != INT64_MAX) {
		struct zone_segment next = zone_segment(zone, segment.end);

		if (next.offset != segment.offset) {
			*ret_change = (struct dst_change){
				.time = next.begin,
				.before = segment.offset,
				.after = next.offset,
			};
			return true;
		}
		segment = next;
	}
	return false;
}

/* "02:00", with seconds if there are any, with the date if it matters. */
static const char *format_local(int64_t local, bool date, char buf[static LOCAL_SIZE])
{
	struct civil civil = civil_of(local);
	char *p = buf;

	if (date)
		p += sprintf(p, "%04" PRId64 "-%02d-%02d ", civil.year, civil.month, civil.day);
	p += sprintf(p, "%02d:%02d", civil.hour, civil.minute);
	if (civil.second != 0)
		(void)sprintf(p, ":%02d", civil.second);
	return buf;
}

const char *dst_describe_change(const struct dst_change *change, char buf[static DST_TEXT_SIZE])
{
	int64_t before = change->time + change->before;
	int64_t after = change->time + change->after;
	/* On its way over midnight it may be taken for one of 23 hours. */
	bool date = civil_of(before).day != civil_of(after).day;
	char from[LOCAL_SIZE];
	char to[LOCAL_SIZE];

	(void)snprintf(buf, DST_TEXT_SIZE, "clocks go %s from %s to %s",
		       after > before ? "forward" : "back", format_local(before, date, from),
		       format_local(after, date, to));
	return buf;
}

/* The pattern on a wall whose clock is never set. */
static struct cron unmoved(const struct cron *cron)
{
	struct cron copy = *cron;

	copy.zone = zone_utc();
	return copy;
}

static bool matches(const struct cron *cron, int64_t local)
{
	struct cron wall = unmoved(cron);

	return cron_last(&wall, local * USEC_PER_SEC) == local * USEC_PER_SEC;
}

/* The local times that a change skips or shows twice: [*ret_begin, *ret_end). */
static void span(const struct dst_change *change, int64_t *ret_begin, int64_t *ret_end)
{
	bool forward = change->after > change->before;

	*ret_begin = change->time + (forward ? change->before : change->after);
	*ret_end = change->time + (forward ? change->after : change->before);
}

/* The change that a stretch of constant offset begins with. False: it begins with none. */
static bool change_at(const struct zone *zone, const struct zone_segment *segment,
		      struct dst_change *ret_change)
{
	if (segment->begin == INT64_MIN)
		return false;
	*ret_change = (struct dst_change){
		.time = segment->begin,
		.before = zone_segment(zone, segment->begin - 1).offset,
		.after = segment->offset,
	};
	return ret_change->before != ret_change->after;
}

struct dst_slot dst_slot(const struct cron *cron, usec_t slot)
{
	int64_t time = slot / USEC_PER_SEC;
	struct zone_segment segment = zone_segment(cron->zone, time);
	int64_t local = time + segment.offset;
	struct dst_change change;
	int64_t begin;
	int64_t end;

	if (change_at(cron->zone, &segment, &change)) {
		span(&change, &begin, &end);
		if (change.after < change.before && local < end)
			return (struct dst_slot){DST_SECOND, change, local};
		if (change.after > change.before && time == change.time && !matches(cron, local)) {
			struct cron wall = unmoved(cron);

			local = cron_next(&wall, (begin - 1) * USEC_PER_SEC) / USEC_PER_SEC;
			return (struct dst_slot){DST_SHIFTED, change, local};
		}
	}
	if (dst_next_change(cron->zone, time, &change) && change.after < change.before) {
		span(&change, &begin, &end);
		if (local >= begin)
			return (struct dst_slot){DST_FIRST, change, local};
	}
	return (struct dst_slot){.mark = DST_PLAIN};
}

const char *dst_mark_name(enum dst_mark mark)
{
	return mark_names[mark];
}

const char *dst_describe_slot(const struct dst_slot *slot, char buf[static DST_TEXT_SIZE])
{
	char local[LOCAL_SIZE];

	(void)format_local(slot->local, false, local);
	buf[0] = '\0';
	if (slot->mark == DST_SHIFTED)
		(void)snprintf(buf, DST_TEXT_SIZE, "stands for %s, which clocks skip", local);
	else if (slot->mark != DST_PLAIN)
		(void)snprintf(buf, DST_TEXT_SIZE, "%s comes twice: the %s time", local,
			       mark_names[slot->mark]);
	return buf;
}

uint64_t dst_count_touched(const struct cron *cron, const struct dst_change *change)
{
	struct cron wall = unmoved(cron);
	int64_t begin;
	int64_t end;

	span(change, &begin, &end);
	return cron_count(&wall, (begin - 1) * USEC_PER_SEC, (end - 1) * USEC_PER_SEC);
}

/* What clocks skip. */
static void explain_skipped(const struct cron *cron, const struct dst_change *change,
			    const char *what, bool several, char buf[static DST_TEXT_SIZE])
{
	struct cron shifting = *cron;
	char at[LOCAL_SIZE];

	shifting.gap = DST_GAP_SHIFT;
	(void)format_local(change->time + change->after, false, at);
	if (dst_slot(&shifting, change->time * USEC_PER_SEC).mark != DST_SHIFTED ||
	    cron_last(&shifting, change->time * USEC_PER_SEC) != change->time * USEC_PER_SEC)
		(void)snprintf(buf, DST_TEXT_SIZE, "it goes on in elapsed time, and loses nothing");
	else if (cron->gap == DST_GAP_SKIP)
		(void)snprintf(buf, DST_TEXT_SIZE, "%s, which they skip, %s left out", what,
			       several ? "are" : "is");
	else
		(void)snprintf(
			buf, DST_TEXT_SIZE,
			"%s, which they skip, %s due at %s%s; dst_gap = \"skip\" leaves %s out",
			what, several ? "are" : "is", at, several ? ", once" : "",
			several ? "them" : "it");
}

/* What they show twice. */
static void explain_repeated(const struct cron *cron, const struct dst_change *change,
			     const char *what, bool several, char buf[static DST_TEXT_SIZE])
{
	int64_t span = change->before - change->after;
	bool first = cron_count(cron, (change->time - span) * USEC_PER_SEC - 1,
				change->time * USEC_PER_SEC - 1) > 0;
	bool second = cron_count(cron, change->time * USEC_PER_SEC - 1,
				 (change->time + span) * USEC_PER_SEC - 1) > 0;

	if (first && second)
		(void)snprintf(buf, DST_TEXT_SIZE, "%s, which they show twice, %s due both times",
			       what, several ? "are" : "is");
	else
		(void)snprintf(buf, DST_TEXT_SIZE,
			       "%s, which they show twice, %s due the %s time; dst_overlap = "
			       "\"%s\" or \"both\" is otherwise",
			       what, several ? "are" : "is", first ? "first" : "second",
			       first ? "last" : "first");
}

const char *dst_explain_change(const struct cron *cron, const struct dst_change *change,
			       char buf[static DST_TEXT_SIZE])
{
	uint64_t n = dst_count_touched(cron, change);
	struct cron wall = unmoved(cron);
	char what[2 * LOCAL_SIZE];
	char local[LOCAL_SIZE];
	int64_t begin;
	int64_t end;

	buf[0] = '\0';
	if (n == 0)
		return buf;
	span(change, &begin, &end);
	(void)format_local(cron_next(&wall, (begin - 1) * USEC_PER_SEC) / USEC_PER_SEC, false,
			   local);
	if (n == 1)
		(void)snprintf(what, sizeof(what), "%s", local);
	else
		(void)snprintf(what, sizeof(what), "%s and %" PRIu64 " more", local, n - 1);
	if (change->after > change->before)
		explain_skipped(cron, change, what, n > 1, buf);
	else
		explain_repeated(cron, change, what, n > 1, buf);
	return buf;
}
