/* Holds: a duration that is read is written so that it is read again as the same. */
#include "calendar/duration.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	char buf[DURATION_TEXT_SIZE];
	usec_t again;
	usec_t span = 0;

	if (duration_parse(text, &span) < 0)
		span = (usec_t)fuzz_number(&data, &size, sizeof(span));
	holds(strlen(duration_format_short(span, buf)) < sizeof(buf));
	holds(strlen(duration_format(span, buf)) < sizeof(buf));
	if (span >= 0 && span < USEC_INFINITY)
		holds(duration_parse(buf, &again) == 0 && again == span);
	return 0;
}
