/* See keep.h. */
#include "exec/keep.h"

#include <stdlib.h>
#include <string.h>

/* The buffer grows from so much, as most runs print little ... */
#define KEEP_FIRST ((size_t)1024)

/* ... and what grew beyond this is not held for the next run. */
#define KEEP_HELD ((size_t)64 * 1024)

void keep_init(struct keep *keep)
{
	*keep = (struct keep){0};
}

void keep_done(struct keep *keep)
{
	free(keep->buffer);
	keep_init(keep);
}

void keep_begin(struct keep *keep, size_t size)
{
	if (keep->capacity > KEEP_HELD)
		keep_done(keep);
	keep->size = size;
	keep->total = 0;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* As long as the buffer has room for all that was printed, its bytes are where they would be in a
   smaller one too: one that cannot grow is the final one. */
static void grow(struct keep *keep, size_t len)
{
	size_t needed = keep->total < keep->size ? keep->total : keep->size;
	size_t capacity = keep->capacity ? keep->capacity * 2 : KEEP_FIRST;
	char *buffer;

	needed += smaller(len, keep->size - needed);
	if (needed <= keep->capacity)
		return;
	if (capacity < needed)
		capacity = needed;
	capacity = smaller(capacity, keep->size);
	buffer = realloc(keep->buffer, capacity);
	if (!buffer) {
		keep->size = keep->capacity;
		return;
	}
	keep->buffer = buffer;
	keep->capacity = capacity;
}

/* Where the byte after `total` ones belongs: behind the others, and in the tail round and round. */
static size_t place(const struct keep *keep, uint64_t total)
{
	size_t head = keep->size / 2;

	if (total < keep->size)
		return (size_t)total;
	return head + (size_t)((total - head) % (keep->size - head));
}

void keep_add(struct keep *keep, const char *data, size_t len)
{
	size_t head;

	grow(keep, len);
	if (keep->size == 0) {
		keep->total += len;
		return;
	}
	head = keep->size / 2;
	while (len > 0) {
		size_t tail = keep->size - head;
		size_t at;
		size_t n;

		if (keep->total >= head && len > tail) {
			/* Would be overwritten at once. */
			keep->total += len - tail;
			data += len - tail;
			len = tail;
		}
		at = place(keep, keep->total);
		n = smaller(len, (at < head ? head : keep->size) - at);
		memcpy(keep->buffer + at, data, n);
		keep->total += n;
		data += n;
		len -= n;
	}
}

struct kept_output *keep_take(const struct keep *keep)
{
	size_t n = keep->total < keep->size ? (size_t)keep->total : keep->size;
	size_t head = smaller(n, keep->size / 2);
	size_t oldest; /* of the tail */
	struct kept_output *kept;
	char *p;

	if (n == 0)
		return NULL;
	kept = malloc(sizeof(*kept) + n);
	if (!kept)
		return NULL;
	*kept = (struct kept_output){.total = keep->total, .head = head, .tail = n - head};
	oldest = keep->total > keep->size ? place(keep, keep->total) : head;
	p = mempcpy(kept->bytes, keep->buffer, head);
	p = mempcpy(p, keep->buffer + oldest, n - oldest);
	memcpy(p, keep->buffer + head, oldest - head);
	return kept;
}
