/*
 * Walks the slots of schedules, from one to the next, as the daemon and everyctl do: for each a
 * line with its name, slots per second, and those of "every 1s" just before. Is told how many
 * milliseconds each shall take.
 */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "calendar/cron.h"
#include "calendar/schedule.h"
#include "calendar/zone.h"
#include "config/zones.h"

#include <stdio.h>
#include <stdlib.h>

/* 2026-01-01 00:00:00 UTC. */
#define BEGIN INT64_C(1767225600000000)

#define YEAR (365 * USEC_PER_DAY)

/* How often the clock is looked at. */
#define AT_ONCE 10000

/* Slots per second; from the end of the span it goes on at its beginning. */
static double walk(const struct schedule *schedule, usec_t span, usec_t time)
{
	usec_t begun = clock_elapsed();
	usec_t elapsed;
	usec_t slot = BEGIN;
	double slots = 0;

	do {
		for (int i = 0; i < AT_ONCE; i++) {
			slot = schedule_next(schedule, slot);
			if (slot >= BEGIN + span)
				slot = BEGIN;
		}
		slots += AT_ONCE;
		elapsed = clock_elapsed() - begun;
	} while (elapsed < time);
	return slots * (double)USEC_PER_SEC / (double)elapsed;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *text;
		const char *zone;
		usec_t span;
	} rows[] = {
		{"* * * * * *", "UTC", YEAR},
		{"* * * * * *", "Europe/Berlin", YEAR},
		{"* * * * * mon-fri", "Europe/Berlin", YEAR},
		{"*/5 * * * *", "Europe/Berlin", YEAR},
		{"30 2 * * *", "Europe/Berlin", YEAR},
		{"0 0 29 2 *", "Europe/Berlin", 2000 * YEAR},
	};
	const struct schedule bare = {.kind = SCHEDULE_EVERY, .interval = USEC_PER_SEC};
	usec_t time = (argc > 1 ? atol(argv[1]) : 100) * USEC_PER_MSEC;

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char problem[ZONES_PROBLEM_SIZE];
		struct arena arena;
		struct zones zones;
		struct cron_expr expr;
		struct cron cron = {.n_exprs = 1, .exprs = &expr};
		struct schedule schedule = {.kind = SCHEDULE_CRON, .cron = &cron};
		double before;

		arena_init(&arena);
		zones_init(&zones, &arena);
		if (zones_find(&zones, rows[i].zone, &cron.zone, problem) < 0 ||
		    cron_expr_parse(rows[i].text, "", &expr, problem) < 0) {
			(void)fprintf(stderr, "walk: %s, %s: %s\n", rows[i].text, rows[i].zone,
				      problem);
			return 1;
		}
		before = walk(&bare, YEAR, time);
		printf("%s, %s\t%.0f\t%.0f\n", rows[i].text, rows[i].zone,
		       walk(&schedule, rows[i].span, time), before);
		arena_done(&arena);
	}
	return 0;
}
