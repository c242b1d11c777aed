/* Foreign bytes made fit for a log: valid UTF-8, one line, nothing that steers a terminal. */
#pragma once

#include <stddef.h>

/* The most that one input byte becomes: "\x1b". */
#define TEXT_GROWTH 4

/* How many of the `len` bytes (1 or more) form the UTF-8 character (RFC 3629) they begin with; 0:
   it is none. Any thread. */
size_t text_utf8_length(const char *bytes, size_t len);

/*
 * Copies `len` bytes to `out`, which has room for TEXT_GROWTH * len + 1, with a NUL behind them.
 * Control characters but tab, and bytes that are not UTF-8 (RFC 3629), become \xNN; a trailing
 * carriage return is left out. Returns the length written. Any thread.
 */
size_t text_sanitize(char *out, const char *bytes, size_t len);

/* The edit distance (Levenshtein, counting a swap of neighbours as one) of two short names;
   larger than any real one where a name is too long to be a typing error. Any thread. */
unsigned text_distance(const char *a, const char *b);

/* The same, for who compares with many: `most` + 1 for any that is larger than `most`, which takes
   less time. Any thread. */
unsigned text_distance_within(const char *a, const char *b, unsigned most);
