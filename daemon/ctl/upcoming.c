/* See upcoming.h. */
#include "ctl/upcoming.h"

#include "calendar/schedule.h"

#include <errno.h>
#include <stdlib.h>

struct upcoming_item {
	struct upcoming_slot slot;
	uint64_t left; /* this one included */
	size_t rank;   /* in which order they were added */
};

static bool is_before(const struct upcoming_item *a, const struct upcoming_item *b)
{
	if (a->slot.due != b->slot.due)
		return a->slot.due < b->slot.due;
	return a->rank < b->rank;
}

/* Puts an item where `hole` is, or further up. */
static void sift_up(struct upcoming *upcoming, size_t hole, struct upcoming_item item)
{
	while (hole > 0 && is_before(&item, &upcoming->items[(hole - 1) / 2])) {
		upcoming->items[hole] = upcoming->items[(hole - 1) / 2];
		hole = (hole - 1) / 2;
	}
	upcoming->items[hole] = item;
}

/* Puts an item on top, or further down. */
static void sift_down(struct upcoming *upcoming, struct upcoming_item item)
{
	size_t hole = 0;

	for (;;) {
		size_t child = 2 * hole + 1;

		if (child >= upcoming->n_items)
			break;
		if (child + 1 < upcoming->n_items &&
		    is_before(&upcoming->items[child + 1], &upcoming->items[child]))
			child++;
		if (is_before(&item, &upcoming->items[child]))
			break;
		upcoming->items[hole] = upcoming->items[child];
		hole = child;
	}
	upcoming->items[hole] = item;
}

/* The slot after `t`. False: there is none. */
static bool find_slot(struct upcoming_slot *slot, usec_t t)
{
	usec_t next = schedule_next(slot->schedule, t);

	slot->slot = next;
	slot->due = usec_add(next, slot->schedule->delay);
	return next != USEC_INFINITY;
}

int upcoming_add(struct upcoming *upcoming, const char *name, const struct schedule *schedule,
		 usec_t from, uint64_t count)
{
	struct upcoming_item item = {
		.slot = {.name = name, .schedule = schedule},
		.left = count,
		.rank = upcoming->n_added,
	};

	if (!find_slot(&item.slot, from - schedule->delay - 1))
		return -ENOENT;
	if (upcoming->n_items == upcoming->capacity) {
		size_t capacity = upcoming->capacity ? upcoming->capacity * 2 : 64;
		struct upcoming_item *items =
			reallocarray(upcoming->items, capacity, sizeof(*items));

		if (!items)
			return -ENOMEM;
		upcoming->items = items;
		upcoming->capacity = capacity;
	}
	upcoming->n_added++;
	sift_up(upcoming, upcoming->n_items++, item);
	return 0;
}

bool upcoming_take(struct upcoming *upcoming, struct upcoming_slot *ret_slot)
{
	struct upcoming_item item;

	if (upcoming->n_items == 0)
		return false;
	item = upcoming->items[0];
	*ret_slot = item.slot;
	if (--item.left == 0 || !find_slot(&item.slot, item.slot.slot))
		item = upcoming->items[--upcoming->n_items];
	if (upcoming->n_items > 0)
		sift_down(upcoming, item);
	return true;
}

void upcoming_done(struct upcoming *upcoming)
{
	free(upcoming->items);
	*upcoming = (struct upcoming){0};
}
