/* Cron expressions that can be read. */
#pragma once

#include "calendar/cron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* That of the job "job". */
static inline struct cron_expr cron_fixture_parse(const char *text)
{
	char problem[CRON_PROBLEM_SIZE];
	struct cron_expr expr;

	if (cron_expr_parse(text, "job", &expr, problem) < 0)
		fail_msg("%s: %s", text, problem);
	return expr;
}
