/*
 * The head and the tail of what a run printed, in bounded memory: what a reader wants of an output
 * that is too long to be kept. Pure; one thread at a time.
 */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

/* What is handed on; one block, freed by free(3). */
struct kept_output {
	uint64_t total; /* bytes that were printed */
	size_t head;    /* of them at the beginning of `bytes` ... */
	size_t tail;    /* ... and behind those: the last ones; total - head - tail are missing */
	char bytes[];
};

struct keep {
	char *buffer; /* room for both, made with the first byte */
	size_t size;  /* of which half is the head's */
	size_t capacity;
	uint64_t total;
};

void keep_init(struct keep *keep);
void keep_done(struct keep *keep);

/* Begins anew: `size` bytes at most; 0: nothing is kept. */
void keep_begin(struct keep *keep, size_t size);

/* Takes the next bytes. Without memory they are counted only. */
void keep_add(struct keep *keep, const char *data, size_t len);

/* What has been kept; NULL: nothing was printed, or kept, or there is no memory. */
struct kept_output *keep_take(const struct keep *keep) _must_check_;
