/* What the readers of crontabs and of anacrontabs have in common. */
#pragma once

#include "ctl/crontab.h"

#include <stdbool.h>
#include <stddef.h>

/* The characters that part words. */
#define CRONTAB_BLANKS " \t"

/* The line ahead: number, text, len, unended; BAD if it is too long or has a NUL, else BLANK or
   COMMENT if it is that. Returns false at the end. */
bool crontab_take_line(struct crontab *crontab, struct crontab_line *line);

/* Makes the line one that is BAD for this reason. Returns 1. */
int crontab_refuse(struct crontab_line *line, const char *problem);

/* Passes a word and the blanks behind it; *ret_word is a copy. Returns 1; 0 if there is none; or
   -ENOMEM. */
int crontab_word(struct crontab *crontab, const char **at, const char *end, const char **ret_word);

/* A line of an anacrontab. The returns of crontab_next(). */
int anacrontab_next(struct crontab *crontab, struct crontab_line *line);
