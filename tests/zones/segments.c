/*
 * Prints the local time of zones: segments FROM TO, with the names of TZif files on standard input,
 * one a line. For each file a line "zone NAME", or "bad NAME: PROBLEM"; then for each segment from
 * FROM to TO one with its begin (or FROM), its end, its offset and its abbreviation; then, unless
 * it is the first, the times at which clocks first show what they show (or do not) around its
 * begin: by the offset before and by its own, a second less and not, and in the middle between the
 * two.
 */
#include "base/arena.h"
#include "calendar/zone.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_ways_back(const struct zone *zone, int64_t begin, int32_t before, int32_t after)
{
	const int64_t locals[] = {
		begin + before - 1,           begin + before, begin + after - 1, begin + after,
		begin + (before + after) / 2,
	};

	for (size_t i = 0; i < ARRAY_LENGTH(locals); i++)
		printf(" %" PRId64, zone_time(zone, locals[i]));
}

static void print_segments(const struct zone *zone, int64_t from, int64_t to)
{
	int64_t time = from;
	int32_t before = 0;

	while (time < to) {
		struct zone_segment segment = zone_segment(zone, time);

		printf("%" PRId64 " %" PRId64 " %" PRId32 " %s", time, segment.end, segment.offset,
		       segment.abbreviation);
		if (time > from)
			print_ways_back(zone, time, before, segment.offset);
		putchar('\n');
		before = segment.offset;
		time = segment.end;
	}
}

static void print_file(const char *path, int64_t from, int64_t to)
{
	static char bytes[ZONE_FILE_MAX];
	const char *problem = "cannot be opened";
	const struct zone *zone;
	struct arena arena;
	size_t size;
	FILE *file = fopen(path, "re");

	arena_init(&arena);
	size = file ? fread(bytes, 1, sizeof(bytes), file) : 0;
	if (file && zone_parse(&arena, path, bytes, size, &zone, &problem) == 0) {
		printf("zone %s\n", path);
		print_segments(zone, from, to);
	} else {
		printf("bad %s: %s\n", path, problem);
	}
	if (file)
		(void)fclose(file);
	arena_done(&arena);
}

int main(int argc, char **argv)
{
	char path[1000];

	if (argc != 3)
		return 2;
	while (fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = '\0';
		print_file(path, strtoll(argv[1], NULL, 10), strtoll(argv[2], NULL, 10));
	}
	return 0;
}
