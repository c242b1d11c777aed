/*
 * See outfile.h.
 *
 * The way is walked one name after the other by descriptors (O_PATH), so that what has been looked
 * at is what is used, whatever others rename meanwhile; and as the job's user, so that it leads
 * nowhere that he could not go himself.
 */
#include "exec/outfile.h"

#include "exec/filesystem.h"
#include "exec/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

/* Symbolic links on one way, as many as the kernel follows. */
#define LINKS_MAX 40

/* --- names --- */

struct text {
	char *bytes;
	size_t size;
	size_t used; /* never reaches `size`: a NUL fits */
};

static int put(struct text *text, const char *bytes, size_t len)
{
	if (len >= text->size - text->used)
		return -ENAMETOOLONG;
	memcpy(text->bytes + text->used, bytes, len);
	text->used += len;
	text->bytes[text->used] = '\0';
	return 0;
}

/* So that strftime(3) writes it as it is. */
static int put_literally(struct text *text, const char *string)
{
	for (int r; *string; string++) {
		r = put(text, *string == '%' ? "%%" : string, *string == '%' ? 2 : 1);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Replaces what strftime(3) does not know. */
static int make_format(struct text *format, const char *pattern, const struct outfile_names *names,
		       const char *home)
{
	int r = 0;

	if (pattern[0] == '~' && (pattern[1] == '/' || pattern[1] == '\0')) {
		r = put_literally(format, home);
		pattern++;
	}
	while (r == 0 && *pattern) {
		size_t n = *pattern == '%' && pattern[1] ? 2 : 1;

		if (n == 1 && *pattern == '%')
			r = put_literally(format, "%");
		else if (n == 2 && pattern[1] == 'j')
			r = put_literally(format, names->job);
		else if (n == 2 && pattern[1] == 'r')
			r = put_literally(format, names->run);
		else
			r = put(format, pattern, n);
		pattern += n;
	}
	return r;
}

/* Whoever writes the configuration may use any format; no format makes strftime(3) fail. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static size_t format_time(char *buf, size_t size, const char *format, usec_t wall)
{
	time_t sec = (time_t)(wall / USEC_PER_SEC);
	struct tm tm = {0};

	(void)localtime_r(&sec, &tm);
	return strftime(buf, size, format, &tm);
}
#pragma GCC diagnostic pop

int outfile_expand(const char *pattern, const struct outfile_names *names, const char *home,
		   char *buf, size_t size)
{
	char format[2 * PATH_MAX] = "";
	struct text text = {.bytes = format, .size = sizeof(format)};
	int r = make_format(&text, pattern, names, home);

	if (r < 0)
		return r;
	return format_time(buf, size, format, names->wall) > 0 ? 0 : -ENAMETOOLONG;
}

/* --- the way --- */

struct walk {
	uid_t owner; /* whose symbolic links are followed, beside root's */
	bool make;   /* what is missing */
	unsigned links;
	dev_t device;        /* of the file system that was found to answer */
	int dir;             /* where it has got to */
	const char *at;      /* in `rest`: the names that are left */
	char rest[PATH_MAX]; /* of the way */
};

/* Takes on a directory as the place that has been got to. */
static void walk_to(struct walk *walk, int dir)
{
	if (walk->dir >= 0)
		(void)close(walk->dir);
	walk->dir = dir;
}

static int walk_to_root(struct walk *walk)
{
	int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	walk_to(walk, dir);
	return 0;
}

/* Puts what a symbolic link says before what is left of the way. */
static int follow(struct walk *walk, int link)
{
	char target[PATH_MAX];
	char way[PATH_MAX];
	ssize_t n = readlinkat(link, "", target, sizeof(target));

	if (n < 0)
		return -errno;
	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	if ((size_t)n + strlen(walk->at) >= sizeof(way))
		return -ENAMETOOLONG;
	(void)snprintf(way, sizeof(way), "%.*s%s", (int)n, target, walk->at);
	memcpy(walk->rest, way, sizeof(way));
	walk->at = walk->rest;
	return way[0] == '/' ? walk_to_root(walk) : 0;
}

/* Goes on by one name: into a directory, or where a symbolic link leads. */
static int walk_on(struct walk *walk, const char *name)
{
	_cleanup_close_ int fd = openat(walk->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 && errno == ENOENT && walk->make) {
		if (mkdirat(walk->dir, name, 0755) < 0 && errno != EEXIST)
			return -errno;
		fd = openat(walk->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return -errno;
	r = filesystem_check_server(fd, &walk->device);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return st.st_uid == 0 || st.st_uid == walk->owner ? follow(walk, fd) : -ELOOP;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	walk_to(walk, steal_fd(&fd));
	return 0;
}

/* Takes the next name off the way. */
static int next_name(struct walk *walk, char name[static NAME_MAX + 1])
{
	const char *from = walk->at + strspn(walk->at, "/");
	size_t n = strcspn(from, "/");

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, from, n);
	name[n] = '\0';
	walk->at = from + n;
	return 0;
}

/* The one device that takes the place of an empty file. */
static bool is_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* Opens what has that name; nothing that merely being opened could do something to, and by what
   has been looked at, lest something else take the name, or be mounted there. */
static int open_found(const struct walk *walk, const char *name, int flags)
{
	_cleanup_close_ int fd = openat(walk->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	dev_t device = walk->device;
	char path[40];
	struct stat st;
	int r;

	if (fd < 0)
		return -errno;
	r = filesystem_check_server(fd, &device);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) && !is_null(&st))
		return -EPERM;
	r = filesystem_check_file(fd);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* Without a wait for a lease (fcntl(2)). */
	r = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return r < 0 ? -errno : r;
}

static int make_last(const struct walk *walk, const char *name, int flags)
{
	int r = filesystem_check_file(walk->dir);

	if (r < 0)
		return r;
	r = openat(walk->dir, name, flags | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	return r < 0 ? -errno : r;
}

/* Opens the last name. Returns a descriptor, -ELOOP if it is a symbolic link, or -errno. */
static int open_last(const struct walk *walk, const char *name, int flags)
{
	int r = open_found(walk, name, flags);

	if (r == -ENOENT && walk->make)
		r = make_last(walk, name, flags);
	/* Another run of the job was first. */
	return r == -EEXIST ? open_found(walk, name, flags) : r;
}

/* Walks to the last name and opens that. Returns a descriptor or -errno. */
static int walk_way(struct walk *walk, int flags)
{
	char name[NAME_MAX + 1];
	int r = walk_to_root(walk);

	while (r == 0) {
		r = next_name(walk, name);
		if (r < 0)
			return r;
		if (!name[0])
			return -EISDIR;
		if (!*walk->at) {
			r = open_last(walk, name, flags);
			if (r != -ELOOP)
				return r;
		}
		r = walk_on(walk, name);
	}
	return r;
}

/* Opens it as the thread has leave to, following links of `owner`'s and root's only. */
static int open_way(const char *path, uid_t owner, bool make, int flags)
{
	struct walk way = {.owner = owner, .make = make, .dir = -1};
	size_t len = strlen(path);
	int r;

	if (path[0] != '/')
		return -EINVAL;
	if (len >= sizeof(way.rest))
		return -ENAMETOOLONG;
	memcpy(way.rest, path, len + 1);
	way.at = way.rest;
	r = walk_way(&way, flags);
	if (way.dir >= 0)
		(void)close(way.dir);
	return r;
}

/* --- the file --- */

/* As that user. */
static int open_as(const char *path, const struct identity *identity, bool make, int flags)
{
	struct identity_before before;
	int r = identity_enter(identity, &before);

	if (r < 0)
		return r;
	r = open_way(path, identity->uid, make, flags);
	identity_leave(identity, &before);
	return r;
}

int outfile_open(const char *path, const struct identity *identity)
{
	_cleanup_close_ int fd = open_as(path, identity, true, O_WRONLY | O_APPEND);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != identity->uid)
		return -EPERM;
	/* Somebody may have put a file of his where the output goes, by a hard link. */
	if (st.st_nlink > 1)
		return -EMLINK;
	return steal_fd(&fd);
}

int outfile_open_input(const char *path, const struct identity *identity, bool trusted)
{
	_cleanup_close_ int fd = trusted ? open_way(path, geteuid(), false, O_RDONLY)
					 : open_as(path, identity, false, O_RDONLY);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (trusted && st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != identity->uid)
		return -EPERM;
	return steal_fd(&fd);
}
