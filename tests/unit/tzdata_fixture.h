/* A directory of time zones for a test, which is TZDIR meanwhile. */
#pragma once

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

struct tzdata_fixture {
	char dir[64];
	char *tz; /* the variables as they were; NULL: not set */
	char *tzdir;
};

/* Sets a variable, or with NULL takes it away. */
static inline void tzdata_variable(const char *name, const char *value)
{
	assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static inline char *tzdata_path(const struct tzdata_fixture *fixture, const char *name)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", fixture->dir, name) > 0);
	return path;
}

static inline void tzdata_write(const struct tzdata_fixture *fixture, const char *name,
				const void *bytes, size_t size)
{
	char *path = tzdata_path(fixture, name);
	FILE *f;

	/* Directories above it. */
	for (char *slash = path + strlen(fixture->dir) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	(void)unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
	free(path);
}

/* Writes a zone that has had this offset for ever and follows the rule: a TZif file, version 2,
   without transitions. */
static inline void tzdata_zone(const struct tzdata_fixture *fixture, const char *name,
			       int32_t offset, const char *rule)
{
	unsigned char bytes[400] = "";
	size_t size = 0;

	for (int block = 0; block < 2; block++) {
		unsigned char *header = bytes + size;

		memcpy(header, "TZif2", 5);
		header[39] = 1; /* types */
		header[43] = 4; /* bytes of names */
		for (int i = 0; i < 4; i++)
			header[44 + i] = (unsigned char)((uint32_t)offset >> (24 - 8 * i));
		memcpy(header + 50, "XYZ", 4);
		size += 54;
	}
	size += (size_t)snprintf((char *)bytes + size, sizeof(bytes) - size, "\n%s\n", rule);
	tzdata_write(fixture, name, bytes, size);
}

static int tzdata_setup(void **state)
{
	struct tzdata_fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	strcpy(fixture->dir, "/tmp/everyd-test-tzdata-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	fixture->tz = getenv("TZ") ? strdup(getenv("TZ")) : NULL;
	fixture->tzdir = getenv("TZDIR") ? strdup(getenv("TZDIR")) : NULL;
	tzdata_variable("TZDIR", fixture->dir);
	tzdata_variable("TZ", NULL);
	tzdata_zone(fixture, "Europe/Berlin", 3600, BERLIN);
	tzdata_zone(fixture, "Europe/Bern", 3600, BERLIN);
	tzdata_zone(fixture, "America/New_York", -18000, "EST5EDT,M3.2.0,M11.1.0");
	tzdata_zone(fixture, "America/Argentina/Salta", -10800, "<-03>3");
	tzdata_zone(fixture, "CET", 3600, BERLIN);
	tzdata_zone(fixture, "EST", -18000, "EST5");
	tzdata_zone(fixture, "right/Europe/Berlin", 3600, BERLIN);
	tzdata_zone(fixture, "posix/Europe/Berlin", 3600, BERLIN);
	tzdata_write(fixture, "zone.tab", "# a table", 9);
	*state = fixture;
	return 0;
}

static int tzdata_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int tzdata_teardown(void **state)
{
	struct tzdata_fixture *fixture = *state;

	tzdata_variable("TZ", fixture->tz);
	tzdata_variable("TZDIR", fixture->tzdir);
	assert_int_equal(nftw(fixture->dir, tzdata_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(fixture->tz);
	free(fixture->tzdir);
	free(fixture);
	return 0;
}
