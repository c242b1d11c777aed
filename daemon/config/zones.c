/* See zones.h. */
#include "config/zones.h"

#include "base/arena.h"
#include "base/hash.h"
#include "calendar/zone.h"
#include "config/place.h"
#include "config/tzdata.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOCALTIME "/etc/localtime"

/* What precedes the name of a zone in the path of its file. */
#define ZONEINFO "zoneinfo/"

/* What local time is called whose zone has no name. */
#define LOCAL_NAME "local time"

/* For so many wrong names it is looked for what may have been meant. */
#define SUGGESTIONS_MAX 100

struct zones_entry {
	struct zones_entry *next; /* in its bucket */
	const char *name;
	const struct zone *zone; /* NULL: there is none ... */
	const char *problem;     /* ... for this reason */
};

void zones_init(struct zones *zones, struct arena *arena)
{
	*zones = (struct zones){.arena = arena};
}

static _printf_(2, 3) int refuse(char problem[static ZONES_PROBLEM_SIZE], const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(problem, ZONES_PROBLEM_SIZE, format, ap);
	va_end(ap);
	return -EINVAL;
}

static int refuse_file(int r, char problem[static ZONES_PROBLEM_SIZE])
{
	if (r == -ENOMEM)
		return r;
	if (r == -EISDIR)
		return refuse(problem, "that is a directory, not a zone");
	if (r == -EINVAL)
		return refuse(problem, "its file is no regular one");
	if (r == -EFBIG)
		return refuse(problem, "its file is larger than %d bytes, which no zone is",
			      ZONE_FILE_MAX);
	return refuse(problem, "its file cannot be read: %s", strerror(-r));
}

/* Says why there is no file of that name, at `path`, and which may have been meant. */
static int refuse_unknown(struct zones *zones, const char *name, const char *path,
			  char problem[static ZONES_PROBLEM_SIZE])
{
	_cleanup_free_ char *suggestion = NULL;

	if (access(tzdata_dir(), F_OK) < 0)
		return refuse(
			problem,
			"there are no time zones in %.150s; install them, Debian's package is "
			"tzdata",
			tzdata_dir());
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return refuse(problem, "its file is a link that leads to none");
	if (zones->unknown++ < SUGGESTIONS_MAX)
		suggestion = tzdata_suggest(name);
	if (suggestion)
		return refuse(problem, "there is no such time zone; did you mean \"%.200s\"?",
			      suggestion);
	return refuse(problem,
		      "there is no such time zone; write it as in \"Europe/Berlin\" or \"UTC\"");
}

/* Makes a zone from the file at `path`, which may be missing: -ENOENT then. */
static int read_zone(const struct zones *zones, const char *path, const char *name,
		     const struct zone **ret_zone, char problem[static ZONES_PROBLEM_SIZE])
{
	_cleanup_free_ void *bytes = NULL;
	const char *fault = NULL;
	size_t size;
	int r;

	r = tzdata_read(path, &bytes, &size);
	if (r == -ENOENT || r == -ENOTDIR || r == -ENAMETOOLONG)
		return -ENOENT;
	if (r < 0)
		return refuse_file(r, problem);
	r = zone_parse(zones->arena, name, bytes, size, ret_zone, &fault);
	return r == -EINVAL ? refuse(problem, "its file %s", fault) : r;
}

