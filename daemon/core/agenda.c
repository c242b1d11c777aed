/* See agenda.h. */
#include "core/agenda.h"

#include "core/engine.h"

#include <assert.h>
#include <string.h>

void agenda_done(struct agenda *agenda)
{
	free(agenda->entries);
	*agenda = (struct agenda){0};
}

void agenda_grow(struct agenda *agenda, struct agenda_entry *entries, size_t capacity)
{
	assert(capacity >= agenda->count && capacity < AGENDA_NONE);
	if (agenda->count > 0)
		memcpy(entries, agenda->entries, agenda->count * sizeof(*entries));
	free(agenda->entries);
	agenda->entries = entries;
	agenda->capacity = capacity;
}

static void put(struct agenda *agenda, size_t index, struct agenda_entry entry)
{
	agenda->entries[index] = entry;
	entry.job->agenda_index = (uint32_t)index;
}

/* Puts an entry where it belongs, given that the place at `index` is vacant. */
static void settle(struct agenda *agenda, size_t index, struct agenda_entry entry)
{
	struct agenda_entry *entries = agenda->entries;

	while (index > 0 && entries[(index - 1) / 2].due > entry.due) {
		put(agenda, index, entries[(index - 1) / 2]);
		index = (index - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * index + 1;

		if (child + 1 < agenda->count && entries[child + 1].due < entries[child].due)
			child++;
		if (child >= agenda->count || entries[child].due >= entry.due)
			break;
		put(agenda, index, entries[child]);
		index = child;
	}
	put(agenda, index, entry);
}

void agenda_add(struct agenda *agenda, struct engine_job *job, usec_t due)
{
	assert(agenda->count < agenda->capacity);
	agenda->count++;
	settle(agenda, agenda->count - 1, (struct agenda_entry){due, job});
}

void agenda_move(struct agenda *agenda, struct engine_job *job, usec_t due)
{
	assert(job->agenda_index < agenda->count);
	settle(agenda, job->agenda_index, (struct agenda_entry){due, job});
}

void agenda_remove(struct agenda *agenda, struct engine_job *job)
{
	size_t index = job->agenda_index;

	if (index == AGENDA_NONE)
		return;
	assert(index < agenda->count);
	job->agenda_index = AGENDA_NONE;
	agenda->count--;
	if (index < agenda->count)
		settle(agenda, index, agenda->entries[agenda->count]);
}

const struct agenda_entry *agenda_first(const struct agenda *agenda)
{
	return agenda->count > 0 ? &agenda->entries[0] : NULL;
}
