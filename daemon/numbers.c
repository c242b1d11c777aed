/* See numbers.h. */
#include "numbers.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct kept {
	uint32_t number;
	char name[];
};

struct numbers {
	void *kept; /* a tsearch(3) tree of struct kept, by name */
	uint32_t last;
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct kept *)a)->name, ((const struct kept *)b)->name);
}

static struct kept *kept_new(const char *name, uint32_t number)
{
	size_t size = strlen(name) + 1;
	struct kept *kept = malloc(sizeof(*kept) + size);

	if (!kept)
		return NULL;
	kept->number = number;
	memcpy(kept->name, name, size);
	return kept;
}

struct numbers *numbers_new(uint32_t last)
{
	struct numbers *numbers = calloc(1, sizeof(*numbers));

	if (numbers)
		numbers->last = last;
	return numbers;
}

void numbers_free(struct numbers *numbers)
{
	if (!numbers)
		return;
	tdestroy(numbers->kept, free);
	free(numbers);
}

uint32_t numbers_take(struct numbers *numbers, const char *name)
{
	_cleanup_free_ struct kept *key = NULL;
	struct kept **found = NULL;
	struct kept *kept;
	uint32_t number;

	if (numbers->kept) {
		key = kept_new(name, 0);
		found = key ? tfind(key, &numbers->kept, compare) : NULL;
	}
	if (!found)
		return ++numbers->last;
	kept = *found;
	number = kept->number;
	(void)tdelete(kept, &numbers->kept, compare);
	free(kept);
	return number;
}

void numbers_keep(struct numbers *numbers, const char *name, uint32_t number)
{
	struct kept *kept = kept_new(name, number);
	struct kept **there = kept ? tsearch(kept, &numbers->kept, compare) : NULL;

	if (!there || *there != kept)
		free(kept);
}
