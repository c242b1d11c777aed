/* How well everyd and its jobs do, for monitoring: what plugins of Nagios and its kin say. Pure;
   any thread. */
#pragma once

#include "base/cleanup.h"

#include <jansson.h>

struct when;

#define CHECKUP_TEXT_SIZE 1024

/* The exit statuses of such plugins. */
enum checkup_level {
	CHECKUP_OK = 0,
	CHECKUP_WARNING = 1,
	CHECKUP_CRITICAL = 2,
	CHECKUP_UNKNOWN = 3,
};

struct checkup {
	enum checkup_level level;
	char text[CHECKUP_TEXT_SIZE]; /* one line, the worst first */
	char data[CHECKUP_TEXT_SIZE]; /* "jobs=97 busy=2;;;0;8": performance data; "": none */
};

/* "OK", "WARNING", ... */
const char *checkup_name(enum checkup_level level);

/* By the answers of /v1/status, and of /v1/jobs to what fails and to what is overdue (NULL: none).
 */
void checkup_daemon(struct checkup *checkup, const json_t *status, const json_t *failing,
		    const json_t *overdue);

/* By the answer of /v1/jobs/NAME. */
void checkup_job(struct checkup *checkup, const json_t *job, const struct when *when);
