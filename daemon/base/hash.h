/* A stable hash: the same text gives the same number on every machine and in every release. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Where a chain of hash_bytes() begins. */
#define HASH_INIT UINT64_C(0xcbf29ce484222325)

/* Goes on hashing (FNV-1a, 64 bits); chain calls to hash several fields. Any thread. */
uint64_t hash_bytes(uint64_t hash, const void *data, size_t len);

/* Spreads every input bit over the result (the finalizer of splitmix64). Any thread. */
uint64_t hash_finish(uint64_t hash);
