/* See lazy.h. */
#include "ledger/lazy.h"

#include <stdlib.h>
#include <string.h>

/* A power of 2, and more than there are workers: only while nothing can be written there are as
 * many. */
#define LAZIES_MAX 65536

static struct lazy *at(const struct lazies *lazies, size_t i)
{
	return &lazies->items[(lazies->first + i) & (lazies->size - 1)];
}

void lazies_done(struct lazies *lazies)
{
	free(lazies->items);
	*lazies = (struct lazies){0};
}

static bool grow(struct lazies *lazies)
{
	size_t size = lazies->size ? lazies->size * 2 : 16;
	struct lazy *items;

	if (size > LAZIES_MAX)
		return false;
	items = reallocarray(NULL, size, sizeof(*items));
	if (!items)
		return false;
	for (size_t i = 0; i < lazies->n; i++)
		items[i] = *at(lazies, i);
	free(lazies->items);
	lazies->items = items;
	lazies->size = size;
	lazies->first = 0;
	return true;
}

bool lazies_add(struct lazies *lazies, const struct lazy *lazy)
{
	if (lazies->n == lazies->size && !grow(lazies))
		return false;
	*at(lazies, lazies->n++) = *lazy;
	return true;
}

struct lazy *lazies_first(struct lazies *lazies)
{
	while (lazies->n > 0 && at(lazies, 0)->run == 0)
		lazies_drop(lazies);
	return lazies->n > 0 ? at(lazies, 0) : NULL;
}

const struct lazy *lazies_at(const struct lazies *lazies, size_t i)
{
	return i < lazies->n ? at(lazies, i) : NULL;
}

void lazies_drop(struct lazies *lazies)
{
	lazies->first = (lazies->first + 1) & (lazies->size - 1);
	lazies->n--;
}

void lazies_move(struct lazies *to, struct lazies *from)
{
	for (size_t i = 0; i < from->n; i++)
		(void)lazies_add(to, at(from, i));
	from->n = 0;
}

/* They are few: those of the last moments. The newest is the likeliest. */
void lazies_forget(struct lazies *lazies, uint64_t run)
{
	for (size_t i = lazies->n; i-- > 0;)
		if (at(lazies, i)->run == run)
			at(lazies, i)->run = 0;
}
