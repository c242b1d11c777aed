/* See items.h. */
#include "pool/items.h"

void items_queue(struct pool_items *items, struct pool_item *item)
{
	item->next = NULL;
	item->prev = items->last;
	*(items->last ? &items->last->next : &items->first) = item;
	items->last = item;
	items->queued++;
	item->state = POOL_ITEM_QUEUED;
}

void items_unqueue(struct pool_items *items, struct pool_item *item)
{
	*(item->prev ? &item->prev->next : &items->first) = item->next;
	*(item->next ? &item->next->prev : &items->last) = item->prev;
	items->queued--;
	item->state = POOL_ITEM_IDLE;
}

void items_note(struct pool_items *items, struct pool_item *item)
{
	item->noted_prev = NULL;
	item->noted_next = items->noted;
	if (items->noted)
		items->noted->noted_prev = item;
	items->noted = item;
	item->noted = true;
}

static void unnote(struct pool_items *items, struct pool_item *item)
{
	*(item->noted_prev ? &item->noted_prev->noted_next : &items->noted) = item->noted_next;
	if (item->noted_next)
		item->noted_next->noted_prev = item->noted_prev;
}

bool items_finish(struct pool_items *items, struct pool_item *item)
{
	bool was_empty = !items->done_first;

	/* It keeps `noted`, so that it is reported as started before it is as done. */
	if (item->noted)
		unnote(items, item);
	item->state = POOL_ITEM_DONE;
	item->worker = NULL;
	item->next = NULL;
	*(was_empty ? &items->done_first : &items->done_last->next) = item;
	items->done_last = item;
	return was_empty;
}
