/* See tzdata.h. */
#include "config/tzdata.h"

#include "base/text.h"
#include "calendar/zone.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* A name that is further away than this is not what was meant. */
#define SUGGESTION_DISTANCE 2

/* Names have up to three parts, "America/Argentina/Salta"; "posix/" may stand before them. */
#define DEPTH_MAX 4

/* The most files that are looked at; tzdata has some 1800 with all variants. */
#define FILES_MAX 10000

const char *tzdata_dir(void)
{
	const char *dir = getenv("TZDIR");

	return dir && dir[0] ? dir : TZDATA_DIR;
}

bool tzdata_name_is_valid(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > TZDATA_NAME_MAX || name[0] == '/' || name[len - 1] == '/' ||
	    strstr(name, "//"))
		return false;
	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		if (c == '.' || c < ' ' || c == 0x7f)
			return false;
	}
	return true;
}

int tzdata_read(const char *path, void **ret_bytes, size_t *ret_size)
{
	/* A FIFO is not to be waited for. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_free_ char *bytes = NULL;
	size_t size = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > ZONE_FILE_MAX)
		return -EFBIG;
	/* One more than there is, to meet the end in the same call. */
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return -ENOMEM;
	while (size <= (size_t)st.st_size) {
		ssize_t n = read(fd, bytes + size, (size_t)st.st_size + 1 - size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	*ret_bytes = steal_ptr(bytes);
	*ret_size = size;
	return 0;
}

/* In search of the name that is nearest to another. */
struct search {
	const char *name;
	unsigned nearest; /* distance of the best */
	char best[TZDATA_NAME_MAX + 2];
	unsigned files;
};

static const char *last_part(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

/* Abbreviations, "CEST", are near to many zones and mean none of them. */
static bool is_abbreviation(const char *name)
{
	return strlen(name) <= 5 && !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
}

static void consider(struct search *search, const char *candidate)
{
	unsigned distance;

	if (!strcasecmp(candidate, search->name))
		distance = 0;
	else if (is_abbreviation(search->name))
		return;
	else if (!strcasecmp(last_part(candidate), search->name))
		distance = 1;
	else
		distance = 1 + text_distance(candidate, search->name);
	if (distance > 1 && !strchr(search->name, '/') && !is_abbreviation(search->name)) {
		unsigned part = 2 + text_distance(last_part(candidate), search->name);

		distance = part < distance ? part : distance;
	}
	/* The first of its kind in no particular order would be another one each time. */
	if (distance > search->nearest ||
	    (distance == search->nearest && strcmp(candidate, search->best) > 0))
		return;
	search->nearest = distance;
	(void)snprintf(search->best, sizeof(search->best), "%s", candidate);
}

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

/* Is it a directory, or a link to one? */
static bool is_directory(DIR *dir, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
		return entry->d_type == DT_DIR;
	return fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

/* Considers all names below the directory `fd`, which is closed; `prefix` is "" or ends in "/". */
static void walk(struct search *search, int fd, const char *prefix, unsigned depth)
{
	_cleanup_(close_dir) DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		(void)close(fd);
		return;
	}
	while (search->files < FILES_MAX && (entry = readdir(dir))) {
		char name[TZDATA_NAME_MAX + 2];
		int inner;

		/* Tables have a dot in their names; the two are the same zones again. */
		if (strchr(entry->d_name, '.') ||
		    (depth == 0 &&
		     (!strcmp(entry->d_name, "right") || !strcmp(entry->d_name, "posix"))) ||
		    strlen(prefix) + strlen(entry->d_name) > TZDATA_NAME_MAX)
			continue;
		search->files++;
		if (!is_directory(dir, entry)) {
			(void)snprintf(name, sizeof(name), "%s%s", prefix, entry->d_name);
			consider(search, name);
			continue;
		}
		(void)snprintf(name, sizeof(name), "%s%s/", prefix, entry->d_name);
		inner = depth + 1 < DEPTH_MAX ? openat(dirfd(dir), entry->d_name,
						       O_RDONLY | O_DIRECTORY | O_CLOEXEC)
					      : -1;
		if (inner >= 0)
			walk(search, inner, name, depth + 1);
	}
}

char *tzdata_suggest(const char *name)
{
	struct search search = {.name = name, .nearest = SUGGESTION_DISTANCE + 1};
	int fd = open(tzdata_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	search.best[0] = '\x7f'; /* behind every name */
	if (fd < 0)
		return NULL;
	walk(&search, fd, "", 0);
	return search.best[0] == '\x7f' ? NULL : strdup(search.best);
}
