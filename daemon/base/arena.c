/* See arena.h. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A multiple of this is mapped, not carved from the heap, and so goes back to the system. */
#define ARENA_CHUNK ((size_t)256 * 1024)

struct arena_chunk {
	struct arena_chunk *next;
	alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena)
{
	*arena = (struct arena){0};
}

static void free_chunks(struct arena_chunk *chunk)
{
	while (chunk) {
		struct arena_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

void arena_done(struct arena *arena)
{
	free_chunks(arena->chunks);
	arena_init(arena);
}

void arena_clear(struct arena *arena)
{
	if (arena->chunks) {
		free_chunks(arena->chunks->next);
		arena->chunks->next = NULL;
	}
	arena->used = 0;
}

static void *take(struct arena *arena, size_t size, size_t align)
{
	size_t at = (arena->used + align - 1) & ~(align - 1);

	if (!arena->chunks || at > arena->size || size > arena->size - at) {
		size_t room = ARENA_CHUNK - sizeof(struct arena_chunk);
		struct arena_chunk *chunk;

		if (size > PTRDIFF_MAX - sizeof(struct arena_chunk))
			return NULL;
		if (size > room)
			room = size;
		chunk = malloc(sizeof(struct arena_chunk) + room);
		if (!chunk)
			return NULL;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
		arena->size = room;
		at = 0;
	}
	arena->used = at + size;
	return arena->chunks->bytes + at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *p = take(arena, size, alignof(max_align_t));

	return p ? memset(p, 0, size) : NULL;
}

char *arena_copy(struct arena *arena, const void *data, size_t len)
{
	char *p = len < SIZE_MAX ? take(arena, len + 1, 1) : NULL;

	if (!p)
		return NULL;
	if (len > 0)
		memcpy(p, data, len);
	p[len] = '\0';
	return p;
}
