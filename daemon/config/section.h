/* A section that defines a job or gives defaults: what stands in it, and whether that makes sense
   together. */
#pragma once

#include "base/diag.h"
#include "config/options.h"
#include "config/place.h"

#include <stdbool.h>
#include <stddef.h>

struct section {
	struct place at;
	const struct option_given *given;
	size_t n_given;
	struct option_set own;       /* those given that are good */
	struct option_set defaults;  /* those that files' defaults give */
	struct option_values values; /* of both, and those built in */
};

/* The line of an option; the section's own if it is not given. */
unsigned section_line(const struct section *section, enum option_id id);

/* Reports which required options are not among those given. */
void section_check_required(const struct section *section, const struct option_set *required,
			    struct diags *diags);

/* Reports a job that has no schedule, or more than one. */
void section_check_schedule(const struct section *section, struct diags *diags);

/* Reports options of a job that are fine one by one but not together. */
void section_check_job(const struct section *section, struct diags *diags);

/* The same for defaults, of which only some holds: they suit some jobs and not others. */
void section_check_defaults(const struct section *section, struct diags *diags);

/* May the option not stand in a job with that schedule? */
bool section_forbids(const struct section *section, enum option_id id);

/* Does an option of a job or of the top level, were it given, do nothing for want of others? */
bool section_ignores(const struct section *section, enum option_id id);

/* The same for the top level. */
void section_check_top(const struct section *section, struct diags *diags);
