/* Patterns of names: "*" stands for any characters, "?" for one. Pure. */
#pragma once

#include <stdbool.h>

/* Does the whole name follow the pattern? Takes no longer than one times the other, whatever the
   pattern. */
bool glob_matches(const char *pattern, const char *name);
