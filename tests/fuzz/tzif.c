/* Holds: whatever a zone's file is, it is refused with words, or local time by it is sound. */
#include "base/arena.h"
#include "fuzz.h"
#include "zone_walk.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct zone *zone = NULL;
	const struct zone *again = NULL;
	const char *problem = NULL;
	struct arena arena;
	int r;

	arena_init(&arena);
	r = zone_parse(&arena, "fuzzed", data, size, &zone, &problem);
	if (r == 0) {
		holds(!problem);
		zone_walk_all(zone);
		holds(zone_parse(&arena, "again", data, size, &again, &problem) == 0);
		holds(zone_equal(zone, again) && zone_equal(again, zone));
	} else {
		holds(r == -EINVAL && problem && !zone);
	}
	arena_done(&arena);
	return 0;
}
