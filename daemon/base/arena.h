/*
 * Memory that is handed out in small pieces and given back all at once: what an immutable model
 * is made of. A million jobs cost no per-piece overhead and one free() per chunk.
 * One thread at a time.
 */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	size_t used; /* bytes handed out of the newest chunk */
	size_t size; /* bytes it has */
};

/* An empty arena; allocates nothing. */
void arena_init(struct arena *arena);

/* Frees every piece. The arena is empty again. */
void arena_done(struct arena *arena);

/* Takes every piece back, but keeps memory to go on with: for what is filled over and over. */
void arena_clear(struct arena *arena);

/* `size` zeroed bytes, aligned for any type; the arena owns them. NULL: out of memory. */
void *arena_alloc(struct arena *arena, size_t size) _must_check_;

/* A copy of `len` bytes with a NUL behind it, unaligned. NULL: out of memory. */
char *arena_copy(struct arena *arena, const void *data, size_t len) _must_check_;
