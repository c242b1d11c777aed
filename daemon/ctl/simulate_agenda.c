/* See simulate_agenda.h. */
#include "ctl/simulate_agenda.h"

#include <assert.h>
#include <errno.h>

#define CAPACITY_MIN 64

void sim_agenda_done(struct sim_agenda *agenda)
{
	free(agenda->entries);
	*agenda = (struct sim_agenda){0};
}

static bool is_before(const struct sim_agenda_entry *a, const struct sim_agenda_entry *b)
{
	return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static void put(struct sim_agenda *agenda, size_t index, struct sim_agenda_entry entry)
{
	agenda->entries[index] = entry;
	entry.timer->place = index + 1;
}

/* Puts an entry where it belongs, given that the place at `index` is vacant. */
static void settle(struct sim_agenda *agenda, size_t index, struct sim_agenda_entry entry)
{
	struct sim_agenda_entry *entries = agenda->entries;

	while (index > 0 && is_before(&entry, &entries[(index - 1) / 2])) {
		put(agenda, index, entries[(index - 1) / 2]);
		index = (index - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * index + 1;

		if (child + 1 < agenda->count && is_before(&entries[child + 1], &entries[child]))
			child++;
		if (child >= agenda->count || !is_before(&entries[child], &entry))
			break;
		put(agenda, index, entries[child]);
		index = child;
	}
	put(agenda, index, entry);
}

int sim_agenda_set(struct sim_agenda *agenda, struct sim_timer *timer, usec_t at)
{
	struct sim_agenda_entry entry = {at, ++agenda->order, timer};

	if (timer->place > 0) {
		settle(agenda, timer->place - 1, entry);
		return 0;
	}
	if (agenda->count == agenda->capacity) {
		size_t capacity = agenda->capacity > 0 ? 2 * agenda->capacity : CAPACITY_MIN;
		struct sim_agenda_entry *entries =
			reallocarray(agenda->entries, capacity, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		agenda->entries = entries;
		agenda->capacity = capacity;
	}
	agenda->count++;
	settle(agenda, agenda->count - 1, entry);
	return 0;
}

void sim_agenda_unset(struct sim_agenda *agenda, struct sim_timer *timer)
{
	size_t index = timer->place - 1;

	if (timer->place == 0)
		return;
	assert(agenda->entries[index].timer == timer);
	timer->place = 0;
	agenda->count--;
	if (index < agenda->count)
		settle(agenda, index, agenda->entries[agenda->count]);
}

struct sim_timer *sim_agenda_take(struct sim_agenda *agenda)
{
	struct sim_timer *timer = agenda->entries[0].timer;

	assert(agenda->count > 0);
	sim_agenda_unset(agenda, timer);
	return timer;
}
