/* Holds: a time that is read is written so that it is read again as the same, in a zone whose
   clocks are set. */
#include "calendar/times.h"
#include "base/arena.h"
#include "calendar/zone.h"
#include "fuzz.h"

#include <string.h>

/* The years 1 to 9999, UTC, but for their first and last day: what can be written with four digits
   in any zone. */
#define TIME_FIRST (INT64_C(-62135510400) * USEC_PER_SEC)
#define TIME_LAST  (INT64_C(253402214400) * USEC_PER_SEC)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	usec_t now = (usec_t)fuzz_number(&data, &size, sizeof(now)) % TIME_LAST;
	_cleanup_free_ char *text = fuzz_text(data, size);
	char buf[TIMES_TEXT_SIZE];
	const struct zone *zone;
	struct arena arena;
	usec_t again;
	usec_t time;

	arena_init(&arena);
	holds(zone_parse_posix(&arena, "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", &zone) == 0);
	if (times_parse(text, zone, now, &time) < 0)
		time = now;
	holds(strlen(times_format_relative(time, now, buf)) < sizeof(buf));
	holds(strlen(times_format(time, zone, buf)) < sizeof(buf));
	if (time >= TIME_FIRST && time <= TIME_LAST) {
		holds(times_parse(buf, zone, now, &again) == 0 && again == time);
		(void)times_format_rfc3339(time, zone, buf);
		holds(times_parse(buf, zone, now, &again) == 0 && again == time);
	}
	holds(strlen(times_format_rfc3339(time, zone, buf)) < sizeof(buf));
	arena_done(&arena);
	return 0;
}
