/* Holds: whatever a POSIX TZ string is, it is refused, or local time by it is sound. */
#include "base/arena.h"
#include "fuzz.h"
#include "zone_walk.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	const struct zone *zone = NULL;
	struct arena arena;
	int r;

	arena_init(&arena);
	r = zone_parse_posix(&arena, text, text, &zone);
	if (r == 0)
		zone_walk_all(zone);
	else
		holds(r == -EINVAL && !zone);
	arena_done(&arena);
	return 0;
}
