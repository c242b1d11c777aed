/* What the conversions of options have in common: convert.c has those of numbers and the table,
   convert_texts.c those of texts, convert_lists.c those of lists. */
#pragma once

#include "config/convert.h"

#include <errno.h>
#include <string.h>

/* The kernel takes no longer argument or variable: MAX_ARG_STRLEN, execve(2). */
#define ARGUMENT_MAX ((size_t)128 * 1024)

struct conversion {
	const struct option *option;
	const struct option_given *given;
	const char *text; /* the one in hand */
	const struct place *place;
	struct diags *diags;
	struct arena *arena;
	struct option_values *values;
	char *shown; /* QUOTED_SIZE bytes */
};

#define report(c, severity, ...) place_report((c)->diags, severity, (c)->place, __VA_ARGS__)

/* Reports what is wrong; -EINVAL. */
#define refuse(c, ...) (report(c, DIAG_ERROR, __VA_ARGS__), -EINVAL)

/* The text in hand as it may be shown. */
static inline const char *shown(const struct conversion *c)
{
	return quoted(c->text, strlen(c->text), c->shown);
}

/* The member that the option sets. */
static inline void *target(const struct conversion *c)
{
	return (char *)c->values + c->option->offset;
}

/* Sets it to the text in hand. */
static inline int set_text(const struct conversion *c)
{
	*(const char **)target(c) = c->text;
	return 0;
}

/* Refuses a path that is longer than any can be. */
int check_length(struct conversion *c) _must_check_;

/* Room for the words of a choice. */
#define CHOICES_SIZE 200

/* The index of the text in hand among the option's choices; -EINVAL, which has been reported. */
int find_choice(struct conversion *c) _must_check_;

/* Is the text in hand a mail address? If not, that is reported. */
int check_address(struct conversion *c) _must_check_;

/* Those of the table. They return what option_convert() does. */
int convert_limits(struct conversion *c) _must_check_;
int convert_outcomes(struct conversion *c) _must_check_;
int convert_set(struct conversion *c) _must_check_;
int convert_cron(struct conversion *c) _must_check_;
int convert_name(struct conversion *c) _must_check_;
int convert_zone(struct conversion *c) _must_check_;
int convert_account(struct conversion *c) _must_check_;
int convert_file(struct conversion *c) _must_check_;
int convert_program(struct conversion *c) _must_check_;
int convert_path(struct conversion *c) _must_check_;
int convert_output(struct conversion *c) _must_check_;
int convert_variables(struct conversion *c) _must_check_;
int convert_files(struct conversion *c) _must_check_;
int convert_address(struct conversion *c) _must_check_;
int convert_addresses(struct conversion *c) _must_check_;
int convert_listen(struct conversion *c) _must_check_;
int convert_command(struct conversion *c) _must_check_;
