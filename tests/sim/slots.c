/* See slots.h. */
#include "slots.h"

#include <stdlib.h>

void slots_done(struct slots *slots)
{
	free(slots->ranges);
	*slots = (struct slots){0};
}

void slots_clear(struct slots *slots)
{
	slots->n = 0;
}

static void append(struct slots *slots, struct range range)
{
	if (slots->n == slots->capacity) {
		slots->capacity = 2 * slots->capacity + 4;
		slots->ranges = realloc(slots->ranges, slots->capacity * sizeof(*slots->ranges));
		if (!slots->ranges)
			abort();
	}
	slots->ranges[slots->n++] = range;
}

void slots_add(struct slots *slots, struct range range)
{
	struct range *last = slots->n > 0 ? &slots->ranges[slots->n - 1] : NULL;

	if (range.count == 0)
		return;
	if (last && last->interval == range.interval &&
	    range_last(last) + range.interval == range.first)
		last->count += range.count;
	else
		append(slots, range);
}

void slots_add_all(struct slots *slots, const struct slots *more)
{
	for (size_t i = 0; i < more->n; i++)
		slots_add(slots, more->ranges[i]);
}

/* Where in the range the slot is; -1: nowhere. */
static int64_t place_of(const struct range *range, usec_t slot)
{
	if (slot < range->first || slot > range_last(range) ||
	    (slot - range->first) % range->interval != 0)
		return -1;
	return (slot - range->first) / range->interval;
}

/* Takes `count` of the slots of range `index`, from its `from`th on. */
static void cut(struct slots *slots, size_t index, uint64_t from, uint64_t count)
{
	struct range *range = &slots->ranges[index];
	struct range rest = {
		.first = range->first + (usec_t)(from + count) * range->interval,
		.count = range->count - from - count,
		.interval = range->interval,
	};

	if (from > 0) {
		range->count = from;
		if (rest.count > 0)
			append(slots, rest);
	} else if (rest.count > 0) {
		*range = rest;
	} else {
		*range = slots->ranges[--slots->n];
	}
}

uint64_t slots_take(struct slots *slots, struct range range)
{
	uint64_t taken = 0;

	for (uint64_t done = 0; done < range.count;) {
		usec_t slot = range.first + (usec_t)done * range.interval;
		uint64_t n = 0;

		for (size_t i = 0; i < slots->n && n == 0; i++) {
			const struct range *has = &slots->ranges[i];
			int64_t from = place_of(has, slot);

			if (from < 0)
				continue;
			n = has->count - (uint64_t)from;
			if (has->interval != range.interval)
				n = 1;
			if (n > range.count - done)
				n = range.count - done;
			cut(slots, i, (uint64_t)from, n);
		}
		taken += n;
		done += n > 0 ? n : 1;
	}
	return taken;
}

void slots_take_before(struct slots *slots, usec_t end, struct slots *ret_taken)
{
	for (size_t i = 0; i < slots->n;) {
		struct range range = slots->ranges[i];

		if (range.first >= end) {
			i++;
			continue;
		}
		if (range_last(&range) >= end)
			range.count = (uint64_t)((end - 1 - range.first) / range.interval) + 1;
		if (ret_taken)
			slots_add(ret_taken, range);
		cut(slots, i, 0, range.count);
	}
}

uint64_t slots_count(const struct slots *slots)
{
	uint64_t count = 0;

	for (size_t i = 0; i < slots->n; i++)
		count += slots->ranges[i].count;
	return count;
}

bool slots_has(const struct slots *slots, usec_t slot)
{
	for (size_t i = 0; i < slots->n; i++)
		if (place_of(&slots->ranges[i], slot) >= 0)
			return true;
	return false;
}

usec_t slots_first(const struct slots *slots)
{
	usec_t first = USEC_INFINITY;

	for (size_t i = 0; i < slots->n; i++)
		if (slots->ranges[i].first < first)
			first = slots->ranges[i].first;
	return first;
}

usec_t slots_last(const struct slots *slots)
{
	usec_t last = USEC_INFINITY;

	for (size_t i = 0; i < slots->n; i++)
		if (last == USEC_INFINITY || range_last(&slots->ranges[i]) > last)
			last = range_last(&slots->ranges[i]);
	return last;
}