static int find_in_tzdata(struct zones *zones, const char *name, const struct zone **ret_zone,
			  char problem[static ZONES_PROBLEM_SIZE])
{
	static const char right[] = "right/";
	_cleanup_free_ char *path = NULL;
	int r;

	if (!tzdata_name_is_valid(name))
		return refuse(problem,
			      "that is not the name of a time zone, as in \"Europe/Berlin\"; they "
			      "are neither absolute nor have dots in them");
	if (!strncmp(name, right, sizeof(right) - 1))
		return refuse(
			problem,
			"zones below \"right/\" count leap seconds, which Unix time does not; "
			"write \"%.200s\"",
			name + sizeof(right) - 1);
	if (!strcmp(name, "UTC")) {
		*ret_zone = zone_utc();
		return 0;
	}
	if (asprintf(&path, "%s/%s", tzdata_dir(), name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = read_zone(zones, path, name, ret_zone, problem);
	return r == -ENOENT ? refuse_unknown(zones, name, path, problem) : r;
}

/* A new entry with what was found; `r` is 0 or -EINVAL. NULL: out of memory. */
static struct zones_entry *new_entry(const struct zones *zones, int r, const char *name,
				     const struct zone *zone, const char *problem)
{
	struct zones_entry *entry = arena_alloc(zones->arena, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->name = arena_copy(zones->arena, name, strlen(name));
	entry->zone = r == 0 ? zone : NULL;
	entry->problem = r == 0 ? "" : arena_copy(zones->arena, problem, strlen(problem));
	return entry->name && entry->problem ? entry : NULL;
}

static int tell(const struct zones_entry *entry, const struct zone **ret_zone,
		char problem[static ZONES_PROBLEM_SIZE])
{
	if (!entry->zone)
		return refuse(problem, "%s", entry->problem);
	*ret_zone = entry->zone;
	return 0;
}

int zones_find(struct zones *zones, const char *name, const struct zone **ret_zone,
	       char problem[static ZONES_PROBLEM_SIZE])
{
	uint64_t hash = hash_finish(hash_bytes(HASH_INIT, name, strlen(name)));
	struct zones_entry **bucket = &zones->buckets[hash % ARRAY_LENGTH(zones->buckets)];
	struct zones_entry *entry = *bucket;
	char found[ZONES_PROBLEM_SIZE] = "";
	const struct zone *zone = NULL;
	int r;

	while (entry && strcmp(entry->name, name) != 0)
		entry = entry->next;
	if (entry)
		return tell(entry, ret_zone, problem);
	r = find_in_tzdata(zones, name, &zone, found);
	if (r == -ENOMEM)
		return r;
	entry = new_entry(zones, r, name, zone, found);
	if (!entry)
		return -ENOMEM;
	entry->next = *bucket;
	*bucket = entry;
	return tell(entry, ret_zone, problem);
}

/* The name of a zone, if the path tells it. */
static const char *name_in_path(const char *path)
{
	const char *found = strstr(path, ZONEINFO);
	const char *name = LOCAL_NAME;

	for (; found; found = strstr(found + 1, ZONEINFO))
		if (tzdata_name_is_valid(found + strlen(ZONEINFO)))
			name = found + strlen(ZONEINFO);
	return name;
}

/* By a path that may be a link to the zone's file. */
static int local_by_path(const struct zones *zones, const char *path, const struct zone **ret_zone,
			 char problem[static ZONES_PROBLEM_SIZE])
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	const char *name;
	int r;

	target[len > 0 ? len : 0] = '\0';
	name = name_in_path(len > 0 ? target : path);
	r = read_zone(zones, path, name, ret_zone, problem);
	/* As in a container without tzdata. */
	if (r == -ENOENT && (!strcmp(name, "Etc/UTC") || !strcmp(name, "UTC"))) {
		*ret_zone = zone_utc();
		return 0;
	}
	return r;
}

/* TZ as tzset(3) has it: the name of a zone, the path of its file, or a rule of POSIX. */
static int local_by_variable(struct zones *zones, const char *tz, const struct zone **ret_zone,
			     char problem[static ZONES_PROBLEM_SIZE])
{
	const char *name = tz[0] == ':' ? tz + 1 : tz;
	char found[ZONES_PROBLEM_SIZE] = "";
	char shown[QUOTED_SIZE];
	int r;

	if (!name[0]) {
		*ret_zone = zone_utc();
		return 0;
	}
	if (name[0] == '/')
		r = local_by_path(zones, name, ret_zone, found);
	else
		r = find_in_tzdata(zones, name, ret_zone, found);
	if (r == -ENOENT)
		r = refuse(found, "there is no such file");
	if (r == -EINVAL && name == tz && strlen(tz) <= TZDATA_NAME_MAX &&
	    zone_parse_posix(zones->arena, tz, tz, ret_zone) == 0)
		r = 0;
	if (r == -EINVAL)
		r = refuse(problem, "TZ=%.60s in the environment: %s",
			   quoted(tz, strlen(tz), shown), found);
	return r;
}

static int find_local(struct zones *zones, const struct zone **ret_zone,
		      char problem[static ZONES_PROBLEM_SIZE])
{
	const char *tz = getenv("TZ");
	char found[ZONES_PROBLEM_SIZE] = "";
	int r;

	if (tz)
		return local_by_variable(zones, tz, ret_zone, problem);
	r = local_by_path(zones, LOCALTIME, ret_zone, found);
	if (r == -ENOENT && faccessat(AT_FDCWD, LOCALTIME, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		*ret_zone = zone_utc();
		return 0;
	}
	if (r == -ENOENT)
		return refuse(problem, LOCALTIME " leads to no file; is Debian's package tzdata "
						 "installed?");
	return r == -EINVAL ? refuse(problem, LOCALTIME ": %s", found) : r;
}

int zones_local(struct zones *zones, const struct zone **ret_zone,
		char problem[static ZONES_PROBLEM_SIZE])
{
	char found[ZONES_PROBLEM_SIZE] = "";
	const struct zone *zone = NULL;
	int r;

	if (!zones->local) {
		r = find_local(zones, &zone, found);
		if (r == -ENOMEM)
			return r;
		zones->local = new_entry(zones, r, LOCAL_NAME, zone, found);
		zones->local_zone = zones->local ? zones->local->zone : NULL;
	}
	return zones->local ? tell(zones->local, ret_zone, problem) : -ENOMEM;
}
