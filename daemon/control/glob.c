/* See glob.h. */
#include "control/glob.h"

#include <stddef.h>

bool glob_matches(const char *pattern, const char *name)
{
	const char *star = NULL;  /* the last one that was passed ... */
	const char *begin = NULL; /* ... and where what follows it was tried */

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			begin = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			/* That one takes a character more; those before it need not. */
			pattern = star;
			name = ++begin;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
