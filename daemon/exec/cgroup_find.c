/* See cgroup_find.h. */
#include "exec/cgroup_find.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

/* Of cgroup v2 in /proc/PID/cgroup; the others are of v1. */
#define V2_PREFIX "0::"

/* Fields of /proc/PID/mountinfo (proc(5)), of which any number of others may follow. */
enum field {
	FIELD_ROOT = 3,
	FIELD_POINT = 4,
	FIELD_OPTIONS = 5,
};

static void cleanup_file(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

void cgroup_place_done(struct cgroup_place *place)
{
	free(place->directory);
	free(place->path);
	*place = (struct cgroup_place){0};
}

/* Sets *ret_path to a new string. */
static int find_path(const char *file, char **ret_path)
{
	_cleanup_(cleanup_file) FILE *f = fopen(file, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	if (!f)
		return -errno;
	while (getline(&line, &size, f) > 0) {
		if (strncmp(line, V2_PREFIX, strlen(V2_PREFIX)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		/* Of the root, so that others can be put behind it. */
		if (strcmp(line, V2_PREFIX "/") == 0)
			line[strlen(V2_PREFIX)] = '\0';
		*ret_path = strdup(line + strlen(V2_PREFIX));
		return *ret_path ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* In place: "\040" becomes a blank, and so on. */
static void unescape(char *text)
{
	char *out = text;

	for (const char *in = text; *in;) {
		if (*in == '\\' && is_octal(in[1]) && is_octal(in[2]) && is_octal(in[3])) {
			*out++ = (char)((in[1] - '0') * 64 + (in[2] - '0') * 8 + (in[3] - '0'));
			in += 4;
		} else {
			*out++ = *in++;
		}
	}
	*out = '\0';
}

/* Splits a line of mountinfo. Returns whether it is of cgroup v2. */
static bool split_mount(char *line, char **ret_root, char **ret_point)
{
	char *fields[FIELD_OPTIONS + 1];
	const char *type = strstr(line, " - ");
	char *rest = line;

	if (!type || strncmp(type, " - cgroup2 ", strlen(" - cgroup2 ")) != 0)
		return false;
	for (int i = 0; i <= FIELD_OPTIONS; i++) {
		fields[i] = strsep(&rest, " ");
		if (!rest)
			return false;
	}
	unescape(fields[FIELD_ROOT]);
	unescape(fields[FIELD_POINT]);
	*ret_root = fields[FIELD_ROOT];
	*ret_point = fields[FIELD_POINT];
	return true;
}

/* What is left of the path below the root of a mount; NULL: it is not there. */
static const char *below(const char *path, const char *root)
{
	size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(path, root, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return NULL;
	/* In a namespace (cgroup_namespaces(7)), whose root is elsewhere. */
	if (strncmp(path, "/../", 4) == 0 || strcmp(path, "/..") == 0)
		return NULL;
	return path + len;
}

static int find_directory(const char *file, const char *path, char **ret_directory)
{
	_cleanup_(cleanup_file) FILE *f = fopen(file, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	if (!f)
		return -errno;
	while (getline(&line, &size, f) > 0) {
		const char *rest;
		char *root;
		char *point;

		if (!split_mount(line, &root, &point))
			continue;
		rest = below(path, root);
		if (!rest)
			continue;
		if (asprintf(ret_directory, "%s%s", point, rest) < 0)
			return -ENOMEM;
		return 0;
	}
	return -ENOENT;
}

int cgroup_find(const char *cgroup, const char *mountinfo, struct cgroup_place *ret_place)
{
	struct cgroup_place place = {0};
	int r = find_path(cgroup, &place.path);

	if (r == 0 && place.path)
		r = find_directory(mountinfo, place.path, &place.directory);
	if (r < 0) {
		cgroup_place_done(&place);
		return r;
	}
	*ret_place = place;
	return 0;
}

/* The systemd that is a user's own does not mark what it delegates; the unit for it says so. */
static bool is_told(void)
{
	const char *told = getenv("EVERYD_DELEGATED");

	return told && strcmp(told, "yes") == 0;
}

static bool is_marked(const char *directory)
{
	static const char *const names[] = {"user.delegate", "trusted.delegate"};

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		char value[8];

		if (getxattr(directory, names[i], value, sizeof(value)) == 1 && value[0] == '1')
			return true;
	}
	return false;
}

/* Cuts off the leaf, if that is what both end with. Returns whether it did. */
static bool leave_leaf(struct cgroup_place *place)
{
	char *const texts[] = {place->directory, place->path};
	size_t leaf = strlen("/" CGROUP_DAEMON);

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		size_t len = strlen(texts[i]);

		if (len < leaf || strcmp(texts[i] + len - leaf, "/" CGROUP_DAEMON) != 0)
			return false;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		texts[i][strlen(texts[i]) - leaf] = '\0';
	return true;
}

/*
 * Is this the first process of a container, with the container's part of the hierarchy at the root
 * of what it sees (cgroup_namespaces(7))? The root of the machine, which is no container's, has no
 * cgroup.events.
 */
static bool is_containers(const struct cgroup_place *place)
{
	_cleanup_free_ char *events = NULL;

	return getpid() == 1 && !*place->path &&
	       asprintf(&events, "%s/cgroup.events", place->directory) >= 0 &&
	       access(events, F_OK) == 0;
}

int cgroup_find_own(struct cgroup_place *ret_place)
{
	struct cgroup_place place;
	int r = cgroup_find("/proc/self/cgroup", "/proc/self/mountinfo", &place);

	if (r < 0)
		return r;
	assert(place.directory && place.path);
	place.marked = is_told() || is_marked(place.directory);
	if (!place.marked && leave_leaf(&place)) {
		place.inside = true;
		place.marked = is_marked(place.directory);
	}
	if (!place.marked && !is_containers(&place)) {
		cgroup_place_done(&place);
		return -ENOENT;
	}
	*ret_place = place;
	return 0;
}
