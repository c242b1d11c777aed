/* See json.h. */
#include "ctl/json.h"

#include "base/values.h"
#include "calendar/times.h"

#include <errno.h>
#include <stdio.h>

json_t *json_time(usec_t time, const struct zone *zone)
{
	char buf[TIMES_TEXT_SIZE];

	return time == USEC_INFINITY ? json_null()
				     : json_string(times_format_rfc3339(time, zone, buf));
}

int json_print(json_t *value)
{
	_cleanup_(cleanup_value) json_t *owned = value;

	if (!owned)
		return -ENOMEM;
	/* Another reason than the stream is memory: what comes from outside was cleaned. */
	if (json_dumpf(owned, stdout,
		       JSON_ENCODE_ANY | JSON_INDENT(2) | JSON_REAL_PRECISION(VALUE_DIGITS)) < 0)
		return ferror(stdout) ? -EIO : -ENOMEM;
	return putchar('\n') == EOF ? -EIO : 0;
}
