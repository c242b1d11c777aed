/* From the value of an option to the text that a file would give it: the other way round of
   convert.h. Any thread. */
#pragma once

#include "config/options.h"

#include <stdbool.h>
#include <stdio.h>

/* Does the option have a value that can be written? What it has without one is to be had by not
   writing it. Not of sections and functions. */
bool option_is_set(const struct option *option, const struct option_values *values);

/* The value of an option that is a number, of whatever store; 0 for others. */
int64_t option_number(const struct option *option, const struct option_values *values);

/* Writes the value of an option that is set, in quotes or braces if need be: reading it gives an
   equal one. Write errors are the stream's. */
void option_write(const struct option *option, const struct option_values *values, FILE *out);
