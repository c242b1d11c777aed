/* The zones of the system's tzdata, for tests that want real ones. */
#pragma once

#include "base/arena.h"
#include "base/hash.h"
#include "calendar/civil.h"
#include "calendar/zone.h"
#include "config/tzdata.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ZONE_FIXTURE_MAX 2000

/* Zones that are the same as another are left out. */
struct zone_fixture {
	struct arena arena;
	const struct zone *zones[ZONE_FIXTURE_MAX];
	uint64_t hashes[ZONE_FIXTURE_MAX];
	size_t n;
};

/* One zone by its name; it must be there. */
static inline const struct zone *zone_fixture_get(struct arena *arena, const char *name)
{
	_cleanup_free_ void *bytes = NULL;
	const struct zone *zone = NULL;
	const char *problem = NULL;
	char path[512];
	size_t size = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", tzdata_dir(), name);
	assert_int_equal(tzdata_read(path, &bytes, &size), 0);
	assert_int_equal(zone_parse(arena, name, bytes, size, &zone, &problem), 0);
	return zone;
}

/* nftw() hands nothing on. */
static struct zone_fixture *zone_fixture_of_walk;

static inline int zone_fixture_add(const char *path, const struct stat *st, int type,
				   struct FTW *walk)
{
	struct zone_fixture *fixture = zone_fixture_of_walk;
	const char *name = path + strlen(tzdata_dir()) + 1;
	_cleanup_free_ void *bytes = NULL;
	const char *problem;
	uint64_t hash;
	size_t size;

	(void)st;
	(void)walk;
	if (type != FTW_F || strncmp(name, "right/", 6) == 0 || strncmp(name, "posix/", 6) == 0 ||
	    tzdata_read(path, &bytes, &size) < 0 || size < 4 || memcmp(bytes, "TZif", 4) != 0)
		return 0;
	hash = hash_bytes(HASH_INIT, bytes, size);
	for (size_t i = 0; i < fixture->n; i++)
		if (fixture->hashes[i] == hash)
			return 0;
	assert_true(fixture->n < ZONE_FIXTURE_MAX);
	if (zone_parse(&fixture->arena, name, bytes, size, &fixture->zones[fixture->n], &problem) <
	    0)
		fail_msg("%s %s", name, problem);
	fixture->hashes[fixture->n++] = hash;
	return 0;
}

/* Reads them all: a few hundred. Skips the test where there is no tzdata. */
static inline void zone_fixture_init(struct zone_fixture *fixture)
{
	fixture->n = 0;
	arena_init(&fixture->arena);
	zone_fixture_of_walk = fixture;
	(void)nftw(tzdata_dir(), zone_fixture_add, 16, FTW_PHYS);
	if (fixture->n < 300) {
		print_message("# needs tzdata\n");
		arena_done(&fixture->arena);
		skip();
	}
}

static inline void zone_fixture_done(struct zone_fixture *fixture)
{
	arena_done(&fixture->arena);
}

/* The time at which clocks with that offset from UTC show "2026-03-29 02:30:15"; the time of day
   may be left out. */
static inline int64_t zone_fixture_time(const char *text, int32_t offset)
{
	struct civil civil = {0};
	int n = sscanf(text, "%" SCNd64 "-%d-%d %d:%d:%d", &civil.year, &civil.month, &civil.day,
		       &civil.hour, &civil.minute, &civil.second);

	assert_true(n == 3 || n == 5 || n == 6);
	return civil_seconds(&civil) - offset;
}
