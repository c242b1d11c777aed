/* Crontabs of a test, imported, and the configuration that comes of them. */
#pragma once

#include "config_fixture.h"

#include "ctl/import.h"

/* What is made of a crontab, with the problems said in *ret_problems, a line each; both the
   caller's to free. *ret_jobs, if it is asked for: how many jobs it says it made. */
static inline char *fixture_import_at(const char *root, enum crontab_format format,
				      const char *owner, const char *text, size_t len,
				      char **ret_problems, size_t *ret_jobs)
{
	const struct import_source source = {format, "tab", owner};
	struct import import;
	char *problems = strdup("");
	char *made;

	assert_int_equal(import_init(&import, root), 0);
	/* Not as this machine happens to be. */
	import.debian = import.debian && root[0];
	import.anacron = import.anacron && root[0];
	assert_int_equal(import_tab(&import, &source, text, len), 0);
	assert_int_equal(import_finish(&import), 0);
	for (size_t i = 0; i < import.diags.count; i++) {
		char *problem = diag_format(&import.diags.items[i]);
		char *longer = NULL;

		assert_true(asprintf(&longer, "%s%s\n", problems, problem) > 0);
		free(problems);
		free(problem);
		problems = longer;
	}
	made = strndup(import.text, import.len);
	assert_non_null(made);
	if (ret_jobs)
		*ret_jobs = import.jobs;
	import_done(&import);
	*ret_problems = problems;
	return made;
}

static inline char *fixture_import(enum crontab_format format, const char *owner, const char *text,
				   char **ret_problems)
{
	return fixture_import_at("", format, owner, text, strlen(text), ret_problems, NULL);
}
