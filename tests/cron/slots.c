/*
 * Prints slots of cron expressions, for a comparison with what others make of them. Reads lines of
 * zone, "shift" or "skip", "first", "last" or "both", seconds since the epoch, how many slots, and
 * an expression, with tabs in between; prints a line each, of seconds since the epoch.
 */
#include "base/arena.h"
#include "base/cleanup.h"
#include "calendar/cron.h"
#include "config/zones.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 1000

static int print_slots(struct zones *zones, char *line)
{
	char *zone = strsep(&line, "\t");
	char *gap = strsep(&line, "\t");
	char *overlap = strsep(&line, "\t");
	char *from = strsep(&line, "\t");
	char *number = strsep(&line, "\t");
	char problem[ZONES_PROBLEM_SIZE];
	struct cron_expr expr;
	struct cron cron = {.n_exprs = 1, .exprs = &expr};
	usec_t slot;

	if (!line || zones_find(zones, zone, &cron.zone, problem) < 0 ||
	    cron_expr_parse(line, "", &expr, problem) < 0) {
		(void)fprintf(stderr, "slots: %s: %s\n", line ? line : "too few fields", problem);
		return 1;
	}
	cron.gap = strcmp(gap, "skip") == 0 ? DST_GAP_SKIP : DST_GAP_SHIFT;
	cron.overlap = strcmp(overlap, "both") == 0   ? DST_OVERLAP_BOTH
		       : strcmp(overlap, "last") == 0 ? DST_OVERLAP_LAST
						      : DST_OVERLAP_FIRST;
	slot = strtoll(from, NULL, 10) * USEC_PER_SEC;
	for (long left = strtol(number, NULL, 10); left > 0; left--) {
		slot = cron_next(&cron, slot);
		if (slot == USEC_INFINITY)
			break;
		printf("%" PRId64 " ", slot / USEC_PER_SEC);
	}
	printf("\n");
	return 0;
}

int main(void)
{
	char line[LINE_SIZE];
	struct arena arena;
	struct zones zones;
	int status = 0;

	arena_init(&arena);
	zones_init(&zones, &arena);
	while (status == 0 && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		status = print_slots(&zones, line);
	}
	arena_done(&arena);
	return status;
}
