/* What a fuzz target is: a function that takes any bytes, and aborts where something does not hold.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer calls it with a copy that ends where its memory does. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As assert(3), whatever NDEBUG says. */
#define holds(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,    \
				      #condition);                                                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A copy of what comes before the first NUL, if there is one. To be freed. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	holds(text);
	return text;
}

/* Takes a number off the front, big-endian; bytes that are missing count as 0. */
static inline uint64_t fuzz_number(const uint8_t **data, size_t *size, size_t bytes)
{
	uint64_t number = 0;

	for (; bytes > 0; bytes--) {
		number <<= 8;
		if (*size > 0) {
			number |= *(*data)++;
			--*size;
		}
	}
	return number;
}
