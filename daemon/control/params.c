/* See params.h. */
#include "control/params.h"

#include "core/verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool param_limit(struct exchange *exchange, unsigned *ret_limit)
{
	const char *text = exchange_param(exchange, "limit");
	unsigned long limit = PAGE_USUAL;
	char *end;

	if (text) {
		errno = 0;
		limit = strtoul(text, &end, 10);
		/* A sign or white space, which that takes, is no digit. */
		if (errno || *text < '0' || *text > '9' || *end || limit < 1 || limit > PAGE_MAX) {
			exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
				       "limit is a number from 1 to %d, not \"%.100s\"", PAGE_MAX,
				       text);
			return false;
		}
	}
	*ret_limit = (unsigned)limit;
	return true;
}

static bool find_verdict(const char *name, size_t len, uint32_t *set)
{
	for (int i = 0; i < VERDICT_COUNT; i++) {
		const char *other = verdict_info((enum verdict)i)->name;

		if (strlen(other) == len && memcmp(name, other, len) == 0) {
			*set |= UINT32_C(1) << i;
			return true;
		}
	}
	return false;
}

bool param_verdicts(struct exchange *exchange, uint32_t *ret_verdicts)
{
	const char *text = exchange_param(exchange, "verdict");
	uint32_t verdicts = 0;

	while (text) {
		size_t len = strcspn(text, ",");

		if (!find_verdict(text, len, &verdicts)) {
			exchange_error(
				exchange, STATUS_BAD_REQUEST, "bad-parameter",
				"there is no verdict \"%.*s\"; they are ok, failed, timeout, "
				"killed, lost, skipped, coalesced, missed, paused, refused "
				"and cancelled",
				len < 100 ? (int)len : 100, text);
			return false;
		}
		text = text[len] ? text + len + 1 : NULL;
	}
	*ret_verdicts = verdicts;
	return true;
}
