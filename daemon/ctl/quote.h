/* Foreign text in a configuration file that everyd reads: whatever bytes it has, it stays one value
   or one comment. Pure but for writing to a stream, which keeps its errors. Any thread. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* Writes a value in quotes, which is read back as the same bytes. Single quotes where it is text,
   double ones with escapes where it is not. */
void quote_value(FILE *out, const char *text);

/* Writes `len` bytes as one line of a comment, `lead` in front and a newline behind. What is no
   text is shown as text_sanitize() shows it. Returns 0 or -ENOMEM. */
int quote_comment(FILE *out, const char *lead, const char *bytes, size_t len);
