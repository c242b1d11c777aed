/* Options on a command line, by the rows of a table. Pure; any thread. */
#pragma once

#include "base/cleanup.h"
#include "ctl/ctl.h"

/*
 * The option that a word is, "--name", "--name=VALUE", "-n" or "-nVALUE": its index in `options`,
 * with *ret_value the value in the word, or NULL. -1: it is none of them.
 */
int option_match(const struct ctl_option *options, const char *word, const char **ret_value);

/*
 * The same of the first of one or more letters, as in "-ab" or "-nVALUE" without the "-": if it
 * takes no value, *ret_rest are those behind it. NULL: there are none.
 */
int option_match_letter(const struct ctl_option *options, const char *letters,
			const char **ret_value, const char **ret_rest);

/* Is the next word the value of this one? */
bool option_takes_next(const struct ctl_option *options, const char *word);

/* Is it an option at all, one there is or not? "-" is none, nor is what may be a time: "-1d". */
static inline bool option_is_one(const char *word)
{
	return word[0] == '-' && word[1] != '\0' && !(word[1] >= '0' && word[1] <= '9');
}

/* The name in `options` that may have been meant by an option of one of the tables (each may be
   NULL). NULL: none is near. */
const char *option_nearest(const struct ctl_option *options, const struct ctl_option *more,
			   const char *word);
